"""Keywords of one node that no value fits together: said while loading, since an answer can only come near.

Only what is sure is said: a node that is passed over may still be one that nothing fits.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.specs.schemas.lengths import FORMATS, lengths
from threadmock.specs.schemas.patterns import searches

_FEW: Mapping[str, int] = {"boolean": 2, "null": 1}
_BOUNDS = ("exclusiveMinimum", "exclusiveMaximum", "minimum", "maximum")
_CLOSING = ("additionalProperties", "unevaluatedProperties")
_FREE = ("patternProperties", "allOf", "anyOf", "oneOf", "$ref")


_NUMBERS, _OBJECT = frozenset(("integer", "number")), frozenset(("object",))
_KINDS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("required", "minProperties", "maxProperties", "propertyNames", "patternProperties"), _OBJECT),
    **dict.fromkeys((*_BOUNDS, "multipleOf"), _NUMBERS),
    "minItems": frozenset(("array",)),
}
"""Of which types a keyword says something; one that is not here says something of all."""


def misfits(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(keyword, what is wrong) where the keywords of a node leave no value of the types that they speak of."""
    yield from _listed(node)
    yield from _closed(node)
    yield from _between(node)
    yield from _distinct(node)
    yield from _long(node)
    yield from _named(node)
    yield from _refused(node)
    branches = node.get("oneOf")
    if isinstance(branches, list) and len(branches) > 1 and all(branch == branches[0] for branch in branches):
        yield "oneOf", "what fits one of `oneOf` fits the others, too"


def unfit(node: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first misfit that leaves no value of any type; None where there is none, or other types are let through."""
    types = _types(node)
    return next(
        (
            (word, what)
            for word, what in misfits(node)
            if (kind := _KINDS.get(word)) is None or (types and types <= kind)
        ),
        None,
    )


def _refused(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What `not` leaves nothing of."""
    refused = node.get("not")
    if refused in ({}, True):
        yield "not", "`not` refuses everything"
    if not isinstance(refused, Mapping) or len(refused) != 1:
        return
    word, value = next(iter(refused.items()))
    listed = node.get(
        "enum", [node["const"]] if "const" in node else [True, False] if _types(node) == {"boolean"} else ()
    )
    if word == "type" and _types(node) and _types(node) <= _types(refused):
        yield "not", "`not` refuses the only type"
    elif word in ("enum", "const") and listed and not _left(listed, value if word == "enum" else [value]):
        yield "not", "`not` refuses all that is listed"
    elif word == "required" and _types(node) == {"object"} and set(value) <= set(node.get("required", ())):
        yield "not", "`not` refuses what `required` asks for"


def _left(listed: Any, refused: Any) -> list[Any]:
    return [value for value in listed if not any(value == each and type(value) is type(each) for each in refused)]


def _named(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Members that are required and whose names are refused."""
    required, names, most = node.get("required", ()), node.get("propertyNames"), node.get("maxProperties")
    if isinstance(most, int) and len(required) > most:
        yield "maxProperties", f"`maxProperties` is {most}, and {len(required)} members are required"
    patterns = node.get("patternProperties", {})
    for name in required:
        if isinstance(names, Mapping) and (not _fits(names, name) or name not in names.get("enum", (name,))):
            yield "propertyNames", f"{name!r} is required, and `propertyNames` refuses it"
            return
        if any(part is False and isinstance(each, str) and searches(each, name) for each, part in patterns.items()):
            yield "patternProperties", f"{name!r} is required, and `patternProperties` refuses it"
            return


def _types(node: Mapping[str, Any]) -> frozenset[str]:
    """The types that a node lets through; empty for any."""
    named = node.get("type", ())
    found = {named} if isinstance(named, str) else {each for each in named if isinstance(each, str)}
    return frozenset(found | {"integer"} if "number" in found else found)


def _listed(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    values = node.get("enum")
    if isinstance(values, list) and values and not any(_fits(node, value) for value in values):
        yield "enum", "no member of `enum` is within the bounds beside it"
    if "const" in node and not _fits(node, node["const"]):
        yield "const", "`const` is not within the bounds beside it"


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
    word = next((word for word in _CLOSING if node.get(word) is False), "")
    if not word or any(each in node for each in _FREE) or not _is_alone(node, word):
        return
    undeclared = [name for name in _asked(node) if name not in declared]
    if undeclared:
        yield "required", f"{undeclared[0]!r} is required, and `{word}: false` refuses it"
    least = node.get("minProperties")
    if isinstance(least, int) and least > len(declared):
        yield "minProperties", f"`minProperties` is {least}, and only {len(declared)} members are declared"


def _is_alone(node: Mapping[str, Any], word: str) -> bool:
    """Whether no other keyword lets members in."""
    return word == _CLOSING[0] or not any(each in node for each in ("additionalProperties", "if", "dependentSchemas"))


def _asked(node: Mapping[str, Any]) -> list[str]:
    """The members that are required, also because others are."""
    found = list(node.get("required", ()))
    depending = node.get("dependentRequired", {})
    for name in found:
        found.extend(more for more in depending.get(name, ()) if more not in found)
    return found


def whole_numbers(node: Mapping[str, Any]) -> float:
    """How many whole numbers are within the bounds of a node of whole numbers; infinite where there is no bound."""
    lows = [(node.get("minimum"), math.ceil), (node.get("exclusiveMinimum"), lambda value: math.floor(value) + 1)]
    highs = [(node.get("maximum"), math.floor), (node.get("exclusiveMaximum"), lambda value: math.ceil(value) - 1)]
    low = max((least(value) for value, least in lows if _is_number(value)), default=None)
    high = min((most(value) for value, most in highs if _is_number(value)), default=None)
    if low is None or high is None:
        return math.inf
    step = node.get("multipleOf", 1)
    step = step if isinstance(step, int) and not isinstance(step, bool) and step > 0 else 1
    return max(int(high) // step - -(-int(low) // step) + 1, 0)


def _is_number(value: Any) -> bool:
    return _is_bound(value) and math.isfinite(value)


def _between(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    step = node.get("multipleOf")
    whole = _types(node) == {"integer"}
    stepped = isinstance(step, int) and not isinstance(step, bool) and step > 0
    if (whole or stepped) and whole_numbers(node) == 0:
        word = "multipleOf" if stepped else next(word for word in _BOUNDS if word in node)
        what = f"multiple of {step}" if stepped else "whole number"
        yield word, f"no {what} is between {_bound(node, 'Minimum')} and {_bound(node, 'Maximum')}"


def _bound(node: Mapping[str, Any], which: str) -> Any:
    return node.get(which.lower(), node.get(f"exclusive{which}"))


def _long(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Texts whose pattern or format asks for another length than the bounds."""
    if _types(node) != {"string"} or "enum" in node or "const" in node:
        return
    low, high = node.get("minLength", 0), node.get("maxLength", math.inf)
    if not _is_bound(low) or not _is_bound(high):
        return
    pattern, form = node.get("pattern"), node.get("format")
    spans = [("pattern", lengths(pattern))] if isinstance(pattern, str) else []
    spans += [("format", FORMATS[form])] if isinstance(form, str) and form in FORMATS else []
    for word, (least, most) in spans:
        if least > high or most < low:
            what = "longer than `maxLength` lets it be" if least > high else "shorter than `minLength` lets it be"
            yield word, f"what fits `{word}` is {what}"
            return
        low, high = max(low, least), min(high, most)
    if low > high and len(spans) > 1:
        yield "pattern", "what fits `pattern` is of another length than what fits `format`"


def _is_bound(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _distinct(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    items, least = node.get("items"), node.get("minItems")
    if node.get("uniqueItems") is not True or not isinstance(items, Mapping) or not isinstance(least, int):
        return
    listed, kind = items.get("enum"), items.get("type")
    most: float | None = None
    if isinstance(listed, list):
        most = len(listed)
    elif isinstance(kind, str):
        most = whole_numbers(items) if kind == "integer" else _FEW.get(kind)
    if most is not None and "prefixItems" not in node and least > most:
        yield "minItems", f"`minItems` is {least}, and there are only {most} different items"
