"""A finding as a person reads it: what is wrong, what was expected, what came, and what to type to see it."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from threadmock.contracts.checks import Check
from threadmock.contracts.checks.check import WEIGHTS
from threadmock.contracts.checks.finding import CaseRecord, Finding
from threadmock.contracts.engine.causes import Cause
from threadmock.contracts.reporting.commands import shell_lines
from threadmock.contracts.scenarios import Scenario
from threadmock.specs.contract import Contract
from threadmock.specs.text import one_line, printable, shorten

WIDTH = 100
_INDENT = "      "
_NAME = 9
_BODY = 100
_FIELD = 240
_LINE = 2000
_FEW = 6
_TOO_LONG = "a curl line too long to show; --report DIR writes it to report.json"
REPEATED = {
    "no": "INTERMITTENT: sent once more, it did not show",
    "undecided": "sent once more, undecided: a request on the way was not sent, or was answered otherwise",
}


@dataclass(frozen=True)
class Names:
    """What findings name, as people know it.

    checks: every check and scenario by name. operations: slug to method and path. creating: slugs of those that create.
    """

    checks: Mapping[str, Check | Scenario]
    operations: Mapping[str, str] = field(default_factory=dict)
    creating: frozenset[str] = frozenset()

    def operation(self, slug: str) -> str:
        """Method and path."""
        return self.operations.get(slug, slug)

    def weight(self, check: str) -> str:
        """How much the findings of a check matter, in words."""
        return WEIGHTS[self.checks[check].weight] if check in self.checks else ""

    def headline(self, cause: Cause) -> str:
        """A cause in one sentence: the operation, and what is wrong with it."""
        known = self.checks.get(cause.finding.check)
        what = (known.headline or f"it does not hold that {known.asserts}") if known else cause.finding.check
        where = f", at {cause.where}" if cause.where else ""
        return one_line(f"{self.operation(cause.finding.operation)}: {what}{where}")


def names_of(checks: Mapping[str, Check | Scenario], contract: Contract) -> Names:
    """The names of a run."""
    creating = frozenset(each.slug for each in contract.operations if each.rule.action == "create")
    return Names(checks, {each.slug: str(each) for each in contract.operations}, creating)


def describe(
    cause: Cause, names: Names, *, width: int = WIDTH, replay: str = "", alike: Sequence[Cause] = ()
) -> list[str]:
    """The lines of one finding.

    width: of the terminal; lines of shell are never wrapped. replay: the line that sends it again. alike: the same
    fault of other operations.
    """
    finding = cause.finding
    title = f"{head(finding)}: {names.headline(cause)}"
    text = textwrap.wrap(title, max(width, 40), subsequent_indent=_INDENT, break_on_hyphens=False)
    for name, value in _fields(cause, names, alike):
        text += _wrapped(name, value, width)
    for name, value in _lines_of_shell(finding, names, replay):
        text.append(f"{_INDENT}{name:<{_NAME}} {one_line(value)}")
    return [printable(line) for line in text]


def head(finding: Finding) -> str:
    """FAIL, or unconfirmed for what rests on an assumption, and the check."""
    return f"{'FAIL' if finding.severity == 'failure' else 'unconfirmed'} {finding.check}"


def _fields(cause: Cause, names: Names, alike: Sequence[Cause]) -> Iterator[tuple[str, str]]:
    finding, case = cause.finding, cause.finding.case
    weight = names.weight(finding.check)
    times = "once" if cause.count == 1 else f"{cause.count:,} times"
    by = f"{finding.evidence}: {finding.source}" if finding.source else finding.evidence
    yield "weight", ", ".join(filter(None, (weight, f"met {times}; {by}")))
    yield "expected", shorten(finding.expected, _FIELD)
    yield "got", shorten(finding.got, _FIELD)
    yield "request", f"{request_line(case)}  ({case_line(case)})"
    yield "answer", answer_line(case)
    if finding.repeated in REPEATED:
        yield "repeated", REPEATED[finding.repeated]
    if len(cause.places) > 1:
        yield "places", few(cause.places)
    if cause.consequences:
        yield "so also", few([_consequence(found, cause, names) for found, _ in cause.consequences])
    if alike:
        yield "also at", few([names.operation(each.finding.operation) for each in alike])


def _consequence(found: Finding, cause: Cause, names: Names) -> str:
    elsewhere = found.operation != cause.finding.operation
    return f"{found.check}{f' of {names.operation(found.operation)}' if elsewhere else ''}"


def case_line(case: CaseRecord) -> str:
    """What the suite meant by a request."""
    last = f", the last of {case.exchanges}" if case.exchanges > 1 else ""
    return one_line(f"{case.label}{f': {case.note}' if case.note else ''}, {case.intent}{last}")


def few(texts: Sequence[str], most: int = _FEW) -> str:
    """The first of several texts, and how many more there are."""
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return f"{', '.join(texts[:most])}{more}"


def _wrapped(name: str, value: str, width: int) -> list[str]:
    """A field in as many lines as it takes."""
    first, next_ = f"{_INDENT}{name:<{_NAME}} ", f"{_INDENT}{'':<{_NAME}} "
    space = max(width - len(first), 20)
    lines = textwrap.wrap(
        one_line(value), space, break_long_words=True, break_on_hyphens=False, drop_whitespace=True
    ) or [""]
    return [(first if number == 0 else next_) + line for number, line in enumerate(lines)]


def _lines_of_shell(finding: Finding, names: Names, replay: str) -> Iterator[tuple[str, str]]:
    if replay:
        yield "replay", replay
    lines = shell_lines(finding, names.creating)
    for line in lines.creates:
        yield "first", line if len(line) <= _LINE else _TOO_LONG
    yield ("then" if lines.creates else "curl"), lines.request if len(lines.request) <= _LINE else _TOO_LONG


def request_line(case: CaseRecord) -> str:
    """Method, URL, and the body in short, with its length."""
    if not case.body_size:
        return f"{case.method} {shorten(case.url, _BODY)} without a body"
    kind = " in base64" if case.body_encoding == "base64" else ""
    return f"{case.method} {shorten(case.url, _BODY)} {case.body_size:,} bytes{kind}: {shorten(case.body, _BODY)}"


def answer_line(case: CaseRecord) -> str:
    """Status, content type, and the body in short."""
    if case.status is None:
        return f"none: {case.problem}"
    return " ".join(filter(None, (str(case.status), case.answer_media, shorten(case.answer, _BODY))))
