"""`/_mock/events`: the exchanges as they happen, as server-sent events. It ends when the server does."""

from threadmock.mockserver.agents.streams import Listener, Stream
from threadmock.mockserver.control.exchanges import ExchangeFilter, KnownSessions, no_sessions, read_filter
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.pipeline.problems import problem
from threadmock.mockserver.state.journal import Journal
from threadmock.specs.errors import SpecError
from threadmock.specs.wire.eventstream import encode_comment, encode_event
from threadmock.specs.wire.messages import Request, Response
from threadmock.specs.wire.strictjson import dump_json

MOST_READERS = 32
_MOST_IN_ONE_GO = 64
_HEADERS = {"content-type": "text/event-stream", "cache-control": "no-store"}


class JournalSource:
    """The entries of a journal after a number, those that a filter takes, each as an event `exchange`.

    Where some were forgotten before they could be sent, an event `lost` says how many.
    """

    def __init__(self, journal: Journal, wanted: ExchangeFilter, after: int) -> None:
        self.listeners: set[Listener] = journal.listeners
        self.silent = False
        self._journal = journal
        self._wanted = wanted
        self._at = after

    def take(self) -> list[bytes]:
        """See StreamSource."""
        found: list[bytes] = []
        fresh = [entry for entry in list(self._journal.entries) if entry.number > self._at][:_MOST_IN_ONE_GO]
        for entry in fresh:
            lost = entry.number - max(self._at, self._journal.forgotten) - 1
            if lost > 0:
                found.append(encode_event("lost", dump_json({"count": lost}).decode()))
            self._at = entry.number
            if self._wanted.takes(entry):
                data = dump_json(entry.as_json()).decode()
                found.append(encode_event("exchange", data, str(entry.number)))
        return found or ([encode_comment("")] if fresh else [])

    @property
    def over(self) -> bool:
        """See StreamSource."""
        return self._journal.closed


def live_events(gateway: Gateway, request: Request, known: KnownSessions = no_sessions) -> Response:
    """The stream of what happens from now on, or after the number in `after` or `Last-Event-ID`."""
    try:
        gateway, wanted = read_filter(gateway, request.query, known)
    except SpecError as error:
        return problem(400, "The events can't be sent", str(error), kind="control", where=error.where)
    journal = gateway.world.journal
    if journal.readers >= MOST_READERS:
        detail = f"{MOST_READERS} readers follow the exchanges. Close one, and ask again."
        return problem(503, "Too many readers", detail, kind="control", headers={"retry-after": "5"})
    seen = request.headers.get("last-event-id", "")
    sent = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else wanted.after
    newest = journal.entries[-1].number if journal.entries else journal.forgotten
    source = JournalSource(journal, wanted, newest if sent is None else sent)
    stream = Stream(gateway.world.scheduler, source, heartbeat=encode_comment(""))
    journal.readers += 1
    stream.on_end.append(lambda: _leave(journal))
    return Response(200, _HEADERS, stream)


def _leave(journal: Journal) -> None:
    journal.readers -= 1
