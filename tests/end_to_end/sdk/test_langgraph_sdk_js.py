"""The real JavaScript client of langgraph against the mock, under node where that is present."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.environments import beside_libraries, script
from support.processes import Serving

pytestmark = [pytest.mark.sdk, pytest.mark.slow]
SOURCES = Path(__file__).parent / "javascript"


@pytest.fixture(scope="session")
def threads_script() -> Iterator[Path]:
    """The script beside the library that it imports."""
    with beside_libraries(SOURCES / "threads.mjs") as (copied,):
        yield copied


@pytest.fixture(params=["", "/langsmith"], ids=["root", "prefix"])
def told(request: pytest.FixtureRequest, threads_script: Path, agent_server: Serving) -> Any:
    """What the script printed."""
    return json.loads(script("node", str(threads_script), agent_server.url + str(request.param)))


def test_the_javascript_client_finds_what_it_wrote(told: Any, layer: str) -> None:
    threads_are_as_written(told)
    states_are_as_written(told, layer)
    forks_copies_and_supersteps_have_their_histories(told)
    lists_are_whole(told, layer)
    assistants_are_there(told)


def threads_are_as_written(told: Any) -> None:
    assert told["created"]["thread_id"] == told["chosen"]
    assert told["created"]["metadata"] == {"tag": told["tag"], "n": 0, "graph_id": "agent"}
    assert told["created"]["status"] == "idle"
    assert "ttl" not in told["created"]
    assert told["read"] == told["kept"] == told["created"]
    assert told["bare"]["metadata"] == {}
    assert told["taken"] == 409
    assert told["updated"]["metadata"] == {**told["created"]["metadata"], "more": {"deep": True}}
    assert told["malformed"] == 422
    assert told["unknown"] == [404] * 6
    assert told["copyOfUnknown"] == 409
    assert told["deleted"] in ({}, None)
    assert told["afterDelete"] == [404, 4]


def states_are_as_written(told: Any, layer: str) -> None:
    assert (told["emptyState"]["values"], told["emptyState"]["next"]) == ({}, [])
    assert (told["emptyState"]["checkpoint"] is None) == (layer == "observed")
    written = [checkpoint["checkpoint_id"] for checkpoint in told["writes"]]
    assert len(set(written)) == 4
    assert told["state"]["checkpoint"] == told["writes"][3]
    assert told["state"]["parent_checkpoint"] == told["writes"][2]
    assert [message["content"] for message in told["state"]["values"]["messages"]] == [f"message {n}" for n in range(4)]
    assert told["stateWithSubgraphs"] == told["state"] == told["history"][0]
    assert told["stateByCheckpoint"] == told["history"][2]
    # the real server leaves the empty name of a graph out of a state that is read by its id
    named = {"checkpoint_ns": ""} if layer == "observed" else {}
    assert told["stateById"] | {"checkpoint": named | told["stateById"]["checkpoint"]} == told["history"][2]
    assert told["stateById"]["values"]["n"] == 1
    assert [state["values"]["n"] for state in told["history"]] == [3, 2, 1, 0]
    assert told["historyOfTwo"] == written[:1:-1]
    older = written[1::-1] if layer == "documented" else 500
    assert told["historyBefore"] == told["historyBeforeCheckpoint"] == older
    assert told["historyOfStep"] == [1]
    assert told["historyOfCheckpoint"] == 4


def forks_copies_and_supersteps_have_their_histories(told: Any) -> None:
    for fork, state, origin in (("fork", "forkedState", 0), ("forkAgain", "forkedAgainState", 1)):
        assert told[state]["checkpoint"] == told[fork]
        assert told[fork] not in told["writes"]
        assert told[state]["parent_checkpoint"] == told["writes"][origin]
        assert told[state]["values"]["n"] == origin
    assert told["copy"]["thread_id"] != told["chosen"]
    assert told["copy"]["metadata"] == told["updated"]["metadata"]
    forks = [told[name]["checkpoint_id"] for name in ("forkAgain", "fork")]
    assert told["copyHistory"] == [*forks, *(each["checkpoint_id"] for each in told["writes"][::-1])]
    assert told["stepped"]["values"] == {"a": 3, "b": 2}
    assert told["steppedValues"] == [{"a": 3, "b": 2}, {"a": 1}]


def lists_are_whole(told: Any, layer: str) -> None:
    made = told["made"]
    assert told["pages"] == [made[:3], made[3:]]
    assert told["reversed"] == made[::-1]
    assert told["byIds"] == [made[2]]
    assert told["chosen"] in told["byValues"]
    assert told["byStatus"] == [made, []]
    required = {"created_at", "updated_at", "status"} if layer == "documented" else set()
    assert [set(thread) for thread in told["selected"]] == [{"thread_id", "metadata"} | required]
    assert told["counts"] == [5, 1]
    assert told["badLimit"] == 422


def assistants_are_there(told: Any) -> None:
    assert told["assistants"] == [told["assistant"]]
    assert told["assistant"]["graph_id"] == told["schemas"]["graph_id"] == "agent"
    assert told["newFound"] == {"assistants": [told["newAssistant"]], "next": None}
    assert told["newAssistant"]["config"] == {"tags": ["x"]}
    assert told["assistantTaken"] == 409
