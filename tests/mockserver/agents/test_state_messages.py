"""Messages in a state: in whatever form they are sent, taken out again, refused; and what a state update leaves to do."""

from typing import Any

import pytest
from support.agent_client import Talk, data

LAYERS = ("documented", "observed")
ASKING = "pace: 0\nsteps:\n- interrupt: {n: 1}\n- say: done\n"
TOOL = (
    "pace: 0\nsteps:\n- say: look\n  calls: [{name: find, id: call_1, arguments: {a: 1}, result: found}]\n- say: done\n"
)
ALL = {"type": "remove", "id": "__remove_all__", "content": ""}


@pytest.fixture(params=LAYERS)
def talk(request: pytest.FixtureRequest) -> Talk:
    """An agent that says again what it heard."""
    return Talk("pace: 0\nsteps:\n- say: 'heard: $text'\n", layer=request.param)


def update(talk: Talk, thread: str, *messages: Any, node: str | None = "agent", **more: Any) -> Any:
    """What a state update is answered."""
    body = {"values": {"messages": list(messages)}, **({"as_node": node} if node else {}), **more}
    return talk.ask("POST", f"/threads/{thread}/state", body)


def removal(identifier: str) -> dict[str, str]:
    """A message that takes out another."""
    return {"type": "remove", "id": identifier, "content": ""}


def ids(talk: Talk, thread: str) -> list[str]:
    """Of the messages of a state."""
    return [each["id"] for each in talk.state(thread)["values"]["messages"]]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"role": "user", "content": "a"}, {"type": "human", "content": "a"}),
        ({"type": "human", "content": "a", "name": "ann"}, {"type": "human", "name": "ann"}),
        (
            {"role": "developer", "content": "a"},
            {"type": "system", "additional_kwargs": {"__openai_role__": "developer"}},
        ),
        ({"role": "assistant", "content": "a"}, {"type": "ai", "tool_calls": [], "invalid_tool_calls": []}),
        (
            {"role": "tool", "content": "a", "tool_call_id": "c"},
            {"type": "tool", "status": "success", "artifact": None},
        ),
        (["user", "a"], {"type": "human", "content": "a"}),
        ("a", {"type": "human", "content": "a"}),
        (
            {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "AIMessage"], "kwargs": {"content": "a"}},
            {"type": "ai", "content": "a"},
        ),
        (
            {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "name": "n", "args": {}}]},
            {"tool_calls": [{"id": "c", "name": "n", "args": {}, "type": "tool_call"}]},
        ),
    ],
)
def test_a_message_is_stored_in_one_form_by_a_run_and_by_an_update(talk: Talk, sent: Any, stored: Any) -> None:
    thread = talk.thread()
    talk.wait(thread, input={"messages": [sent]})
    assert update(talk, thread, sent).status == 200
    first, *_, last = talk.state(thread)["values"]["messages"]
    for message in (first, last):
        assert {name: message[name] for name in stored} == stored
        assert message["id"]
        assert {"role", "lc", "kwargs"}.isdisjoint(message)
    assert {name: value for name, value in first.items() if name != "id"} == {
        name: value for name, value in last.items() if name != "id"
    }


def test_an_update_takes_out_one_message_or_all_before(talk: Talk) -> None:
    thread = talk.thread()
    talk.wait(thread, "one")
    first, second = ids(talk, thread)
    assert update(talk, thread, removal(first)).status == 200
    assert ids(talk, thread) == [second]
    assert (
        update(talk, thread, {"role": "user", "content": "gone"}, ALL, {"role": "user", "content": "rest"}).status
        == 200
    )
    assert talk.texts(thread) == ["rest"]


def test_the_input_of_a_run_takes_out_messages(talk: Talk) -> None:
    thread = talk.thread()
    talk.wait(thread, "one")
    first, _ = ids(talk, thread)
    talk.wait(thread, input={"messages": [removal(first), {"role": "user", "content": "two"}]})
    assert talk.texts(thread) == ["heard: one", "two", "heard: two"]
    talk.wait(thread, input={"messages": [ALL, {"role": "user", "content": "three"}]})
    assert talk.texts(thread) == ["three", "heard: three"]


def test_what_is_no_message_and_what_is_not_there_is_refused_and_changes_nothing(talk: Talk) -> None:
    thread = talk.thread()
    talk.wait(thread, "one")
    before = talk.history(thread)
    refused = 400 if talk.layer == "observed" else 422
    for sent in (removal("nope"), {"role": "martian", "content": "x"}):
        assert update(talk, thread, sent).status == refused
        run = talk.wait(thread, input={"messages": [sent]})
        assert run["__error__"]["error"] == "ValueError"
    assert talk.history(thread) == before
    listed = talk.ask("POST", f"/threads/{thread}/state", {"values": [{"a": 1}], "as_node": "agent"})
    assert listed.status == (400 if talk.layer == "observed" else 200)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_question_that_is_dismissed_waits_no_more(layer: str) -> None:
    talk = Talk(ASKING, layer=layer)
    thread = talk.thread()
    talk.wait(thread, "go")
    assert talk.status(thread) == "interrupted"
    assert talk.ask("POST", f"/threads/{thread}/state", {"values": None, "as_node": "__end__"}).status == 200
    found = talk.get(f"/threads/{thread}")
    assert (found["status"], found["interrupts"], talk.state(thread)["next"]) == ("idle", {}, [])
    assert talk.ask("POST", "/threads/search", {"status": "interrupted"}).json() == []
    talk.wait(thread, command={"resume": "late"})
    assert talk.texts(thread) == ["go"]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_state_says_what_comes_after_the_node_that_made_it_and_a_run_goes_on_with_it(layer: str) -> None:
    talk = Talk(TOOL, layer=layer)
    thread = talk.thread()
    talk.wait(thread, "go")
    assert update(talk, thread, {"role": "user", "content": "again"}, node="__start__").status == 200
    state = talk.state(thread)
    assert (state["next"], [task["name"] for task in state["tasks"]]) == (["agent"], ["agent"])
    assert talk.status(thread) == "interrupted"
    talk.wait(thread)
    assert talk.texts(thread)[-4:] == ["again", "look", "found", "done"]
    asking = {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "name": "find", "args": {}}]}
    assert update(talk, thread, asking).status == 200
    assert talk.state(thread)["next"] == ["tools"]
    assert update(talk, thread, {"role": "assistant", "content": "no"}).status == 200
    assert (talk.state(thread)["next"], talk.status(thread)) == ([], "idle")


@pytest.mark.parametrize("layer", LAYERS)
def test_a_copy_of_an_earlier_state_is_gone_on_from(layer: str) -> None:
    talk = Talk(TOOL, layer=layer)
    thread = talk.thread()
    talk.wait(thread, "go")
    middle = next(state for state in talk.history(thread) if state["next"] == ["tools"])
    body = {"values": None, "as_node": "__copy__", "checkpoint": middle["checkpoint"]}
    assert talk.ask("POST", f"/threads/{thread}/state", body).status == 200
    state = talk.state(thread)
    assert (state["metadata"]["source"], state["next"]) == ("fork", ["tools"])
    assert state["parent_checkpoint"] == middle["parent_checkpoint"]
    events = talk.stream(thread, modes=["tasks", "updates"])
    assert data(events, "tasks")[0]["id"] == state["tasks"][0]["id"]
    assert [list(each) for each in data(events, "updates")] == [["tools"], ["agent"]]
    assert talk.texts(thread) == ["go", "look", "found", "done"]


def test_an_update_answers_with_what_its_own_answer_has_and_no_more(talk: Talk) -> None:
    thread = talk.thread()
    talk.wait(thread, "go")
    told = update(talk, thread).json()
    assert set(told) <= {"checkpoint", "checkpoint_id", "configurable"}
    assert told["checkpoint"] == talk.state(thread)["checkpoint"]
