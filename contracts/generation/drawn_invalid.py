"""Strategies of invalid cases: a drawn valid body with one thing spoilt, kept if both validators refuse its bytes."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any

from hypothesis import strategies as st
from threadmock.contracts.cases.case import Case
from threadmock.contracts.cases.references import body_schema
from threadmock.contracts.cases.shapes import Branch, Shapes, kind_of, shapes
from threadmock.contracts.cases.value_pools import WRONG_TYPES
from threadmock.contracts.generation.coverage_basis import CoverageBasis, prepare, refusal_evidence, verdict
from threadmock.contracts.generation.drawn_valid import _json_cases
from threadmock.specs.contract import Operation
from threadmock.specs.documents.pointers import pointer_of
from threadmock.specs.wire.strictjson import dump_json

MAX_PLACES = 200
_WRONG = (*WRONG_TYPES.items(), ("an unlikely text", "no_such_value \u2028"))
Steps = tuple[str | int, ...]
_REMOVED = object()


def invalid_cases(operation: Operation) -> st.SearchStrategy[Case] | None:
    """Cases that the document says are to be refused; each says what was spoilt and where.

    None where the operation has no body that could be invalid.
    """
    schema = body_schema(operation)
    if schema is None:
        return None
    grounds = prepare(operation)
    if grounds.judge is None or not _can_break(grounds):
        return None
    reader = shapes(schema)
    break_one = _breaker(grounds, reader)
    drawn = st.tuples(_json_cases(operation), st.integers(0, 2**20)).map(break_one)
    return drawn.filter(lambda case: case is not None)  # type: ignore[return-value]


def _can_break(grounds: CoverageBasis) -> bool:
    """Whether any JSON type is refused in any place."""
    return any(
        verdict(grounds, place.put(value)) == "invalid" for place in grounds.places for value in WRONG_TYPES.values()
    )


def _breaker(grounds: CoverageBasis, reader: Shapes) -> Callable[[tuple[Case, int]], Case | None]:
    ways_of = cache(_ways)

    def break_one(pair: tuple[Case, int]) -> Case | None:
        case, choice = pair
        found = [
            (steps, ways)
            for steps, branches, required in islice(walk(reader, case.value), MAX_PLACES)
            if (ways := ways_of(branches, required=required))
        ]
        if not found:
            return None
        steps, ways = found[choice % len(found)]
        label, wrong = ways[choice // len(found) % len(ways)]
        value = _put(case.value, steps, wrong)
        if verdict(grounds, value) != "invalid":
            return None
        where = pointer_of(steps)
        return replace(
            case,
            request=replace(case.request, body=dump_json(value)),
            intent="invalid",
            label=f"{where or 'body'} {label}",
            value=value,
            where=where,
            evidence=refusal_evidence(grounds, value),
        )

    return break_one


def walk(reader: Shapes, value: Any) -> Iterator[tuple[Steps, tuple[Branch, ...], bool]]:
    """The declared places that a value fills: steps, what may stand there, whether it must; the top first."""
    waiting: list[tuple[Steps, tuple[Branch, ...], bool, Any]] = [((), reader.root(), False, value)]
    for steps, branches, required, here in waiting:
        yield steps, branches, required
        kind = kind_of(here)
        for branch in branches:
            if branch.kind != kind:
                continue
            if kind == "object":
                waiting += [
                    ((*steps, name), reader.branches(node), name in branch.required, here[name])
                    for name, node in branch.properties.items()
                    if name in here
                ]
            elif kind == "array" and isinstance(branch.keywords.get("items"), dict):
                items = reader.branches(branch.keywords["items"])
                waiting += [((*steps, n), items, False, item) for n, item in enumerate(here[:3])]


def _ways(branches: tuple[Branch, ...], *, required: bool) -> tuple[tuple[str, Any], ...]:
    """How such a place can be spoilt: label and value. Empty where it takes anything and may be missing."""
    return tuple(_each_way(branches, required=required))


def _each_way(branches: tuple[Branch, ...], *, required: bool) -> Iterator[tuple[str, Any]]:
    if required:
        yield "is missing", _REMOVED
    kinds = {branch.kind for branch in branches}
    if "any" in kinds:
        return
    for label, value in _WRONG:
        kind = kind_of(value)
        if kind not in kinds and not (kind == "integer" and "number" in kinds):
            yield f"is {label}", value
    for branch in branches:
        if "format" in branch.keywords:
            yield f"is no {branch.keywords['format']}", f"not-a-{branch.keywords['format']}"
        most = branch.keywords.get("maxLength")
        if most is not None:
            yield f"has {most + 1} characters", "x" * (most + 1)
        for edge, sign in (("minimum", -1), ("maximum", 1)):
            if edge in branch.keywords:
                yield f"is beyond its {edge}", branch.keywords[edge] + sign


def _put(value: Any, steps: Steps, wrong: Any) -> Any:
    """A copy of the value with another thing at that place."""
    if not steps:
        return wrong
    copy = list(value) if isinstance(value, list) else dict(value)
    step: Any = steps[0]
    if len(steps) == 1 and wrong is _REMOVED:
        del copy[step]
    else:
        copy[step] = _put(value[step], steps[1:], wrong)
    return copy
