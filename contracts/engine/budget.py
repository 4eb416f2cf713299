"""Budget: how many exchanges one operation may take, and until when."""

import threading
from typing import Literal

from threadmock.contracts.transport.errors import BudgetSpent
from threadmock.contracts.transport.sockets import Clock

PhaseKind = Literal["coverage", "scenario", "exploration"]
_KINDS: tuple[PhaseKind, ...] = ("coverage", "scenario", "exploration")
_LEAST_COVERAGE = 0.4
_LEAST_EXPLORATION = 0.1


class Budget:
    """The exchanges of one operation, shared out between kinds of phase. Safe to use from several threads.

    limit: exchanges. scenarios: what all scenarios together may take; they get it where coverage and exploration keep
    their least shares. What one kind leaves over goes to the next; cases: how many coverage has, where its
    leftovers can't be seen because it runs in another process. until: moment of the clock at which all ends, None
    for never.
    """

    def __init__(
        self, limit: int, scenarios: int, until: float | None, clock: Clock, *, cases: int | None = None
    ) -> None:
        self.limit = limit
        for_exploration = int(limit * _LEAST_EXPLORATION)
        coverage = min(max(int(limit * _LEAST_COVERAGE), limit - scenarios - for_exploration, 1), limit)
        last = max(limit - for_exploration, 1)
        if cases is not None:
            coverage = min(coverage, max(cases, 1))
            last = min(last, coverage + scenarios)
        self._ends = (coverage, max(last, coverage), limit)
        self._until = until
        self._clock = clock
        self._spent = 0
        self._ceiling = limit
        self._lock = threading.Lock()

    def begin(self, kind: PhaseKind, *, alone: bool = False) -> None:
        """Start a phase of that kind. alone: the phases before it ran in another process and used all of theirs."""
        position = _KINDS.index(kind)
        self._ceiling = self._ends[position]
        if alone and position:
            self._spent = max(self._spent, self._ends[position - 1])

    @property
    def spent(self) -> int:
        """How many exchanges were taken."""
        return self._spent

    def spend(self) -> None:
        """Take one exchange. BudgetSpent where there is none left, or the time is over."""
        if self._until is not None and self._clock() >= self._until:
            raise BudgetSpent("the time of the run is over (--max-time)")
        with self._lock:
            if self._spent >= self._ceiling:
                raise BudgetSpent("the exchanges of the operation are used up (--max-requests)")
            self._spent += 1
