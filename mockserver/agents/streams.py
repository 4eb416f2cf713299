"""The body of an answer that comes bit by bit, or when a run is over: read by a thread, or by an event loop."""

import threading
from collections.abc import Callable, Iterator
from typing import Protocol

from threadmock.mockserver.agents.events import Wanted
from threadmock.mockserver.agents.run import Live, Moment
from threadmock.mockserver.agents.scheduler import Hub, Runs
from threadmock.specs.wire.messages import Response

MOST_IN_ONE_GO = 64
Listener = Callable[[], None]


class StreamsFull(Exception):  # noqa: N818 - reads as what it is
    """As many streams are open as may be."""


class Source(Protocol):
    """Where a stream's bytes come from."""

    listeners: set[Listener]

    def take(self) -> list[bytes]:
        """What is new; [] only where nothing that is to be shown is left, however much is not."""

    @property
    def over(self) -> bool:
        """Whether nothing more comes; what is new may still be taken."""


class RunSource:
    """What one run tells. at: the moment to begin with."""

    def __init__(self, live: Live, wanted: Wanted, at: int = 0) -> None:
        self.listeners = live.listeners
        self._live = live
        self._moments = live.moments  # the run itself may let go of them
        self._wanted = wanted
        self._at = at

    def take(self) -> list[bytes]:
        """See Source."""
        found: list[bytes] = []
        while not found and (moments := self._moments[self._at : self._at + MOST_IN_ONE_GO]):
            self._at += len(moments)
            found = [event for moment in moments for event in self._wanted.events(moment)]
        return found

    @property
    def over(self) -> bool:
        """See Source."""
        return self._live.state == "over" and self._at >= len(self._moments)


class ThreadSource:
    """What all runs of a thread tell. It never ends by itself. at: how many moments are passed over."""

    def __init__(self, hub: Hub, wanted: Wanted, at: int) -> None:
        self.listeners = hub.listeners
        self._hub = hub
        self._wanted = wanted
        self._at = at

    def take(self) -> list[bytes]:
        """See Source."""
        found: list[bytes] = []
        while not found and (moments := self._more()):
            found = [event for modes, moment in moments for event in self._wanted.of_run(modes).events(moment)]
        return found

    def _more(self) -> list[tuple[frozenset[str], Moment]]:
        begin = max(self._at - self._hub.dropped, 0)
        moments = [self._hub.moments[n] for n in range(begin, min(begin + MOST_IN_ONE_GO, len(self._hub.moments)))]
        self._at = self._hub.dropped + begin + len(moments)
        return moments

    @property
    def over(self) -> bool:
        """See Source."""
        return self._hub.over


class ResultSource:
    """One text, once a run is over."""

    def __init__(self, live: Live, text: Callable[[], bytes]) -> None:
        self.listeners = live.listeners
        self._live = live
        self._text = text
        self._taken = False

    def take(self) -> list[bytes]:
        """See Source."""
        if self._taken or self._live.state != "over":
            return []
        self._taken = True
        return [self._text()]

    @property
    def over(self) -> bool:
        """See Source."""
        return self._taken


class NothingSource:
    """A stream that ends at once."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.over = True

    def take(self) -> list[bytes]:
        """See Source."""
        return []


class Stream(Iterator[bytes]):
    """A body that comes bit by bit. Iterating waits for what comes, on the runs' timer; an event loop takes instead.

    beat: what is sent after `every` seconds of silence, b"" for nothing; a thread that waits gets that, too, so that it
    sees whether its reader is still there. gone: called where the reader leaves before
    the end. ended: called once, however it ends.
    """

    def __init__(
        self,
        runs: Runs,
        source: Source,
        *,
        beat: bytes = b"",
        every: float = 15.0,
        gone: Callable[[], None] | None = None,
    ) -> None:
        self.beat = beat
        self.every = every
        self.sent = 0
        self.ended: list[Callable[[], None]] = []
        self._runs = runs
        self._source = source
        self._gone = gone
        self._news = threading.Event()
        self._waiting: list[bytes] = []
        self._open = True
        runs.open_streams += 1
        source.listeners.add(self._news.set)

    def go_through(self, change: Callable[[Source], Source]) -> None:
        """Let what comes pass through another source, which has the listeners of the first."""
        self._source = change(self._source)

    def take(self) -> list[bytes]:
        """What is new, without waiting."""
        found = self._source.take()
        self.sent += len(found)
        return found

    @property
    def over(self) -> bool:
        """Whether nothing more comes."""
        return not self._open or self._source.over

    def listen(self, listener: Listener) -> None:
        """Have somebody called where there may be something new."""
        self._source.listeners.add(listener)
        self.ended.append(lambda: self._source.listeners.discard(listener))

    def close(self, *, left: bool | None = None) -> None:
        """End it. left: whether the reader went away; by default, whether something was still to come."""
        if not self._open:
            return
        left = not self._source.over if left is None else left
        self._open = False
        self._runs.open_streams -= 1
        self._source.listeners.discard(self._news.set)
        if left and self._gone:
            self._gone()
        for each in self.ended:
            each()

    def __next__(self) -> bytes:
        """The next bytes; waits for them. StopIteration at the end."""
        while self._open:
            self._news.clear()
            found = self.take()
            if found:
                return b"".join(found)
            if self.over:
                self.close(left=False)
                break
            if not self._wait():
                return self.beat
        raise StopIteration

    def _wait(self) -> bool:
        """Wait until something is due, or for a heartbeat's time. False where it was that."""
        timer = self._runs.timer
        silent_until = timer.read() + self.every
        while not self._news.is_set():
            now = timer.read()
            due = self._runs.next_due()
            if due is not None and due <= now:
                self._runs.pass_to(now)
                continue
            if now >= silent_until:
                return False
            timer.wait(self._news, min(due if due is not None else silent_until, silent_until) - now)
        return True


class Pending(Iterator[bytes]):
    """An answer that is known only when a run is over: its status, too."""

    def __init__(self, runs: Runs, live: Live) -> None:
        self.live = live
        self.finish: Callable[[], Response] | None = None
        self.gone: Callable[[], None] | None = None
        self._runs = runs

    @property
    def ready(self) -> bool:
        """Whether the run is over."""
        return self.live.state == "over"

    def response(self) -> Response:
        """The answer, once the run is over."""
        if self.finish is None:
            raise ValueError("nobody said how the answer is built")
        return self.finish()

    def leave(self) -> None:
        """Nobody waits any more."""
        if self.gone and not self.ready:
            self.gone()

    def wait(self) -> Response:
        """Wait on the runs' timer, then answer."""
        news, timer = threading.Event(), self._runs.timer
        self.live.listeners.add(news.set)
        try:
            while not self.ready:
                news.clear()
                now, due = timer.read(), self._runs.next_due()
                if due is not None and due <= now:
                    self._runs.pass_to(now)
                elif not self.ready:
                    timer.wait(news, 1.0 if due is None else due - now)
        finally:
            self.live.listeners.discard(news.set)
        return self.response()

    def __next__(self) -> bytes:
        """No bytes: whoever has this has to ask for the response."""
        raise StopIteration
