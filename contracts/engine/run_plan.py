"""The plan of runs: which scenarios are paid for first, and what is left for the cases of each operation.

Runs may cost money, so that a verification may start a limited number of them. A whole conversation tells more than a
hundred bodies: scenarios of runs are asked first, and each gets all the runs that it needs, or is not begun.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from threadmock.contracts.scenarios import Scenario
from threadmock.contracts.scenarios.scenario import Apart
from threadmock.contracts.target.run_budget import starts_runs
from threadmock.specs.contract import Operation

CASES = "cases"
"""The name of what an operation is asked besides scenarios of runs."""
READERS = "readers of runs"
"""The name of the operations that share what has to be created for them."""
LEAST = 3
"""Where no more runs are allowed, none is kept for requests that are to be refused."""
_CASES, _AGAIN = 2.5, 5
"""Where cases stand among the priorities of scenarios, and such as were asked of another operation before."""
_COVERAGE, _OTHERS = 0.6, 0.9
"""So much of what an operation's cases get may be gone after its coverage, and after its other scenarios."""
_ALONE = {"coverage": 0.5, "exploration": 0.2}
_REST = 0.3
"""The same where each item runs in a process of its own, and nobody knows what others left; _REST for what is first."""


@dataclass(frozen=True)
class Floor:
    """Runs that are reserved: for a scenario all that it starts, or it is not begun; for cases a few."""

    operation: Operation
    phase: str
    runs: int


@dataclass(frozen=True)
class Share:
    """What an item may start.

    most: so many runs. keep: so many of them are not for valid requests. planned: so many were meant for it. lack: why
    it is not begun; "" where it is.
    """

    most: int
    keep: int = 0
    planned: int = 0
    lack: str = ""


@dataclass(frozen=True)
class RunSpending:
    """The runs of one scenario, or of all else that an operation was asked.

    operation: its slug. phase: the scenario, or CASES. needs: the most that it starts, where it was not begun; reason:
    why.
    """

    operation: str
    phase: str
    planned: int
    spent: int
    needs: int = 0
    reason: str = ""


def in_order(asked: Iterable[tuple[Operation, Scenario]]) -> list[tuple[Operation, Scenario]]:
    """Scenarios of runs: each kind once, by priority, and then again of the other operations that can be asked."""
    seen: dict[object, int] = {}
    numbered: list[tuple[int, int, int, Operation, Scenario]] = []
    for operation, scenario in asked:
        kind = _kind(operation, scenario)
        seen[kind] = seen.get(kind, 0) + 1
        numbered.append((seen[kind], scenario.priority, len(numbered), operation, scenario))
    return [(operation, scenario) for *_, operation, scenario in sorted(numbered, key=lambda each: each[:3])]


def _kind(operation: Operation, scenario: Scenario) -> object:
    """What is the same once more: a conversation is another one where the operation answers in another way."""
    run = operation.rule.run
    ways = operation.rule.action, *(way.how for way in (run.respond if run else ()))
    return scenario.name, ways if scenario.priority == 1 else ()


def floors(asked: Sequence[tuple[Operation, Scenario]], about: Iterable[Operation]) -> Iterator[Floor]:
    """What is reserved, in order: each kind of scenario once, a run for the cases of each operation, and the rest.

    asked: scenarios of runs, in order. about: operations whose cases need runs.
    """
    once: set[object] = set()
    ranks: list[tuple[float, Floor]] = []
    for operation, scenario in asked:
        again = (kind := _kind(operation, scenario)) in once
        once.add(kind)
        rank: float = _AGAIN if again else scenario.priority
        ranks.append((rank, Floor(operation, scenario.name, scenario.runs_of(operation))))
    told = {floor.operation for rank, floor in ranks if rank < _CASES}
    # a scenario tells more of an operation than a body
    for operation in dict.fromkeys(operation for operation, _ in asked if operation not in told):
        first = min((scenario for each, scenario in asked if each is operation), key=lambda each: each.priority)
        moved = Floor(operation, first.name, first.runs_of(operation))
        ranks = [(_CASES if floor == moved else rank, floor) for rank, floor in ranks]
        told.add(operation)
    ranks += [(_CASES, Floor(each, CASES, int(each not in told or not starts_runs(each)))) for each in about]
    yield from (floor for _, floor in sorted(ranks, key=lambda each: each[0]))


class RunPlan:
    """How many runs each item of a verification may start.

    limit: in all. reserved: floors, what tells most first. alone: the items run in several processes.
    One run is kept for requests that are to be refused, of whatever operation: it can't be spent where they are.
    """

    def __init__(self, limit: int, reserved: Iterable[Floor], *, alone: bool = False) -> None:
        self.limit = limit
        self._alone = alone
        floors_ = list(reserved)
        readers = [floor for floor in floors_ if floor.phase == CASES and floor.operation.rule.traits.only_reads]
        self._groups = {floor.operation.slug: READERS for floor in readers} if not alone else {}
        self.floors = tuple(floor for floor in floors_ if alone or floor not in readers[1:])
        self._members = Counter(self._group(floor.operation.slug) for floor in floors_ if floor.phase == CASES)
        self.kept = int(any(starts_runs(floor.operation) for floor in floors_) and limit > LEAST)
        self._waiting = {
            (
                self._group(floor.operation.slug) if floor.phase == CASES else floor.operation.slug,
                floor.phase,
            ): floor.runs
            for floor in self.floors
        }
        self._scenarios = {place for place in self._waiting if place[1] != CASES}
        self._given: dict[str, int] = {}
        self._spent: Counter[str] = Counter()
        paid, self.left = self._reserved(0)
        self.paid = frozenset(paid)

    def place(self, floor: Floor) -> tuple[str, str]:
        """Slug and phase; for operations that share their runs, a name for all of them."""
        slug = floor.operation.slug
        return self._group(slug) if floor.phase == CASES else slug, floor.phase

    def pays(self, floor: Floor) -> bool:
        """Whether what is reserved can be paid from the beginning."""
        return self.place(floor) in self.paid

    @property
    def sharing(self) -> int:
        """How many operations share what is left over."""
        return self._members.total()

    def _group(self, slug: str) -> str:
        """Operations that only read share the runs that are started for them."""
        return self._groups.get(slug, slug)

    def _reserved(self, used: int) -> tuple[list[tuple[str, str]], int]:
        """What can be paid of all that has not begun, in order, and how many runs are left over. used: so far."""
        paid, left = [], self.limit - self.kept - used
        for place, runs in self._waiting.items():
            if runs <= left:
                paid.append(place)
                left -= runs
        return paid, max(0, left)

    def share(self, operation: Operation, phase: str, used: int, apart: Apart = "") -> Share:
        """What an item that is about to begin may start. used: runs so far. apart: when it is asked."""
        slug = operation.slug
        if (slug, phase) in self._waiting:
            return self._of_scenario(slug, phase, used)
        if self._group(slug) not in self._members:
            return Share(self._reserved(used)[1])
        planned = self._given_to(self._group(slug), used)
        if self._alone:
            most = math.ceil(planned * _ALONE.get(phase, _REST))
        elif apart == "last":
            free = self._reserved(used)[1]
            most = free // self._members.total() + (free > 0)
        else:
            most = self._of_cases(slug, phase, planned, first=apart == "first")
        keep = self.kept if starts_runs(operation) else 0
        own = math.ceil(planned / self._members[self._group(slug)])
        return Share(most + keep, keep, own + most if apart == "last" else own)

    def _of_scenario(self, slug: str, phase: str, used: int) -> Share:
        paid, free = (list(self.paid), 0) if self._alone else self._reserved(used)
        needed = self._waiting.pop((slug, phase))
        if (slug, phase) in paid:
            return Share(needed, planned=needed)
        runs = f"{needed} run{'s' * (needed != 1)}"
        lack = f"not run: it needs {runs}, and {free} of {self.limit} are left for it (--allow-runs)"
        return Share(0, planned=needed, lack=lack)

    def _given_to(self, group: str, used: int) -> int:
        """Runs for the cases of an operation, or of those that only read: what is reserved, and a part of the rest."""
        if group not in self._given:
            paid, left = (self.paid, self.left) if self._alone else self._reserved(used)
            waiting = self._members.total() - sum(self._members[each] for each in self._given)
            floor = self._waiting.pop((group, CASES)) if (group, CASES) in paid else 0
            self._waiting.pop((group, CASES), None)
            self._given[group] = floor + left * self._members[group] // (
                self._members.total() if self._alone else waiting
            )
        return self._given[group]

    def _of_cases(self, slug: str, phase: str, planned: int, *, first: bool) -> int:
        group = self._group(slug)
        each = planned / self._members[group]
        part = _REST if first else 1.0 if phase == "exploration" else _OTHERS
        own = (math.ceil(each * _COVERAGE) if phase == "coverage" else int(each * part)) - self._spent[slug]
        return max(0, min(own, planned - (self._spent[group] if group != slug else 0)))

    def skip(self, operation: Operation, phase: str) -> None:
        """Let others have what was reserved for an item that is not begun, whatever the reason."""
        place = operation.slug, phase
        if place in self._scenarios:
            self._waiting.pop(place, None)
        elif self._members[operation.slug] == 1:
            self._waiting.pop((operation.slug, CASES), None)

    def note(self, operation: Operation, phase: str, spent: int) -> None:
        """Note what an item started."""
        if (operation.slug, phase) not in self._scenarios:
            for name in {operation.slug, self._group(operation.slug)}:
                self._spent[name] += spent
