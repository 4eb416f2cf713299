"""Reads and lists against creates, in process, one thread: CPU microseconds each, and how they grow with what is stored.

    python tests/benchmarks/bench_reads.py [--threads 100000]

LangSmith. Aims: a read no dearer than a create (within a tenth: machines are noisy); a point read among many threads no
dearer than among ten (within a quarter); a filtered search over 10,000 threads within 50 ms.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable

from threadmock.mockserver import create_mock
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.specs.wire.messages import Request
from threadmock.specs.wire.strictjson import dump_json, parse_json

JSON = {"content-type": "application/json", "host": "localhost"}


def ask(gateway: Gateway, method: str, path: str, body: object = None) -> object:
    """One exchange; the answer's value. It must be a success."""
    data = b"" if body is None else dump_json(body)
    headers = JSON if data else {"host": "localhost"}
    response = gateway.handle(Request(method, path, "", headers, data))
    if response.status >= 300:
        sys.exit(f"{method} {path}: {response.status} {response.content[:300]!r}")
    return parse_json(response.content)


def cost(action: Callable[[], object], times: int, rounds: int = 5) -> float:
    """Median CPU microseconds of one call."""
    found = []
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(times):
            action()
        found.append((time.process_time() - began) / times * 1e6)
    return statistics.median(found)


def filled(count: int) -> tuple[Gateway, str]:
    """A gateway with so many threads, and the id of one in the middle."""
    gateway = create_mock("langsmith", seed=1).gateway
    middle = ""
    for number in range(count):
        made = ask(gateway, "POST", "/threads", {"metadata": {"n": number, "half": number % 2}})
        if number == count // 2 and isinstance(made, dict):
            middle = str(made["thread_id"])
    return gateway, middle


def main() -> int:
    """Print the table; 1 where an aim is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=100_000)
    many = parser.parse_args().threads
    few_gateway, few = filled(10)
    create = cost(lambda: ask(few_gateway, "POST", "/threads", {"metadata": {"a": 1}}), 2000)
    few_gateway, few = filled(10)
    read = cost(lambda: ask(few_gateway, "GET", f"/threads/{few}"), 2000)
    page = cost(lambda: ask(few_gateway, "POST", "/threads/search", {"limit": 10}), 1000)
    big_gateway, big = filled(many)
    read_many = cost(lambda: ask(big_gateway, "GET", f"/threads/{big}"), 2000)
    middle_gateway, _ = filled(10_000)
    search = {"metadata": {"half": 1}, "limit": 10}
    filtered = cost(lambda: ask(middle_gateway, "POST", "/threads/search", search), 5)
    rows = (
        ("create", create, 1.0, None),
        ("read", read, read / create, 1.1),
        ("page of ten", page, page / create, None),
        (f"read among {many:,}, against among 10", read_many, read_many / read, 1.25),
        ("filtered search over 10,000, in ms", filtered / 1000, filtered / 1000 / 50, 1.0),
    )
    missed = 0
    print(f"{'what':40} {'cost':>9}   ratio   aim at most")
    for what, value, ratio, aim in rows:
        missed += aim is not None and ratio > aim
        print(f"{what:40} {value:9.1f}   {ratio:5.2f}   {aim or ''}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
