"""Discriminators: of alternatives and of schemas that extend another, with a mapping and without, in both versions."""

from typing import Any

import pytest
from support.converting import converted, dialect, takes

TEXT = {"type": "string"}
REF = "#/components/schemas/"


def named(name: str) -> dict[str, str]:
    return {"$ref": f"{REF}{name}"}


def shape(member: str, kind: Any = TEXT) -> dict[str, Any]:
    return {"type": "object", "required": ["kind", member], "properties": {"kind": kind, member: {"type": "integer"}}}


def extending(base: str, member: str) -> dict[str, Any]:
    return {
        "allOf": [named(base), {"type": "object", "required": [member], "properties": {member: {"type": "integer"}}}]
    }


SHAPES = {"Circle": shape("r"), "Square": shape("side")}
BASE = {"type": "object", "required": ["kind"], "properties": {"kind": TEXT}}
MAPPING = {"circle": f"{REF}Circle", "square": "Square"}
CIRCLE, SQUARE = {"r": 1}, {"side": 1}


def union(word: str, mapping: dict[str, str] | None = None) -> dict[str, Any]:
    told = {"propertyName": "kind", **({"mapping": mapping} if mapping else {})}
    return {word: [named("Circle"), named("Square")], "discriminator": told}


def inherited(mapping: dict[str, str] | None = None) -> dict[str, Any]:
    told = {"propertyName": "kind", **({"mapping": mapping} if mapping else {})}
    return {
        "Base": {**BASE, "discriminator": told},
        "Circle": extending("Base", "r"),
        "Square": extending("Base", "side"),
    }


WAYS: dict[str, Any] = {
    "oneOf": lambda mapping: (union("oneOf", mapping), SHAPES),
    "anyOf": lambda mapping: (union("anyOf", mapping), SHAPES),
    "allOf": lambda mapping: (named("Base"), inherited(mapping)),
    "inside": lambda mapping: (
        {"type": "object", "properties": {"x": named("Base")}, "required": ["x"]},
        inherited(mapping),
    ),
    "nullable": lambda mapping: ({"anyOf": [named("Base"), {"type": "null"}]}, inherited(mapping)),
}


@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("mapping", [None, MAPPING], ids=["implied", "mapped"])
def test_a_value_goes_with_its_schema_and_no_other_value_counts(
    way: str, mapping: Any, version: str, direction: str
) -> None:
    if way == "nullable" and version == "3.0.3":
        pytest.skip("3.0 has no type null")
    node, schemas = WAYS[way](mapping)
    document = converted(node, version, direction, **schemas)

    def taken(**value: Any) -> bool:
        return takes(document, {"x": value} if way == "inside" else value)

    circle, square = ("circle", "square") if mapping else ("Circle", "Square")
    assert taken(kind=circle, **CIRCLE)
    assert taken(kind=square, **SQUARE)
    assert not taken(kind=circle, **SQUARE)
    assert not taken(kind=square, **CIRCLE)
    assert not taken(kind="unicorn", **CIRCLE, **SQUARE)
    if mapping:  # the name of a schema that is mapped: taken in a response only
        assert taken(kind="Circle", **CIRCLE) is (direction == "response")


def test_a_schema_that_says_its_value_itself_is_believed() -> None:
    schemas = {
        "Circle": shape("r", {"const": "round"}),
        "Square": shape("side", {"type": "string", "enum": ["box", "cube"]}),
    }
    document = converted(union("oneOf"), **schemas)
    assert takes(document, {"kind": "round", **CIRCLE})
    assert takes(document, {"kind": "cube", **SQUARE})
    assert not takes(document, {"kind": "Circle", **CIRCLE})
    mapped = converted(union("oneOf", {"round": f"{REF}Circle", "box": f"{REF}Square"}), **schemas)
    assert takes(mapped, {"kind": "box", **SQUARE})
    assert not takes(mapped, {"kind": "cube", **SQUARE})


def test_those_that_extend_in_turn_are_meant_too() -> None:
    schemas = {**inherited(), "Disc": extending("Circle", "hole")}
    document = converted(named("Base"), **schemas)
    assert takes(document, {"kind": "Disc", "r": 1, "hole": 1})
    assert not takes(document, {"kind": "Disc", "r": 1})
    assert takes(document, {"kind": "Circle", "r": 1})
    alone = converted(named("Circle"), **schemas)
    assert takes(alone, {"kind": "Disc", "r": 1})
    assert not takes(alone, {"kind": "Square", "r": 1})


def test_a_base_that_lists_those_that_extend_it_is_no_endless_circle() -> None:
    schemas = inherited()
    schemas["Base"] = {**schemas["Base"], "oneOf": [named("Circle"), named("Square")]}
    document = converted(named("Base"), **schemas)
    assert takes(document, {"kind": "Circle", "r": 1})
    assert not takes(document, {"kind": "Circle", "side": 1})


@pytest.mark.parametrize(
    "told",
    [
        {"propertyName": "kind", "mapping": {"a": f"{REF}Missing", "b": "other.yaml#/x", "c": 7}},
        {"propertyName": "kind", "mapping": []},
        {"propertyName": 7},
        {},
        "kind",
    ],
)
def test_a_discriminator_that_names_nothing_asks_for_nothing(told: Any) -> None:
    node = {**BASE, "discriminator": told}
    made = dialect("3.1.0", {"Base": node})
    document = dict(made.schema(named("Base"), "#/node", "request").document)
    assert takes(document, {"kind": "anything"})
    assert takes(converted({"oneOf": [BASE, {"type": "null"}], "discriminator": told}), {"kind": "anything"})


def test_a_schema_that_nothing_extends_is_as_it_is() -> None:
    assert takes(converted(named("Base"), Base={**BASE, "discriminator": {"propertyName": "kind"}}), {"kind": "x"})
