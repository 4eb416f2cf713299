"""Progress: what a person sees while a run goes on, one line for each operation, or one for each item of it."""

from collections import Counter
from collections.abc import Iterator

from threadmock.contracts.checks.own_checks import FAILED
from threadmock.contracts.engine.causes import gather
from threadmock.contracts.engine.outcome import Outcome
from threadmock.contracts.engine.run import Run
from threadmock.contracts.reporting.coverage_table import short_title
from threadmock.specs.text import cut, one_line, printable

_LEAST, _COUNTS = 20, 58
"""Columns: of a name at least, and of what follows it."""


class Progress:
    """The lines of a run as its items end, in whatever order and process.

    verbosity: -1 for no line at all, 0 for one of each operation, 1 for one of each item. width: of the terminal.
    """

    def __init__(self, run: Run, verbosity: int, width: int) -> None:
        self._waiting = Counter(slug for slug, _ in run.items())
        self._names = {operation.slug: short_title(operation) for operation in run.operations}
        self._space = max(_LEAST, min(max(map(len, self._names.values()), default=0), width - _COUNTS))
        self._verbosity = verbosity
        self._width = width
        self._done: dict[str, Outcome] = {}
        self._phases: Counter[str] = Counter()
        self._ended: dict[str, dict[str, None]] = {}

    def add(self, outcome: Outcome) -> Iterator[str]:
        """The lines to be written once an item has ended."""
        if self._verbosity < 0:
            return
        if self._verbosity > 0:
            yield progress(outcome)
            return
        slug = outcome.operation
        self._done.setdefault(slug, Outcome(slug, "")).add(outcome)
        self._phases[slug] += 1
        self._waiting[slug] -= 1
        said = outcome.crash or outcome.gone or outcome.ended
        if said:
            self._ended.setdefault(slug, {})[one_line(said)] = None
        if not self._waiting[slug]:
            yield self._line(slug)

    def rest(self) -> Iterator[str]:
        """The lines of operations of which not all items were performed."""
        for slug in list(self._done):
            yield self._line(slug)

    def _line(self, slug: str) -> str:
        outcome, count = self._done.pop(slug), self._phases[slug]
        name = cut(self._names.get(slug, slug), self._space)
        said = ", ".join(filter(None, (_found(outcome), *self._ended.get(slug, ()))))
        counted = f"{count:3} phases {outcome.exchanges:6,} exchanges {outcome.seconds:6.1f} s"
        line = printable(f"{name:<{self._space}}  {counted}  {said}")
        # what broke is told whole
        return line if outcome.crash or outcome.gone else cut(line, self._width)


def progress(outcome: Outcome) -> str:
    """One item in one line: operation, phase, exchanges, findings."""
    ended = outcome.crash or outcome.gone or outcome.ended
    said = [_found(outcome), one_line(ended)]
    counted = f"{outcome.exchanges:5,} exchanges {outcome.seconds:6.1f} s"
    return printable(f"{outcome.operation}  {outcome.phase:<24} {counted}   {', '.join(filter(None, said))}")


def _found(outcome: Outcome) -> str:
    causes = gather(outcome.findings)
    failures = sum(cause.finding.severity == "failure" for cause in causes)
    unconfirmed = len(causes) - failures
    own = outcome.crash.startswith(FAILED)
    said = [f"{failures} finding{'s' * (failures != 1)}"] if failures else [] if own else ["no finding"]
    said += [f"{unconfirmed} unconfirmed"] if unconfirmed else []
    return ", ".join(said)
