"""The suite against the in-process mock on one core: judged exchanges a second, with draw, send and judge apart.

    python tests/benchmarks/bench_suite.py [PROVIDER]

Times are CPU seconds of this process. Bodies are those of a real run; nothing is thinned.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from threadmock.contracts.cases.case import Case
from threadmock.contracts.checks import Context, judge
from threadmock.contracts.generation.coverage import coverage, examples
from threadmock.contracts.generation.drawn_invalid import invalid_cases
from threadmock.contracts.generation.drawn_valid import valid_cases
from threadmock.contracts.target.open_target import mock_target
from threadmock.contracts.target.target import Target
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.loader import load

EXAMPLES = 500
ROUNDS = 3


class Watch:
    """CPU seconds by name."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    def time(self, name: str, work: Callable[[], Any]) -> Any:
        began = time.process_time()
        result = work()
        self.spent[name] = self.spent.get(name, 0.0) + time.process_time() - began
        return result


def judged(context: Context, watch: Watch, case: Case) -> int:
    exchange = watch.time("send", lambda: context.send(case))
    watch.time("judge", lambda: judge(context, exchange))
    return 1


def make_context(contract: Contract, target: Target) -> Context:
    return Context(contract, target.exchange, lambda _exchange, _verdict: None, random.Random(7))


def run_coverage(contract: Contract, operation: Operation) -> tuple[int, Watch]:
    watch, count = Watch(), 0
    context = make_context(contract, mock_target(contract, 7))
    cases: Iterator[Case] = chain(examples(operation), coverage(operation))
    while True:
        case = watch.time("draw", lambda: next(cases, None))
        if case is None:
            return count, watch
        count += judged(context, watch, case)


def run_exploration(contract: Contract, operation: Operation) -> tuple[int, Watch]:
    watch, count = Watch(), 0
    context = make_context(contract, mock_target(contract, 7))
    invalid = invalid_cases(operation)
    strategy = valid_cases(operation) if invalid is None else st.one_of(valid_cases(operation), invalid)

    @seeded(7)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def attempt(case: Case) -> None:
        nonlocal count
        count += judged(context, watch, case)

    began = time.process_time()
    attempt()
    watch.spent["draw"] = time.process_time() - began - watch.spent["send"] - watch.spent["judge"]
    return count, watch


def tell(name: str, count: int, watch: Watch) -> None:
    total = sum(watch.spent.values())
    parts = "  ".join(f"{part} {1e6 * seconds / count:7.0f} µs" for part, seconds in sorted(watch.spent.items()))
    print(f"{name:12} {count:5} exchanges  {count / total:7.0f} judged a second   each: {parts}")


def main(provider: str) -> None:
    contract = load(provider)
    operation = contract.operations[0]
    for name, run in (("coverage", run_coverage), ("exploration", run_exploration)):
        results = [run(contract, operation) for _ in range(ROUNDS)]
        tell(name, *min(results, key=lambda result: sum(result[1].spent.values())))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "langsmith")
