"""What was seen and what was not: statuses of each operation, and what was not tested, in few lines."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from threadmock.contracts.engine.outcome import StatusCount
from threadmock.specs.text import one_line, printable, shorten

if TYPE_CHECKING:
    from threadmock.contracts.engine.summary import Summary

MOST_LINES = 30
_NAMES = 4
_REASON = 160


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


def compact(summary: "Summary", slug: str) -> Iterator[str]:
    """One line of numbers for the checks of an operation; those that failed by name."""
    rows = summary.table(slug)
    counts = {
        word: sum(tally.verdict == word for tally in rows.values()) for word in ("pass", "FAIL", "unconfirmed", "n/a")
    }
    yield f"  checks:   {', '.join(f'{number} {word}' for word, number in counts.items() if number)}"
    for word in ("FAIL", "unconfirmed"):
        names = [name for name, tally in rows.items() if tally.verdict == word]
        if names:
            yield f"  {word + ':':<9} {', '.join(names)}"


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
    for (reason, among), checks in ordered[:MOST_LINES]:
        where = f"{len(among)} operations" if len(among) > 1 else among[0]
        yield printable(f"  {_few(checks)}: {shorten(one_line(reason), _REASON)} ({where})")
    if len(ordered) > MOST_LINES:
        yield f"  … and {len(ordered) - MOST_LINES} more; --report DIR writes all of them"


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return f"{', '.join(names[:_NAMES])}{more}"
