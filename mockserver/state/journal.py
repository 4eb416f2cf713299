"""A bounded record of requests and responses, for `/_mock/exchanges` and the log."""

import datetime
import itertools
import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from threadmock.specs.contract import Operation
from threadmock.specs.schemas.formats import write_date_time
from threadmock.specs.wire.messages import Request, Response

MAX_EXCHANGES = 200
MAX_BODY = 16 * 1024
"""Bytes that are kept of a body: with MAX_EXCHANGES no journal is larger than 7 MB."""
MAX_TOGETHER = 48 * 1024 * 1024
"""Bytes that all journals of sessions may keep."""
_OVERHEAD = 1024
"""Bytes of an exchange beside its bodies, about."""
_SECRET_HEADERS = ("authorization", "cookie", "x-api-key", "proxy-authorization")
_CONTROL_HEADER = "x-threadmock-control"


class JournalEntry(NamedTuple):
    """One exchange; a tuple because one is made for every request.

    rule: which rule answered, or "" where none did. reason: why it was answered in this way. answer: of a stream what
    was sent so far, which grows. at: when it was answered, by the mock's clock; seconds: how long that took.
    unexpected: whether no operation is served there.
    """

    number: int
    request: Request
    status: int
    provider: str
    rule: str
    reason: str
    answer: bytes | bytearray = b""
    at: datetime.datetime | None = None
    seconds: float = 0.0
    operation: Operation | None = None
    unexpected: bool = False

    def as_json(self) -> Mapping[str, Any]:
        """The entry for the control interface: bodies cut at MAX_BODY bytes, credentials masked."""
        headers = {name: "***" if _is_secret(name, value) else value for name, value in self.request.headers.items()}
        return {
            "number": self.number,
            "at": write_date_time(self.at) if self.at else None,
            "ms": round(self.seconds * 1000, 3),
            "method": self.request.method,
            "path": self.request.path,
            "query": self.request.query,
            "headers": headers,
            "body": _shown(self.request.body),
            "status": self.status,
            "answer": _shown(self.answer),
            "stream": isinstance(self.answer, bytearray),
            "provider": self.provider,
            "operation": str(self.operation) if self.operation else None,
            "operation_id": self.operation.operation_id if self.operation else None,
            "rule": self.rule,
            "reason": self.reason,
            "unexpected": self.unexpected,
        }


def _is_secret(name: str, value: str) -> bool:
    if name == _CONTROL_HEADER:
        return value != "1"
    return name in _SECRET_HEADERS or "key" in name or "token" in name


def _shown(body: bytes | bytearray) -> str:
    return bytes(body[:MAX_BODY]).decode("utf-8", "backslashreplace")


@dataclass(eq=False)
class Journal:
    """The last MAX_EXCHANGES exchanges. Appending is safe from several threads.

    listeners: called after each; readers: how many follow it; closed: whether they are to end. forgotten: the number
    of the last one that was removed before its time. budget: what bounds several journals together.
    """

    entries: deque[JournalEntry] = field(default_factory=lambda: deque(maxlen=MAX_EXCHANGES))
    listeners: set[Callable[[], None]] = field(default_factory=set)
    readers: int = 0
    closed: bool = False
    forgotten: int = 0
    budget: "JournalBudget | None" = None
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _noting: Any = field(default_factory=threading.Lock)

    def note(  # noqa: PLR0913 - what is known of one exchange
        self,
        request: Request,
        response: Response,
        provider: str,
        rule: str,
        reason: str,
        *,
        at: datetime.datetime | None = None,
        seconds: float = 0.0,
        operation: Operation | None = None,
        unexpected: bool = False,
    ) -> None:
        """Add one exchange; of large bodies only the beginning is kept."""
        kept = request
        if len(request.body) > MAX_BODY:
            kept = Request(request.method, request.path, request.query, request.headers, request.body[:MAX_BODY])
        body = response.body
        answer = body[:MAX_BODY] if isinstance(body, bytes) else getattr(body, "head", b"(stream)")
        with self._noting:  # who follows it takes a later number for a later exchange
            number = next(self._numbers)
            self.entries.append(
                JournalEntry(
                    number, kept, response.status, provider, rule, reason, answer, at, seconds, operation, unexpected
                )
            )
        if self.budget is not None:
            self.budget.note(self)
        if self.listeners:
            self.notify()

    def forget_oldest(self) -> None:
        """Forget the first exchange that is kept."""
        with self._noting:
            if self.entries:
                self.forgotten = self.entries.popleft().number

    def notify(self) -> None:
        """Call every listener."""
        for listener in tuple(self.listeners):
            listener()

    def clear(self) -> int:
        """Forget all of them; how many there were. Numbers go on."""
        count = len(self.entries)
        if count:
            self.forgotten = self.entries[-1].number
        self.entries.clear()
        return count

    def close(self) -> None:
        """Let those who follow it come to an end."""
        self.closed = True
        self.notify()


class JournalBudget:
    """What several journals may keep together. Where it is too much, the one that was silent longest forgets first."""

    def __init__(self, most: int = MAX_TOGETHER) -> None:
        self.most = most
        self._sizes: OrderedDict[int, tuple[weakref.ref[Journal], deque[int]]] = OrderedDict()
        self._total = 0
        self._changing = threading.Lock()

    def note(self, journal: Journal) -> None:
        """Count the newest exchange of a journal, and let others forget for it."""
        entry = journal.entries[-1] if journal.entries else None
        if entry is None:
            return
        # of a stream more comes after it was noted
        answer = MAX_BODY if isinstance(entry.answer, bytearray) else len(entry.answer)
        size = len(entry.request.body) + answer + _OVERHEAD
        with self._changing:
            sizes = self._sizes.setdefault(id(journal), (weakref.ref(journal), deque()))[1]
            self._sizes.move_to_end(id(journal))
            sizes.append(size)
            self._total += size
            self._drop(sizes, len(journal.entries))
            while self._total > self.most and (len(self._sizes) > 1 or len(sizes) > 1):
                self._forget_one()

    def _forget_one(self) -> None:
        number, (reference, sizes) = next(iter(self._sizes.items()))
        journal = reference()
        if journal is not None:
            journal.forget_oldest()
        self._drop(sizes, len(journal.entries) if journal is not None else 0)
        if not sizes:
            del self._sizes[number]

    def _drop(self, sizes: deque[int], kept: int) -> None:
        while len(sizes) > kept:
            self._total -= sizes.popleft()
