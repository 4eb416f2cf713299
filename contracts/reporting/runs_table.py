"""What runs were spent on: how many each scenario might start, and how many it did."""

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from threadmock.contracts.engine.run_plan import RunSpending
from threadmock.contracts.reporting.coverage_table import short_title
from threadmock.specs.text import printable

if TYPE_CHECKING:
    from threadmock.contracts.engine.summary import Summary


def runs_lines(summary: "Summary", width: int, *, whole: bool) -> Iterator[str]:
    """The runs that were started of those that were allowed, by operation.

    whole: with every operation; without it, only where runs were too few, and then what was not run for that.
    """
    rows = summary.runs
    short = [row for row in rows if row.reason]
    if summary.runs_allowed is None or not rows or not (whole or short):
        return
    yield f"Runs: {summary.runs_used:,} of {summary.runs_allowed:,} used (--allow-runs). Started, of those planned:"
    others = summary.runs_used - sum(row.spent for row in rows)
    for operation in summary.operations:
        mine = [row for row in rows if row.operation == operation.slug]
        if mine and (whole or any(row.reason for row in mine)):
            yield from _paragraph(short_title(operation), mine, width)
    if not whole and (left := {row.operation for row in rows} - {row.operation for row in short}):
        spent = sum(row.spent for row in rows if row.operation in left)
        yield f"  {len(left)} other operations: {spent:,}, and nothing was left out"
    if others > 0:
        yield f"  before the first item, and sending findings once more: {others:,}"


def _paragraph(name: str, rows: list[RunSpending], width: int) -> Iterator[str]:
    """One operation: what was run, then what was not."""
    run = [_started(row) for row in rows if not row.reason]
    lacking = [f"{row.phase} (needs {row.needs})" for row in rows if row.reason]
    parts = ", ".join(run) + ("; " if run and lacking else "") + ("not run: " if lacking else "") + ", ".join(lacking)
    lines = textwrap.wrap(
        printable(f"  {name}: ") + parts,
        width,
        subsequent_indent="    ",
        break_on_hyphens=False,
        break_long_words=False,
    )
    yield from lines


def _started(row: RunSpending) -> str:
    of = f" of {row.planned}" if row.planned else ""
    return f"{row.phase} {row.spent}{of}"
