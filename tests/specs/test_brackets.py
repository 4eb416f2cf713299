"""Names in brackets: objects and arrays of forms and queries, typed by their schema, and back from what the suite writes."""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.documents import post, taking
from threadmock.contracts.cases.encoding import object_pairs
from threadmock.specs.contract import Parameter
from threadmock.specs.operations.brackets import steps_of_name, unfolded
from threadmock.specs.operations.requests import read_body
from threadmock.specs.schemas.schema import Schema

TEXT = {"type": "string"}
ITEM = {"type": "object", "required": ["price"], "properties": {"price": TEXT, "quantity": {"type": "integer"}}}
ORDER = {
    "type": "object",
    "properties": {
        "amount": {"type": "integer"},
        "metadata": {"type": "object", "additionalProperties": TEXT},
        "items": {"type": "array", "items": ITEM},
        "expand": {"type": "array", "items": TEXT},
        "numbers": {"type": "array", "items": {"type": "integer"}},
        "address": {"type": "object", "required": ["city"], "properties": {"city": TEXT, "line1": TEXT}},
        "ids[]": TEXT,
        "grid": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
    },
}


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("amount=5", {"amount": 5}),
        ("metadata[order]=7&metadata[x y]=z", {"metadata": {"order": "7", "x y": "z"}}),
        ("metadata[0]=a&metadata[1]=b", {"metadata": {"0": "a", "1": "b"}}),
        (
            "items[0][price]=p1&items[0][quantity]=2&items[1][price]=p2",
            {"items": [{"price": "p1", "quantity": 2}, {"price": "p2"}]},
        ),
        ("items[1][price]=b&items[0][price]=a", {"items": [{"price": "a"}, {"price": "b"}]}),
        (
            "items[][price]=a&items[][quantity]=1&items[][price]=b",
            {"items": [{"price": "a", "quantity": 1}, {"price": "b"}]},
        ),
        ("expand[]=x&expand[]=y", {"expand": ["x", "y"]}),
        ("expand=x&expand=y", {"expand": ["x", "y"]}),
        ("expand[0]=x", {"expand": ["x"]}),
        ("numbers[]=1&numbers[]=x", {"numbers": [1, "x"]}),
        ("grid[0][]=1&grid[0][]=2&grid[1][]=3", {"grid": [[1, 2], [3]]}),
        ("address[city]=Rome", {"address": {"city": "Rome"}}),
        ('address={"city":"Rome"}', {"address": {"city": "Rome"}}),
        ("ids[]=literal", {"ids[]": "literal"}),
        ("other[a][b]=1", {"other": {"a": {"b": "1"}}}),
        ("other[0]=a&other[1]=b", {"other": ["a", "b"]}),
        ("other[0]=a&other[7]=b", {"other": {"0": "a", "7": "b"}}),
        ("odd]=1&[odd=2&a[b=3&[]=4&a[b]c=5", {"odd]": "1", "[odd": "2", "a[b": "3", "[]": "4", "a[b]c": "5"}),
    ],
)
def test_names_in_brackets_are_objects_and_arrays(raw: str, value: Any) -> None:
    assert unfolded(Schema(ORDER, "#/x", "request"), parse_qsl(raw)) == value


def test_a_form_in_brackets_is_judged() -> None:
    made = taking({**ORDER, "required": ["amount"]}, "application/x-www-form-urlencoded")
    kind = "application/x-www-form-urlencoded"
    good = read_body(made, post(b"amount=5&address[city]=Rome&items[0][price]=p", kind))
    assert (good.trouble, good.value) == ("", {"amount": 5, "address": {"city": "Rome"}, "items": [{"price": "p"}]})
    for bad in (
        b"amount=5&address[line1]=x",
        b"amount=5&items[0][quantity]=1",
        b"amount=5&items[0][price]=p&items[0][quantity]=x",
    ):
        assert read_body(made, post(bad, kind)).trouble == "invalid"


LEAVES = st.text(max_size=5).filter(str.strip)
NAMES = st.text(alphabet="abc_-é ", min_size=1, max_size=4)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(NAMES, inner, min_size=1, max_size=3), max_leaves=8
)  # fmt: skip


def schema_of(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"type": "object", "properties": {name: schema_of(inner) for name, inner in value.items()}}
    if isinstance(value, list):
        return {"type": "array", "items": {"anyOf": [schema_of(each) for each in value]}}
    return TEXT


@given(st.dictionaries(NAMES, LEAVES | st.dictionaries(NAMES, VALUES, min_size=1, max_size=3), min_size=1, max_size=3))
def test_what_the_suite_writes_is_what_is_read(value: dict[str, Any]) -> None:
    flat = {name: json.loads(json.dumps(inner)) for name, inner in value.items()}
    node = {"type": "object", "properties": {"q": schema_of(flat)}}
    parameter = Parameter("q", "query", False, Schema(node["properties"]["q"], "#/x", "request"), "deepObject", True)
    pairs = object_pairs(parameter, flat)
    if all(not isinstance(each, list) or all(isinstance(inner, str) for inner in each) for each in lists_in(flat)):
        assert unfolded(Schema(node, "#/x", "request"), pairs) == {"q": flat}


def lists_in(value: Any) -> list[Any]:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [*([value] if isinstance(value, list) else []), *(found for each in inner for found in lists_in(each))]


@given(st.lists(st.tuples(st.text(alphabet="ab[]01", max_size=12), st.text(max_size=3)), max_size=8))
def test_no_names_are_a_failure(pairs: list[tuple[str, str]]) -> None:
    for schema in ({}, ORDER):
        assert isinstance(unfolded(Schema(schema, "#/x", "request"), pairs), dict)


def test_names_that_are_nested_too_deep_are_names_as_they_are() -> None:
    assert steps_of_name("a" + "[b]" * 31) == ["a", *["b"] * 31]
    assert len(steps_of_name("a" + "[b]" * 10_000)) == 1
