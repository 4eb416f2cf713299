"""When to stop reading a stream of events, which may never end by itself."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from threadmock.specs.wire.eventstream import EventReader, ServerEvent

EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True, eq=False)
class Stop:
    """What ends the reading of a stream, whichever comes first.

    events, size (in bytes), seconds: so many at most. silences: so many heartbeats in a row with no event between.
    when: called with each event; the reading ends after the first of which it says True. deadline: seconds for the
    whole answer, a stream or not; None for what the target has.
    """

    events: int = 4000
    size: int = 8 * 1024 * 1024
    seconds: float = 45.0
    silences: int = 6
    when: Callable[[ServerEvent], bool] | None = None
    deadline: float | None = None


PLAIN = Stop()
FOLLOWING = Stop(seconds=1.0, silences=2)
"""For the stream of a thread, which ends only when its reader leaves."""
GLANCE = Stop(seconds=0.05, silences=1)
"""For the same, where it was followed for long already: what has come by then is judged."""


_SHORTEST = 5.0


def shortened(stop: Stop, cuts: int) -> Stop:
    """How long the next stream is read, after so many in a row that never ended: the first two have all the time."""
    halves = 2 ** max(cuts - 1, 0)
    seconds, silences = max(stop.seconds / halves, _SHORTEST), max(stop.silences // halves, 1)
    return stop if halves == 1 else replace(stop, seconds=seconds, silences=silences)


class Watch:
    """Reads along with one stream, and says when that is enough. Not safe from several threads."""

    def __init__(self, stop: Stop, clock: Callable[[], float] = time.monotonic) -> None:
        self._stop = stop
        self._clock = clock
        self._until = clock() + stop.seconds
        self._reader = EventReader()
        self._events = 0
        self._size = 0
        self._quiet_since = 0
        self._empty = 0

    def take(self, data: bytes) -> str:
        """Why the reading ends with these bytes; "" where it goes on."""
        stop = self._stop
        self._size += len(data)
        self._empty += not data
        for event in self._reader.feed(data):
            self._events += 1
            self._empty, self._quiet_since = 0, self._reader.comments
            if stop.when and stop.when(event):
                return "the event that was waited for had come"
            if self._events >= stop.events:
                return f"{self._events:,} events had come"
        if self._reader.comments - self._quiet_since + self._empty >= stop.silences:
            return "nothing more came but heartbeats"
        if self._size >= stop.size:
            return f"{self._size:,} bytes had come"
        return self.late()

    def late(self) -> str:
        """Why no more time is left; "" where some is."""
        return f"{self._stop.seconds:g} seconds were over" if self._clock() >= self._until else ""
