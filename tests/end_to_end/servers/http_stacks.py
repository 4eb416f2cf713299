"""One thread server behind many HTTP stacks, each a process on loopback."""

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from support.environments import missing, python_with
from support.server_processes import environment, free_port, running

HERE = Path(__file__).parent
APP = HERE / "app"
LONGEST = 60.0


def in_python(*command: str) -> Callable[[int, Path], list[str]]:
    """A command with the Python of an environment that has the servers. PORT in it is the port."""

    def line(port: int, _folder: Path) -> list[str]:
        python = python_with("servers", "hypercorn", "--requirement", str(HERE / "requirements.txt"))
        return [python, *(part.replace("PORT", str(port)) for part in command)]

    return line


def in_node(port: int, _folder: Path) -> list[str]:
    """The server that is written for node."""
    node = shutil.which("node")
    if node is None:
        missing("node is not here")
    return [str(node), "threads.mjs", str(port)]


def in_nginx(port: int, folder: Path) -> list[str]:
    """nginx, in front of a server that is there already. Its port is in the file `upstream`."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        missing("nginx is not here")
    text = (APP / "nginx.conf").read_text(encoding="utf-8")
    # started as root, its workers would be somebody who can't write into the folder
    user = "user root;" if os.geteuid() == 0 else ""
    upstream = (folder / "upstream").read_text(encoding="utf-8")
    values = {"PORT": str(port), "UPSTREAM": upstream, "FOLDER": str(folder), "USER": user}
    text = re.sub(r"\b(PORT|UPSTREAM|FOLDER|USER)\b", lambda name: values[name[0]], text.partition("\n")[2])
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    return [str(nginx), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]


@dataclass(frozen=True)
class Stack:
    """How a stack is started. env: more variables. behind: the stack that it stands in front of."""

    command: Callable[[int, Path], list[str]]
    env: dict[str, str] = field(default_factory=dict)
    behind: str = ""


UVICORN = ("-m", "uvicorn", "--host", "127.0.0.1", "--port", "PORT", "--log-level", "warning")
GUNICORN = (
    "-m",
    "gunicorn",
    "--bind",
    "127.0.0.1:PORT",
    "--log-level",
    "warning",
    "--worker-tmp-dir",
    "/dev/shm",
    "carriers:wsgi",
)
STACKS = {
    "werkzeug": Stack(in_python("carriers.py", "werkzeug", "PORT")),
    "waitress": Stack(in_python("-m", "waitress", "--listen=127.0.0.1:PORT", "carriers:wsgi")),
    "gunicorn, closing": Stack(in_python(*GUNICORN)),
    "gunicorn, threads": Stack(in_python(*GUNICORN, "--threads", "4")),
    "uvicorn, h11": Stack(in_python(*UVICORN, "--http", "h11", "carriers:asgi")),
    "uvicorn, httptools": Stack(in_python(*UVICORN, "--http", "httptools", "carriers:asgi")),
    "uvicorn, chunked": Stack(in_python(*UVICORN, "carriers:asgi_chunked")),
    "hypercorn": Stack(in_python("-m", "hypercorn", "--bind", "127.0.0.1:PORT", "carriers:asgi")),
    "granian": Stack(in_python("-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", "PORT", "carriers:asgi")),
    "aiohttp": Stack(in_python("carriers.py", "aiohttp", "PORT")),
    "http.server 1.0": Stack(in_python("carriers.py", "plain", "PORT")),
    "http.server 1.0, no length": Stack(in_python("carriers.py", "plain", "PORT"), env={"LENGTH": "no"}),
    "node": Stack(in_node),
    "nginx, gzip": Stack(in_nginx, behind="uvicorn, httptools"),
}  # fmt: skip


def variables(more: dict[str, str]) -> dict[str, str]:
    """The environment of a server: nothing is written beside its sources."""
    return {**environment(), "PYTHONDONTWRITEBYTECODE": "1", **more}


@contextlib.contextmanager
def serving(name: str, folder: Path) -> Iterator[str]:
    """The address of a fresh server behind this stack; what it writes is in the folder."""
    stack = STACKS[name]
    with contextlib.ExitStack() as all_ends:
        if stack.behind:
            behind = all_ends.enter_context(serving(stack.behind, folder))
            (folder / "upstream").write_text(behind.rpartition(":")[2], encoding="utf-8")
        port = free_port()
        command = stack.command(port, folder)
        yield all_ends.enter_context(running(command, APP, port, variables(stack.env), log=folder / f"{port}.log"))
