"""Schemas that no value, or no finite value, can satisfy; and references that go round without moving.

All of it is found while loading, in bounded time: a validator or a generator would overflow or search for ever.
Works on converted schemas: `$ref` is always `#/$defs/NAME`.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeGuard

from threadmock.specs.schemas.keywords import IN_PLACE_LISTS, IN_PLACE_SCHEMAS
from threadmock.specs.schemas.schema import definition_name

MAX_CHAIN = 2000
MIN_MULTIPLE = 1e-12
_BOUNDS = (
    ("minLength", "maxLength"),
    ("minimum", "maximum"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minContains", "maxContains"),
)
_STRICT_BOUNDS = (
    ("exclusiveMinimum", "maximum"),
    ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
)


def contradictions(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(keyword, what is wrong) for each assertion of this one node that nothing can satisfy or we can't honour."""
    for lower, upper in _BOUNDS:
        if _numbers(node, lower, upper) and node[lower] > node[upper]:
            yield lower, f"`{lower}` {node[lower]} is above `{upper}` {node[upper]}"
    for lower, upper in _STRICT_BOUNDS:
        if _numbers(node, lower, upper) and node[lower] >= node[upper]:
            yield lower, f"`{lower}` {node[lower]} leaves nothing below `{upper}` {node[upper]}"
    yield from _multiple(node)
    yield from _members(node)


def _numbers(node: Mapping[str, Any], *keywords: str) -> bool:
    return all(_is_number(node.get(keyword)) for keyword in keywords)


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _multiple(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    value = node.get("multipleOf")
    if not _is_number(value):
        return
    if value <= 0:
        yield "multipleOf", f"`multipleOf` {value} must be above zero"
    elif value < MIN_MULTIPLE:
        yield "multipleOf", f"`multipleOf` {value} is too small to be judged in floating point"


def _members(node: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    types = types_of(node)
    enum = node.get("enum")
    if isinstance(enum, list):
        if not enum:
            yield "enum", "`enum` is empty"
        elif not any(has_type(value, types) for value in enum):
            yield "enum", f"no member of `enum` is of type {' or '.join(types)}"
    if "const" in node and not has_type(node["const"], types):
        yield "const", f"`const` is not of type {' or '.join(types)}"


def types_of(node: Mapping[str, Any]) -> tuple[str, ...]:
    """The declared types; empty where none is declared."""
    types = node.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)


def has_type(value: Any, types: Collection[str]) -> bool:
    """Whether a JSON value is of one of the types, where any are given (JSON Schema 2020-12: 1.0 is an integer)."""
    return not types or any(_is_of(value, name) for name in types)


def _is_of(value: Any, name: str) -> bool:
    if name == "null":
        return value is None
    if name == "boolean":
        return isinstance(value, bool)
    if name == "integer":
        return _is_number(value) and value == value // 1
    if name == "number":
        return _is_number(value)
    return isinstance(value, {"string": str, "array": list, "object": dict}.get(name, ()))


def in_place(node: Any) -> Iterator[str]:
    """The names that a node refers to for the very same value: not below a property or an item."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict):
            continue
        if "$ref" in part:
            yield definition_name(part["$ref"])
        for keyword in IN_PLACE_LISTS:
            waiting.extend(part.get(keyword, ()))
        waiting.extend(part[keyword] for keyword in IN_PLACE_SCHEMAS if keyword in part)
        waiting.extend(part.get("dependentSchemas", {}).values())


def standing_cycle(defs: Mapping[str, Any], passed: Collection[str]) -> list[str]:
    """The names of a cycle of references that never moves to another value, or of a chain over MAX_CHAIN; else [].

    passed: names that are known to be fine, with all that they lead to.
    """
    length: dict[str, int] = dict.fromkeys(passed, 0)
    for start in defs:
        if start in length:
            continue
        path = [start]
        ways = [list(dict.fromkeys(in_place(defs[start])))]
        standing = {start}
        while path:
            if ways[-1]:
                name = ways[-1].pop()
                if name in standing:
                    return [*path[path.index(name) :], name]
                if name not in length:
                    path.append(name)
                    ways.append(list(dict.fromkeys(in_place(defs[name]))))
                    standing.add(name)
                continue
            name = path.pop()
            ways.pop()
            standing.discard(name)
            length[name] = 1 + max((length[below] for below in in_place(defs[name])), default=0)
            if length[name] > MAX_CHAIN:
                return [name]
    return []


def uninhabited(defs: Mapping[str, Any], needs: Mapping[str, Collection[str]], passed: Collection[str]) -> list[str]:
    """The names that only an infinite value could satisfy. needs: what each name refers to; passed: known to be fine.

    A least fixpoint: a name is inhabited once its schema is, given those known so far. What is left asks for itself.
    Takes no notice of assertions on values: it may miss one, and never accuses falsely.
    """
    known = set(passed)
    users: dict[str, list[str]] = {}
    for name in defs:
        for needed in needs.get(name, ()):
            users.setdefault(needed, []).append(name)
    waiting = [name for name in defs if name not in known]
    while waiting:
        name = waiting.pop()
        if name not in known and is_finite(defs[name], known):
            known.add(name)
            waiting.extend(user for user in users.get(name, ()) if user not in known)
    return [name for name in defs if name not in known]


def is_finite(node: Any, known: Collection[str]) -> bool:
    """Whether a finite value may fit a node, where one fits the known names and no others."""
    if not isinstance(node, dict):
        return True
    if "$ref" in node and definition_name(node["$ref"]) not in known:
        return False
    for part in node.get("allOf", ()):
        if not is_finite(part, known):
            return False
    for keyword in ("anyOf", "oneOf"):
        if node.get(keyword) and not _one_finite(node[keyword], known):
            return False
    return _own_type_finite(node, known)


def _one_finite(parts: list[Any], known: Collection[str]) -> bool:
    for part in parts:  # noqa: SIM110 - any() would take a second frame for each level
        if is_finite(part, known):
            return True
    return False


def _own_type_finite(node: Mapping[str, Any], known: Collection[str]) -> bool:
    types = types_of(node)
    if "enum" in node or "const" in node or not types or not set(types) <= {"object", "array"}:
        return True
    inner = _inner_of_object(node) if "object" in types else []
    if "array" in types:
        inner_of_array = _inner_of_array(node)
        if "object" in types:
            return all(is_finite(part, known) for part in inner) or all(
                is_finite(part, known) for part in inner_of_array
            )
        inner = inner_of_array
    for part in inner:  # noqa: SIM110 - as above
        if not is_finite(part, known):
            return False
    return True


def _inner_of_object(node: Mapping[str, Any]) -> list[Any]:
    """The schemas of the members that must be there."""
    properties = node.get("properties", {})
    rest = True if node.get("patternProperties") else node.get("additionalProperties", True)
    return [properties.get(name, rest) for name in node.get("required", ())]


def _inner_of_array(node: Mapping[str, Any]) -> list[Any]:
    """The schemas of the items that must be there."""
    least = node.get("minItems", 0)
    first = list(node.get("prefixItems", ()))
    inner = [part for index, part in enumerate(first) if index < least]
    if least > len(first):
        inner.append(node.get("items", True))
    if "contains" in node and node.get("minContains", 1) >= 1:
        inner.append(node["contains"])
    return inner
