"""A PostgreSQL of the test's own: a cluster in a folder, on a port of loopback, ended and removed with the test."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from support.environments import missing

# Debian keeps the programs of each version out of the path.
PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
USER = "tests"


def program(name: str) -> str:
    """The path of a program of PostgreSQL's."""
    found = shutil.which(name) or next((str(place / name) for place in PLACES if (place / name).exists()), "")
    if not found:
        missing("PostgreSQL is not here (Debian: apt-get install postgresql)")
    return found


@contextlib.contextmanager
def database(port: int) -> Iterator[None]:
    """A fresh cluster with an empty database `tests`, reached as user `tests` without a password."""
    # the server refuses to run as root: then it runs as the user that Debian's package makes
    owner = "postgres" if os.geteuid() == 0 else None
    # a temporary folder of pytest's may lie where that user can't go
    cluster = tempfile.mkdtemp(prefix="cluster-")
    if owner:
        shutil.chown(cluster, owner)

    def run(name: str, *arguments: str) -> None:
        command = [program(name), *arguments]
        done = subprocess.run(
            command,
            user=owner,
            cwd=cluster,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    try:
        run("initdb", "-D", cluster, "--auth=trust", "--encoding=UTF8", "--locale=C", "-U", USER)
        options = f"-p {port} -c unix_socket_directories={cluster} -c listen_addresses=127.0.0.1 -c fsync=off"
        run("pg_ctl", "-D", cluster, "-o", options, "-l", f"{cluster}/log", "--wait", "start")
        try:
            run("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", USER, USER)
            yield
        finally:
            run("pg_ctl", "-D", cluster, "-m", "immediate", "--wait", "stop")
    finally:
        shutil.rmtree(cluster)
