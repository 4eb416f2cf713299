"""Run by the scale-gp environment's own Python: every chat-thread call, and what the client made of the answers.

python scale_gp_script.py BASE_URL API_KEY
"""

import asyncio
import json
import sys
from typing import Any

from scale_gp import APIStatusError, AsyncSGPClient, SGPClient

VARIANT, OTHER = "variant-1", "variant-2"
FOLLOWED = "2026-01-02T03:04:05+00:00"
NOBODY = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


def plain(told: Any) -> Any:
    """Models of the client as JSON."""
    if isinstance(told, list | tuple):
        return [plain(each) for each in told]
    return json.loads(told.model_dump_json()) if hasattr(told, "model_dump_json") else told


def refusal(call: Any) -> list[Any]:
    """The exception that a call raises, with its status and body; empty where it raises none."""
    try:
        call()
    except APIStatusError as error:
        return [type(error).__name__, error.status_code, error.body]
    return []


def thread(variant: str, title: str, **more: Any) -> dict[str, Any]:
    """The arguments of a create."""
    names = {"path_application_variant_id": variant, "body_application_variant_id": variant}
    return {**names, "account_id": "account-1", "title": title, **more}


def interaction(key: str, number: int, variant: str = VARIANT) -> dict[str, Any]:
    """The body of an upload, which no typed call of this version has."""
    return {
        "application_variant_id": variant,
        "thread_id": key,
        "input": {"query": f"question {number}"},
        "output": {"response": f"answer {number}"},
        "start_timestamp": f"2026-01-02T03:04:0{number}+00:00",
        "duration_ms": number,
        "operation_status": "ERROR" if number else "SUCCESS",
    }


def walk(client: SGPClient) -> dict[str, Any]:
    """What the synchronous client does to threads, their messages and feedback."""
    of_variant, threads = client.applications.chat_threads, client.chat_threads
    messages, feedback = threads.messages, threads.messages.feedback
    told: dict[str, Any] = {}
    told["made"] = [of_variant.create(**thread(VARIANT, f"title {n}")) for n in range(3)]
    told["with metadata"] = of_variant.create(**thread(OTHER, "x", extra_body={"thread_metadata": {"a": [1]}}))
    one, two, three = (each.id for each in told["made"])
    told["listed"] = [each.id for each in of_variant.list(VARIANT)]
    told["listed of the other"] = [each.id for each in of_variant.list(OTHER)]
    told["listed of nobody"] = list(of_variant.list("variant-3"))
    told["renamed"] = threads.update(one, title="new")
    told["archived"] = threads.update(two, archived_at=FOLLOWED)
    told["without archived"] = [each.id for each in of_variant.list(VARIANT, extra_query={"include_archived": False})]
    told["restored"] = threads.update(two, archived_at=None)  # type: ignore[arg-type]
    told["restored listed"] = [each.id for each in of_variant.list(VARIANT, extra_query={"include_archived": False})]
    told["no messages"] = messages.retrieve(one)
    told["uploaded"] = [client.post("/v4/interactions", cast_to=object, body=interaction(one, n)) for n in (2, 0, 1)]
    spans = [
        {
            "node_id": f"node {n}",
            "operation_type": "RETRIEVAL",
            "start_timestamp": FOLLOWED,
            "operation_input": {"n": n},
        }
        for n in range(2)
    ]
    body = {**interaction(two, 1), "trace_spans": spans}
    told["uploaded with spans"] = [spans, client.post("/v4/interactions", cast_to=object, body=body)]
    told["uploaded with a slash"] = client.post("/v4/interactions/", cast_to=object, body=interaction(two, 0))
    told["uploaded to nobody"] = client.post(
        "/v4/interactions", cast_to=object, body=interaction(NOBODY, 0, "variant-9")
    )
    told["thread made beside"] = list(of_variant.list("variant-9"))
    told["history"] = messages.retrieve(one)
    entry = told["history"].messages[1].entry.id
    told["edited"] = messages.update(entry, thread_id=one, output_text="edited")
    named = {"thread_id": one, "path_application_interaction_id": entry, "body_application_interaction_id": entry}
    told["feedback"] = feedback.update(**named, chat_thread_id=one, description="good", sentiment="positive")
    told["feedback again"] = feedback.update(**named, chat_thread_id=one, description="bad", sentiment="negative")
    told["with feedback"] = messages.retrieve(one)
    told["feedback elsewhere"] = refusal(lambda: feedback.delete(entry, thread_id=two))
    told["edited elsewhere"] = refusal(lambda: messages.update(entry, thread_id=two, output_text="x"))
    told["feedback deleted"] = feedback.delete(entry, thread_id=one)
    told["feedback deleted twice"] = refusal(lambda: feedback.delete(entry, thread_id=one))
    told["without feedback"] = messages.retrieve(one)
    told["with spans"] = messages.retrieve(one, extra_query={"fetch_spans": True, "fetch_by_account": True})
    told["deleted"] = threads.delete(three)
    told["left"] = [each.id for each in of_variant.list(VARIANT)]
    told["unknown"] = [
        refusal(lambda: threads.update(three, title="late")),
        refusal(lambda: threads.delete(three)),
        refusal(lambda: messages.retrieve(three)),
        refusal(lambda: messages.update(entry, thread_id=three, output_text="late")),
    ]
    bad = {**named, "chat_thread_id": one, "description": "d", "sentiment": "mixed"}
    told["invalid"] = [
        refusal(lambda: of_variant.create(**thread(VARIANT, 7))),  # type: ignore[arg-type]
        refusal(lambda: feedback.update(**bad)),
        refusal(lambda: client.post("/v4/interactions", cast_to=object, body={"application_variant_id": VARIANT})),
    ]
    return told


async def stroll(base_url: str, key: str) -> dict[str, Any]:
    """The same in short with the asynchronous client."""
    async with AsyncSGPClient(api_key=key, base_url=base_url, max_retries=0, timeout=20) as client:
        made = await client.applications.chat_threads.create(**thread("variant-4", "async"))
        return {
            "made": made,
            "listed": [each async for each in client.applications.chat_threads.list("variant-4")],
            "renamed": await client.chat_threads.update(made.id, title="new"),
            "history": await client.chat_threads.messages.retrieve(made.id),
            "deleted": await client.chat_threads.delete(made.id),
            "left": [each async for each in client.applications.chat_threads.list("variant-4")],
        }


def main(base_url: str, key: str) -> None:
    """The walk, the stroll, then one try with a wrong key."""
    with SGPClient(api_key=key, account_id="account-1", base_url=base_url, max_retries=0, timeout=20) as client:
        told = walk(client)
    told["async"] = {name: plain(value) for name, value in asyncio.run(stroll(base_url, key)).items()}
    with SGPClient(api_key="wrong", base_url=base_url, max_retries=0, timeout=20) as client:
        told["refused"] = refusal(lambda: list(client.applications.chat_threads.list(VARIANT)))
    print(json.dumps({name: plain(value) for name, value in told.items()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
