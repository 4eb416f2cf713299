"""How small the least value is that a schema takes: so many parts, so many levels, or none at all.

Works on converted schemas, in time that is linear in their size. Only what is sure is said: a schema that is passed
over may still be one that no value fits, and the least value may be larger.
"""

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from threadmock.specs.documents.pointers import escaped
from threadmock.specs.schemas.misfits import unfit
from threadmock.specs.schemas.schema import definition_name
from threadmock.specs.schemas.soundness import contradictions, types_of

MOST_PARTS = 20_000
MOST_LEVELS = 50
_CAP = 1e15
_ROUNDS = 20
_DEEPEST = 3
_MOST_JOINED = 100
_SCALARS = frozenset(("null", "boolean", "integer", "number", "string"))
_TYPES = _SCALARS | {"object", "array"}
_LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
_UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
_OPEN = ("anyOf", "oneOf", "if", "dependentSchemas", "patternProperties", "additionalProperties")


@dataclass(frozen=True, order=True, slots=True)
class Least:
    """The least value. parts: scalars, objects and arrays, infinite where there is no value; levels: of nesting."""

    too_large: bool
    parts: float
    levels: float

    @property
    def is_none(self) -> bool:
        """Whether there is no value at all."""
        return self.parts == math.inf

    @property
    def told(self) -> str:
        """That the least value is too large to be made."""
        if self.parts > MOST_PARTS:
            return f"the least value has {self.parts:,.0f} parts or more, and no more than {MOST_PARTS:,} are made"
        return f"the least value has {self.levels:.0f} levels, and no more than {MOST_LEVELS} are made"


def _least(parts: float, levels: float) -> Least:
    parts = min(parts, _CAP) if parts < math.inf else parts
    return Least(parts > MOST_PARTS or levels > MOST_LEVELS, parts, levels)


ONE = _least(1, 1)
NONE = _least(math.inf, math.inf)


def _both(*found: Least) -> Least:
    return _least(max(each.parts for each in found), max(each.levels for each in found))


@dataclass(frozen=True)
class LeastValues:
    """The least values of definitions that refer to each other. defs: name to converted schema."""

    defs: dict[str, Any] = field(default_factory=dict)
    known: dict[str, Least] = field(default_factory=dict)

    def add(self, defs: Mapping[str, Any], needs: Mapping[str, Collection[str]]) -> None:
        """Take in definitions. needs: what each name refers to; what is not among them was added before."""
        fresh = [name for name in defs if name not in self.defs]
        self.defs.update((name, defs[name]) for name in fresh)
        users: dict[str, list[str]] = {}
        for name in fresh:
            for needed in needs.get(name, ()):
                users.setdefault(needed, []).append(name)
        waiting, left = fresh[::-1], _ROUNDS * len(fresh)
        while waiting and left:
            left -= 1
            name = waiting.pop()
            before, now = self.known.get(name, NONE), self.of(defs[name])
            if now < before and before.too_large:
                self.known[name] = now
                waiting.extend(user for user in users.get(name, ()) if self.known.get(user, NONE).too_large)

    def of(self, node: Any, depth: int = 0) -> Least:
        """The least value of a node."""
        if not isinstance(node, dict):
            return NONE if node is False else ONE
        if unfit(node):
            return NONE
        found = self._own(node)
        if "$ref" in node:
            found = _both(found, self.known.get(definition_name(node["$ref"]), NONE))
        for part in node.get("allOf", ()):
            found = _both(found, self.of(part))
        for keyword in ("anyOf", "oneOf"):
            if node.get(keyword):
                found = _both(found, min(self.of(part) for part in node[keyword]))
        if (
            not found.is_none
            and ("allOf" in node or ("$ref" in node and len(node) > 1))
            and self._conflict(node, depth)
        ):
            return NONE
        return found

    def why_none(self, node: Any, name: str = "") -> tuple[str, str, str]:
        """Of a node that no value fits: the definition it stands in, the pointer below that, and what is wrong.

        name: of the definition that the node is; "" for one that has no name.
        """
        at, seen = "", {name}
        while isinstance(node, dict):
            wrong = unfit(node)
            if wrong:
                return name, f"{at}/{wrong[0]}", wrong[1]
            step = next(self._steps_to_none(node), None)
            if step is None:
                return name, at, self._conflict(node, 0) or "no value fits this"
            below, node = step
            if below:
                at += below
                continue
            name, at = definition_name(node), ""
            if name in seen:
                return name, at, "it requires itself, so only an infinite value could fit"
            seen.add(name)
            node = self.defs[name]
        return name, at, "nothing is taken here, and it is required"

    def _steps_to_none(self, node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """The parts that no value fits and that the node asks for: pointer and node, or "" and a reference."""
        if "$ref" in node and self.known.get(definition_name(node["$ref"]), NONE).is_none:
            yield "", node["$ref"]
        for keyword in ("allOf", "anyOf", "oneOf"):
            parts = node.get(keyword, ())
            none = [index for index, part in enumerate(parts) if self.of(part).is_none]
            if none and (keyword == "allOf" or len(none) == len(parts)):
                yield f"/{keyword}/{none[0]}", parts[none[0]]
        types = types_of(node)
        for kind, inner in (("object", _members), ("array", _items)):
            for at, part, _ in inner(node) if kind in types else ():
                if self.of(part).is_none:
                    yield at, part

    def _own(self, node: Mapping[str, Any]) -> Least:
        """By the keywords of the node itself."""
        types = types_of(node)
        if not types or not _SCALARS.isdisjoint(types) or "enum" in node or "const" in node:
            return ONE
        found = []
        for kind, inner in (("object", _members), ("array", _items)):
            if kind in types:
                parts = [(self.of(part), times) for _, part, times in inner(node)]
                levels = max((each.levels for each, _ in parts), default=0)
                whole = math.inf if any(each.is_none for each, _ in parts) else sum(e.parts * n for e, n in parts)
                found.append(_least(1 + whole, 1 + levels))
        return min(found, default=ONE)

    def _conflict(self, node: Mapping[str, Any], depth: int) -> str:
        """What parts that have to hold together refuse of each other; "" where nothing is found."""
        parts = self._joined(node)
        types = set(_TYPES)
        for part in parts:
            named = set(types_of(part))
            types &= (named | {"integer"} if "number" in named else named) or _TYPES
        if not types:
            return "its parts are of different types"
        lists = [part["enum"] for part in parts if isinstance(part.get("enum"), list)]
        if len(lists) > 1 and not any(all(value in each for each in lists) for value in lists[0]):
            return "its parts list no value in common"
        if wrong := _refused_bounds(parts, types):
            return wrong
        return self._conflict_of_members(parts, depth) if types == {"object"} else ""

    def _conflict_of_members(self, parts: list[Mapping[str, Any]], depth: int) -> str:
        required = {name for part in parts for name in part.get("required", ())}
        declared: dict[str, list[Any]] = {}
        for part in parts:
            for name, member in part.get("properties", {}).items():
                declared.setdefault(name, []).append(member)
        plain = not any(word in part for part in parts for word in _OPEN)
        for part in parts:
            taken = None
            if part.get("additionalProperties") is False and "patternProperties" not in part:
                taken = part.get("properties", {})
            elif part.get("unevaluatedProperties") is False and plain:
                taken = declared
            missing = sorted(required - taken.keys()) if taken is not None else []
            if missing:
                return f"one of its parts requires {missing[0]!r}, and another takes no more members than its own"
        for name in sorted(required) if depth < _DEEPEST else ():
            members = declared.get(name, [])
            if len(members) > 1 and self.of({"allOf": members}, depth + 1).is_none:
                return f"its parts ask for different things of {name!r}"
        return ""

    def _joined(self, node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The node and all that has to hold of the same value with it."""
        found: list[Mapping[str, Any]] = []
        waiting: list[Any] = [node]
        seen: set[str] = set()
        while waiting and len(found) < _MOST_JOINED:
            part = waiting.pop()
            if not isinstance(part, dict):
                continue
            found.append(part)
            waiting.extend(part.get("allOf", ()))
            name = definition_name(part["$ref"]) if "$ref" in part else ""
            if name and name not in seen:
                seen.add(name)
                waiting.append(self.defs.get(name))
        return found


def _refused_bounds(parts: list[Mapping[str, Any]], types: Collection[str]) -> str:
    """What the bounds of the parts, taken together, refuse."""
    joined: dict[str, Any] = {"type": sorted(types)}
    for part in parts:
        for words, choose in ((_LOWER, max), (_UPPER, min)):
            for word in words:
                value = part.get(word)
                if isinstance(value, int | float) and not isinstance(value, bool):
                    joined[word] = choose(joined.get(word, value), value)
        for word in ("pattern", "format"):
            if word in part:
                joined.setdefault(word, part[word])
    if len(joined) == 1 or len(types) > 1 + ("number" in types):
        return ""
    of_type = {"string": "Length", "array": "Items", "object": "Properties"}.get(next(iter(types)), "imum")
    judged = {
        word: value for word, value in joined.items() if word in ("type", "pattern", "format") or word.endswith(of_type)
    }
    wrong = next(contradictions(judged), None) or unfit(judged)
    return f"its parts together: {wrong[1]}" if wrong else ""


def _members(node: Mapping[str, Any]) -> Iterator[tuple[str, Any, int]]:
    """Pointer, node and number of the members that have to be there."""
    properties = node.get("properties", {})
    rest = True if node.get("patternProperties") else node.get("additionalProperties", True)
    for name in node.get("required", ()):
        at = f"/properties/{escaped(name)}" if name in properties else "/additionalProperties"
        yield at, properties.get(name, rest), 1


def _items(node: Mapping[str, Any]) -> Iterator[tuple[str, Any, int]]:
    """Pointer, node and number of the items that have to be there."""
    least = node.get("minItems", 0)
    first = list(node.get("prefixItems", ()))
    yield from ((f"/prefixItems/{index}", part, 1) for index, part in enumerate(first) if index < least)
    if least > len(first):
        yield "/items", node.get("items", True), int(least) - len(first)
    if "contains" in node and node.get("minContains", 1) >= 1:
        yield "/contains", node["contains"], 0 if least else 1
