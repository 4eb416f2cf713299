"""What an operation's deterministic cases are made from, and how a probe becomes one: by the validators' word."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from threadmock.contracts.cases.body_places import BodyPlace, places
from threadmock.contracts.cases.branch_evidence import choice_evidence
from threadmock.contracts.cases.case import (
    Case,
    Intent,
    base_value,
    build_request,
    chosen_key,
    full_value,
    key_member,
    linked_members,
    referring_members,
)
from threadmock.contracts.cases.fresh_keys import fresh_key
from threadmock.contracts.cases.references import body_schema
from threadmock.contracts.generation.boundaries import Probe
from threadmock.specs.contract import Operation
from threadmock.specs.evidence import Evidence, weakest, weakness
from threadmock.specs.schemas.validation import Checker, checker
from threadmock.specs.wire.strictjson import JsonError, dump_json, parse_json


@dataclass(frozen=True, eq=False)
class CoverageBasis:
    """One operation with its sample values. base, full: ABSENT where it has no JSON body.

    fresh: gives a key that nobody has used. methods: those documented on the operation's path.
    linked, referring: as in `cases`. key: the member that chooses the key.
    """

    operation: Operation
    judge: Checker | None
    base: Any
    full: Any
    fresh: Callable[[], str]
    methods: frozenset[str]
    places: tuple[BodyPlace, ...]
    key: str | None
    linked: dict[str, str] = field(default_factory=dict)
    referring: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    @property
    def filled_body(self) -> dict[str, Any]:
        """A valid body object with something in it, to be spoilt; it names no key and so creates nothing known."""
        found = self.base or self.full
        return found if isinstance(found, dict) else {}


def prepare(operation: Operation, fresh: Callable[[], str] = fresh_key, methods: Collection[str] = ()) -> CoverageBasis:
    """The grounds of an operation. SchemaError where no valid body can be made."""
    schema = body_schema(operation)
    return CoverageBasis(
        operation,
        checker(schema) if schema else None,
        base_value(operation),
        full_value(operation),
        fresh,
        frozenset({operation.method, *methods}),
        tuple(places(operation)),
        key_member(operation),
        linked_members(operation),
        referring_members(operation),
    )


def rekeyed(grounds: CoverageBasis, value: Any) -> Any:
    """The value with a fresh key, where it holds the sample one because its schema requires a key."""
    key, base = grounds.key, grounds.base
    if key is None or not isinstance(value, dict) or not isinstance(base, dict) or key not in base:
        return value
    return {**value, key: chosen_key(grounds.operation, grounds.fresh)} if value.get(key) == base[key] else value


def needed_elsewhere(operation: Operation) -> frozenset[str]:
    """Parameters that name a thing which must exist, so that nobody can say whether a drawn value is accepted."""
    sources = (needed.source for needed in operation.rule.requires if not (needed.agent and needed.resource))
    return frozenset(source.steps[0] for source in sources if source.place != "body")


def verdict(grounds: CoverageBasis, value: Any) -> Intent | None:
    """What both validators say of the bytes that would be sent: valid, invalid, or None where they differ."""
    if grounds.judge is None:
        return "valid"
    try:
        sent = parse_json(dump_json(value))
    except JsonError:
        return None
    if grounds.judge.accepted(sent):
        return "valid"
    return "invalid" if grounds.judge.refused(sent) else None


def refusal_evidence(grounds: CoverageBasis, value: Any) -> Evidence:
    """The best evidence for refusing a value: one documented violation is enough."""
    violations = grounds.judge.violations(value) if grounds.judge else []
    return min((v.evidence for v in violations), key=weakness.__getitem__, default="documented")


def body_case(
    grounds: CoverageBasis, value: Any, label: str, where: str = "", evidence: Evidence = "documented"
) -> Case | None:
    """The case of a JSON body, valid or invalid by the validators' word; None where they differ."""
    value = rekeyed(grounds, value)
    intent = verdict(grounds, value)
    if intent is None:
        return None
    if intent == "invalid":
        evidence = weakest(evidence, refusal_evidence(grounds, value))
    elif grounds.judge:
        evidence = weakest(evidence, choice_evidence(grounds.judge.schema, value))
    request = build_request(grounds.operation, value)
    return Case(grounds.operation, request, intent, label, "coverage", value, evidence=evidence, where=where)


def probe_case(grounds: CoverageBasis, place: BodyPlace, probe: Probe) -> Case | None:
    """A probe in its place. None where it is no case: an unknown reference, a broken link, a form let pass."""
    lenient = {leniency.what for leniency in grounds.operation.rule.lenient}
    if probe.uuid_form and "uuid_forms" in lenient:
        return None
    top = place.steps[0] if place.steps else None
    if top == grounds.key and place.level == 1 and probe.value == "" and "empty_key" in lenient:
        return None
    evidence = probe.evidence
    if probe.value is None and "any" in place.kinds():
        # Whether "any value" includes null was disputed (OpenAPI 3.0.3, 4.7.24.1).
        evidence = "assumed"
    made = body_case(grounds, place.put(probe.value), f"{place.title} {probe.label}", place.pointer, evidence)
    if made is None or made.intent == "invalid":
        return made
    if top in grounds.linked or top == grounds.key:
        return None
    return made if top not in grounds.referring or probe.value in grounds.referring[top] else None


def present(cases: Iterator[Case | None]) -> Iterator[Case]:
    """The cases that are cases."""
    return (case for case in cases if case is not None)


def without(value: Any, name: str) -> Any:
    """An object without one member."""
    return {k: v for k, v in value.items() if k != name}


def top_members(grounds: CoverageBasis) -> list[BodyPlace]:
    """The declared members of the body."""
    return [place for place in grounds.places if place.level == 1 and isinstance(place.steps[0], str)]
