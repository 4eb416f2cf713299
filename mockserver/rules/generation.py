"""Seeded values for a schema: what a reply's required member holds where no rule gives it a value."""

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.mockserver.state.clock import Clock
from threadmock.mockserver.state.ids import Ids
from threadmock.specs.schemas.formats import write_date_time
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker

_MAX_DEPTH = 12
_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "iris", "juniper", "kelp", "lark")


class Ungeneratable(ValueError):  # noqa: N818 - reads as what it is
    """No value could be built that the schema accepts. The message says what to add to the document."""


def generate(schema: Schema, ids: Ids, clock: Clock) -> Any:
    """A value that the schema accepts: its default or first example where there is one, else made from the seed."""
    value = _Generator(schema, ids, clock).value(schema.document, 0)
    if not checker(schema).valid(value):
        raise Ungeneratable(f"No value could be built for {schema.pointer}. Add an example to the document.")
    return value


@dataclass(frozen=True)
class _Generator:
    """Makes one value."""

    schema: Schema
    ids: Ids
    clock: Clock

    @property
    def rng(self) -> random.Random:
        return self.ids.random

    def value(self, node: Any, depth: int) -> Any:
        """A value for a node. Where the node leaves a choice, the first choice that it accepts."""
        node = self._folded(node)
        if not isinstance(node, Mapping) or depth > _MAX_DEPTH:
            return None
        if "const" in node:
            return node["const"]
        if "default" not in node and not any(node.get(word) for word in _CHOICES):
            return self._typed(node, depth)
        fits = self._judge(node)
        for choice in self._choices(node, depth):
            if fits(choice):
                return choice
        return self._typed(node, depth)

    def _choices(self, node: Mapping[str, Any], depth: int) -> Iterator[Any]:
        if "default" in node:
            yield node["default"]
        yield from node.get("examples") or ()
        yield from node.get("enum") or ()
        for word in ("oneOf", "anyOf"):
            rest = {keyword: child for keyword, child in node.items() if keyword != word}
            for branch in node.get(word) or ():
                yield self.value(_both(rest, self._folded(branch)), depth + 1)

    def _judge(self, node: Mapping[str, Any]) -> Callable[[Any], bool]:
        return checker(Schema({"$defs": self.schema.document.get("$defs", {}), **node}, "", "response")).valid

    def _folded(self, node: Any) -> Any:
        """The node with its references and `allOf` folded in."""
        for _ in range(_MAX_DEPTH):
            node = self.schema.resolve(node)
            if not isinstance(node, Mapping) or not node.get("allOf"):
                return node
            folded: Any = {keyword: child for keyword, child in node.items() if keyword != "allOf"}
            for branch in node["allOf"]:
                folded = _both(folded, self.schema.resolve(branch))
            node = folded
        return node

    def _typed(self, node: Mapping[str, Any], depth: int) -> Any:
        kind = node.get("type")
        if isinstance(kind, list):
            kind = next((name for name in kind if name != "null"), "null")
        if kind is None:
            kind = next((kind for word, kind in _IMPLIED_TYPES.items() if word in node), "null")
        if kind == "object":
            declared = node.get("properties", {})
            return {name: self.value(declared.get(name, {}), depth + 1) for name in node.get("required", ())}
        if kind == "array":
            return [self.value(node.get("items", {}), depth + 1) for _ in range(node.get("minItems", 0))]
        if kind in ("integer", "number"):
            return _number(node, kind)
        if kind == "string":
            return self._text(node)
        return False if kind == "boolean" else None

    def _text(self, node: Mapping[str, Any]) -> str:
        make = _FORMATS.get(node.get("format", ""))
        if make is not None:
            return make(self)
        text = f"{self.rng.choice(_WORDS)}-{self.rng.randrange(10_000)}"
        text = text.ljust(node.get("minLength", 0), "x")
        return text[: node["maxLength"]] if "maxLength" in node else text


_CHOICES = ("examples", "enum", "oneOf", "anyOf")
_IMPLIED_TYPES = {
    "properties": "object",
    "required": "object",
    "items": "array",
    "minItems": "array",
    "format": "string",
    "pattern": "string",
    "minLength": "string",
    "maxLength": "string",
    "minimum": "number",
    "maximum": "number",
    "multipleOf": "number",
}
_FORMATS: Mapping[str, Callable[[_Generator], str]] = {
    "uuid": lambda own: own.ids.uuid4(),
    "date-time": lambda own: write_date_time(own.clock.tick()),
    "date": lambda own: own.clock.tick().date().isoformat(),
    "time": lambda own: own.clock.tick().time().isoformat(timespec="seconds") + "Z",
    "email": lambda own: f"{own.rng.choice(_WORDS)}@example.com",
    "uri": lambda own: f"https://example.com/{own.rng.choice(_WORDS)}",
    "url": lambda own: f"https://example.com/{own.rng.choice(_WORDS)}",
    "hostname": lambda _: "example.com",
    "ipv4": lambda _: "192.0.2.1",
    "ipv6": lambda _: "2001:db8::1",
}


def _both(one: Mapping[str, Any], other: Any) -> Mapping[str, Any]:
    """One node that asks for what two ask for: members together, of two bounds the narrower."""
    if not isinstance(other, Mapping):
        return one
    made = {**one, **other}
    for word, narrower in _NARROWER.items():
        if word in one and word in other:
            made[word] = narrower(one[word], other[word])
    return made


def _members(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    shared = {name: {"allOf": [one[name], other[name]]} for name in one if name in other}
    return {**one, **other, **shared}


_NARROWER: Mapping[str, Callable[[Any, Any], Any]] = {
    "properties": _members,
    "required": lambda one, other: [*dict.fromkeys((*one, *other))],
    "allOf": lambda one, other: [*one, *other],
    "type": lambda one, other: [name for name in _listed(one) if name in _listed(other)] or one,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems"), min),
}


def _listed(kind: str | list[str]) -> list[str]:
    return [kind] if isinstance(kind, str) else kind


def _number(node: Mapping[str, Any], kind: str) -> int | float:
    whole = kind == "integer" or "multipleOf" in node
    step = node.get("multipleOf", 1)
    low, high = node.get("minimum"), node.get("maximum")
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    if not whole:
        return _between(low, high, above, below)
    least = [bound for bound in (low, above) if bound is not None]
    if not least:
        most = [bound for bound in (high, below) if bound is not None]
        value = min(0, math.floor(min(most) / step) * step - step * (below is not None)) if most else 0
    else:
        value = math.ceil(max(least) / step) * step
        value += step if above is not None and value <= above else 0
    return int(value) if kind == "integer" else value


def _between(low: float | None, high: float | None, above: float | None, below: float | None) -> float:
    least = max((bound for bound in (low, above) if bound is not None), default=None)
    most = min((bound for bound in (high, below) if bound is not None), default=None)
    if least is None:
        return 0 if most is None else min(0, most - (below is not None))
    if above is None or least > above:
        return least
    return least + 1 if most is None else (least + most) / 2
