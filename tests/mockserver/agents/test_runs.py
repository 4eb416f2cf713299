"""Runs: what each script comes to, which events it makes, and that what is stored is what was streamed."""

import functools
import json
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.agent_client import MODES, Talk, data, names, said
from threadmock.mockserver.agents.script_files import shipped_names
from threadmock.specs.loader import LAYERS

TEXT = "What about order 1042?"
FIRST = ["metadata", "values"]
SAID = ["updates", "values"]

# What a reader of values, updates, messages-tuple and custom sees of each script; n tokens are [n].
SHAPES: dict[str, tuple[list[str], str, str]] = {
    "echo": ([*FIRST, "messages*", *SAID], "success", "idle"),
    "long": ([*FIRST, "messages*", *SAID], "success", "idle"),
    "slow": ([*FIRST, "messages*", *SAID], "success", "idle"),
    "empty": (FIRST, "success", "idle"),
    "awkward": ([*FIRST, "messages*", *SAID, *SAID, "messages*", *SAID, "messages*", *SAID], "success", "idle"),
    "tool": (
        [
            *FIRST,
            "messages*",
            *SAID,
            "messages*",
            *SAID,
            "custom",
            "messages*",
            *SAID,
        ],
        "success",
        "idle",
    ),
    "human": ([*FIRST, "messages*", *SAID, "updates", "values"], "success", "interrupted"),
    "failing": ([*FIRST, "messages*", *SAID, "error"], "error", "error"),
    "approval": ([*FIRST, "messages*", *SAID, "updates", "values"], "success", "interrupted"),
    "inbox": ([*FIRST, "messages*", *SAID, "updates", "values"], "success", "interrupted"),
    "planner": ([*FIRST, "messages*", *SAID, *SAID, "custom", "custom", "messages*", *SAID], "success", "idle"),
    "blocks": ([*FIRST, "messages*", *SAID], "success", "idle"),
    "team": ([*FIRST, "messages*", *SAID, "messages*", *SAID], "success", "idle"),
}


def folded(found: list[str]) -> list[str]:
    """Names of events, where several `messages` in a row are one."""
    made: list[str] = []
    for name in found:
        each = "messages*" if name == "messages" else name
        if not made or each != "messages*" or made[-1] != each:
            made.append(each)
    return made


def test_every_shipped_script_has_a_shape_here() -> None:
    assert set(SHAPES) == set(shipped_names())


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("name", SHAPES)
def test_a_script_has_these_events_and_ends_so(name: str, layer: str) -> None:
    talk = Talk(layer=layer)
    thread = talk.thread()
    shape, run, status = SHAPES[name]
    events = talk.stream(thread, f"/{name} {TEXT}", ["values", "updates", "messages-tuple", "custom"])
    assert folded(names(events)) == shape
    assert (talk.statuses(thread), talk.status(thread)) == ([run], status)
    assert talk.scheduler.open_streams == 0


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("values", ["metadata", "values", "values"]),
        ("updates", ["metadata", "updates"]),
        ("messages-tuple", ["metadata", *["messages"] * 3]),
        ("messages", ["metadata", "messages/metadata", *["messages/partial"] * 3]),
        ("tasks", ["metadata", "tasks", "tasks"]),
        ("checkpoints", ["metadata", *["checkpoints"] * 3]),
        ("debug", ["metadata", *["debug"] * 5]),
        ("custom", ["metadata"]),
        ("events", ["metadata", *["events"] * 10]),
    ],
)
def test_each_mode_shows_its_own_events_of_a_run_and_no_others(mode: str, expected: list[str]) -> None:
    talk = Talk()
    assert names(talk.stream(talk.thread(), "tea", [mode])) == expected


def test_a_mode_may_be_one_name_and_values_is_the_default() -> None:
    talk = Talk()
    one, none = (
        talk.open("POST", f"/threads/{talk.thread()}/runs/stream", talk.body("tea", **more)).rest()
        for more in ({"stream_mode": "updates"}, {})
    )
    assert (names(one), names(none)) == (["metadata", "updates"], ["metadata", "values", "values"])


def test_events_of_one_step_come_in_their_order() -> None:
    talk = Talk()
    events = talk.stream(talk.thread(), "a", ["values", "updates", "messages-tuple", "tasks", "checkpoints"])
    assert names(events) == [
        *("metadata", "checkpoints", "values", "checkpoints", "tasks"),
        *("messages", "messages", "messages"),
        *("updates", "tasks", "values", "checkpoints"),
    ]
    steps = [each["metadata"]["step"] for each in data(events, "checkpoints")]
    follow = [each["next"] for each in data(events, "checkpoints")]
    assert (steps, follow) == ([-1, 0, 1], [["__start__"], ["agent"], []])
    begun, done = data(events, "tasks")
    assert (begun["id"], begun["name"], begun["triggers"]) == (done["id"], "agent", ["branch:to:agent"])
    assert {"result", "error", "interrupts"} <= set(done)


def test_an_echo_is_told_token_by_token_and_whole() -> None:
    talk = Talk()
    events = talk.stream(talk.thread(), TEXT, ["messages-tuple", "messages", "values", "updates"])
    chunks = [chunk for chunk, _ in data(events, "messages")]
    assert "".join(chunk["content"] for chunk in chunks) == f"You said: {TEXT}"
    assert {chunk["type"] for chunk in chunks} == {"AIMessageChunk"}
    (answer,) = data(events, "updates")[0]["agent"]["messages"]
    assert (answer["content"], answer["type"]) == (f"You said: {TEXT}", "ai")
    assert {chunk["id"] for chunk in chunks} == {answer["id"]}
    assert data(events, "values")[-1]["messages"][-1] == answer
    told = data(events, "metadata")[0]
    assert told["attempt"] == 1
    for _, metadata in data(events, "messages"):
        assert (metadata["langgraph_node"], metadata["langgraph_step"]) == ("agent", 1)
        assert metadata["run_id"] == told["run_id"]


def test_a_tools_call_names_its_arguments_and_the_result_names_the_call() -> None:
    talk = Talk()
    thread = talk.thread()
    events = talk.stream(thread, f"/tool {TEXT}", ["updates", "messages-tuple", "custom"])
    asking, *results, final = [
        message for update in data(events, "updates") for node in update.values() for message in node["messages"]
    ]
    assert [call["name"] for call in asking["tool_calls"]] == ["find_order", "find_carrier"]
    assert asking["tool_calls"][0]["args"] == {"query": TEXT}
    assert asking["additional_kwargs"]["reasoning_content"].startswith("Two things")
    assert [(each["type"], each["name"], each["tool_call_id"]) for each in results] == [
        ("tool", call["name"], call["id"]) for call in asking["tool_calls"]
    ]
    assert final["content"].startswith("Order 1042")
    assert data(events, "custom") == [{"kind": "progress", "done": 2, "of": 2}]
    assert [list(update) for update in data(events, "updates")] == [["agent"], ["tools"], ["agent"]]
    parts = [part for chunk, _ in data(events, "messages") for part in chunk.get("tool_call_chunks", [])]
    assert [json.loads(part["args"]) for part in parts] == [call["args"] for call in asking["tool_calls"]]


def test_a_failure_is_the_last_event_and_is_kept_with_the_thread() -> None:
    talk = Talk(layer="observed")
    thread = talk.thread()
    told = {"error": "ModelError", "message": "The model is not there."}
    events = talk.stream(thread, "/failing x", MODES)
    assert (events[-1].name, json.loads(events[-1].data)) == ("error", told)
    assert talk.get(f"/threads/{thread}")["error"] == told
    assert talk.state(thread)["tasks"][0]["error"] == "ModelError('The model is not there.')"
    assert talk.wait(thread, "/failing x") == {"__error__": told}
    assert talk.wait(thread, "well")["messages"][-1]["content"] == "You said: well"
    assert (talk.status(thread), talk.get(f"/threads/{thread}")["error"]) == ("idle", None)
    assert talk.statuses(thread) == ["error", "error", "success"]


def test_a_run_is_pending_then_running_then_over_and_the_thread_follows() -> None:
    talk = Talk()
    thread = talk.thread()
    told = talk.start(thread, "/slow x")
    run = told.json()
    assert (told.status, told.headers["content-location"]) == (200, f"/threads/{thread}/runs/{run['run_id']}")
    assert (run["status"], run["thread_id"], talk.status(thread)) == ("pending", thread, "busy")
    assert talk.get(f"/threads/{thread}/runs/{run['run_id']}")["status"] == "running"
    talk.pass_time(3)
    assert (talk.statuses(thread), talk.status(thread)) == (["running"], "busy")
    assert talk.texts(thread) == ["/slow x"]
    talk.finish()
    assert (talk.statuses(thread), talk.status(thread)) == (["success"], "idle")
    assert len(talk.texts(thread)) == 2
    after = talk.get(f"/threads/{thread}")
    assert after["metadata"] == {"graph_id": "agent", "assistant_id": run["assistant_id"]}
    assert after["values"] == talk.state(thread)["values"]


def test_a_second_turn_begins_with_what_the_first_one_left() -> None:
    talk = Talk()
    thread = talk.thread()
    talk.wait(thread, "one", metadata={"a": 1})
    events = talk.stream(thread, "two")
    counts = [len(each["messages"]) for each in data(events, "values")]
    assert counts == [3, 4]
    assert talk.texts(thread) == ["one", "You said: one", "two", "You said: two"]
    steps = [(state["metadata"]["source"], state["metadata"]["step"], state["next"]) for state in talk.history(thread)]
    second = [("loop", 4, []), ("loop", 3, ["agent"]), ("input", 2, ["__start__"])]
    first = [("loop", 1, []), ("loop", 0, ["agent"]), ("input", -1, ["__start__"])]
    assert steps == second + first
    history = talk.history(thread)
    assert [state["parent_checkpoint"] for state in history[:-1]] == [state["checkpoint"] for state in history[1:]]


# What is stored is what was streamed, whatever a script says.

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
CALLS = st.fixed_dictionaries(
    {"name": st.sampled_from(["find", "send"]), "arguments": st.dictionaries(WORDS, WORDS, max_size=2)},
    optional={"result": WORDS, "failed": st.booleans(), "takes": st.sampled_from([0, 0.5, "1s"])},
)
NODE = {"node": st.sampled_from(["agent", "tools", "review"])}
STEPS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"say": WORDS}, optional={**NODE, "calls": st.lists(CALLS, max_size=2)}),
        st.fixed_dictionaries({"think": WORDS}, optional=NODE),
        st.fixed_dictionaries({"call": CALLS}, optional=NODE),
        st.fixed_dictionaries({"emit": WORDS | st.integers() | st.lists(WORDS, max_size=2) | st.none()}),
        st.fixed_dictionaries({"interrupt": WORDS | st.dictionaries(WORDS, WORDS, max_size=2)}, optional=NODE),
        st.fixed_dictionaries({"wait": st.sampled_from([0, "100ms", 3])}),
        st.fixed_dictionaries({"fail": WORDS}),
        st.just({"choose": [{"when": {"resume": "yes"}, "steps": [{"say": "so be it"}]}, {"steps": []}]}),
    ),
    max_size=6,
)


@functools.cache
def lasting(layer: str) -> Talk:
    return Talk(layer=layer)


def doubled(node: Any) -> Any:
    """The same texts with every dollar sign doubled, so that none of them is a mark."""
    if isinstance(node, str):
        return node.replace("$", "$$")
    if isinstance(node, list):
        return [doubled(each) for each in node]
    return {name: doubled(value) for name, value in node.items()} if isinstance(node, dict) else node


@settings(max_examples=150)
@given(STEPS, st.sampled_from(["hello", "", "yes"]))
def test_history_state_and_thread_hold_what_was_streamed(steps: list[Any], answer: str) -> None:
    talk = lasting("observed").anew(json.dumps({"steps": doubled(steps)}))
    thread = talk.thread()
    asked = [mode for mode in MODES if mode != "messages"]
    events = talk.stream(thread, "say", asked)
    emitted = [step["emit"] for step in steps if "emit" in step]
    rounds = 1
    while talk.status(thread) == "interrupted":
        assert "__interrupt__" in data(events, "values")[-1]
        events += talk.stream(thread, modes=asked, command={"resume": answer})
        rounds += 1
    failing = next((step for step in steps if "fail" in step), None)
    asking = steps[: steps.index(failing)] if failing else steps
    assert rounds == 1 + sum("interrupt" in step for step in asking)
    last = {name: value for name, value in data(events, "values")[-1].items() if name != "__interrupt__"}
    state, history = talk.state(thread), talk.history(thread)
    assert last == state["values"] == history[0]["values"] == talk.get(f"/threads/{thread}")["values"]
    # a run that is resumed begins with the state that it goes on from
    told = list(
        {each["config"]["configurable"]["checkpoint_id"]: each for each in data(events, "checkpoints")}.values()
    )
    ids = [each["config"]["configurable"]["checkpoint_id"] for each in told]
    stored = history[::-1]
    assert ids == [each["checkpoint"]["checkpoint_id"] for each in stored]
    assert [each["values"] for each in told] == [each["values"] for each in stored]
    assert [each["metadata"]["step"] for each in stored] == list(range(-1, len(stored) - 1))
    messages = state["values"]["messages"]
    updated = [
        message
        for update in data(events, "updates")
        for node, change in update.items()
        if node != "__interrupt__" and change
        for message in change["messages"]
    ]
    assert updated == messages[1:]
    assert len({message["id"] for message in messages}) == len(messages)
    spoken: dict[str, str] = {}
    for chunk, _ in data(events, "messages"):
        spoken[chunk["id"]] = spoken.get(chunk["id"], "") + chunk["content"]
    for message in messages[1:]:
        assert spoken.get(message["id"], "") == message["content"]
    if failing is None:
        assert data(events, "custom") == emitted
    assert (events[-1].name == "error") is (failing is not None)
    assert talk.statuses(thread)[-1] == ("error" if failing else "success")
    assert names(events).count("metadata") == rounds
    assert talk.scheduler.open_streams == 0
    assert talk.scheduler.next_due() is None


@given(STEPS)
@settings(max_examples=40)
def test_text_so_far_grows_to_the_whole(steps: list[Any]) -> None:
    talk = lasting("observed").anew(json.dumps({"steps": doubled(steps)}))
    thread = talk.thread()
    events = talk.stream(thread, "say", ["messages", "values"])
    so_far: dict[str, str] = {}
    introduced: list[str] = []
    for event in events:
        value = json.loads(event.data)
        if event.name == "messages/metadata":
            introduced += value
        elif event.name in ("messages/partial", "messages/complete"):
            (message,) = value
            assert message["content"].startswith(so_far.get(message["id"], ""))
            so_far[message["id"]] = message["content"]
    stored = {message["id"]: message["content"] for message in talk.state(thread)["values"]["messages"]}
    assert {key: text for key, text in so_far.items() if key in stored} == {
        key: stored[key] for key in so_far if key in stored
    }
    assert len(set(introduced)) == len(introduced)
    assert set(introduced) == set(so_far)


# The same seed and clock: the same bytes.


def everything(seed: int) -> list[bytes]:
    talk = Talk(seed=seed)
    thread = talk.thread()
    told = [
        talk.ask("POST", f"/threads/{thread}/runs/stream", talk.body(f"/{name} x", stream_mode=list(MODES))).body
        for name in shipped_names()
    ]
    return [*told, talk.ask("GET", f"/threads/{thread}/history", query="limit=100").body]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    one, same, other = everything(3), everything(3), everything(4)
    assert one == same
    assert all(a != b for a, b in zip(one, other, strict=True))


# Runs are listed, read, chosen from, and found by nobody else.


def test_runs_are_listed_newest_first_by_status_and_in_parts() -> None:
    talk = Talk()
    thread, other = talk.thread(), talk.thread()
    made = [talk.began(thread, f"/{name} x", metadata={"n": name}) for name in ("echo", "failing", "human", "empty")]
    talk.wait(other, "x")
    talk.finish()
    ids = [run["run_id"] for run in made]
    found = talk.get(f"/threads/{thread}/runs")
    assert [run["run_id"] for run in found] == ids[::-1]
    assert [run["metadata"]["n"] for run in found] == ["empty", "human", "failing", "echo"]
    assert [talk.get(f"/threads/{thread}/runs/{run}") for run in ids[::-1]] == found
    pages = [talk.get(f"/threads/{thread}/runs", f"limit=3&offset={offset}") for offset in (0, 3, 6)]
    assert [[run["run_id"] for run in page] for page in pages] == [ids[:0:-1], ids[:1], []]
    by_status = {
        status: [run["run_id"] for run in talk.get(f"/threads/{thread}/runs", f"status={status}")]
        for status in ("success", "error", "pending", "running", "interrupted")
    }
    assert by_status == {
        "success": [ids[3], ids[2], ids[0]],
        "error": [ids[1]],
        "pending": [],
        "running": [],
        "interrupted": [],
    }


def test_of_a_run_only_what_was_chosen_is_shown() -> None:
    talk = Talk(layer="observed")
    thread = talk.thread()
    run = talk.began(thread, "x")
    talk.finish()
    (found,) = talk.get(f"/threads/{thread}/runs", "select=run_id&select=status")
    assert found == {"run_id": run["run_id"], "status": "success"}


def test_a_run_is_below_its_own_thread_only() -> None:
    talk = Talk()
    thread, other = talk.thread(), talk.thread()
    run = talk.began(thread, "x")["run_id"]
    paths = [("GET", f"/threads/{other}/runs/{run}{end}") for end in ("", "/join", "/stream")]
    paths += [("POST", f"/threads/{other}/runs/{run}/cancel"), ("DELETE", f"/threads/{other}/runs/{run}")]
    assert [talk.ask(*path).status for path in paths] == [404] * 5
    assert talk.ask("GET", f"/threads/{other}/runs").json() == []
    assert talk.ask("GET", f"/threads/{uuid.uuid4()}/runs").status == 404


def test_what_was_asked_of_a_run_is_kept_with_it() -> None:
    talk = Talk()
    sent = {
        "metadata": {"a": 1},
        "config": {"tags": ["t"], "configurable": {"x": 1}},
        "stream_mode": ["updates"],
        "interrupt_before": ["tools"],
        "multitask_strategy": "reject",
        "stream_resumable": True,
    }
    run = talk.began(talk.thread(), "x", **sent)
    assert run["multitask_strategy"] == "reject"
    assert run["metadata"] == {"created_by": "system", "a": 1, "graph_id": "agent", "assistant_id": run["assistant_id"]}
    kept = run["kwargs"]
    assert {name: kept[name] for name in ("config", "stream_mode", "interrupt_before")} == {
        name: sent[name] for name in ("config", "stream_mode", "interrupt_before")
    }
    assert (kept["input"], kept["command"], kept["resumable"]) == (said("x"), None, True)
