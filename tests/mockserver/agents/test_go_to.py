"""Runs that go to a node: with the script's last step there, and what they leave of the state that was there."""

from typing import Any

import pytest
from support.agent_client import Talk, data

SCRIPT = """
pace: 0
steps:
- say: One.
- set: {seen: true}
  node: work
- say: "Two: $text"
  node: work
- choose:
  - when: {text: more}
    steps: [{say: More., node: choice}]
  - steps: [{say: Else., node: choice}]
- interrupt: {question: Go on?}
  node: ask
- say: Three.
  node: finish
"""


@pytest.fixture(params=("documented", "observed"))
def talk(request: pytest.FixtureRequest) -> Talk:
    """An agent with several nodes."""
    return Talk(SCRIPT, layer=request.param)


def gone(talk: Talk, thread: str, **command: Any) -> list[dict[str, Any]]:
    """The updates of a run that goes to a node."""
    found = data(talk.stream(thread, None, ["updates"], command=command), "updates")
    return [{node: change and change["messages"][-1]["content"]} for each in found for node, change in each.items()]


def over(talk: Talk) -> str:
    """A thread on which the whole script was played."""
    thread = talk.thread()
    talk.stream(thread, "go", ["values"])
    talk.stream(thread, None, ["values"], command={"resume": "yes"})
    return thread


def test_a_run_goes_on_with_what_follows_the_last_step_in_a_node(talk: Talk) -> None:
    thread = over(talk)
    assert gone(talk, thread, goto="finish") == [{"finish": "Three."}]
    assert gone(talk, thread, goto=["nobody", "finish"]) == [{"finish": "Three."}]
    assert gone(talk, thread, goto={"node": "finish", "input": {}}) == [{"finish": "Three."}]
    assert [each["content"] for each in talk.get(f"/threads/{thread}/state")["values"]["messages"]][-3:] == [
        "Three."
    ] * 3


def test_all_of_a_visit_is_played_and_a_choice_goes_by_what_the_request_says(talk: Talk) -> None:
    thread = over(talk)
    events = talk.stream(thread, None, ["updates"], command={"goto": "work"})
    assert data(events, "updates")[0]["work"]["seen"] is True
    assert list(data(events, "updates")[1]) == ["choice"]
    talk.stream(thread, None, ["values"], command={"resume": "yes"})
    update = {"messages": [{"role": "user", "content": "more"}]}
    events = talk.stream(thread, None, ["updates"], command={"goto": "choice", "update": update})
    assert data(events, "updates")[0]["choice"]["messages"][0]["content"] == "More."


def test_the_state_from_which_a_run_goes_stays_as_it_was(talk: Talk) -> None:
    thread = over(talk)
    before = talk.get(f"/threads/{thread}/state")
    talk.stream(thread, None, ["values"], command={"goto": "ask"})
    assert talk.get(f"/threads/{thread}/state") == before
    assert talk.get(f"/threads/{thread}")["status"] == "interrupted"
    assert [
        list(each) for each in data(talk.stream(thread, None, ["updates"], command={"resume": "y"}), "updates")
    ] == [*(["ask"], ["finish"])]


def test_nowhere_to_go_is_no_failure_and_a_question_waits_on(talk: Talk) -> None:
    thread = over(talk)
    count = len(talk.get(f"/threads/{thread}/history", "limit=100"))
    for nowhere in ("nobody", [], "__end__", {"input": 1}, 7):
        body = {"assistant_id": "agent", "command": {"goto": nowhere}}
        assert talk.ask("POST", f"/threads/{thread}/runs/wait", body).status in (200, 422)
    assert len(talk.get(f"/threads/{thread}/history", "limit=100")) == count
    waiting = talk.thread()
    talk.stream(waiting, "go", ["values"])
    events = talk.stream(waiting, None, ["updates"], command={"goto": "finish"})
    assert [list(each) for each in data(events, "updates")] == [["__interrupt__"]]
    assert talk.get(f"/threads/{waiting}")["status"] == "interrupted"


def test_on_a_new_thread_a_run_begins_as_any_other(talk: Talk) -> None:
    thread = talk.thread()
    events = talk.stream(thread, None, ["updates"], command={"goto": "finish"})
    assert [next(iter(each)) for each in data(events, "updates")][:2] == ["agent", "work"]
