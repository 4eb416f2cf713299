"""Streamed runs: events per CPU second against a bare WSGI generator on the same server, lateness, memory, neighbours.

    python tests/benchmarks/bench_streams.py [--seconds 4] [--rounds 3] [--streams 1000]

LangSmith, tokens as `messages-tuple`, a thousand events a run and delays of nothing; CPU seconds are those of the
server's process tree (/proc). Then a thousand streams that are open at once, while plain requests are asked. Linux only.
"""

import argparse
import http.client
import json
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench_mock import HERE, cpu_seconds, free_port, pss, running
from comparison import EVENTS

CONNECTIONS = 8
PACE = 0.02
AIM_MB = 200
SCRIPTS = f"""
scripts:
  many: {{steps: [{{say: {{of: " token", times: {EVENTS - 1}}}, pace: 0}}]}}
  paced: {{pace: {PACE}, steps: [{{say: {{of: " token", times: 100}}}}]}}
  idle: {{steps: [{{say: token, pace: 0}}, {{wait: 1h}}]}}
  chatty: {{pace: 1s, steps: [{{say: {{of: " token", times: 300}}}}]}}
"""


def body(name: str) -> str:
    """What starts a run of that script."""
    message = {"role": "user", "content": f"/{name} x"}
    return json.dumps({"assistant_id": "agent", "input": {"messages": [message]}, "stream_mode": ["messages-tuple"]})


@contextmanager
def serving(kind: str = "serve") -> Iterator[tuple[int, int]]:
    """The mock, or the bare generator: its process and port."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bench.yaml"
        script.write_text(SCRIPTS, encoding="utf-8")
        mock = ["-m", "threadmock.mockserver", "langsmith", "--port", str(port), "--seed", "1", "--quiet"]
        command = (
            [*mock, "--script", str(script)] if kind == "serve" else [str(HERE / "comparison.py"), kind, str(port)]
        )
        with running([sys.executable, *command], port) as (pid, _):
            yield pid, port


def rate(kind: str, seconds: float) -> float:
    """Events per CPU second of one server in one round."""
    with serving(kind) as (pid, port):
        load(port, 0.5)
        before = cpu_seconds(pid)
        return load(port, seconds) / (cpu_seconds(pid) - before)


def load(port: int, seconds: float) -> int:
    """How many events came, counted by a process of its own."""
    command = [sys.executable, str(HERE / "load_streams.py"), str(port), "/runs/stream", body("many")]
    told = subprocess.run([*command, str(CONNECTIONS), str(seconds)], check=True, capture_output=True, text=True)
    return int(told.stdout.split()[0])


def ask(port: int, name: str) -> socket.socket:
    """A stream that has just been asked for."""
    data = body(name)
    sock = socket.create_connection(("127.0.0.1", port), timeout=60)
    head = f"POST /runs/stream HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(data)}"
    sock.sendall(f"{head}\r\n\r\n{data}".encode())
    return sock


def lateness(port: int) -> list[float]:
    """By how many milliseconds each token of one stream came later than its script has it, after the first."""
    with ask(port, "paced") as sock:
        came: list[float] = []
        got = b""
        while not got.endswith(b"0\r\n\r\n"):
            got = got[-20:] + sock.recv(65536)
            came += [time.perf_counter()] * got[20 if came else 0 :].count(b"event: messages")
    return [1000 * (moment - came[0] - number * PACE) for number, moment in enumerate(came)]


def open_streams(port: int, name: str, count: int) -> list[socket.socket]:
    """So many streams, each of which has told its first token."""
    opened = [ask(port, name) for _ in range(count)]
    for sock in opened:
        got = b""
        while b"event: messages" not in got:
            got += sock.recv(65536)
    return opened


def plain(port: int, count: int) -> list[float]:
    """Milliseconds of as many creates of threads, one after the other on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    took = []
    for _ in range(count):
        began = time.perf_counter()
        connection.request("POST", "/threads", "{}", {"content-type": "application/json"})
        connection.getresponse().read()
        took.append(1000 * (time.perf_counter() - began))
    connection.close()
    return took


def told(values: list[float]) -> str:
    """Median and the hundredth that is highest."""
    ordered = sorted(values)
    return f"p50 {ordered[len(ordered) // 2]:.1f} ms, p99 {ordered[len(ordered) * 99 // 100]:.1f} ms"


def crowd(name: str, count: int) -> bool:
    """Many open streams in one process: memory and what plain requests feel of them. Whether the aim is met."""
    with serving() as (pid, port):
        plain(port, 50)
        before, alone = pss(pid), plain(port, 300)
        opened = open_streams(port, name, count)
        among, after = plain(port, 300), pss(pid)
        cpu = cpu_seconds(pid)
        time.sleep(5)
        busy = (cpu_seconds(pid) - cpu) / 5
        for sock in opened:
            sock.close()
    each = 1024 * (after - before) / count
    print(
        f"{count} {name} streams: {after:.0f} MB of PSS (aim {AIM_MB}), {each:.0f} KB each, {100 * busy:.0f} % of a core"
    )
    print(f"    a create alone {told(alone)}; among them {told(among)}")
    return after <= AIM_MB


def main() -> int:
    """Print the table; 1 where an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--streams", type=int, default=1000)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    rates: dict[str, list[float]] = {"stream": [], "serve": []}
    for _ in range(options.rounds):
        for kind, found in rates.items():
            found.append(rate(kind, options.seconds))
    for kind, title in (("stream", "bare WSGI generator"), ("serve", "a streamed run")):
        median = statistics.median(rates[kind])
        ratio = statistics.median(a / b for a, b in zip(rates[kind], rates["stream"], strict=True))
        print(f"{title:20} {median:9.0f} events per CPU second, {1e6 / median:5.1f} µs each   ratio {ratio:.2f}")
    with serving() as (_, port):
        lateness(port)
        print(f"a token every {1000 * PACE:.0f} ms comes late by {told(lateness(port))}")
    met = [crowd(name, options.streams) for name in ("idle", "chatty")]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
