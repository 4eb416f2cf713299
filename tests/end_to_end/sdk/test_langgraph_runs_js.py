"""Runs by the real JavaScript client of langgraph against the mock, under node where that is present."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.environments import beside_libraries, script
from support.processes import Serving

pytestmark = [pytest.mark.sdk, pytest.mark.slow]
SOURCES = Path(__file__).parent / "javascript"
STOPS = "scripts: {echo: {steps: [{say: 'You said: $text'}]}, stops: {steps: [{wait: 1h}]}}"
SHOWN = {
    "values": {"values"},
    "updates": {"updates"},
    "messages": {"messages/metadata", "messages/partial", "messages/complete"},
    "messages-tuple": {"messages"},
    "tasks": {"tasks"},
    "checkpoints": {"checkpoints"},
    "debug": {"debug"},
    "custom": {"custom"},
    "events": {"events"},
}


@pytest.fixture(scope="session")
def runs_script() -> Iterator[Path]:
    """The script beside the library that it imports."""
    with beside_libraries(SOURCES / "runs.mjs") as (copied,):
        yield copied


@pytest.fixture
def told(
    runs_script: Path, layer: str, shared: Callable[..., Serving], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """What the script printed. The speed makes an hour long enough and everything else short."""
    own = tmp_path_factory.mktemp("scripts") / "own.yaml"
    own.write_text(STOPS, encoding="utf-8")
    server = shared("langsmith", "--as", layer, "--speed", "0.01", "--quiet", "--script", str(own))
    return json.loads(script("node", str(runs_script), server.url))


def test_the_javascript_client_runs_joins_resumes_and_cancels(told: Any) -> None:
    runs_are_waited_for(told)
    every_mode_is_there(told)
    joins_find_what_is_missing(told)
    questions_are_answered_once(told)
    failures_are_told(told)
    runs_in_the_background_obey(told)
    runs_without_a_thread_are_told(told)


def runs_are_waited_for(told: Any) -> None:
    assert told["waited"] == ["tea", "You said: tea"]
    assert told["again"] == told["state"] == ["tea", "You said: tea", "milk", "You said: milk"]
    assert told["thread"] == "idle"
    assert {"run_id", "thread_id"} <= set(told["created"][0])


def every_mode_is_there(told: Any) -> None:
    assert set(told["modes"]) == set(SHOWN)
    for mode, events in told["modes"].items():
        assert events[0] == "metadata"
        assert len(events) > 1
        assert set(events[1:]) <= SHOWN[mode]
    assert told["several"] == ["metadata", "values", "messages", "messages", "messages", "updates", "values"]
    assert told["metadataNamesTheRun"] is True
    assert told["spoken"] == "You said: tea"


def joins_find_what_is_missing(told: Any) -> None:
    assert told["joined"] == ["tea", "You said: tea"]
    assert told["suffixes"] == [6, 5, 4, 3, 2, 1, 0]
    assert (told["replayed"], told["unasked"]) == (7, 0)


def questions_are_answered_once(told: Any) -> None:
    (interrupt,) = told["interrupt"]
    assert interrupt["value"]["action_requests"][0]["args"]["body"] == "hello"
    assert told["pending"][0]["id"] == interrupt["id"]
    assert (told["interrupted"], told["afterResume"]) == ("interrupted", "idle")
    assert told["resumed"] == told["resumedTwice"] == "It is sent. Your answer: approve"
    assert (told["pausedBefore"], told["wentOn"]) == (["tools"], 5)


def failures_are_told(told: Any) -> None:
    assert told["failure"] == ["error", {"error": "ModelError", "message": "The model is not there."}]
    assert "The model is not there." in told["failureRaises"]
    assert told["failedRuns"] == ["error", "error"]


def runs_in_the_background_obey(told: Any) -> None:
    assert told["background"] == ["pending", "busy"]
    assert told["rejected"] == 409
    assert told["superseded"] == ["interrupted", 2]
    assert told["cancelled"] == ["interrupted", "interrupted"]
    assert told["cancelledTwice"] == 404
    assert told["left"] == [True]
    assert told["rolledBack"] == 404
    assert told["stopped"] == "interrupted"


def runs_without_a_thread_are_told(told: Any) -> None:
    assert told["stateless"] == ["tea", "You said: tea"]
    assert told["statelessEvents"] == ["metadata", "values", "values"]
    assert told["batch"] == [0, 1]
    assert told["followed"].count("metadata") == 4
