"""Run by the seekrai environment's own Python: every thread and message call, and what the client made of the answers.

python seekrai_script.py BASE_URL API_KEY
"""

import asyncio
import json
import sys
from typing import Any

from seekrai import AsyncSeekrFlow, SeekrFlow
from seekrai.error import SeekrFlowException
from seekrai.types.agents.threads import InputText


def plain(told: Any) -> Any:
    """Models of the client as JSON."""
    if isinstance(told, list):
        return [plain(each) for each in told]
    return json.loads(told.model_dump_json()) if hasattr(told, "model_dump_json") else told


def refusal(call: Any) -> list[Any]:
    """The exception that a call raises, with its status; empty where it raises none."""
    try:
        call()
    except SeekrFlowException as error:
        return [type(error).__name__, error.http_status, str(error)]
    return []


def walk(threads: Any) -> dict[str, Any]:
    """What the synchronous client does to one thread, and to its neighbour."""
    told: dict[str, Any] = {"made": [threads.create(topic="billing", n=1), threads.create()]}
    one, other = (thread.id for thread in told["made"])
    told["read"] = threads.retrieve(one)
    told["listed"] = threads.list(limit=2)
    told["oldest first"] = threads.list(limit=1000, order="asc")
    told["none"] = threads.list(limit=0)
    told["messages"] = [threads.create_message(one, "user", f"message {n}", n=n) for n in range(25)]
    parts = [InputText(type="input_text", text="a"), InputText(type="input_text", text="b")]
    told["in parts"] = threads.create_message(other, "system", parts)
    told["of the other"] = threads.list_messages(other)
    told["newest messages"] = threads.list_messages(one)
    told["all messages"] = threads.list_messages(one, limit=100, order="asc")
    third = told["messages"][2].id
    told["message"] = threads.retrieve_message(one, third)
    told["new content"] = threads.update_message(one, third, content="changed")
    told["new meta data"] = threads.update_message(one, third, colour="red")
    told["message after"] = threads.retrieve_message(one, third)
    told["elsewhere"] = refusal(lambda: threads.retrieve_message(other, third))
    told["deleted message"] = threads.delete_message(one, third)
    told["message again"] = refusal(lambda: threads.delete_message(one, third))
    told["messages left"] = threads.list_messages(one, limit=100)
    told["deleted"] = threads.delete(one)
    told["unknown"] = {
        "retrieve": refusal(lambda: threads.retrieve(one)),
        "delete": refusal(lambda: threads.delete(one)),
        "list_messages": refusal(lambda: threads.list_messages(one)),
        "create_message": refusal(lambda: threads.create_message(one, "user", "late")),
        "retrieve_message": refusal(lambda: threads.retrieve_message(one, third)),
        "update_message": refusal(lambda: threads.update_message(one, third, content="late")),
    }
    told["invalid"] = [
        refusal(lambda: threads.create_message(other, "assistant", "I am not the server")),
        refusal(lambda: threads.list(limit=-1)),
        refusal(lambda: threads.list_messages(other, order="sideways")),
    ]
    told["left"] = threads.list(limit=1000)
    return told


async def stroll(base_url: str, key: str) -> dict[str, Any]:
    """The same in short with the asynchronous client."""
    threads = AsyncSeekrFlow(api_key=key, base_url=base_url, max_retries=0, timeout=20).agents.threads
    made = await threads.create(way="async")
    message = await threads.create_message(made.id, "user", "hello")
    return {
        "made": made,
        "read": await threads.retrieve(made.id),
        "listed": await threads.list(limit=1),
        "message": message,
        "message read": await threads.retrieve_message(made.id, message.id),
        "messages": await threads.list_messages(made.id),
        "updated": await threads.update_message(made.id, message.id, content="bye"),
        "deleted message": await threads.delete_message(made.id, message.id),
        "deleted": await threads.delete(made.id),
    }


def main(base_url: str, key: str) -> None:
    """The walk, the stroll, then one try with a wrong key."""
    with SeekrFlow(api_key=key, base_url=base_url, max_retries=0, timeout=20) as client:
        told = walk(client.agents.threads)
    told["async"] = {name: plain(value) for name, value in asyncio.run(stroll(base_url, key)).items()}
    with SeekrFlow(api_key="wrong", base_url=base_url, max_retries=0, timeout=20) as client:
        told["refused"] = refusal(client.agents.threads.create)
    print(json.dumps({name: plain(value) for name, value in told.items()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
