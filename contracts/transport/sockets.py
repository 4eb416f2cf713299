"""Connections that keep one deadline and one byte ceiling over a whole exchange.

urllib3 and http.client time each read by itself, so a server that drips one byte at a time holds them for ever. Here
every read and write gets only the time that is left, wherever in headers or body it happens.
"""

import io
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any, Protocol, cast

import urllib3.connection
from threadmock.contracts.transport.errors import TimedOut, TooLarge, Unreachable
from threadmock.specs.wire.hosts import is_loopback

Clock = Callable[[], float]


class Allowance:
    """What one exchange may use: time until a moment of the clock, and bytes to read."""

    def __init__(self, seconds: float, size: int, clock: Clock = time.monotonic) -> None:
        self.seconds = seconds
        self.size = size
        self.received = 0
        self.ended = False
        self._clock = clock
        self._until = clock() + seconds

    def left(self) -> float:
        """Seconds left. TimedOut where there are none."""
        left = self._until - self._clock()
        if left <= 0:
            raise self.over()
        return left

    def shorten(self, seconds: float) -> bool:
        """Let the time end so many seconds from now, where it would end later. Whether it would have."""
        until = self._clock() + seconds
        later, self._until = until < self._until, min(until, self._until)
        return later

    def over(self) -> TimedOut:
        """The error for a deadline that passed, with how far the response had come."""
        so_far = f"{self.received:,} bytes of one had come" if self.received else "not a byte of one had come"
        return TimedOut(f"no whole answer within {self.seconds:g} s: {so_far}")

    def take(self, count: int) -> None:
        """Note bytes that came. TooLarge where they are too many."""
        self.received += count
        self.ended = self.ended or count == 0
        if self.received > self.size:
            raise TooLarge(f"the answer is longer than {self.size:,} bytes")


class _Reader(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, sock: socket.socket, allowance: Allowance) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._allowance = allowance
        self.silent = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.silent:
            return 0
        self._sock.settimeout(self._allowance.left())
        try:
            count = cast("int", cast("Any", self._raw).readinto(buffer))
        except TimeoutError:
            raise self._allowance.over() from None
        self._allowance.take(count)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Buffered(io.BufferedReader):
    """Remembers the bytes that were there beyond the end of the message."""

    leftover = b""

    def close(self) -> None:
        if not self.closed:
            cast("_Reader", self.raw).silent = True
            self.leftover = self.peek(1)
        super().close()

    def flush(self) -> None:
        """Nothing to do, closed or not: a half-read answer flushes its reader when it is collected (Python 3.13)."""


class BoundedSocket:
    """A connected socket, plain or TLS, whose use counts against an allowance."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.allowance = Allowance(0, 0)
        self.reader: _Buffered | None = None

    def makefile(self, mode: str) -> io.BufferedReader:
        """A buffered reader under the allowance."""
        raw = cast("io.RawIOBase", self._sock.makefile(cast("Any", mode), buffering=0))
        self.reader = _Buffered(_Reader(raw, self._sock, self.allowance))
        return self.reader

    def sendall(self, data: bytes) -> None:
        """Send all of it within the allowance."""
        rest = memoryview(data)
        while rest:
            self._sock.settimeout(self.allowance.left())
            try:
                rest = rest[self._sock.send(rest) :]
            except TimeoutError:
                raise self.allowance.over() from None

    def waiting(self, seconds: float = 0) -> bytes:
        """What has come and was not read, up to 64 kB, or comes in so many seconds. b"" from a socket that was closed.

        To be asked before the response is read to its end: where the other side closes, http.client closes then, too.
        """
        try:
            self._sock.settimeout(seconds)
            return self._sock.recv(65536)
        except (OSError, ValueError):
            return b""

    def settimeout(self, seconds: float | None) -> None:
        """Each read and write sets its own time."""

    def abandon(self) -> None:
        """Close the socket and whatever still reads from it: http.client leaves a half-read answer open."""
        if self.reader is not None:
            self.reader.close()
        self._sock.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class Connection(Protocol):
    """What the transport uses of a connection."""

    bounded: BoundedSocket | None

    def begin(self, allowance: Allowance) -> None:
        """Start an exchange under that allowance."""

    @property
    def is_connected(self) -> bool:
        """Whether the socket is open and nothing unasked-for waits on it."""

    def connect(self) -> None:
        """Open the socket. Unreachable or OSError where that fails."""

    def request(  # noqa: PLR0913 - urllib3's own
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        *,
        preload_content: bool = True,
        decode_content: bool = True,
    ) -> None:
        """Send a request."""

    def getresponse(self) -> urllib3.HTTPResponse:
        """Read status and headers."""

    def close(self) -> None:
        """Close the socket."""


class _Bounded(urllib3.connection.HTTPConnection):
    bounded: BoundedSocket | None = None
    loopback_only = False
    _allowance: Allowance

    def begin(self, allowance: Allowance) -> None:
        allowance.ended = False
        self._allowance = allowance
        if self.bounded is not None:
            self.bounded.allowance = allowance

    def _new_conn(self) -> socket.socket:
        failure: OSError | None = None
        for family, kind, protocol, _, address in addresses(self._dns_host, self.port):
            if self.loopback_only and not is_loopback(str(address[0])):
                continue
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(self._allowance.left())
                sock.connect(address)
            except OSError as error:
                failure = error
                sock.close()
            except TimedOut:
                sock.close()
                raise Unreachable(f"no connection to {self.host}:{self.port} in time") from None
            else:
                return sock
        reason = str(failure) if failure else "the name stands for no loopback address any more"
        raise Unreachable(f"no connection to {self.host}:{self.port}: {reason}")

    def connect(self) -> None:
        super().connect()
        self.bounded = BoundedSocket(cast("socket.socket", self.sock))
        self.bounded.allowance = self._allowance
        self.sock = cast("socket.socket", self.bounded)

    def close(self) -> None:
        super().close()
        self.bounded = None


class _BoundedTls(_Bounded, urllib3.connection.HTTPSConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except ssl.SSLError as error:
            raise Unreachable(f"no TLS with {self.host}:{self.port}: {error.reason or error}") from None
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(f"no TLS with {self.host}:{self.port}: {error}") from None
        except TimeoutError:
            raise Unreachable(f"no TLS with {self.host}:{self.port} in time") from None
        except OSError as error:
            raise Unreachable(f"no TLS with {self.host}:{self.port}: {error}") from None


def open_connection(host: str, port: int, context: ssl.SSLContext | None, *, loopback_only: bool) -> Connection:
    """A connection, not yet made. context: None for plain HTTP."""
    made: _Bounded
    if context is None:
        made = _Bounded(host, port)
    else:
        made = _BoundedTls(host, port, ssl_context=context, cert_reqs=ssl.CERT_REQUIRED)
    made.loopback_only = loopback_only
    return cast("Connection", made)


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """A context that verifies host and chain: against ca_file alone, else the system's authorities.

    SSL_CERT_FILE and SSL_CERT_DIR of the environment don't count. OSError where ca_file can't be read or holds none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
        return context
    paths = ssl.get_default_verify_paths()
    for name, value in (("cafile", paths.openssl_cafile), ("capath", paths.openssl_capath)):
        try:
            context.load_verify_locations(**{name: value})
        except OSError:
            continue
    if not context.cert_store_stats()["x509_ca"] and not paths.capath:
        context.load_default_certs()
    return context


def addresses(host: str, port: int) -> list[tuple[Any, ...]]:
    """What a host name stands for, as getaddrinfo gives it. Unreachable where it stands for nothing."""
    try:
        return list(socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"the host name {host!r} is not known: {error}") from None
