"""What is answered once more: runs that are told nothing new and go on from an earlier state, as chat pages regenerate."""

from typing import Any

import pytest
from support.agent_client import Talk, data
from support.clients import Client, make_gateway
from threadmock.mockserver.datasets.conversation_files import read_data

LOOKING = """
pace: 1ms
steps:
- say: I look.
  calls: [{name: look, arguments: {at: $text}, result: found}]
- say: "It is here: $text"
"""
ASKING = """
pace: 1ms
steps:
- say: May I?
  calls: [{name: send, arguments: {to: a}, ask: {action_requests: [{name: send}]}, result: "decided: $resume"}]
- say: Done.
"""


def kinds(state: Any) -> list[str]:
    return [message["type"] for message in state["values"].get("messages", ())]


def again(talk: Talk, thread: str, state: Any, **more: Any) -> Any:
    """What a run answers that goes on from a state and is told nothing."""
    told = talk.ask(
        "POST", f"/threads/{thread}/runs/wait", {"assistant_id": "agent", "checkpoint": state["checkpoint"]} | more
    )
    assert told.status == 200
    return told.json()


def test_a_run_from_before_an_answer_answers_once_more_on_a_branch_of_its_own(layer: str) -> None:
    talk = Talk(LOOKING, layer=layer)
    thread = talk.thread()
    talk.wait(thread, "Hi")
    before = talk.history(thread)
    asked = next(state for state in before if kinds(state) == ["human"])
    told = again(talk, thread, asked)
    assert [message["content"] for message in told["messages"]] == ["Hi", "I look.", "found", "It is here: Hi"]
    after = talk.history(thread)
    fork = after[len(after) - len(before) - 1]
    assert after[-len(before) :] == before
    assert (fork["metadata"]["source"], fork["next"], kinds(fork)) == ("fork", ["agent"], ["human"])
    assert fork["parent_checkpoint"] == asked["checkpoint"]
    old, new = (state["values"]["messages"] for state in (before[0], after[0]))
    assert old[0] == new[0]
    assert not {message["id"] for message in old[1:]} & {message["id"] for message in new[1:]}


def test_what_was_done_in_between_is_not_done_again(layer: str) -> None:
    talk = Talk(LOOKING, layer=layer)
    thread = talk.thread()
    talk.wait(thread, "Hi")
    before = talk.history(thread)
    for wanted in (["human", "ai"], ["human", "ai", "tool"]):
        state = next(state for state in before if kinds(state) == wanted)
        told = again(talk, thread, state)
        kept = state["values"]["messages"]
        assert told["messages"][: len(kept)] == kept
        assert [message["type"] for message in told["messages"]] == ["human", "ai", "tool", "ai"]
        assert told["messages"][2]["tool_call_id"] == kept[1]["tool_calls"][0]["id"]


def test_its_stream_shows_the_earlier_state_first_and_then_the_new_answer(layer: str) -> None:
    talk = Talk(LOOKING, layer=layer)
    thread = talk.thread()
    talk.wait(thread, "Hi")
    asked = next(state for state in talk.history(thread) if kinds(state) == ["human"])
    events = talk.stream(thread, checkpoint=asked["checkpoint"])
    shown = [kinds({"values": values}) for values in data(events, "values")]
    assert shown == [["human"], ["human", "ai"], ["human", "ai", "tool"], ["human", "ai", "tool", "ai"]]


def test_a_run_from_the_end_finds_nothing_to_do(layer: str) -> None:
    talk = Talk(LOOKING, layer=layer)
    thread = talk.thread()
    talk.wait(thread, "Hi")
    before = talk.history(thread)
    again(talk, thread, before[0])
    assert talk.history(thread) == before
    assert talk.statuses(thread) == ["success", "success"]


def test_a_call_asks_a_person_before_its_tool_answers(layer: str) -> None:
    talk = Talk(ASKING, layer=layer)
    thread = talk.thread()
    asked = talk.wait(thread, "Hi")
    (call,) = asked["messages"][-1]["tool_calls"]
    assert asked["__interrupt__"][0]["value"] == {"action_requests": [{"name": "send"}]}
    assert talk.status(thread) == "interrupted"
    body = {"assistant_id": "agent", "command": {"resume": "approve"}}
    told = talk.ask("POST", f"/threads/{thread}/runs/wait", body).json()["messages"]
    assert [(message["type"], message["content"]) for message in told] == [
        ("human", "Hi"), ("ai", "May I?"), ("tool", "decided: approve"), ("ai", "Done."),
    ]  # fmt: skip
    assert told[2]["tool_call_id"] == call["id"]


@pytest.mark.parametrize("command", [{"goto": "__end__"}, {"update": {"a": 1}}])
def test_a_command_that_is_no_answer_leaves_what_was_asked(layer: str, command: Any) -> None:
    talk = Talk(ASKING, layer=layer)
    thread = talk.thread()
    asked = talk.wait(thread, "Hi")
    body = {"assistant_id": "agent", "input": {}, "command": command}
    told = talk.ask("POST", f"/threads/{thread}/runs/wait", body).json()
    assert told["messages"] == asked["messages"]
    assert [each["value"] for each in told["__interrupt__"]] == [each["value"] for each in asked["__interrupt__"]]
    assert talk.status(thread) == "interrupted"


def test_an_empty_object_is_something_to_go_on(layer: str) -> None:
    talk = Talk("pace: 1ms\nsteps:\n- say: Here.\n", layer=layer)
    told = talk.ask("POST", f"/threads/{talk.thread()}/runs/wait", {"assistant_id": "agent", "input": {}}).json()
    assert [message["content"] for message in told["messages"]] == ["Here."]


def test_threads_that_a_file_filled_are_found_by_their_agent_and_answered_once_more(layer: str) -> None:
    gateway = make_gateway("langsmith", layer=layer, data=read_data("typical"))
    client = Client(gateway)
    found = client.post("/threads/search", {"metadata": {"graph_id": "agent"}, "limit": 100}).json()
    assert len(found) == len(client.post("/threads/search", {"limit": 100}).json()) > 0
    thread = next(each for each in found if len(each["values"].get("messages", ())) > 1)["thread_id"]
    states = client.post(f"/threads/{thread}/history", {"limit": 1000}).json()
    first = next(state for state in reversed(states) if kinds(state) == ["human"])
    assert (first["next"], first["parent_checkpoint"]) == (["agent"], states[-1]["checkpoint"])
    assert (states[-1]["metadata"]["source"], kinds(states[-1])) == ("input", [])


def test_a_body_that_fetch_labels_as_plain_text_is_read(layer: str) -> None:
    client = Client(make_gateway("langsmith", layer=layer))
    label = {"content-type": "text/plain;charset=UTF-8"}
    assert client.send("POST", "/threads", body=b'{"metadata": {"a": 1}}', headers=label).json()["metadata"] == {"a": 1}
