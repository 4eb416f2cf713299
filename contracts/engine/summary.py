"""Summary: the outcomes of all items of a run, by operation, and the exit status that follows from them."""

import datetime
import time
from collections.abc import Collection, Mapping
from dataclasses import replace

from threadmock.contracts.checks import Check
from threadmock.contracts.checks.check import WEIGHTS
from threadmock.contracts.checks.finding import CauseKey
from threadmock.contracts.checks.own_checks import FAILED
from threadmock.contracts.engine.causes import Cause, gather
from threadmock.contracts.engine.outcome import Outcome, StatusCount, Tally
from threadmock.contracts.engine.run_plan import CASES, RunSpending
from threadmock.contracts.engine.session import Session
from threadmock.contracts.scenarios import Scenario
from threadmock.contracts.target.foreign import RunMasking
from threadmock.contracts.target.ledger import Created
from threadmock.contracts.transport.errors import TRESPASS
from threadmock.specs.contract import Operation

CONFORMS, FINDINGS, USAGE, UNREACHABLE, OUR_FAULT, INTERRUPTED = 0, 1, 2, 3, 4, 130
_PYTEST_INTERRUPTED, _PYTEST_BROKE, _PYTEST_NOTHING = 2, 3, 5


class Summary:
    """What a run brought to light.

    operations: the selected ones. checks: names that count. target: its name, for people. masking: takes secrets out of
    texts. left_out: operations that are not asked, each with the reason. crashes: what went wrong in the suite itself.
    cleaned: the lines about the clean-up. files: where findings were saved in the folder of the report, by their stem.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.settings = session.settings
        self.contract = session.contract
        self.operations = session.operations
        self.checks = session.checks
        self.target = session.target.name
        masking = session.target.masking
        # what is others' was taken out where it came to light: here it would blot out words of ours
        self.masking = masking.secrets_alone() if isinstance(masking, RunMasking) else masking
        self.left_out = session.left_out
        self.crashes: list[str] = []
        self.cleaned: list[str] = []
        self.files: dict[str, str] = {}
        self.outcomes: dict[str, Outcome] = {}
        self._runs: dict[tuple[str, str], RunSpending] = {}
        self._causes: list[Cause] | None = None
        self.started = datetime.datetime.now(datetime.UTC)
        self._began = time.monotonic()
        self._ended: float | None = None
        self._runs_used: int | None = None

    def operation(self, slug: str) -> Operation:
        """The selected operation of that slug."""
        return self._session.operation(slug)

    def gather(self, outcome: Outcome) -> None:
        """Add what one item brought to light."""
        self._note_runs(outcome)
        self.outcomes.setdefault(outcome.operation, Outcome(outcome.operation, "all")).add(outcome)
        self._causes = None

    def _note_runs(self, outcome: Outcome) -> None:
        if self.runs_allowed is None or not (outcome.runs or outcome.runs_planned):
            return
        operation = self.operation(outcome.operation)
        own = self._session.is_conversation(operation, outcome.phase)
        place = outcome.operation, outcome.phase if own else CASES
        before = self._runs.get(place) or RunSpending(*place, planned=0, spent=0)
        needs, planned = (outcome.runs_planned, 0) if outcome.unpaid else (before.needs, outcome.runs_planned)
        planned, spent = max(before.planned, planned), before.spent + outcome.runs
        self._runs[place] = RunSpending(*place, planned, spent, needs, outcome.unpaid)

    @property
    def runs(self) -> list[RunSpending]:
        """What runs were spent on, and what was not run because they were too few; in the order of the plan."""
        return list(self._runs.values())

    @property
    def runs_allowed(self) -> int | None:
        """How many runs might be started; None where nothing limits them."""
        return self._session.run_plan.limit if self._session.run_plan else None

    @property
    def runs_used(self) -> int:
        """How many were, as far as is known."""
        budget = self._session.target.run_budget
        return self._runs_used if self._runs_used is not None else budget.used if budget else 0

    @property
    def partly(self) -> dict[str, str]:
        """Operations of which no scenario of runs was begun, as runs were too few: slug to the reason."""
        found = {}
        for slug, outcome in self.outcomes.items():
            mine = [each for each in self.runs if each.operation == slug and each.phase != CASES]
            if mine and all(each.reason for each in mine) and not outcome.untested:
                least = min(each.needs for each in mine)
                found[slug] = (
                    f"no scenario of runs was begun: {least} runs were not left for the smallest (--allow-runs)"
                )
        return found

    def helpers(self, slug: str) -> list[str]:
        """Operations that were not selected, and that scenarios of an operation used; in the order of the contract."""
        outcome, selected = self.outcomes.get(slug), {operation.slug for operation in self.operations}
        used = (outcome.seen.keys() if outcome else set()) - selected
        return [operation.slug for operation in self.named(used)]

    def named(self, slugs: Collection[str]) -> list[Operation]:
        """The operations of these slugs, in the order of the contract."""
        return [operation for operation in self.contract.operations if operation.slug in slugs]

    def mark(self, repeated: Mapping[CauseKey, str]) -> None:
        """Note of findings, by their keys, whether they showed again."""
        for outcome in self.outcomes.values():
            for key in repeated.keys() & outcome.causes.keys():
                finding, count = outcome.causes[key]
                outcome.causes[key] = (replace(finding, repeated=repeated[key]), count)
        self._causes = None

    def end(self) -> None:
        """Note that the run is over: all reports give the same numbers, also when what processes shared is gone."""
        self._runs_used = self.runs_used
        self._ended = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long the run took, or takes so far."""
        return (time.monotonic() if self._ended is None else self._ended) - self._began

    @property
    def causes(self) -> list[Cause]:
        """What was found, one for each cause: failures first, then by weight, then in the order of the operations."""
        if self._causes is None:
            found = [
                each
                for operation in self.operations
                if operation.slug in self.outcomes
                for each in self.outcomes[operation.slug].findings
            ]
            gathered = gather(found, {each.slug: each.rule.resource for each in self.contract.operations})
            self._causes = sorted(gathered, key=self._order)
        return self._causes

    def _order(self, cause: Cause) -> tuple[bool, int]:
        return cause.finding.severity != "failure", list(WEIGHTS).index(self.known_checks[cause.finding.check].weight)

    @property
    def known_checks(self) -> Mapping[str, Check | Scenario]:
        """Every check and scenario by its name."""
        return self._session.known_checks

    @property
    def failures(self) -> int:
        """How many causes are failures."""
        return sum(cause.finding.severity == "failure" for cause in self.causes)

    @property
    def untested(self) -> dict[str, str]:
        """Operations of which nothing can be said: slug to the reason."""
        return {slug: outcome.untested for slug, outcome in self.outcomes.items() if outcome.untested}

    @property
    def limited(self) -> dict[str, str]:
        """Operations that could be asked about unknown ids only: slug to the reason."""
        found = self.outcomes.items()
        return {slug: o.limited for slug, o in found if o.limited and not o.accepted and not o.untested}

    @property
    def gone(self) -> str:
        """How the target went away; "" where it did not."""
        return next((outcome.gone for outcome in self.outcomes.values() if outcome.gone), self._session.gone)

    @property
    def created(self) -> list[Created]:
        """What the run made on the target."""
        return [item for outcome in self.outcomes.values() for item in outcome.created]

    @property
    def exchanges(self) -> int:
        """How many requests were sent."""
        return sum(outcome.exchanges for outcome in self.outcomes.values())

    def statuses(self, slug: str) -> dict[str, StatusCount]:
        """Every status of an operation: those that its document has, seen or not, and what else came."""
        made = {status: StatusCount() for status in self.operation(slug).replies}
        for outcome in self.outcomes.values():
            for status, seen in outcome.seen.get(slug, {}).items():
                place = status if status in made or status == "none" else _range(status, made)
                made.setdefault(place, StatusCount()).add(seen)
        return made

    @property
    def not_tested(self) -> list[tuple[str, str, str]]:
        """What was not asked: operation, check ("" for all of them), and the reason."""
        found = []
        for operation in self.contract.operations:
            slug = operation.slug
            reason = self._not_asked(operation)
            if reason:
                found.append((slug, "", reason))
                continue
            for name, tally in self.table(slug).items():
                if tally.verdict == "n/a":
                    reasons = sorted(tally.not_applicable, key=lambda each: -tally.not_applicable[each])
                    found.append((slug, name, "; ".join(reasons[:2])))
        return found

    def _not_asked(self, operation: Operation) -> str:
        if operation not in self.operations:
            return "not selected"
        if operation in self.left_out:
            return self.left_out[operation]
        outcome = self.outcomes.get(operation.slug)
        return outcome.untested if outcome else "its items were not part of this run"

    @property
    def compared(self) -> dict[str, Tally]:
        """Every check that counts, by name, with what it came to over all operations."""
        found: dict[str, Tally] = {name: Tally() for name in sorted(self.checks)}
        for operation in self.operations:
            for name, tally in self.table(operation.slug).items():
                found[name].add(tally)
        return found

    def table(self, slug: str) -> dict[str, Tally]:
        """Every check that counts, by name, with what it came to for one operation."""
        outcome = self.outcomes.get(slug)
        seen = outcome.tallies if outcome else {}
        # an operation of which no item was performed has no outcome to say why
        reasons = outcome.inapplicable if outcome else self._session.inapplicable(self.operation(slug))
        return {
            name: seen.get(name) or Tally(not_applicable={reasons.get(name, "there was no occasion"): 1})
            for name in sorted(self.checks)
        }

    def status(self, pytest_status: int) -> int:
        """The exit status of verify, for that exit status of pytest."""
        own = [FAILED in crash for crash in self.crashes]
        reasons = (
            # Whatever else was found: what we were about to do must not be overlooked.
            (any(TRESPASS in crash for crash in self.crashes), OUR_FAULT),
            (self.failures, FINDINGS),
            (self.gone, UNREACHABLE),
            (own and all(own), USAGE),
            (self.crashes or pytest_status in (_PYTEST_BROKE, _PYTEST_NOTHING), OUR_FAULT),
            (pytest_status == _PYTEST_INTERRUPTED, INTERRUPTED),
            (self.untested, FINDINGS),
        )
        return next((status for reason, status in reasons if reason), CONFORMS)


def _range(status: str, documented: Collection[str]) -> str:
    """Where a status is counted: a document may name `4XX` only."""
    wide = f"{status[0]}XX"
    return wide if wide in documented else status
