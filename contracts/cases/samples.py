"""One deterministic value of a schema: the least that it takes, or one with everything in it."""

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.contracts.cases.shapes import Branch, Shapes, shapes, subschema
from threadmock.specs.contract import Parameter
from threadmock.specs.errors import SchemaError
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker

MAX_LEVELS = 12
_OF_FORMAT: Mapping[str, str] = {
    "uuid": "5f0c7a3e-9d1b-4c2a-8e6f-0123456789ab",
    "date-time": "2026-01-02T03:04:05Z",
    "date": "2026-01-02",
    "time": "03:04:05Z",
    "email": "someone@example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.org/a",
    "uri-reference": "/a",
    "hostname": "example.org",
    "byte": "dGV4dA==",
}
_TEXTS = ("a", "text", "A", "1", "10", "0", "general", "x-1", "abc123", "2026-01-02", "a@example.org", "/a", "#", "")


def least(schema: Schema, node: Any = None, name: str = "value") -> Any:
    """The smallest valid value of a node (default: the whole schema): no optional member, the fewest items.

    name: what texts are made of, so that those of two members differ. SchemaError where none was found.
    """
    return _sampled(schema, node, name, full=False)


def most(schema: Schema, node: Any = None, name: str = "value") -> Any:
    """A valid value of a node with every declared member, and two items in each array. SchemaError as for `least`."""
    return _sampled(schema, node, name, full=True)


def _sampled(schema: Schema, node: Any, name: str, *, full: bool) -> Any:
    """The value of a node. That of a whole schema is found once: a search for an unusual pattern takes long."""
    if node is not None:
        return _Sampler(schema, full=full).value(node, name)
    known: dict[tuple[str, bool], Any] = schema.derived.setdefault(_Sampler, {})
    if (name, full) not in known:
        try:
            known[name, full] = _Sampler(schema, full=full).value(schema.document, name)
        except SchemaError as error:
            known[name, full] = error
    found = known[name, full]
    if isinstance(found, SchemaError):
        raise found
    return copy.deepcopy(found)


def parameter_value(parameter: Parameter) -> Any:
    """A plain value for a parameter: its named texts are URL-safe, and something of it is written.

    SchemaError as for `least`.
    """
    name = parameter.name.replace("_", "-")
    value = least(parameter.schema, name=name)
    if value not in ([], {}) and not (value == "" and parameter.location == "path"):
        return value
    word = "minLength" if value == "" else "minItems" if isinstance(value, list) else "minProperties"
    try:
        return least(parameter.schema, {"allOf": [parameter.schema.document, {word: 1}]}, name)
    except SchemaError:  # it takes nothing else
        return value


class _Sampler:
    def __init__(self, schema: Schema, *, full: bool) -> None:
        self.schema = schema
        self.shapes: Shapes = shapes(schema)
        self.full = full

    def value(self, node: Any, name: str) -> Any:
        judge = checker(subschema(self.schema, node))
        for candidate in self.candidates(node, name, 0):
            if judge.accepted(candidate):
                return candidate
        return _searched(subschema(self.schema, node), judge.schema.pointer)

    def candidates(self, node: Any, name: str, level: int) -> Iterator[Any]:
        """Values that are meant to be valid, best first: each branch in document order, null last."""
        branches = self.shapes.branches(node)
        for branch in sorted(branches, key=lambda branch: branch.kind == "null"):
            yield from self.of_branch(branch, name, level)

    def of_branch(self, branch: Branch, name: str, level: int) -> Iterator[Any]:
        match branch.kind:
            case "object":
                yield self.object(branch, name, level)
            case "array":
                yield from self.array(branch, name, level)
            case "string":
                yield from _texts(branch, name)
            case "integer" | "number":
                yield from _numbers(branch)
            case "boolean":
                yield from (self.full, not self.full)
            case "enum":
                yield from branch.keywords["enum"]
            case "null":
                yield None
            case _:
                yield from (f"{name} text", {}, 1)

    def first(self, node: Any, name: str, level: int) -> Any:
        """The best valid value of an inner node; _NONE where there is none that ends."""
        if level > MAX_LEVELS:
            return _NONE
        judge = checker(subschema(self.schema, node))
        return next((v for v in self.candidates(node, name, level) if v is not _NONE and judge.valid(v)), _NONE)

    def object(self, branch: Branch, name: str, level: int) -> Any:
        made = {}
        for member, node in branch.properties.items():
            if self.full or member in branch.required:
                value = self.first(node, member, level + 1)
                if value is not _NONE:
                    made[member] = value
        others = branch.keywords.get("additionalProperties", True)
        wanted = [member for member in branch.required if member not in branch.properties]
        wanted += [f"member{n}" for n in range(branch.keywords.get("minProperties", 0) - len(made) - len(wanted))]
        if self.full and branch.free:
            wanted = wanted or [f"{name}_member"]
        for member in wanted:
            value = self.first(others, member, level + 1)
            if value is not _NONE:
                made[member] = value
        return made

    def array(self, branch: Branch, name: str, level: int) -> Iterator[Any]:
        least_items = branch.keywords.get("minItems", 0)
        first = [self.first(node, name, level + 1) for node in branch.keywords.get("prefixItems", ())]
        wanted = max(least_items, 2 if self.full else 0)
        wanted = min(wanted, branch.keywords.get("maxItems", wanted))
        rest = [self.first(branch.keywords.get("items", True), f"{name} {n + 1}", level + 1) for n in range(wanted)]
        items = [item for item in (first + rest[len(first) :] if first else rest) if item is not _NONE]
        yield items
        yield items[: max(least_items, 1)]
        yield [n for n, _ in enumerate(items)]


_NONE: Any = type("_None", (), {"__repr__": lambda _: "no value"})()


def _texts(branch: Branch, name: str) -> Iterator[str]:
    """Texts that are likely to fit: of the format, of the name, of a few common patterns, then padded or cut."""
    words = branch.keywords
    shortest, longest = words.get("minLength", 0), words.get("maxLength", math.inf)
    sample = _OF_FORMAT.get(words.get("format", ""))
    shown = [each for each in words.get("examples", ()) if isinstance(each, str)]
    for text in [*shown, *([sample] if sample else []), f"{name}-text", *_TEXTS]:
        fitted = text if len(text) >= shortest else text + "a" * (shortest - len(text))
        yield fitted if len(fitted) <= longest else fitted[: int(longest)]


def _numbers(branch: Branch) -> Iterator[int | float]:
    words = branch.keywords
    step = words.get("multipleOf", 1)
    low = words.get("minimum", words.get("exclusiveMinimum", -math.inf))
    high = words.get("maximum", words.get("exclusiveMaximum", math.inf))
    yield from (1, 0, 2, -1)
    for edge, sign in ((low, 1), (high, -1)):
        if math.isfinite(edge):
            near = (math.ceil if sign > 0 else math.floor)(edge / step) * step
            yield from (edge, near, near + sign * step, edge + sign * 0.5)
    if math.isfinite(low) and math.isfinite(high):
        yield (low + high) / 2


def _searched(schema: Schema, pointer: str) -> Any:
    """A value where no plain guess fits, such as one of an unusual pattern. The same each time."""
    # What is removed from a deployment, and what may be sent there, must not depend on a generator of test data.
    from threadmock.contracts.cases.drawn.search import find_value  # noqa: PLC0415

    return find_value(schema, pointer)
