"""Report: what a run brought to light, as an object, as JSON and as text."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from threadmock.contracts.checks.finding import Finding


@dataclass(frozen=True)
class TestedOperation:
    """One selected operation of a run.

    operation: its slug. exchanges: how many requests were sent to it. untested: why nothing can be said of it; "" where
    a valid request was accepted. verdicts: name of each check to pass, FAIL, unconfirmed or n/a.
    """

    __test__ = False  # pytest would take the class for a test

    operation: str
    operation_id: str
    method: str
    path: str
    exchanges: int
    untested: str
    verdicts: Mapping[str, str]


@dataclass(frozen=True)
class NotTested:
    """What was not tested. operation: its slug. check: its name; "" for the whole operation."""

    operation: str
    check: str
    reason: str


@dataclass(frozen=True)
class Report:
    """What a run brought to light.

    findings: one for each cause, failures first, what weighs most before the others. operations: the selected ones.
    not_tested: operations and checks that were not asked, with the reasons. exit_status: as of `threadmock verify`: 0
    conforms; 1 findings, or a selected operation that could not be tested; 2 a check that can't be used; 3 target
    unreachable; 4 a fault of threadmock.
    As text, it is the summary that `threadmock verify` prints.
    """

    findings: tuple[Finding, ...]
    operations: tuple[TestedOperation, ...]
    not_tested: tuple[NotTested, ...]
    exit_status: int
    _document: Mapping[str, Any] = field(repr=False)
    _text: str = field(repr=False)

    def __str__(self) -> str:
        return self._text

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that fail a run: the others rest on an assumption only."""
        return tuple(finding for finding in self.findings if finding.severity == "failure")

    def to_json(self) -> dict[str, Any]:
        """The same document as report.json, which has a schema: `threadmock/contracts/reporting/report.schema.json`."""
        return copy.deepcopy(dict(self._document))


_MEMBERS = frozenset(each.name for each in fields(Finding))


def read_report(document: Mapping[str, Any], text: str) -> Report:
    """The report of that document. text: the summary, for people."""
    return Report(
        tuple(_finding(each) for each in document["findings"]),
        tuple(_operation(each) for each in document["operations"]),
        tuple(NotTested(**each) for each in document["not_tested"]),
        document["exit_status"],
        document,
        text,
    )


def _finding(value: Mapping[str, Any]) -> Finding:
    return Finding.from_json({name: member for name, member in value.items() if name in _MEMBERS})


def _operation(value: Mapping[str, Any]) -> TestedOperation:
    names = ("operation", "operation_id", "method", "path", "exchanges", "untested")
    verdicts = {name: tally["verdict"] for name, tally in value["checks"].items()}
    return TestedOperation(**{name: value[name] for name in names}, verdicts=verdicts)
