"""XML read by a schema: what was written is what is read; what is no XML, or asks for more than its bytes, is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.documents import operation as made
from support.documents import post, taking
from threadmock.specs.operations.replies import check_response
from threadmock.specs.operations.requests import read_body
from threadmock.specs.operations.xml_text import xml_text
from threadmock.specs.operations.xml_values import XmlError, read_xml
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.wire.messages import Request, Response

TEXT = {"type": "string"}
ORDER: dict[str, Any] = {
    "type": "object",
    "xml": {"name": "order", "prefix": "o", "namespace": "urn:orders"},
    "required": ["id", "note"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "integer", "xml": {"attribute": True}},
        "lang": {**TEXT, "xml": {"attribute": True, "name": "language", "prefix": "o", "namespace": "urn:orders"}},
        "open": {"type": "boolean"},
        "price": {"type": "number", "xml": {"name": "unit-price"}},
        "note": {"type": ["string", "null"]},
        "größe": TEXT,
        "lines": {"type": "array", "xml": {"wrapped": True}, "items": {"$ref": "#/$defs/Line"}},
        "marks": {"type": "array", "xml": {"name": "ignored"}, "items": {**TEXT, "xml": {"name": "mark"}}},
        "grid": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
        "pay": {"oneOf": [{"$ref": "#/$defs/Card"}, {"$ref": "#/$defs/Cash"}]},
        "labels": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
    "$defs": {
        "Line": {"type": "object", "xml": {"name": "line"}, "required": ["sku"], "properties": {"sku": TEXT, "count": {"type": "integer"}}},
        "Card": {"type": "object", "required": ["card"], "properties": {"card": TEXT}, "additionalProperties": False},
        "Cash": {"type": "object", "required": ["cash"], "properties": {"cash": {"type": "number"}}, "additionalProperties": False},
    },
}  # fmt: skip
IN_DOCUMENT = json.loads(
    json.dumps({k: v for k, v in ORDER.items() if k != "$defs"}).replace("$defs", "components/schemas")
)
COMPONENTS = {"schemas": ORDER["$defs"]}
SCHEMA = Schema(ORDER, "#/x", "request")
# Of characters XML lacks some (2.2), and a line end may be written in three ways (2.11).
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"))
LINES = st.fixed_dictionaries({"sku": TEXTS}, optional={"count": st.integers()})
PAID = st.one_of(st.fixed_dictionaries({"card": TEXTS}), st.fixed_dictionaries({"cash": st.integers()}))
ORDERS = st.fixed_dictionaries(
    {"id": st.integers(), "note": TEXTS | st.none() | st.sampled_from(["\r", " a\n\tb ", "<&>\"'", "]]>"])},
    optional={
        "lang": TEXTS | st.just("\t\n\r"), "open": st.booleans(), "price": st.integers() | st.floats(-1e9, 1e9).filter(lambda x: x != 0),
        "größe": TEXTS, "lines": st.lists(LINES), "marks": st.lists(TEXTS, min_size=1), "pay": PAID,
        "grid": st.lists(st.lists(st.integers(), min_size=1), min_size=1),
        "labels": st.dictionaries(st.text("abc_", min_size=1), st.integers(), min_size=1),
    },
)  # fmt: skip


@given(ORDERS)
def test_what_is_written_by_a_schema_is_what_is_read_by_it(value: dict[str, Any]) -> None:
    assert read_xml(xml_text(SCHEMA, value).encode(), SCHEMA) == value


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: f"<a b='c'>{text}</a>".encode()))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for schema in (SCHEMA, None):
        try:
            read_xml(data, schema)
        except XmlError as error:
            assert str(error)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("<order id='1'><note>a</note></order>", {"id": 1, "note": "a"}),
        ("<x:order xmlns:x='urn:orders' id=' 7 '><note/></x:order>", {"id": 7, "note": ""}),
        ("<order id='1'>\n <note><![CDATA[<b>]]></note>\n</order>", {"id": 1, "note": "<b>"}),
        ("<order id='1'><note>a</note><open>1</open></order>", {"id": 1, "note": "a", "open": True}),
        ("<order id='1'><note>a</note><lines/></order>", {"id": 1, "note": "a", "lines": []}),
        ("<order id='1'><note>a</note><größe>9</größe></order>", {"id": 1, "note": "a", "größe": "9"}),
        ("<order id='1'><marks>a</marks><mark>b</mark><note/></order>", {"id": 1, "note": "", "marks": ["b", "a"]}),
        (
            "<order id='1' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='a b'><note xsi:nil='true'/></order>",
            {"id": 1, "note": None},
        ),
    ],
)
def test_xml_of_others_is_read(body: str, value: Any) -> None:
    assert read_xml(body.encode(), SCHEMA) == value


def test_without_a_schema_elements_are_members() -> None:
    assert read_xml(b"<a x='1'><b>2</b><b><c/></b></a>", None) == {"x": "1", "b": ["2", {"c": ""}]}


BOMB = "<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;&b;'>]>"
FORBIDDEN = {
    "entities": f"{BOMB}<order id='1'><note>&c;</note></order>",
    "a file": "<!DOCTYPE a [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><order id='1'><note>&f;</note></order>",
    "an external DTD": "<!DOCTYPE order SYSTEM 'http://127.0.0.1:9/order.dtd'><order id='1'><note>a</note></order>",
    "a DOCTYPE alone": "<!DOCTYPE order><order id='1'><note>a</note></order>",
    "an unknown entity": "<order id='1'><note>&b;</note></order>",
    "no end": "<order id='1'><note>a</note>",
    "two roots": "<order id='1'><note/></order><order id='2'><note/></order>",
    "an attribute twice": "<order id='1' id='2'><note/></order>",
    "a prefix of nothing": "<o:order id='1'><note/></o:order>",
    "NUL": "<order id='1'><note>\0</note></order>",
    "101 levels": "<order>" + "<a>" * 101 + "</a>" * 101 + "</order>",
    "another root": "<thing id='1'><note>a</note></thing>",
    "JSON": '{"id": 1, "note": "a"}',
    "nothing": " ",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_is_no_plain_xml_is_malformed(what: str) -> None:
    reading = read_body(
        taking(IN_DOCUMENT, "application/xml", components=COMPONENTS), post(FORBIDDEN[what].encode(), "application/xml")
    )
    assert (reading.trouble, reading.value) == ("malformed", None)
    assert reading.violations[0].message


@pytest.mark.parametrize(
    "inner", ["<open>maybe</open>", "<price>1,5</price>", "<unit-price>x</unit-price>", "<extra/>", "<note>b</note>", "<lines><line/></lines>"]
)  # fmt: skip
def test_a_schema_judges_xml(inner: str) -> None:
    operation = taking(IN_DOCUMENT, "application/xml", components=COMPONENTS)
    assert not read_body(operation, post(b"<order id='1'><note>a</note></order>", "text/xml")).value
    good = read_body(operation, post(b"<order id='1'><note>a</note></order>", "application/xml"))
    assert good.trouble == ""
    bad = read_body(operation, post(f"<order id='1'><note>a</note>{inner}</order>".encode(), "application/xml"))
    assert bad.trouble == "invalid"


@pytest.mark.parametrize("charset", ["utf-8", "UTF-16", "iso-8859-1", "latin1"])
def test_a_charset_of_the_content_type_counts(charset: str) -> None:
    body = "<order id='1'><note>é</note></order>".encode(charset)
    reading = read_body(
        taking(IN_DOCUMENT, "text/xml", components=COMPONENTS), post(body, f"text/xml; charset={charset}")
    )
    assert reading.value == {"id": 1, "note": "é"}
    odd = read_body(taking(IN_DOCUMENT, "text/xml", components=COMPONENTS), post(body, "text/xml; charset=rot13"))
    assert (odd.trouble, "Write UTF-8" in odd.violations[0].message) == ("malformed", True)


def test_a_body_that_is_one_text_stays_as_it_is() -> None:
    reading = read_body(taking(TEXT, "application/soap+xml"), post(b"<a><b>1</b></a>", "application/soap+xml"))
    assert reading.value == "<a><b>1</b></a>"
    picture = taking({"type": "string", "format": "binary"}, "image/svg+xml")
    assert read_body(picture, post(b"<!DOCTYPE svg><svg/>", "image/svg+xml")).trouble == ""


def test_xml_of_a_reply_is_judged_and_what_is_wrong_is_assumed() -> None:
    node = {"description": "", "content": {"application/xml": {"schema": IN_DOCUMENT}}}
    operation = made({"responses": {"200": node}}, "get", components=COMPONENTS)
    ask = Request("GET", "/things")

    def wrong(body: bytes) -> list[str]:
        found = check_response(operation, ask, Response(200, {"content-type": "application/xml"}, body))
        return [violation.evidence for violation in found]

    assert wrong(b"<order id='1'><note>a</note></order>") == []
    assert wrong(b"<order id='x'><note>a</note></order>") == ["assumed"]
    assert wrong(b"<order>") == ["assumed"]


def test_an_attribute_that_is_declared_as_an_object_is_an_element():
    node = {"type": "object", "xml": {"attribute": True}}
    schema = Schema({"type": "object", "properties": {"kind": node}}, "#/x", "response")
    assert read_xml(xml_text(schema, {"kind": {}}).encode(), schema) == {"kind": {}}
