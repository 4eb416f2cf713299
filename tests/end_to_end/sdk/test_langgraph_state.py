"""The real langgraph-sdk against the mock over a real socket: state, history, copies, prunes, supersteps."""

import asyncio
import uuid
from typing import Any

import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import SyncLangGraphClient
from langgraph_sdk.errors import (
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    UnprocessableEntityError,
)
from support.processes import Serving

pytestmark = pytest.mark.sdk
NOBODY = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


@pytest.fixture
def thread(sdk: SyncLangGraphClient, tag: str) -> str:
    """A thread of a graph, without a state."""
    return str(sdk.threads.create(metadata={"tag": tag}, graph_id="agent")["thread_id"])


def steps(sdk: SyncLangGraphClient, thread: str, count: int) -> list[Any]:
    """The checkpoints of so many updates: n goes from 0 on, and each adds a message."""
    made = []
    for n in range(count):
        values = {"n": n, "messages": [{"role": "user", "content": str(n)}]}
        made.append(sdk.threads.update_state(thread, values, as_node="model")["checkpoint"])
    return made


def contents(state: Any) -> list[str]:
    return [message["content"] for message in state["values"]["messages"]]


def ids(states: list[Any]) -> list[str]:
    return [state["checkpoint"]["checkpoint_id"] for state in states]


def test_a_thread_that_never_ran_has_an_empty_state(sdk: SyncLangGraphClient, thread: str, layer: str) -> None:
    state = sdk.threads.get_state(thread)
    assert (state["values"], state["next"], state["tasks"]) == ({}, [], [])
    assert (state["checkpoint"] is None) == (layer == "observed")
    assert sdk.threads.get_history(thread) == []


def test_the_state_is_what_was_written_over_what_was_there(sdk: SyncLangGraphClient, thread: str) -> None:
    first = sdk.threads.update_state(thread, {"a": 1, "b": 1, "messages": [{"content": "x"}]}, as_node="model")
    second = sdk.threads.update_state(thread, {"b": 2, "messages": [{"content": "y"}]}, as_node="model")
    state = sdk.threads.get_state(thread)
    messages = state["values"].pop("messages")
    assert state["values"] == {"a": 1, "b": 2}
    assert [(each["type"], each["content"]) for each in messages] == [("human", "x"), ("human", "y")]
    assert state["checkpoint"] == second["checkpoint"]
    assert state["parent_checkpoint"] == first["checkpoint"]
    assert first["checkpoint"]["thread_id"] == thread
    assert state["metadata"]["source"] == "update"


def test_a_message_with_a_known_id_takes_the_place_of_the_earlier(sdk: SyncLangGraphClient, thread: str) -> None:
    sdk.threads.update_state(thread, {"messages": [{"id": "1", "content": "x"}, {"id": "2", "content": "y"}]})
    sdk.threads.update_state(thread, {"messages": [{"id": "1", "content": "z"}]})
    assert contents(sdk.threads.get_state(thread)) == ["z", "y"]


def test_several_updates_and_no_update_are_one_step_each(sdk: SyncLangGraphClient, thread: str, layer: str) -> None:
    if layer == "observed":  # the document lets several be sent at once; the server takes one object
        with pytest.raises(BadRequestError):
            sdk.threads.update_state(thread, [{"n": 1}], as_node="model")
        sdk.threads.update_state(thread, {"n": 2, "m": 1}, as_node="model")
    else:
        sdk.threads.update_state(thread, [{"n": 1}, {"n": 2, "m": 1}], as_node="model")
    sdk.threads.update_state(thread, None, as_node="model")
    assert sdk.threads.get_state(thread)["values"] == {"n": 2, "m": 1}
    assert len(sdk.threads.get_history(thread)) == 2


def test_a_state_moves_its_thread(sdk: SyncLangGraphClient, thread: str) -> None:
    before = sdk.threads.get(thread)
    sdk.threads.update_state(thread, {"n": 1}, as_node="model")
    after = sdk.threads.get(thread)
    assert after["values"] == {"n": 1}
    assert after["state_updated_at"] > before["state_updated_at"]
    assert after["updated_at"] > before["updated_at"]
    assert after["metadata"] == before["metadata"]


def in_one_form(state: Any) -> Any:
    """A state without the empty name of its graph: the real server leaves that out of one that is read by its id."""
    own = state["checkpoint"]
    return {**state, "checkpoint": {k: v for k, v in own.items() if (k, v) != ("checkpoint_ns", "")}}


def test_a_state_is_read_at_each_checkpoint_three_ways(sdk: SyncLangGraphClient, thread: str) -> None:
    for n, checkpoint in enumerate(steps(sdk, thread, 3)):
        by_object = sdk.threads.get_state(thread, checkpoint=checkpoint)
        assert by_object["values"]["n"] == n
        assert by_object["checkpoint"] == checkpoint
        by_id = sdk.threads.get_state(thread, checkpoint_id=checkpoint["checkpoint_id"])
        assert in_one_form(by_id) == in_one_form(by_object)
        assert sdk.threads.get_state(thread, checkpoint=checkpoint, subgraphs=True) == by_object
    assert sdk.threads.get_state(thread, subgraphs=True) == sdk.threads.get_state(thread)
    assert sdk.threads.get_state(thread)["values"]["n"] == 2


def test_an_unknown_checkpoint_shows_an_empty_state(sdk: SyncLangGraphClient, thread: str) -> None:
    steps(sdk, thread, 1)
    state = sdk.threads.get_state(thread, checkpoint_id=NOBODY)
    assert state["values"] == {}
    assert state["checkpoint"]["checkpoint_id"] == NOBODY


def test_a_checkpoint_of_another_thread_is_not_shown(sdk: SyncLangGraphClient, thread: str) -> None:
    (checkpoint,) = steps(sdk, thread, 1)
    other = sdk.threads.create(graph_id="agent")["thread_id"]
    assert sdk.threads.get_state(other, checkpoint_id=checkpoint["checkpoint_id"])["values"] == {}


@pytest.mark.parametrize("way", ["checkpoint", "checkpoint_id"])
def test_an_update_at_a_checkpoint_forks_from_there(sdk: SyncLangGraphClient, thread: str, way: str) -> None:
    made = steps(sdk, thread, 3)
    named = {"checkpoint": made[0]} if way == "checkpoint" else {"checkpoint_id": made[0]["checkpoint_id"]}
    fork = sdk.threads.update_state(thread, {"fork": True}, as_node="model", **named)["checkpoint"]
    assert fork not in made
    state = sdk.threads.get_state(thread)
    assert state["checkpoint"] == fork
    assert state["parent_checkpoint"] == made[0]
    assert (state["values"]["n"], state["values"]["fork"], contents(state)) == (0, True, ["0"])
    assert contents(sdk.threads.get_state(thread, checkpoint=made[2])) == ["0", "1", "2"]
    assert len(sdk.threads.get_history(thread)) == 4


def test_history_is_newest_first_and_each_state_follows_its_parent(sdk: SyncLangGraphClient, thread: str) -> None:
    made = [each["checkpoint_id"] for each in steps(sdk, thread, 12)]
    assert ids(sdk.threads.get_history(thread)) == made[:1:-1]
    states = sdk.threads.get_history(thread, limit=1000)
    assert ids(states) == made[::-1]
    parents = [(state.get("parent_checkpoint") or {}).get("checkpoint_id") for state in states]
    assert parents == [*made[-2::-1], None]
    assert [state["metadata"]["step"] for state in states] == list(range(11, -1, -1))
    assert ids(sdk.threads.get_history(thread, limit=3)) == made[:-4:-1]


@pytest.mark.parametrize("form", ["checkpoint", "config"])
def test_history_before_a_checkpoint_has_what_is_older(
    sdk: SyncLangGraphClient, thread: str, form: str, layer: str
) -> None:
    made = steps(sdk, thread, 5)
    before: Any = made[3] if form == "checkpoint" else {"configurable": made[3]}
    if layer == "observed":
        with pytest.raises(InternalServerError):
            sdk.threads.get_history(thread, before=before)
        return
    assert ids(sdk.threads.get_history(thread, before=before)) == [made[n]["checkpoint_id"] for n in (2, 1, 0)]
    assert ids(sdk.threads.get_history(thread, before=before, limit=1)) == [made[2]["checkpoint_id"]]


def test_history_before_a_bare_id_fails_in_either_layer(sdk: SyncLangGraphClient, thread: str) -> None:
    made = steps(sdk, thread, 3)
    with pytest.raises(UnprocessableEntityError):
        sdk.threads.get_history(thread, before=made[1]["checkpoint_id"])


def test_history_pages_by_checkpoint_are_whole(sdk: SyncLangGraphClient, thread: str, layer: str) -> None:
    if layer == "observed":
        return  # the server that was seen fails on `before`
    made = [each["checkpoint_id"] for each in steps(sdk, thread, 7)]
    walked: list[str] = []
    before: Any = None
    while page := sdk.threads.get_history(thread, limit=3, before=before):
        walked += ids(page)
        before = page[-1]["checkpoint"]
    assert walked == made[::-1]


def test_history_is_filtered_by_its_metadata(sdk: SyncLangGraphClient, thread: str) -> None:
    steps(sdk, thread, 3)
    assert len(sdk.threads.get_history(thread, metadata={"source": "update"})) == 3
    assert sdk.threads.get_history(thread, metadata={"source": "loop"}) == []
    (one,) = sdk.threads.get_history(thread, metadata={"step": 0})
    assert one["values"]["n"] == 0


def test_history_of_a_subgraph_has_its_states_only(sdk: SyncLangGraphClient, thread: str) -> None:
    steps(sdk, thread, 3)
    root: Any = {"checkpoint_ns": ""}
    assert sdk.threads.get_history(thread, checkpoint=root) == sdk.threads.get_history(thread)
    below: Any = {"checkpoint_ns": "inner:1"}
    assert sdk.threads.get_history(thread, checkpoint=below) == []


def test_a_state_needs_a_graph_where_the_server_was_seen_to(sdk: SyncLangGraphClient, layer: str) -> None:
    bare = sdk.threads.create()["thread_id"]
    if layer == "documented":
        assert sdk.threads.update_state(bare, {"n": 1})["checkpoint"]["thread_id"] == bare
    else:
        with pytest.raises(BadRequestError):
            sdk.threads.update_state(bare, {"n": 1})


def test_a_copy_has_the_history_and_lives_on_its_own(sdk: SyncLangGraphClient, thread: str, tag: str) -> None:
    made = [each["checkpoint_id"] for each in steps(sdk, thread, 3)]
    copied: Any = sdk.threads.copy(thread)
    copy = copied["thread_id"]
    assert copy != thread
    assert copied["metadata"] == {"tag": tag, "graph_id": "agent"}
    assert ids(sdk.threads.get_history(copy)) == made[::-1]
    states = [sdk.threads.get_state(copy), *sdk.threads.get_history(copy)]
    assert {state["checkpoint"]["thread_id"] for state in states} == {copy}
    parents = [state.get("parent_checkpoint") for state in states]
    assert {parent["thread_id"] for parent in parents if parent} == {copy}
    sdk.threads.update_state(copy, {"n": "copy"}, as_node="model")
    sdk.threads.update(copy, metadata={"mine": 1})
    assert sdk.threads.get_state(thread)["values"]["n"] == 2
    assert "mine" not in sdk.threads.get(thread)["metadata"]
    sdk.threads.delete(thread)
    assert len(sdk.threads.get_history(copy)) == 4
    with pytest.raises(ConflictError):
        sdk.threads.copy(thread)


def test_a_prune_removes_threads_or_all_but_their_latest_state(sdk: SyncLangGraphClient, tag: str, layer: str) -> None:
    one, two, three = (sdk.threads.create(metadata={"tag": tag}, graph_id="agent")["thread_id"] for _ in range(3))
    for each in (one, two, three):
        steps(sdk, each, 3)
    latest = sdk.threads.get_state(one)
    if layer == "observed":
        with pytest.raises(UnprocessableEntityError):
            sdk.threads.prune([one], strategy="keep_latest")
    else:
        assert sdk.threads.prune([one], strategy="keep_latest") == {"pruned_count": 1}
        assert sdk.threads.get_history(one) == [latest]
    assert sdk.threads.get_state(one) == latest
    assert sdk.threads.prune([two, NOBODY]) == {"pruned_count": 1}
    assert {each["thread_id"] for each in sdk.threads.search(metadata={"tag": tag})} == {one, three}
    with pytest.raises(NotFoundError):
        sdk.threads.get(two)
    assert len(sdk.threads.get_history(three)) == 3


def test_supersteps_are_the_first_states_of_a_thread(sdk: SyncLangGraphClient) -> None:
    supersteps: list[Any] = [
        {"updates": [{"values": {"messages": [{"content": "a"}]}, "as_node": "__start__"}]},
        {
            "updates": [
                {"values": {"messages": [{"content": "b"}]}, "as_node": "model"},
                {"values": {"n": 1}, "as_node": "x"},
            ]
        },
        {"updates": [{"values": None, "command": {"update": {"n": 2}, "goto": "model"}, "as_node": "model"}]},
        {
            "updates": [
                {"values": None, "command": {"update": [["n", 3], ["m", 1]], "goto": "model"}, "as_node": "model"}
            ]
        },
    ]
    made = sdk.threads.create(graph_id="agent", supersteps=supersteps)
    states = sdk.threads.get_history(made["thread_id"])
    assert [contents(state) for state in states] == [["a", "b"]] * 3 + [["a"]]
    assert [state["values"].get("n") for state in states] == [3, 2, 1, None]
    assert states[0]["values"]["m"] == 1
    assert sdk.threads.get_state(made["thread_id"]) == states[0]
    assert sdk.threads.get(made["thread_id"])["values"] == states[0]["values"]


def test_a_thread_is_carried_to_another_by_its_history(sdk: SyncLangGraphClient, thread: str) -> None:
    steps(sdk, thread, 3)
    history = sdk.threads.get_history(thread)
    supersteps: list[Any] = [
        {"updates": [{"values": {"n": state["values"]["n"]}, "as_node": "model"}]} for state in history[::-1]
    ]
    other = sdk.threads.create(graph_id="agent", supersteps=supersteps)["thread_id"]
    assert [state["values"]["n"] for state in sdk.threads.get_history(other)] == [2, 1, 0]


def test_a_selected_part_of_a_state_is_shown_beside_what_must_be_there(
    sdk: SyncLangGraphClient, thread: str, layer: str
) -> None:
    (checkpoint,) = steps(sdk, thread, 1)
    chosen: list[Any] = ["values.n", "next"]
    told = [
        sdk.threads.get_state(thread, select=chosen),
        sdk.threads.get_state(thread, checkpoint_id=checkpoint["checkpoint_id"], select=chosen),
        sdk.threads.get_state(thread, checkpoint=checkpoint, select=chosen),
        *sdk.threads.get_history(thread, select=chosen),
    ]
    assert len(told) == 4
    for state in told:
        assert state["values"]["n"] == 0
        if layer == "documented":
            assert set(state["values"]) == {"n"}
            assert set(state) == {"values", "next", "checkpoint", "metadata", "created_at"}
        else:  # the server that was seen shows all, whatever is asked for
            assert {"values", "next", "checkpoint", "tasks", "interrupts"} <= set(state)


def test_the_async_client_walks_the_whole_life_of_a_thread(agent_server: Serving) -> None:
    async def talk() -> None:
        async with get_client(url=agent_server.url) as client:
            threads = client.threads
            made = await threads.create(metadata={"life": 1}, graph_id="agent", ttl=5)
            key = made["thread_id"]
            assert await threads.get(key) == made
            assert (await threads.get(key, include=["ttl"]))["ttl"]["ttl_minutes"] == 5
            assert (await threads.update(key, metadata={"x": 1}))["metadata"]["x"] == 1
            assert await threads.update(key, metadata={"y": 1}, return_minimal=True) is None
            written = await asyncio.gather(
                *(threads.update_state(key, {"messages": [{"content": str(n)}]}, as_node="m") for n in range(10))
            )
            state = await threads.get_state(key)
            assert sorted(contents(state)) == [str(n) for n in range(10)]
            history = await threads.get_history(key, limit=100)
            assert set(ids(history)) == {each["checkpoint"]["checkpoint_id"] for each in written}
            assert await threads.get_state(key, checkpoint=history[3]["checkpoint"]) == history[3]
            copied: Any = await threads.copy(key)
            assert [each["thread_id"] for each in await threads.search(ids=[copied["thread_id"]])] == [
                copied["thread_id"]
            ]
            assert await threads.count(metadata={"x": 1, "y": 1}) >= 2
            assert await threads.prune([copied["thread_id"]]) == {"pruned_count": 1}
            await threads.delete(key)
            with pytest.raises(NotFoundError):
                await threads.get(key)
            (found,) = await client.assistants.search(graph_id="agent", metadata={"created_by": "system"})
            assert await client.assistants.get(found["assistant_id"]) == found
            assert (await client.assistants.get_schemas(found["assistant_id"]))["graph_id"] == "agent"

    asyncio.run(talk())
    assert uuid.UUID(NOBODY)
