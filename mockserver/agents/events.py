"""Moments → events as bytes. A reader has a place in what a run tells, and takes what is new.

An event's id is made of when its moment was and of its place in the format, so that every reader of a run sees the
same ids, whatever it asked to see.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from threadmock.mockserver.agents.compiled_agent import Cast, WireEvent, WireFormat, all_hold
from threadmock.mockserver.agents.run import Moment
from threadmock.mockserver.rules.scope import Transaction, copied
from threadmock.specs.members import ABSENT
from threadmock.specs.wire.eventstream import encode_comment, encode_event
from threadmock.specs.wire.strictjson import dump_json

_ID = re.compile(r"(\d{1,15})(?:-(\d{1,6}))?", re.ASCII)
_PLACES = 100
"""Events of one beat are numbered below this, times the items of an `each`."""


class BrokenEvent(Exception):  # noqa: N818 - reads as what it is
    """An event contradicts the schema that its own document has for it: it must not leave."""


@dataclass(frozen=True)
class Wanted:
    """What one reader asked for.

    modes: None for all. after: events up to this id are left out. numbered: with ids. own: of a thread's stream: also
    what each run was asked to show. bare: also events without a mode.
    """

    format: WireFormat
    modes: frozenset[str] | None = None
    after: tuple[int, int] | None = None
    numbered: bool = False
    own: bool = False
    bare: bool = True

    def events(self, moment: Moment) -> Iterator[bytes]:
        """The events of a moment, encoded."""
        if self.format.rule.ids == "number":
            yield from self._counted(moment)
            return
        rule = self.format.rule
        asked = [event for event in self.format.events.get(moment.beat.kind, ()) if self._asked(event)]
        for event, own in happening(asked, moment):
            number = event.number + own.item.get("at", 0) * _PLACES
            if self.after is not None and (moment.millis, number) <= self.after:
                continue
            identifier = f"{moment.millis}-{number}" if self.numbered else None
            yield encode_event(event.name, _data(event, own), identifier, rule.newline)

    def heartbeat(self) -> bytes:
        """What is sent in a long silence; b"" for nothing."""
        rule = self.format.rule
        return encode_comment(rule.heartbeat, rule.newline) if rule.heartbeat else b""

    def _counted(self, moment: Moment) -> Iterator[bytes]:
        """The events of a moment where a format counts all of a thread: what is left out counts, too."""
        for at, (event, own) in enumerate(happening(self.format.events.get(moment.beat.kind, ()), moment)):
            seq = moment.seq + at
            if (self.after is not None and seq <= self.after[0]) or not self._asked(event):
                continue
            told = {**own.item, "seq": seq, "millis": moment.millis, "identifier": f"{moment.millis}-{at}"}
            data = _data(event, replace(own, item=told))
            yield encode_event(event.name, data, str(seq), self.format.rule.newline)

    def _asked(self, event: WireEvent) -> bool:
        if not event.modes:
            return self.bare
        return self.modes is None or not event.modes.isdisjoint(self.modes)

    def of_run(self, modes: frozenset[str]) -> "Wanted":
        """What the reader of a thread wants to see of one run with these modes."""
        return replace(self, modes=(self.modes or frozenset()) | modes) if self.own else self


def happening(found: Sequence[WireEvent], moment: Moment) -> Iterator[tuple[WireEvent, Transaction]]:
    """Those of the events for a kind of beat that a moment brings, each with what its settings read."""
    if not found:
        return
    tx = moment.tx
    if moment.beat.end or tx.item is not moment.beat.item:
        tx = copied(tx)
        tx.item = moment.beat.told()
    for event in found:
        if event.each is None:
            if all_hold(event.when, tx):
                yield event, tx
            continue
        items = event.each(tx)
        for at, each in enumerate(items if isinstance(items, list) else ()):
            own = replace(tx, item={**tx.item, "each": each, "at": at})
            if all_hold(event.when, own):
                yield event, own


def count_events(cast: Cast, moment: Moment) -> int:
    """How many events a moment brings in the format that counts them; 0 where none does."""
    form = next((form for form in cast.formats.values() if form.rule.ids == "number"), None)
    return sum(1 for _ in happening(form.events.get(moment.beat.kind, ()), moment)) if form else 0


def _data(event: WireEvent, tx: Transaction) -> str:
    if event.data is None:
        return event.raw
    value = event.data(tx)
    value = None if value is ABSENT else value
    if event.fits is not None and not event.fits(value):
        raise BrokenEvent(f"the data of an event {event.name!r} break their own schema: {str(value)[:200]}")
    return dump_json(value).decode()


def read_id(text: str) -> tuple[int, int] | None:
    """The place that an event's id names; None where it is none."""
    found = _ID.fullmatch(text.strip())
    return (int(found[1]), int(found[2] or 0)) if found else None
