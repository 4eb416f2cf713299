"""The findings of a run, each sent once more: what does not show again is reported as intermittent.

A deployment may flap, or be consistent only after a while: whoever reads a finding wants to know whether to look for it
in every response or in one of many.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from threadmock.contracts.checks.finding import CauseKey, Finding
from threadmock.contracts.engine.rerun import Reruns, told_again
from threadmock.contracts.replays.finding_file import saved
from threadmock.contracts.replays.guarded_transport import GuardedTransport
from threadmock.contracts.replays.rejudge import rejudged
from threadmock.contracts.replays.replayer import GONE, HOLDS, UNDECIDED, ReplayOutcome, replay
from threadmock.contracts.settings import UsageError
from threadmock.contracts.transport.errors import Unreachable

if TYPE_CHECKING:
    from threadmock.contracts.engine.session import Session

MOST = 60
"""So many findings at most are sent again: those that people are shown."""
MOST_SECONDS = 120.0
"""And no other one is begun after so long."""
_AS_WORDS = {HOLDS: "yes", GONE: "no", UNDECIDED: "undecided"}


def repeat(
    session: "Session",
    findings: Iterable[Finding],
    *,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> dict[CauseKey, str]:
    """Whether each finding shows again: by its key "yes", "no" or "undecided"; one that was not sent again is left out.

    Not sent again are those that start more runs than are still allowed, and what is left when the time is over.
    A KeyboardInterrupt passes through.
    """
    shown_again: dict[CauseKey, str] = {}
    until = clock() + MOST_SECONDS
    reruns = Reruns(session)
    carrier = GuardedTransport(session.contract, session.target, over=lambda: session.over or clock() >= until)
    for finding in list(findings)[:MOST]:
        data = saved(session.contract, session.settings, finding)
        if data is None or not _affordable(session, data):
            continue
        if carrier.over():
            break
        try:
            outcome = told_again(data, _again(session, data, carrier, pause, clock), reruns)
        except Unreachable as error:
            session.gone = session.target.masking(str(error))
            break
        except (UsageError, UnicodeError):
            continue  # it needs a secret that is not given, or a name that no request can carry
        shown_again[finding.key] = _AS_WORDS[outcome.state]
    return shown_again


def _again(
    session: "Session",
    data: Mapping[str, Any],
    carrier: GuardedTransport,
    pause: Callable[[float], None],
    clock: Callable[[], float],
) -> ReplayOutcome:
    outcome = replay(data, carrier, session.target.given, pause=pause, clock=clock)
    return rejudged(data, outcome, session.contract, session.own_checks)


def _affordable(session: "Session", data: Mapping[str, Any]) -> bool:
    run_budget = session.target.run_budget
    runs = sum(bool(step.get("starts_run")) for step in data["steps"])
    return run_budget is None or run_budget.covers(runs)
