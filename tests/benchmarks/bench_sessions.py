"""Sessions, resets and snapshots: memory of 1,000 sessions, and milliseconds of each.

    python tests/benchmarks/bench_sessions.py

In process, all built-in providers. The memory is the process's PSS beyond what it has before the first session; each
session has one thread with one run. Resets and restores are those of 10,000 threads with 5 messages each. Linux only.
"""

import json
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from threadmock.mockserver import create_mock
from werkzeug.test import Client

CONTROL = {"X-Threadmock-Control": "1"}
SESSIONS, THREADS = 1000, 10_000
SAID = {"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": "hello there"}]}}


def pss() -> float:
    """Proportional set size of this process, in MB."""
    found = re.search(r"^Pss:\s+(\d+)", Path("/proc/self/smaps_rollup").read_text(encoding="ascii"), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def milliseconds(work: Callable[[], Any], times: int = 7) -> float:
    """The median of several turns."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def sessions() -> None:
    """What many sessions take."""
    client = Client(create_mock(seed=1, speed=0).wsgi)
    client.post("/langsmith/threads", json={})
    before = pss()
    for conversations in (1, 5):
        for number in range(SESSIONS):
            base = f"/_s/worker-{number}/langsmith"
            for _ in range(1 if conversations == 1 else 4):
                thread = client.post(f"{base}/threads", json={}).get_json()["thread_id"]
                assert client.post(f"{base}/threads/{thread}/runs/wait", json=SAID).status_code == 200
        print(
            f"{SESSIONS} sessions, {conversations} conversations in each: {pss() - before:.0f} MB beyond {before:.0f} MB"
        )
    assert client.post("/_s/one-more/langsmith/threads", json={}).status_code == 507


def stored() -> None:
    """How long it takes to begin anew, and to put back what was kept."""
    threads = [
        {"title": f"t{n}", "messages": [{"role": "user", "text": f"m{m}"} for m in range(5)]} for n in range(THREADS)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.json"
        path.write_text(json.dumps({"threads": threads}), encoding="utf-8")
        mock = create_mock("langsmith", seed=1, data=path)
    print(f"reset, {THREADS} threads of data: {milliseconds(mock.reset):.2f} ms")
    numbers = iter(range(100))
    print(f"first request of a session: {milliseconds(lambda: mock.session(f's{next(numbers)}')):.2f} ms")
    taken = mock.snapshot()
    print(f"restore, {THREADS} threads: {milliseconds(taken.restore):.2f} ms")
    small = create_mock("langsmith", seed=1)
    client = Client(small.wsgi)
    for number in range(1000):
        client.post("/threads", json={"metadata": {"n": number}})
    kept = small.snapshot()
    document = json.dumps(kept.document()).encode()
    print(
        f"snapshot of 1,000 threads: {milliseconds(small.snapshot):.2f} ms; restore: {milliseconds(kept.restore):.2f} ms"
    )
    upload = milliseconds(lambda: client.post("/_mock/snapshots/up/restore", data=document, headers=CONTROL))
    print(f"restore of 1,000 threads from an uploaded document of {len(document) / 1e6:.1f} MB: {upload:.0f} ms")


if __name__ == "__main__":
    sessions()  # first: what the others leave would hide what it takes
    stored()
