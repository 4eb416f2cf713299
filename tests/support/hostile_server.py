"""One socket server that misbehaves as a test tells it to. Blocks on events, never sleeps; ends with its block."""

import contextlib
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

Script = Callable[["Conversation"], None]


class Conversation:
    """One accepted connection. number: which one, from 1. over: set when the test is done."""

    def __init__(self, sock: socket.socket, number: int, over: threading.Event, seen: list[bytes]) -> None:
        self.sock = sock
        self.number = number
        self.over = over
        self._seen = seen

    def request(self) -> bytes:
        """Read one request, head and body, and note it. b"" where the other side closed."""
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = self.sock.recv(65536)
            if not chunk:
                return b""
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += self.sock.recv(65536)
        self._seen.append(head + b"\r\n\r\n" + body)
        return self._seen[-1]

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self.sock.sendall(data)

    def drip(self, data: bytes, every: float) -> None:
        """Send one byte at a time."""
        for position in range(len(data)):
            self.sock.sendall(data[position : position + 1])
            if self.over.wait(every):
                return

    def flood(self, chunk: bytes) -> None:
        """Send the same for ever."""
        while not self.over.is_set():
            self.sock.sendall(chunk)

    def silence(self) -> None:
        """Say nothing until the test is done."""
        self.over.wait(30)

    def reset(self) -> None:
        """Close with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Hostile:
    """A running server. requests: what it has read, oldest first; connections: how many it has accepted."""

    def __init__(self, port: int, over: threading.Event) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.over = over
        self.requests: list[bytes] = []
        self.connections = 0


@contextlib.contextmanager
def hostile(script: Script) -> Iterator[Hostile]:
    """A server on a free loopback port that does to each connection what the script says."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Hostile(listener.getsockname()[1], over)
        threads: list[threading.Thread] = []

        def talk(sock: socket.socket, number: int) -> None:
            with sock, contextlib.suppress(OSError):
                script(Conversation(sock, number, over, server.requests))

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    sock, _ = listener.accept()
                    if over.is_set():
                        sock.close()
                        return
                    server.connections += 1
                    threads.append(threading.Thread(target=talk, args=(sock, server.connections), daemon=True))
                    threads[-1].start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield server
        finally:
            over.set()
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
            accepting.join(5)
            for thread in threads:
                thread.join(5)


def answers(*replies: bytes) -> Script:
    """A script: one reply for each request of a connection, then the end."""

    def script(talk: Conversation) -> None:
        for reply in replies:
            if not talk.request():
                return
            talk.send(reply)

    return script


def reply(body: bytes = b"{}", status: str = "200 OK", **headers: str) -> bytes:
    """A whole HTTP/1.1 response. headers: underscores stand for hyphens; content_length is added where it is not given."""
    fields = {"content-type": "application/json", "content-length": str(len(body))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body


def self_signed(folder: Path) -> tuple[str, str]:
    """The files of a key and of a certificate for 127.0.0.1 that signs itself, made in a folder by openssl."""
    key, certificate = str(folder / "key.pem"), str(folder / "cert.pem")
    subject = ["-subj", "/CN=here", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        key,
        "-out",
        certificate,
        *subject,
    ]
    subprocess.run(command, check=True, capture_output=True)
    return key, certificate
