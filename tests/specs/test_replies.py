"""A response against its document: status, media type, strict JSON, schema with formats, headers; never an exception."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.documents import JSON, OK, giving, operation
from support.schema_values import contracts
from threadmock.specs.operations.replies import check_content, check_response
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.messages import Request, Response, is_json, media_type

GET = Request("GET", "/things")
OPERATIONS = [made for contract in contracts() for made in contract.operations]
THING = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "format": "uuid"}}}
UUID = "0189f7e4-7b3a-7c1d-8e2f-0123456789ab"


def answer(value: object = None, status: int = 200, content_type: str | None = JSON, **headers: str) -> Response:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Response(status, {**({"content-type": content_type} if content_type else {}), **headers}, body)


def complaints(made, response: Response, request: Request = GET) -> list[str]:
    return [f"{v.where}{v.pointer} {v.keyword}" for v in check_response(made, request, response)]


content_types = (
    st.sampled_from(["application/json", "text/html", "application/problem+json", "", "*/*", "a, b"]) | st.text()
)
bodies = st.binary(max_size=60) | st.just(iter([b"data: x\n\n"]))


@settings(max_examples=300)
@given(
    st.sampled_from(OPERATIONS),
    st.integers(100, 599) | st.sampled_from([200, 201, 204, 304, 409, 422]),
    st.none() | content_types,
    bodies,
    st.sampled_from(["GET", "POST", "HEAD"]),
)
def test_judging_a_response_never_raises(made, status, content_type, body, method):
    response = Response(status, {} if content_type is None else {"content-type": content_type}, body)
    found = check_response(made, Request(method, "/"), response)
    assert (made.reply(status) is None) is (bool(found) and found[0].where == "status")
    assert all(violation.message and violation.keyword for violation in found)


STATUSES = {
    "exact": ({"200": {}, "2XX": {}}, 200, True),
    "a range": ({"2XX": {}}, 226, True),
    "a range in small letters": ({"4xx": {}}, 404, True),
    "default": ({"default": {}}, 503, True),
    "another": ({"200": {}}, 201, False),
    "another range": ({"4XX": {}}, 500, False),
    "none": ({}, 200, False),
}


@pytest.mark.parametrize(("replies", "status", "documented"), STATUSES.values(), ids=STATUSES)
def test_a_status_is_documented_exactly_by_its_range_or_by_default(replies, status, documented):
    made = operation({"responses": {name: {"description": "", **reply} for name, reply in replies.items()}})
    assert complaints(made, answer(b"", status, None)) == ([] if documented else ["status status"])


def test_an_undocumented_status_is_named_with_the_documented_ones():
    made = operation({"responses": {"200": {"description": ""}, "4XX": {"description": ""}}})
    (violation,) = check_response(made, GET, answer(status=500))
    assert violation.message == "status 500 is not documented (documented: 200, 4XX)"
    assert violation.schema_pointer == "#/paths/~1things/post/responses"


CONTENT = {
    "as documented": (answer({"id": UUID}), []),
    "with a charset": (answer({"id": UUID}, content_type="Application/JSON; charset=utf-8"), []),
    "more members": (answer({"id": UUID, "more": [1]}), []),
    "another type": (answer({"id": UUID}, content_type="text/html"), ["media_type media_type"]),
    "no type": (answer({"id": UUID}, content_type=None), ["media_type media_type"]),
    "two types": (answer({"id": UUID}, content_type=f"{JSON}; charset=utf-8, text/html"), ["media_type media_type"]),
    "another json": (answer({"id": UUID}, content_type="application/problem+json"), ["media_type media_type"]),
    "a wrong format": (answer({"id": "1"}), ["body/id format"]),
    "a member missing": (answer({}), ["body/id required"]),
    "null": (answer(None), ["body type"]),
    "nothing": (answer(b""), ["json syntax"]),
    "html": (answer(b"<html>"), ["json syntax"]),
    "a byte order mark": (answer(b"\xef\xbb\xbf{}"), ["json encoding"]),
    "NaN": (answer(b'{"id":NaN}'), ["json nan"]),
    "a key twice": (answer(b'{"id":"1","id":"1"}'), ["json duplicate_keys"]),
    "too deep": (answer(b"[" * 100_000), ["json depth"]),
    "half of a pair": (answer(b'{"id":"\\ud800"}'), ["json surrogate"]),
    "5,000 digits": (answer(b"9" * 5000), ["json number"]),
}


@pytest.mark.parametrize(("response", "expected"), CONTENT.values(), ids=CONTENT)
def test_what_contradicts_the_documented_reply_is_found_by_place_and_kind(response, expected):
    assert complaints(giving(THING), response) == expected


def test_what_names_no_media_type_may_be_anything_where_that_is_documented():
    made = operation({"responses": {"422": {"description": "", "content": {JSON: {"schema": THING}, "*/*": {}}}}})
    assert complaints(made, answer(b"a text", 422, None)) == []
    assert complaints(made, answer(b"a text", 422, JSON)) == ["json syntax"]
    assert complaints(giving(THING, "text/*"), answer(b"a text", content_type=None)) == ["media_type media_type"]


def test_the_answer_to_head_is_judged_without_its_body():
    made = giving(THING, headers={"X-A": {"required": True, "schema": {}}})
    assert complaints(made, answer(b""), Request("HEAD", "/things")) == ["header/x-a required"]


def test_a_stream_is_judged_by_its_media_type_and_left_unread():
    chunks = iter([b"data: 1\n\n"])
    made = giving({"type": "string"}, "text/event-stream")
    assert complaints(made, Response(200, {"content-type": "text/event-stream"}, chunks)) == []
    assert complaints(made, Response(200, {"content-type": JSON}, chunks)) == ["media_type media_type"]
    assert list(chunks) == [b"data: 1\n\n"]


def test_a_reply_without_documented_content_may_hold_anything():
    made = giving(None)
    assert complaints(made, answer(b"<html>", content_type="text/html")) == []


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_without_a_body_has_none(status):
    made = giving(None, status=str(status))
    assert complaints(made, answer(b"", status, None)) == []
    assert complaints(made, answer({}, status)) == ["body no_body"]


RANGES = [("application/*", True), ("*/*", True), ("text/*", False), ("application/json", True)]


@pytest.mark.parametrize(("documented", "fits"), RANGES)
def test_a_documented_range_of_media_types_is_honoured_and_its_schema_asserted(documented, fits):
    made = giving(THING, documented)
    assert complaints(made, answer({"id": "1"})) == (["body/id format"] if fits else ["media_type media_type"])


def test_a_body_that_is_no_json_is_not_read():
    assert complaints(giving({"type": "string"}, "text/plain"), answer(b"\xff", content_type="text/plain")) == []


def test_a_format_that_only_one_engine_refuses_is_no_violation():
    made = giving({"type": "string", "format": "hostname"})
    schema = made.replies["200"].content[JSON].schema
    assert not checker(schema).valid("no host at all")
    assert complaints(made, answer("no host at all")) == []


IDS = {"schema": {"type": "array", "items": {"type": "integer"}}}
HEADERS = {
    "there": ({"schema": {"type": "integer"}}, {"x-a": "5"}, []),
    "not there": ({"schema": {"type": "integer"}}, {}, []),
    "required": ({"required": True, "schema": {"type": "integer"}}, {}, ["header/x-a required"]),
    "of another type": ({"schema": {"type": "integer"}}, {"x-a": "five"}, ["header/X-A type"]),
    "a list": (IDS, {"x-a": "1, 2,3"}, []),
    "a list of one": (IDS, {"x-a": "1"}, []),
    "a list with a wrong item": (IDS, {"x-a": "1, b"}, ["header/X-A/1 type"]),
    "an object": ({"schema": {"type": "object"}}, {"x-a": "a,1"}, []),
    "behind a reference": ({"$ref": "#/components/headers/H"}, {"x-a": "x"}, ["header/X-A type"]),
    "without a schema": ({}, {"x-a": "x"}, []),
}


@pytest.mark.parametrize(("header", "sent", "expected"), HEADERS.values(), ids=HEADERS)
def test_declared_headers_are_checked(header, sent, expected):
    reply = {"description": "", "headers": {"X-A": header, "Content-Type": {"schema": {"enum": ["never"]}}}}
    components = {"headers": {"H": {"schema": {"type": "integer"}}}}
    made = operation({"responses": {"200": reply}}, components=components)
    assert complaints(made, Response(200, sent)) == expected


def test_an_assumed_reply_makes_an_assumed_violation():
    reply = {"description": "", "x-evidence": "assumed", "content": {JSON: {"schema": THING}}}
    made = operation({"responses": {"200": reply}})
    (violation,) = check_response(made, GET, answer({}, content_type="text/html"))
    assert violation.evidence == "assumed"


def test_content_is_judged_apart_from_the_status():
    reply = giving(THING).replies["200"]
    assert [v.keyword for v in check_content(reply, answer({}, status=409))] == ["required"]


MEDIA = {
    None: "",
    "": "",
    "application/json": "application/json",
    "Application/JSON;charset=x": "application/json",
    " text/html ; a=b": "text/html",
    'a/b; x="1,2"; y=z': "a/b",
    'a/b; x="\\",", c/d': 'a/b; x="\\",", c/d',
    "A/B, c/d": "a/b, c/d",
    "a/b;x=1, a/b;x=1": "a/b;x=1, a/b;x=1",
}


@pytest.mark.parametrize(("value", "expected"), MEDIA.items())
def test_a_content_type_names_one_media_type_or_none(value, expected):
    assert media_type(value) == expected


@given(st.text())
def test_any_content_type_has_a_media_type_of_small_letters_and_no_parameters(value):
    found = media_type(value)
    assert found == found.lower()
    assert ";" not in found or "," in found


@pytest.mark.parametrize(
    ("media", "json_like"), [(JSON, True), ("a/b+json", True), ("application/x-ndjson", False), ("", False)]
)
def test_json_is_told_by_its_name(media, json_like):
    assert is_json(media) is json_like


def test_the_body_of_a_stream_is_nobodys_bytes():
    with pytest.raises(TypeError, match="stream"):
        _ = Response(200, {}, iter([])).content
    assert Response(200, {}, b"a").content == b"a"
    assert OK
