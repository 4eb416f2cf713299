"""What a person reads: one line per item while it runs, then the table and the findings."""

import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from threadmock.contracts.checks.finding import CaseRecord, Finding
from threadmock.contracts.checks.own_checks import FAILED
from threadmock.contracts.engine.outcome import Outcome, Tally
from threadmock.contracts.reporting.status_table import compact, status_line, untested_lines
from threadmock.contracts.transport.errors import TRESPASS
from threadmock.specs.text import one_line, printable, shorten

if TYPE_CHECKING:
    from threadmock.contracts.engine.summary import Summary
    from threadmock.specs.contract import Operation

_BODY = 600
_LINE = 2000
_TOO_LONG = "a curl line too long to show; --report DIR writes it to report.json"
_INDENT = "    "
_REPEATED = {
    "no": "INTERMITTENT: sent once more, it did not show",
    "undecided": "sent once more, undecided: a request on the way was not sent, or was answered otherwise",
}
_STOPPED = "Stopped for safety. Where the target returned this id for a new thing, it is wrong; else report this:"
_OWN = "The run is not whole: a check of your own can't be used."
MOST_TABLES = 3
"""So many operations get a row for each check; of more, each gets a few lines."""
MOST_FINDINGS = 60


def progress(outcome: Outcome) -> str:
    """One line: operation, phase, exchanges, findings."""
    failures = len(outcome.failures)
    unconfirmed = len(outcome.causes) - failures
    own = outcome.crash.startswith(FAILED)
    said = [f"{failures} finding{'s' * (failures != 1)}"] if failures else [] if own else ["no finding"]
    said += [f"{unconfirmed} unconfirmed"] if unconfirmed else []
    ended = outcome.crash or outcome.gone or outcome.ended
    said += [one_line(ended)] if ended else []
    counted = f"{outcome.exchanges:5,} exchanges {outcome.seconds:6.1f} s"
    return printable(f"{outcome.operation}  {outcome.phase:<24} {counted}   {', '.join(said)}")


def lines(summary: "Summary") -> Iterator[str]:
    """The whole summary."""
    yield ""
    for operation in summary.operations:
        if operation.slug in summary.outcomes:
            yield from _table(summary, operation)
            yield ""
    findings = summary.findings
    for finding, count in findings[:MOST_FINDINGS]:
        yield from describe(finding, count).splitlines()
        yield ""
    if len(findings) > MOST_FINDINGS:
        yield f"… and {len(findings) - MOST_FINDINGS} more findings; --report DIR writes all of them"
        yield ""
    if len(summary.outcomes) > MOST_TABLES:
        yield from untested_lines(summary)
        yield ""
    yield from _closing(summary)


def _table(summary: "Summary", operation: "Operation") -> Iterator[str]:
    outcome = summary.outcomes[operation.slug]
    staged = f", and {outcome.staged:,} to make what it names" if outcome.staged else ""
    yield printable(f"{operation}  [{operation.slug}]  {outcome.exchanges:,} exchanges{staged}")
    yield f"  {status_line(summary, operation.slug)}"
    if len(summary.outcomes) > MOST_TABLES:
        yield from compact(summary, operation.slug)
    else:
        rows = summary.table(operation.slug)
        width = max(map(len, rows))
        for name, tally in rows.items():
            yield f"  {name:<{width}}  {cell(tally)}"
    for reason, count in outcome.not_sent.items():
        yield printable(f"  {count} cases were not sent: {reason}")
    for reason, count in outcome.inconclusive.items():
        yield printable(f"  {count} exchanges say nothing: {one_line(reason)}")


def cell(tally: Tally) -> str:
    """What a check came to: pass, FAIL, unconfirmed or n/a, with numbers or the commonest reasons."""
    if tally.verdict == "n/a":
        reasons = sorted(tally.not_applicable, key=lambda reason: -tally.not_applicable[reason])
        return f"n/a          {one_line('; '.join(reasons[:2]))}".rstrip()
    numbers = {"FAIL": tally.failed, "unconfirmed": tally.unconfirmed, "pass": tally.passed}
    others = [f"{number:,} {name}" for name, number in numbers.items() if number and name != tally.verdict]
    text = f"{tally.verdict:<12} {numbers[tally.verdict]:,}"
    return f"{text} ({', '.join(others)})" if others else text


def describe(finding: Finding, count: int) -> str:
    """One cause: what was expected and why, what came, the smallest request, and how to send it again."""
    head = "FAIL" if finding.severity == "failure" else "unconfirmed"
    times = f" ({count} times)" if count > 1 else ""
    case = finding.case
    text = [
        f"{head} {finding.check}: {finding.operation}{f' at {one_line(finding.where)}' if finding.where else ''}{times}"
    ]
    text.append(_field("expected", finding.expected))
    text.append(_field("got", finding.got))
    text.append(_field("source", f"{finding.source} ({finding.evidence})" if finding.source else finding.evidence))
    text.append(_field("case", f"{case.label}{f' — {case.note}' if case.note else ''} [{case.part}, {case.intent}]"))
    text.append(_field("request", _request(case)))
    text.append(_field("answer", _answer(case)))
    if case.exchanges > 1:
        text.append(_field("exchanges", f"the last of {case.exchanges}"))
    if finding.repeated in _REPEATED:
        text.append(_field("repeated", _REPEATED[finding.repeated]))
    text.append(_field("again", case.curl if len(case.curl) <= _LINE else _TOO_LONG))
    return printable("\n".join(text))


def _field(name: str, value: str) -> str:
    return textwrap.indent(f"{name + ':':<11}{one_line(value)}", _INDENT)


def _request(case: CaseRecord) -> str:
    if not case.body_size:
        return f"{case.method} {shorten(case.url, _BODY)} without a body"
    kind = " in base64" if case.body_encoding == "base64" else ""
    return f"{case.method} {shorten(case.url, _BODY)} {case.body_size:,} bytes{kind}: {shorten(case.body, _BODY)}"


def _answer(case: CaseRecord) -> str:
    if case.status is None:
        return f"none: {case.problem}"
    return " ".join(filter(None, (str(case.status), case.answer_media, shorten(case.answer, _BODY))))


def _closing(summary: "Summary") -> Iterator[str]:
    for slug, reason in summary.untested.items():
        yield printable(f"NOT TESTED {slug}: {one_line(reason)}")
        if " 401 " in reason or " 403 " in reason:
            yield f"{_INDENT}Give credentials with --header or --header-env."
    for slug, reason in summary.limited.items():
        yield printable(f"NOT TESTED BEYOND UNKNOWN IDS {slug}: {one_line(reason)}")
    for reason in dict.fromkeys(summary.left_out.values()):
        named = ", ".join(operation.slug for operation, why in summary.left_out.items() if why == reason)
        yield printable(f"NOT TESTED, {reason}: {named}")
    if summary.gone:
        yield printable(f"UNREACHABLE {one_line(summary.gone)}")
    broken = Counter(crash.partition(f"{FAILED}: ")[2] for crash in summary.crashes if FAILED in crash)
    if broken:
        yield _OWN
    for text, count in broken.items():
        phases = f"in {count} phases" if count > 1 else "in 1 phase"
        yield printable(summary.masking(f"{_INDENT}check {one_line(text)}, {phases}"))
    for crash in summary.crashes:
        if FAILED not in crash:
            yield _STOPPED if TRESPASS in crash else "threadmock failed; please report this:"
            yield from textwrap.indent(printable(summary.masking(crash)), _INDENT).splitlines()
    yield from summary.cleaned
    if summary.findings and not summary.settings.target:
        yield f"The curl lines work with: {_serve(summary)}"
    unconfirmed = len(summary.findings) - summary.failures
    broke = {slug for slug, outcome in summary.outcomes.items() if outcome.crash}
    tested = len(summary.outcomes.keys() - summary.untested.keys() - summary.limited.keys() - broke)
    yield (
        f"{summary.contract.name} ({summary.contract.layer}) on {summary.target}: {tested} of"
        f" {len(summary.operations)} operations tested, {summary.exchanges:,} exchanges in {summary.seconds:.1f} s,"
        f" {summary.failures} finding{'s' * (summary.failures != 1)},"
        f" {unconfirmed} unconfirmed, seed {summary.settings.seed}"
    )
    if summary.settings.report:
        yield f"Report: {summary.settings.report}"


def _serve(summary: "Summary") -> str:
    settings = summary.settings
    words = ["threadmock serve", settings.provider, f"--seed {settings.seed}"]
    words += [f"--as {settings.layer}"] if settings.layer != "documented" else []
    words += [f"--fault {name}" for name in settings.faults]
    return printable(" ".join(words))
