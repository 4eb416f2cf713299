"""Run by the seekrai environment's own Python: runs that are streamed, polled, followed and cancelled.

python seekrai_runs_script.py BASE_URL API_KEY
"""

import json
import sys
from typing import Any

from seekrai import SeekrFlow
from seekrai.error import SeekrFlowException


def plain(told: Any) -> Any:
    """Models of the client as JSON."""
    if isinstance(told, list):
        return [plain(each) for each in told]
    return json.loads(told.model_dump_json()) if hasattr(told, "model_dump_json") else told


def walk(agents: Any) -> dict[str, Any]:
    """What the client does to runs of two threads."""
    threads, runs = agents.threads, agents.runs
    one, other = threads.create().id, threads.create().id
    threads.create_message(one, "user", "/tool Where is my order?")
    streamed = runs.run("default_agent", one, stream=True).raw_events()
    told: dict[str, Any] = {"thread": one, "streamed": list(streamed)}
    told["messages"] = threads.list_messages(one, limit=100, order="asc")
    told["runs"] = runs.list(one)
    threads.create_message(other, "user", "/slow Take your time")
    started = runs.run("default_agent", other)
    told["started"] = started
    told["locked"] = threads.retrieve(other)
    try:
        runs.run("default_agent", other)
    except SeekrFlowException as error:
        told["refused"] = [type(error).__name__, error.http_status]
    followed = runs.attach(started.run_id, other)
    told["first followed"] = next(followed)
    told["cancelled"] = runs.cancel("default_agent", started.run_id, other)
    told["rest"] = list(followed)
    told["stopped"] = runs.retrieve(started.run_id, other)
    told["free again"] = threads.retrieve(other)
    return told


if __name__ == "__main__":
    with SeekrFlow(api_key=sys.argv[2], base_url=sys.argv[1], max_retries=0, timeout=20) as client:
        result = walk(client.agents)
    print(json.dumps({name: plain(value) for name, value in result.items()}))
