"""Run: the items of one process, performed one by one; and how a run is prepared from its settings."""

import traceback
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from threadmock.contracts import checks, scenarios
from threadmock.contracts.checks import Check
from threadmock.contracts.checks.own_checks import load_checks
from threadmock.contracts.engine.budget import Budget
from threadmock.contracts.engine.interrupts import watched_interrupts
from threadmock.contracts.engine.outcome import Outcome
from threadmock.contracts.engine.phases import COVERAGE, EXPLORATION, kind_of, phases
from threadmock.contracts.engine.recorder import Recorder
from threadmock.contracts.engine.session import Session
from threadmock.contracts.options import Settings
from threadmock.contracts.settings import UsageError, chosen_checks, chosen_operations
from threadmock.contracts.target.ledger_file import LedgerFile
from threadmock.contracts.target.open_target import http_target, mock_target
from threadmock.contracts.target.target import TargetLost
from threadmock.contracts.transport.errors import NotSent, OwnershipError
from threadmock.contracts.transport.header_options import read_headers
from threadmock.contracts.transport.shared import HERE, WorkerPlace
from threadmock.specs.contract import Operation
from threadmock.specs.errors import SpecError
from threadmock.specs.text import shorten

if TYPE_CHECKING:
    from threadmock.contracts.scenarios.scenario import Apart

MOST_TOLD = 2000


class Run(Session):
    """A session whose items can be performed."""

    def items(self) -> Iterator[tuple[str, str]]:
        """Operation slug and phase of every item, in the order in which they are best done.

        Scenarios of runs come first: what they tell is worth most, and runs may be few. Such as can't be paid wait for
        what others leave. Scenarios apart stand before those of all operations, or behind them.
        """
        plan = self.run_plan
        conversations = [(operation.slug, scenario.name) for operation, scenario in self.conversations]
        yield from (item for item in conversations if plan is None or item in plan.paid)
        asked = self.asked
        yield from ((operation.slug, name) for operation in asked for name in self.apart(operation, "first"))
        for operation in asked:
            yield operation.slug, COVERAGE
            yield from ((operation.slug, name) for name in self.apart(operation, ""))
            yield operation.slug, EXPLORATION
        yield from (item for item in conversations if plan is not None and item not in plan.paid)
        makers_last = sorted(asked, key=lambda operation: operation.rule.traits.makes)
        yield from ((operation.slug, name) for operation in makers_last for name in self.apart(operation, "last"))

    def perform(self, slug: str, phase: str) -> Outcome:
        """Do one item. Nothing but an interrupt is raised: what was found before something broke is kept."""
        with watched_interrupts() as self.check_interrupt:
            return self._perform(slug, phase)

    def _perform(self, slug: str, phase: str) -> Outcome:
        operation = self.operation(slug)
        began = self.clock()
        outcome = Outcome(slug, phase, inapplicable=self.inapplicable(operation))
        if self.service is not None and slug in self.service.unserved:
            outcome.ended = outcome.unserved = self.target.masking(self.service.unserved[slug])
            if self.run_plan is not None:
                self.run_plan.skip(operation, phase)
            return outcome
        if not self._begin_runs(operation, outcome):
            return outcome
        try:
            recorder = Recorder(self, operation, self._budget_of(operation, phase), outcome)
            try:
                phases[kind_of(phase)](recorder, phase)
            finally:
                recorder.note_refused_members()
        except (NotSent, SpecError) as reason:
            outcome.ended = self.target.masking(str(reason))
            if self.service is not None and slug in self.service.unserved:
                outcome.unserved = outcome.ended
        except TargetLost as error:
            self.gone = outcome.gone = self.target.masking(str(error))
        except OwnershipError as error:
            outcome.crash = self.target.masking(str(error))
        except Exception as error:  # noqa: BLE001 - a fault of ours; see `crash`
            spot = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {shorten(str(error), MOST_TOLD)} ({spot.filename}, line {spot.lineno})"
            outcome.crash = self.target.masking(text)
        self._end_runs(operation, outcome)
        outcome.seconds = self.clock() - began
        if self.target.ledger is not None:
            masked = (replace(it, identifier=self.target.masking(it.identifier)) for it in self.target.ledger.created)
            outcome.created = dict.fromkeys(masked)
            self.target.ledger.clear()
        self.known |= outcome.causes.keys()
        return outcome

    def _budget_of(self, operation: Operation, phase: str) -> Budget:
        """The exchanges that an item may take, begun."""
        if self.is_conversation(operation, phase):
            return self.budget_of_conversations(operation)
        if self.is_apart(operation, phase):
            return self.budget_apart(operation)
        budget = self.budget(operation)
        budget.begin(kind_of(phase), alone=self.alone)
        return budget

    def _begin_runs(self, operation: Operation, outcome: Outcome) -> bool:
        """Say how many runs an item may start; whether it may begin."""
        plan, budget, phase = self.run_plan, self.target.run_budget, outcome.phase
        if budget is None:
            return True
        if plan is None:
            budget.begin()
            return True
        last = phase in self.apart(operation, "last")
        when: Apart = "last" if last else "first" if self.is_apart(operation, phase) else ""
        share = plan.share(operation, phase, budget.used, when)
        outcome.runs_planned = share.planned
        if share.lack:
            outcome.ended = outcome.unpaid = share.lack
            outcome.tally(phase).not_applicable[share.lack] = 1
            return False
        budget.begin(share.most, keep=share.keep)
        return True

    def _end_runs(self, operation: Operation, outcome: Outcome) -> None:
        budget = self.target.run_budget
        if budget is not None:
            outcome.runs = budget.spent
            budget.begin()
            if self.run_plan is not None:
                self.run_plan.note(operation, outcome.phase, outcome.runs)


def known_checks(own: Iterable[Check] = ()) -> dict[str, str]:
    """Every check and scenario: name to what it asserts. own: checks of a project."""
    found = {check.name: check.asserts for check in (*checks.checks.values(), *own)}
    return found | {name: scenario.asserts for name, scenario in scenarios.scenarios.items()}


def prepare(settings: Settings, *, ledger: LedgerFile | None = None, at: WorkerPlace = HERE) -> Run:
    """A run, ready to perform. SpecError where it can't be done as asked; Unreachable where the host has no address.

    ledger: where what is created on a deployment is noted. at: which of several processes this is.
    """
    contract = settings.contract()
    operations = chosen_operations(contract, settings.operations)
    own = load_checks(settings.checks_from, known_checks())
    chosen = chosen_checks(settings, known_checks(own))
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
    run = Run(settings, contract, operations, chosen, target, own_checks=own, alone=at.alone)
    if operations and not run.asked:
        text = "; ".join(dict.fromkeys(run.left_out.values()))
        raise UsageError(f"Nothing is left to be tested: {text}.", fix="Choose other operations, or allow runs.")
    return run
