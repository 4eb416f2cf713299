"""Keywords of one node that no value fits together: said while loading, since an answer can only come near.

Only what is sure is said: a node that is passed over may still be one that nothing fits.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.specs.schemas.patterns import searches

_FEW: Mapping[str, int] = {"boolean": 2, "null": 1}
_FREE = ("patternProperties", "allOf", "anyOf", "oneOf", "$ref", "unevaluatedProperties")


def misfits(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(keyword, what is wrong) where the keywords of a node leave no value at all."""
    yield from _listed(node)
    yield from _closed(node)
    yield from _between(node)
    yield from _distinct(node)
    if node.get("not") in ({}, True):
        yield "not", "`not` refuses everything"


def _listed(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    values = node.get("enum")
    if isinstance(values, list) and values and not any(_fits(node, value) for value in values):
        yield "enum", "no member of `enum` is within the bounds beside it"


def _fits(node: Mapping[str, Any], value: Any) -> bool:
    """Whether a value is within the plain bounds of a node."""
    if isinstance(value, str):
        low, high, size = node.get("minLength", 0), node.get("maxLength", math.inf), len(value)
        pattern = node.get("pattern")
        return _is_between(low, size, high) and (not isinstance(pattern, str) or searches(pattern, value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _is_between(node.get("minimum", -math.inf), value, node.get("maximum", math.inf))
    return True


def _is_between(low: Any, value: float, high: Any) -> bool:
    return not all(isinstance(each, int | float) for each in (low, high)) or low <= value <= high


def _closed(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    declared = node.get("properties", {})
    if node.get("additionalProperties") is not False or any(word in node for word in _FREE):
        return
    undeclared = [name for name in node.get("required", ()) if name not in declared]
    if undeclared:
        yield "required", f"{undeclared[0]!r} is required, and `additionalProperties: false` refuses it"
    least = node.get("minProperties")
    if isinstance(least, int) and least > len(declared):
        yield "minProperties", f"`minProperties` is {least}, and only {len(declared)} members are declared"


def _between(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    bounds = [node.get(word) for word in ("multipleOf", "minimum", "maximum")]
    whole = [each for each in bounds if isinstance(each, int) and not isinstance(each, bool)]
    if len(whole) < len(bounds):
        return
    step, low, high = whole
    if step > 0 and -(-low // step) * step > high:
        yield "multipleOf", f"no multiple of {step} is between {low} and {high}"


def _distinct(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    items, least = node.get("items"), node.get("minItems")
    if node.get("uniqueItems") is not True or not isinstance(items, Mapping) or not isinstance(least, int):
        return
    listed, kind = items.get("enum"), items.get("type")
    most = len(listed) if isinstance(listed, list) else _FEW.get(kind) if isinstance(kind, str) else None
    if most is not None and "prefixItems" not in node and least > most:
        yield "minItems", f"`minItems` is {least}, and there are only {most} different items"
