"""Schema nodes folded into one: references and `allOf` taken in, two nodes for the same value put together."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from threadmock.specs.schemas.schema import Schema

_MAX_FOLDS = 40
ALSO = "allOf"


def folded(schema: Schema, node: Any) -> Any:
    """The node with its references, also those beside other keywords, and its `allOf` folded in."""
    for _ in range(_MAX_FOLDS):
        if not isinstance(node, Mapping):
            return node
        if isinstance(node.get("$ref"), str):
            rest = {keyword: child for keyword, child in node.items() if keyword != "$ref"}
            node = both(schema.resolve({"$ref": node["$ref"]}), rest)
        elif node.get(ALSO):
            made: Any = {keyword: child for keyword, child in node.items() if keyword != ALSO}
            for branch in node[ALSO]:
                made = both(branch if "$ref" not in branch else folded(schema, branch), made)
            node = made
        else:
            return node
    return node


def both(one: Any, other: Any) -> Any:
    """One node that asks for what two ask for: members together, of two bounds the narrower, else the second's word."""
    if not isinstance(one, Mapping):
        return other if one is not False else False
    if not isinstance(other, Mapping):
        return one if other is not False else False
    made = {**one, **other}
    for word, narrower in _NARROWER.items():
        if word in one and word in other:
            made[word] = narrower(one[word], other[word])
    return made


def _members(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    shared = {name: {ALSO: [one[name], other[name]]} for name in one if name in other and one[name] != other[name]}
    return {**one, **other, **shared}


def _node(one: Any, other: Any) -> Any:
    return one if one == other else {ALSO: [one, other]}


def _branches(one: list[Any], other: list[Any]) -> list[Any]:
    return one if one == other else [{ALSO: [first, second]} for first in one for second in other]


def listed(kind: str | list[str]) -> list[str]:
    """`type` as a list."""
    return [kind] if isinstance(kind, str) else list(kind)


def _types(one: Any, other: Any) -> Any:
    wide, narrow = set(listed(one)), listed(other)
    kept = [name for name in narrow if name in wide or (name == "integer" and "number" in wide)]
    if "number" in narrow and "integer" in wide and "integer" not in kept:
        kept.append("integer")
    return kept[0] if len(kept) == 1 else kept or one


def _steps(one: float, other: float) -> float:
    whole = all(float(each).is_integer() for each in (one, other))
    return math.lcm(int(one), int(other)) if whole else max(one, other)


_NARROWER: Mapping[str, Callable[[Any, Any], Any]] = {
    "properties": _members,
    "patternProperties": _members,
    "required": lambda one, other: [*dict.fromkeys((*one, *other))],
    ALSO: lambda one, other: [*one, *other],
    "type": _types,
    "enum": lambda one, other: [value for value in one if value in other] or one,
    "items": _node,
    "additionalProperties": lambda one, other: False if False in (one, other) else _node(one, other),
    "anyOf": _branches,
    "oneOf": _branches,
    "multipleOf": _steps,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
}
