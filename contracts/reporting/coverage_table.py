"""What was tested, in few lines: what the checks of each operation came to, and how often each compared something."""

import textwrap
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING

from threadmock.contracts.engine.outcome import StatusCount, Tally
from threadmock.specs.contract import Operation
from threadmock.specs.operations.path_templates import shape
from threadmock.specs.text import cut, one_line, printable, shorten

if TYPE_CHECKING:
    from threadmock.contracts.engine.summary import Summary

MOST_REASONS = 30
_NAMES = 4
_REASON = 160
_COLUMNS = ("pass", "fail", "unc.")
_ONE_COLUMN = 12
"""So many operations at most are listed in one column."""
_MOST_NEVER = 12
_GAP = "  "


def operations_table(summary: "Summary", width: int, *, clean: bool = True) -> Iterator[str]:
    """A row for each operation that was asked: how many of its checks passed, failed, and are unconfirmed.

    In two columns where there are many and the width allows. clean: without it, operations of which no check failed or
    is unconfirmed are one row.
    """
    rows = [
        (short_title(each), _verdicts(summary, each)) for each in summary.operations if each.slug in summary.outcomes
    ]
    if not clean:
        shown = [row for row in rows if row[1][1] or row[1][2]]
        others = [row for row in rows if row not in shown]
        total = sum(numbers[0] for _, numbers in others)
        rows = [*shown, (f"{len(others)} other operations", (total, 0, 0))] if others else shown
    if not rows:
        return
    sizes = [max(len(title), 4) for title in _COLUMNS]
    widest = max(len(name) for name, _ in rows)
    half = (width - len(_GAP) - 2) // 2
    two = len(rows) > _ONE_COLUMN and half >= 44
    space = min(widest, (half if two else width - 2) - sum(sizes) - len(sizes))
    head = f"{'checks that':>{space}}" + "".join(f" {t:>{s}}" for t, s in zip(_COLUMNS, sizes, strict=True))
    texts = [
        f"{cut(name, space):<{space}}" + "".join(f" {n or '-':>{s}}" for n, s in zip(numbers, sizes, strict=True))
        for name, numbers in rows
    ]
    if not two:
        yield from (printable(f"  {line}".rstrip()) for line in (head, *texts))
        return
    left, right = texts[: (len(texts) + 1) // 2], texts[(len(texts) + 1) // 2 :]
    for one, other in zip_longest([head, *left], [head, *right], fillvalue=""):
        yield printable(f"  {one}{_GAP}{other}".rstrip())


def short_title(operation: Operation) -> str:
    """Method and path, without the names of parameters."""
    return f"{operation.method} {shape(operation.path)}"


def _verdicts(summary: "Summary", operation: Operation) -> tuple[int, int, int]:
    verdicts = [tally.verdict for tally in summary.table(operation.slug).values()]
    return verdicts.count("pass"), verdicts.count("FAIL"), verdicts.count("unconfirmed")


def compared_lines(summary: "Summary", width: int) -> Iterator[str]:
    """How often each check compared something, over all operations; those that never did, where they are few."""
    tallies = summary.compared
    counted = [f"{name} {tally.compared:,}" for name, tally in tallies.items() if tally.compared]
    never = [name for name, tally in tallies.items() if not tally.compared]
    yield from _paragraph("Compared:", counted, width)
    if never:
        many = [f"{len(never)} checks; -v names them, and the reasons"]
        yield from _paragraph("Never compared:", never if len(never) <= _MOST_NEVER else many, width)


def helpers_lines(summary: "Summary", width: int) -> Iterator[str]:
    """The operations that scenarios used although they were not selected."""
    used = {slug for operation in summary.operations for slug in summary.helpers(operation.slug)}
    if used:
        yield from _paragraph("With the help of (not selected, so not tested):", map(str, summary.named(used)), width)


def _paragraph(head: str, items: Iterable[str], width: int) -> list[str]:
    """A list in running lines; no item is broken."""
    text = ", ".join(each.replace(" ", "\xa0") for each in items)
    lines = textwrap.wrap(f"{head} {text}", width, subsequent_indent="  ", break_on_hyphens=False)
    return [line.replace("\xa0", " ") for line in lines]


def operation_lines(summary: "Summary", operation: Operation) -> Iterator[str]:
    """One operation in full: its statuses, each check with what it came to, and what was not sent."""
    outcome = summary.outcomes[operation.slug]
    staged = f", and {outcome.staged:,} to make what it names" if outcome.staged else ""
    if outcome.unserved:
        yield printable(f"{operation}  [{operation.slug}]  {one_line(outcome.unserved)}")
        return
    yield printable(f"{operation}  [{operation.slug}]  {outcome.exchanges:,} exchanges{staged}")
    yield f"  {status_line(summary, operation.slug)}"
    if helpers := summary.helpers(operation.slug):
        yield printable(f"  with the help of: {', '.join(map(str, summary.named(helpers)))}")
    rows = summary.table(operation.slug)
    width = max(map(len, rows), default=0)
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


def status_line(summary: "Summary", slug: str) -> str:
    """The documented statuses that were seen and how often, those that never were, and what else came."""
    documented = summary.operation(slug).replies
    seen = summary.statuses(slug)
    parts = [", ".join(_count(status, seen[status]) for status in documented if seen[status].exchanges) or "none"]
    never = [status for status in documented if not seen[status].exchanges]
    others = [_count(status, each) for status, each in seen.items() if status not in documented]
    parts += [f"never seen: {', '.join(never)}"] if never else []
    parts += [f"not documented: {', '.join(others)}"] if others else []
    return f"statuses: {'; '.join(parts)}"


def _count(status: str, seen: StatusCount) -> str:
    return f"{status} ({seen.exchanges:,})"


def untested_lines(summary: "Summary") -> Iterator[str]:
    """What was not tested: checks by reason, each with the operations; the longest list is cut with a count."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for slug, check, reason in summary.not_tested:
        if check:
            grouped.setdefault((reason, check), []).append(slug)
    by_reason: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (reason, check), slugs in grouped.items():
        by_reason.setdefault((reason, tuple(slugs)), []).append(check)
    if not by_reason:
        return
    yield "Not tested, by reason:"
    ordered = sorted(by_reason.items(), key=lambda item: -len(item[0][1]))
    for (reason, among), checks in ordered[:MOST_REASONS]:
        where = f"{len(among)} operations" if len(among) > 1 else among[0]
        yield printable(f"  {_few(checks)}: {shorten(one_line(reason), _REASON)} ({where})")
    if len(ordered) > MOST_REASONS:
        yield f"  … and {len(ordered) - MOST_REASONS} more; --report DIR writes all of them"


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return f"{', '.join(names[:_NAMES])}{more}"
