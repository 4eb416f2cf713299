"""`threadmock` as a process of its own that can be interrupted."""

import json
import os
import subprocess
import sys

# A shell that starts the tests in the background has interrupts ignored by all that they start.
HEEDING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
MAIN = "from threadmock.contracts.cli.main import main; main()"


def environment(**more):
    kept = {name: v for name, v in os.environ.items() if not name.startswith(("PYTEST", "COV", "HYPOTHESIS"))}
    return kept | {"PYTHONUNBUFFERED": "1"} | more


def asked(url, ledger, *more):
    return [
        "verify", "langsmith", "--target", url, "--operations", "POST /threads,PATCH /threads/{thread_id}",
        "--ledger", str(ledger), "--seed", "1", "-v", *more,
    ]  # fmt: skip


def begin(arguments, cwd):
    return subprocess.Popen(
        [sys.executable, "-c", HEEDING + MAIN, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=cwd, env=environment(),
    )  # fmt: skip


def done(arguments, cwd, main=MAIN, **more):
    return subprocess.run(
        [sys.executable, "-c", main, *arguments],
        capture_output=True, text=True, cwd=cwd, env=environment(**more), timeout=120, check=False,
    )  # fmt: skip


def count(server):
    return json.loads(server.send("GET", "/_mock/things").body)["count"]


def until(process, word):
    """Read lines up to the one that begins with a word: the run is then in the middle of what comes next."""
    read = []
    for line in process.stdout:
        read.append(line)
        if line.startswith(word):
            return read
    raise AssertionError("".join(read))
