"""The production server: granian in front of the gateway, with its traps avoided.

Measured traps: SO_REUSEPORT lets two servers share a port without an error; port 0 is announced as 0; a killed
parent leaves its worker behind; so many connections are handled at once and the next ones wait without an error.
"""

import contextlib
import ctypes
import gc
import http.client
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from threadmock.mockserver.server.instance import identity
from threadmock.mockserver.server.rsgi import RsgiApplication

_PR_SET_PDEATHSIG = 1
_KILL_TIMEOUT = 5
HTTP1 = HTTP1Settings(header_read_timeout=10_000, max_buffer_size=64 * 1024)
"""Milliseconds for the head of a request, and bytes."""
_POLL = 0.005
_CONNECTIONS = 4096


class PortTaken(OSError):  # noqa: N818 - reads as what it is
    """A server listens there already, or the address is not this machine's."""


@dataclass(frozen=True)
class Address:
    """Where to listen. port 0: any free one."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The base URL, with the brackets that an IPv6 address needs."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


@contextlib.contextmanager
def claimed(address: Address) -> Iterator[Address]:
    """The address with its number and real port, held against every other threadmock while the block runs.

    PortTaken where another server has it. The check binds without SO_REUSEPORT, which fails where another socket
    listens; a lock in the abstract namespace (Linux) keeps two that start at one moment apart.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with contextlib.ExitStack() as stack:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address.host, address.port))
                probe.listen(1)
            except (OSError, UnicodeError) as error:
                reason = getattr(error, "strerror", None) or str(error)
                raise PortTaken(f"Can't listen on {address.host} port {address.port}: {reason}.") from None
            host, port = probe.getsockname()[:2]
            if sys.platform == "linux":
                lock = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
                try:
                    lock.bind(f"\0threadmock:{host}:{port}")
                except OSError:
                    raise PortTaken(f"Another threadmock is starting on {address.host} port {port}.") from None
        yield Address(host, port)


def serve(address: Address, build: Callable[[], RsgiApplication], *, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; then let running requests end, for _KILL_TIMEOUT seconds at most.

    build runs in the worker process and makes the application; ready runs there once connections are taken.
    """
    _release_memory()
    gc.freeze()  # what the worker inherits stays shared as long as its collector passes it over
    server = Granian(
        "threadmock",
        address=address.host,
        port=address.port,
        interface=Interfaces.RSGI,
        workers=1,
        backlog=_CONNECTIONS,
        backpressure=_CONNECTIONS,
        websockets=False,
        log_enabled=False,
        http1_settings=HTTP1,
        workers_kill_timeout=_KILL_TIMEOUT,
        process_name=None,
    )
    server.serve(target_loader=partial(_start_worker, address, build, ready, os.getpid()), wrap_loader=False)


def _start_worker(
    address: Address, build: Callable[[], RsgiApplication], ready: Callable[[], None], parent: int
) -> Callable[..., Any]:
    _die_with(parent)
    gc.disable()  # nothing that is built here is garbage; with many things to begin with, looking for it takes long
    app = build()
    app.ends_on_signals = True
    _relax_collector()
    gc.enable()
    threading.Thread(target=_announce, args=(address, identity(), ready), daemon=True).start()
    return app.__rsgi__


def _relax_collector() -> None:
    """Leave what is loaded out of collections and collect less often: a full store would be walked again and again."""
    _release_memory()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def _release_memory() -> None:
    """Give memory that reading the documents took back to the system (glibc; elsewhere only Python collects)."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _announce(address: Address, instance: str, ready: Callable[[], None]) -> None:
    """Call `ready` once this very process answers on the address: a connection does not show which process listens."""
    while _answering_instance(address) != instance:
        time.sleep(_POLL)
    with contextlib.suppress(OSError):
        ready()


def _answering_instance(address: Address) -> object:
    connection = http.client.HTTPConnection(address.host, address.port, timeout=5)
    try:
        connection.request("GET", "/_mock/health", headers={"host": f"localhost:{address.port}"})
        return json.loads(connection.getresponse().read()).get("instance")
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        return None
    finally:
        connection.close()


def _die_with(parent: int) -> None:
    """End with the parent, however it ends (Linux); elsewhere nothing is done."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(1)
