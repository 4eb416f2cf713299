"""Schemas that no value fits are told while loading, and those that some value fits are not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.converting import dialect
from threadmock.specs.schemas.misfits import misfits

TEXT = {"type": "string"}
IMPOSSIBLE: dict[str, tuple[dict[str, Any], str]] = {
    "enum too long": ({"type": "string", "enum": ["abc"], "maxLength": 2}, "enum"),
    "enum without its pattern": ({"type": "string", "enum": ["abc"], "pattern": "^x"}, "enum"),
    "enum out of bounds": ({"type": "integer", "enum": [1, 2], "minimum": 3}, "enum"),
    "required and refused": ({"required": ["x"], "properties": {"y": TEXT}, "additionalProperties": False}, "required"),
    "too few members": (
        {"minProperties": 2, "properties": {"y": TEXT}, "additionalProperties": False},
        "minProperties",
    ),
    "no multiple": ({"minimum": 3, "maximum": 4, "multipleOf": 5}, "multipleOf"),
    "too few items": ({"items": {"type": "boolean"}, "minItems": 3, "uniqueItems": True}, "minItems"),
    "nothing": ({"not": {}}, "not"),
}
POSSIBLE: dict[str, dict[str, Any]] = {
    "one of the enum": {"type": "string", "enum": ["abc", "x"], "maxLength": 2},
    "of another type": {"enum": ["abc", None], "maxLength": 2},
    "by a pattern": {"required": ["x"], "patternProperties": {"x": TEXT}, "additionalProperties": False},
    "by another part": {"required": ["x"], "allOf": [{"properties": {"x": TEXT}}], "additionalProperties": False},
    "a multiple": {"minimum": -4, "maximum": 4, "multipleOf": 5},
    "zero items": {"items": {"type": "boolean"}, "minItems": 2, "uniqueItems": True},
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_what_no_value_fits_is_told_with_its_place(what: str) -> None:
    node, keyword = IMPOSSIBLE[what]
    assert [word for word, _ in misfits(node)] == [keyword]
    made = dialect("3.1.0", {"A": {"type": "object", "properties": {"x": node}}})
    made.schema({"$ref": "#/components/schemas/A"}, "#/node", "response")
    assert [warning for warning in made.warnings if f"properties/x/{keyword}" in warning and "no value fits" in warning]


@pytest.mark.parametrize("what", POSSIBLE)
def test_what_some_value_fits_is_not_told(what: str) -> None:
    assert list(misfits(POSSIBLE[what])) == []


@given(st.dictionaries(st.sampled_from(["enum", "minLength", "maxLength", "minimum", "maximum", "multipleOf", "minItems", "uniqueItems", "items", "required", "properties", "additionalProperties", "minProperties", "not"]), st.none() | st.booleans() | st.integers(-3, 3) | st.just({}) | st.just([1, "a"]) | st.text(max_size=2)))  # fmt: skip
def test_a_node_of_odd_values_is_no_failure(node: dict[str, Any]) -> None:
    usable = {"properties": dict, "required": list}
    list(misfits({word: value for word, value in node.items() if isinstance(value, usable.get(word, object))}))
