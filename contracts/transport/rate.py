"""Manners: so many requests a second, a pause where the target asks for one, and one before what was written is read.

A pause is bounded, whatever was asked for; what the target says while it wants to be left alone is no finding.
"""

import datetime
import email.utils
import re
import threading
import time
from collections.abc import Callable

from threadmock.contracts.transport.shared import SharedRate
from threadmock.contracts.transport.sockets import Clock
from threadmock.specs.wire.messages import Response

MOST_PAUSE = 30.0
FIRST_PAUSE = 1.0
MOST_REFUSALS = 5
UNAVAILABLE = frozenset({429, 503})
"""Statuses that say nothing of the operation: too many requests, and away for a while."""


class Pacer:
    """Lets requests go one after the other. Safe to use from several threads.

    rate: requests a second, of all threads together; None for as fast as they come. now: for dates in Retry-After.
    shared: in its place the rate of several processes, which waits for a turn among all of them. settle: seconds that
    a write may take to show; a read waits until so many have passed since the last write was answered.
    """

    def __init__(  # noqa: PLR0913 - options, by name
        self,
        rate: float | None = None,
        *,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.UTC),
        shared: SharedRate | None = None,
        settle: float = 0.0,
    ) -> None:
        self._gap = 0.0 if rate is None else 1.0 / rate
        self._clock = clock
        self._sleep = sleep
        self._now = now
        self._shared = shared
        self._settle = settle
        self._settled = 0.0
        self._next = 0.0
        self._storms = 0
        self._lock = threading.Lock()

    def wait(self, *, reading: bool = False) -> None:
        """Wait until the next request may go. reading: it shows what was written before."""
        if reading and self._settle and (unsettled := self._settled - self._clock()) > 0:
            self._sleep(unsettled)
        if self._shared is not None:
            self._shared.take()
            return
        with self._lock:
            moment = self._clock()
            turn = max(moment, self._next)
            self._next = turn + self._gap
            pause = turn - moment
        if pause > 0:
            self._sleep(pause)

    def written(self) -> None:
        """Note that a write was answered just now."""
        if self._settle:
            self._settled = self._clock() + self._settle

    def note_refusal(self, response: Response) -> bool:
        """Whether the target asks to be left alone; the next request then waits as long as that, within bounds."""
        if response.status not in UNAVAILABLE:
            self._storms = 0
            return False
        with self._lock:
            self._storms += 1
            asked = seconds_asked(response.headers.get("retry-after"), self._now())
            pause = FIRST_PAUSE * 2 ** min(self._storms - 1, 5) if asked is None else asked
            pause = min(max(pause, 0.0), MOST_PAUSE)
            if self._shared is not None:
                self._shared.hold_back(pause)
            else:
                self._next = max(self._next, self._clock() + pause)
        return True

    @property
    def refused_too_often(self) -> bool:
        """Whether the target asked so often in a row that it is better left alone."""
        return self._storms >= MOST_REFUSALS


def seconds_asked(value: str | None, now: datetime.datetime) -> float | None:
    """The seconds of a Retry-After header (RFC 9110, 10.2.3), 0 for one that is over; None where it says nothing."""
    text = (value or "").strip()
    if re.fullmatch(r"-?\d{1,15}(\.\d{0,9})?", text):
        return max(0.0, float(text))
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return max(0.0, (moment - now).total_seconds())
