"""The real seekrai client against the mock, in a virtual environment of its own: it pins httpx and brings pyarrow."""

import datetime
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.environments import python_with, script
from support.processes import Serving

pytestmark = [pytest.mark.sdk, pytest.mark.slow]
# A range, so that pip may step back to a release whose own pins the index can meet.
PACKAGE = "seekrai>=0.35,<0.36"
SCRIPT = Path(__file__).parent / "seekrai_script.py"


@pytest.fixture(scope="session")
def python() -> str:
    """The Python of the client's environment."""
    return python_with("seekrai", "seekrai", PACKAGE)


@pytest.mark.parametrize("prefix", ["", "/seekrflow"], ids=["root", "prefix"])
def test_the_client_finds_what_it_wrote(python: str, serving: Callable[..., Serving], prefix: str) -> None:
    server = serving("seekrflow", "--port", "0", "--auth", "key-1")
    told = json.loads(script(python, str(SCRIPT), server.url + prefix, "key-1", without="SEEKR_"))
    threads_are_as_written(told)
    messages_are_as_written(told)
    what_is_changed_stays_changed(told)
    what_is_not_there_is_refused(told)
    the_asynchronous_client_sees_the_same(told["async"])
    assert told["refused"][:2] == ["AuthenticationError", 401]


def threads_are_as_written(told: Any) -> None:
    one, other = told["made"]
    assert one["meta_data"] == {"topic": "billing", "n": 1}
    assert other["meta_data"] == {}
    assert one["id"] != other["id"]
    assert {each["status"] for each in told["made"]} == {"available"}
    assert {each["object"] for each in told["made"]} == {"thread"}
    assert {each["active_run_id"] for each in told["made"]} == {None}
    moments = [datetime.datetime.fromisoformat(each["created_at"]) for each in told["made"]]
    assert moments[0] < moments[1]
    assert told["read"] == one
    assert told["listed"] == [other, one]
    assert told["oldest first"] == [one, other]
    assert told["none"] == []
    assert told["deleted"] == {"deleted": True}
    assert told["left"] == [other]


def messages_are_as_written(told: Any) -> None:
    made = told["messages"]
    assert [message["content"] for message in made] == [f"message {n}" for n in range(25)]
    assert [message["meta_data"] for message in made] == [{"n": n} for n in range(25)]
    assert {message["thread_id"] for message in made} == {told["made"][0]["id"]}
    assert {message["role"] for message in made} == {"user"}
    assert {message["object"] for message in made} == {"thread.message"}
    assert len({message["id"] for message in made}) == 25
    assert told["newest messages"] == made[:4:-1]
    assert told["all messages"] == made
    assert told["message"] == made[2]
    assert [part["text"] for part in told["in parts"]["content"]] == ["a", "b"]
    assert told["in parts"]["role"] == "system"
    assert told["of the other"] == [told["in parts"]]


def what_is_changed_stays_changed(told: Any) -> None:
    """The client sends empty meta data with new content, and no content with new meta data: neither removes any."""
    before = told["message"]
    assert told["new content"] == before | {"content": "changed"}
    assert told["new meta data"] == before | {"content": "changed", "meta_data": {"n": 2, "colour": "red"}}
    assert told["message after"] == told["new meta data"]
    assert told["deleted message"] == {"deleted": True}
    assert told["messages left"] == [each for each in told["messages"][::-1] if each["id"] != before["id"]]


def what_is_not_there_is_refused(told: Any) -> None:
    for refused in (told["elsewhere"], told["message again"], *told["unknown"].values()):
        assert refused[:2] == ["InvalidRequestError", 404]
    for refused, member in zip(told["invalid"], ("role", "limit", "order"), strict=True):
        assert refused[:2] == ["APIError", 422]
        assert member in refused[2]


def the_asynchronous_client_sees_the_same(told: Any) -> None:
    assert told["made"]["meta_data"] == {"way": "async"}
    assert told["listed"] == [told["read"]] == [told["made"]]
    assert told["messages"] == [told["message read"]] == [told["message"]]
    assert told["updated"] == told["message"] | {"content": "bye"}
    assert told["deleted message"] == told["deleted"] == {"deleted": True}


RUNS = Path(__file__).parent / "seekrai_runs_script.py"


def test_the_client_runs_agents_and_sees_what_they_do(python: str, serving: Callable[..., Serving]) -> None:
    server = serving("seekrflow", "--port", "0", "--auth", "key-1", "--speed", "0.2")
    told = json.loads(script(python, str(RUNS), server.url, "key-1", without="SEEKR_"))
    kinds = [event["type"] for event in told["streamed"]]
    assert (kinds[0], kinds[-1]) == ("start", "finish")
    assert {"reasoning-delta", "tool-input-available", "tool-output-available", "start-step", "finish-step"} <= set(
        kinds
    )
    assert ("start-step", "finish-step") not in itertools.pairwise(kinds)
    deltas = "".join(event["delta"] for event in told["streamed"] if event["type"] == "text-delta")
    asked, *answers = told["messages"]
    assert asked["content"] == "/tool Where is my order?"
    assert deltas == "".join(each["content"] for each in answers if each["role"] == "assistant")
    assert [each["role"] for each in answers] == ["assistant", "tool", "tool", "assistant"]
    (run,) = told["runs"]
    assert (run["status"], run["thread_id"], run["is_active"]) == ("completed", told["thread"], False)
    assert {each["run_id"] for each in answers} == {run["id"]}
    assert told["started"]["status"] == "queued"
    assert (told["locked"]["status"], told["locked"]["active_run_id"]) == ("locked", told["started"]["run_id"])
    assert told["refused"][1] == 409
    assert told["first followed"]["type"] == "start"
    assert told["cancelled"] == {"status": "canceled", "run_id": told["started"]["run_id"]}
    assert "finish" not in [event["type"] for event in told["rest"]]
    assert told["stopped"]["status"] == "cancelled"
    assert (told["free again"]["status"], told["free again"]["active_run_id"]) == ("available", None)
