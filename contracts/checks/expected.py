"""What a rule's setting says that a member of a made thing holds, given the request."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from threadmock.contracts.checks.reading import Reading
from threadmock.specs.behaviour.setting import Setting
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import ABSENT
from threadmock.specs.schemas.formats import read_date_time

SKEW = timedelta(minutes=5)
MOST_MINUTES = 60 * 24 * 3650
_WOVEN = frozenset({"merged", "keyed", "list", "each"})
"""Kinds of settings whose members are no members of what they make."""


@dataclass(frozen=True)
class NearMoment:
    """A moment, give or take so much."""

    moment: datetime
    tolerance: timedelta

    def __repr__(self) -> str:
        return f"about {self.moment.isoformat(timespec='seconds')}"

    def fits(self, text: object) -> bool:
        """Whether a date-time denotes a moment near enough."""
        try:
            return abs(read_date_time(str(text)) - self.moment) <= self.tolerance
        except ValueError:
            return False


@dataclass(frozen=True)
class Expected:
    """One expectation. value: what is there; ABSENT where nothing may be.

    evidence: of all settings that it rests on. said_by_client: whether the value came from the request's body.
    """

    steps: tuple[str, ...]
    value: Any
    evidence: Evidence
    said_by_client: bool = False


def expectations(reading: Reading) -> Iterator[Expected]:
    """What the rule says of each member of the answer, in the rule's order."""
    if reading.rule.reply is not None:
        yield from _expect(reading, (), reading.rule.reply, weakest(reading.rule.evidence, reading.rule.reply.evidence))
        return
    later = {name.partition(".")[0] for made in reading.rule.also for name in made.touch}
    for member, setting in reading.rule.set.items():
        if member in later:  # what is made beside may change it at once
            continue
        yield from _expect(reading, tuple(member.split(".")), setting, weakest(reading.rule.evidence, setting.evidence))


def _expect(reading: Reading, steps: tuple[str, ...], setting: Setting, evidence: Evidence) -> Iterator[Expected]:
    held = weakest(evidence, setting.evidence)
    if setting.when is not None or setting.kind in _WOVEN:
        return
    if setting.members:
        if not setting.sources or any(reading.look_up(source) is not ABSENT for source in setting.sources):
            for name, inner in setting.members:
                yield from _expect(reading, (*steps, name), inner, held)
        return
    if not steps:
        return
    if setting.kind == "value":
        # A constant that is only assumed is what a stand-in fills in; a deployment is free to hold another.
        if held != "assumed":
            yield Expected(steps, setting.value, held)
    elif setting.kind == "absent":
        yield Expected(steps, ABSENT, held)
    elif setting.kind == "count":
        yield from _count(reading, steps, setting, held)
    elif setting.kind == "minutes_after":
        yield from _minutes_after(reading, steps, setting, held)
    elif setting.kind == "from":
        yield from _from(reading, steps, setting, held)


def _count(reading: Reading, steps: tuple[str, ...], setting: Setting, evidence: Evidence) -> Iterator[Expected]:
    found = [reading.look_up(source) for source in setting.sources]
    there = [value for value in found if value is not ABSENT and value is not None]
    # Whether nothing at all (an empty text or list) counts as one is no document's to say.
    if all(value not in ("", [], {}) for value in there):
        yield Expected(steps, len(there), evidence)


def _minutes_after(
    reading: Reading, steps: tuple[str, ...], setting: Setting, evidence: Evidence
) -> Iterator[Expected]:
    minutes = next((v for v in map(reading.look_up, setting.sources) if v is not ABSENT), None)
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 < minutes < MOST_MINUTES:
        return
    moment = reading.exchange.received_at + timedelta(minutes=minutes)
    yield Expected(steps, NearMoment(moment, SKEW + timedelta(seconds=reading.exchange.elapsed)), evidence)


def _from(reading: Reading, steps: tuple[str, ...], setting: Setting, evidence: Evidence) -> Iterator[Expected]:
    if any(source.place == "item" for source in setting.sources):
        return
    for source in setting.sources:
        value = reading.look_up(source)
        if value is ABSENT or (value is None and setting.null == "absent"):
            continue
        yield Expected(steps, value, evidence, said_by_client=source.place == "body")
        return
    if setting.otherwise is not None:
        yield from _expect(reading, steps, setting.otherwise, evidence)
