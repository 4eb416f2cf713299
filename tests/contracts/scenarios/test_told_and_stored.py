"""How messages are read back from what is stored, and what a stream told is held against them."""

from typing import Any

import pytest
from threadmock.contracts.checks.streams import EventStream, read_stream
from threadmock.contracts.scenarios.conversations.departures import of_said
from threadmock.contracts.scenarios.conversations.views import View
from threadmock.contracts.scenarios.runs.messages import message_forms
from threadmock.contracts.scenarios.runs.told import ToldMessage, departing_text, told_messages
from threadmock.specs.loader import load
from threadmock.specs.wire.strictjson import dump_json

WHERE = {
    "langsmith": ({"values": {"messages": [{"type": "human", "content": "a", "id": "1"}, {"type": "ai", "content": "b", "id": "2"}]}}, "piece"),
    "seekrflow": ({"id": "1", "role": "user", "content": "a"}, "piece"),
    "scale": ({"id": "1", "input": {"input": "a"}, "output": {"response": "b"}}, "piece"),
    "ishvana": ({"message_id": "1", "role": "assistant", "content": "b"}, "piece"),
    "lighton": ({"messages": [{"id": "1", "role": "user", "parts": [{"type": "text", "text": "a"}]}, {"id": "2", "role": "assistant", "parts": [{"type": "reasoning", "text": None}, {"type": "text", "text": "b"}]}]}, "run"),
}  # fmt: skip
READ = {
    "langsmith": [("user", "1", "a"), ("assistant", "2", "b")],
    "seekrflow": [("user", "1", "a")],
    "scale": [("assistant", "1", "b")],
    "ishvana": [("assistant", "1", "b")],
    "lighton": [("user", "1", "a"), ("assistant", "2", "b")],
}


@pytest.mark.parametrize("provider", WHERE)
def test_messages_are_found_where_the_rules_store_them(provider: str) -> None:
    thing, place = WHERE[provider]
    (form,) = message_forms(load(provider))
    assert form.place == place
    assert [(each.role, each.id, each.text) for each in form.read(thing) or ()] == READ[provider]


def messages(*texts: str) -> Any:
    (form,) = message_forms(load("ishvana"))
    shown = [{"message_id": str(at), "role": "assistant", "content": text} for at, text in enumerate(texts)]
    return [message for each in shown for message in form.read(each) or ()]


@pytest.mark.parametrize(
    ("told", "stored", "fits"),
    [
        (["one two"], ["one two"], True),
        (["one two"], ["one", " two"], True),
        (["one two"], [" two"], True),
        (["one"], ["one two"], False),
        (["one two"], [], False),
        (["one", "one", "one"], ["one", "one", "one"], True),
        (["one", "one", "one"], ["one"], False),
    ],
)
def test_what_was_told_is_all_that_is_stored_or_the_last_of_it_and_each_speaker_has_a_message(
    told: list[str], stored: list[str], *, fits: bool
) -> None:
    voices = [ToldMessage(("", str(at)), "", text) for at, text in enumerate(told)]
    assert (departing_text(voices, messages(*stored)) is None) is fits


def streamed(model: str, agent: str, pieces: str) -> tuple[EventStream, Any, View]:
    """A run whose model says one thing, and whose agent stores another, with the same id."""
    contract = load("langsmith", layer="observed")
    (form,), rules = message_forms(contract), contract.profile.agent
    assert rules
    asked = {"content": "hello", "type": "human", "id": "1"}
    said = {"content": agent, "type": "ai", "id": "2", "additional_kwargs": {}, "tool_calls": []}
    run, state = "0190d2c3-0000-7000-8000-000000000001", {"messages": [asked, said]}
    about = {"name": "m", "run_id": run, "tags": [], "metadata": {}, "parent_ids": []}
    events = [
        ("messages", [{"content": pieces, "type": "AIMessageChunk", "id": "2"}, {"graph_id": "g"}]),
        ("events", {"event": "on_chat_model_end", **about, "data": {"output": {**said, "content": model}}}),
        ("updates", {"agent": {"messages": [said]}}),
        ("values", state),
    ]
    body = b"".join(b"event: " + name.encode() + b"\ndata: " + dump_json(data) + b"\n\n" for name, data in events)
    stream = read_stream(body, rules.formats["events"], None, scope="run")
    piece = {"values": state}
    view = View("the history", None, "documented", {}, form.read(piece), [piece], [piece])
    return stream, form, view


def test_an_agent_that_stores_other_words_than_its_model_said_departs_from_nothing() -> None:
    stream, form, view = streamed("raw", "polished", "raw")
    agent = load("langsmith", layer="observed").profile.agent
    assert agent
    assert list(of_said(stream, form, view, agent)) == []
    assert [each.text for each in told_messages(stream)] == ["raw"]


def test_a_message_that_no_event_tells_as_it_is_stored_departs() -> None:
    stream, form, view = streamed("polished", "polished", "polished")
    agent = load("langsmith", layer="observed").profile.agent
    assert agent
    other = view.messages and [type(each)(each.role, each.id, each.text.upper()) for each in view.messages]
    stored = View(view.name, None, "documented", {}, other, view.content, view.pieces)
    stream = EventStream(stream.format, None, stream.events[:-1], scope="run")
    assert [got for _, got, _ in of_said(stream, form, stored, agent)] != []
