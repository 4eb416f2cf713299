"""The whole suite in a plain loop, for tests: examples, coverage, exploration, scenarios of one operation, on any WSGI app."""

import random
import time
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from threadmock.contracts.cases.case import Case
from threadmock.contracts.checks import Context, Verdict, judge
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.generation.coverage import coverage, examples
from threadmock.contracts.generation.drawn_invalid import invalid_cases
from threadmock.contracts.generation.drawn_valid import valid_cases
from threadmock.contracts.scenarios import scenarios
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.errors import NotSent
from threadmock.contracts.transport.wsgi import WsgiTransport
from threadmock.specs.loader import load

from support.reference_servers.servers import CREDENTIALS, Clock


@cache
def cases(provider: str, layer: str) -> tuple[Case, ...]:
    """The deterministic cases, made once: each app is new, so that keys may be the same."""
    operation = load(provider, layer=layer).operations[0]
    return (*examples(operation), *coverage(operation))


@cache
def explored(provider: str, number: int, layer: str = "documented", examples_of_each: int = 30) -> tuple[Case, ...]:
    """Cases of the exploring part, drawn with this seed."""
    operation = load(provider, layer=layer).operations[0]
    found: list[Case] = []
    for strategy in (valid_cases(operation), invalid_cases(operation)):
        if strategy is not None:
            _draw(strategy, number, examples_of_each, found)
    return tuple(found)


def _draw(strategy: Any, number: int, count: int, found: list[Case]) -> None:
    @seed(number)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(case: Case) -> None:
        found.append(case)

    draw()


class Run:
    """One run of the suite against one app."""

    def __init__(
        self, provider: str, app: Any, clock: Clock | None = None, number: int = 0, layer: str = "documented"
    ) -> None:
        self.contract = load(provider, layer=layer)
        self.operation = self.contract.operations[0]
        self.found: list[Finding] = []
        self.exchanges = 0
        self.passed: set[str] = set()
        clock = clock or Clock()
        self.cases = cases(provider, layer)
        target = Target(
            WsgiTransport(app),
            provider,
            given=CREDENTIALS.get(provider, {}),
            clock=lambda: time.perf_counter() + clock.ahead.total_seconds(),
            now=clock,
        )
        self.context = Context(
            self.contract,
            target.exchange,
            self._record,
            random.Random(number),
            pause=clock.pause,
        )

    def _record(self, exchange: Any, verdict: Verdict) -> None:
        self.exchanges += 1
        self.found.extend(verdict.findings)
        self.passed.update(verdict.passed)

    def send(self, case: Case) -> Verdict:
        exchange = self.context.send(case)
        verdict = judge(self.context, exchange)
        self._record(exchange, verdict)
        return verdict

    def steps(self, more: Iterable[Case] = ()) -> Iterator[list[Finding]]:
        """The failures met so far, after each step."""
        for case in (*self.cases, *more):
            self.send(case)
            yield self.failures
        for scenario in scenarios.values():
            if not scenario.applies(self.contract, self.operation):
                try:
                    found = list(scenario.run(self.context, self.operation))
                except NotSent:  # it needs a thing that another operation makes
                    continue
                self.found.extend(found)
                if not found:
                    self.passed.add(scenario.name)
            yield self.failures

    @property
    def failures(self) -> list[Finding]:
        return [finding for finding in self.found if finding.severity == "failure"]

    def first_failures(self) -> list[Finding]:
        """Run until something fails."""
        for failures in self.steps():
            if failures:
                return failures
        return []

    def all_failures(self, more: Iterable[Case] = ()) -> list[Finding]:
        """Run to the end."""
        for _ in self.steps(more):
            pass
        return self.failures
