"""Beats that happened → events as bytes. A reader has a position in the history of a run, and takes what is new.

An event's id is made of the time of its beat and of its position in the format, so that every reader of a run sees the
same ids, whatever it asked to see.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from threadmock.mockserver.agents.compiled_agent import CompiledAgent, CompiledEvent, CompiledFormat
from threadmock.mockserver.agents.run import RecordedBeat
from threadmock.mockserver.rules.scope import Scope, copied
from threadmock.specs.members import ABSENT
from threadmock.specs.wire.eventstream import encode_comment, encode_event
from threadmock.specs.wire.strictjson import dump_json

_ID = re.compile(r"(\d{1,15})(?:-(\d{1,6}))?", re.ASCII)
_POSITIONS = 1000
"""Events of one beat are numbered below this, times the items of an `each`."""


class BrokenEvent(Exception):  # noqa: N818 - reads as what it is
    """An event contradicts the schema that its own document has for it: it must not be sent."""


@dataclass(frozen=True)
class EventSelection:
    """What one reader asked for.

    modes: None for all. after: events up to this id are left out. numbered: with ids. own: of a thread's stream: also
    what each run was asked to show. bare: also events without a mode.
    """

    format: CompiledFormat
    modes: frozenset[str] | None = None
    after: tuple[int, int] | None = None
    numbered: bool = False
    own: bool = False
    bare: bool = True

    def events(self, recorded: RecordedBeat) -> Iterator[bytes]:
        """The events of a beat, encoded."""
        rule, beat = self.format.rule, recorded.beat
        if beat.kind == "malformed":
            yield f"{beat.item['text']}{rule.newline}{rule.newline}".encode()
            return
        if rule.ids == "number":
            yield from self._counted(recorded)
            return
        nodes = beat.item.get("namespace", ()) if beat.inner else ()
        selected = [event for event in self.format.events.get(recorded.beat.kind, ()) if self._is_selected(event)]
        if nodes and rule.nested and self.format.nested and self.format.nested(recorded.scope) is not True:
            selected = [event for event in selected if event.name in rule.nested.always]
        for event, own in matching_events(selected, recorded):
            number = event.number + own.item.get("at", 0) * _POSITIONS
            if self.after is not None and (recorded.millis, number) <= self.after:
                continue
            identifier = f"{recorded.millis}-{number}" if self.numbered else None
            yield encode_event(self.format.name_of(event, nodes), _data(event, own), identifier, rule.newline)

    def is_past(self, recorded: RecordedBeat) -> bool:
        """Whether the reader has seen this beat before."""
        if self.after is None:
            return False
        return recorded.seq <= self.after[0] if self.format.rule.ids == "number" else recorded.millis <= self.after[0]

    def heartbeat(self) -> bytes:
        """What is sent in a long silence; b"" for nothing."""
        rule = self.format.rule
        return encode_comment(rule.heartbeat, rule.newline) if rule.heartbeat else b""

    def _counted(self, recorded: RecordedBeat) -> Iterator[bytes]:
        """The events of a beat where a format counts all of a thread: what is left out counts, too."""
        events = self.format.events.get(recorded.beat.kind, ())
        for at, (event, own) in enumerate(matching_events(events, recorded)):
            seq = recorded.seq + at
            if (self.after is not None and seq <= self.after[0]) or not self._is_selected(event):
                continue
            item = {**own.item, "seq": seq, "millis": recorded.millis, "identifier": f"{recorded.millis}-{at}"}
            data = _data(event, replace(own, item=item))
            yield encode_event(event.name, data, str(seq), self.format.rule.newline)

    def _is_selected(self, event: CompiledEvent) -> bool:
        if not event.modes:
            return self.bare
        return self.modes is None or not (event.modes.isdisjoint(self.modes) or event.unless.intersection(self.modes))

    def of_run(self, modes: frozenset[str]) -> "EventSelection":
        """What the reader of a thread wants to see of one run with these modes."""
        return replace(self, modes=(self.modes or frozenset()) | modes) if self.own else self


def matching_events(events: Sequence[CompiledEvent], recorded: RecordedBeat) -> Iterator[tuple[CompiledEvent, Scope]]:
    """Those of the events for a kind of beat that this beat becomes, each with what its settings read."""
    if not events:
        return
    scope = recorded.scope
    if recorded.beat.end or scope.item is not recorded.beat.item:
        scope = copied(scope)
        scope.item = recorded.beat.as_item()
    for each, group in itertools.groupby(events, lambda event: event.items):
        if each is None:
            yield from ((event, scope) for event in group if event.holds(scope))
            continue
        # what is told of one item stands together
        told = [(event, _items(event, scope)) for event in group]
        for at in range(max(len(items) for _, items in told)):
            for event, items in told:
                if at < len(items):
                    own = replace(scope, item={**scope.item, "each": items[at], "at": at})
                    if event.holds(own):
                        yield event, own


def _items(event: CompiledEvent, scope: Scope) -> list[Any]:
    found = event.each(scope) if event.each else None
    return found if isinstance(found, list) else []


def count_events(agent: CompiledAgent, recorded: RecordedBeat) -> int:
    """How many events a beat becomes in the format that counts them; 0 where none does."""
    form = next((form for form in agent.formats.values() if form.rule.ids == "number"), None)
    return sum(1 for _ in matching_events(form.events.get(recorded.beat.kind, ()), recorded)) if form else 0


def _data(event: CompiledEvent, scope: Scope) -> str:
    if event.data is None:
        return event.raw
    value = event.data(scope)
    value = None if value is ABSENT else value
    if event.fits is not None and not event.fits(value):
        raise BrokenEvent(f"the data of an event {event.name!r} break their own schema: {str(value)[:200]}")
    return dump_json(value).decode()


def read_id(text: str) -> tuple[int, int] | None:
    """The position that an event's id names; None where it is none."""
    found = _ID.fullmatch(text.strip())
    return (int(found[1]), int(found[2] or 0)) if found else None
