"""Session: what the phases of one run share in one process: settings, target, budgets, and what is known so far."""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from threadmock.contracts import checks
from threadmock.contracts.cases.case import Case, base_value, case_with_body, unwritten
from threadmock.contracts.cases.references import agent_places, undescribed
from threadmock.contracts.checks import Check
from threadmock.contracts.checks.finding import CauseKey
from threadmock.contracts.engine.budget import Budget
from threadmock.contracts.engine.run_plan import READERS, RunPlan, floors, in_order
from threadmock.contracts.engine.service import Service
from threadmock.contracts.generation.coverage import coverage, examples
from threadmock.contracts.options import MAX_EXAMPLES, Settings
from threadmock.contracts.replays.recording import Recording
from threadmock.contracts.scenarios import Scenario
from threadmock.contracts.scenarios import scenarios as known_scenarios
from threadmock.contracts.scenarios.scenario import Apart
from threadmock.contracts.target.accepted_members import AcceptedMembers
from threadmock.contracts.target.agents import ChosenAgent, choose_agent
from threadmock.contracts.target.exchange import Exchange
from threadmock.contracts.target.list_walk import walk
from threadmock.contracts.target.prerequisites import Prerequisites
from threadmock.contracts.target.run_budget import users
from threadmock.contracts.target.target import Target, TargetLost
from threadmock.contracts.target.unknown_route import UnknownRoute
from threadmock.contracts.transport.sockets import Clock
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.errors import SchemaError
from threadmock.specs.operations.path_templates import shape

PREREQUISITES = 0.5
"""Of the exchanges of an operation, so many more may create the things that it names."""
AGENT_PAGES = 20
"""So many pages of agents are looked through."""
EXTRA = 8
"""And so many more: to find an agent, and to create what runs lie in."""
APART = 1 / 6
"""Of the exchanges of an operation, so much at most is set aside for scenarios apart."""
MANY = 24
"""Where more operations are asked, fewer requests are drawn for each, so that these are as many in all, but"""
LEAST_SHARE = 0.4
"""never less than this part of what a single operation gets."""
CONVERSATIONS = 0.5
"""And so much at most for scenarios of runs."""
TIME_APART = 0.35
"""And of the seconds of a run, where they are bounded, for those that come last."""


@dataclass(eq=False)
class Session:
    """All that the items of one process share.

    checks: names that count. own_checks: those of a project, among them. memory: what checks keep from exchange to
    exchange, by operation. known: causes that an earlier item found. waited: seconds that slow answers took, by
    operation. slow: slugs of those whose valid answers wait for an agent. alone: other items happen in other processes.
    accepted_members: which optional members creates take. refused_members: those that were told of, by the slug of the
    create. gone: how the target went away.
    """

    settings: Settings
    contract: Contract
    operations: tuple[Operation, ...]
    checks: frozenset[str]
    target: Target
    own_checks: tuple[Check, ...] = ()
    clock: Clock = time.monotonic
    alone: bool = False
    gone: str = ""
    check_interrupt: Callable[[], None] = lambda: None
    known: set[CauseKey] = field(default_factory=set)
    memory: dict[str, dict[str, Any]] = field(default_factory=dict)
    waited: dict[str, float] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)
    accepted_members: AcceptedMembers = field(default_factory=AcceptedMembers)
    refused_members: set[tuple[str, str]] = field(default_factory=set)
    _budgets: dict[str, Budget] = field(default_factory=dict)
    _preparations: dict[str, "Preparation"] = field(default_factory=dict)
    _applicability: dict[str, dict[str, str]] = field(default_factory=dict)
    _apart: dict[str, Budget] = field(default_factory=dict)
    _conversations: dict[str, Budget] = field(default_factory=dict)
    _until: float | None = field(init=False)
    _until_last: float | None = field(init=False)

    def __post_init__(self) -> None:
        limit, now = self.settings.max_time, self.clock()
        self._until = None if limit is None else now + limit
        waiting = any(self.apart(operation, "last") for operation in self.operations)
        self._until_last = None if limit is None else now + limit * (1 - TIME_APART if waiting else 1)

    def operation(self, slug: str) -> Operation:
        """The selected operation of that slug."""
        return next(operation for operation in self.operations if operation.slug == slug)

    def scenarios(self, operation: Operation) -> dict[str, str]:
        """Scenarios that count: name to the reason why it does not apply, or ""."""
        if operation.slug not in self._applicability:
            reason = self.left_out.get(operation, "")
            self._applicability[operation.slug] = {
                name: reason or scenario.applies(self.contract, operation)
                for name, scenario in known_scenarios.items()
                if name in self.checks
            }
        return self._applicability[operation.slug]

    def inapplicable(self, operation: Operation) -> dict[str, str]:
        """Scenarios that count and can't be asked of the operation: name to the reason."""
        return {name: reason for name, reason in self.scenarios(operation).items() if reason}

    @cached_property
    def known_checks(self) -> dict[str, Check | Scenario]:
        """Every check and scenario by its name, those of a project among them."""
        own = {check.name: check for check in self.own_checks}
        return {**checks.checks, **known_scenarios, **own}

    def apart(self, operation: Operation, when: Apart) -> list[str]:
        """The scenarios that count and can be asked of the operation, before or after all others; "" for the others.

        Those of runs are not among them: see `conversations`.
        """
        found = [name for name, reason in self.scenarios(operation).items() if not reason]
        found = [name for name in found if not known_scenarios[name].runs_of(operation)]
        return [name for name in found if known_scenarios[name].apart(operation) == when]

    @cached_property
    def conversations(self) -> list[tuple[Operation, Scenario]]:
        """The scenarios of runs that count and can be asked, what tells most first."""
        found = ((each, name) for each in self.asked for name, reason in self.scenarios(each).items() if not reason)
        known = ((each, known_scenarios[name]) for each, name in found)
        return in_order((each, scenario) for each, scenario in known if scenario.runs_of(each))

    @cached_property
    def run_plan(self) -> RunPlan | None:
        """How many runs each item may start; None where nothing limits them, or none may be started."""
        budget = self.target.run_budget
        if budget is None or not budget.limit:
            return None
        reserved = floors(self.conversations, users(self.contract, self.asked))
        return RunPlan(budget.limit, reserved, alone=self.alone)

    @property
    def over(self) -> bool:
        """Whether the seconds of the whole run are over."""
        return self._until is not None and self.clock() >= self._until

    @cached_property
    def left_out(self) -> dict[Operation, str]:
        """Selected operations that are not asked, each with the reason."""
        return left_out(self.operations, self.target)

    @cached_property
    def asked(self) -> list[Operation]:
        """Selected operations that are asked."""
        return [operation for operation in self.operations if operation not in self.left_out]

    @cached_property
    def service(self) -> Service | None:
        """Which operations the target serves; None for the mock in this process, which serves all."""
        return Service(UnknownRoute(self.contract, self.target)) if self.settings.target else None

    @cached_property
    def agent(self) -> ChosenAgent:
        """The agent that requests name. What the target lists is asked for once, before anything is created."""
        chosen = choose_agent(self.contract, self.settings.agent, self._listed)
        places = (place for operation in self.contract.operations for place in agent_places(operation))
        names = (chosen.members.get(member) for place in places for member in place.by)
        self.target.show([chosen.name, *(name for name in names if isinstance(name, str))])
        return chosen

    def _listed(self, listing: Operation) -> list[Any] | None:
        """The things that a list of the target shows; None where there is none."""
        shown = walk(self.target, listing, {}, most=AGENT_PAGES)
        return list(shown.items) if shown.items or shown.whole else None

    def prerequisites(self, operation: Operation) -> "Preparation":
        """Where the things are created that the cases of an operation name."""
        place = operation.slug
        if self.run_plan is not None and operation.rule.traits.only_reads and users(self.contract, [operation]):
            # A run that one of them needs will do for all: they leave it as it is.
            place = READERS
        if place not in self._preparations:
            limit = max(1, int(self.settings.max_requests * PREREQUISITES))
            budget = Budget(limit + EXTRA, 0, self._until, self.clock)
            budget.begin("exploration")
            self._preparations[place] = Preparation(self, place, budget)
        return self._preparations[place]

    def budget(self, operation: Operation) -> Budget:
        """The exchanges of an operation, shared by its phases."""
        if operation.slug not in self._budgets:
            needed = sum(self._reserved(known_scenarios[name]) for name in self.apart(operation, ""))
            cases = sum(1 for _ in coverage_cases(self.contract, operation)) if self.alone else None
            limit = self.settings.max_requests
            limit -= self._set_aside(operation) + self._of_conversations(operation)
            self._budgets[operation.slug] = Budget(max(1, limit), needed, self._until_last, self.clock, cases=cases)
        return self._budgets[operation.slug]

    def is_apart(self, operation: Operation, phase: str) -> bool:
        """Whether a phase is a scenario apart."""
        return phase in (*self.apart(operation, "first"), *self.apart(operation, "last"))

    def budget_apart(self, operation: Operation) -> Budget:
        """The exchanges that are set aside for the scenarios apart of an operation."""
        if operation.slug not in self._apart:
            self._apart[operation.slug] = self._whole(self._set_aside(operation), self._until)
        return self._apart[operation.slug]

    def is_conversation(self, operation: Operation, phase: str) -> bool:
        """Whether a phase is a scenario of runs."""
        return phase in known_scenarios and known_scenarios[phase].runs_of(operation) > 0

    def budget_of_conversations(self, operation: Operation) -> Budget:
        """The exchanges that are set aside for the scenarios of runs of an operation."""
        if operation.slug not in self._conversations:
            needed = sum(scenario.exchanges for each, scenario in self.conversations if each is operation)
            most = min(needed, int(self.settings.max_requests * CONVERSATIONS))
            self._conversations[operation.slug] = self._whole(most, self._until_last)
        return self._conversations[operation.slug]

    def _of_conversations(self, operation: Operation) -> int:
        """What scenarios of runs took, or may take in another process."""
        budget = self.budget_of_conversations(operation)
        return budget.limit if self.alone else budget.spent

    def _whole(self, limit: int, until: float | None) -> Budget:
        budget = Budget(limit, 0, until, self.clock)
        budget.begin("exploration")
        return budget

    def _set_aside(self, operation: Operation) -> int:
        names = [*self.apart(operation, "first"), *self.apart(operation, "last")]
        needed = sum(known_scenarios[name].exchanges for name in names)
        return min(needed, int(self.settings.max_requests * APART * self._share))

    @property
    def examples(self) -> int:
        """How many cases are drawn for an operation at most."""
        given = self.settings.max_examples
        return round(MAX_EXAMPLES * self._share) if given is None else given

    @cached_property
    def _share(self) -> float:
        """What is drawn for each operation, and sent to it that is hostile, where many are asked: they look alike."""
        return min(1.0, max(LEAST_SHARE, MANY / max(1, len(self.asked))))

    @property
    def most(self) -> int:
        """Exchanges of an operation at most, with those that create what it names."""
        return self.settings.max_requests + max(1, int(self.settings.max_requests * PREREQUISITES))

    def _reserved(self, scenario: Scenario) -> int:
        """Exchanges to set aside for a scenario: more where the coverage part goes elsewhere."""
        return scenario.exchanges if self.alone else scenario.reserved


class Preparation:
    """Creates the things that the cases of one operation name, or of several that only read, and counts that.

    Kept from item to item: a key that one of them met lies below a parent that the next one has to name again.
    """

    def __init__(self, session: Session, place: str, budget: Budget) -> None:
        self._session = session
        self._budget = budget
        self.shared = place == READERS
        self.sent = 0
        self.recording = Recording()
        # The word "staging" is part of the seed: another would draw other cases for seeds that people noted.
        seed = f"{session.settings.seed}/{place}/staging"
        self._choose = random.Random(seed)  # noqa: S311 - to be repeated
        self.prerequisites = self.beside()

    def beside(self) -> Prerequisites:
        """A new set of things, of which none is created yet."""
        session, target = self._session, self._session.target
        return Prerequisites(
            session.contract,
            self._send,
            self._choose,
            forbidden=lambda operation: bool(target.refusal(operation)),
            agent=lambda: session.agent,
            accepted=session.accepted_members,
        )

    def _send(self, case: Case) -> Exchange:
        if self._session.gone:
            raise TargetLost(self._session.gone)
        self._budget.spend()
        self.sent += 1
        exchange = self._session.target.exchange(case)
        self.recording.add(exchange, staged=True)
        return exchange


def left_out(operations: Iterable[Operation], target: Target) -> dict[Operation, str]:
    """Operations that are not asked, each with the reason."""
    found = {each: undescribed(each) or _unanswerable(each) or target.refusal(each) for each in operations}
    return {operation: reason for operation, reason in found.items() if reason}


def _unanswerable(operation: Operation) -> str:
    """Why no valid request of an operation can be made, or no answer that conforms; "" where both can."""
    if operation.unanswerable:
        return f"no answer can conform: {operation.unanswerable}"
    try:
        case_with_body(operation, base_value(operation), "plain")
    except SchemaError as error:
        return f"no valid request can be made: {error}"
    reason = unwritten(operation)
    return f"no valid request can be made: {reason}" if reason else ""


def coverage_cases(contract: Contract, operation: Operation) -> Iterator[Case]:
    """Named examples, then the deterministic cases."""
    own = shape(operation.path)
    methods = frozenset(other.method for other in contract.operations if shape(other.path) == own)
    yield from examples(operation)
    yield from coverage(operation, methods=methods)
