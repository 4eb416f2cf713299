"""A scenario told once more from its beginning: whether a finding of it shows again.

What a scenario finds hangs on the things that it made and on where lists show them, so that the same bytes prove little
an hour later, or where others have made things meanwhile. So its things are made anew, and it asks all its questions.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from threadmock.contracts.engine.budget import Budget
from threadmock.contracts.engine.outcome import Outcome
from threadmock.contracts.engine.phases import kind_of, phases
from threadmock.contracts.engine.recorder import Recorder
from threadmock.contracts.engine.session import Session
from threadmock.contracts.replays.rejudge import INTERMITTENT
from threadmock.contracts.replays.replayer import GONE, HOLDS, UNDECIDED, ReplayOutcome
from threadmock.contracts.scenarios import scenarios
from threadmock.contracts.transport.errors import NotSent

SPARE = 40
"""Exchanges that a scenario may take beyond what it usually does."""


class Reruns:
    """Performs scenarios once more, each once for all its findings. session: of the target that is asked."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._done: dict[tuple[str, str], tuple[Outcome, str]] = {}

    def outcome(self, saved: Mapping[str, Any]) -> ReplayOutcome | None:
        """What came of telling the story of a saved finding once more; None for one that was found in no scenario."""
        item = saved.get("item") or {}
        slug, phase = item.get("operation", ""), item.get("phase", "")
        if phase not in scenarios or saved["finding"]["check"] not in self._session.checks:
            return None
        if slug not in {each.slug for each in self._session.contract.operations}:
            return None
        if (slug, phase) not in self._done:
            self._done[slug, phase] = self._performed(slug, phase)
        outcome, ended = self._done[slug, phase]
        sent = f"{outcome.exchanges} requests of {phase} were sent anew"
        wanted = saved["finding"]
        for finding, _ in outcome.findings:
            if (finding.check, finding.operation) == (wanted["check"], wanted["operation"]) and (
                (finding.place or finding.where) == (wanted.get("place") or wanted["where"])
            ):
                return ReplayOutcome(HOLDS, f"{sent}: {finding.got}", (), ())
        if ended:
            return ReplayOutcome(UNDECIDED, f"{sent}, and {ended}", (), ())
        return ReplayOutcome(GONE, f"{sent}, and {wanted['check']} has nothing to say", (), ())

    def _performed(self, slug: str, phase: str) -> tuple[Outcome, str]:
        """The outcome of a scenario, and why it says nothing; "" where it was told to its end."""
        before = self._session
        operation = next(each for each in before.contract.operations if each.slug == slug)
        scenario = scenarios[phase]
        most = 2 * (scenario.exchanges + SPARE)
        settings = replace(before.settings, report=None, target=None, max_requests=most)
        session = Session(
            settings,
            before.contract,
            (operation,),
            before.checks,
            before.target,
            own_checks=before.own_checks,
            clock=before.clock,
        )
        outcome = Outcome(slug, phase)
        if reason := scenario.applies(before.contract, operation):
            return outcome, reason
        budget = Budget(most, most, None, before.clock)
        budget.begin(kind_of(phase))
        try:
            phases[kind_of(phase)](Recorder(session, operation, budget, outcome), phase)
        except NotSent as reason_:
            return outcome, str(reason_)
        tally = outcome.tally(phase)
        lacking = next(iter(tally.not_applicable), "")
        return outcome, "" if tally.passed or tally.failed or tally.unconfirmed else lacking or "it compared nothing"


def told_again(saved: Mapping[str, Any], replayed: ReplayOutcome, reruns: Reruns | None) -> ReplayOutcome:
    """The outcome of sending a finding's requests, where its scenario is told once more, too.

    What several exchanges showed, only the scenario can judge. What one of them showed, and does not show now, may have
    hung on what the scenario had made.
    """
    several = bool(saved.get("several"))
    if (not several and replayed.state == HOLDS) or reruns is None:
        return replayed
    again = reruns.outcome(saved)
    if again is None:
        return replayed
    if again.state == GONE and saved.get("repeated") == "no":
        return replace(again, state=UNDECIDED, why=f"{again.why}; {INTERMITTENT}")
    if again.state != UNDECIDED:
        return again
    if replayed.state == HOLDS:
        return replayed
    return replace(replayed, state=UNDECIDED, why=again.why)
