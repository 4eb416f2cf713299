"""Hostile values in every place of a request: whatever is answered, it is no error of the server's own.

One cause, one finding: a value of a family that fails in several places of an operation is reported once.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from threadmock.contracts.cases.case import base_value, case_with_body, full_value
from threadmock.contracts.cases.families import makers
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.checks.situation import beyond_json, refused_by_rule
from threadmock.contracts.generation.hostile_requests import HostileCase, has_places, hostile_cases
from threadmock.contracts.scenarios.scenario import Apart, ask
from threadmock.contracts.target.guard import writes
from threadmock.contracts.transport.errors import BudgetSpent, NotSent
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.errors import SchemaError
from threadmock.specs.members import ABSENT

MOST = 100
_AROUND = 4
"""Plain and full requests before the hostile ones, and a plain one after the last."""
SEVERAL = 3
"""A family that fails in so many places fails, as far as anybody can tell, for one reason; so does a place that fails
with values of so many families."""
_UNAVAILABLE = (503,)
_PART: Final = "coverage"
"""What names something that may be somebody else's is left out by the guard, and no fault of the scenario."""
_JUDGED_HERE = ("no_server_error",)


def takes_values(_: Contract, operation: Operation) -> str:
    """Operations whose requests have a place for a value, and of which a plain request is known."""
    if not has_places(operation):
        return "a request of the operation has no place for a value"
    try:
        base_value(operation)
    except SchemaError:
        return "no valid body is known"
    return ""


def when(operation: Operation) -> Apart:
    """Reads change nothing, and are asked while nothing odd is stored; writes are asked last."""
    return "last" if writes(operation) else "first"


@dataclass
class _Failures:
    """Hostile requests that were answered with a 5xx: one, the smallest, for each status, place and family."""

    found: dict[tuple[int, str, str], Reading] = field(default_factory=dict)

    def add(self, hostile: HostileCase, reading: Reading) -> None:
        """Note a failure."""
        key = (reading.status, hostile.place, hostile.family)
        known = self.found.get(key)
        if known is None or len(reading.request.body) < len(known.request.body):
            self.found[key] = reading

    def tells(self, hostile: HostileCase) -> bool:
        """Whether it is known already what becomes of a hostile request, by others that failed."""
        places = [place for _, place, family in self.found if family == hostile.family]
        families = [family for _, place, family in self.found if place == hostile.place]
        return hostile.place in places or len(places) > SEVERAL or len(families) > SEVERAL

    def findings(self) -> Iterator[Finding]:
        """One for each cause."""
        yield from _findings({key: reading for key, reading in self.found.items() if not beyond_json(reading)})
        yield from _findings({key: reading for key, reading in self.found.items() if beyond_json(reading)})


def _findings(failed: Mapping[tuple[int, str, str], Reading]) -> Iterator[Finding]:
    """One for each cause: what surely is JSON and what readers differ about are told apart."""
    places = Counter((status, place) for status, place, _ in failed)
    families = Counter((status, family) for status, place, family in failed if places[status, place] < SEVERAL)
    causes: dict[tuple[int, str, str], Reading] = {}
    for (status, place, family), reading in failed.items():
        if places[status, place] >= SEVERAL:
            cause = (status, f"values of several kinds in {place}", reading.case.where)
        elif families[status, family] >= SEVERAL:
            cause = (status, f"{family} in any of several places", "")
        else:
            cause = (status, f"{family} in {place}", reading.case.where)
        causes[cause] = min(causes.get(cause, reading), reading, key=lambda each: len(each.request.body))
    for (status, what, where), reading in causes.items():
        yield _finding(reading, f"status {status} to {what}", where)


def run_hostile_values(context: Context, operation: Operation) -> Iterator[Finding]:
    """Plain first: where that fails, nothing can be told apart. Then one hostile value at a time."""
    failures, sent = _Failures(), 0
    try:
        _make_some(context, operation)
        if _fails(context, operation):
            return
        for hostile in hostile_cases(operation, context.choose, _accepted_whole(context, operation)):
            if sent >= MOST - _AROUND:
                break
            if failures.tells(hostile) or (hostile.lasting and not context.local and writes(operation)):
                continue
            try:
                got = ask(context, hostile.case, without=_JUDGED_HERE)
            except BudgetSpent:
                break  # how many there are depends on what is left
            except NotSent:
                continue
            sent += 1
            got.compared()
            if got.status < 500 or got.status in _UNAVAILABLE or refused_by_rule(got):
                continue
            failures.add(hostile, got)
            sent += 1
            if _fails(context, operation) or (hostile.lasting and writes(operation)):
                # The server is not what it was: of what fails now, this request is the reason.
                break
    finally:
        yield from failures.findings()


def _accepted_whole(context: Context, operation: Operation) -> Any:
    """A body with everything in it, where that is accepted; ABSENT where it is not."""
    try:
        value = full_value(operation)
        whole = case_with_body(operation, value, "a full request, before hostile ones", _PART)
        got = ask(context, whole, without=_JUDGED_HERE)
    except BudgetSpent:
        raise
    except (NotSent, SchemaError):
        return ABSENT
    return value if got.accepted else ABSENT


def _make_some(context: Context, operation: Operation) -> None:
    """Create a thing that a list can show: what is wrong with a row shows only where there is one."""
    resource = operation.rule.resource
    if operation.rule.action == "list" and context.prerequisites and makers(context.contract, resource):
        with contextlib.suppress(NotSent):
            context.prerequisites.get(resource, {})


def _fails(context: Context, operation: Operation) -> bool:
    """Whether a plain request is answered with a 5xx."""
    plain = case_with_body(operation, base_value(operation), "a plain request, before and after hostile ones", _PART)
    try:
        return ask(context, plain).status >= 500
    except BudgetSpent:
        raise
    except NotSent:
        return False


def _finding(reading: Reading, got: str, where: str) -> Finding:
    documented = str(reading.status) in reading.operation.replies
    return reading.find(
        "hostile_values",
        "no request makes the server fail, whatever it holds",
        got,
        where=where,
        source="RFC 9110, 15.6",
        evidence="assumed" if documented or beyond_json(reading) else "documented",
        unconditional=True,
    )
