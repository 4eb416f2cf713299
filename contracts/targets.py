"""Where cases are sent: the mock in this process, or a URL. Credentials, what may be written, what was made."""

import datetime
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from threadmock.contracts.cases import Case
from threadmock.contracts.credentials import PUBLIC, Choice, Dressing, alter, dressing, invented, known, places
from threadmock.contracts.errors import Forbidden, TimedOut, TransportError, Unreachable
from threadmock.contracts.ledger import Ledger
from threadmock.contracts.masking import NOTHING_SECRET, Masking
from threadmock.contracts.sockets import Clock, addresses, is_loopback
from threadmock.contracts.spending import Purse
from threadmock.contracts.stopping import FOLLOWING, PLAIN, Stop
from threadmock.contracts.transport import Transport, WsgiApp, WsgiTransport
from threadmock.contracts.transport_http import HttpTransport
from threadmock.contracts.urls import TargetError, TargetUrl, read_target
from threadmock.specs.messages import Request, Response
from threadmock.specs.model import Contract, Operation

DEADLINE = 10.0
RUN_DEADLINE = 60.0
"""Seconds for an exchange with an operation that starts, follows or stops runs: an agent takes its time."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MOCK_URL = "http://127.0.0.1:4040"
MOCK_TOKEN = "threadmock"  # noqa: S105 - made up, and told to everybody
MOST_UNREACHABLE = 5


def system_now() -> datetime.datetime:
    """The machine's time, in UTC."""
    return datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True, eq=False)
class Exchange:
    """One case, sent.

    request: as sent, with credentials. response: None where none came that could be judged; problem then says why.
    elapsed: seconds. wrong_credentials_known: a good credential is known, so a "wrong" one really is wrong.
    base_url and masking: for what is written about it. timed_out: the deadline passed before the whole answer came.
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


class Gone(Unreachable):
    """The target answered before and does not any more."""


class Target:
    """One place to send cases to.

    name: for people. local: it is this machine. given: lower-case header name to value, sent with every request.
    ledger: None where nobody needs to know what was made. purse: what may be spent on runs; None for all that is asked.
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
        self._given = dict(given or {})
        self._deadline = deadline
        self._clock = clock
        self._now = now
        self._unreachable = 0
        self._dressings: dict[tuple[Operation, Choice], tuple[Dressing, bool]] = {}

    def exchange(self, case: Case) -> Exchange:
        """Send a case and wait for the answer.

        NotSent where it was not sent; Gone where the target was unreachable several times in a row.
        """
        if not self.writable and case.request.method not in SAFE_METHODS:
            raise Forbidden(f"{case.request.method} may write, and writing is not allowed on {self.name}")
        if not self.local and _is_unasked(case):
            raise Forbidden(f"an undocumented {case.request.method} is tried on this machine only")
        dressing_, wrong_known = self._dressing(case.operation, case.credentials)
        request = dressing_.dress(case.request, keep_own=case.intent == "invalid")
        if self.purse is not None:
            self.purse.take(case)
        deadline = max(self._deadline, RUN_DEADLINE) if case.operation.rule.run else self._deadline
        response, problem, timed_out = None, "", False
        sent_at = self._now()
        start = self._clock()
        try:
            response = self.transport.send(request, deadline=deadline, stop=_stop_of(case))
            self._unreachable = 0
        except Unreachable as error:
            problem = str(error)
            self._count_unreachable(problem)
        except TransportError as error:
            problem, timed_out = str(error), isinstance(error, TimedOut)
        elapsed = self._clock() - start
        received_at = self._now()
        if self.ledger is not None and response is not None:
            self.ledger.note(case.operation, request.method, response)
        return Exchange(
            case,
            request,
            response,
            problem,
            elapsed,
            sent_at,
            received_at,
            wrong_known,
            self.base_url,
            self.masking,
            timed_out,
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
            made = (dressing(operation, self._given, choice), known(operation, self._given))
            self._dressings[operation, choice] = made
        return made

    def _count_unreachable(self, problem: str) -> None:
        self._unreachable += 1
        if self._unreachable >= MOST_UNREACHABLE:
            raise Gone(f"{self.name} does not answer any more: {problem}")


def _stop_of(case: Case) -> Stop:
    run = case.operation.rule.run
    return FOLLOWING if case.stop is PLAIN and run and run.follow_thread else case.stop


def _is_unasked(case: Case) -> bool:
    """Whether nobody knows what the request would do: a method that may write, and that is not documented."""
    return case.request.method not in (*SAFE_METHODS, case.operation.method)


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
) -> Target:
    """A deployment.

    headers: sent with every request, any case. operations: those to be asked, else all. allow_runs: how many requests
    may be sent that may start a run.

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
    return Target(
        transport,
        base.text,
        base_url=base.text,
        writable=local or allow_writes,
        local=local,
        given=given,
        masking=secrets_of(contract, given),
        ledger=Ledger(),
        purse=Purse(contract, allow_runs),
        deadline=deadline,
    )


def _refuse_writes(base: TargetUrl, operations: Iterable[Operation]) -> None:
    writing = [str(operation) for operation in operations if operation.method not in SAFE_METHODS]
    if writing:
        raise TargetError(
            f"{base.text} is not this machine, and {', '.join(writing)} would write to it.",
            fix="Add --allow-writes if that is meant, or choose others with --operations.",
        )


def secrets_of(contract: Contract, given: Mapping[str, str]) -> Masking:
    """A masking of all values given: good, altered, cut short, in other case. Headers that are never secret stay."""
    named = {place.name.lower() for operation in contract.operations for place in places(operation, given)}
    secret = [value for name, value in given.items() if name not in PUBLIC or name in named]
    crumbs = [part.partition("=")[2] for part in given.get("cookie", "").split(";")]
    values = [value for value in (*secret, *crumbs) if value.strip()]
    hidden = frozenset(name for name in given if name not in PUBLIC or name in named) | {"authorization", "cookie"}
    broken = [spoilt for value in values for spoilt in (value[:-1], _swapped(value))]
    return Masking((*values, *map(alter, values), *broken), hidden if values else frozenset())


def _swapped(value: str) -> str:
    head, blank, token = value.rpartition(" ")
    return head + blank + token.swapcase()


def read_headers(
    headers: Iterable[str], from_environment: Iterable[str], environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Lower-case header name to value, of `Name: value` and `Name=VARIABLE` options.

    TargetError where one can't be read; the message holds no value.
    """
    environ = os.environ if environ is None else environ
    made: dict[str, str] = {}
    for text in headers:
        name, colon, value = text.partition(":")
        if not colon:
            raise TargetError("A header has no colon.", fix="Write --header 'Name: value'.")
        made[_header_name(name)] = _header_value(name, value)
    for text in from_environment:
        name, equals, variable = text.partition("=")
        if not equals or not variable:
            raise TargetError("A header from the environment has no '='.", fix="Write --header-env 'Name=VARIABLE'.")
        if variable not in environ:
            raise TargetError(f"The environment has no variable {variable!r}.", fix=f"Set it, for {name!r}.")
        made[_header_name(name)] = _header_value(name, environ[variable])
    return made


def _header_name(name: str) -> str:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name.strip()):
        raise TargetError("A header's name holds characters that no name can.", fix="Write --header 'Name: value'.")
    return name.strip().lower()


def _header_value(name: str, value: str) -> str:
    if not re.fullmatch("[\t\x20-\x7e\x80-\xff]*", value.strip(" \t")):
        raise TargetError(f"The value of the header {name.strip()!r} holds characters that no header can carry.")
    return value.strip(" \t")


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
    from threadmock.mockserver.app import served  # noqa: PLC0415
    from threadmock.mockserver.fault_table import find_faults  # noqa: PLC0415
    from threadmock.mockserver.faults import planted  # noqa: PLC0415
    from threadmock.mockserver.gateway import Gateway  # noqa: PLC0415
    from threadmock.mockserver.runs.agenda import Runs  # noqa: PLC0415
    from threadmock.mockserver.runs.timing import JumpingTimer  # noqa: PLC0415
    from threadmock.mockserver.world import World  # noqa: PLC0415

    runs = Runs(timer=JumpingTimer())
    world = World(seed, auth=MOCK_TOKEN, faults=planted(find_faults(faults)), runs=runs)
    return served(Gateway([contract], world))
