"""Recorder: sends the cases of one item, has the responses judged, and keeps count."""

import random
from collections.abc import Iterable
from dataclasses import replace

from threadmock.contracts import checks
from threadmock.contracts.cases.case import Case
from threadmock.contracts.checks import Context, Reading, Verdict
from threadmock.contracts.checks.acceptance import check_refused_member, valid_applies
from threadmock.contracts.checks.finding import Finding, declared_names, place
from threadmock.contracts.engine.budget import Budget
from threadmock.contracts.engine.outcome import Outcome
from threadmock.contracts.engine.session import Session, coverage_cases
from threadmock.contracts.replays.story import story
from threadmock.contracts.scenarios import scenarios
from threadmock.contracts.target.answers import describe_response
from threadmock.contracts.target.exchange import Exchange
from threadmock.contracts.target.prerequisites import Prerequisites
from threadmock.contracts.target.target import TargetLost
from threadmock.contracts.transport.errors import BudgetSpent, NotSent, NotServed
from threadmock.specs.contract import Operation

MOST_SILENCES = 5
LONG = 1.0
MOST_WAITING = 20.0
"""Seconds that an operation with findings may take in all with answers that each take longer than LONG."""


MOST_OF_AGENTS = 4.0
"""Seconds that drawn and hostile requests of one item may take where an agent answers: they are many."""


class Recorder:
    """Sends the cases of one item, has the responses judged, and keeps count."""

    def __init__(self, session: Session, operation: Operation, budget: Budget, outcome: Outcome) -> None:
        self.session = session
        self.operation = operation
        self.outcome = outcome
        self._budget = budget
        self._silences = 0
        self._agents = 0.0
        self._many = outcome.phase == "exploration" or session.is_apart(operation, outcome.phase)
        self._declared: dict[str, frozenset[str]] = {}
        self.elapsed = 0.0
        self.seed = f"{session.settings.seed}/{operation.slug}/{outcome.phase}"
        self._item = {"operation": operation.slug, "phase": outcome.phase, "seed": session.settings.seed}
        self.preparation = session.prerequisites(operation)
        self.prerequisites = self.preparation.prerequisites.near(operation)
        self._recording = self.preparation.recording
        self._recording.begin()
        outcome.limited = self.prerequisites.lacking(operation)
        self._memory = session.memory.setdefault(operation.slug, {})
        self.context = Context(
            session.contract,
            self.send,
            self.keep,
            random.Random(self.seed),  # noqa: S311 - to be repeated, not to be secret
            self._memory,
            run_pause=session.target.run_pause,
            prerequisites=self.prerequisites,
            own_checks=session.own_checks,
            local=session.target.local,
        )

    def send(self, case: Case) -> Exchange:
        """Send one case. BudgetSpent where no more may be sent; NotSent where this one can't; TargetLost."""
        prepared = self.prepare(case, self.prerequisites)
        exchange = self.exchange(prepared)
        self.note_sent(exchange, self.prerequisites)
        return exchange

    def prepare(self, case: Case, prerequisites: Prerequisites) -> Case:
        """The case with the things that it names, created where they are missing. Raises what `send` does."""
        self.session.check_interrupt()
        if self.session.gone:
            raise TargetLost(self.session.gone)
        if self.session.service and (reason := self.session.service.unserved.get(case.operation.slug)):
            raise NotServed(self.session.target.masking(reason))
        self._check_patience()
        before = self.preparation.sent
        try:
            return prerequisites.resolve(case)
        finally:
            self.outcome.staged += self.preparation.sent - before

    def note_sent(self, exchange: Exchange, prerequisites: Prerequisites) -> None:
        """Note that an exchange took place. NotServed where the target turns out not to serve the operation."""
        outcome, case = self.outcome, exchange.case
        self._check_served(exchange)
        self._recording.add(exchange)
        if prerequisites.note_effect(exchange):
            # What is known of keys is known of them below parents that are not named any more.
            for memory in self.session.memory.values() if self.preparation.shared else (self._memory,):
                memory.pop("oldest", None)
        if reason := exchange.nothing_said:
            outcome.inconclusive[reason] = outcome.inconclusive.get(reason, 0) + 1
        self._silences += exchange.timed_out
        self.elapsed = exchange.elapsed
        self._agents += exchange.elapsed if exchange.case.operation.rule.run else 0.0
        if self.elapsed > LONG:
            slug = self.operation.slug
            self.session.waited[slug] = self.session.waited.get(slug, 0.0) + self.elapsed
        if case.intent == "valid" and case.operation is self.operation:
            outcome.sent_valid += case.standing != "unknown"
            status = exchange.response.status if exchange.response else 0
            if 200 <= status < 300 or status == self.operation.success:  # a documented redirect is one
                outcome.accepted += 1
            elif not outcome.refusal:
                outcome.refusal = self.session.target.masking(describe_response(exchange))

    def _check_patience(self) -> None:
        """BudgetSpent where waiting took long enough."""
        if self._silences >= MOST_SILENCES:
            raise BudgetSpent(f"the target kept silent {self._silences} times")
        if self._many and self._agents > MOST_OF_AGENTS:
            raise BudgetSpent(
                f"the answers of agents took {self._agents:.0f} s, which is enough for requests like these"
            )
        waited = self.session.waited.get(self.operation.slug, 0.0)
        if waited > MOST_WAITING and any(tally.failed for tally in self.outcome.tallies.values()):
            raise BudgetSpent(f"slow answers took {waited:.0f} s, and findings are there already")

    def exchange(self, case: Case) -> Exchange:
        """Send a prepared case and wait for its answer. May be called from several threads."""
        self._budget.spend()
        exchange = self.session.target.exchange(case)
        self.outcome.exchanges += 1
        return exchange

    def _check_served(self, exchange: Exchange) -> None:
        """NotServed where the target does not serve the operation that was asked."""
        service, operation = self.session.service, exchange.case.operation
        if service is None:
            return
        further = coverage_cases(self.session.contract, operation)
        resolve = self.prerequisites.resolve
        if reason := service.reason(exchange, further, lambda case: self.exchange(resolve(case))):
            raise NotServed(self.session.target.masking(reason))

    def ask(self, case: Case) -> list[Finding]:
        """Send one case and have the response judged; its findings, after they were noted."""
        return self.judge(self.send(case))

    def judge(self, exchange: Exchange) -> list[Finding]:
        """Have an exchange judged; its findings, after they were noted."""
        return self.keep(exchange, checks.judge(self.context, exchange))

    def keep(self, exchange: Exchange, verdict: Verdict) -> list[Finding]:
        """Note an exchange and what the checks said of it; the findings that count."""
        status = exchange.response.status if exchange.response is not None else None
        found = {finding.check for finding in verdict.findings}
        self.outcome.note_response(exchange.case.operation.slug, status, verdict.passed, found)
        return self.record(verdict)

    def record(self, verdict: Verdict) -> list[Finding]:
        """Note what the checks said of an exchange; the findings that count."""
        chosen, outcome = self.session.checks, self.outcome
        outcome.crash = outcome.crash or self.session.target.masking(next(iter(verdict.broken), ""))
        for name in verdict.passed:
            if name in chosen:
                outcome.tally(name).passed += 1
        for name, reason in verdict.not_applicable.items():
            if name in chosen:
                reasons = outcome.tally(name).not_applicable
                reasons[reason] = reasons.get(reason, 0) + 1
        return self.note(verdict.findings)

    def note(self, findings: Iterable[Finding]) -> list[Finding]:
        """Note findings; those that count, masked."""
        noted = []
        for finding in findings:
            if finding.check in self.session.checks:
                found = replace(finding, place=finding.place or place(finding.where, self._names(finding.operation)))
                kept = found.masked(self.session.target.masking)
                if self.outcome.smaller(kept):
                    told = story(self._recording, finding, self.session.contract, several=_needs_several(finding))
                    kept = replace(kept, story=None if told is None else {**told, "item": self._item})
                self.outcome.note(kept)
                noted.append(kept)
        for check, severity in {(finding.check, finding.severity) for finding in noted}:
            tally = self.outcome.tally(check)
            if severity == "failure":
                tally.failed += 1
            else:
                tally.unconfirmed += 1
        return noted

    def note_refused_members(self) -> None:
        """Note members that creates refused which are not among what is tested: no other check would tell of those."""
        refused, self.session.accepted_members.refused = self.session.accepted_members.refused, []
        for each in refused:
            reading = Reading(self.context, each.exchange)
            place = each.maker.slug, each.member
            if each.maker in self.session.operations or place in self.session.refused_members:
                continue
            check = "no_server_error" if reading.status >= 500 else "valid_accepted"
            if check == "no_server_error" or not valid_applies(reading):
                self.session.refused_members.add(place)
                self.note([reading.finding(check, check_refused_member(reading, each.member))])

    def _names(self, slug: str) -> frozenset[str]:
        """The member names that an operation declares: a scenario asks others, too."""
        if slug not in self._declared:
            known = next((each for each in self.session.contract.operations if each.slug == slug), self.operation)
            self._declared[slug] = declared_names(known)
        return self._declared[slug]

    def left_out(self, reason: NotSent) -> None:
        """Note a case that was not sent."""
        count = self.outcome.not_sent
        text = self.session.target.masking(str(reason))
        count[text] = count.get(text, 0) + 1


def _needs_several(finding: Finding) -> bool:
    """Whether a finding rests on more than its own exchange: those of scenarios do, unless their case stands alone."""
    return finding.check in scenarios and finding.case.part == "scenario"
