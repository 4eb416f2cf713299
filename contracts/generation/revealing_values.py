"""Valid values that reveal: a server that trims, folds, cuts, reorders or retypes them shows it in its response."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from threadmock.contracts.cases.body_places import BodyPlace
from threadmock.contracts.cases.shapes import Branch
from threadmock.contracts.cases.value_pools import BIG_INTEGERS, LENGTHS, NUL_TEXT, NUMBERS, OBJECTS, TEXTS, long_text
from threadmock.contracts.generation.boundaries import Probe

_EXTREME = 10**12


def revealing_values(place: BodyPlace) -> Iterator[Probe]:
    """Valid values for a place, by what may stand there. The validators drop those that do not fit."""
    for branch in place.branches:
        yield from _BY_KIND.get(branch.kind, _nothing)(branch)


def text_probes() -> Iterator[Probe]:
    """Hostile texts, one by one."""
    for label, text in TEXTS.items():
        yield Probe(f"text: {label}", text)
    for length in LENGTHS:
        yield Probe(f"text: {length:,} characters", long_text(length))
    yield Probe("text: 300 astral characters", "😀" * 300)
    yield Probe("text: NUL", NUL_TEXT, "assumed")


def _nothing(_: Branch) -> Iterator[Probe]:
    return iter(())


def _text(branch: Branch) -> Iterator[Probe]:
    return iter(()) if {"format", "pattern"} & branch.keywords.keys() else text_probes()


def _number(_: Branch) -> Iterator[Probe]:
    """A number that means something, such as minutes, may be out of a server's range: then a refusal is no fault."""
    for number in NUMBERS:
        extreme = abs(number) >= _EXTREME or 0 < abs(number) < 1 / _EXTREME
        yield Probe(f"number: {number}", number, "assumed" if extreme else "documented")
    for number in BIG_INTEGERS:
        yield Probe(f"number: {number}", number, "assumed")


def _boolean(_: Branch) -> Iterator[Probe]:
    yield Probe("= true", True)
    yield Probe("= false", False)


def _object(branch: Branch) -> Iterator[Probe]:
    if branch.free:
        for label, value, evidence in OBJECTS:
            yield Probe(f"object: {label}", value, evidence)


def _array(_: Branch) -> Iterator[Probe]:
    yield Probe("array: empty", [])
    yield Probe("array: texts out of order", ["b", "a", "c", "B"])
    yield Probe("array: the same text twice", ["same", "other", "same"])
    yield Probe("array: hostile texts", list(TEXTS.values()))
    yield Probe("array: one empty text", [""])
    yield Probe("array: one text", ["one"])
    yield Probe("array: text with a comma", ["a,b", "c"])
    yield Probe("array: 1,000 texts", [f"item {n}" for n in range(1000)])
    yield Probe("array: a text of 10,000 characters", [long_text(10_000)])
    yield Probe("array: numbers out of order", [3, 1, 2, 2])
    yield Probe("array: empty objects", [{}, {}])
    yield Probe("array: objects", [{"b": 1, "a": None}, {"a": [1]}])


def _any(_: Branch) -> Iterator[Probe]:
    scalars: tuple[Any, ...] = ("plain text", " text ", "", "0123", "true", 0, 1, -1, 1.5, False, True, None, [])
    for value in scalars:
        yield Probe(f"any: {value!r}", value)
    yield Probe("any: array of kinds", [1, "1", True, None, 1.5, [], {}])
    yield Probe("any: array of objects", [{"b": 1}, {"a": None}])
    for label, held, evidence in OBJECTS:
        yield Probe(f"object: {label}", held, evidence)


_BY_KIND: Mapping[str, Callable[[Branch], Iterator[Probe]]] = {
    "string": _text,
    "integer": _number,
    "number": _number,
    "boolean": _boolean,
    "object": _object,
    "array": _array,
    "any": _any,
}
