"""Arrays and objects whose keywords depend on each other: the mock answers with a value that plain jsonschema takes."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clients import SteadyClock
from support.documents import JSON, document_of
from threadmock.mockserver import create_mock
from threadmock.mockserver.rules.generation import Ungeneratable, generate
from threadmock.mockserver.state.clock import Clock
from threadmock.mockserver.state.ids import Ids
from threadmock.specs.schemas.schema import Schema
from werkzeug.test import Client

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
SCHEMAS: dict[str, dict[str, Any]] = {
    "a tuple": {"type": "array", "prefixItems": [TEXT, WHOLE], "items": False, "minItems": 2},
    "a tuple without type": {"prefixItems": [TEXT, WHOLE], "items": False, "minItems": 2},
    "a tuple that may be shorter": {"type": "array", "prefixItems": [TEXT, WHOLE, TEXT], "items": False, "minItems": 2},
    "two of a constant": {"type": "array", "contains": {"const": 7}, "minContains": 2},
    "two of a constant among others": {"type": "array", "items": WHOLE, "contains": {"const": 7}, "minContains": 2, "minItems": 4},
    "one that is large": {"type": "array", "contains": {"minimum": 7}, "items": WHOLE, "minItems": 2},
    "no more than two of a constant": {"type": "array", "contains": {"const": 7}, "minContains": 1, "maxContains": 2, "minItems": 5, "items": {"enum": [7, 8]}},
    "different large ones": {"type": "array", "contains": {"minimum": 5}, "minContains": 2, "items": WHOLE, "uniqueItems": True},
    "a place of a tuple that is a constant": {"type": "array", "prefixItems": [TEXT], "items": False, "contains": {"const": "a"}},
    "a place of a tuple by its type": {"type": "array", "prefixItems": [TEXT, WHOLE], "items": False, "contains": WHOLE, "maxItems": 2},
    "a tuple, all else unevaluated": {"type": "array", "prefixItems": [TEXT], "unevaluatedItems": False, "minItems": 1},
    "two places, all else unevaluated": {"type": "array", "prefixItems": [TEXT, WHOLE], "unevaluatedItems": False, "minItems": 2},
    "a tuple of another part": {"type": "array", "allOf": [{"prefixItems": [TEXT, WHOLE]}], "unevaluatedItems": False, "minItems": 2},
    "more than a tuple": {"type": "array", "prefixItems": [TEXT], "unevaluatedItems": WHOLE, "minItems": 3},
    "a member brings a schema": {"type": "object", "required": ["a"], "properties": {"a": TEXT}, "dependentSchemas": {"a": {"required": ["b"], "properties": {"b": WHOLE}}}},
    "members bring each other": {"type": "object", "required": ["a"], "dependentSchemas": {"a": {"required": ["b"]}, "b": {"required": ["c"], "properties": {"c": {"const": 3}}}}},
    "a member brings a schema, no type": {"required": ["a"], "dependentSchemas": {"a": {"required": ["b"], "properties": {"b": WHOLE}}}},
    "an optional member brings a schema": {"type": "object", "properties": {"a": TEXT}, "dependentSchemas": {"a": {"required": ["b"], "properties": {"b": WHOLE}}}},
    "a member that nothing may hold beside it": {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "dependentSchemas": {"a": False}},
    "members ask for each other in order": {"type": "object", "required": ["a"], "properties": {"a": TEXT}, "dependentRequired": {"a": ["b"], "b": ["c"], "c": ["d"]}},
    "members ask for each other in any order": {"type": "object", "required": ["a"], "properties": {"a": TEXT}, "dependentRequired": {"c": ["d"], "b": ["c"], "a": ["b"]}},
    "one condition": {"type": "object", "required": ["k"], "properties": {"k": {"enum": ["x", "y"]}}, "if": {"properties": {"k": {"const": "x"}}}, "then": {"required": ["v"], "properties": {"v": WHOLE}}},
    "two conditions": {"type": "object", "required": ["k", "m"], "properties": {"k": {"enum": ["x", "y"]}, "m": {"enum": [1, 2]}}, "allOf": [{"if": {"properties": {"k": {"const": "x"}}}, "then": {"required": ["v"]}}, {"if": {"properties": {"m": {"const": 1}}}, "then": {"required": ["w"], "properties": {"w": WHOLE}}}]},
    "a condition on a member": {"type": "object", "required": ["a"], "if": {"required": ["a"]}, "then": {"required": ["b"], "properties": {"b": {"type": "integer", "minimum": 4}}}},
    "a condition, no type": {"required": ["a"], "if": {"required": ["a"]}, "then": {"required": ["b"]}},
    "a condition that refuses null": {"if": {"type": "null"}, "then": False},
    "a condition that declares": {"type": "object", "properties": {"k": TEXT}, "required": ["k"], "if": {"properties": {"k": TEXT}}, "then": {"properties": {"v": WHOLE}, "required": ["v"]}, "unevaluatedProperties": False},
    "members by pattern, two": {"type": "object", "patternProperties": {"^x-[a-z]{3}$": WHOLE}, "minProperties": 2},
    "members by pattern only": {"type": "object", "patternProperties": {"^x-[a-z]{3}$": WHOLE}, "minProperties": 3, "additionalProperties": False},
    "members by pattern, all else unevaluated": {"type": "object", "patternProperties": {"^x-[a-z]{3}$": WHOLE}, "minProperties": 3, "unevaluatedProperties": False},
    "members by a narrow pattern": {"type": "object", "patternProperties": {"^[ab]$": WHOLE}, "minProperties": 2, "additionalProperties": False},
    "members by pattern, no type": {"patternProperties": {"^x": WHOLE}, "minProperties": 1},
    "members by two patterns": {"type": "object", "properties": {"n": TEXT}, "patternProperties": {"^x": WHOLE, "^y": TEXT}, "minProperties": 3, "additionalProperties": False},
    "listed names": {"type": "object", "propertyNames": {"enum": ["a", "b", "c"]}, "minProperties": 2},
    "one name": {"type": "object", "propertyNames": {"const": "a"}, "minProperties": 1},
    "names of a length": {"type": "object", "propertyNames": {"maxLength": 3, "minLength": 3}, "minProperties": 2},
    "names of a format": {"type": "object", "propertyNames": {"format": "uuid"}, "minProperties": 2, "additionalProperties": WHOLE},
    "names of a pattern": {"type": "object", "propertyNames": {"pattern": "^[0-9a-f]{8}$", "minLength": 8}, "minProperties": 4, "additionalProperties": WHOLE},
    "optional members of refused names": {"type": "object", "properties": {"aa": TEXT, "bbbb": TEXT}, "propertyNames": {"maxLength": 3}},
    "a member of a refused name": {"type": "object", "properties": {"aaaaa": TEXT, "bb": TEXT}, "propertyNames": {"maxLength": 3}, "minProperties": 1},
    "names in a union": {"type": "object", "propertyNames": {"anyOf": [{"const": "k1"}, {"const": "k2"}]}, "minProperties": 2},
    "names, no type": {"propertyNames": {"pattern": "^a"}, "minProperties": 1},
    "other members": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 3}, "minProperties": 2},
    "unevaluated members": {"type": "object", "unevaluatedProperties": WHOLE, "minProperties": 2},
    "few members": {"type": "object", "properties": {"a": TEXT, "b": TEXT, "c": TEXT}, "maxProperties": 2, "required": ["c"]},
    "few items": {"type": "array", "prefixItems": [TEXT, WHOLE, TEXT], "maxItems": 2, "items": False},
    "an item that holds, below": {"type": "object", "required": ["l"], "properties": {"l": {"type": "array", "contains": {"type": "object", "required": ["k"], "properties": {"k": {"const": "z"}}}, "items": {"type": "object", "required": ["id"], "properties": {"id": WHOLE}}, "minItems": 2}}},
    "one of two members": {"type": "object", "required": ["a"], "oneOf": [{"required": ["b"]}, {"required": ["c"]}], "properties": {"a": TEXT, "b": TEXT, "c": TEXT}},
    "either member": {"type": "object", "properties": {"b": TEXT, "c": TEXT}, "oneOf": [{"required": ["b"]}, {"required": ["c"]}]},
    "not both members": {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "not": {"required": ["a", "b"]}, "minProperties": 1},
    "not a text": {"type": "string", "not": {"enum": ["a"]}},
    "an item whose member brings a schema": {"type": "array", "minItems": 1, "items": {"required": ["a"], "properties": {"a": TEXT}, "dependentSchemas": {"a": {"required": ["b"], "properties": {"b": WHOLE}}}}},
    "a tuple in a union": {"type": "object", "properties": {"p": {"anyOf": [{"type": "array", "prefixItems": [WHOLE], "items": False, "minItems": 1}, {"type": "null"}]}}, "required": ["p"]},
}  # fmt: skip


def client_of(folder: Path, schema: dict[str, Any], components: dict[str, Any] | None = None) -> Client:
    reply = {"200": {"description": "", "content": {JSON: {"schema": schema}}}}
    document = document_of({"/shown": {"get": {"responses": reply}}}, components={"schemas": components or {}})
    path = folder / "api.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return Client(create_mock(path).wsgi)


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_an_answer_is_valid_by_a_plain_validator(schema, tmp_path):
    answer = client_of(tmp_path, schema).get("/shown")
    assert answer.status_code == 200
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(json.loads(answer.data))) == []


def chain(length: int, width: int) -> dict[str, Any]:
    """Schemas that each require so many members of the next."""
    made: dict[str, Any] = {f"S{length}": {"type": "object", "required": ["end"], "properties": {"end": WHOLE}}}
    for at in range(length):
        members = {f"m{number}": {"$ref": f"#/components/schemas/S{at + 1}"} for number in range(width)}
        made[f"S{at}"] = {"type": "object", "required": [*members], "properties": members}
    return made


@pytest.mark.parametrize(("length", "width"), [(25, 1), (11, 2), (4, 5)])
def test_what_is_deep_or_wide_is_made_whole(length, width, tmp_path):
    answer = client_of(tmp_path, {"$ref": "#/components/schemas/S0"}, chain(length, width)).get("/shown")
    assert answer.status_code == 200
    assert b"null" not in answer.data
    assert answer.data.count(b"end") == width**length


def test_a_value_of_a_billion_parts_is_cut_off(tmp_path):
    client = client_of(tmp_path, {"$ref": "#/components/schemas/S0"}, chain(30, 2))
    for _ in range(3):
        answer = client.get("/shown")
        assert answer.status_code == 200
        assert len(answer.data) < 1_000_000


def test_conditions_that_never_hold_together_end_the_search():
    members = {f"k{at}": TEXT for at in range(12)}
    conditions = [{"if": {"properties": {name: {"minLength": 1}}}, "then": {"required": ["z"]}} for name in members]
    impossible = [{"required": ["z"], "properties": {"z": TEXT}}, {"properties": {"z": WHOLE}}]
    schema = {"type": "object", "required": [*members], "properties": members, "allOf": [*conditions, *impossible]}
    with pytest.raises(Ungeneratable, match="No value could be built"):
        generate(Schema(schema, "#/x", "response"), Ids(1), Clock(SteadyClock()))


PARTS = st.fixed_dictionaries(
    {},
    optional={
        "required": st.just(["a"]),
        "dependentRequired": st.just({"a": ["b"], "b": ["c"]}),
        "dependentSchemas": st.just({"a": {"required": ["d"], "properties": {"d": WHOLE}}}),
        "propertyNames": st.sampled_from([{"maxLength": 3}, {"pattern": "^[a-z]+$"}]),
        "minProperties": st.integers(0, 6),
        "additionalProperties": st.sampled_from([WHOLE, {"minimum": 3}, True]),
        "patternProperties": st.just({"^e": {"type": "integer", "maximum": 9}}),
        "if": st.just({"required": ["a"]}),
        "then": st.just({"required": ["f"]}),
        "else": st.just({"required": ["g"]}),
    },
)


@settings(max_examples=60)
@given(PARTS, PARTS)
def test_parts_that_fit_together_are_met_together(one, other):
    schema = {"type": "object", "allOf": [one, other]}
    value = generate(Schema(schema, "#/x", "response"), Ids(1), Clock(SteadyClock()))
    assert jsonschema.Draft202012Validator(schema).is_valid(value)
