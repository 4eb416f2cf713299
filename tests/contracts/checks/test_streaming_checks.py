"""The checks of one stream of events: what each takes, and what it does not."""

import random

import pytest
from threadmock.contracts.cases.agent_input import agent_input, body_with_text, modes_of, put_at, way_to_respond
from threadmock.contracts.cases.case import base_value, case_with_body
from threadmock.contracts.checks import Context, Reading, judge_reading
from threadmock.contracts.checks.streams import read_stream
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.wsgi import WsgiTransport
from threadmock.specs.behaviour.observed import observe
from threadmock.specs.behaviour.read_rules import parse_setting
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.documents.places import as_place
from threadmock.specs.loader import load
from threadmock.specs.operations.spelling import as_written

CONTRACT = load("langsmith")
RUN = "01a20ddf-7e6b-7554-89c3-f1d01a2456d0"
BEGUN = b'event: metadata\r\ndata: {"run_id":"%s","attempt":1}\r\n\r\n' % RUN.encode()
VALUES = b'event: values\r\ndata: {"messages":[]}\r\n\r\n'
FAILED = b'event: error\r\ndata: {"error":"E","message":"m"}\r\n\r\n'
STREAM_CHECKS = ("framing", "event_names", "event_payload", "stream_order", "ids")


def judged(*pieces: bytes, kind: str = "text/event-stream", name: str = "/threads/{thread_id}/runs/stream", **members):
    """Check to what it found of a stream of these pieces."""
    operation = next(
        o
        for o in CONTRACT.operations
        if o.path == name and o.method == ("POST" if name.endswith("runs/stream") else "GET")
    )

    def app(environ, start_response):
        start_response("200 OK", [("content-type", kind)])
        return [b"".join(pieces)]

    target = Target(WsgiTransport(app), "a scripted target")
    base = base_value(operation)
    case = case_with_body(operation, {**base, **members} if isinstance(base, dict) else base, "a stream")
    context = Context(CONTRACT, target.exchange, lambda *_: None, random.Random(1))
    verdict = judge_reading(Reading(context, target.exchange(case)))
    found = {finding.check: finding.got for finding in verdict.findings}
    asked = set(verdict.passed) | set(found)
    return {check: found.get(check, "") for check in STREAM_CHECKS if check in asked}


def test_a_plain_stream_passes_every_check() -> None:
    assert judged(BEGUN, VALUES) == dict.fromkeys(STREAM_CHECKS, "")


@pytest.mark.parametrize(
    ("pieces", "check", "got"),
    [
        ((BEGUN, b"event: values\r\ndata: {}"), "framing", "it ends within an event"),
        ((BEGUN, VALUES, b"dat: 1\n\n"), "framing", "'dat' is no field"),
        ((BEGUN, b"data: \xff\n\n"), "framing", "not UTF-8"),
        ((BEGUN, b"event: values\n\n"), "framing", "has no data"),
        ((BEGUN, b"event: other\ndata: {}\n\n"), "event_names", "'other'"),
        ((BEGUN, b'event: updates\ndata: {"agent": null}\n\n'), "event_names", "'updates'"),
        ((BEGUN, b"event: values\ndata: {\n\n"), "event_payload", "no JSON"),
        ((BEGUN, b"event: values\ndata: 7\n\n"), "event_payload", "break the schema"),
        (
            (b'event: metadata\ndata: {"run_id":"x","attempt":2}\n\n', VALUES),
            "event_payload",
            "break the schema",
        ),
        ((VALUES, BEGUN), "stream_order", "an event 'values' first"),
        ((), "stream_order", "without any event"),
        ((BEGUN, FAILED, VALUES), "stream_order", "after one that ends the run"),
        ((BEGUN, b"event: values\ndata: {}\nid: 1\n\n"), "ids", "an id '1'"),
    ],
)
def test_what_is_wrong_with_a_stream_is_found(pieces, check, got) -> None:
    assert got in judged(*pieces)[check]


@pytest.mark.parametrize(
    ("ids", "got"),
    [
        (("1-0", "1-1", "2-0", "10-0"), ""),
        (("1-1", "1-1"), ""),
        (("1-0", "1-1", "1-1"), "the same id twice"),
        (("9-0", "10-0"), ""),
        (("2-0", "1-9"), "not greater"),
        (("1-0", None), "without an id"),
    ],
)
def test_ids_of_a_stream_that_is_kept_only_grow(ids, got) -> None:
    pieces = [
        (BEGUN if at == 0 else VALUES).replace(
            b"\r\n\r\n", b"\r\nid: %s\r\n\r\n" % mark.encode() if mark else b"\r\n\r\n"
        )
        for at, mark in enumerate(ids)
    ]
    found = judged(*pieces, stream_resumable=True)["ids"]
    assert got in found
    assert bool(got) == bool(found)


def test_the_rest_of_a_stream_may_begin_anywhere_and_may_be_empty() -> None:
    rest = "/threads/{thread_id}/runs/{run_id}/stream"
    assert judged(VALUES, name=rest) == dict.fromkeys(STREAM_CHECKS, "")
    assert judged(name=rest) == {"framing": "", "stream_order": ""}


def test_the_stream_of_a_thread_has_no_order_of_its_own() -> None:
    numbered = VALUES.replace(b"\r\n\r\n", b"\r\nid: 1-1\r\n\r\n")
    assert "stream_order" not in judged(numbered, name="/threads/{thread_id}/stream")


def test_an_answer_of_an_undocumented_media_type_is_no_stream() -> None:
    assert judged(b"{}", kind="application/json") == {}


@pytest.mark.parametrize(
    ("node", "value", "held"),
    [
        ({"from": "item.text"}, "a", {"item.text": "a"}),
        ({"value": 1}, 1, {}),
        ({"value": "a"}, "b", None),
        ({"value": 1}, 2, {}),
        ({"latest": "values"}, {"a": 1}, {"latest.values": {"a": 1}}),
        ({"latest": "values", "otherwise": {"value": {}}}, {}, {}),
        (
            {"members": {"id": {"stored": "run_id"}, "type": {"value": "x"}}},
            {"id": "r", "type": "x"},
            {"stored.run_id": "r"},
        ),
        ({"members": {"type": {"value": "x"}}}, {}, None),
        ({"members": {"more": {"value": {}}}}, {}, {}),
        ({"members": {"text": {"from": "item.text"}}}, {}, {}),
        ({"members": {"text": {"from": "item.text"}}}, [], None),
        ({"list": [{"from": "item.a"}, {"from": "item.b"}]}, [1, 2], {"item.a": 1, "item.b": 2}),
        ({"list": [{"from": "item.a"}]}, [], None),
        ({"keyed": "item.node", "of": {"value": None}}, {"agent": {}}, None),
        (
            {"keyed": "item.node", "of": {"from": "item.text"}},
            {"agent": "hi"},
            {"item.node": "agent", "item.text": "hi"},
        ),
        ({"keyed": "item.node", "of": {"from": "item.text"}}, {}, None),
        ({"from": "item.role", "words": {"user": "human"}}, "human", {}),
        ({"from": "item.raw", "only": "item.names"}, {"a": 1}, {}),
        (
            {"merged": {"members": {"asked": {"from": "item.asked"}}}, "over": "latest.values"},
            {"a": 1, "asked": [2]},
            {"item.asked": [2], "latest.values": {"a": 1}},
        ),
    ],
)
def test_a_setting_is_read_backwards(node, value, held) -> None:
    found: dict[str, object] = {}
    fits = observe(parse_setting(node, "documented", as_place("here"), as_written), value, found)
    assert (found if fits else None) == held


def test_what_an_event_is_goes_by_all_that_is_fixed_in_it() -> None:
    rule = CONTRACT.profile.agent.formats["events"]
    text = b'event: messages\ndata: [{"type":"AIMessageChunk","content":"a","id":"1"},{}]\n\n'
    paused = b'event: updates\ndata: {"__interrupt__":[{"id":"1","value":2}]}\n\n'
    stream = read_stream(BEGUN + text + paused, rule, None)
    assert [told.kinds for told in stream.events] == [{"begun"}, {"part"}, {"paused"}]
    assert stream.last("stored.run_id") == RUN
    assert [found["item.text"] for found in stream.certain("part")] == ["a"]
    assert stream.last("item.interrupts") == [{"id": "1", "value": 2}]


def operation(name: str):
    return next(each for each in CONTRACT.operations if str(each) == name)


def test_a_text_is_said_where_the_agent_hears_it() -> None:
    asked = operation("POST /threads/{thread_id}/runs/stream")
    assert agent_input(CONTRACT, asked, "hi").places == {
        Source("body", ("input", "messages")): [{"role": "human", "content": "hi"}]
    }
    assert body_with_text(CONTRACT, asked, "hi")["input"] == {"messages": [{"role": "human", "content": "hi"}]}
    assert agent_input(CONTRACT, operation("POST /threads"), "hi") is None


def test_values_are_put_into_a_body_without_changing_it() -> None:
    body = {"a": {"b": 1}}
    assert put_at(body, {Source("body", ("a", "c")): 2, Source("body", ("d",)): 3}) == {"a": {"b": 1, "c": 2}, "d": 3}
    assert body == {"a": {"b": 1}}
    assert put_at([1], {Source("body", ("a",)): 2}) == [1]


def test_all_that_a_format_tells_is_asked_for_as_far_as_the_document_lets_one() -> None:
    asked = operation("POST /threads/{thread_id}/runs/stream")
    way, places = way_to_respond(asked, "stream")
    assert (way.format, places) == ("events", {})
    (modes,) = modes_of(CONTRACT, asked, way).values()
    assert {"values", "updates", "messages-tuple", "custom"} <= set(modes)
    assert way_to_respond(asked, "when_done") is None
