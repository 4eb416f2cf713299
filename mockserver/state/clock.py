"""The time of a mock: moments that never repeat."""

import datetime
import threading
from collections.abc import Callable

from threadmock.specs.schemas.formats import system_now

Now = Callable[[], datetime.datetime]

_TICK = datetime.timedelta(microseconds=1)


class Clock:
    """Moments that never repeat and never go back, whatever the machine's clock does."""

    def __init__(self, now: Now = system_now) -> None:
        self._now = now
        self._real = now is system_now
        self._last = datetime.datetime.min.replace(tzinfo=datetime.UTC)
        self._ticking = threading.Lock()

    def advance(self, step: datetime.timedelta) -> None:
        """Go on by so much at once, and stay ahead of the machine's time by it. ValueError for a step back."""
        if step < datetime.timedelta():
            raise ValueError("a clock never goes back")
        with self._ticking:
            now = self._now
            self._now = lambda: now() + step

    def read(self) -> datetime.datetime:
        """The moment for a record: the present one of the machine's time, the last one of a time that a test gives."""
        return self._now() if self._real else self._last

    def tick(self) -> datetime.datetime:
        """The next moment: the present one, or a microsecond after the last where that is later."""
        with self._ticking:
            self._last = moment = max(self._now(), self._last + _TICK)
            return moment
