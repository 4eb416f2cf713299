"""A stream of events, read: its events, and which of its format each may be."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from threadmock.specs.behaviour.agent import ENDS, Event, Format
from threadmock.specs.behaviour.observed import observe
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.eventstream import EventReader, ServerEvent
from threadmock.specs.wire.strictjson import JsonError, parse_json

Scope = Literal["run", "rest", "thread"]
_OVER = (*ENDS, "closed")
_RARE = {
    **dict.fromkeys(("block", "piece", "shown", "reviewed"), 1),
    **dict.fromkeys(("delegated", "returned", "halted"), 2),
}
"""Beats of blocks, decisions and graphs inside of nodes: an event is one of them only where it can be no usual one."""


@dataclass(frozen=True, eq=False)
class ReadEvent:
    """One event that came. value: its data as JSON; None where it is none, and then why in `trouble`.

    forms: events of the format that it may be, each with what its places held then; such as have another schema,
    or other members, only where none fits.
    """

    event: ServerEvent
    value: Any
    trouble: str
    forms: tuple[tuple[Event, Mapping[str, Any]], ...] = ()

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of beats that it may report; none for what a server may send at any moment."""
        return frozenset(form.on for form, _ in self.forms if not form.optional)

    @property
    def held(self) -> Mapping[str, Any]:
        """What all the forms that it may be agree on; of what is merged over something, what it was merged over."""
        made: dict[str, Any] = {}
        for form, found in sorted(self.forms, key=lambda each: _is_merged(each[0])):
            if made and _is_merged(form) and not set(found) - set(made):
                continue
            made |= found
        return made


def _is_merged(form: Event) -> bool:
    return form.data is not None and form.data.kind == "merged"


@dataclass(frozen=True, eq=False)
class EventStream:
    """What came.

    modes: what was asked for; None where nobody knows. broken, unfinished: as the reader says. cut: why the reading
    ended before the stream did. scope: a run from its beginning, the rest of one, or a whole thread.
    """

    format: Format
    modes: frozenset[str] | None
    events: tuple[ReadEvent, ...] = ()
    broken: tuple[str, ...] = ()
    unfinished: str = ""
    cut: str = ""
    scope: Scope = "rest"

    @property
    def allowed(self) -> tuple[Event, ...]:
        """The events of the format that were asked for."""
        return tuple(e for e in self.format.events if not e.modes or self.modes is None or self.modes & set(e.modes))

    def always(self, *kinds: str) -> list[Event]:
        """Events that come whenever one of these kinds of beats does, whatever was asked for."""
        return [
            form
            for form in self.format.events
            if form.on in kinds and not (form.modes or form.when or form.each or form.optional)
        ]

    def certain(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """What the events held that can only report this kind of beat."""
        for item in self.events:
            if item.kinds == {kind}:
                yield item.held

    def last(self, place: str) -> Any:
        """The last value that a place is known to have held; None where none is."""
        return next((item.held[place] for item in reversed(self.events) if place in item.held), None)

    def knows(self, place: str) -> bool:
        """Whether any event showed what the place held."""
        return any(place in item.held for item in self.events)


def read_stream(
    body: bytes,
    rule: Format,
    modes: frozenset[str] | None,
    *,
    cut: str = "",
    scope: Scope = "rest",
) -> EventStream:
    """The stream of these bytes."""
    reader = EventReader()
    events = list(reader.feed(body))
    head = EventStream(rule, modes)
    read_events = tuple(_read_event(event, head.allowed) for event in events)
    return EventStream(rule, modes, read_events, tuple(reader.broken), reader.unfinished, cut, scope)


def _read_event(event: ServerEvent, allowed: Iterable[Event]) -> ReadEvent:
    try:
        value, trouble = parse_json(event.data.encode()), ""
    except JsonError as error:
        value, trouble = None, str(error)
    forms, fitting = [], []
    for form in allowed:
        found: dict[str, Any] = {}
        if form.name != event.name or (form.raw and form.raw != event.data):
            continue
        if form.data is not None and (trouble or not observe(form.data, value, found)):
            continue
        forms.append((form, found))
        if form.schema is None or checker(form.schema).valid(value):
            fitting.append((form, found))
    known = fitting or forms
    usual = min((_RARE.get(form.on, 0) for form, _ in known), default=0)
    known = [each for each in known if _RARE.get(each[0].on, 0) == usual]
    return ReadEvent(event, value, trouble, tuple(_closest(known, value)))


def _closest(forms: Sequence[tuple[Event, Mapping[str, Any]]], value: Any) -> Iterator[tuple[Event, Mapping[str, Any]]]:
    """Without objects that lack, or add, a member, where another form has exactly the members of the value."""
    exact = [_names(form) == set(value) for form, _ in forms] if isinstance(value, Mapping) else []
    for at, (form, held) in enumerate(forms):
        if not any(exact) or exact[at] or not _names(form):
            yield form, held


def _names(form: Event) -> set[str]:
    return {name for name, _ in form.data.members} if form.data and form.data.kind == "members" else set()


def is_over(kinds: frozenset[str]) -> bool:
    """Whether events of these kinds come only when a run is over."""
    return bool(kinds) and kinds <= set(_OVER)
