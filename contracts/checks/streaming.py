"""A stream of events by itself: how it is framed, named, filled, ordered and numbered."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from threadmock.contracts.checks.checked_exchange import Problem
from threadmock.contracts.checks.reading import Reading
from threadmock.contracts.checks.streams import EventStream, ReadEvent, is_over
from threadmock.specs.behaviour.agent import ENDS, Event
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
    unknown = [item.event.name for item in stream.events if item.event.name not in known]
    # Where events have no names, the constants in their data distinguish them.
    unlike = next((t for t in stream.events if not (t.event.name or t.forms or t.trouble or unknown)), None)
    if unlike is not None:
        got = f"an event that is none of them: {shorten(unlike.event.data, 200)}"
        yield _problem(reading, "one of the events that the format has", got)
    for name in list(dict.fromkeys(unknown))[:_MOST]:
        named = ", ".join(sorted(each or "none" for each in known))
        evidence = weakest(*(form.evidence for form in stream.format.events))
        yield _problem(reading, f"one of the events {named}", f"an event {name!r}", evidence=evidence)


def check_event_payload(reading: Reading) -> Iterator[Problem]:
    """The data of every event are JSON where the format says so, and fit a schema of an event of that name."""
    stream = reading.stream
    if stream is None:
        return
    seen: set[str] = set()
    for item in stream.events:
        named = [form for form in stream.allowed if form.name == item.event.name]
        got = _trouble(item, named)
        if got and item.event.name not in seen and len(seen) < _MOST:
            seen.add(item.event.name)
            evidence = weakest(*(form.evidence for form in named))
            expected = f"data as the format says of an event {item.event.name!r}"
            yield _problem(reading, expected, got, evidence=evidence)


def _trouble(item: ReadEvent, named: Sequence[Event]) -> str:
    if not named or any(form.raw == item.event.data for form in named):
        return ""
    if item.trouble:
        return f"data that are no JSON: {item.trouble}"
    judges = [checker(form.schema) if form.schema else None for form in named if not form.raw]
    if all(judge is not None and judge.refused(item.value) and not judge.valid(item.value) for judge in judges):
        return f"data that break the schema of the event: {shorten(item.event.data, 200)}"
    return ""


def check_stream_order(reading: Reading) -> Iterator[Problem]:
    """The event that reports the start of a run comes first, the one that reports its end last, nothing after it."""
    stream = reading.stream
    if stream is None:
        return
    yield from _first(reading, stream)
    over: frozenset[str] = frozenset()
    for item in stream.events:
        kinds = item.kinds
        if over and kinds and not kinds & (over | {"closed"}):
            name = f"an event {item.event.name!r} after one that ends the run"
            yield _problem(reading, "nothing after the event that reports the end of the run", name)
            return
        if is_over(kinds):
            over = kinds & over if over and kinds & over else kinds
    last = stream.always("closed")
    if last and stream.events and not stream.cut and not _is_one_of(stream.events[-1], last):
        got = f"an event {stream.events[-1].event.name!r} at the end"
        yield _problem(reading, "the event that closes every stream, at the end", got)
    elif _lacks_end(stream):
        got = f"{shorten(stream.events[-1].event.data, 100)!r} at the end" if stream.events else "no event"
        yield _problem(reading, "an event that tells how the run ended: each end has one", got)


def _lacks_end(stream: EventStream) -> bool:
    """Whether a run was read to its end and no event may tell of one, although every end of a run has an event."""
    told = all(stream.always(end) for end in ENDS)
    return (
        told and stream.scope == "run" and not stream.cut and not any(item.kinds & set(ENDS) for item in stream.events)
    )


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


def _is_one_of(item: ReadEvent, forms: Sequence[Event]) -> bool:
    """Whether an event is one of these, by its name: what it holds is another check's question."""
    if item.event.name:  # else the constants in its data decide
        return any(form.name == item.event.name for form in forms)
    return any(form in forms for form, _ in item.forms)


def check_ids(reading: Reading) -> Iterator[Problem]:
    """Ids are there exactly where the format says so; each is greater than the one before."""
    stream = reading.stream
    if stream is None:
        return
    ids = [item.event.id for item in stream.events]
    expected = is_numbered(reading)
    if expected is False and any(each is not None for each in ids):
        yield _problem(reading, "events without an id", f"an id {next(filter(None, ids))!r}")
        return
    if None in ids and (expected or any(each is not None for each in ids)):
        yield _problem(reading, "an id with every event", "an event without an id")
        return
    for one, other in pairwise(item.event for item in stream.events if item.event.id is not None):
        before, after = str(one.id), str(other.id)
        # Twins report one moment in different ways; the same report twice is no twin.
        if stream.format.twins and before == after and (one.name, one.data) != (other.name, other.data):
            continue
        if _place(after) <= _place(before):
            got = "the same id twice" if before == after else "an id that is not greater than the one before"
            yield _problem(reading, "ids that only grow, so that a reader can go on after one", got)
            return


def is_numbered(reading: Reading) -> bool | None:
    """Whether the events of this stream have ids, by the format; None where the request does not say."""
    stream = reading.stream
    if stream is None or not stream.format.ids:
        return False
    if stream.scope == "thread" or stream.format.numbered is None:
        return True
    return reading.look_up(stream.format.numbered) is True if stream.scope == "run" else None


def _place(identifier: str) -> tuple[int, ...]:
    return tuple(int(digits[:18]) for digits in _DIGITS.findall(identifier))
