"""What client libraries were seen to need: metadata, members of messages, blocks of calls, joins of some modes."""

import json
from typing import Any

import pytest
from support.agent_client import Reading, Talk, data, names, run_of
from support.reading import read_events

CALLING = """
pace: 0
steps:
- say: Let me look.
  calls:
  - {name: one, id: call_1, arguments: {a: 1}, result: first}
- say: ""
  calls:
  - {name: two, id: call_2, arguments: {}, result: second}
- say: Done.
"""
LAYERS = ("documented", "observed")


@pytest.fixture(params=LAYERS, scope="module")
def talk(request: pytest.FixtureRequest) -> Talk:
    """An agent that calls tools, with a text and without."""
    return Talk(CALLING, layer=request.param)


def test_a_run_has_the_metadata_of_its_thread_of_its_configuration_and_its_own(talk: Talk) -> None:
    thread = talk.thread(metadata={"of": "thread", "who": "thread"})
    given = {"metadata": {"who": "run"}, "config": {"metadata": {"who": "config", "more": 1}}}
    events = talk.stream(thread, "go", ["messages-tuple", "tasks"], **given)
    wanted = {"of": "thread", "who": "run", "more": 1}
    for metadata in ([each[1] for each in data(events, "messages")], [data(events, "tasks")[0]["metadata"]]):
        assert metadata
        assert all(wanted.items() <= each.items() for each in metadata)
        assert all("kwargs" not in each and "status" not in each for each in metadata)
    assert wanted.items() <= talk.state(thread)["metadata"].items()


def test_what_else_a_message_has_is_kept_beside_its_members(talk: Talk) -> None:
    sent = [
        {"role": "user", "type": "human", "content": "a", "more": 1, "additional_kwargs": {"k": 1}},
        {"type": "human", "content": "b", "id": "m1", "name": "ann"},
        {"type": "ai", "content": "c", "tool_calls": [], "usage_metadata": {"total_tokens": 2}},
    ]
    thread = talk.thread()
    talk.stream(thread, "", ["values"], input={"messages": sent})
    kept = [each["additional_kwargs"] for each in talk.state(thread)["values"]["messages"][:3]]
    assert kept == [{"more": 1, "type": "human", "k": 1}, {}, {"usage_metadata": {"total_tokens": 2}}]


def test_a_run_without_a_thread_tells_of_no_checkpoint_unless_it_is_kept(talk: Talk) -> None:
    def told(**more: Any) -> list[str]:
        body = talk.body("go", stream_mode=["checkpoints", "debug"], **more)
        events = read_events(talk.ask("POST", "/runs/stream", body).body)
        return [*names(events), *(each["type"] for each in data(events, "debug"))]

    assert set(told()) == {"metadata", "debug", "task", "task_result"}
    assert set(told(on_completion="keep")) == {"metadata", "debug", "checkpoints", "checkpoint", "task", "task_result"}


def test_a_join_shows_those_of_the_modes_of_a_run_that_it_asks_for(talk: Talk) -> None:
    thread = talk.thread()
    run = run_of(talk.stream(thread, "go", ["values", "updates", "messages-tuple"], stream_resumable=True))

    def joined(query: str) -> set[str]:
        path = f"/threads/{thread}/runs/{run}/stream"
        return set(names(read_events(talk.ask("GET", path, query=query, last_event_id="-1").body)))

    assert joined("stream_mode=updates") == {"updates"}
    assert joined("stream_mode=messages") == {"messages"}
    assert joined("stream_mode=tasks") == set()
    assert joined("") == {"metadata", "values", "updates", "messages"}


def followed(talk: Talk, thread: str, *channels: str) -> Reading:
    """The stream of a thread."""
    return talk.open("POST", f"/threads/{thread}/stream/events", {"channels": channels})


def test_calls_are_blocks_in_the_stream_of_a_thread(talk: Talk) -> None:
    thread = talk.thread()
    stream = followed(talk, thread, "messages")
    talk.stream(thread, "go", ["values"])
    told = [each["params"]["data"] for each in data(stream.take(), "messages")]
    begun = [(each["event"], each.get("index"), each.get("content", {}).get("type")) for each in told]
    shown = [each for each in begun if each[0] != "content-block-delta"]
    first = [
        ("message-start", None, None),
        ("content-block-start", 0, "text"),
        ("content-block-start", 1, "tool_call"),
        ("content-block-finish", 0, "text"),
        ("content-block-finish", 1, "tool_call"),
        ("message-finish", None, None),
    ]
    second = [first[0], ("content-block-start", 0, "tool_call"), ("content-block-finish", 0, "tool_call"), first[-1]]
    third = [first[0], first[1], first[3], first[-1]]
    assert shown == first + second + third
    ends = [each["content"] for each in told if each["event"] == "content-block-finish"]
    assert json.dumps(ends[1]) == json.dumps({"type": "tool_call", "id": "call_1", "name": "one", "args": {"a": 1}})


@pytest.mark.parametrize(("layer", "sent"), [("documented", {"tasks", "updates"}), ("observed", set())])
def test_the_real_server_sends_no_tasks_and_updates_in_the_stream_of_a_thread(layer: str, sent: set[str]) -> None:
    talk = Talk(CALLING, layer=layer)
    thread = talk.thread()
    stream = followed(talk, thread, "tasks", "updates", "custom")
    talk.stream(thread, "go", ["values"])
    assert set(names(stream.take())) == sent
