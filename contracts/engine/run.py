"""Run: the settings, the target and what is known so far, in one process; its phases are the items of the suite."""

import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from threadmock.contracts import checks, scenarios
from threadmock.contracts.cases.case import Case
from threadmock.contracts.cases.references import untold
from threadmock.contracts.checks.finding import Key
from threadmock.contracts.engine.budget import Budget, Kind
from threadmock.contracts.engine.interrupts import heeding
from threadmock.contracts.engine.outcome import Outcome
from threadmock.contracts.engine.recorder import Recorder, Staging
from threadmock.contracts.generation import coverage
from threadmock.contracts.settings import Settings, UsageError, chosen_checks, chosen_operations
from threadmock.contracts.target.ledger_file import LedgerFile
from threadmock.contracts.target.open_target import http_target, mock_target
from threadmock.contracts.target.run_budget import RUNS_OFF, Purse, portion, starts_runs, users
from threadmock.contracts.target.target import Gone, Target
from threadmock.contracts.text import shorten
from threadmock.contracts.transport.errors import BudgetSpent, NotSent, Trespass
from threadmock.contracts.transport.header_options import read_headers
from threadmock.contracts.transport.shared import HERE, Place
from threadmock.contracts.transport.sockets import Clock
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.errors import SpecError

COVERAGE, EXPLORATION = "coverage", "exploration"
MOST_TOLD = 2000
STAGING = 0.5
"""Of the exchanges of an operation, so many beside them may make the things that it names."""
AROUND = 8
"""And so many more: to find an agent, and to make what runs lie in."""


def _needed(scenario: scenarios.Scenario, *, alone: bool) -> int:
    """Exchanges to set aside for a scenario; alone: the coverage part goes elsewhere."""
    return scenario.exchanges if alone else scenario.reserved


@dataclass(eq=False)
class Run:
    """All that the items of one process share.

    checks: names that count. memory: what checks keep from exchange to exchange, by operation. known: causes that an
    earlier item found. waited: seconds that slow answers took, by operation. alone: other items of this run happen in
    other processes. gone: how the target went away.
    """

    settings: Settings
    contract: Contract
    operations: tuple[Operation, ...]
    checks: frozenset[str]
    target: Target
    clock: Clock = time.monotonic
    alone: bool = False
    gone: str = ""
    heed: Callable[[], None] = lambda: None
    known: set[Key] = field(default_factory=set)
    memory: dict[str, dict[str, Any]] = field(default_factory=dict)
    waited: dict[str, float] = field(default_factory=dict)
    _budgets: dict[str, Budget] = field(default_factory=dict)
    _stages: dict[str, "Staging"] = field(default_factory=dict)
    _until: float | None = field(init=False)

    def __post_init__(self) -> None:
        limit = self.settings.max_time
        self._until = None if limit is None else self.clock() + limit

    def items(self) -> Iterator[tuple[str, str]]:
        """Operation slug and phase of every item, in the order in which they are best done."""
        for operation in self.operations:
            if operation in self.left_out:
                continue
            yield operation.slug, COVERAGE
            yield from ((operation.slug, name) for name, reason in self.scenarios(operation).items() if not reason)
            yield operation.slug, EXPLORATION

    def scenarios(self, operation: Operation) -> dict[str, str]:
        """Scenarios that count: name to the reason why it does not apply, or ""."""
        return {
            name: scenario.applies(self.contract, operation)
            for name, scenario in scenarios.scenarios.items()
            if name in self.checks
        }

    def operation(self, slug: str) -> Operation:
        """The selected operation of that slug."""
        return next(operation for operation in self.operations if operation.slug == slug)

    def perform(self, slug: str, phase: str) -> Outcome:
        """Do one item. Nothing but an interrupt is raised: what was found before something broke is kept."""
        with heeding() as self.heed:
            return self._perform(slug, phase)

    def _perform(self, slug: str, phase: str) -> Outcome:
        operation = self.operation(slug)
        began = self.clock()
        outcome = Outcome(slug, phase)
        try:
            budget = self._budget(operation)
            budget.begin(kind_of(phase), alone=self.alone)
            phases[kind_of(phase)](Recorder(self, operation, budget, outcome), phase)
        except (NotSent, SpecError) as reason:
            outcome.ended = str(reason)
        except Gone as error:
            self.gone = outcome.gone = self.target.masking(str(error))
        except Trespass as error:
            outcome.crash = self.target.masking(str(error))
        except Exception as error:  # noqa: BLE001 - a fault of ours; see `crash`
            spot = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {shorten(str(error), MOST_TOLD)} ({spot.filename}, line {spot.lineno})"
            outcome.crash = self.target.masking(text)
        outcome.seconds = self.clock() - began
        if self.target.ledger is not None:
            masked = (replace(it, identifier=self.target.masking(it.identifier)) for it in self.target.ledger.created)
            outcome.created = dict.fromkeys(masked)
            self.target.ledger.clear()
        self.known |= outcome.causes.keys()
        return outcome

    @property
    def over(self) -> bool:
        """Whether the seconds of the whole run are."""
        return self._until is not None and self.clock() >= self._until

    @cached_property
    def left_out(self) -> dict[Operation, str]:
        """Selected operations that are not asked, each with the reason."""
        return left_out(self.operations, self.target.purse)

    def staging(self, operation: Operation) -> "Staging":
        """Where the things are made that the cases of an operation name."""
        if operation.slug not in self._stages:
            limit, option = self._limit(operation, max(1, int(self.settings.max_requests * STAGING)))
            budget = Budget(limit + AROUND, 0, self._until, self.clock, option=option)
            budget.begin("exploration")
            self._stages[operation.slug] = Staging(self, operation, budget)
        return self._stages[operation.slug]

    def _limit(self, operation: Operation, limit: int) -> tuple[int, str]:
        """Exchanges of an operation, fewer where each has its share of what may be spent on runs; by which option."""
        share = portion(self.target.purse, users(self.contract, self.operations), operation)
        return (limit, "--max-requests") if share is None or share >= limit else (share, "--allow-runs")

    def most(self, operation: Operation) -> int:
        """Exchanges of an operation at most, with those that make what it names."""
        return self._limit(operation, limit := self.settings.max_requests)[0] + max(1, int(limit * STAGING))

    def _budget(self, operation: Operation) -> Budget:
        if operation.slug not in self._budgets:
            applying = [name for name, reason in self.scenarios(operation).items() if not reason]
            needed = sum(_needed(scenarios.scenarios[name], alone=self.alone) for name in applying)
            cases = sum(1 for _ in coverage_cases(self.contract, operation)) if self.alone else None
            limit, option = self.settings.max_requests, "--max-requests"
            if starts_runs(operation):
                limit, option = self._limit(operation, limit)
            self._budgets[operation.slug] = Budget(limit, needed, self._until, self.clock, cases=cases, option=option)
        return self._budgets[operation.slug]


def kind_of(phase: str) -> Kind:
    """The kind of a phase: a scenario is named by itself."""
    return "coverage" if phase == COVERAGE else "exploration" if phase == EXPLORATION else "scenario"


def coverage_cases(contract: Contract, operation: Operation) -> Iterator[Case]:
    """Named examples, then the deterministic cases."""
    methods = frozenset(other.method for other in contract.operations if other.path == operation.path)
    yield from coverage.examples(operation)
    yield from coverage.coverage(operation, methods=methods)


def _coverage(recorder: Recorder, _: str) -> None:
    for case in coverage_cases(recorder.run.contract, recorder.operation):
        try:
            recorder.ask(case)
        except BudgetSpent:
            raise
        except NotSent as reason:
            recorder.left_out(reason)


def _exploration(recorder: Recorder, _: str) -> None:
    from threadmock.contracts.engine.exploration import explore  # noqa: PLC0415 - Hypothesis takes time to load

    explore(recorder, recorder.run.settings.max_examples, recorder.run.known)


def _scenario(recorder: Recorder, name: str) -> None:
    scenario = scenarios.scenarios[name]
    tally = recorder.outcome.tally(name)
    try:
        for finding in scenario.run(recorder.context, recorder.operation):
            recorder.note([finding])
    except NotSent as reason:
        tally.not_applicable[str(reason)] = 1
        raise
    if not (tally.failed or tally.unconfirmed):
        tally.passed += 1


phases: Mapping[Kind, Callable[[Recorder, str], None]] = {
    "coverage": _coverage,
    "scenario": _scenario,
    "exploration": _exploration,
}


def known_checks() -> dict[str, str]:
    """Every check and scenario: name to what it asserts."""
    found = {name: check.asserts for name, check in checks.checks.items()}
    return found | {name: scenario.asserts for name, scenario in scenarios.scenarios.items()}


def left_out(operations: Iterable[Operation], purse: Purse | None) -> dict[Operation, str]:
    """Operations that are not asked, each with the reason."""
    found = {operation: untold(operation) for operation in operations}
    barred = purse.bars if purse else lambda _: False
    return {operation: reason or RUNS_OFF for operation, reason in found.items() if reason or barred(operation)}


def prepare(settings: Settings, *, ledger: LedgerFile | None = None, at: Place = HERE) -> Run:
    """A run, ready to perform. SpecError where it can't be done as asked; Unreachable where the host has no address.

    ledger: where what is made on a deployment is noted. at: which of several processes this is.
    """
    contract = settings.contract()
    operations = chosen_operations(contract, settings.operations)
    chosen = chosen_checks(settings, known_checks())
    if settings.target is None:
        target = mock_target(contract, settings.seed, faults=settings.faults, allow_runs=settings.allow_runs)
    else:
        target = http_target(
            contract,
            settings.target,
            headers=read_headers(settings.headers, settings.header_env, commands=settings.header_command),
            # A plan sends nothing.
            allow_writes=settings.allow_writes or settings.dry_run,
            allow_runs=settings.allow_runs or 0,
            ca_file=settings.ca_file,
            operations=operations,
            rate=settings.rate,
            settle=settings.settle,
            at=at,
            ledger=ledger,
        )
    reasons = left_out(operations, target.purse)
    if operations and len(reasons) == len(operations):
        told = "; ".join(dict.fromkeys(reasons.values()))
        raise UsageError(f"Nothing is left to be tested: {told}.", fix="Choose other operations, or allow runs.")
    return Run(settings, contract, operations, chosen, target, alone=at.alone)
