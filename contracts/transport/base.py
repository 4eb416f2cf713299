"""One method, send(Request) → Response: to a WSGI application in process, here; over HTTP in `transport.http`.

Neither follows a redirect, reads a proxy or .netrc from the environment, or waits beyond the deadline of an exchange.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeAlias

from threadmock.contracts.transport.errors import Unsendable
from threadmock.contracts.transport.stream_limits import PLAIN, Stop
from threadmock.specs.wire.messages import Request, Response

MAX_BODY = 16 * 1024 * 1024

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile("[\t\x20-\x7e\x80-\xff]*")
_QUERY = re.compile(r"[!$-~]*")
OURS = frozenset(
    {"connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
WsgiApp: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Transport(Protocol):
    """Carries requests to one place."""

    def send(self, request: Request, *, deadline: float, stop: Stop = PLAIN) -> Response:
        """The response, its body as bytes without content encodings.

        deadline: seconds for the whole exchange. stop: when the reading of a stream of events ends; the response then
        says why in `cut`. TransportError where no response came that could be judged; NotSent where the request can't
        be carried.
        """

    def close(self) -> None:
        """Give back what is held."""


def sendable(request: Request) -> None:
    """Unsendable where no HTTP message can carry the request: no header is ever split, no request line broken."""
    if not _TOKEN.fullmatch(request.method):
        raise Unsendable(f"{request.method!r} is no HTTP method")
    if not request.path.startswith("/"):
        raise Unsendable("the path does not begin with a slash")
    if not _QUERY.fullmatch(request.query):
        raise Unsendable("the query holds characters that must be percent-encoded")
    for name, value in request.headers.items():
        if not _TOKEN.fullmatch(name):
            raise Unsendable(f"{name!r} is no header name")
        if not _VALUE.fullmatch(value):
            raise Unsendable(f"the header {name!r} holds characters that no header can carry")
