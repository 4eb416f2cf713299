"""Time for runs: seconds that only go on. Real for a server; skipped where nobody has to wait."""

import threading
import time
from typing import Protocol


class Timer(Protocol):
    """read: seconds since some moment. wait: until the event is set, or so many seconds at most."""

    def read(self) -> float:
        """The present moment in seconds."""

    def wait(self, news: threading.Event, seconds: float) -> None:
        """Block until there is news, or so long."""


class RealTimer:
    """The machine's monotonic time: it never jumps, whatever happens to the date."""

    def read(self) -> float:
        """See Timer."""
        return time.monotonic()

    def wait(self, news: threading.Event, seconds: float) -> None:
        """See Timer."""
        news.wait(seconds)


class JumpingTimer:
    """Time passes only where a reader waits, and then at once: for tests, and for the suite in one process."""

    def __init__(self) -> None:
        self._now = 0.0
        self._moving = threading.Lock()

    def read(self) -> float:
        """See Timer."""
        return self._now

    def wait(self, news: threading.Event, seconds: float) -> None:
        """See Timer."""
        if not news.is_set():
            self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass."""
        with self._moving:
            self._now += seconds
