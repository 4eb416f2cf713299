"""Runs may cost money on a real deployment: which requests may start one, and how many of them may still be sent."""

import re
import threading
from collections.abc import Collection, Iterable, Iterator

from threadmock.contracts.cases.case import Case
from threadmock.contracts.cases.request_values import members_of, value_at
from threadmock.contracts.target.guard import SAFE_METHODS
from threadmock.contracts.transport.errors import BudgetSpent, Forbidden, NotSent
from threadmock.contracts.transport.shared import SharedCount
from threadmock.specs.behaviour.observed import observe
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.operations.path_templates import names_in
from threadmock.specs.wire.messages import Response
from threadmock.specs.wire.strictjson import JsonError, parse_json

RUNS_OFF = "runs may cost money: --allow-runs N"
MOST_DELAY = 30.0
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_STARTING = frozenset(
    {"run", "runs", "rerun", "job", "jobs", "cron", "crons", "execute", "execution", "executions", "build", "builds"}
    | {"rebuild", "deploy", "deploys", "deployment", "deployments", "start", "restart", "launch", "launches", "trigger"}
    | {"triggers", "dispatch", "dispatches", "invoke", "invocation", "invocations", "training", "trainings", "batches"}
)
"""Words of paths by which something begins that may cost money, or goes on by itself."""
_UNSURE = frozenset({408, 424, 425, 499})
"""Client errors that do not say that nothing was begun."""


def starts_runs(operation: Operation) -> bool:
    """Whether a request to the operation may start a run: by its rule, or by its name where nobody declared one."""
    return operation.rule.traits.starts_run or (operation.rule.inferred and _sounds_like_a_start(operation))


def _sounds_like_a_start(operation: Operation) -> bool:
    """Whether a path says that a POST, or a PUT on an item, begins something: `/runs`, `/jobs/{id}`, `/x/start`."""
    segments = [segment for segment in operation.path.split("/") if segment]
    if operation.method == "PUT" and segments and names_in(segments[-1]):
        segments.pop()
    if operation.method not in ("POST", "PUT") or not segments or names_in(segments[-1]):
        return False
    words = _WORDS.findall(segments[-1])
    return any(word.lower() in _STARTING for word in words)


class RunBudget:
    """The runs that may still be started. Safe to use from several threads.

    limit: so many in the whole verification; None for as many as wanted. shared: what several processes have used of
    it. A request counts before it is sent, whatever it is meant to be: a target may take what it should refuse. What
    the target refused is given back.
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
        self._most: int | None = None
        self._keep = 0
        self._spent = 0
        self._taking = threading.Lock()

    def forbids(self, operation: Operation) -> bool:
        """Whether no request may be sent to the operation at all."""
        return self.limit == 0 and starts_runs(operation)

    @property
    def used(self) -> int:
        """How many runs were started, as far as is known, by all processes."""
        return self._shared.used if self._shared else self._used

    @property
    def spent(self) -> int:
        """How many of them since `begin`, by this process."""
        return self._spent

    def begin(self, most: int | None = None, *, keep: int = 0) -> None:
        """Begin to count anew what is spent. most: so many at most until it begins again.

        keep: so many of them are not for valid requests: what is to be refused can be sent as long as one is left.
        """
        with self._taking:
            self._most, self._keep, self._spent = most, keep, 0

    def take(self, case: Case) -> int:
        """Note that a case is about to be sent; how many runs it may start.

        Forbidden where no run may be started; BudgetSpent where as many may have been as were allowed; NotSent where
        that is so for valid requests only, and where the run would begin much too late.
        """
        place = (case.request.method, case.operation.path)
        # a method that nobody documents may do what another one of the path does
        strange = place[1] in self._paths and place not in self._documented and place[0] not in SAFE_METHODS
        if place not in self._places and not strange:
            return 0
        late = next((delay for delay in delays(case) if delay > MOST_DELAY), None)
        if late is not None:
            raise NotSent(f"the run would begin only after more than {MOST_DELAY:g} seconds")
        if self.limit == 0:
            raise Forbidden(RUNS_OFF)
        number = _runs_in(case)
        with self._taking:
            most = self._most
            # a scenario asks about what is not there; whether a case may name what it does, a target decides
            valid = case.intent == "valid" and (case.standing, case.part) != ("unknown", "scenario")
            # asked first: what is kept may be taken for a moment, by a request that is about to be refused
            if most is not None and valid and self._keep and self._spent + number > most - self._keep:
                raise NotSent(f"the runs that are planned for valid requests are used up: {most - self._keep}")
            if most is not None and self._spent + number > most:
                raise BudgetSpent(f"the runs that are planned for this are used up: {most} (--allow-runs)")
            if not self._take(number):
                raise BudgetSpent(f"as many runs may have been started as were allowed (--allow-runs {self.limit})")
            self._spent += number
        return number

    def _take(self, number: int) -> bool:
        if self._shared and self.limit is not None:
            return self._shared.take(number)
        enough = self.limit is None or self._used + number <= self.limit
        self._used += number if enough else 0
        return enough

    def give_back(self, number: int, case: Case, response: Response | None) -> None:
        """Count runs as not started, where the response says that the request was refused: no other says so."""
        if not number or response is None or not _was_refused(case, response):
            return
        with self._taking:
            self._spent -= number
            if self._shared and self.limit is not None:
                self._shared.give_back(number)
            else:
                self._used -= number

    def covers(self, runs: int) -> bool:
        """Whether so many may still be started."""
        return self.limit is None or self.used + runs <= self.limit


def _was_refused(case: Case, response: Response) -> bool:
    """Whether a response says that nothing was begun: by its status, or as the rule words a command that failed."""
    run = case.operation.rule.run
    if run is not None and run.commands is not None and 200 <= response.status < 300:
        failed, body = run.commands.failed, response.body
        try:
            return isinstance(body, bytes) and observe(failed, parse_json(body, duplicate_keys="last"), {})
        except JsonError:
            return False
    return 400 <= response.status < 500 and response.status not in _UNSURE


def _runs_in(case: Case) -> int:
    """How many runs a request may start: one, or as many as its list has items."""
    run = case.operation.rule.run
    if run is None or not run.each:
        return 1
    try:
        sent = parse_json(case.request.body, duplicate_keys="last") if case.request.body else None
    except JsonError:
        return 1
    return max(1, len(sent)) if isinstance(sent, list) else 1


def users(contract: Contract, operations: Iterable[Operation]) -> list[Operation]:
    """Those of the operations that start runs, or that are about some which have to be started for them."""
    resources = {operation.rule.resource for operation in contract.operations if starts_runs(operation)}
    return [operation for operation in operations if operation.rule.resource in resources]


def delays(case: Case) -> Iterator[float]:
    """The seconds after which the runs that a request asks for are to begin, where it says so."""
    run = case.operation.rule.run
    if run is None or run.delay is None:
        return
    bodies = case.value if run.each and isinstance(case.value, list) else [members_of(case)]
    found = [value_at(case.operation, case.request, body, run.delay) for body in bodies]
    yield from (float(value) for value in found if isinstance(value, int | float) and not isinstance(value, bool))
