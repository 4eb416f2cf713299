"""RSGI ↔ messages: what `serve` runs. One event loop answers; a body that is still being sent holds no thread.

RSGI is granian's own asynchronous interface (its documentation: "RSGI specification", version 1.5). Against WSGI there
is no contention of worker threads for the interpreter lock, which cost more than the answers themselves (measured).
"""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from threadmock.mockserver.agents.streams import Pending, Stream, StreamCut
from threadmock.mockserver.fault_points import Dropped
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.pipeline.problems import problem
from threadmock.mockserver.server.connections import cut_connection
from threadmock.mockserver.server.control import EVENTS, follow
from threadmock.mockserver.server.control_access import address_of
from threadmock.mockserver.server.run_driver import RunDriver
from threadmock.mockserver.server.sessions import SessionRefused, Sessions, is_for_session
from threadmock.mockserver.server.wsgi import WsgiCallable, call_wsgi
from threadmock.specs.wire.messages import Request, Response
from werkzeug.http import http_date

BODY_SECONDS = 30.0
AT_ONCE = 256 * 1024
_OTHER_THREADS = 64
"""So many requests may wait at once; threads are started when they are needed."""
_FLUSH = 0.1
_END_POLL = 0.01
_END_POLLS = 200
_MAX_DIGITS = 18
_BODILESS = frozenset({204, 304})


class RsgiHeaders(Protocol):
    """Request headers; names are lower-case."""

    def items(self) -> list[tuple[str, str]]:
        """All of them, a repeated one as often as it was sent."""


class RsgiScope(Protocol):
    """A request as RSGI has it. path: percent-decoded. client: its address and port."""

    method: str
    path: str
    query_string: str
    http_version: str
    authority: str | None
    client: str
    headers: RsgiHeaders


class RsgiApplication:
    """The application: documented routes are answered by the gateway at once, everything else by Flask on a thread.

    straight: False sends documented routes through Flask's dispatch, too.
    """

    def __init__(
        self, sessions: Sessions, flask: WsgiCallable, *, straight: bool = True, body_seconds: float = BODY_SECONDS
    ) -> None:
        self._sessions = sessions
        self._flask = flask
        self._straight = straight
        self._body_seconds = body_seconds
        self._threads = ThreadPoolExecutor(_OTHER_THREADS, thread_name_prefix="threadmock")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread_id = 0
        self._drivers: dict[int, RunDriver] = {}
        self.ends_on_signals = False
        """Whether open streams end at SIGINT and SIGTERM; the server itself would wait, then cut them."""

    def serve(self, flask: WsgiCallable) -> None:
        """Answer by another Flask application from now on: that of the mocks that took the place of those before."""
        self._flask = flask

    async def __rsgi__(self, scope: RsgiScope, protocol: Any) -> None:
        """Answer one request."""
        if self._loop is None:
            self._start_runs(asyncio.get_running_loop())
        headers = _join(scope.headers.items())
        if scope.authority and "host" not in headers:
            headers["host"] = scope.authority
        gateway, asked = self._sessions.default, None
        try:
            if is_for_session(headers, scope.path):
                asked = Request(scope.method, scope.path, scope.query_string, headers)
                gateway, asked = self._sessions.resolve(asked)
            response = await self._answer(gateway, headers, asked, scope, protocol)
        except SessionRefused as refused:
            response = refused.response(headers, gateway)
        except Dropped:
            await _cut(protocol)
            return
        if isinstance(response.body, Pending):
            try:
                waited = await self._wait(response.body, protocol)
            except StreamCut:
                await _cut(protocol)
                return
            if waited is None:
                return
            response = waited
        if (frozen := gateway.world.clock.frozen) is not None:
            # the server's own header tells the machine's time
            date = http_date(frozen)
            response = replace(response, headers={"date": date, **response.headers})
        if isinstance(response.body, Stream):
            await self._stream(response, response.body, scope, protocol)
        else:
            send(response, scope.method, protocol)

    def _start_runs(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let runs go on by themselves from now on, on this loop."""
        self._loop = loop
        self._thread_id = threading.get_ident()
        self._sessions.made.append(self._drive)
        self._sessions.ended.append(self._release)
        for gateway in self._sessions:
            gateway.world.journal.closed = False
            self._drive(gateway)
        if self.ends_on_signals and threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                # The loop has a handler of its own, which is registered in another way: both are called.
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(self._end_streams))

    def _drive(self, gateway: Gateway) -> None:
        scheduler = gateway.world.scheduler
        if self._loop is not None and id(scheduler) not in self._drivers:
            self._drivers[id(scheduler)] = RunDriver(scheduler, self._loop, self._on_loop)

    def _release(self, gateway: Gateway) -> None:
        driver = self._drivers.pop(id(gateway.world.scheduler), None)
        if driver is not None:
            self._on_loop(driver.stop)

    def _end_streams(self) -> None:
        for gateway in self._sessions:
            gateway.world.scheduler.clear()
            gateway.world.journal.close()

    async def end(self) -> None:
        """End open streams, answer requests that wait for a run, and release the loop: runs under way are dropped."""
        self._end_streams()
        for _ in range(_END_POLLS):
            if not any(gateway.world.scheduler.open_streams for gateway in self._sessions):
                break
            await asyncio.sleep(_END_POLL)
        self._sessions.made.remove(self._drive)
        self._sessions.ended.remove(self._release)
        for gateway in self._sessions:
            gateway.world.journal.closed = False  # in this process it can still be followed
            self._release(gateway)
        self._threads.shutdown(wait=False)

    def _on_loop(self, function: Callable[[], object]) -> None:
        """Call a function on the loop: at once where this is its thread."""
        if threading.get_ident() == self._thread_id:
            function()
        elif self._loop is not None:
            self._loop.call_soon_threadsafe(function)

    async def _wait(self, pending: Pending, protocol: Any) -> Response | None:
        """The answer once its run is over; None where the client left before."""
        news = asyncio.Event()
        notify = partial(self._on_loop, news.set)
        left = asyncio.ensure_future(protocol.client_disconnect())
        left.add_done_callback(lambda _: news.set())
        pending.run.listeners.add(notify)
        try:
            while not pending.ready:
                if left.done():
                    pending.leave()
                    return None
                news.clear()
                if not pending.ready:
                    await news.wait()
        finally:
            pending.run.listeners.discard(notify)
            left.cancel()
        return pending.response()

    async def _stream(self, response: Response, stream: Stream, scope: RsgiScope, protocol: Any) -> None:
        """Send what comes as it comes. A slow reader delays only itself: it takes when it can."""
        news = asyncio.Event()
        stream.listen(partial(self._on_loop, news.set))
        left = asyncio.ensure_future(protocol.client_disconnect())
        left.add_done_callback(lambda _: news.set())
        try:
            transport = protocol.response_stream(response.status, list(response.headers.items()))
            await self._pump(stream, transport, news, left)
        except RuntimeError:  # the connection is closed
            stream.close(left=True)
        except StreamCut:
            # what was sent lies with the server's own threads, which do not tell when it is on its way
            await asyncio.sleep(_FLUSH)
            cut_connection(scope.client)
            stream.close(left=False)
            raise ConnectionAbortedError("the stream is cut off") from None
        finally:
            left.cancel()
            stream.close()

    async def _pump(self, stream: Stream, transport: Any, news: asyncio.Event, left: "asyncio.Future[None]") -> None:
        loop = asyncio.get_running_loop()
        last = loop.time()
        while not left.done():
            news.clear()
            found = stream.take()
            for piece in found:
                await transport.send_bytes(piece)
            if found:
                last = loop.time()
                continue
            if stream.over:
                return
            silent = last + stream.every - loop.time()
            if stream.heartbeat and silent <= 0:
                await transport.send_bytes(stream.heartbeat)
                last = loop.time()
                continue
            alarm = loop.call_later(silent, news.set) if stream.heartbeat else None
            await news.wait()
            if alarm:
                alarm.cancel()

    async def _answer(
        self, gateway: Gateway, headers: dict[str, str], asked: Request | None, scope: RsgiScope, protocol: Any
    ) -> Response:
        """The response of a mock. asked: the request as a session gets it, without its body."""
        try:
            body = await self._read(scope, headers, protocol)
        except TimeoutError:
            shown = f"The body did not arrive within {self._body_seconds:g} seconds."
            return problem(408, "The request's body did not arrive", shown, kind="stalled")
        except BodyCut:
            shown = "The connection ended before the chunked body did."
            return problem(400, "The request's body is not whole", shown, kind="stalled")
        if asked is None:
            request = Request(scope.method, scope.path or "/", scope.query_string, headers, body)
        else:
            request = replace(asked, body=body)
        found = gateway.find_guessing(request.method, request.path)
        if found.mount is None:
            return await self._answer_elsewhere(gateway, request, address_of(scope.client))
        if len(body) > AT_ONCE or gateway.world.slow:
            return await self._on_thread(gateway.handle, request, found)
        if self._straight:
            return gateway.handle(request, found)
        return call_wsgi(self._flask, request, gateway)

    async def _answer_elsewhere(self, gateway: Gateway, request: Request, address: str) -> Response:
        """The response to what is no documented route. Live events come bit by bit, which Flask on a thread can't.

        address: of the client, on which the control interface depends.
        """
        if request.path.strip("/") == EVENTS.strip("/") and request.method == "GET":
            return follow(self._sessions, gateway, request, address)
        return await self._on_thread(call_wsgi, self._flask, request, gateway, address)

    async def _on_thread(self, function: Any, *arguments: Any) -> Response:
        found: Response = await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)
        return found

    async def _read(self, scope: RsgiScope, headers: dict[str, str], protocol: Any) -> bytes:
        """The body; of one that announces more than is taken nothing, of one without a length one byte more."""
        most = self._sessions.default.limits.body
        length = headers.get("content-length")
        if length is not None:
            if not (length.isascii() and length.isdigit()) or len(length) > _MAX_DIGITS or not 0 < int(length) <= most:
                return b""
        elif "transfer-encoding" not in headers and scope.http_version[:1] == "1":
            return b""
        async with asyncio.timeout(self._body_seconds):
            try:
                return await (protocol() if length is not None else _read_chunks(protocol, most + 1))
            except RuntimeError as error:  # RSGIProtocolClosed and RSGIProtocolError
                if length is not None:
                    return b""  # the gateway compares with the length and refuses it as the provider would
                raise BodyCut from error


class BodyCut(Exception):  # noqa: N818 - reads as what it is
    """A chunked body ended in the middle."""


async def _read_chunks(protocol: Any, most: int) -> bytes:
    """The body, or its first `most` bytes."""
    parts: list[bytes] = []
    size = 0
    async for part in protocol:
        parts.append(part)
        size += len(part)
        if size >= most:
            break
    return b"".join(parts)[:most]


def send(response: Response, method: str, protocol: Any) -> None:
    """Send a whole response."""
    headers = list(response.headers.items())
    status, body = response.status, response.content
    with contextlib.suppress(RuntimeError):  # the client is gone
        if status in _BODILESS or status < 200:
            protocol.response_empty(status, headers)
            return
        if method != "HEAD" or "content-length" not in response.headers:  # twice, and different: no answer leaves
            headers.append(("content-length", str(len(body))))
        protocol.response_bytes(status, headers, b"" if method == "HEAD" else body)


async def _cut(protocol: Any) -> None:
    """A head that promises a body, and no body: the server can only close the connection."""
    stream = protocol.response_stream(200, [("content-length", "1")])
    with contextlib.suppress(RuntimeError):
        await stream.send_bytes(b"")
    raise ConnectionAbortedError("a planted fault")


def _join(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    headers = dict(pairs)
    if len(headers) != len(pairs):
        headers = {}
        for name, value in pairs:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
