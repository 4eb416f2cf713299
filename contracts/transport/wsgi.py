"""A WSGI application in this process as a transport."""

import io
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any

from threadmock.contracts.transport.base import MAX_BODY, OURS, WsgiApp, sendable
from threadmock.contracts.transport.errors import BrokenResponse, TooLarge, TransportError, Unsendable
from threadmock.contracts.transport.sockets import Allowance, Clock
from threadmock.contracts.transport.stream_limits import EVENT_STREAM, PLAIN, Stop, Watch
from threadmock.contracts.transport.urls import request_target
from threadmock.specs.operations.path_templates import SLASH, read_within
from threadmock.specs.text import one_line
from threadmock.specs.wire.messages import Request, Response, media_type


class WsgiTransport:
    """Calls a WSGI application in this process."""

    def __init__(self, app: WsgiApp, *, max_body: int = MAX_BODY, clock: Clock = time.monotonic) -> None:
        self._app = app
        self._max_body = max_body
        self._clock = clock
        self._environ: Mapping[str, Any] = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "4040",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1:4040",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }

    def send(self, request: Request, *, deadline: float, stop: Stop = PLAIN) -> Response:
        """As Transport.send. An exception that leaves the application is a TransportError that says so."""
        sendable(request)
        until = self._clock() + deadline
        environ = self._fill(request)
        started: list[tuple[str, list[tuple[str, str]]]] = []
        try:
            chunks = self._app(environ, lambda status, headers, _=None: started.append((status, headers)))
            try:
                body, cut = self._collect(chunks, until, deadline, _Head(started, stop, self._clock))
            finally:
                close = getattr(chunks, "close", None)
                if close is not None:
                    close()
        except TransportError:
            raise
        except Exception as error:
            text = one_line(f"{type(error).__name__}: {error}".removesuffix(": "))
            raise TransportError(f"the application raised {text}") from error
        if not started:
            raise BrokenResponse("the application answered without calling start_response")
        status, fields = started[-1]
        headers: dict[str, str] = {}
        for field, value in fields:
            name = field.lower()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return Response(int(status[:3]), headers, b"" if request.method == "HEAD" else body, cut)

    def close(self) -> None:
        """Nothing is held."""

    def _fill(self, request: Request) -> dict[str, Any]:
        environ = dict(self._environ)
        environ["REQUEST_METHOD"] = request.method
        environ["PATH_INFO"] = _wsgi_text(read_within(request.path))
        if SLASH in request.path:  # what is decoded does not tell it from one between segments
            environ["REQUEST_URI"] = request_target(request.path, request.query)
        environ["QUERY_STRING"] = request.query
        environ["wsgi.input"] = io.BytesIO(request.body)
        if request.body or request.method not in {"GET", "HEAD", "OPTIONS"}:
            environ["CONTENT_LENGTH"] = str(len(request.body))
        for name, value in request.headers.items():
            if name == "content-type":
                environ["CONTENT_TYPE"] = value
            elif name not in OURS:
                environ["HTTP_" + name.upper().replace("-", "_")] = value
        return environ

    def _collect(self, chunks: Iterable[bytes], until: float, deadline: float, head: "_Head") -> tuple[bytes, str]:
        if isinstance(chunks, list | tuple) and len(chunks) == 1:
            return bytes(chunks[0]), ""
        made = bytearray()
        for chunk in chunks:
            made += chunk
            watch = head.watch()
            if watch and (reason := watch.take(chunk)):
                return bytes(made), reason
            if len(made) > self._max_body:
                raise TooLarge(f"the answer is longer than {self._max_body:,} bytes")
            if self._clock() > until:
                raise Allowance(deadline, 0).over()
        return bytes(made), ""


class _Head:
    """What an application has said of its response so far, and who watches it, where it is a stream of events."""

    def __init__(self, started: list[tuple[str, list[tuple[str, str]]]], stop: Stop, clock: Clock) -> None:
        self._started = started
        self._stop = stop
        self._clock = clock
        self._watch: Watch | None = None

    def watch(self) -> Watch | None:
        """Who watches the stream; None for any other answer."""
        if self._watch is None and self._started:
            kinds = [value for name, value in self._started[-1][1] if name.lower() == "content-type"]
            if media_type(", ".join(kinds)) == EVENT_STREAM:
                self._watch = Watch(self._stop, self._clock)
        return self._watch


def _wsgi_text(text: str) -> str:
    try:
        return text.encode("utf-8", "surrogateescape").decode("latin-1")
    except UnicodeEncodeError:
        raise Unsendable("the path holds half of a surrogate pair") from None
