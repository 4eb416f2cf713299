"""A stream of events by itself: how it is framed, named, filled, ordered and numbered."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from threadmock.contracts.checks.checked_exchange import Problem
from threadmock.contracts.checks.reading import Reading
from threadmock.contracts.checks.streams import EventStream, ReadEvent, is_over
from threadmock.specs.behaviour.agent import Event
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.schemas.validation import checker
from threadmock.specs.text import shorten
from threadmock.specs.wire.messages import media_type

_DIGITS = re.compile(r"\d+")
_MOST = 3


def stream_applies(reading: Reading) -> str:
    """Accepted requests that are answered with events of a known format."""
    if reading.case.intent != "valid":
        return "only asked of valid requests"
    if not reading.accepted or reading.request.method == "HEAD":
        return "no stream came"
    return "" if reading.stream is not None else "the answer is no stream of a known format"


def event_applies(reading: Reading) -> str:
    """As `stream_applies`, where at least one event came."""
    return stream_applies(reading) or ("" if reading.stream and reading.stream.events else "no event came")


def order_applies(reading: Reading) -> str:
    """Streams of one run."""
    reason = stream_applies(reading)
    return reason or ("the stream is of a whole thread" if reading.stream and reading.stream.scope == "thread" else "")


def _problem(reading: Reading, expected: str, got: str, *, evidence: Evidence = "documented") -> Problem:
    stream = reading.stream
    held = weakest(evidence, stream.format.evidence) if stream else evidence
    name = stream.format.name if stream else ""
    source = f"rule #/x-behaviour/agent/formats/{name}"
    return reading.problem(expected, got, source=source, evidence=held, unconditional=True)


def check_framing(reading: Reading) -> Iterator[Problem]:
    """The stream is what the HTML standard says: fields, UTF-8, an empty line after each event, and its media type."""
    stream = reading.stream
    if stream is None:
        return
    expected = "a stream of events (WHATWG HTML, 9.2)"
    kind = reading.response.headers.get("content-type", "") if reading.response else ""
    if media_type(kind) != "text/event-stream":
        yield reading.problem(expected, f"content type {kind!r}", source="WHATWG HTML, 9.2", unconditional=True)
        return
    for broken in dict.fromkeys(stream.broken[:_MOST]):
        yield reading.problem(expected, broken, source="WHATWG HTML, 9.2", unconditional=True)
    if stream.unfinished and not stream.cut:
        got = f"it ends within an event: {shorten(stream.unfinished, 100)!r}"
        yield reading.problem(expected, got, source="WHATWG HTML, 9.2.6", unconditional=True)


def check_event_names(reading: Reading) -> Iterator[Problem]:
    """Every event has a name that its format has, for what was asked to be seen."""
    stream = reading.stream
    if stream is None:
        return
    known = {form.name for form in stream.allowed}
    strange = [told.event.name for told in stream.events if told.event.name not in known]
    # Where events have no names, what is fixed in their data tells them apart.
    unlike = next((t for t in stream.events if not (t.event.name or t.forms or t.trouble or strange)), None)
    if unlike is not None:
        got = f"an event that is none of them: {shorten(unlike.event.data, 200)}"
        yield _problem(reading, "one of the events that the format has", got)
    for name in list(dict.fromkeys(strange))[:_MOST]:
        named = ", ".join(sorted(each or "none" for each in known))
        evidence = weakest(*(form.evidence for form in stream.format.events))
        yield _problem(reading, f"one of the events {named}", f"an event {name!r}", evidence=evidence)


def check_event_payload(reading: Reading) -> Iterator[Problem]:
    """The data of every event are JSON where the format says so, and fit a schema of an event of that name."""
    stream = reading.stream
    if stream is None:
        return
    seen: set[str] = set()
    for told in stream.events:
        named = [form for form in stream.allowed if form.name == told.event.name]
        got = _trouble(told, named)
        if got and told.event.name not in seen and len(seen) < _MOST:
            seen.add(told.event.name)
            evidence = weakest(*(form.evidence for form in named))
            expected = f"data as the format says of an event {told.event.name!r}"
            yield _problem(reading, expected, got, evidence=evidence)


def _trouble(told: ReadEvent, named: Sequence[Event]) -> str:
    if not named or any(form.raw == told.event.data for form in named):
        return ""
    if told.trouble:
        return f"data that are no JSON: {told.trouble}"
    judges = [checker(form.schema) if form.schema else None for form in named if not form.raw]
    if all(judge is not None and judge.refused(told.value) and not judge.valid(told.value) for judge in judges):
        return f"data that break the schema of the event: {shorten(told.event.data, 200)}"
    return ""


def check_stream_order(reading: Reading) -> Iterator[Problem]:
    """What tells that a run begins comes first, what tells that it is over comes last, and nothing after it."""
    stream = reading.stream
    if stream is None:
        return
    yield from _first(reading, stream)
    over: frozenset[str] = frozenset()
    for told in stream.events:
        kinds = told.kinds
        if over and kinds and not kinds & (over | {"closed"}):
            name = f"an event {told.event.name!r} after one that ends the run"
            yield _problem(reading, "nothing after what tells that the run is over", name)
            return
        if is_over(kinds):
            over = kinds & over if over and kinds & over else kinds
    last = stream.always("closed")
    if last and stream.events and not stream.cut and not _is_one_of(stream.events[-1], last):
        got = f"an event {stream.events[-1].event.name!r} at the end"
        yield _problem(reading, "the event that closes every stream, at the end", got)


def _first(reading: Reading, stream: EventStream) -> Iterator[Problem]:
    first = stream.always("begun") or stream.always("accepted")
    if not first or stream.scope != "run":
        return
    if not stream.events:
        if not stream.cut:
            yield _problem(reading, f"an event {first[0].name!r}, first", "a stream without any event")
    elif not _is_one_of(stream.events[0], first):
        got = f"an event {stream.events[0].event.name!r} first"
        yield _problem(reading, f"an event {first[0].name!r}, first", got)


def _is_one_of(told: ReadEvent, forms: Sequence[Event]) -> bool:
    """Whether an event is one of these, by its name: what it holds is another check's question."""
    if told.event.name:  # else what is fixed in its data tells
        return any(form.name == told.event.name for form in forms)
    return any(form in forms for form, _ in told.forms)


def check_ids(reading: Reading) -> Iterator[Problem]:
    """Ids are there exactly where the format says so; each is greater than the one before."""
    stream = reading.stream
    if stream is None:
        return
    ids = [told.event.id for told in stream.events]
    expected = is_numbered(reading)
    if expected is False and any(each is not None for each in ids):
        yield _problem(reading, "events without an id", f"an id {next(filter(None, ids))!r}")
        return
    if None in ids and (expected or any(each is not None for each in ids)):
        yield _problem(reading, "an id with every event", "an event without an id")
        return
    for one, other in pairwise(told.event for told in stream.events if told.event.id is not None):
        before, after = str(one.id), str(other.id)
        # Twins tell of one moment in different ways; the same thing told twice is no twin.
        if stream.format.twins and before == after and (one.name, one.data) != (other.name, other.data):
            continue
        if _place(after) <= _place(before):
            got = "the same id twice" if before == after else "an id that is not greater than the one before"
            yield _problem(reading, "ids that only grow, so that a reader can go on after one", got)
            return


def is_numbered(reading: Reading) -> bool | None:
    """Whether the events of this stream have ids, by the format; None where the request does not tell."""
    stream = reading.stream
    if stream is None or not stream.format.ids:
        return False
    if stream.scope == "thread" or stream.format.numbered is None:
        return True
    return reading.look_up(stream.format.numbered) is True if stream.scope == "run" else None


def _place(identifier: str) -> tuple[int, ...]:
    return tuple(int(digits[:18]) for digits in _DIGITS.findall(identifier))
