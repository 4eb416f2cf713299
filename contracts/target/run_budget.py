"""Runs may cost money on a real deployment: which requests may start one, and how many of them may still be sent."""

import threading
from collections.abc import Collection, Iterable, Iterator

from threadmock.contracts.cases.case import Case
from threadmock.contracts.cases.request_values import members_of, value_at
from threadmock.contracts.target.guard import SAFE_METHODS
from threadmock.contracts.transport.errors import BudgetSpent, Forbidden, NotSent
from threadmock.contracts.transport.shared import SharedCount
from threadmock.specs.contract import Contract, Operation

RUNS_OFF = "runs may cost money: --allow-runs N"
MOST_DELAY = 30.0
_SHARED = 0.8
"""So much is shared out beforehand; the rest is for scenarios that start a run to have one to ask about."""


def starts_runs(operation: Operation) -> bool:
    """Whether a request to the operation may start a run."""
    return operation.rule.traits.starts_run


class RunBudget:
    """The requests that may still be sent to operations that start runs. Safe to use from several threads.

    limit: so many in the whole run; None for as many as wanted. shared: what several processes have used of it.
    """

    def __init__(self, contract: Contract, limit: int | None = None, *, shared: SharedCount | None = None) -> None:
        self.limit = limit
        self._places: Collection[tuple[str, str]] = frozenset(
            (operation.method, operation.path) for operation in contract.operations if starts_runs(operation)
        )
        self._paths = frozenset(path for _, path in self._places)
        self._documented = frozenset((operation.method, operation.path) for operation in contract.operations)
        self._used = 0
        self._shared = shared
        self._taking = threading.Lock()

    def forbids(self, operation: Operation) -> bool:
        """Whether no request may be sent to the operation at all."""
        return self.limit == 0 and starts_runs(operation)

    def take(self, case: Case) -> None:
        """Note that a case is about to be sent, whatever it is meant to be: a target may take what it should refuse.

        Forbidden where no run may be started; BudgetSpent where as many may have been as were allowed; NotSent where
        the run would begin much too late.
        """
        place = (case.request.method, case.operation.path)
        # a method that nobody documents may do what another one of the path does
        strange = place[1] in self._paths and place not in self._documented and place[0] not in SAFE_METHODS
        if place not in self._places and not strange:
            return
        late = next((delay for delay in _delays(case) if delay > MOST_DELAY), None)
        if late is not None:
            raise NotSent(f"the run would begin only after more than {MOST_DELAY:g} seconds")
        if self.limit is None:
            return
        if self.limit == 0:
            raise Forbidden(RUNS_OFF)
        with self._taking:
            if not (self._shared.take() if self._shared else self._used < self.limit):
                raise BudgetSpent(f"as many runs may have been started as were allowed (--allow-runs {self.limit})")
            self._used += 1

    def covers(self, runs: int) -> bool:
        """Whether so many may still be started."""
        used = self._shared.used if self._shared else self._used
        return self.limit is None or used + runs <= self.limit


def users(contract: Contract, operations: Iterable[Operation]) -> list[Operation]:
    """Those of the operations that start runs, or that are about some which have to be started for them."""
    resources = {operation.rule.resource for operation in contract.operations if starts_runs(operation)}
    return [operation for operation in operations if operation.rule.resource in resources]


def portion(budget: RunBudget | None, spending: Collection[Operation], operation: Operation) -> int | None:
    """What one operation may spend of what all may; None where nothing limits it."""
    if budget is None or budget.limit is None or operation not in spending:
        return None
    return max(1, int(budget.limit * _SHARED) // len(spending))


def _delays(case: Case) -> Iterator[float]:
    run = case.operation.rule.run
    if run is None or run.delay is None:
        return
    bodies = case.value if run.each and isinstance(case.value, list) else [members_of(case)]
    found = [value_at(case.operation, case.request, body, run.delay) for body in bodies]
    yield from (float(value) for value in found if isinstance(value, int | float) and not isinstance(value, bool))
