"""The state of graphs inside of nodes: read by its name, in place of it, and of graphs inside of graphs."""

from typing import Any

import pytest
from support.agent_client import NOBODY, Talk

PARTS = """
pace: 0
steps:
- subgraph: outer
  steps:
  - subgraph: inner
    steps:
    - say: I look.
    - interrupt: {question: one}
    - say: Found.
  - say: Told.
- say: Done.
"""


@pytest.fixture(params=("documented", "observed"))
def talk(request: pytest.FixtureRequest) -> Talk:
    """An agent that asks inside of a graph inside of a graph."""
    return Talk(PARTS, layer=request.param)


def state(talk: Talk, thread: str, **asked: Any) -> Any:
    """The state of a graph."""
    told = talk.ask("POST", f"/threads/{thread}/state/checkpoint", {"checkpoint": asked or {"checkpoint_ns": ""}})
    assert told.status == 200, told.body
    return told.json()


def graph_in(found: Any) -> str:
    """The name of the graph inside of the node that waits."""
    return found["tasks"][0]["checkpoint"]["checkpoint_ns"]


def test_a_state_names_the_graph_in_its_node_and_shows_it_where_that_is_asked(talk: Talk) -> None:
    thread = talk.thread()
    talk.stream(thread, "go", ["values"])
    plain = talk.get(f"/threads/{thread}/state")
    assert graph_in(plain) == f"outer:{plain['tasks'][0]['id']}"
    assert not plain["tasks"][0].get("state")
    whole = talk.get(f"/threads/{thread}/state", "subgraphs=true")["tasks"][0]
    assert whole.get("checkpoint") is None
    outer, inner = whole["state"], whole["state"]["tasks"][0]["state"]
    assert [outer["next"], inner["next"]] == [["inner"], ["agent"]]
    assert [each["content"] for each in inner["values"]["messages"]] == ["go", "I look."]
    assert [each["interrupts"] for each in (outer, inner)] == [plain["interrupts"]] * 2
    around = {"": plain["checkpoint"]["checkpoint_id"], graph_in(plain): outer["checkpoint"]["checkpoint_id"]}
    assert inner["metadata"]["parents"] == around
    asked = {"checkpoint": plain["checkpoint"], "subgraphs": True}
    assert talk.ask("POST", f"/threads/{thread}/state/checkpoint", asked).json()["tasks"][0] == whole


def test_a_graph_inside_of_a_node_is_read_by_its_name_also_when_it_is_over(talk: Talk) -> None:
    thread = talk.thread()
    talk.stream(thread, "go", ["values"])
    outer = graph_in(talk.get(f"/threads/{thread}/state"))
    inner = graph_in(state(talk, thread, checkpoint_ns=outer))
    assert inner.startswith(f"{outer}|inner:")
    talk.stream(thread, None, ["values"], command={"resume": "yes"})
    assert [each["content"] for each in state(talk, thread, checkpoint_ns=inner)["values"]["messages"]] == [
        *("go", "I look.", "Found.")
    ]
    told = talk.ask("POST", f"/threads/{thread}/history", {"checkpoint": {"checkpoint_ns": inner}, "limit": 10})
    found = told.json()
    assert [each["metadata"]["step"] for each in found] == [2, 1, 0, -1]
    assert [each["next"] for each in found] == [[], ["agent"], ["agent"], ["__start__"]]
    older = found[1]["checkpoint"]
    assert state(talk, thread, checkpoint_ns=inner, checkpoint_id=older["checkpoint_id"])["checkpoint"] == older
    assert state(talk, thread, checkpoint_ns="nowhere")["values"] == {}
    history = talk.ask("POST", f"/threads/{thread}/history", {"limit": 100}).json()
    assert {each["checkpoint"]["checkpoint_ns"] for each in history} == {""}


def test_what_is_inside_is_copied_and_goes_with_its_thread_and_with_a_run_that_is_rolled_back(talk: Talk) -> None:
    thread = talk.thread()
    talk.stream(thread, "go", ["values"])
    graph = graph_in(talk.get(f"/threads/{thread}/state"))
    copied = talk.ask("POST", f"/threads/{thread}/copy").json()["thread_id"]
    assert state(talk, copied, checkpoint_ns=graph)["next"] == ["inner"]
    assert talk.ask("DELETE", f"/threads/{thread}").status in (200, 204)
    assert [shelf for shelf in talk.world.store.shelves() if thread in shelf] == []
    assert state(talk, copied, checkpoint_ns=graph)["checkpoint"]["thread_id"] == copied


@pytest.mark.parametrize("subgraphs", [True, False])
def test_the_thread_names_the_task_that_waits_as_far_inside_as_the_run_shows(talk: Talk, *, subgraphs: bool) -> None:
    thread = talk.thread()
    talk.stream(thread, "go", ["values"], stream_subgraphs=subgraphs)
    outer = talk.get(f"/threads/{thread}/state", "subgraphs=true")["tasks"][0]
    inner = outer["state"]["tasks"][0]["state"]["tasks"][0]
    assert list(talk.get(f"/threads/{thread}")["interrupts"]) == [(inner if subgraphs else outer)["id"]]


def test_a_state_by_an_unknown_id_names_it_where_the_thread_has_states_and_else_nothing() -> None:
    talk = Talk(PARTS, layer="observed")
    thread = talk.thread()
    path = f"/threads/{thread}/state/{NOBODY}"
    assert [talk.get(path)[word] for word in ("checkpoint", "checkpoint_id")] == [None, None]
    found = state(talk, thread, checkpoint_id=NOBODY)
    assert [found[word] for word in ("checkpoint", "checkpoint_id", "values")] == [None, None, {}]
    talk.stream(thread, "go", ["values"])
    for found in (talk.get(path), state(talk, thread, checkpoint_id=NOBODY)):
        assert found["checkpoint_id"] == NOBODY
        assert found["checkpoint"] == {"thread_id": thread, "checkpoint_id": NOBODY}
