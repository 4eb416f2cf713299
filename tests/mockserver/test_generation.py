"""Generated values: whatever is made validates; what can't be made says so."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clients import SteadyClock
from threadmock.mockserver.rules.generation import Ungeneratable, generate
from threadmock.mockserver.state.clock import Clock
from threadmock.mockserver.state.ids import Ids
from threadmock.specs.loader import LAYERS, builtin_names, load
from threadmock.specs.schemas.formats import FORMAT_CHECKER
from threadmock.specs.schemas.schema import Schema


def made(wanted: Schema, seed: int = 7) -> Any:
    return generate(wanted, Ids(seed), Clock(SteadyClock()))


def schema(document: dict[str, Any]) -> Schema:
    return Schema(document, "#/x", "response")


def valid(document: dict[str, Any], value: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(document, format_checker=FORMAT_CHECKER).is_valid(value))


ORDINARY: list[dict[str, Any]] = [
    {},
    {"type": "null"},
    {"type": "boolean"},
    {"type": "string"},
    {"type": "string", "minLength": 30},
    {"type": "string", "maxLength": 3},
    {"type": "string", "minLength": 4, "maxLength": 4},
    {"type": "string", "maxLength": 0},
    *(
        {"type": "string", "format": name}
        for name in ("uuid", "date-time", "date", "time", "email", "uri", "ipv4", "ipv6")
    ),
    {"type": "string", "format": "hostname"},
    {"type": "string", "format": "nobody-knows"},
    {"type": "string", "enum": ["b", "a"]},
    {"const": {"a": [1]}},
    {"type": "integer"},
    {"type": "integer", "minimum": 5},
    {"type": "integer", "exclusiveMinimum": 5},
    {"type": "integer", "maximum": -5},
    {"type": "integer", "exclusiveMaximum": -5},
    {"type": "integer", "minimum": 7, "multipleOf": 5},
    {"type": "integer", "minimum": 1, "maximum": 1},
    {"type": "number", "minimum": 0.5},
    {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5},
    {"type": "number", "multipleOf": 0.5, "minimum": 0.3},
    {"type": "number", "maximum": -0.25},
    {"type": ["string", "null"]},
    {"type": ["null", "integer"], "minimum": 3},
    {"type": "array"},
    {"type": "array", "items": {"type": "string"}, "minItems": 3},
    {"type": "array", "items": {"type": "string", "format": "uuid"}, "minItems": 3, "uniqueItems": True},
    {"type": "object"},
    {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "b"]},
    {"type": "object", "required": ["a"], "properties": {"a": {"type": "object", "required": ["b"]}}},
    {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
    {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
    {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 10}]},
    {"oneOf": [{"type": "number"}, {"type": "integer"}, {"type": "string"}]},
    {"anyOf": [{"type": "string", "pattern": "^x{40}$"}, {"type": "integer"}]},
    {"allOf": [{"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}, {"required": ["b"]}]},
    {"allOf": [{"type": "string", "minLength": 2}]},
    {
        "$ref": "#/$defs/A",
        "$defs": {
            "A": {"type": "object", "required": ["b"], "properties": {"b": {"$ref": "#/$defs/B"}}},
            "B": {"enum": [3]},
        },
    },
    {"$ref": "#/$defs/A", "$defs": {"A": {"type": "object", "properties": {"next": {"$ref": "#/$defs/A"}}}}},
    {"type": "string", "default": "d"},
    {"type": "string", "pattern": "^[a-z]+$", "examples": ["abc"]},
    {"type": "string", "examples": [7, "abc"]},
    {"type": "string", "default": 7},
]


@pytest.mark.parametrize("document", ORDINARY, ids=str)
def test_a_value_of_an_ordinary_schema_validates(document: dict[str, Any]) -> None:
    assert valid(document, made(schema(document)))


@pytest.mark.parametrize(
    "document",
    [{"not": {}}, {"type": "string", "minLength": 3, "maxLength": 1}, {"type": "string", "pattern": "^a(?!a)a$"}],
    ids=str,
)
def test_what_can_not_be_made_says_where_and_what_to_do(document: dict[str, Any]) -> None:
    with pytest.raises(Ungeneratable, match=r"#/x.*example"):
        made(schema(document))


LEAVES = st.one_of(
    st.just({}),
    st.builds(
        lambda kind: {"type": kind},
        st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"]),
    ),
    st.builds(
        lambda low, span: {"type": "integer", "minimum": low, "maximum": low + span},
        st.integers(-99, 99),
        st.integers(0, 9),
    ),
    st.builds(
        lambda low, span: {"type": "string", "minLength": low, "maxLength": low + span},
        st.integers(0, 30),
        st.integers(0, 9),
    ),
    st.builds(lambda step: {"type": "integer", "multipleOf": step, "minimum": 1}, st.integers(1, 20)),
    st.builds(lambda words: {"enum": words}, st.lists(st.text(max_size=3), min_size=1, max_size=3, unique=True)),
    st.builds(
        lambda name: {"type": "string", "format": name}, st.sampled_from(["uuid", "date-time", "date", "email", "ipv6"])
    ),
)


def nested(inner: Any) -> Any:
    members = st.dictionaries(st.text(max_size=3), inner, max_size=3)
    return st.one_of(
        members.map(lambda m: {"type": "object", "properties": m, "required": list(m), "additionalProperties": False}),
        st.builds(lambda item, least: {"type": "array", "items": item, "minItems": least}, inner, st.integers(0, 3)),
        st.lists(inner, min_size=1, max_size=3).map(lambda branches: {"anyOf": branches}),
        inner.map(lambda one: {"allOf": [one]}),
    )


@given(st.recursive(LEAVES, nested, max_leaves=8), st.integers(0, 2**32))
def test_a_value_of_any_schema_of_these_forms_validates(document: dict[str, Any], seed: int) -> None:
    assert valid(document, made(schema(document), seed))


@given(
    st.recursive(
        st.one_of(LEAVES, st.just({"not": {}}), st.just({"type": "string", "pattern": "^q$"})), nested, max_leaves=8
    )
)
def test_a_value_is_valid_or_there_is_none(document: dict[str, Any]) -> None:
    try:
        value = made(schema(document))
    except Ungeneratable:
        return
    assert valid(document, value)


def test_the_same_seed_and_clock_make_the_same_value() -> None:
    document = {"type": "object", "required": list("abc"), "properties": {name: {"type": "string"} for name in "abc"}}
    assert made(schema(document), 1) == made(schema(document), 1)
    assert made(schema(document), 1) != made(schema(document), 2)


def test_endless_recursion_ends_in_words() -> None:
    node = {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/$defs/A"}}}
    with pytest.raises(Ungeneratable):
        made(schema({"$ref": "#/$defs/A", "$defs": {"A": node}}))


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("name", builtin_names())
def test_every_documented_reply_can_be_made(name: str, layer: str) -> None:
    for operation in load(name, layer=layer).operations:
        for reply in operation.replies.values():
            for media in reply.content.values():
                if media.schema is not None:
                    assert valid(dict(media.schema.document), made(media.schema))
