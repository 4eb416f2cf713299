"""Aegra, an agent server that others wrote: on a database of the test's own, with the graphs of the vendor's server."""

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_server import running_alone
from database import USER, database
from support.environments import python_with
from support.server_processes import free_port

HERE = Path(__file__).parent
VERSIONS = ("3.14", "3.13", "3.12")


def newer_python() -> str:
    """A Python 3.12 or newer; skips where there is none."""
    if sys.version_info >= (3, 12):
        return sys.executable
    pyenv = Path.home() / ".pyenv" / "versions"
    for version in VERSIONS:
        for name in (f"python{version}", *map(str, sorted(pyenv.glob(f"{version}*/bin/python")))):
            with contextlib.suppress(OSError):
                check = f"import sys; sys.exit(sys.version_info[:2] != ({version.replace('.', ', ')}))"
                if subprocess.run([name, "-c", check], check=False, capture_output=True).returncode == 0:
                    return name
    pytest.skip("this server needs a Python 3.12 or newer, and there is none")


@contextlib.contextmanager
def serving_aegra(folder: Path) -> Iterator[str]:
    """The address of a fresh server."""
    python = python_with(
        "aegra", "aegra_api", "--requirement", str(HERE / "requirements_aegra.txt"), interpreter=newer_python()
    )
    app = folder / "app"
    shutil.copytree(HERE / "app_aegra", app)
    shutil.copy(HERE / "app" / "graphs.py", app)
    database_port, port = free_port(), free_port()
    more = {
        "POSTGRES_USER": USER, "POSTGRES_PASSWORD": "none", "POSTGRES_HOST": "127.0.0.1",
        "POSTGRES_PORT": str(database_port), "POSTGRES_DB": USER,
        "AUTH_TYPE": "noop", "AEGRA_CONFIG": "aegra.json", "OTEL_SDK_DISABLED": "true", "REDIS_BROKER_ENABLED": "false",
    }  # fmt: skip
    command = [python, "-m", "uvicorn", "aegra_api.main:app", "--host", "127.0.0.1", "--port", str(port)]
    with (
        database(database_port),
        running_alone([*command, "--log-level", "warning"], app, port, "/health", more) as url,
    ):
        yield url
