"""Where cases are sent: the mock in this process, or a URL. Credentials, what may be written, what was made."""

import datetime
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from threadmock.contracts.cases.case import Case
from threadmock.contracts.target.guard import SAFE_METHODS, Guard, writes
from threadmock.contracts.target.ledger import Ledger
from threadmock.contracts.target.ledger_file import LedgerFile
from threadmock.contracts.target.run_budget import Purse
from threadmock.contracts.target.tags import Tagger, carries
from threadmock.contracts.transport.base import Transport, WsgiApp, WsgiTransport
from threadmock.contracts.transport.credentials import Choice, Dressing, dressing, invented, known
from threadmock.contracts.transport.errors import Dropped, NotSent, TimedOut, TransportError, Unreachable
from threadmock.contracts.transport.header_options import secrets_of
from threadmock.contracts.transport.http import HttpTransport
from threadmock.contracts.transport.rate import AWAY, MOST_STORMS, Pacer
from threadmock.contracts.transport.redaction import NOTHING_SECRET, Masking
from threadmock.contracts.transport.shared import HERE, RUNS, Place, SharedCount, SharedRate
from threadmock.contracts.transport.sockets import Clock, addresses, is_loopback
from threadmock.contracts.transport.stream_limits import FOLLOWING, PLAIN, Stop
from threadmock.contracts.transport.urls import TargetError, TargetUrl, read_target
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.wire.messages import Request, Response

DEADLINE = 10.0
RUN_DEADLINE = 60.0
"""Seconds for an exchange with an operation that starts, follows or stops runs: an agent takes its time."""
MOCK_URL = "http://127.0.0.1:4040"
MOCK_TOKEN = "threadmock"  # noqa: S105 - made up, and told to everybody
MOST_UNREACHABLE = 5
MOST_LOCKED = 3


def system_now() -> datetime.datetime:
    """The machine's time, in UTC."""
    return datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True, eq=False)
class Exchange:
    """One case, sent.

    request: as sent, with credentials. response: None where none came that could be judged; problem then says why.
    elapsed: seconds. wrong_credentials_known: a good credential is known, so a "wrong" one really is wrong.
    base_url and masking: for what is written about it. timed_out: the deadline passed before the whole answer came.
    inconclusive: why nothing can be said of the target, though no answer came; "" where something can.
    unreachable: nobody was there.
    """

    case: Case
    request: Request
    response: Response | None
    problem: str
    elapsed: float
    sent_at: datetime.datetime
    received_at: datetime.datetime
    wrong_credentials_known: bool = False
    base_url: str = MOCK_URL
    masking: Masking = NOTHING_SECRET
    timed_out: bool = False
    inconclusive: str = ""
    unreachable: bool = False

    @property
    def nothing_said(self) -> str:
        """Why the exchange says nothing of the operation, whatever was asked; "" where it does."""
        status = self.response.status if self.response else 0
        return self.inconclusive or (f"status {status}: the target asked to be left alone" if status in AWAY else "")


class Gone(Unreachable):
    """The target answered before and does not any more, or lets nobody in any more."""


class Target:
    """One place to send cases to.

    name: for people. local: it is this machine. given: lower-case header name to good value, sent with every request.
    ledger: None where nobody needs to know what was made. purse: what may be spent on runs; None for all that is asked.
    guard: what a request may touch; None for anything. pacer: when the next may go; None for at once. tagger: the mark
    of what is made.
    """

    def __init__(  # noqa: PLR0913 - the outside, injected by name
        self,
        transport: Transport,
        name: str,
        *,
        base_url: str = MOCK_URL,
        writable: bool = True,
        local: bool = True,
        given: Mapping[str, str] | None = None,
        masking: Masking = NOTHING_SECRET,
        ledger: Ledger | None = None,
        purse: Purse | None = None,
        guard: Guard | None = None,
        pacer: Pacer | None = None,
        tagger: Tagger | None = None,
        deadline: float = DEADLINE,
        clock: Clock = time.perf_counter,
        now: Callable[[], datetime.datetime] = system_now,
    ) -> None:
        self.transport = transport
        self.name = name
        self.base_url = base_url
        self.writable = writable
        self.local = local
        self.masking = masking
        self.ledger = ledger
        self.purse = purse
        self.guard = guard
        self.pacer = pacer
        self.tagger = tagger
        self.given = dict(given or {})
        self._deadline = deadline
        self._clock = clock
        self._now = now
        self._unreachable = 0
        self._let_in, self._locked = False, 0
        self._dressings: dict[tuple[Operation, Choice], tuple[Dressing, bool]] = {}

    def exchange(self, case: Case) -> Exchange:
        """Send a case and wait for the answer.

        NotSent where it was not sent; Trespass where it would touch what is not this run's; Gone where the target was
        unreachable several times in a row, or lets us in no more.
        """
        if self.tagger is not None:
            case = self.tagger.tagged(case)
        dressing_, wrong_known = self._dressing(case.operation, case.credentials)
        request = dressing_.dress(case.request, keep_own=case.intent == "invalid")
        sent = self._allowed(case, request, planned=case.part == "scenario")
        self._watch_the_door(case, sent.response)
        return replace(sent, wrong_credentials_known=wrong_known)

    def carry(self, case: Case) -> Exchange:
        """Send the request of a case as it is, credentials and all. Raises what `exchange` does, never Trespass."""
        return self._allowed(case, case.request, planned=False)

    def _allowed(self, case: Case, request: Request, *, planned: bool) -> Exchange:
        """The exchange, where the request may be sent; once more where the target asked to be left alone."""
        if self.guard is not None:
            self.guard.check(request, planned=planned)
        if self.purse is not None:
            self.purse.take(case)
        sent = self._send(case, request)
        response = sent.response
        if response is not None and self.pacer is not None and self.pacer.heed(response):
            # 429 says that the request was not carried out (RFC 6585, 4); 503 does not.
            if (response.status == 429 or request.method in SAFE_METHODS) and self._affords(case):
                sent = self._send(case, request)
                if sent.response is not None:
                    self.pacer.heed(sent.response)
            if self.pacer.stormy:
                raise Gone(f"{self.name} asked {MOST_STORMS} times in a row to be left alone")
        return sent

    def _affords(self, case: Case) -> bool:
        """Whether the request may be sent once more: one that may start a run counts each time."""
        try:
            if self.purse is not None:
                self.purse.take(case)
        except NotSent:
            return False
        return True

    def _send(self, case: Case, request: Request) -> Exchange:
        reading = request.method in SAFE_METHODS or not writes(case.operation)
        if self.pacer is not None:
            self.pacer.wait(reading=reading)
        number = self.ledger.intend(case.operation, request, tagged=carries(case)) if self.ledger else ""
        deadline = max(self._deadline, RUN_DEADLINE) if case.operation.rule.run else self._deadline
        response, problem, timed_out, inconclusive, unreachable = None, "", False, "", False
        sent_at = self._now()
        start = self._clock()
        try:
            response = self.transport.send(request, deadline=deadline, stop=_stop_of(case))
            self._unreachable = 0
        except Unreachable as error:
            problem, unreachable = str(error), True
            self._count_unreachable(problem)
        except Dropped as error:
            problem = inconclusive = str(error)
        except TransportError as error:
            problem, timed_out = str(error), isinstance(error, TimedOut)
        elapsed = self._clock() - start
        received_at = self._now()
        if self.pacer is not None and not reading:
            self.pacer.written()
        if self.ledger is not None and response is not None:
            self.ledger.note(case.operation, request, response, number)
        return Exchange(
            case,
            request,
            response,
            problem,
            elapsed,
            sent_at,
            received_at,
            base_url=self.base_url,
            masking=self.masking,
            timed_out=timed_out,
            inconclusive=inconclusive,
            unreachable=unreachable,
        )

    def _watch_the_door(self, case: Case, response: Response | None) -> None:
        """Gone where good credentials, which were taken before, are refused again and again: they have run out."""
        if response is None or (case.intent, case.credentials) != ("valid", "good") or not self.given:
            return
        if response.status != 401:
            self._let_in, self._locked = self._let_in or 200 <= response.status < 300, 0
            return
        self._locked += 1
        if self._let_in and self._locked >= MOST_LOCKED:
            raise Gone(
                f"{self.name} answered 401 to {self._locked} requests in a row with credentials that it took before:"
                " they may have run out"
            )

    def probe(self) -> None:
        """Unreachable where nobody listens."""
        if isinstance(self.transport, HttpTransport):
            self.transport.probe(deadline=self._deadline)

    def close(self) -> None:
        """Give back what is held."""
        self.transport.close()

    def _dressing(self, operation: Operation, choice: Choice) -> tuple[Dressing, bool]:
        made = self._dressings.get((operation, choice))
        if made is None:
            made = (dressing(operation, self.given, choice), known(operation, self.given))
            self._dressings[operation, choice] = made
        return made

    def _count_unreachable(self, problem: str) -> None:
        self._unreachable += 1
        if self._unreachable >= MOST_UNREACHABLE:
            raise Gone(f"{self.name} does not answer any more: {problem}")


def _stop_of(case: Case) -> Stop:
    run = case.operation.rule.run
    return FOLLOWING if case.stop is PLAIN and run and run.follow_thread else case.stop


def http_target(  # noqa: PLR0913 - options, by name
    contract: Contract,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    allow_writes: bool = False,
    allow_runs: int = 0,
    ca_file: str | None = None,
    operations: Sequence[Operation] | None = None,
    deadline: float = DEADLINE,
    rate: float | None = None,
    settle: float = 0.0,
    at: Place = HERE,
    ledger: LedgerFile | None = None,
) -> Target:
    """A deployment.

    headers: sent with every request, any case. operations: those to be asked, else all. allow_runs: how many requests
    may be sent that may start a run. rate: requests a second. settle: see Pacer. at: the processes that keep to both
    together. ledger: where it is written what is made.

    TargetError where URL, headers or CA file can't be used, or the operations would write to what is not this machine
    and allow_writes was not given. Unreachable where the host has no address.
    """
    base = read_target(url)
    given = {name.lower(): value for name, value in (headers or {}).items()}
    chosen = contract.operations if operations is None else operations
    local = all(is_loopback(str(address[4][0])) for address in addresses(base.host, base.port))
    if not (local or allow_writes):
        _refuse_writes(base, chosen)
    try:
        transport = HttpTransport(base, ca_file=ca_file, loopback_only=local)
    except OSError as error:
        raise TargetError(f"The CA file {ca_file!r} can't be used: {error}.", fix="Give a PEM file.") from None
    together = SharedRate(at.folder, rate or math.inf) if at.folder and at.workers > 1 else None
    masking = secrets_of(contract, given)
    kept, writable = Ledger(ledger, masking=masking), local or allow_writes
    return Target(
        transport,
        base.text,
        base_url=base.text,
        writable=writable,
        local=local,
        given=given,
        masking=masking,
        ledger=kept,
        purse=Purse(contract, allow_runs, shared=SharedCount(at.folder / RUNS, allow_runs) if at.folder else None),
        guard=Guard(contract, kept, local=local, writable=writable, name=base.text),
        pacer=Pacer(rate, shared=together, settle=settle),
        tagger=Tagger(ledger.tag) if ledger and ledger.tag else None,
        deadline=deadline,
    )


def _refuse_writes(base: TargetUrl, operations: Iterable[Operation]) -> None:
    writing = [str(operation) for operation in operations if writes(operation)]
    if writing:
        raise TargetError(
            f"{base.text} is not this machine, and {', '.join(writing)} would write to it.",
            fix="Add --allow-writes if that is meant, or choose others with --operations.",
        )


def mock_target(contract: Contract, seed: int, *, faults: Sequence[str] = (), allow_runs: int | None = None) -> Target:
    """The mock of this contract, in this process, with these faults planted.

    UnknownName where there is no such fault. It takes one made-up token and no other, so that absent and wrong
    credentials are refused.
    """
    given: dict[str, str] = {}
    for operation in contract.operations:
        given |= invented(operation, MOCK_TOKEN)
    transport = WsgiTransport(_mock_app(contract, seed, tuple(faults)))
    return Target(transport, "the mock in this process", given=given, purse=Purse(contract, allow_runs))


def _mock_app(contract: Contract, seed: int, faults: tuple[str, ...]) -> WsgiApp:
    # only who asks for the mock loads it
    from threadmock.mockserver.agents.scheduler import Runs  # noqa: PLC0415
    from threadmock.mockserver.agents.timer import JumpingTimer  # noqa: PLC0415
    from threadmock.mockserver.fault_points import planted  # noqa: PLC0415
    from threadmock.mockserver.faults.table import find_faults  # noqa: PLC0415
    from threadmock.mockserver.pipeline.gateway import Gateway  # noqa: PLC0415
    from threadmock.mockserver.server.app import served  # noqa: PLC0415
    from threadmock.mockserver.world import World  # noqa: PLC0415

    runs = Runs(timer=JumpingTimer())
    world = World(seed, auth=MOCK_TOKEN, faults=planted(find_faults(faults)), runs=runs)
    return served(Gateway([contract], world))
