"""The body of a response that comes bit by bit, or when a run is over: read by a thread, or by an event loop."""

import threading
from collections.abc import Callable, Iterator
from typing import Protocol

from threadmock.mockserver.agents.events import EventSelection
from threadmock.mockserver.agents.run import RecordedBeat, Run
from threadmock.mockserver.agents.scheduler import Scheduler, ThreadFeed
from threadmock.mockserver.state.journal import MAX_BODY
from threadmock.specs.wire.messages import Response

MOST_IN_ONE_GO = 64
Listener = Callable[[], None]


class StreamsFull(Exception):  # noqa: N818 - reads as what it is
    """As many streams are open as are allowed."""


class StreamCut(Exception):  # noqa: N818 - reads as what it is
    """The connection is to be cut here: a script says so, or nobody knows any more how the stream goes on."""


class Flow:
    """The events of beats, and what goes wrong with them. cut: nothing more comes. silent: no heartbeats either."""

    def __init__(self) -> None:
        self.cut = False
        self.silent = False
        self._left: int | None = None

    def events(self, selection: EventSelection, recorded: RecordedBeat) -> Iterator[bytes]:
        """The events of one beat, as far as they get through."""
        beat = recorded.beat
        self.silent = beat.kind == "stalled"
        if beat.kind == "disconnected" and not selection.is_past(recorded):
            self._left = beat.item["count"]
        for event in selection.events(recorded) if self._left != 0 else ():
            yield event
            if self._left is not None:
                self._left -= 1
                if not self._left:
                    break
        self.cut = self._left == 0


class StreamSource(Protocol):
    """Where a stream's bytes come from."""

    listeners: set[Listener]

    def take(self) -> list[bytes]:
        """What is new; [] only where nothing that the reader is to see is left. StreamCut."""

    @property
    def silent(self) -> bool:
        """Whether not even heartbeats are sent."""

    @property
    def over(self) -> bool:
        """Whether nothing more comes; what is new may still be taken."""


class RunSource:
    """The events of one run. at: the index of the beat to begin with."""

    def __init__(self, run: Run, selection: EventSelection, at: int = 0) -> None:
        self.listeners = run.listeners
        self._run = run
        self._history = run.history  # the run itself may drop it
        self._selection = selection
        self._at = at
        self._flow = Flow()

    def take(self) -> list[bytes]:
        """See StreamSource."""
        found: list[bytes] = []
        while not found and not self._flow.cut and (beats := self._history[self._at : self._at + MOST_IN_ONE_GO]):
            self._at += len(beats)
            found = [event for recorded in beats for event in self._flow.events(self._selection, recorded)]
        if not found and (self._flow.cut or self._run.lost):
            raise StreamCut
        return found

    @property
    def silent(self) -> bool:
        """See StreamSource."""
        return self._flow.silent

    @property
    def over(self) -> bool:
        """See StreamSource."""
        run = self._run
        return run.state == "over" and not run.lost and not self._flow.cut and self._at >= len(self._history)


class ThreadSource:
    """The events of all runs of a thread. It never ends by itself. at: how many beats are passed over."""

    def __init__(self, feed: ThreadFeed, selection: EventSelection, at: int) -> None:
        self.listeners = feed.listeners
        self._feed = feed
        self._selection = selection
        self._at = at
        self._flow = Flow()

    def take(self) -> list[bytes]:
        """See StreamSource."""
        found: list[bytes] = []
        while not found and not self._flow.cut and (beats := self._more()):
            found = [
                event
                for modes, recorded in beats
                for event in self._flow.events(self._selection.of_run(modes), recorded)
            ]
        if not found and (self._flow.cut or self._feed.lost):
            raise StreamCut
        return found

    @property
    def silent(self) -> bool:
        """See StreamSource."""
        return self._flow.silent

    def _more(self) -> list[tuple[frozenset[str], RecordedBeat]]:
        history = self._feed.history
        begin = max(self._at - self._feed.dropped, 0)
        beats = [history[n] for n in range(begin, min(begin + MOST_IN_ONE_GO, len(history)))]
        self._at = self._feed.dropped + begin + len(beats)
        return beats

    @property
    def over(self) -> bool:
        """See StreamSource."""
        return self._feed.over and not self._feed.lost and not self._flow.cut


class ResultSource:
    """One text, once a run is over."""

    def __init__(self, run: Run, text: Callable[[], bytes]) -> None:
        self.listeners = run.listeners
        self.silent = False
        self._run = run
        self._text = text
        self._taken = False

    def take(self) -> list[bytes]:
        """See StreamSource."""
        if self._run.lost:
            raise StreamCut
        if self._taken or self._run.state != "over":
            return []
        self._taken = True
        return [self._text()]

    @property
    def over(self) -> bool:
        """See StreamSource."""
        return self._taken


class EmptySource:
    """A stream that ends at once."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.over = True
        self.silent = False

    def take(self) -> list[bytes]:
        """See StreamSource."""
        return []


class Stream(Iterator[bytes]):
    """A body that comes bit by bit. Iterating waits for what comes, on the scheduler's timer; an event loop takes.

    heartbeat: what is sent after `every` seconds of silence, b"" for nothing; a thread that waits gets that, too, so
    that it sees whether its reader is still there. on_leave: called where the reader leaves before the end. on_end:
    called once, however the stream ends. head: the first bytes that were sent.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        source: StreamSource,
        *,
        heartbeat: bytes = b"",
        every: float = 15.0,
        on_leave: Callable[[], None] | None = None,
    ) -> None:
        self._heartbeat = heartbeat
        self.every = every
        self.sent = 0
        self.head = bytearray()
        self.on_end: list[Callable[[], None]] = []
        self._scheduler = scheduler
        self._source = source
        self._on_leave = on_leave
        self._news = threading.Event()
        self._waiting: list[bytes] = []
        self._open = True
        scheduler.open_streams += 1
        source.listeners.add(self._news.set)

    def change_source(self, change: Callable[[StreamSource], StreamSource]) -> None:
        """Take from another source, made of the present one; it has the listeners of that."""
        self._source = change(self._source)

    @property
    def heartbeat(self) -> bytes:
        """What is sent in a long silence; b"" for nothing."""
        return b"" if self._source.silent else self._heartbeat

    def take(self) -> list[bytes]:
        """What is new, without waiting. StreamCut; whoever takes closes the stream then."""
        found = self._source.take()
        self.sent += len(found)
        if len(self.head) < MAX_BODY:
            self.head += b"".join(found)[: MAX_BODY - len(self.head)]
        return found

    @property
    def over(self) -> bool:
        """Whether nothing more comes."""
        return not self._open or self._source.over

    def listen(self, listener: Listener) -> None:
        """Call a function whenever there may be something new."""
        self._source.listeners.add(listener)
        self.on_end.append(lambda: self._source.listeners.discard(listener))

    def close(self, *, left: bool | None = None) -> None:
        """End it. left: whether the reader left; by default, whether something was still to be sent."""
        if not self._open:
            return
        left = not self._source.over if left is None else left
        self._open = False
        self._scheduler.open_streams -= 1
        self._source.listeners.discard(self._news.set)
        if left and self._on_leave:
            self._on_leave()
        for each in self.on_end:
            each()

    def __next__(self) -> bytes:
        """The next bytes; waits for them. StopIteration at the end."""
        while self._open:
            self._news.clear()
            try:
                found = self.take()
            except StreamCut:
                self.close(left=False)
                raise
            if found:
                return b"".join(found)
            if self.over:
                self.close(left=False)
                break
            if not self._wait():
                return self.heartbeat
        raise StopIteration

    def _wait(self) -> bool:
        """Wait until something is due, or for a heartbeat's time. False where it was that."""
        timer = self._scheduler.timer
        silent_until = timer.read() + self.every
        while not self._news.is_set():
            now = timer.read()
            due = self._scheduler.next_due()
            if due is not None and due <= now:
                self._scheduler.run_until(now)
                continue
            if now >= silent_until:
                return False
            timer.wait(self._news, min(due if due is not None else silent_until, silent_until) - now)
        return True


class Pending(Iterator[bytes]):
    """A response that is known only when a run is over: its status, too. on_leave: called where its reader leaves."""

    def __init__(self, scheduler: Scheduler, run: Run) -> None:
        self.run = run
        self.finish: Callable[[], Response] | None = None
        self.on_leave: Callable[[], None] | None = None
        self._scheduler = scheduler

    @property
    def ready(self) -> bool:
        """Whether the run is over."""
        return self.run.state == "over"

    def response(self) -> Response:
        """The response, once the run is over. StreamCut where nobody knows what it came to."""
        if self.run.lost:
            raise StreamCut
        if self.finish is None:
            raise ValueError("nothing builds this response")
        return self.finish()

    def leave(self) -> None:
        """Nobody waits any more."""
        if self.on_leave and not self.ready:
            self.on_leave()

    def wait(self) -> Response:
        """Wait on the scheduler's timer, then answer."""
        news, timer = threading.Event(), self._scheduler.timer
        self.run.listeners.add(news.set)
        try:
            while not self.ready:
                news.clear()
                now, due = timer.read(), self._scheduler.next_due()
                if due is not None and due <= now:
                    self._scheduler.run_until(now)
                elif not self.ready:
                    timer.wait(news, 1.0 if due is None else due - now)
        finally:
            self.run.listeners.discard(news.set)
        return self.response()

    def __next__(self) -> bytes:
        """No bytes: ask for the response instead."""
        raise StopIteration
