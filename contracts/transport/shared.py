"""What the processes of one run share: a rate and a count. Files in one folder, each changed under a lock.

The first process makes the folder and hands its path to the others; pytest-xdist's workers get it with their input. A
process that dies lets go of its lock, whatever it did. Every class here is safe to use from several threads, too.
"""

import contextlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

RATE, RUNS = "rate", "runs"


@dataclass(frozen=True)
class WorkerPlace:
    """One process among those of a run: of `workers` it has this number; folder: what they share; alone: a worker."""

    workers: int = 1
    number: int = 0
    folder: Path | None = None
    alone: bool = False


HERE = WorkerPlace()
"""A run of one process."""


def new_folder() -> Path:
    """A folder that nobody else can read, for one run. Its maker removes it at the end."""
    return Path(tempfile.mkdtemp(prefix="threadmock-run-"))


@contextlib.contextmanager
def locked(path: Path) -> Iterator[BinaryIO]:
    """The file, open for reading and writing, created where it is missing; one holder at a time. Blocks."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        _lock(file.fileno())
        try:
            yield file
            file.flush()
        finally:
            _unlock(file.fileno())


if sys.platform == "win32":
    import msvcrt

    _FAR = 2**30

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            except OSError:
                continue
            break
        os.lseek(descriptor, 0, os.SEEK_SET)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


class _Number:
    """One number in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # a lock of a file holds between processes; threads of one process need their own, too
        self._threads = threading.Lock()

    def change(self, what: Callable[[float], float]) -> tuple[float, float]:
        """Put what is made of it in its place; the number before and after. A file that is not there holds 0."""
        with self._threads, locked(self._path) as file:
            text = file.read()
            before = float(text) if text.strip() else 0.0
            after = what(before)
            file.seek(0)
            file.truncate()
            file.write(repr(after).encode())
        return before, after


class SharedRate:
    """At most so many requests a second, over all processes.

    per_second: more than 0. burst: so many may go at once after a pause. clock: one that all processes of the machine
    share, as the system's monotonic one is.
    """

    def __init__(
        self,
        folder: Path,
        per_second: float,
        *,
        burst: int = 1,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._next = _Number(folder / RATE)
        self._gap = 1 / per_second
        self._slack = (burst - 1) * self._gap
        self._clock = clock
        self._pause = pause

    def take(self, *, most: float | None = None) -> float:
        """Wait until a request may be sent; the seconds that this took. Turns are given in the order of asking.

        most: where it would take more seconds, no turn is taken and -1 is returned.
        """
        wait = 0.0

        def reserve(booked: float) -> float:
            nonlocal wait
            now = self._clock()
            turn = max(booked, now - self._slack)
            wait = max(0.0, turn - now)
            return booked if most is not None and wait > most else turn + self._gap

        self._next.change(reserve)
        if most is not None and wait > most:
            return -1.0
        if wait:
            self._pause(wait)
        return wait

    def hold_back(self, seconds: float) -> None:
        """Let nobody send for so many seconds: what a `Retry-After` asks for."""
        until = self._clock() + seconds + self._slack
        self._next.change(lambda booked: max(booked, until))


class SharedCount:
    """So many of something over all processes, such as requests that start runs. limit: None for as many as wanted."""

    def __init__(self, path: Path, limit: int | None) -> None:
        self._used = _Number(path)
        self._limit = limit

    def take(self, number: int = 1) -> bool:
        """Take so many; False, and none is taken, where so many are not left."""

        def use(used: float) -> float:
            enough = self._limit is None or used + number <= self._limit
            return used + number if enough else used

        before, after = self._used.change(use)
        return after > before or number == 0

    def give_back(self, number: int) -> None:
        """Let others take so many that were taken for nothing."""
        self._used.change(lambda used: max(0.0, used - number))

    @property
    def used(self) -> int:
        """How many were taken so far."""
        return int(self._used.change(lambda used: used)[0])
