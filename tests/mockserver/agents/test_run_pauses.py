"""Runs that pause: a script that asks, nodes before or after which a request wants a pause, and how they go on."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.agent_client import Talk, data, names

ASKING = """
steps:
- say: I would.
- interrupt: {question: "Shall I, $text?"}
  node: ask
- choose:
  - when: {resume: "yes"}
    steps: [{say: "Done. $resume"}]
  - steps: [{say: "Left. $resume"}]
"""
TWICE = """
steps:
- interrupt: {n: 1}
- say: "first: $resume"
- interrupt: {n: 2}
- say: "second: $resume"
"""
TOOL = """
steps:
- call: {name: look, arguments: {a: 1}, result: found}
- say: It is there.
"""
HALF_WAY = """
steps:
- interrupt: {n: 1}
- say: one two three
  pace: 1s
- say: done
"""


def asked(talk: Talk, thread: str) -> Any:
    """The one thing that a thread waits for."""
    ((task, (interrupt,)),) = talk.get(f"/threads/{thread}")["interrupts"].items()
    state = talk.state(thread)
    assert [task] == [each["id"] for each in state["tasks"]]
    assert interrupt["id"] in json.dumps(state["tasks"][0]["interrupts"])
    return interrupt


def test_an_interrupt_is_told_by_stream_thread_state_and_wait_with_one_id(layer: str) -> None:
    talk = Talk(ASKING, layer=layer)
    thread = talk.thread()
    events = talk.stream(thread, "dear", ["values", "updates", "tasks"])
    (update,) = [each for each in data(events, "updates") if "__interrupt__" in each]
    (told,) = update["__interrupt__"]
    assert told["value"] == {"question": "Shall I, dear?"}
    last = data(events, "values")[-1]
    assert last["__interrupt__"] == update["__interrupt__"]
    assert len(told["id"]) == 32
    interrupt = asked(talk, thread)
    assert (interrupt["id"], interrupt["value"]) == (told["id"], told["value"])
    state = talk.state(thread)
    assert (state["next"], [task["name"] for task in state["tasks"]]) == (["ask"], ["ask"])
    assert "__interrupt__" not in state["values"]
    assert (talk.statuses(thread), talk.status(thread)) == (["success"], "interrupted")
    waited = talk.wait(talk.thread(), "dear")
    assert waited["__interrupt__"][0]["value"] == told["value"]
    assert [message["content"] for message in waited["messages"]] == ["dear", "I would."]


@pytest.mark.parametrize(
    ("resume", "text"),
    [
        ("yes", "Done. yes"),
        ("no", "Left. no"),
        ("Yes, do!", "Done. Yes, do!"),
        ({"decision": "yes"}, 'Done. {"decision":"yes"}'),
        ([1, None], "Left. [1,null]"),
        (False, "Left. false"),
        (0, "Left. 0"),
        ("", "Left. "),
        ({}, "Left. {}"),
    ],
    ids=repr,
)
def test_a_run_goes_on_with_the_answer_whatever_it_is(resume: Any, text: str) -> None:
    talk = Talk(ASKING)
    thread = talk.thread()
    talk.wait(thread, "dear")
    events = talk.stream(thread, command={"resume": resume})
    assert names(events)[:2] == ["metadata", "values"]
    assert [message["content"] for message in data(events, "values")[0]["messages"]] == ["dear", "I would."]
    assert talk.texts(thread) == ["dear", "I would.", text]
    assert (talk.status(thread), talk.get(f"/threads/{thread}")["interrupts"]) == ("idle", {})
    assert talk.statuses(thread) == ["success", "success"]
    sources = [state["metadata"]["source"] for state in talk.history(thread)]
    assert sources.count("input") == 1


def test_an_answer_may_name_the_question_by_its_id() -> None:
    talk = Talk(ASKING)
    thread = talk.thread()
    talk.wait(thread, "dear")
    talk.wait(thread, command={"resume": {asked(talk, thread)["id"]: "yes"}})
    assert talk.texts(thread)[-1] == "Done. yes"


def test_the_second_answer_finds_nobody_who_waits_and_changes_nothing(layer: str) -> None:
    talk = Talk(ASKING, layer=layer)
    thread = talk.thread()
    talk.wait(thread, "dear")
    talk.wait(thread, command={"resume": "yes"})
    before, history = talk.state(thread), talk.history(thread)
    events = talk.stream(thread, command={"resume": "no"})
    assert names(events) == ["metadata", "values"]
    assert data(events, "values") == [before["values"]]
    assert (talk.state(thread), talk.history(thread)) == (before, history)
    assert (talk.statuses(thread), talk.status(thread)) == (["success"] * 3, "idle")


def test_two_answers_at_once_are_one_answer() -> None:
    talk = Talk(ASKING)
    thread = talk.thread()
    talk.wait(thread, "dear")
    one, two = (talk.watch(thread, command={"resume": word}) for word in ("yes", "no"))
    one.rest()
    assert names(two.rest()) == ["metadata", "values"]
    assert talk.texts(thread) == ["dear", "I would.", "Done. yes"]
    assert talk.statuses(thread) == ["success"] * 3


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=5))
def test_a_script_that_asks_twice_is_answered_twice(answers: list[str]) -> None:
    talk = Talk(TWICE) if not SHARED else SHARED[0].anew(TWICE)
    SHARED[:] = [talk]
    thread = talk.thread()
    talk.wait(thread, "go")
    expected = ["go"]
    for at, answer in enumerate(answers):
        first = talk.status(thread)
        assert first == ("interrupted" if at < 2 else "idle")
        talk.wait(thread, command={"resume": answer})
        if at < 2:
            expected.append(f"{('first', 'second')[at]}: {answer}")
        assert talk.texts(thread) == expected


SHARED: list[Talk] = []


def test_an_answer_that_waits_its_turn_answers_what_is_asked_then() -> None:
    talk = Talk(TWICE)
    thread = talk.thread()
    for more in ({"text": "go"}, {"command": {"resume": "a"}}, {"command": {"resume": "b"}}):
        talk.began(thread, **more)
    talk.finish()
    assert talk.texts(thread) == ["go", "first: a", "second: b"]


def test_an_answer_that_was_cancelled_before_it_came_to_be_heard_leaves_the_question() -> None:
    talk = Talk(TWICE)
    thread = talk.thread()
    talk.wait(thread, "go")
    talk.began(thread, command={"resume": "never heard"}, after_seconds=5)
    talk.wait(thread, command={"resume": "a"}, multitask_strategy="interrupt")
    assert talk.texts(thread) == ["go", "first: a"]
    assert talk.statuses(thread) == ["success", "interrupted", "success"]


def test_an_answer_that_is_stopped_half_way_was_given_all_the_same() -> None:
    talk = Talk(HALF_WAY)
    thread = talk.thread()
    talk.wait(thread, "go")
    watched = talk.watch(thread, modes=["messages-tuple"], command={"resume": "a"})
    watched.until("messages", 2)
    events = talk.stream(thread, modes=["values"], command={"resume": "b"}, multitask_strategy="interrupt")
    assert names(events) == ["metadata", "values"]
    assert talk.texts(thread) == ["go"]


def test_each_question_has_an_id_of_its_own() -> None:
    talk = Talk(TWICE)
    thread = talk.thread()
    talk.wait(thread, "go")
    first = asked(talk, thread)
    talk.wait(thread, command={"resume": "a"})
    second = asked(talk, thread)
    assert (first["value"], second["value"]) == ({"n": 1}, {"n": 2})
    assert first["id"] != second["id"]


def test_new_input_while_paused_begins_anew_and_asks_with_a_new_id(layer: str) -> None:
    talk = Talk(ASKING, layer=layer)
    thread = talk.thread()
    talk.wait(thread, "dear")
    first = asked(talk, thread)
    events = talk.stream(thread, "friend", ["values", "updates"])
    second = asked(talk, thread)
    assert first["id"] != second["id"]
    assert second["value"] == {"question": "Shall I, friend?"}
    assert len(data(events, "values")[0]["messages"]) == 3
    talk.wait(thread, command={"resume": "yes"})
    assert talk.texts(thread) == ["dear", "I would.", "friend", "I would.", "Done. yes"]
    assert talk.status(thread) == "idle"


def test_the_answer_counts_where_input_comes_with_it() -> None:
    talk = Talk(ASKING)
    thread = talk.thread()
    talk.wait(thread, "dear")
    talk.wait(thread, "dropped", command={"resume": "yes"})
    assert talk.texts(thread) == ["dear", "I would.", "Done. yes"]


def test_no_input_at_all_asks_a_paused_run_once_more() -> None:
    talk = Talk(ASKING)
    thread = talk.thread()
    talk.wait(thread, "dear")
    first = asked(talk, thread)
    talk.wait(thread, input=None)
    assert talk.status(thread) == "interrupted"
    assert asked(talk, thread)["value"] == first["value"]
    talk.wait(thread, command={"resume": "yes"})
    assert talk.texts(thread) == ["dear", "I would.", "Done. yes"]


@pytest.mark.parametrize("when", ["interrupt_before", "interrupt_after"])
@pytest.mark.parametrize("nodes", [["tools"], "*"], ids=["named", "all"])
def test_a_request_pauses_before_or_after_a_node_and_goes_on_without_input(when: str, nodes: Any) -> None:
    talk = Talk(TOOL)
    thread = talk.thread()
    seen = []
    events = talk.stream(thread, "go", ["values", "updates"], **{when: nodes})
    for _ in range(10):
        assert talk.get(f"/threads/{thread}")["interrupts"] == {}
        if talk.status(thread) != "interrupted":
            break
        assert data(events, "updates")[-1] == {"__interrupt__": []}
        state = talk.state(thread)
        seen.append((len(talk.texts(thread)), state["next"]))
        events = talk.stream(thread, None, ["values", "updates"], input=None, **{when: nodes})
        assert names(events)[:2] == ["metadata", "values"]
        assert data(events, "values")[0] == state["values"]
    expected = {
        "interrupt_before": [(1, ["agent"]), (2, ["tools"]), (3, ["agent"])],
        "interrupt_after": [(2, ["tools"]), (3, ["agent"])],
    }[when]
    if nodes != "*":
        expected = [(2, ["tools"])] if when == "interrupt_before" else [(3, ["agent"])]
    assert seen == expected
    assert (talk.status(thread), talk.texts(thread)) == ("idle", ["go", "", "found", "It is there."])
    assert set(talk.statuses(thread)) == {"success"}


def test_a_pause_that_only_the_request_wanted_asks_nobody(layer: str) -> None:
    talk = Talk(TOOL, layer=layer)
    thread = talk.thread()
    events = talk.stream(thread, "go", ["values", "updates", "tasks"], interrupt_before=["tools"])
    assert names(events)[-4:] == ["updates", "tasks", "values", "updates"]
    assert data(events, "updates")[-1] == {"__interrupt__": []}
    assert not [each for each in data(events, "values") if "__interrupt__" in each]
    state = talk.state(thread)
    assert (state["interrupts"], [task["interrupts"] for task in state["tasks"]]) == ([], [[]])
    assert "__interrupt__" not in talk.wait(talk.thread(), "go", interrupt_before="*")


def test_a_node_that_is_never_reached_pauses_nothing() -> None:
    talk = Talk(TOOL)
    thread = talk.thread()
    talk.wait(thread, "go", interrupt_before=["nowhere"], interrupt_after=["nowhere"])
    assert talk.status(thread) == "idle"


def test_a_cancelled_run_that_had_been_paused_can_not_be_answered() -> None:
    talk = Talk("steps:\n- interrupt: {n: 1}\n- wait: 5s\n- say: never\n")
    thread = talk.thread()
    talk.wait(thread, "go")
    run = talk.began(thread, command={"resume": "yes"})["run_id"]
    talk.pass_time(1)
    assert talk.cancel(thread, run).status < 300
    events = talk.stream(thread, command={"resume": "again"})
    assert names(events) == ["metadata", "values"]
    assert talk.texts(thread) == ["go"]


def test_a_reset_forgets_what_was_paused() -> None:
    talk = Talk(ASKING)
    chosen = talk.thread()
    talk.wait(chosen, "dear")
    talk.gateway.reset()
    talk.thread(thread_id=chosen)
    talk.wait(chosen, command={"resume": "yes"})
    assert talk.state(chosen)["values"] == {}
