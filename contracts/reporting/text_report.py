"""What a person reads: progress while it runs, then what was tested and what was found, on about one screen."""

import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from threadmock.contracts.checks.own_checks import FAILED
from threadmock.contracts.engine.causes import Cause
from threadmock.contracts.replays.finding_file import file_stem
from threadmock.contracts.reporting.commands import replay_command
from threadmock.contracts.reporting.coverage_table import (
    compared_lines,
    helpers_lines,
    operation_lines,
    operations_table,
    untested_lines,
)
from threadmock.contracts.reporting.finding_text import WIDTH, describe, head, names_of
from threadmock.contracts.reporting.runs_table import runs_lines
from threadmock.contracts.transport.errors import TRESPASS
from threadmock.specs.text import cut, one_line, printable

if TYPE_CHECKING:
    from threadmock.contracts.engine.summary import Summary

_INDENT = "    "
_STOPPED = "Stopped for safety. Where the target returned this id for a new thing, it is wrong; else report this:"
_OWN = "The run is not whole: a check of your own can't be used."
SCREEN = 50
"""Lines. A summary that is longer has one row for all operations of which nothing is to be said."""
MOST_SHOWN = 10
"""So many kinds of findings are shown in full; of the others, the headlines."""
MOST_FINDINGS = 60


def lines(summary: "Summary", verbosity: int = 0, width: int = WIDTH) -> Iterator[str]:
    """The whole summary.

    verbosity: -1 for the findings alone, 0 for about one screen, 1 for every check of every operation. width: of the
    terminal, in columns.
    """
    yield ""
    found = list(_findings(summary, verbosity, width))
    closing = list(_closing(summary))
    if verbosity > 0:
        for operation in summary.operations:
            if operation.slug in summary.outcomes:
                yield from operation_lines(summary, operation)
                yield ""
        yield from untested_lines(summary)
        yield ""
        yield from (*(runs := list(runs_lines(summary, width, whole=True))), *([""] if runs else []))
    elif verbosity == 0 and summary.outcomes:
        table = list(operations_table(summary, width))
        compared = list(compared_lines(summary, width))
        runs = list(runs_lines(summary, width, whole=False))
        compared += [*helpers_lines(summary, width), *(["", *runs] if runs else [])]
        if summary.causes and len(table) + len(compared) + len(found) + len(closing) + 3 > SCREEN:
            table = list(operations_table(summary, width, clean=False))
        yield from (*table, "", *compared, "")
    yield from found
    yield from closing


def replay_of(summary: "Summary", cause: Cause) -> str:
    """The line that sends a finding again; "" where it was not saved."""
    file = summary.files.get(file_stem(cause.finding))
    folder = summary.settings.report
    return replay_command(folder / file, summary.settings.target) if folder and file else ""


def _findings(summary: "Summary", verbosity: int, width: int) -> Iterator[str]:
    """Each kind of finding once: the same fault of several operations is one kind."""
    kinds: dict[tuple[str, ...], list[Cause]] = {}
    for cause in summary.causes:
        kinds.setdefault(cause.kind, []).append(cause)
    names = names_of(summary.known_checks, summary.contract)
    most = MOST_FINDINGS if verbosity > 0 else MOST_SHOWN
    groups = list(kinds.values())
    for first, *alike in groups[:most]:
        yield from describe(first, names, width=width, replay=replay_of(summary, first), alike=alike)
        yield ""
    for first, *alike in groups[most:MOST_FINDINGS]:
        more = f" (and of {len(alike)} more)" if alike else ""
        yield printable(cut(f"{head(first.finding)}: {names.headline(first)}{more}", width))
    if len(groups) > most:
        unseen = f"; … and {len(groups) - MOST_FINDINGS} more" if len(groups) > MOST_FINDINGS else ""
        yield f"{len(groups) - most} shown by their headlines{unseen}; --report DIR writes all of them"
        yield ""


def _closing(summary: "Summary") -> Iterator[str]:
    yield from _untested(summary)
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
    if summary.causes and not summary.settings.target:
        yield f"The curl lines work with: {_serve(summary)}"
    yield from _inferred(summary)
    unconfirmed = len(summary.causes) - summary.failures
    broke = {slug for slug, outcome in summary.outcomes.items() if outcome.crash}
    tested = len(
        summary.outcomes.keys() - summary.untested.keys() - summary.limited.keys() - summary.partly.keys() - broke
    )
    partly = f" ({len(summary.partly)} more partly)" if summary.partly else ""
    of = f"{tested} of {len(summary.operations)} operations tested{partly}"
    yield (
        f"{summary.contract.name} ({summary.contract.layer}) on {summary.target}: {of},"
        f" {summary.exchanges:,} exchanges in {summary.seconds:.1f} s,"
        f" {summary.failures} finding{'s' * (summary.failures != 1)},"
        f" {unconfirmed} unconfirmed, seed {summary.settings.seed}"
    )
    if summary.settings.report:
        yield f"Report: {summary.settings.report / 'report.html'}"


def _inferred(summary: "Summary") -> Iterator[str]:
    count = sum(operation.rule.inferred for operation in summary.operations)
    if count:
        yield (
            f"{count} of {len(summary.operations)} operations have a rule that nobody declared: it is inferred,"
            " and what departs from it is unconfirmed. `threadmock explain` shows it."
        )


def _untested(summary: "Summary") -> Iterator[str]:
    """Operations that were not tested, or not wholly, with the reasons."""
    for slug, reason in summary.untested.items():
        yield printable(f"NOT TESTED {slug}: {one_line(reason)}")
        unserved = summary.outcomes[slug].unserved
        if not unserved and (" 401 " in reason or " 403 " in reason):
            yield f"{_INDENT}Give credentials with --header or --header-env."
    for slug, reason in summary.partly.items():
        yield printable(f"PARTLY TESTED {slug}: {one_line(reason)}")
    for slug, reason in summary.limited.items():
        yield printable(f"NOT TESTED BEYOND UNKNOWN IDS {slug}: {one_line(reason)}")
    for reason in dict.fromkeys(summary.left_out.values()):
        named = ", ".join(operation.slug for operation, why in summary.left_out.items() if why == reason)
        yield printable(f"NOT TESTED, {reason}: {named}")
    for flawed in summary.contract.left_out:
        yield printable(f"LEFT OUT {flawed}: {one_line(flawed.why)}")


def _serve(summary: "Summary") -> str:
    settings = summary.settings
    words = ["threadmock serve", settings.provider, f"--seed {settings.seed}"]
    words += [f"--as {settings.layer}"] if settings.layer != "documented" else []
    words += [f"--fault {name}" for name in settings.faults]
    return printable(" ".join(words))
