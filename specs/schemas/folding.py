"""Schema nodes folded into one: references and `allOf` taken in, two nodes for the same value put together."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from threadmock.specs.schemas.patterns import searches
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
                made = both(
                    folded(schema, branch) if isinstance(branch, Mapping) and "$ref" in branch else branch, made
                )
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
    for first, second in ((one, other), (other, one)):
        others = first.get("additionalProperties")
        if isinstance(others, Mapping) and others and "properties" in second:
            made["properties"] = {**made["properties"], **_as_others(first, second["properties"], others)}
    if "if" in one and "if" in other:
        made |= _conditions(one, other)
    return made


def _as_others(node: Mapping[str, Any], declared: Mapping[str, Any], others: Any) -> dict[str, Any]:
    """Members that another part declares and that are this node's `additionalProperties`."""
    known, patterns = node.get("properties", {}), node.get("patternProperties", {})
    free = [name for name in declared if name not in known and not any(searches(each, name) for each in patterns)]
    return {name: {ALSO: [declared[name], others]} for name in free}


def _conditions(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Two conditions as one: the first stands below both outcomes of the second."""
    first = {word: one[word] for word in ("if", "then", "else") if word in one}
    return {"if": other["if"], **{word: {ALSO: [other.get(word, {}), first]} for word in ("then", "else")}}


def _members(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    shared = {name: {ALSO: [one[name], other[name]]} for name in one if name in other and one[name] != other[name]}
    return {**one, **other, **shared}


def _node(one: Any, other: Any) -> Any:
    return one if one == other else {ALSO: [one, other]}


def _positions(one: list[Any], other: list[Any]) -> list[Any]:
    shared = [_node(first, second) for first, second in zip(one, other, strict=False)]
    return [*shared, *one[len(shared) :], *other[len(shared) :]]


def _unevaluated(one: Any, other: Any) -> Any:
    return False if False in (one, other) else _node(one, other)


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
    "contains": _node,
    "propertyNames": _node,
    "prefixItems": _positions,
    "dependentSchemas": _members,
    "dependentRequired": lambda one, other: {
        name: [*dict.fromkeys((*one.get(name, ()), *other.get(name, ())))] for name in {**one, **other}
    },
    "not": lambda one, other: one if one == other else {"anyOf": [one, other]},
    **dict.fromkeys(("additionalProperties", "unevaluatedProperties", "unevaluatedItems"), _unevaluated),
    "anyOf": _branches,
    "oneOf": _branches,
    "multipleOf": _steps,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"), min),
}
