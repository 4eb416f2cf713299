"""Lets runs go on by themselves: a timer of an event loop for what is due next."""

import asyncio
from collections.abc import Callable

from threadmock.mockserver.agents.scheduler import Scheduler


class RunDriver:
    """The runs of one mock on one event loop. on_loop: calls a function on the loop's own thread."""

    def __init__(
        self,
        scheduler: Scheduler,
        loop: asyncio.AbstractEventLoop,
        on_loop: Callable[[Callable[[], object]], None],
    ) -> None:
        self.scheduler = scheduler
        self._loop = loop
        self._alarm: tuple[float, asyncio.TimerHandle] | None = None
        self._wake = lambda: on_loop(self._arm)
        scheduler.wake = self._wake
        on_loop(self._arm)

    def stop(self) -> None:
        """Let nothing happen any more by itself. On the loop's own thread."""
        if self.scheduler.wake is self._wake:
            self.scheduler.wake = None
        if self._alarm is not None:
            self._alarm[1].cancel()

    def _arm(self) -> None:
        """Set the timer to the next beat that is due."""
        due = self.scheduler.next_due()
        if due is None or (self._alarm is not None and self._alarm[0] <= due):
            return
        if self._alarm is not None:
            self._alarm[1].cancel()
        delay = max(0.0, due - self.scheduler.timer.read())
        self._alarm = (due, self._loop.call_later(delay, self._ring))

    def _ring(self) -> None:
        self._alarm = None
        self.scheduler.run_due()
        self._arm()
