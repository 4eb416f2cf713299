"""What a rule's setting says that a member of a made thing holds, given the request."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from threadmock.contracts.cases.encoding import text_of
from threadmock.contracts.checks.reading import Reading
from threadmock.contracts.checks.storing import translated
from threadmock.specs.behaviour.setting import Kind, Setting
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import ABSENT, dig
from threadmock.specs.schemas.formats import read_date_time

SKEW = timedelta(minutes=5)
MOST_MINUTES = 60 * 24 * 3650


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
    """What the rule says of each member of the response, in the rule's order."""
    if reading.rule.reply is not None:
        yield from _expect(reading, (), reading.rule.reply, weakest(reading.rule.evidence, reading.rule.reply.evidence))
        return
    beside = [made for made in reading.rule.also if made.each is None or reading.look_up(made.each) is not ABSENT]
    later = {name.partition(".")[0] for made in beside for name in made.touch}
    for member, setting in reading.rule.set.items():
        if member in later:  # what is created with it may change it at once
            continue
        yield from _expect(reading, tuple(member.split(".")), setting, weakest(reading.rule.evidence, setting.evidence))


def _expect(reading: Reading, steps: tuple[str, ...], setting: Setting, evidence: Evidence) -> Iterator[Expected]:
    held = weakest(evidence, setting.evidence)
    if setting.when is None and (steps or setting.kind == "members"):
        yield from READERS[setting.kind](reading, steps, setting, held)


def _members(reading: Reading, steps: tuple[str, ...], setting: Setting, evidence: Evidence) -> Iterator[Expected]:
    if not setting.sources or any(reading.look_up(source) is not ABSENT for source in setting.sources):
        for name, inner in setting.members:
            yield from _expect(reading, (*steps, name), inner, evidence)


def _value(_: Reading, steps: tuple[str, ...], setting: Setting, evidence: Evidence) -> Iterator[Expected]:
    """A constant that is only assumed is what a stand-in fills in; a deployment is free to hold another."""
    if evidence != "assumed":
        yield Expected(steps, setting.value, evidence)


def _absent(_: Reading, steps: tuple[str, ...], __: Setting, evidence: Evidence) -> Iterator[Expected]:
    yield Expected(steps, ABSENT, evidence)


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
    if any(source.place in ("item", "latest", "earlier") for source in setting.sources):
        return
    for source in setting.sources:
        value = reading.look_up(source)
        if value is ABSENT or (value is None and setting.null == "absent"):
            continue
        value = translated(setting, value)
        shown = dig(reading.made, steps)
        # A path and a query hold texts: which type the member has, its schema says.
        if source.place != "body" and shown is not ABSENT and text_of(shown) == text_of(value):
            value = shown
        yield Expected(steps, value, evidence, said_by_client=source.place == "body")
        return
    if setting.otherwise is not None:
        yield from _expect(reading, steps, setting.otherwise, evidence)


def _nothing(_: Reading, __: tuple[str, ...], ___: Setting, ____: Evidence) -> Iterator[Expected]:
    """What the server makes up, or takes from what is stored, does not follow from the request alone."""
    yield from ()


READERS: Mapping[Kind, Callable[[Reading, tuple[str, ...], Setting, Evidence], Iterator[Expected]]] = {
    "generate": _nothing,
    "value": _value,
    "from": _from,
    "count": _count,
    "members": _members,
    "minutes_after": _minutes_after,
    "absent": _absent,
    "keyed": _nothing,
    "template": _nothing,
    "stored": _nothing,
    "parent": _nothing,
    "latest": _nothing,
    "child": _nothing,
    "list": _nothing,
    "text": _nothing,
    "merged": _nothing,
    "tally": _nothing,
    "each": _nothing,
    "messages": _nothing,
    "counted": _nothing,
    "weighed": _nothing,
    "related": _nothing,
    "scheduled": _nothing,
    "named": _nothing,
    "declared": _nothing,
    "sequence": _nothing,
}
