"""Where cases are sent: the mock in this process, or a URL. Credentials, what may be written, what was created."""

import contextlib
import datetime
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from threadmock.contracts.cases.case import Case
from threadmock.contracts.target.exchange import MOCK_URL, Exchange
from threadmock.contracts.target.foreign import RunMasking
from threadmock.contracts.target.guard import SAFE_METHODS, Guard, writes
from threadmock.contracts.target.ledger import Ledger
from threadmock.contracts.target.run_budget import RUNS_OFF, RunBudget
from threadmock.contracts.target.tags import Tagger, has_tag
from threadmock.contracts.transport.base import Transport
from threadmock.contracts.transport.credentials import Choice, RequestCredentials, credentials_for, has_good_credential
from threadmock.contracts.transport.errors import Dropped, NotSent, TimedOut, TransportError, Unreachable
from threadmock.contracts.transport.http import HttpTransport
from threadmock.contracts.transport.rate import MOST_REFUSALS, Pacer
from threadmock.contracts.transport.redaction import NOTHING_SECRET, Masking
from threadmock.contracts.transport.sockets import Clock
from threadmock.contracts.transport.stream_limits import EVENT_STREAM, FOLLOWING, GLANCE, PLAIN, Stop, shortened
from threadmock.specs.contract import Operation
from threadmock.specs.schemas.formats import system_now
from threadmock.specs.wire.messages import Request, Response, media_type

DEADLINE = 10.0
RUN_DEADLINE = 60.0
"""Seconds for an exchange with an operation that starts, follows or stops runs: an agent takes its time."""
MOST_FOLLOWING = 5.0
"""Seconds for which the streams of threads are followed, in all cases of an operation that leave open how long."""
MOST_UNREACHABLE = 5
MOST_REFUSED = 3


class TargetLost(Unreachable):
    """The target answered before and does not any more, or lets nobody in any more."""


class Target:
    """One place to send cases to.

    name: for people. local: it is this machine. given: lower-case header name to good value, sent with every request.
    given_to: the same for one operation, where operations ask for different ones.
    ledger: None where nobody needs to know what was created. run_budget: how many runs may be started; None for all
    that is asked. guard: what a request may touch; None for anything. pacer: when the next may go; None for at once.
    tagger: the mark of what is created. run_pause: lets so many seconds of its runs pass.
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
        given_to: Callable[[Operation], Mapping[str, str]] | None = None,
        masking: Masking = NOTHING_SECRET,
        ledger: Ledger | None = None,
        run_budget: RunBudget | None = None,
        guard: Guard | None = None,
        pacer: Pacer | None = None,
        tagger: Tagger | None = None,
        deadline: float = DEADLINE,
        clock: Clock = time.perf_counter,
        now: Callable[[], datetime.datetime] = system_now,
        run_pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.transport = transport
        self.name = name
        self.base_url = base_url
        self.writable = writable
        self.local = local
        self.masking = masking
        self.ledger = ledger
        self.run_budget = run_budget
        self.guard = guard
        self.pacer = pacer
        self.tagger = tagger
        self.given = dict(given or {})
        self._given_to = given_to or (lambda _: self.given)
        self.run_pause = run_pause
        self._deadline = deadline
        self._clock = clock
        self._now = now
        self._unreachable = 0
        self._followed: dict[Operation, float] = {}
        self._accepted_before, self._refused_in_a_row = False, 0
        self._cut: dict[Operation, int] = {}
        self._known_credentials: dict[tuple[Operation, Choice], tuple[RequestCredentials, bool]] = {}

    def refusal(self, operation: Operation) -> str:
        """Why no request to an operation is sent here; "" where some may be."""
        if self.guard is not None and (reason := self.guard.refusal(operation)):
            return f"not sent, {reason}"
        return RUNS_OFF if self.run_budget is not None and self.run_budget.forbids(operation) else ""

    def show(self, texts: Iterable[str]) -> None:
        """Keep texts in what is written about the run, although they stand in things that it did not make."""
        if isinstance(self.masking, RunMasking) and self.masking.foreign:
            self.masking.foreign.allow(filter(None, texts))

    def exchange(self, case: Case) -> Exchange:
        """Send a case and wait for the response.

        NotSent where it was not sent; OwnershipError where it would touch what is not this run's; TargetLost where the
        target was unreachable several times in a row, or lets us in no more.
        """
        if self.tagger is not None:
            case = self.tagger.tagged(case)
        credentials, wrong_known = self._credentials(case.operation, case.credentials)
        request = credentials.apply(case.request, keep_own=case.intent == "invalid")
        sent = self._allowed(case, request, planned=case.part == "scenario")
        self._note_credentials_refused(case, sent.response)
        return replace(sent, wrong_credentials_known=wrong_known)

    def send_prepared(self, case: Case) -> Exchange:
        """Send the request of a case as it is, credentials and all. Raises what `exchange` does but OwnershipError."""
        return self._allowed(case, case.request, planned=False)

    def ask_nowhere(self, operation: Operation, request: Request) -> Response | None:
        """The response to a request on a path that no document has, with credentials as for an operation.

        None where none came. Forbidden where it may not be sent.
        """
        request = self._credentials(operation, "good")[0].apply(request, keep_own=False)
        if self.guard is not None:
            self.guard.check(request, planned=False)
        if self.pacer is not None:
            self.pacer.wait(reading=True)
        try:
            return self.transport.send(request, deadline=self._deadline)
        except TransportError:
            return None

    def _allowed(self, case: Case, request: Request, *, planned: bool) -> Exchange:
        """The exchange, where the request may be sent; once more where the target asked to be left alone."""
        if self.guard is not None:
            self.guard.check(request, planned=planned)
        sent = self._counted(case, request)
        response = sent.response
        if response is not None and self.pacer is not None and self.pacer.note_refusal(response):
            # 429 says that the request was not carried out (RFC 6585, 4); 503 does not.
            if response.status == 429 or request.method in SAFE_METHODS:
                with contextlib.suppress(NotSent):
                    sent = self._counted(case, request)
                if sent.response is not None and sent.response is not response:
                    self.pacer.note_refusal(sent.response)
            if self.pacer.refused_too_often:
                raise TargetLost(f"{self.name} asked {MOST_REFUSALS} times in a row to be left alone")
        return sent

    def _counted(self, case: Case, request: Request) -> Exchange:
        """The exchange; what may start runs is counted before, and not where the target refused it."""
        if self.run_budget is None:
            return self._send(case, request)
        number = self.run_budget.take(case)
        sent = self._send(case, request)
        self.run_budget.give_back(number, case, sent.response)
        return sent

    def _send(self, case: Case, request: Request) -> Exchange:
        reading = request.method in SAFE_METHODS or not writes(case.operation)
        if self.pacer is not None:
            self.pacer.wait(reading=reading)
        number = self.ledger.intend(case.operation, request, tagged=has_tag(case)) if self.ledger else ""
        deadline = max(self._deadline, RUN_DEADLINE) if case.operation.rule.run else self._deadline
        deadline = case.stop.deadline or deadline
        response, problem, timed_out, inconclusive, unreachable = None, "", False, "", False
        sent_at = self._now()
        start = self._clock()
        try:
            response = self.transport.send(request, deadline=deadline, stop=self._stop_of(case))
            self._unreachable = 0
            self._note_cut(case, response)
        except Unreachable as error:
            problem, unreachable = str(error), True
            self._count_unreachable(problem)
        except Dropped as error:
            problem = inconclusive = str(error)
        except TransportError as error:
            problem, timed_out = str(error), isinstance(error, TimedOut)
        elapsed = self._clock() - start
        if _follows_on(case) and response is not None and response.cut:
            self._followed[case.operation] = self._followed.get(case.operation, 0.0) + elapsed
        received_at = self._now()
        if self.pacer is not None and not reading:
            self.pacer.written()
        if self.ledger is not None and response is not None:
            self.ledger.note(case.operation, request, response, number)
        if isinstance(self.masking, RunMasking) and self.masking.foreign and response is not None:
            body = response.body if isinstance(response.body, bytes) else None
            self.masking.foreign.note(case.operation, request, body)
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

    def _stop_of(self, case: Case) -> Stop:
        """When to stop reading: the stream of a thread does not end by itself, and hundreds of cases would add up.

        Others are read for less time where those before them never ended.
        """
        if case.stop is not PLAIN:
            return case.stop
        if not _follows_on(case):
            return shortened(PLAIN, self._cut.get(case.operation, 0))
        return FOLLOWING if self._followed.get(case.operation, 0.0) < MOST_FOLLOWING else GLANCE

    def _note_cut(self, case: Case, response: Response) -> None:
        """Count streams of an operation, one after the other, that were to be read to their end and had none."""
        streamed = media_type(response.headers.get("content-type")) == EVENT_STREAM
        if case.stop is PLAIN and streamed and not _follows_on(case):
            self._cut[case.operation] = self._cut.get(case.operation, 0) + 1 if response.cut else 0

    def _note_credentials_refused(self, case: Case, response: Response | None) -> None:
        """TargetLost where good credentials, accepted before, are refused several times in a row: they have expired."""
        if response is None or (case.intent, case.credentials) != ("valid", "good") or not self.given:
            return
        if response.status != 401:
            self._accepted_before, self._refused_in_a_row = self._accepted_before or 200 <= response.status < 300, 0
            return
        self._refused_in_a_row += 1
        if self._accepted_before and self._refused_in_a_row >= MOST_REFUSED:
            raise TargetLost(
                f"{self.name} answered 401 to {self._refused_in_a_row} requests in a row with credentials that it took"
                " before: they may have run out"
            )

    def probe(self) -> None:
        """Unreachable where nobody listens."""
        if isinstance(self.transport, HttpTransport):
            self.transport.probe(deadline=self._deadline)

    def close(self) -> None:
        """Give back what is held."""
        self.transport.close()

    def _credentials(self, operation: Operation, choice: Choice) -> tuple[RequestCredentials, bool]:
        made = self._known_credentials.get((operation, choice))
        if made is None:
            given = self._given_to(operation)
            made = (credentials_for(operation, given, choice), has_good_credential(operation, given))
            self._known_credentials[operation, choice] = made
        return made

    def _count_unreachable(self, problem: str) -> None:
        self._unreachable += 1
        if self._unreachable >= MOST_UNREACHABLE:
            raise TargetLost(f"{self.name} does not answer any more: {problem}")


def _follows_on(case: Case) -> bool:
    """Whether a case follows a thread, and leaves open for how long."""
    run = case.operation.rule.run
    return case.stop is PLAIN and run is not None and run.follow_thread
