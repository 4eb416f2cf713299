"""Servers that others wrote, as processes: a port for one, its start and its end."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

LONGEST = 60.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def environment(*without: str) -> dict[str, str]:
    """The variables of this process but for those whose names begin so, and pytest's."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", *without))}


@contextlib.contextmanager
def running(
    command: list[str],
    folder: Path,
    port: int,
    env: Mapping[str, str],
    *,
    log: Path | None = None,
    path: str = "/ok",
    longest: float = LONGEST,
    fail: Callable[[str], object] = pytest.fail,
) -> Iterator[str]:
    """The address of a server that a command starts in this folder.

    env: all its variables. log: gets what it prints; `log` in the folder where none is named. path: what it answers
    with success once it is there. longest: seconds until then. fail: is told why it does not start.
    """
    log = log or folder / "log"
    with log.open("wb") as output:
        # a group of its own: what the server starts itself ends with it
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            if not starts(process, f"http://127.0.0.1:{port}{path}", longest):
                fail(f"the server does not start: {log.read_text(errors='replace')[-1500:]}")
            yield f"http://127.0.0.1:{port}"
        finally:
            end(process)


def starts(process: subprocess.Popen[bytes], url: str, longest: float) -> bool:
    """Wait until the server answers: whether it does, before it ends and in time."""
    until = time.monotonic() + longest
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError), opener.open(url, timeout=5):
            return True
        time.sleep(0.1)
    return False


def end(process: subprocess.Popen[bytes]) -> None:
    """End the server and all that it started, whatever state they are in."""
    for how, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    assert process.poll() is not None, "the server can't be ended"
