"""The phases of an operation: deterministic coverage, each scenario, and exploration with Hypothesis."""

from collections.abc import Callable, Mapping

from threadmock.contracts import scenarios
from threadmock.contracts.engine.budget import PhaseKind
from threadmock.contracts.engine.lanes import lanes_of
from threadmock.contracts.engine.recorder import Recorder
from threadmock.contracts.engine.session import coverage_cases
from threadmock.contracts.transport.errors import NotSent

COVERAGE, EXPLORATION = "coverage", "exploration"
FOLLOWED = 10
"""Drawn cases at most where every answer waits for a run: there is little in such a request that could be drawn."""


def kind_of(phase: str) -> PhaseKind:
    """The kind of a phase: a scenario is named by itself."""
    return "coverage" if phase == COVERAGE else "exploration" if phase == EXPLORATION else "scenario"


def _coverage(recorder: Recorder, _: str) -> None:
    with lanes_of(recorder) as lanes:
        for case in coverage_cases(recorder.session.contract, recorder.operation):
            lanes.ask(case)


def _exploration(recorder: Recorder, _: str) -> None:
    from threadmock.contracts.engine.exploration import explore  # noqa: PLC0415 - Hypothesis takes time to load

    most = recorder.session.examples
    if recorder.operation.rule.traits.follows_run:
        most = min(most, FOLLOWED)
    with lanes_of(recorder) as lanes:
        explore(recorder, lanes, most, recorder.session.known)


def _scenario(recorder: Recorder, name: str) -> None:
    scenario = scenarios.scenarios[name]
    tally = recorder.outcome.tally(name)
    try:
        for finding in scenario.run(recorder.context, recorder.operation):
            recorder.note([finding])
    except NotSent as reason:
        tally.not_applicable[recorder.session.target.masking(str(reason))] = 1
        raise
    if tally.failed or tally.unconfirmed:
        return
    # What compared nothing has shown nothing.
    if nothing := recorder.context.comparisons.reason:
        tally.not_applicable[recorder.session.target.masking(nothing)] = 1
    else:
        tally.passed += 1


phases: Mapping[PhaseKind, Callable[[Recorder, str], None]] = {
    "coverage": _coverage,
    "scenario": _scenario,
    "exploration": _exploration,
}
