"""Requests per CPU second of the mock against a bare Flask view, on the same server; first answer; memory.

    python tests/benchmarks/bench_mock.py [--seconds 4] [--rounds 3]

LangSmith creates with metadata, validated both ways and stored, 16 connections. CPU seconds are those of the server's
process tree (/proc), so that the load generator and the number of cores make no difference. Linux only.
"""

import argparse
import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
BODY = '{"metadata": {"user": "u-1", "topic": "billing", "tags": ["a", "b"]}, "if_exists": "raise"}'
CONNECTIONS = 16
TICKS = os.sysconf("SC_CLK_TCK")
AIMS = {"serve": 2.0, "flask": 0.8}


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text(encoding="ascii").split():
            found.extend(tree(int(child)))
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process tree."""
    total = 0
    for each in tree(pid):
        fields = Path(f"/proc/{each}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def pss(pid: int) -> float:
    """Proportional set size of a process tree, in MB."""
    kilobytes = 0
    for each in tree(pid):
        for line in Path(f"/proc/{each}/smaps_rollup").read_text(encoding="ascii").splitlines():
            kilobytes += int(line.split()[1]) if line.startswith("Pss:") else 0
    return kilobytes / 1024


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, path: str) -> bool:
    """Whether a GET comes back."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def running(command: list[str], port: int) -> Iterator[tuple[int, float]]:
    """A server process: its id, and the seconds to its first answer."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not answers(port, "/_mock/health"):
            if process.poll() is not None or time.perf_counter() - began > 30:
                sys.exit(f"the server did not start: {command}")
            time.sleep(0.002)
        yield process.pid, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


def command_of(kind: str, port: int) -> list[str]:
    """The command that starts one of the three servers."""
    if kind == "serve":
        return [
            sys.executable,
            "-m",
            "threadmock.mockserver",
            "langsmith",
            "--port",
            str(port),
            "--seed",
            "1",
            "--quiet",
        ]
    return [sys.executable, str(HERE / "comparison.py"), kind, str(port)]


def measure(kind: str, seconds: float) -> float:
    """Requests per CPU second of one server in one round."""
    port = free_port()
    path, body = ("/hello", "") if kind == "hello" else ("/threads", BODY)
    with running(command_of(kind, port), port) as (pid, _):
        load(port, path, body, 0.5)
        before = cpu_seconds(pid)
        answered = load(port, path, body, seconds)
        return answered / (cpu_seconds(pid) - before)


def load(port: int, path: str, body: str, seconds: float) -> int:
    """How many answers came, from a process of its own."""
    command = [sys.executable, str(HERE / "load.py"), str(port), path, body, str(CONNECTIONS), str(seconds)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[0])


def start_and_size() -> tuple[float, float, float]:
    """Of `serve` with all providers: seconds to the first answer, MB then, MB after 10,000 creates or so."""
    port = free_port()
    command = [sys.executable, "-m", "threadmock.mockserver", "--port", str(port), "--seed", "1", "--quiet"]
    with running(command, port) as (pid, first):
        size = pss(pid)
        load(port, "/langsmith/threads", BODY, 1)
        return first, size, pss(pid)


def main() -> int:
    """Print the table; 1 where an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rates: dict[str, list[float]] = {"hello": [], "serve": [], "flask": []}
    for _ in range(options.rounds):
        for kind, found in rates.items():
            found.append(measure(kind, options.seconds))
    median = {kind: statistics.median(found) for kind, found in rates.items()}
    missed = 0
    print("server                         requests per CPU second   ratio   aim")
    for kind, title in (("hello", "bare Flask view"), ("serve", "serve"), ("flask", "through Flask's dispatch")):
        ratio = statistics.median(a / b for a, b in zip(rates[kind], rates["hello"], strict=True))
        aim = AIMS.get(kind)
        missed += aim is not None and ratio < aim
        print(f"{title:30} {median[kind]:23.0f}   {ratio:5.2f}   {aim or '':>3}")
    starts = [start_and_size() for _ in range(options.rounds)]
    first, size, later = (statistics.median(column) for column in zip(*starts, strict=True))
    missed += first > 1 or size > 80
    print(
        f"first answer {first:.2f} s (aim 1), {size:.0f} MB of PSS (aim 80), {later:.0f} MB after a second of creates"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
