"""Exploration: Hypothesis draws cases, and makes the smallest request of each cause."""

import warnings
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, HypothesisWarning, Unsatisfiable
from threadmock.contracts.cases.case import Case
from threadmock.contracts.checks.finding import CauseKey
from threadmock.contracts.engine.lanes import Lanes
from threadmock.contracts.engine.recorder import Recorder
from threadmock.contracts.generation.drawn_invalid import invalid_cases
from threadmock.contracts.generation.drawn_valid import valid_cases
from threadmock.contracts.transport.errors import BudgetSpent, NotSent

MOST_CAUSES = 12
SLOW = 0.5
"""Seconds. What takes longer to show is reported as it was found: making it small would take hundreds of such waits."""


class _Cause(Exception):  # noqa: N818 - reads as what it is
    """A cause of findings. Hypothesis distinguishes causes by class, so each gets one of its own."""


class _Causes:
    """The exception classes of one exploration, by key. known: keys that an earlier item found; they don't raise."""

    def __init__(self, known: set[CauseKey]) -> None:
        self._known = frozenset(known)
        self._classes: dict[CauseKey, type[_Cause]] = {}

    def of(self, key: CauseKey) -> type[_Cause] | None:
        """The class of a key; None where it is known, or so many causes were met that no more are made small."""
        if key in self._known:
            return None
        if key not in self._classes and len(self._classes) < MOST_CAUSES:
            self._classes[key] = type(f"Cause{len(self._classes)}", (_Cause,), {})
        return self._classes.get(key)


def explore(recorder: Recorder, lanes: Lanes, max_examples: int, known: set[CauseKey]) -> None:
    """Draw, send and judge cases until max_examples are done or the budget is spent.

    Findings are noted as they come, whatever Hypothesis makes of the exceptions. BudgetSpent where it ended early.
    lanes: for cases whose answers take long, and which are not made small.
    """
    operation = recorder.operation
    invalid = invalid_cases(operation)
    strategy = valid_cases(operation) if invalid is None else st.one_of(valid_cases(operation), invalid)
    causes = _Causes(known)
    spent: list[BudgetSpent] = []

    @seed(recorder.seed)
    @settings(
        max_examples=max_examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
        report_multiple_bugs=True,
    )
    @given(case=strategy)
    def attempt(case: Case) -> None:
        if spent:
            return
        try:
            if lanes.slow and lanes.takes(case):
                lanes.ask(case)
                return
            findings = recorder.ask(case)
        except BudgetSpent as reason:
            spent.append(reason)
            return
        except NotSent as reason:
            recorder.left_out(reason)
            return
        if recorder.elapsed > SLOW:
            return
        for finding in findings:
            raised = causes.of(finding.key) if finding.severity == "failure" else None
            if raised:
                raise raised(finding.got)

    _attempt(attempt, recorder)
    if spent:
        raise spent[0]


def _attempt(attempt: Callable[[], None], recorder: Recorder) -> None:
    try:
        with warnings.catch_warnings():
            # a project may turn warnings into errors; what Hypothesis thinks of our cases' size is none of ours
            warnings.simplefilter("ignore", HypothesisWarning)
            attempt()
    except (_Cause, Flaky):
        pass
    except Unsatisfiable:
        recorder.outcome.ended = "no request could be drawn"
    except ExceptionGroup as group:
        ours, others = group.split((_Cause, Flaky))
        if others is not None:
            raise others from ours
