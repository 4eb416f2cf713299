"""The real scale-gp client against the mock, in a virtual environment of its own: a pre-release that needs an old httpx."""

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.environments import python_with, script
from support.processes import Serving

pytestmark = [pytest.mark.sdk, pytest.mark.slow]
# The last release with typed chat-thread calls. It hands httpx an argument that 0.28 no longer has.
PACKAGES = ("scale-gp==0.1.0a22", "httpx<0.28")
SCRIPT = Path(__file__).parent / "scale_gp_script.py"
NOBODY = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


@pytest.fixture(scope="session")
def python() -> str:
    """The Python of the client's environment."""
    return python_with("scale-gp", "scale_gp", *PACKAGES)


@pytest.mark.parametrize("prefix", ["", "/scale"], ids=["root", "prefix"])
def test_the_client_finds_what_it_wrote(python: str, serving: Callable[..., Serving], layer: str, prefix: str) -> None:
    server = serving("scale", "--port", "0", "--auth", "key-1", "--as", layer)
    told = json.loads(script(python, str(SCRIPT), server.url + prefix, "key-1", without="SGP_"))
    threads_are_as_written(told)
    archived_threads_are_hidden_on_request(told)
    messages_are_in_the_order_of_the_conversation(told)
    a_message_is_edited_and_has_one_feedback(told)
    what_is_not_there_is_refused(told)
    the_asynchronous_client_sees_the_same(told["async"])
    refused = ["AuthenticationError", 401] if layer == "observed" else []
    assert told["refused"][:2] == refused


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def threads_are_as_written(told: Any) -> None:
    made = told["made"]
    assert [each["title"] for each in made] == ["title 0", "title 1", "title 2"]
    assert {each["application_variant_id"] for each in made} == {"variant-1"}
    assert {each["account_id"] for each in made} == {"account-1"}
    assert {each["archived_at"] for each in made} == {None}
    assert all(each["created_by_user_id"] for each in made)
    assert len({each["id"] for each in made}) == 3
    assert told["with metadata"]["thread_metadata"] == {"a": [1]}
    assert told["listed"] == [each["id"] for each in made[::-1]]
    assert told["listed of the other"] == [told["with metadata"]["id"]]
    assert told["listed of nobody"] == []
    assert told["renamed"]["title"] == "new"
    assert moment(told["renamed"]["updated_at"]) > moment(made[0]["updated_at"])
    assert {**told["renamed"], "title": 0, "updated_at": 0} == {**made[0], "title": 0, "updated_at": 0}
    assert told["left"] == [made[1]["id"], made[0]["id"]]


def archived_threads_are_hidden_on_request(told: Any) -> None:
    one, two, three = (each["id"] for each in told["made"])
    assert moment(told["archived"]["archived_at"]) == moment("2026-01-02T03:04:05+00:00")
    assert told["archived"]["title"] == "title 1"
    assert told["without archived"] == [three, one]
    assert told["restored"]["archived_at"] is None
    assert told["restored listed"] == [three, two, one]


def messages_are_in_the_order_of_the_conversation(told: Any) -> None:
    one, two = (each["id"] for each in told["made"][:2])
    assert told["no messages"]["messages"] == []
    assert told["no messages"]["thread"] == told["renamed"]
    uploaded = sorted(told["uploaded"], key=lambda each: each["start_timestamp"])
    assert {each["thread_id"] for each in uploaded} == {one}
    entries = [each["entry"] for each in told["history"]["messages"]]
    assert [each["id"] for each in entries] == [each["id"] for each in uploaded]
    for number, entry in enumerate(entries):
        assert entry["input"] == {"query": f"question {number}"}
        assert entry["output"] == {"response": f"answer {number}"}
        assert entry["duration_ms"] == number
        assert entry["operation_status"] == ("ERROR" if number else "SUCCESS")
        assert moment(entry["start_timestamp"]) == moment(f"2026-01-02T03:04:0{number}+00:00")
        assert entry["chat_thread_id"] == one
    assert [each["feedback"] for each in told["history"]["messages"]] == [None] * 3
    assert told["uploaded with a slash"]["thread_id"] == two
    sent, made = told["uploaded with spans"]
    own = ("id", "application_interaction_id")
    assert [{name: span[name] for name in span if name not in own} for span in made["trace_spans"]] == sent
    assert {span["application_interaction_id"] for span in made["trace_spans"]} == {made["id"]}
    assert len({span["id"] for span in made["trace_spans"]}) == 2
    (beside,) = told["thread made beside"]
    assert told["uploaded to nobody"]["thread_id"] == beside["id"] == NOBODY
    assert all("spans" in each for each in told["with spans"]["messages"])
    assert not any("spans" in each for each in told["history"]["messages"])


def a_message_is_edited_and_has_one_feedback(told: Any) -> None:
    entry = told["history"]["messages"][1]["entry"]
    assert told["edited"] == {**entry, "output": {"response": "edited"}}
    first, second = told["feedback"], told["feedback again"]
    assert (first["sentiment"], first["description"]) == ("positive", "good")
    assert first["application_interaction_id"] == entry["id"]
    assert first["chat_thread_id"] == told["made"][0]["id"]
    assert second == {**first, "sentiment": "negative", "description": "bad"}
    shown = told["with feedback"]["messages"]
    assert [each["feedback"] for each in shown] == [None, second, None]
    assert shown[1]["entry"] == told["edited"]
    assert [each["feedback"] for each in told["without feedback"]["messages"]] == [None] * 3


def what_is_not_there_is_refused(told: Any) -> None:
    for refused in (
        *told["unknown"],
        told["feedback elsewhere"],
        told["edited elsewhere"],
        told["feedback deleted twice"],
    ):
        assert refused[:2] == ["NotFoundError", 404]
    for refused, member in zip(told["invalid"], ("title", "sentiment", "input"), strict=True):
        assert refused[:2] == ["UnprocessableEntityError", 422]
        assert refused[2]["detail"][0]["loc"] == ["body", member]


def the_asynchronous_client_sees_the_same(told: Any) -> None:
    assert told["listed"] == [told["made"]]
    assert told["renamed"]["title"] == "new"
    assert told["history"]["thread"] == told["renamed"]
    assert told["left"] == []
