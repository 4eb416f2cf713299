"""The recording: the exchanges of one operation as they were sent, from which the story of a finding is made."""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from threadmock.contracts.checks.finding import CaseRecord
from threadmock.contracts.replays.credential_forms import good_credentials
from threadmock.contracts.replays.replayer import plain
from threadmock.contracts.replays.substitution import UUID, leaf_values, names_something
from threadmock.contracts.target.exchange import Exchange
from threadmock.contracts.transport.urls import request_target

MOST_SENT = 260
MOST_STAGED = 150
MOST_BYTES = 24 * 1024 * 1024


@dataclass(eq=False)
class RecordedExchange:
    """One exchange of the recording. number: its place in the order of sending. staged: it created a prerequisite."""

    number: int
    exchange: Exchange
    staged: bool
    _names: dict[str, str] | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        """Bytes of request and answer."""
        response = self.exchange.response
        body = response.body if response is not None else b""
        return len(self.exchange.request.body) + (len(body) if isinstance(body, bytes) else 0)

    @property
    def names(self) -> dict[str, str]:
        """What the response holds that may name a thing: value to the first place where it stands."""
        if self._names is None:
            self._names = {}
            own = self.exchange.case.request.body
            for place, value in leaf_values(answer_of(self.exchange)).items():
                # a text that a client gave may look like a name
                given = isinstance(value, str) and not UUID.fullmatch(value) and value.encode("utf-8", "replace") in own
                if names_something(place, value) and not given:
                    self._names.setdefault(str(value), place)
        return self._names


class Recording:
    """Keeps the last exchanges of an item, and the last that made something. Safe to use from several threads.

    whole: nothing of the item had to be given up. began: the number of its first exchange.
    """

    def __init__(self) -> None:
        self.sent: deque[RecordedExchange] = deque()
        self.staged: deque[RecordedExchange] = deque(maxlen=MOST_STAGED)
        self.whole = True
        self.began = 0
        self._good_credentials: dict[str, str] = {}
        self._bytes = 0
        self._count = 0
        self._lock = threading.Lock()

    def begin(self) -> None:
        """A new item begins: what was created stays known."""
        with self._lock:
            self.sent.clear()
            self._bytes, self.whole, self.began = 0, True, self._count + 1

    def add(self, exchange: Exchange, *, staged: bool = False) -> None:
        """Note an exchange. whole is False once some of an item had to be given up."""
        with self._lock:
            self._count += 1
            if not self._good_credentials:
                self._good_credentials = good_credentials(exchange)
            taken = RecordedExchange(self._count, exchange, staged)
            if staged:
                self.staged.append(taken)
                return
            self.sent.append(taken)
            self._bytes += taken.size
            while len(self.sent) > 1 and (len(self.sent) > MOST_SENT or self._bytes > MOST_BYTES):
                self._bytes -= self.sent.popleft().size
                self.whole = False

    def good_credentials(self) -> dict[str, str]:
        """The good credentials that requests carried, by header name; `?name` for one in a query."""
        return dict(self._good_credentials)

    def find(self, record: CaseRecord) -> RecordedExchange | None:
        """The last exchange that a record describes."""
        for taken in reversed(self.sent):
            exchange = taken.exchange
            status = exchange.response.status if exchange.response is not None else None
            if (record.status, record.method, record.body_size) != (
                status,
                exchange.request.method,
                len(exchange.request.body),
            ):
                continue
            url = exchange.base_url + request_target(exchange.request.path, exchange.request.query)
            if exchange.masking(exchange.case.label) == record.label and exchange.masking(url) == record.url:
                return taken
        return None


def answer_of(exchange: Exchange) -> dict[str, Any]:
    """The response as `substitution` reads it."""
    return plain(exchange.response)
