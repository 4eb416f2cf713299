"""A served mock as a process: its lines, its port, its end."""

import http.client
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from support.clients import Told

LONGEST = 20.0


class Serving:
    """One `python -m threadmock.mockserver` process. Its output is read by two threads, so that it never blocks."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.lines: list[str] = []
        self.log: list[str] = []
        self._logged = threading.Condition()
        self._arrived: queue.Queue[str | None] = queue.Queue()
        self._readers = [
            threading.Thread(target=self._read_output, daemon=True),
            threading.Thread(target=self._read_log, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        self.host, self.port = "", 0

    def _read_output(self) -> None:
        assert self.process.stdout
        with self.process.stdout as stream:
            for line in stream:
                self._arrived.put(line.decode(errors="backslashreplace").rstrip("\n"))
        self._arrived.put(None)

    def _read_log(self) -> None:
        assert self.process.stderr
        with self.process.stderr as stream:
            for line in stream:
                with self._logged:
                    self.log.append(line.decode(errors="backslashreplace").rstrip("\n"))
                    self._logged.notify_all()

    def next_line(self) -> str | None:
        """The next line of standard output; None at its end."""
        line = self._arrived.get(timeout=LONGEST)
        if line is not None:
            self.lines.append(line)
        return line

    def wait_until_listening(self) -> None:
        """Read the first line, which names the address. RuntimeError where the process ended instead."""
        first = self.next_line()
        found = re.fullmatch(r"Listening on http://(\[.*\]|[^:]+):(\d+)", first or "")
        if not found:
            self.process.wait(LONGEST)
            self._readers[1].join(LONGEST)
            raise RuntimeError(f"no server: {first!r}, exit {self.process.returncode}, {self.log}")
        self.host, self.port = found[1].strip("[]"), int(found[2])

    def wait_for_log(self, text: str, after: int = 0) -> str:
        """The first line of the log that holds the text, of those after the first ones; RuntimeError for none in time."""

        def found() -> str | None:
            return next((line for line in self.log[after:] if text in line), None)

        with self._logged:
            line = self._logged.wait_for(found, LONGEST)
        if line is None:
            raise RuntimeError(f"{text!r} is not in {self.log}")
        return line

    def greeting(self) -> list[str]:
        """All lines of the greeting: it ends where the next does not come at once after the last provider's."""
        while True:
            try:
                line = self._arrived.get(timeout=0.3)
            except queue.Empty:
                return self.lines
            if line is None:
                return self.lines
            self.lines.append(line)

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://{self.host}:{self.port}"

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Told:
        """One exchange on a connection of its own."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=LONGEST)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Told(answer.status, told, answer.read())
        finally:
            connection.close()

    def raw(self, data: bytes, *, finish: bool = False, longest: float = LONGEST) -> bytes:
        """The bytes that come back for raw bytes, up to the end of the connection or of one answer with a length."""
        with socket.create_connection((self.host, self.port), timeout=longest) as connection:
            try:
                connection.sendall(data)
                if finish:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            return read_answer(connection)

    def children(self) -> list[int]:
        """The process ids of the workers (Linux)."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return [int(pid) for pid in Path(path).read_text(encoding="ascii").split()]

    def stop(self, how: int = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal and wait: the exit status and the seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(how)
        return self.process.wait(LONGEST), time.monotonic() - began

    def end(self) -> None:
        """End the process, whatever state it is in."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(LONGEST)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(LONGEST)
        for reader in self._readers:
            reader.join(LONGEST)


def start(*arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> Serving:
    """A `python -m threadmock.mockserver` process whose first line is still to come."""
    return Serving(
        subprocess.Popen(
            [sys.executable, "-m", "threadmock.mockserver", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
            cwd=cwd,
        )
    )


def read_answer(connection: Any) -> bytes:
    """What a peer sends until it closes or one answer with a content-length is complete."""
    got = b""
    while True:
        try:
            part = connection.recv(65536)
        except (ConnectionResetError, TimeoutError):
            return got
        if not part:
            return got
        got += part
        head, blank, body = got.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if blank and length and len(body) >= int(length[1]):
            return got
