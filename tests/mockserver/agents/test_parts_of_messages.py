"""The parts of a message in the stream of a thread, components of a page, and tags of a run."""

from typing import Any

import pytest
from support.agent_client import Talk, data, said

SCRIPT = """
pace: 0
steps:
- think: Let me
- think: " see."
- say: I look.
  content: [{type: image, url: "https://example.org/a.png"}]
  calls:
  - {name: one, id: c1, arguments: {a: 1}, result: first, pieces: 2}
  - {name: two, id: c2, arguments: {}, result: second}
  usage: {input_tokens: 1, output_tokens: 2}
- say: ""
  calls:
  - {name: one, id: c3, arguments: {a: 2}, result: third}
  - {name: two, id: c4, arguments: {}, result: fourth}
- say: Done.
"""
SHOWN = """
pace: 0
steps:
- show: {name: weather, props: {city: Oslo}, id: one}
- set: {seen: true}
- show: {name: weather, props: {degrees: 3}, id: one, merge: true}
- show: {name: note, props: {}, id: two}
- say: Done.
"""


@pytest.fixture(params=("documented", "observed"))
def talk(request: pytest.FixtureRequest) -> Talk:
    """An agent whose messages have every kind of part."""
    return Talk(SCRIPT, layer=request.param)


def parts(talk: Talk) -> list[dict[str, Any]]:
    """What the channel of messages tells of a run."""
    thread = talk.thread()
    talk.stream(thread, "go", ["values"])
    events = talk.open("POST", f"/threads/{thread}/stream/events", {"channels": ["messages"]}).take()
    return [each["params"]["data"] for each in data(events, "messages")]


def test_each_part_of_a_message_begins_once_and_ends_with_all_that_was_told_of_it(talk: Talk) -> None:
    told = parts(talk)
    ends = [at for at, each in enumerate(told) if each["event"] == "message-finish"]
    assert len(ends) == 3
    begin = 0
    for end in ends:
        message, begin = told[begin : end + 1], end + 1
        assert message[0]["event"] == "message-start"
        begun = [each["index"] for each in message if each["event"] == "content-block-start"]
        finished = {each["index"]: each["content"] for each in message if each["event"] == "content-block-finish"}
        assert begun == list(finished) == list(range(len(begun)))
        for index, content in finished.items():
            pieces = [each["delta"] for each in message if each.get("delta") and each["index"] == index]
            if content["type"] in ("text", "reasoning"):
                assert "".join(piece[content["type"]] for piece in pieces) == content[content["type"]]
    first = [each["content"]["type"] for each in told[: ends[0]] if each["event"] == "content-block-finish"]
    assert first == ["reasoning", "text", "image", "tool_call", "tool_call"]
    assert told[ends[0]]["usage"]["total_tokens"] == 3
    assert told[0]["id"]


def test_arguments_that_come_in_pieces_are_told_so_and_others_at_once(talk: Talk) -> None:
    told = parts(talk)
    assert "".join(each["delta"]["args"] for each in told if "args" in each.get("delta", {})) == '{"a":1}{}'
    starts = [each["content"] for each in told if each["event"] == "content-block-start"]
    assert [each["type"] for each in starts if "call" in each["type"]] == ["tool_call_chunk"] * 2 + ["tool_call"] * 2


def test_components_of_one_node_add_up_and_each_is_told_by_itself() -> None:
    talk = Talk(SHOWN, layer="observed")
    thread = talk.thread()
    for _ in range(2):
        events = talk.stream(thread, "go", ["updates", "tasks", "values"])
        (update,) = data(events, "updates")
        assert [next(iter(each)) for each in update["agent"]] == ["ui", "ui", "ui", "messages", "seen"]
        assert [each["ui"]["props"] for each in update["agent"][:3]] == [{"city": "Oslo"}, {"degrees": 3}, {}]
        result = data(events, "tasks")[-1]["result"]
        assert [each["id"] for each in result["ui"]["$writes"]] == ["one", "one", "two"]
        shown = data(events, "values")[-1]["ui"]
        assert [(each["id"], each["props"]) for each in shown] == [("one", {"city": "Oslo", "degrees": 3}), ("two", {})]


def test_the_tags_of_a_run_are_told_with_what_a_model_says(talk: Talk) -> None:
    body = {"config": {"tags": ["a", "b"]}, "input": said("go")}
    events = talk.stream(talk.thread(), None, ["messages-tuple", "events", "tasks"], **body)
    tagged = {message["type"]: more.get("tags") for message, more in data(events, "messages")}
    assert tagged == {"AIMessageChunk": ["a", "b"], "tool": None}
    assert all(each["tags"][-2:] == ["a", "b"] for each in data(events, "events"))
    for config in ({}, {"tags": []}):
        plain = talk.stream(talk.thread(), "go", ["messages-tuple"], config=config)
        assert all("tags" not in more for _, more in data(plain, "messages"))
