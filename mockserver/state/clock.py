"""The time of a mock: moments that never repeat."""

import datetime
import threading
from collections.abc import Callable

from threadmock.specs.schemas.formats import system_now

Now = Callable[[], datetime.datetime]

EARLIEST, LATEST = 1970, 5000
"""Years at which a clock may stand: ids with a time hold no others."""
_TICK = datetime.timedelta(microseconds=1)
_NONE = datetime.timedelta()
_BEFORE = datetime.datetime.min.replace(tzinfo=datetime.UTC)


class Clock:
    """Moments that never repeat and never go back, whatever the machine's clock does.

    frozen: where it stands still, the moment at which it does: the next ones are a microsecond apart. None where it
    goes on.
    """

    def __init__(self, now: Now = system_now, frozen: datetime.datetime | None = None) -> None:
        self.frozen = frozen
        self._source = now
        self._ahead = _NONE
        self._real = now is system_now
        self._last = _BEFORE
        self._ticking = threading.Lock()

    def advance(self, step: datetime.timedelta) -> None:
        """Go on by so much at once, and stay ahead of the machine's time by it. ValueError for a step back."""
        if step < datetime.timedelta():
            raise ValueError("a clock never goes back")
        with self._ticking:
            if self.frozen is not None:
                self.frozen += step
                return
            self._ahead += step

    def put(self, at: datetime.datetime, *, frozen: bool) -> None:
        """Begin at a moment, also an earlier one, and stand still there or go on from there."""
        with self._ticking:
            self._last = _BEFORE
            self.frozen = at if frozen else None
            if not frozen:
                self._ahead = at - self._source()

    def restart(self, frozen: datetime.datetime | None) -> None:
        """Go by the machine's time, or stand still at a moment, as if it was new."""
        with self._ticking:
            self._last, self._ahead, self.frozen = _BEFORE, _NONE, frozen

    def rewind(self) -> None:
        """Begin again at the moment at which it stands still; where it goes on, do nothing."""
        with self._ticking:
            if self.frozen is not None:
                self._last = _BEFORE

    @property
    def course(self) -> tuple[datetime.datetime | None, datetime.timedelta]:
        """Where it stands still, and how far it is ahead of the machine's time: two alike tell the same moments."""
        return self.frozen, self._ahead

    @property
    def still(self) -> tuple[datetime.datetime, datetime.datetime] | None:
        """Where it stands still, and the last moment that it gave; None where it goes on."""
        return None if self.frozen is None else (self.frozen, self._last)

    def put_still(self, at: datetime.datetime, last: datetime.datetime) -> None:
        """Stand still at a moment, and go on from the last one that was given there."""
        with self._ticking:
            self.frozen, self._last = at, last

    def read(self) -> datetime.datetime:
        """The moment for a record: the present one of the machine's time, the last one of a time that a test gives."""
        if self.frozen is not None:
            return self.frozen
        return self._source() + self._ahead if self._real or self._last is _BEFORE else self._last

    def tick(self) -> datetime.datetime:
        """The next moment: the present one, or a microsecond after the last where that is later."""
        with self._ticking:
            now = self._source() + self._ahead if self.frozen is None else self.frozen
            self._last = moment = max(now, self._last + _TICK)
            return moment
