"""Replies in any media type: text as it is, files that are valid, XML by its schema, events; by `Accept`; redirects."""

import gzip
import io
import json
import wave
import xml.etree.ElementTree as ElementTree
import zipfile
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clients import Client, Told, make_gateway
from threadmock.mockserver.samples.files import decoded, file_of, is_file_of
from threadmock.specs.operations.xml_text import xml_text
from threadmock.specs.schemas.schema import Schema

TEXT = {"type": "string"}
THING = {"type": "object", "required": ["a"], "properties": {"a": TEXT}}
BINARY = {"type": "string", "format": "binary"}


def client_of(tmp_path: Any, paths: dict[str, Any], version: str = "3.1.0", **members: Any) -> Client:
    tree = {"openapi": version, "info": {"title": "t", "version": "1"}, "paths": paths, **members}
    path = tmp_path / "document.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    return Client(make_gateway(str(path)))


def reply(content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"responses": {"200": {"description": "", "content": content, **more}}}


def answer(tmp_path: Any, content: dict[str, Any], accept: str | None = None) -> Told:
    client = client_of(tmp_path, {"/x": {"get": reply(content)}})
    return client.get("/x", headers={} if accept is None else {"accept": accept})


def as_told(told: Told) -> tuple[int, str, bytes]:
    return told.status, told.headers["content-type"], told.body


@pytest.mark.parametrize("kind", ["text/plain", "text/html", "text/csv", "text/markdown", "application/javascript"])
def test_a_text_is_the_text_itself(kind: str, tmp_path: Any) -> None:
    assert as_told(answer(tmp_path, {kind: {"schema": TEXT, "example": 'say "hi"\n'}})) == (200, kind, b'say "hi"\n')


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ({"type": "integer", "minimum": 7}, b"7"),
        ({"type": "boolean"}, b"false"),
        ({"type": "string", "enum": ["up", "down"]}, b"up"),
        ({"type": "string", "pattern": "^v3$"}, b"v3"),
    ],
)
def test_a_text_without_an_example_is_one_that_its_schema_takes(
    schema: dict[str, Any], body: bytes, tmp_path: Any
) -> None:
    assert as_told(answer(tmp_path, {"text/plain": {"schema": schema}})) == (200, "text/plain", body)


def test_a_text_beyond_ascii_says_its_charset_and_a_declared_charset_is_used(tmp_path: Any) -> None:
    assert as_told(answer(tmp_path, {"text/plain": {"example": "é"}})) == (
        200,
        "text/plain; charset=utf-8",
        "é".encode(),
    )
    latin = answer(tmp_path, {"text/plain; charset=iso-8859-1": {"example": "é"}})
    assert as_told(latin) == (200, "text/plain; charset=iso-8859-1", b"\xe9")


def test_rows_of_an_array_are_written_as_csv(tmp_path: Any) -> None:
    rows = {"type": "array", "items": {"type": "object", "properties": {"a": TEXT, "b": {"type": "integer"}}}}
    shown = {"schema": rows, "example": [{"a": "x,y", "b": 1}, {"a": 'q"', "b": None}]}
    assert answer(tmp_path, {"text/csv": shown}).body == b'a,b\r\n"x,y",1\r\n"q""",\r\n'
    assert answer(tmp_path, {"text/csv": {"schema": rows}}).body.startswith(b"a,b\r\n")


def png(data: bytes) -> None:
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    at = 8
    kinds = []
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        part = data[at + 4 : at + 8 + size]
        assert zlib.crc32(part) == int.from_bytes(data[at + 8 + size : at + 12 + size])
        kinds.append(part[:4])
        at += 12 + size
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]


def jpeg(data: bytes) -> None:
    assert data[:2] == b"\xff\xd8"
    assert data[-2:] == b"\xff\xd9"
    at = 2
    while data[at + 1] != 0xDA:
        assert data[at] == 0xFF
        at += 2 + int.from_bytes(data[at + 2 : at + 4])


def pdf(data: bytes) -> None:
    at = int(data.split(b"startxref\n")[1].split(b"\n")[0])
    assert data[at : at + 4] == b"xref"
    for number, line in enumerate(data[at:].split(b"\n")[3:6], 1):
        assert data[int(line[:10]) :].startswith(b"%d 0 obj" % number)


def sound(data: bytes) -> None:
    with wave.open(io.BytesIO(data)) as opened:
        assert opened.readframes(1)


def office(data: bytes) -> None:
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    for name in archive.namelist():
        ElementTree.fromstring(archive.read(name))


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
READERS: dict[str, Any] = {
    "image/png": png,
    "image/jpeg": jpeg,
    "image/jpg": jpeg,
    "image/gif": lambda data: data[:6] == b"GIF89a" and data[-1:] == b";",
    "application/pdf": pdf,
    "application/zip": lambda data: zipfile.ZipFile(io.BytesIO(data)).namelist(),
    "application/gzip": gzip.decompress,
    "audio/wav": sound,
    WORD: office,
    SHEET: office,
    "application/octet-stream": len,
    "application/x-unheard-of": len,
}


@pytest.mark.parametrize("kind", READERS)
def test_a_file_is_a_small_valid_one_of_its_type(kind: str, tmp_path: Any) -> None:
    told = answer(tmp_path, {kind: {"schema": BINARY}})
    assert (told.status, told.headers["content-type"]) == (200, kind)
    READERS[kind](told.body)
    assert 0 < len(told.body) < 2500
    assert is_file_of(told.body, kind)


def test_a_declared_example_of_a_file_is_used_where_it_is_one(tmp_path: Any) -> None:
    gif = file_of("image/gif")
    assert answer(tmp_path, {"application/octet-stream": {"schema": BINARY, "example": "as it is"}}).body == b"as it is"
    import base64  # noqa: PLC0415 - of this line only

    shown = base64.b64encode(gif).decode()
    assert answer(tmp_path, {"image/gif": {"schema": BINARY, "example": shown}}).body == gif
    assert answer(tmp_path, {"image/gif": {"schema": BINARY, "example": "no picture"}}).body == gif
    assert decoded("no base64!") is None


ORDER = {
    "type": "object",
    "xml": {"name": "order", "namespace": "urn:o", "prefix": "o"},
    "properties": {
        "id": {"type": "integer", "xml": {"attribute": True}},
        "lines": {"type": "array", "xml": {"name": "lines", "wrapped": True}, "items": {"type": "string", "xml": {"name": "line"}}},
        "tags": {"type": "array", "items": TEXT},
        "paid": {"type": "boolean"},
        "note": {"type": ["string", "null"]},
    },
}  # fmt: skip


def test_xml_has_the_names_that_the_schema_gives_it() -> None:
    value = {"id": 7, "lines": ["a & b", "c"], "tags": ["x", "y"], "paid": True, "note": None}
    text = xml_text(Schema(ORDER, "#/x", "response"), value)
    inner = "<lines><line>a &amp; b</line><line>c</line></lines><tags>x</tags><tags>y</tags><paid>true</paid>"
    assert text.split("\n", 1)[1] == f'<o:order xmlns:o="urn:o" id="7">{inner}</o:order>'
    named = Schema({"$ref": "#/$defs/Pet", "$defs": {"Pet": {"type": "object"}}}, "#/x", "response")
    assert xml_text(named, {"a b": 1}).endswith("<Pet><a_b>1</a_b></Pet>")
    several = Schema({"type": "array", "items": named.document, "$defs": named.document["$defs"]}, "#/x", "response")
    assert xml_text(several, [{}]).endswith("<root><Pet></Pet></root>")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(JSON_VALUES)
def test_any_value_is_xml_that_can_be_read(value: Any) -> None:
    ElementTree.fromstring(xml_text(None, value))


def test_xml_of_a_reply_is_its_sample_or_its_example(tmp_path: Any) -> None:
    told = answer(tmp_path, {"application/xml": {"schema": THING}})
    assert ElementTree.fromstring(told.body).findtext("a")
    assert answer(tmp_path, {"text/xml": {"example": "<a/>"}}).body == b"<a/>"
    ElementTree.fromstring(answer(tmp_path, {"image/svg+xml": {"schema": BINARY}}).body)


@pytest.mark.parametrize(
    ("documented", "kind"),
    [
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("application/*+json", "application/json"),
        ("application/*+xml", "application/xml"),
        ("text/*", "text/plain"),
        ("image/*", "image/png"),
        ("audio/*", "audio/wav"),
    ],
)
@pytest.mark.parametrize("accept", [None, "*/*", "text/html,application/xhtml+xml,*/*;q=0.8"])
def test_a_range_of_the_document_never_leaves_as_a_header(
    documented: str, kind: str, accept: str | None, tmp_path: Any
) -> None:
    told = answer(tmp_path, {documented: {"schema": THING if "application" in kind else BINARY}}, accept)
    assert (told.status, told.headers["content-type"]) == (200, kind)
    if kind == "application/json":
        assert told.json().keys() == {"a"}


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json"),
        ("application/problem+json", "application/problem+json"),
        ("application/xml", "application/xml"),
        ("text/plain", "text/plain"),
        ("application/pdf", None),
    ],
)
def test_what_a_request_names_within_a_range_is_served(accept: str, kind: str | None, tmp_path: Any) -> None:
    told = answer(tmp_path, {"*/*": {"schema": THING}}, accept)
    assert (told.status, told.headers["content-type"]) == ((200, kind) if kind else (406, "application/problem+json"))


def test_bytes_of_any_type_are_no_json(tmp_path: Any) -> None:
    assert answer(tmp_path, {"*/*": {"schema": BINARY}}).headers["content-type"] == "application/octet-stream"


SEVERAL = {
    "application/vnd.api+json": {"schema": {"type": "object", "required": ["data"], "properties": {"data": {"type": "array", "items": {}}}}},
    "application/json": {"schema": THING},
    "text/plain": {"schema": TEXT, "example": "plain"},
    "application/xml": {"schema": THING},
    "image/png": {"schema": BINARY},
}  # fmt: skip


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "application/vnd.api+json"),
        ("application/json", "application/json"),
        ("text/plain", "text/plain"),
        ("application/xml;q=0.4, text/plain;q=0.5", "text/plain"),
        ("application/xml;q=0.9, text/plain;q=0.5", "application/xml"),
        ("application/json, text/plain, */*", "application/json"),
        ("image/*, text/plain;q=0.2", "image/png"),
        ("application/vnd.api+json;q=0, */*;q=0.1", "application/json"),
    ],
)
def test_the_body_is_of_the_type_that_was_chosen(accept: str | None, kind: str, tmp_path: Any) -> None:
    told = answer(tmp_path, SEVERAL, accept)
    assert (told.status, told.headers["content-type"]) == (200, kind)
    if kind.endswith("json"):
        assert told.json().keys() == ({"data"} if "vnd" in kind else {"a"})


def test_types_that_differ_in_their_parameters_have_schemas_of_their_own(tmp_path: Any) -> None:
    both = {
        f"application/json; profile={name}": {
            "schema": {"type": "object", "required": [name], "properties": {name: TEXT}}
        }
        for name in "ab"
    }
    for name in "ab":
        told = answer(tmp_path, both, f"application/json;profile={name}")
        assert told.headers["content-type"] == f"application/json; profile={name}"
        assert told.json().keys() == {name}
    assert answer(tmp_path, both, "application/json").json().keys() == {"a"}
    told = answer(tmp_path, {"application/json;charset=utf-8": {"schema": THING}}, "application/json")
    assert (told.status, told.headers["content-type"]) == (200, "application/json;charset=utf-8")


def test_the_body_of_a_request_is_judged_by_the_type_that_its_parameters_name(tmp_path: Any) -> None:
    both = {f"application/json; profile={name}": {"schema": {"type": "object", "required": [name]}} for name in "ab"}
    node = {"requestBody": {"required": True, "content": both}, "responses": {"200": {"description": ""}}}
    client = client_of(tmp_path, {"/x": {"post": node}})
    sent = {
        name: client.post("/x", {"b": 1}, headers={"content-type": f"application/json; profile={name}"})
        for name in "ab"
    }
    assert [sent[name].status for name in "ab"] == [400, 200]


EVENTS = {"type": "object", "required": ["data"], "properties": {"event": {"const": "delta"}, "data": THING}}


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ({"schema": TEXT, "example": "event: a\ndata: 1\n\ndata: 2\n"}, b"event: a\ndata: 1\n\ndata: 2\n\n"),
        ({"schema": {"type": "array", "items": THING}, "example": [{"a": "1"}, {"a": "2"}]}, b'data: {"a":"1"}\n\ndata: {"a":"2"}\n\n'),
        ({"schema": EVENTS, "example": {"event": "delta", "data": {"a": "1"}}}, b'event: delta\ndata: {"a":"1"}\n\n'),
        ({"schema": THING, "example": {"a": "1"}}, b'data: {"a":"1"}\n\n'),
        ({"itemSchema": {**THING, "examples": [{"a": "1"}]}}, b'data: {"a":"1"}\n\n'),
    ],
)  # fmt: skip
def test_a_stream_is_its_example_or_one_event(media: dict[str, Any], body: bytes, tmp_path: Any) -> None:
    assert as_told(answer(tmp_path, {"text/event-stream": media})) == (200, "text/event-stream", body)


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/jsonl", "application/ndjson"])
def test_lines_are_values_one_by_one(kind: str, tmp_path: Any) -> None:
    shown = {"schema": {"type": "array", "items": THING}, "example": [{"a": "1"}, {"a": "2"}]}
    assert as_told(answer(tmp_path, {kind: shown})) == (200, kind, b'{"a":"1"}\n{"a":"2"}\n')
    assert json.loads(answer(tmp_path, {kind: {"schema": THING}}).body).keys() == {"a"}


@pytest.mark.parametrize("kind", ["text/event-stream", "application/x-ndjson"])
def test_a_stream_beside_json_is_answered_only_where_it_is_asked_for(kind: str, tmp_path: Any) -> None:
    content = {kind: {"schema": EVENTS}, "application/json": {"schema": THING}}
    assert answer(tmp_path, content).json().keys() == {"a"}
    assert answer(tmp_path, content, "application/json, text/plain, */*").json().keys() == {"a"}
    told = answer(tmp_path, content, kind)
    assert (told.status, told.headers["content-type"]) == (200, kind)
    assert b'"a"' in told.body


def test_a_text_body_is_judged_by_its_schema_and_repeated(tmp_path: Any) -> None:
    short = {"type": "string", "minLength": 3}
    node = {
        "requestBody": {"required": True, "content": {"text/plain": {"schema": short}}},
        "responses": {"200": {"description": "", "content": {"text/plain": {"schema": short}}}, "422": {"description": "", "content": {"text/plain": {"schema": TEXT}}}},
    }  # fmt: skip
    client = client_of(tmp_path, {"/x": {"post": node}})
    plain = {"content-type": "text/plain; charset=utf-8"}
    assert as_told(client.send("POST", "/x", headers=plain, body=b"hello")) == (200, "text/plain", b"hello")
    refused = client.send("POST", "/x", headers=plain, body=b"hi")
    assert (refused.status, refused.headers["content-type"]) == (422, "text/plain")
    assert b"shorter than 3" in refused.body
    assert client.send("POST", "/x", headers=plain, body=b"\xff\xff\xff").status == 422


def test_a_number_in_a_text_body_is_a_number(tmp_path: Any) -> None:
    node = {
        "requestBody": {"content": {"text/plain": {"schema": {"type": "integer", "maximum": 9}}}},
        "responses": {"200": {"description": ""}},
    }
    client = client_of(tmp_path, {"/x": {"post": node}})
    sent = [
        client.send("POST", "/x", headers={"content-type": "text/plain"}, body=text).status
        for text in (b"7", b"70", b"x")
    ]
    assert sent == [200, 400, 400]


LOCATION = {"Location": {"required": True, "schema": {"type": "string", "format": "uri"}}}


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
@pytest.mark.parametrize("headers", [{}, LOCATION, {"Location": {"schema": TEXT}}])
def test_a_documented_redirect_is_one_and_leads_to_no_other_host(
    status: str, headers: dict[str, Any], tmp_path: Any
) -> None:
    client = client_of(tmp_path, {"/x": {"get": {"responses": {status: {"description": "", "headers": headers}}}}})
    told = client.get("/x", headers={"host": "localhost:4010"})
    assert (told.status, told.headers["location"], told.body) == (int(status), "http://localhost:4010/", b"")


RANGES: dict[str, tuple[tuple[str, ...], int]] = {
    "a range of successes": (("2XX",), 200),
    "a success before its range": (("2XX", "204"), 204),
    "a range of redirects": (("3XX",), 302),
    "a redirect before its range": (("3XX", "308"), 308),
    "a success before a range of redirects": (("3XX", "201"), 201),
    "redirects in small letters": (("3xx",), 302),
    "errors alone": (("4XX",), 200),
    "1xx alone": (("101",), 200),
}


@pytest.mark.parametrize("body", [None, THING], ids=["without a body", "with one"])
@pytest.mark.parametrize("kind", RANGES)
def test_a_range_is_answered_with_a_status_of_it(kind: str, body: Any, tmp_path: Any) -> None:
    written, status = RANGES[kind]
    content = {"content": {"application/json": {"schema": body}}} if body else {}
    replies = {each: {"description": "", **content} for each in written}
    told = client_of(tmp_path, {"/x": {"get": {"responses": replies}}}).get("/x", headers={"host": "localhost:4010"})
    assert told.status == status
    assert told.headers.get("location") == ("http://localhost:4010/" if status >= 300 else None)


def test_a_location_that_the_document_shows_is_used_and_a_success_comes_before_a_redirect(tmp_path: Any) -> None:
    shown = {"Location": {"schema": {"type": "string", "examples": ["/elsewhere"]}}}
    moved = {"302": {"description": "", "headers": shown}}
    client = client_of(
        tmp_path,
        {
            "/moved": {"get": {"responses": moved}},
            "/same": {"get": {"responses": {"304": {"description": ""}}}},
            "/both": {"get": {"responses": {**moved, "204": {"description": ""}}}},
            "/any": {"get": {"responses": {**moved, "default": {"description": ""}}}},
        },
    )
    assert client.get("/moved").headers["location"] == "/elsewhere"
    assert [client.get(path).status for path in ("/same", "/both", "/any")] == [304, 204, 200]


def test_headers_that_have_to_be_there_come_without_a_body_too(tmp_path: Any) -> None:
    headers = {"X-Left": {"required": True, "schema": {"type": "integer", "minimum": 3}}}
    client = client_of(tmp_path, {"/x": {"delete": {"responses": {"204": {"description": "", "headers": headers}}}}})
    assert client.send("DELETE", "/x").headers["x-left"] == "3"


REFUSALS: dict[str, tuple[dict[str, Any], str, bytes]] = {
    "nothing": ({}, "application/problem+json", b"required property"),
    "an example": ({"application/json": {"example": {"code": 7}}}, "application/json", b'{"code":7}'),
    "text": ({"text/plain": {"schema": TEXT}}, "text/plain", b'"x" is a required property'),
    "xml": ({"application/xml": {"schema": THING}}, "application/xml", b"<a>"),
    "a closed schema": ({"application/json": {"schema": {"type": "object", "required": ["n"], "properties": {"n": {"type": "string", "pattern": "^E-[0-9]{3}$"}}}}}, "application/json", b'{"n":"E-'),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSALS)
@pytest.mark.parametrize("status", [400, 422])
def test_a_documented_refusal_is_used_as_it_is(what: str, status: int, tmp_path: Any) -> None:
    content, kind, body = REFUSALS[what]
    node = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object", "required": ["x"]}}}},
        "responses": {"200": {"description": ""}, str(status): {"description": "", **({"content": content} if content else {})}},
    }  # fmt: skip
    told = client_of(tmp_path, {"/x": {"post": node}}).post("/x", {})
    assert (told.status, told.headers["content-type"]) == (status, kind)
    assert body in told.body


def test_a_schema_that_nothing_fits_never_ends_in_a_server_error(tmp_path: Any) -> None:
    odd = {
        "type": "object",
        "required": ["a", "b"],
        "properties": {"a": {"type": "string", "pattern": "^a(?!a)a$"}, "b": {"const": 1}},
    }
    told = answer(tmp_path, {"application/json": {"schema": odd}})
    assert told.status == 200
    assert told.json()["b"] == 1
