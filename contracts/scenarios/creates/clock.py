"""Time goes on: what is created later says so."""

from collections.abc import Iterator
from datetime import timedelta

from threadmock.contracts.cases.case import base_value
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.checks.moments import read_moments
from threadmock.contracts.scenarios.scenario import ask, creates, make_case
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.operations.replies import answer_members

ENOUGH = 2.5
"""Seconds after which also a clock that is read in whole seconds has moved."""


def clock_applies(contract: Contract, operation: Operation) -> str:
    """Creates whose response says when the thing was created."""
    formats = [n.get("format") for n in answer_members(operation).values() if isinstance(n, dict)]
    return creates(contract, operation) or ("" if "date-time" in formats else "the answer holds no time")


def run_clock(context: Context, operation: Operation) -> Iterator[Finding]:
    """Two creates, far enough apart that their times differ: the later one is later."""
    case = make_case(operation, base_value(operation), "one after the other")
    remembered = context.memory.get("first_made")
    first = remembered if isinstance(remembered, Reading) and remembered.operation is operation else ask(context, case)
    later = ask(context, case)
    if _same_times(first, later):
        gap = (later.exchange.sent_at - first.exchange.sent_at).total_seconds()
        if gap < ENOUGH:
            context.pause(ENOUGH - gap)
            later = ask(context, case)
    gap = (later.exchange.sent_at - first.exchange.sent_at).total_seconds()
    before, after = read_moments(first), read_moments(later)
    for name in before.keys() & after.keys():
        if name in first.sent:
            continue
        later.compared()
        if gap >= ENOUGH and first.made[name] == later.made[name]:
            yield _finding(later, name, "stands still from one create to the next")
        elif after[name] < before[name] - timedelta(seconds=1):
            yield _finding(later, name, "goes back from one create to the next")


def _same_times(first: Reading, later: Reading) -> bool:
    return any(first.made.get(name) == later.made.get(name) for name in read_moments(first))


def _finding(reading: Reading, name: str, what: str) -> Finding:
    return reading.find(
        "clock",
        f"{name} of what is made later is later",
        f"{name}: {what}",
        where=f"/{name}",
        source=reading.pointer(name),
        exchanges=2,
    )
