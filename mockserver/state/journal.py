"""A bounded record of requests and responses, for `/_mock/exchanges` and the log."""

import itertools
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from threadmock.specs.wire.messages import Request, Response

MAX_EXCHANGES = 200
MAX_BODY = 4096
_SECRET_HEADERS = ("authorization", "cookie", "x-api-key", "proxy-authorization")


class JournalEntry(NamedTuple):
    """One exchange; a tuple because one is made for every request.

    rule: which rule answered, or "" where none did. reason: why it was answered in this way.
    """

    number: int
    request: Request
    status: int
    provider: str
    rule: str
    reason: str
    answer: bytes = b""

    def as_json(self) -> Mapping[str, Any]:
        """The entry for the control interface: bodies cut at MAX_BODY bytes, credentials masked."""
        headers = {
            name: "***" if name in _SECRET_HEADERS or "key" in name or "token" in name else value
            for name, value in self.request.headers.items()
        }
        return {
            "number": self.number,
            "method": self.request.method,
            "path": self.request.path,
            "query": self.request.query,
            "headers": headers,
            "body": _shown(self.request.body),
            "status": self.status,
            "answer": _shown(self.answer),
            "provider": self.provider,
            "rule": self.rule,
            "reason": self.reason,
        }


def _shown(body: bytes) -> str:
    return body[:MAX_BODY].decode("utf-8", "backslashreplace")


@dataclass
class Journal:
    """The last MAX_EXCHANGES exchanges. Appending is safe from several threads."""

    entries: deque[JournalEntry] = field(default_factory=lambda: deque(maxlen=MAX_EXCHANGES))
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def note(self, request: Request, response: Response, provider: str, rule: str, reason: str) -> None:
        """Add one exchange; of large bodies only the beginning is kept."""
        kept = request
        if len(request.body) > MAX_BODY:
            kept = Request(request.method, request.path, request.query, request.headers, request.body[:MAX_BODY])
        answer = response.body[:MAX_BODY] if isinstance(response.body, bytes) else b"(stream)"
        self.entries.append(JournalEntry(next(self._numbers), kept, response.status, provider, rule, reason, answer))

    def clear(self) -> None:
        """Forget all of them."""
        self.entries.clear()
