"""Streams that end too early, or fall silent: what a next answer asks for."""

from collections.abc import Callable

from threadmock.mockserver.agents.scheduler import Scheduler
from threadmock.mockserver.agents.streams import Listener, Stream, StreamCut, StreamSource
from threadmock.mockserver.state.next_answers import NextAnswer


class WholeSource:
    """Bytes that are known from the start, in so many pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.listeners: set[Listener] = set()
        self.silent = False
        self.ended = False
        self._pieces = pieces

    def take(self) -> list[bytes]:
        """See StreamSource."""
        if self.ended:
            raise StreamCut
        found, self._pieces = self._pieces, []
        return found

    @property
    def over(self) -> bool:
        """See StreamSource."""
        return not self._pieces and not self.ended

    def end(self) -> None:
        """Cut it, wherever it is."""
        self.ended = True
        for listener in tuple(self.listeners):
            listener()


class LimitedSource:
    """A source up to a limit: then the connection is cut, or nothing more comes, not even heartbeats.

    most_bytes, most_events: how much comes; None for all. cuts: whether it is cut then.
    """

    def __init__(
        self, inner: StreamSource, *, most_bytes: int | None = None, most_events: int | None = None, cuts: bool = True
    ) -> None:
        self.listeners = inner.listeners
        self._inner = inner
        self._bytes = most_bytes
        self._events = most_events
        self._cuts = cuts

    @property
    def _reached(self) -> bool:
        return self._bytes == 0 or self._events == 0

    def take(self) -> list[bytes]:
        """See StreamSource."""
        if self._reached and self._cuts:
            raise StreamCut
        found = self._inner.take()
        if self._events is not None:
            found = found[: self._events]
            self._events -= len(found)
        if self._bytes is not None:
            found = _first(found, self._bytes)
            self._bytes -= sum(map(len, found))
        return found

    @property
    def silent(self) -> bool:
        """See StreamSource."""
        return self._inner.silent or (self._reached and not self._cuts)

    @property
    def over(self) -> bool:
        """See StreamSource."""
        return not self._reached and self._inner.over


def _first(pieces: list[bytes], most: int) -> list[bytes]:
    """The first so many bytes of pieces."""
    kept = []
    for piece in pieces:
        if most <= 0:
            break
        kept.append(piece[:most])
        most -= len(kept[-1])
    return kept


def limiter(answer: NextAnswer) -> Callable[[StreamSource], StreamSource] | None:
    """What limits the stream of an answer; None where nothing does."""
    if answer.stall_after_events is not None:
        most = answer.stall_after_events
        return lambda source: LimitedSource(source, most_events=most, cuts=False)
    if answer.drop_after_events is not None or answer.drop_after_bytes is not None:
        return lambda source: LimitedSource(
            source, most_bytes=answer.drop_after_bytes, most_events=answer.drop_after_events
        )
    return None


def as_stream(scheduler: Scheduler, pieces: list[bytes], limit: Callable[[StreamSource], StreamSource]) -> Stream:
    """Known bytes as a stream with a limit. It ends with the scheduler's other streams."""
    source = WholeSource(pieces)
    scheduler.endings.add(source.end)
    stream = Stream(scheduler, limit(source))
    stream.on_end.append(lambda: scheduler.endings.discard(source.end))
    return stream
