"""Servers that others wrote, as processes: a port for one, and its end."""

import contextlib
import os
import signal
import socket
import subprocess


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def end(process: subprocess.Popen[bytes]) -> None:
    """End the server and all that it started, whatever state they are in."""
    for how, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    assert process.poll() is not None, "the server can't be ended"
