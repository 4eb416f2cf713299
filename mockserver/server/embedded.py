"""A server in this process, on a thread with an event loop of its own: what `Mock.serve` runs.

It is granian's embedded server with the adapter that `threadmock serve` uses, so that a test sees what the command
serves: keep-alive, runs that go on by themselves, readers that leave. werkzeug's threaded server was tried as well: it
notices a reader that leaves only when it writes, holds a thread for each stream, and half as many requests a second.
"""

import asyncio
import contextlib
import http.client
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.server.embed import Server
from threadmock.mockserver.server.granian_process import HTTP1, PortTaken
from threadmock.mockserver.server.rsgi import RsgiApplication

_HOST = "127.0.0.1"
_BACKLOG = 1024
_START = 30.0
_STOP = 10.0


class _SocketServer(Server):
    """An embedded server on a socket that listens already.

    The server's own way would bind the port a second time, announce port 0 as 0, and leave a socket open at each end.
    """

    def __init__(self, app: RsgiApplication, listening: socket.socket) -> None:
        super().__init__(
            app.__rsgi__,
            address=_HOST,
            port=listening.getsockname()[1],
            interface=Interfaces.RSGI,
            backlog=_BACKLOG,
            websockets=False,
            log_enabled=False,
            http1_settings=HTTP1,
        )
        self._listening = listening

    def _init_shared_socket(self) -> None:
        holder: Any = SocketHolder  # its stub lacks the last parameter
        self._ssp: Any = None
        self._shd = holder(self._listening.detach(), False, _BACKLOG)  # it is closed at the end


@contextlib.contextmanager
def serve_in_thread(app: RsgiApplication, port: int = 0) -> Iterator[str]:
    """The base URL of the application, served on loopback as long as the block runs. port 0: any free one.

    PortTaken where a server listens there. At the end open streams end, and runs that are under way are dropped.
    """
    listening = _listen(port)
    url = f"http://{_HOST}:{listening.getsockname()[1]}"
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    thread = threading.Thread(target=_run, args=(app, listening, started), name="threadmock", daemon=True)
    thread.start()
    try:
        loop, ending = started.result(_START)
        _wait_for_answer(listening_url=url)
        yield url
    finally:
        if started.done() and not started.exception():
            with contextlib.suppress(RuntimeError):  # the loop ended by itself
                loop.call_soon_threadsafe(ending.set)
        thread.join(_STOP)


def _listen(port: int) -> socket.socket:
    listening = socket.socket()
    try:
        if os.name == "posix":  # elsewhere it would let two servers share the port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((_HOST, port))
        listening.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise PortTaken(f"Can't listen on {_HOST} port {port}: {reason}.") from None
    return listening


def _run(app: RsgiApplication, listening: socket.socket, started: "Future[Any]") -> None:
    async def main() -> None:
        server: Any = _SocketServer(app, listening)
        ending = asyncio.Event()
        serving = asyncio.ensure_future(server.serve())
        serving.add_done_callback(lambda _: ending.set())
        started.set_result((asyncio.get_running_loop(), ending))
        await ending.wait()
        await app.end()
        server.stop()
        await serving

    try:
        asyncio.run(main())
    except BaseException as error:
        listening.close()
        if not started.done():
            started.set_exception(error)
        raise


def _wait_for_answer(listening_url: str) -> None:
    """Ask once: the socket accepts connections already, and the response comes when the server has started."""
    connection = http.client.HTTPConnection(listening_url.removeprefix("http://"), timeout=_START)
    try:
        connection.request("GET", "/_mock/health")
        connection.getresponse().read()
    finally:
        connection.close()
