"""Outcome: what one item of the suite brought to light, as plain data that travels between processes."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from threadmock.contracts.checks.finding import CauseKey, Finding, group
from threadmock.contracts.target.ledger import Created


@dataclass
class Tally:
    """How often one check passed, failed, was unconfirmed, or could not be asked, and why."""

    passed: int = 0
    failed: int = 0
    unconfirmed: int = 0
    not_applicable: dict[str, int] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Add another count of the same check."""
        self.passed += other.passed
        self.failed += other.failed
        self.unconfirmed += other.unconfirmed
        _count(self.not_applicable, other.not_applicable)

    @property
    def compared(self) -> int:
        """How often the check really compared something."""
        return self.passed + self.failed + self.unconfirmed

    @property
    def verdict(self) -> str:
        """One word: FAIL, unconfirmed, pass or n/a."""
        if self.failed:
            return "FAIL"
        if self.unconfirmed:
            return "unconfirmed"
        return "pass" if self.passed else "n/a"


@dataclass
class StatusCount:
    """How often an operation gave a status, and by check how often that was right, and how often a finding."""

    exchanges: int = 0
    passed: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)

    def add(self, other: "StatusCount") -> None:
        """Add what another item saw."""
        self.exchanges += other.exchanges
        _count(self.passed, other.passed)
        _count(self.found, other.found)


@dataclass
class Outcome:
    """One item, or several of one operation put together.

    operation: its slug. phase: coverage, exploration or a scenario's name. causes: one finding per cause, the smallest
    request first found, and how often it was met. accepted: valid requests that were accepted; sent_valid: those sent.
    refusal: how a valid one was refused. not_sent: reason to how many cases. ended: why the phase stopped early.
    gone: how the target went away. staged: exchanges that made things to be used. limited: why the operation can be
    asked about unknown ids only. inconclusive: reason to how many exchanges say nothing of the target. crash: what
    broke in the suite itself. seen: what operations answered, by slug and by status ("none" where no response came): a
    scenario asks others, too. inapplicable: scenarios that can't be asked of the operation: name to the reason.
    unserved: why nothing was asked of the operation: the target does not serve it, or lets nobody in there. runs: how
    many were started; runs_planned: how many might have been. unpaid: why the item was not begun: runs were too few.
    """

    operation: str
    phase: str
    exchanges: int = 0
    seconds: float = 0.0
    accepted: int = 0
    sent_valid: int = 0
    refusal: str = ""
    ended: str = ""
    gone: str = ""
    crash: str = ""
    causes: dict[CauseKey, tuple[Finding, int]] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    not_sent: dict[str, int] = field(default_factory=dict)
    inconclusive: dict[str, int] = field(default_factory=dict)
    staged: int = 0
    limited: str = ""
    created: dict[Created, None] = field(default_factory=dict)
    seen: dict[str, dict[str, StatusCount]] = field(default_factory=dict)
    inapplicable: dict[str, str] = field(default_factory=dict)
    unserved: str = ""
    runs: int = 0
    runs_planned: int = 0
    unpaid: str = ""

    def note_response(self, operation: str, status: int | None, passed: Iterable[str], found: Iterable[str]) -> None:
        """Note a response and what the checks said of it."""
        seen = self.seen.setdefault(operation, {}).setdefault(str(status or "none"), StatusCount())
        seen.add(StatusCount(1, dict.fromkeys(passed, 1), dict.fromkeys(found, 1)))

    def tally(self, check: str) -> Tally:
        """The count of that check."""
        return self.tallies.setdefault(check, Tally())

    def note(self, finding: Finding, count: int = 1) -> None:
        """Note a finding; of one cause the smallest request is kept."""
        known, before = self.causes.get(finding.key, (finding, 0))
        self.causes[finding.key] = (finding if self.smaller(finding) else known, before + count)

    def smaller(self, finding: Finding) -> bool:
        """Whether no request of the same cause is as small as that of this finding."""
        known = self.causes.get(finding.key)
        return known is None or finding.case.size < known[0].case.size

    def add(self, other: "Outcome") -> None:
        """Add the outcome of another item of the same operation."""
        self.exchanges += other.exchanges
        self.seconds += other.seconds
        self.accepted += other.accepted
        self.sent_valid += other.sent_valid
        self.refusal = self.refusal or other.refusal
        self.ended = self.ended or other.ended
        self.gone = self.gone or other.gone
        self.crash = self.crash or other.crash
        self.staged += other.staged
        self.limited = self.limited or other.limited
        self.unserved = self.unserved or other.unserved
        self.runs += other.runs
        self.runs_planned += other.runs_planned
        _count(self.not_sent, other.not_sent)
        _count(self.inconclusive, other.inconclusive)
        self.created |= other.created
        self.inapplicable |= other.inapplicable
        for finding, count in other.causes.values():
            self.note(finding, count)
        for check, tally in other.tallies.items():
            self.tally(check).add(tally)
        for operation, statuses in other.seen.items():
            mine = self.seen.setdefault(operation, {})
            for status, seen in statuses.items():
                mine.setdefault(status, StatusCount()).add(seen)

    @property
    def findings(self) -> list[tuple[Finding, int]]:
        """One finding per cause and how often it was met; failures first, small requests first."""
        return [(finding, self.causes[finding.key][1]) for finding, _ in group(f for f, _ in self.causes.values())]

    @property
    def failures(self) -> list[Finding]:
        """The causes that are failures."""
        return [finding for finding, _ in self.findings if finding.severity == "failure"]

    @property
    def untested(self) -> str:
        """Why nothing can be said of the operation; "" where a valid request was accepted."""
        if self.unserved:
            return self.unserved
        if self.accepted or (self.limited and self.exchanges):
            return ""
        if not self.sent_valid:
            reason = self.ended or next(iter(self.not_sent), "no valid request could be sent")
            return f"what it names may not be there; it was answered {self.refusal}" if self.refusal else reason
        return f"none of {self.sent_valid} valid requests was accepted; one was answered {self.refusal}"

    def dump(self) -> str:
        """The outcome as JSON text."""
        value = asdict(replace(self, causes={}, created={}))
        value["causes"] = [[finding.to_json(), count] for finding, count in self.causes.values()]
        value["created"] = [[item.operation, item.identifier] for item in self.created]
        return json.dumps(value)


def read_outcome(text: str) -> Outcome:
    """The outcome that dump gave."""
    value: dict[str, Any] = json.loads(text)
    causes = [(Finding.from_json(finding), count) for finding, count in value.pop("causes")]
    created = [Created(*item) for item in value.pop("created")]
    seen = {o: {s: StatusCount(**each) for s, each in statuses.items()} for o, statuses in value.pop("seen").items()}
    tallies = {name: Tally(**tally) for name, tally in value.pop("tallies").items()}
    return Outcome(
        **value,
        causes={finding.key: (finding, count) for finding, count in causes},
        created=dict.fromkeys(created),
        tallies=tallies,
        seen=seen,
    )


def _count(counts: dict[str, int], more: Mapping[str, int]) -> None:
    for name, number in more.items():
        counts[name] = counts.get(name, 0) + number
