"""What was seen of a real agent server beside the mock: order of events, ids that name each other, tasks, steps."""

from typing import Any

import pytest
from support.agent_client import MODES, Talk, data, names

PARALLEL = """
pace: 0
steps:
- think: Two things.
- say: ""
  calls:
  - {name: one, id: call_1, arguments: {a: 1}, result: first}
  - {name: two, id: call_2, arguments: {b: 2}, result: second}
- say: Both are here.
"""
ASKING = "pace: 0\nsteps:\n- interrupt: {n: 1}\n  node: ask\n- say: done\n"
LAYERS = ("documented", "observed")


@pytest.fixture(params=LAYERS)
def talk(request: pytest.FixtureRequest) -> Talk:
    """An agent that calls two tools at once."""
    return Talk(PARALLEL, layer=request.param)


def told(talk: Talk, thread: str, **more: Any) -> list[dict[str, Any]]:
    """What mode `events` says of a run."""
    return data(talk.stream(thread, "go", ["events"], **more), "events")


def test_a_model_and_a_node_have_ids_of_their_own_and_name_what_they_are_part_of(talk: Talk) -> None:
    events = told(talk, talk.thread())
    begun = {each["run_id"]: each for each in events if each["event"].endswith("_start")}
    for each in events:
        assert each["run_id"] in begun
        assert [begun[parent]["event"] for parent in each["parent_ids"]] == ["on_chain_start"] * len(each["parent_ids"])
    depth = {"on_chat_model_start": 2, "on_tool_start": 2}
    assert all(
        len(each["parent_ids"]) == depth.get(each["event"], 1) for each in events[1:-1] if "start" in each["event"]
    )
    assert [each["event"] for each in events].count("on_chat_model_start") == 2
    assert len(begun) == len([each for each in events if each["event"].endswith("_start")])


def test_each_thing_that_begins_ends_in_turn(talk: Talk) -> None:
    events = told(talk, talk.thread())
    open_: list[str] = []
    for each in events:
        if each["event"].endswith("_start"):
            open_.append(each["run_id"])
        elif each["event"].endswith("_end"):
            assert each["run_id"] in open_[-2:]
            open_.remove(each["run_id"])
        else:
            assert each["run_id"] == open_[-1]
    assert open_ == []
    tools = [(each["event"], each["name"], each["data"]["input"]) for each in events if "tool" in each["event"]]
    assert tools[:2] == [("on_tool_start", "one", {"a": 1}), ("on_tool_start", "two", {"b": 2})]
    assert tools[2:] == [("on_tool_end", "one", {"a": 1}), ("on_tool_end", "two", {"b": 2})]


def test_a_call_is_a_chunk_of_the_model_and_each_token_is_told_in_events_first(talk: Talk) -> None:
    events = talk.stream(talk.thread(), "go", ["events", "messages-tuple"])
    chunks = [each["data"]["chunk"] for each in data(events, "events") if each["event"] == "on_chat_model_stream"]
    pieces = [message for message, _ in data(events, "messages") if message["type"] == "AIMessageChunk"]
    assert chunks == pieces
    assert [part["id"] for chunk in chunks for part in chunk["tool_call_chunks"]] == ["call_1", "call_2"]
    for at, event in enumerate(events):
        if event.name == "messages" and '"AIMessageChunk"' in event.data:
            assert events[at - 1].name == "events"
    assert [chunk["chunk_position"] for chunk in chunks].count("last") == 2


def test_results_of_one_message_are_one_task_one_update_and_one_state(talk: Talk) -> None:
    thread = talk.thread()
    events = talk.stream(thread, "go", ["updates", "tasks", "messages-tuple"])
    update = data(events, "updates")[1]
    assert [each["content"] for each in update["tools"]["messages"]] == ["first", "second"]
    assert [each["name"] for each in data(events, "tasks")] == ["agent", "agent", "tools", "tools", "agent", "agent"]
    assert [each["type"] for each, _ in data(events, "messages")].count("tool") == 2
    assert [state["next"] for state in talk.history(thread)] == [[], ["agent"], ["tools"], ["agent"], ["__start__"]]


def test_a_task_has_its_id_from_the_state_before_it_on_and_its_result_there(talk: Talk) -> None:
    thread = talk.thread()
    events = talk.stream(thread, "go", ["tasks", "checkpoints", "updates"])
    begun = [each for each in data(events, "tasks") if "input" in each]
    announced = [task for each in data(events, "checkpoints") for task in each["tasks"]]
    assert [(each["id"], each["name"]) for each in announced[1:]] == [(each["id"], each["name"]) for each in begun]
    stored = [task for state in talk.history(thread)[::-1] for task in state["tasks"]]
    assert [each["id"] for each in stored] == [each["id"] for each in announced]
    assert [each["result"] for each in stored[1:]] == [next(iter(each.values())) for each in data(events, "updates")]


def test_steps_count_on_from_run_to_run(talk: Talk) -> None:
    thread = talk.thread()
    steps = [
        [metadata["langgraph_step"] for _, metadata in data(talk.stream(thread, "go", ["messages-tuple"]), "messages")]
        for _ in range(2)
    ]
    assert sorted(set(steps[0])) == [1, 2, 3]
    assert sorted(set(steps[1])) == [6, 7, 8]


def test_whoever_asks_for_tuples_gets_no_messages_in_the_other_form(talk: Talk) -> None:
    found = set(names(talk.stream(talk.thread(), "go", MODES)))
    assert {name for name in found if name.startswith("messages")} == {"messages"}
    found = set(names(talk.stream(talk.thread(), "go", ["messages"])))
    assert found == {"metadata", "messages/metadata", "messages/partial", "messages/complete"}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_question_stays_with_the_task_that_asked_it(layer: str) -> None:
    talk = Talk(ASKING, layer=layer)
    thread = talk.thread()
    (asked,) = talk.wait(thread, "go")["__interrupt__"]
    (waiting,) = talk.state(thread)["tasks"]
    events = talk.stream(thread, modes=["checkpoints", "tasks", "updates"], command={"resume": "yes"})
    first = data(events, "checkpoints")[0]
    assert (first["tasks"][0]["id"], first["tasks"][0]["interrupts"]) == (waiting["id"], [asked])
    assert {each["id"] for each in data(events, "tasks") if each["name"] == "ask"} == {waiting["id"]}
    (task,) = next(state for state in talk.history(thread) if state["next"] == ["ask"])["tasks"]
    assert [each["id"] for each in task["interrupts"]] == [asked["id"]]
    assert data(events, "updates")[0] == {"ask": None}


@pytest.mark.parametrize("layer", LAYERS)
def test_who_loses_a_stream_is_told_where_to_come_back(layer: str) -> None:
    talk = Talk("pace: 1s\nsteps:\n- say: one two three\n", layer=layer)
    thread = talk.thread()
    watched = talk.watch(thread, "go", stream_resumable=True)
    watched.until("values")
    watched.leave()
    path = watched.headers["content-location"]
    assert watched.headers["location"] == f"{path}/stream"
    rest = talk.open("GET", watched.headers["location"], last_event_id=str(watched.events[-1].id)).rest()
    assert names(rest) == ["values"]
    assert talk.ask("GET", f"{path}/join").headers["location"] == f"{path}/join"


@pytest.mark.parametrize("layer", LAYERS)
def test_a_run_without_input_on_a_new_thread_fails(layer: str) -> None:
    talk = Talk(layer=layer)
    thread = talk.thread()
    events = talk.stream(thread, modes=MODES)
    assert [name for name in names(events) if name != "events"] == ["metadata", "error"]
    assert data(events, "error")[0]["error"] == "EmptyInputError"
    assert (talk.status(thread), talk.statuses(thread), talk.history(thread)) == ("error", ["error"], [])
    talk.wait(thread, "go")
    assert talk.status(thread) == "idle"
    assert "__error__" not in talk.wait(thread)
