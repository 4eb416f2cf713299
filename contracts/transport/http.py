"""HTTP/1.1 to a base URL, on urllib3's connections: no redirects, no ambient proxies or .netrc, one deadline."""

import http.client
import threading
import time

import urllib3
from threadmock.contracts.transport.base import MAX_BODY, OURS, sendable
from threadmock.contracts.transport.decoding import decode
from threadmock.contracts.transport.errors import BrokenResponse, Dropped, TimedOut, TooLarge, Unreachable, Unsendable
from threadmock.contracts.transport.sockets import Allowance, Clock, Connection, open_connection, tls_context
from threadmock.contracts.transport.stream_limits import EVENT_STREAM, PLAIN, Stop, Watch
from threadmock.contracts.transport.urls import TargetUrl, request_target
from threadmock.specs.text import one_line
from threadmock.specs.wire.messages import Request, Response, media_type

MAX_HEAD = 1024 * 1024
MAX_IDLE = 2.0
LAST_BYTES = 0.1
"""Seconds in which a server that closes the connection after a response without a body is to have done so."""
CHUNK = 65536

_REPEATABLE = frozenset({"GET", "HEAD"})


class Reset(BrokenResponse):
    """The connection ended by a reset, or before a byte of a response came."""


class HttpTransport:
    """Speaks HTTP/1.1 to a base URL; operations' paths are appended to the URL's own.

    One connection is kept alive; a fresh one is made after MAX_IDLE seconds without use, after a response of 400 and
    above (its sender may not have read the request), and where the other side closed or sent what nobody asked for.
    A request whose connection ends before a byte of a response came is sent again once where it is GET or HEAD, and
    never else: it may have been carried out. On a kept connection that says nothing of the target: Dropped.
    """

    def __init__(  # noqa: PLR0913 - options, by name
        self,
        base: TargetUrl,
        *,
        ca_file: str | None = None,
        loopback_only: bool = False,
        max_raw: int = MAX_BODY,
        max_decoded: int = MAX_BODY,
        clock: Clock = time.monotonic,
    ) -> None:
        self._base = base
        self._context = tls_context(ca_file) if base.scheme == "https" else None
        self._loopback_only = loopback_only
        self._max_raw = max_raw
        self._max_decoded = max_decoded
        self._clock = clock
        self._kept: list[tuple[Connection, float]] = []
        self._lock = threading.Lock()

    def send(self, request: Request, *, deadline: float, stop: Stop = PLAIN) -> Response:
        """As Transport.send."""
        sendable(request)
        try:
            target = self._base.path + request_target(request.path, request.query)
        except UnicodeEncodeError:
            raise Unsendable("the path holds half of a surrogate pair") from None
        allowance = Allowance(deadline, self._max_raw + MAX_HEAD, self._clock)
        connection, kept = self._take(allowance)
        try:
            return self._exchange(connection, request, target, allowance, stop)
        except Reset as error:
            if request.method in _REPEATABLE:
                pass
            elif kept and not allowance.received:
                raise Dropped(
                    "the connection, kept since the last exchange, was closed before a byte of an answer came;"
                    " not sent again, because the request may have been carried out"
                ) from None
            else:
                raise BrokenResponse(str(error)) from None
        allowance.received = 0
        connection = self._open(allowance)
        try:
            return self._exchange(connection, request, target, allowance, stop)
        except Reset as error:
            raise BrokenResponse(str(error)) from None

    def probe(self, *, deadline: float) -> None:
        """Open a connection and keep it. Unreachable where none can be made."""
        self._keep(self._open(Allowance(deadline, self._max_raw, self._clock)))

    def close(self) -> None:
        """Close the kept connections."""
        with self._lock:
            kept, self._kept = self._kept, []
        for connection, _ in kept:
            connection.close()

    def _take(self, allowance: Allowance) -> tuple[Connection, bool]:
        while True:
            with self._lock:
                if not self._kept:
                    break
                connection, used = self._kept.pop()
            if self._clock() - used <= MAX_IDLE and connection.is_connected:
                connection.begin(allowance)
                return connection, True
            connection.close()
        return self._open(allowance), False

    def _open(self, allowance: Allowance) -> Connection:
        connection = open_connection(self._base.host, self._base.port, self._context, loopback_only=self._loopback_only)
        connection.begin(allowance)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise Unreachable(f"no connection to {self._base.host}:{self._base.port}: {error}") from None
        except BaseException:
            connection.close()
            raise
        return connection

    def _keep(self, connection: Connection) -> None:
        with self._lock:
            self._kept.append((connection, self._clock()))

    def _exchange(
        self, connection: Connection, request: Request, target: str, allowance: Allowance, stop: Stop
    ) -> Response:
        finished, cut = False, ""
        bounded = connection.bounded
        try:
            _submit(connection, request, target)
            answer = connection.getresponse()
            if allowance.ended:
                raise BrokenResponse("the connection was closed within the headers of the answer")
            bodiless = request.method == "HEAD" or answer.status in {204, 304}
            beyond = bounded.waiting(0 if connection.bounded else LAST_BYTES) if bodiless and bounded else b""
            if media_type(answer.headers.get("content-type")) == EVENT_STREAM:
                raw, cut = self._read_stream(answer, allowance, stop)
            else:
                raw = self._read(answer)
            if not cut and bounded and bounded.reader:
                _nothing_left(bounded.reader.leftover + beyond, bodiless=bodiless)
            finished = not cut and answer.status < 400 and connection.bounded is bounded
            if request.method == "HEAD" and "content-length" not in answer.headers:
                # A server may still be at the body that it does not send, and keep the next request waiting.
                finished = False
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            raise Reset(_reason(error)) from None
        except (http.client.HTTPException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            inner = error.args[1] if len(error.args) > 1 else None
            kind = Reset if isinstance(inner, ConnectionResetError | BrokenPipeError) else BrokenResponse
            raise kind(_reason(error)) from None
        finally:
            if finished:
                self._keep(connection)
            else:
                connection.close()
                if bounded is not None:
                    bounded.abandon()
        headers = {name.lower(): answer.headers[name] for name in answer.headers}
        body = decode(raw, headers.get("content-encoding", ""), self._max_decoded) if raw else raw
        return Response(answer.status, headers, body, cut)

    def _read_stream(self, answer: urllib3.HTTPResponse, allowance: Allowance, stop: Stop) -> tuple[bytes, str]:
        """The bytes of a stream, as far as it is to be read, and why they are not all."""
        watch, made = Watch(stop, self._clock), bytearray()
        shortened = allowance.shorten(stop.seconds)
        while True:
            try:
                chunk = answer.read1(CHUNK, decode_content=False)
            except TimedOut:
                if shortened:
                    return bytes(made), f"{stop.seconds:g} seconds were over"
                raise
            if not chunk:
                return bytes(made), ""
            made += chunk
            if len(made) > self._max_raw:
                raise TooLarge(f"the body is longer than {self._max_raw:,} bytes")
            if reason := watch.take(chunk):
                return bytes(made), reason

    def _read(self, answer: urllib3.HTTPResponse) -> bytes:
        made = bytearray()
        while chunk := answer.read(CHUNK, decode_content=False):
            made += chunk
            if len(made) > self._max_raw:
                raise TooLarge(f"the body is longer than {self._max_raw:,} bytes")
        return bytes(made)


def _submit(connection: Connection, request: Request, target: str) -> None:
    headers = {name: value for name, value in request.headers.items() if name not in OURS}
    headers.setdefault("accept", "*/*")
    headers.setdefault("user-agent", "threadmock")
    body = request.body or None
    try:
        connection.request(request.method, target, body, headers, preload_content=False, decode_content=False)
    except (BrokenPipeError, ConnectionResetError):
        # it may have answered before it had read all of the request: the response counts
        if connection.bounded is None:
            raise


def _nothing_left(leftover: bytes, *, bodiless: bool) -> None:
    extra = len(leftover.strip(b"\r\n"))
    if extra:
        end = "an answer that has no body (RFC 9112, 6.3)" if bodiless else "the body that its headers promise"
        raise BrokenResponse(f"at least {extra:,} bytes came after the end of {end}")


def _reason(error: Exception) -> str:
    if isinstance(error, http.client.RemoteDisconnected):
        return "the connection was closed before a byte of an answer came"
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "the connection was reset"
    inner = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], Exception) else None
    if inner is not None and not isinstance(error, OSError):
        error = inner
    text = one_line(str(error).strip()) or type(error).__name__
    if isinstance(error, http.client.IncompleteRead):
        return f"the body ended too early: {text}"
    return f"the answer is broken: {text}"
