"""Reading request bodies from clients that may stop in the middle.

A WSGI server's `read` blocks for as long as the client likes, and each waiting read holds one of the server's threads.
So only some of the threads may wait without an end; beyond that a read happens on a thread of its own, with a deadline.
Of THREADS threads a quarter is always free of bodies.
"""

import threading
from collections import deque
from typing import Any

WAITING = 16
DEADLINE = 10.0
MOST_READERS = 32
THREADS = WAITING + MOST_READERS + 16
_CHUNK = 64 * 1024


class Stalled(Exception):  # noqa: N818 - reads as what it is
    """A body did not arrive in time (408), or too many others are on their way (503)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Bodies:
    """Reads bodies. waiting: how many reads may wait without an end; deadline: seconds that the others may take."""

    def __init__(self, waiting: int = WAITING, deadline: float = DEADLINE, most_readers: int = MOST_READERS) -> None:
        self._deadline = deadline
        self._tokens: deque[None] = deque([None] * waiting)
        self._readers = threading.BoundedSemaphore(most_readers)

    def read(self, stream: Any, wanted: int) -> bytes:
        """Up to `wanted` bytes, fewer where the body ends before. Stalled where the deadline passes."""
        try:
            self._tokens.pop()
        except IndexError:
            return self._read_in_time(stream, wanted)
        try:
            return read_all(stream, wanted)
        finally:
            self._tokens.append(None)

    def _read_in_time(self, stream: Any, wanted: int) -> bytes:
        if not self._readers.acquire(blocking=False):
            raise Stalled(503, "Too many bodies are on their way already.")
        found: list[bytes] = []
        thread = threading.Thread(target=self._collect, args=(stream, wanted, found), daemon=True)
        thread.start()
        thread.join(self._deadline)
        if not found:
            raise Stalled(408, f"The body did not arrive within {self._deadline:g} seconds.")
        return found[0]

    def _collect(self, stream: Any, wanted: int, found: list[bytes]) -> None:
        try:
            found.append(read_all(stream, wanted))
        except OSError:
            found.append(b"")
        finally:
            self._readers.release()


def read_all(stream: Any, wanted: int) -> bytes:
    """Up to `wanted` bytes of a stream whose `read` may return fewer than it was asked for."""
    data: bytes = stream.read(wanted)
    if len(data) >= wanted or not data:
        return data
    parts, size = [data], len(data)
    while data and size < wanted:
        data = stream.read(min(_CHUNK, wanted - size))
        parts.append(data)
        size += len(data)
    return b"".join(parts)
