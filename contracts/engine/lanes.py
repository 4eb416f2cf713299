"""Lanes: where a target's agent takes its time over valid requests, several are under way at once.

Each lane has things of its own, such as a thread: on one thread runs would wait for each other. Requests are prepared,
noted and judged one by one, by who performs the item; only the waiting is shared.
"""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING

from threadmock.contracts.cases.case import Case
from threadmock.contracts.engine.recorder import Recorder
from threadmock.contracts.target.prerequisites import Prerequisites
from threadmock.contracts.transport.errors import BudgetSpent, NotSent

if TYPE_CHECKING:
    from threadmock.contracts.target.exchange import Exchange

LANES = 4
"""So many valid requests at once: enough to hide most of the waiting, few enough for a deployment with one worker."""
SLOW = 0.3
"""Seconds. Where each answer comes sooner, one request after the other is sent."""


class Lanes:
    """Asks what a recorder asks, and does not wait for valid requests whose answers wait for an agent.

    A request that is not of that kind is asked as ever, while others are under way.
    """

    def __init__(self, recorder: Recorder, pool: ThreadPoolExecutor) -> None:
        self._recorder = recorder
        self._pool = pool
        self._free: list[Prerequisites] = []
        self._waiting: dict[Future[Exchange], Prerequisites] = {}

    @property
    def slow(self) -> bool:
        """Whether valid answers of the operation are known to take long."""
        return self._recorder.operation.slug in self._recorder.session.slow

    def takes(self, case: Case) -> bool:
        """Whether a case is to wait in a lane: it may start or follow a run of a target elsewhere."""
        operation, session = self._recorder.operation, self._recorder.session
        traits = operation.rule.traits
        return (
            session.settings.target is not None
            and (traits.starts_run or traits.follows_run)
            and (case.intent, case.credentials, case.standing) == ("valid", "good", "")
        )

    def ask(self, case: Case) -> None:
        """Ask a case, now or in a lane. BudgetSpent where no more may be sent; what can't be sent is noted."""
        if not self.takes(case):
            with self._noted():
                self._recorder.ask(case)
            return
        while self._waiting and len(self._waiting) >= (LANES if self.slow else 1):
            self._take_one()
        lane = self._free.pop() if self._free else self._new_lane()
        with self._noted():
            try:
                prepared = self._recorder.prepare(case, lane)
            except NotSent:
                self._free.append(lane)
                raise
            self._waiting[self._pool.submit(self._recorder.exchange, prepared)] = lane
        if not self.slow:
            self.finish()

    def finish(self) -> None:
        """Wait for all that is under way, and judge it. BudgetSpent, after that, where any was not sent for it."""
        spent: BudgetSpent | None = None
        while self._waiting:
            try:
                self._take_one()
            except BudgetSpent as reason:
                spent = spent or reason
        if spent:
            raise spent

    def _new_lane(self) -> Prerequisites:
        """The first lane, too, is new: scenarios may have left runs that wait on the thread of all others."""
        if self._recorder.operation.rule.traits.only_reads:
            return self._recorder.prerequisites
        return self._recorder.preparation.beside()

    def _take_one(self) -> None:
        done = wait(self._waiting, return_when=FIRST_COMPLETED).done
        future = next(each for each in self._waiting if each in done)
        self._free.append(lane := self._waiting.pop(future))
        with self._noted():
            exchange = future.result()
            self._recorder.note_sent(exchange, lane)
            if exchange.elapsed > SLOW:
                self._recorder.session.slow.add(self._recorder.operation.slug)
            self._recorder.judge(exchange)

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except BudgetSpent:
            raise
        except NotSent as reason:
            self._recorder.left_out(reason)


@contextmanager
def lanes_of(recorder: Recorder) -> Iterator[Lanes]:
    """Lanes for an item. At its end all that is under way has been judged; where an interrupt ends it, answered."""
    with ThreadPoolExecutor(LANES) as pool:
        lanes = Lanes(recorder, pool)
        try:
            yield lanes
        except BudgetSpent:
            lanes.finish()
            raise
        lanes.finish()
