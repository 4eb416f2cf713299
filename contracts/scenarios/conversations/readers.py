"""Several readers of one run: each is told the same, and texts that are sent so far only grow."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.agent_input import modes_of, way_to_respond
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.checks.streams import EventStream, is_over
from threadmock.contracts.scenarios.creates.repeats import send_at_once
from threadmock.contracts.scenarios.runs.asking import new_thread, on_thread, sibling, start, streams, text_for
from threadmock.contracts.scenarios.runs.messages import leaves
from threadmock.contracts.scenarios.runs.told import said_by_id, said_in, stored_messages, told_messages
from threadmock.contracts.scenarios.scenario import ask, record
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.agent import Event, Respond
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import weakest
from threadmock.specs.text import shorten

READERS = 2


def follows(contract: Contract, operation: Operation) -> str:
    """Operations that stream a run that another one started and answered at once."""
    run = operation.rule.run
    joins = run is not None and operation.rule.action == "join" and not run.follow_thread
    if not joins or way_to_respond(operation, "stream") is None:
        return "the operation does not stream a run that is there"
    starter = sibling(contract, operation, "at_once")
    return "" if starter and on_thread(contract, starter) else "no operation starts a run and answers at once"


def run_readers(context: Context, operation: Operation) -> Iterator[Finding]:
    """Readers of one run at one moment are told the same; one that comes later gets the end of it."""
    starter = sibling(context.contract, operation, "at_once")
    if starter is None:
        return
    text, _ = text_for(context)
    started = start(context, starter, new_thread(context, starter), text, "at_once", label="a run to be followed")
    keys = {**started.keys, operation.rule.resource: started.run}
    case = case_about(operation, keys, "a reader of the run")
    readings = send_at_once(context, [replace(case, label=f"{case.label} ({at + 1})") for at in range(READERS)])
    for reading in readings:
        record(reading, without=("prompt",))
    late = ask(context, replace(case, label="a reader that comes after the end"))
    told = [stream for reading in readings if (stream := reading.stream) is not None and not stream.cut]
    if len(told) < READERS or late.stream is None or late.stream.cut:
        raise NotSent("not all readers of the run were told all of it")
    whole = max(told, key=lambda stream: len(stream.events))
    for reading, stream in zip([*readings, late], [*told, late.stream], strict=True):
        if whole.events:
            reading.compared()
        yield from _apart(reading, whole, stream)
    stored = stored_messages(context, starter, keys) if on_thread(context.contract, starter) else None
    told_all = told_messages(whole) if stored else []
    for each in told_all:
        texts = {str(message.id): message.text for message in stored or ()}
        if each.id not in texts and not whole.format.replays:
            continue
        readings[0].compared()
        own = [*said_by_id(whole).get(each.id, ())]
        kept = [*own, texts[each.id]] if each.id in texts else [message.text for message in stored or ()]
        # A message may be told in parts with keys of their own: of those the last one is its end.
        is_part = each.id not in texts and each is not told_all[-1]
        if not any(text.endswith(each.text) or (is_part and each.text in text) for text in kept):
            got = f"{shorten(each.text, 100)!r} of {shorten(kept[-1], 100)!r}"
            sure = weakest(operation.rule.evidence, whole.format.evidence)
            yield readings[0].find("readers", "the text, or the end of it, that is stored", got, evidence=sure)


def _apart(reading: Reading, whole: EventStream, stream: EventStream) -> Iterator[Finding]:
    """Where a stream is neither the other one nor the end of it: nobody knows when a reader came."""
    wanted, got = ([(e.event.name, e.value or e.event.data) for e in each.events] for each in (whole, stream))
    rest = wanted[len(wanted) - len(got) :]
    if whole.format.replays and not all(is_over(item.kinds) for item in stream.events):
        rest = wanted  # who comes after the end may be told no more than that it was
    if got == rest:
        return
    extra = next((each for each in got if each not in wanted), None)
    lost = next((each for each in rest if each not in got), "the same events, in another order")
    what = f"an event that the other did not get: {extra}" if extra else f"not so: {lost}"
    yield reading.find(
        "readers",
        "the events that another reader of the run got",
        shorten(what, 200),
        evidence=weakest(reading.rule.evidence, stream.format.evidence),
        exchanges=4,
    )


def accumulates(contract: Contract, operation: Operation) -> str:
    """Operations that start a run and answer with events that hold a text as far as it has come."""
    reason, agent, found = streams(contract, operation), contract.profile.agent, way_to_respond(operation, "stream")
    if reason or agent is None or found is None:
        return reason or "no rule says how runs go"
    told = _accumulating(contract, found[0])
    return "" if told else "no event holds a text as far as it has come, or counts its pieces"


def _accumulating(contract: Contract, way: Respond) -> list[Event]:
    """Events of a format that hold a text as far as it has come, or the number of a piece."""
    agent = contract.profile.agent
    if agent is None:
        return []
    form = agent.formats.get(way.format) or next(iter(agent.formats.values()))
    parts = [(each, each.data) for each in form.events if each.on == "part" and each.data is not None]
    wanted = ("item.whole", "item.index")
    return [each for each, data in parts if any(source in wanted for *_, source in leaves(data))]


def _asked_modes(contract: Contract, operation: Operation) -> dict[Source, Any]:
    """All modes but those beside which texts are not sent as far as they have come."""
    found = way_to_respond(operation, "stream")
    if found is None:
        return {}
    instead = {mode for event in _accumulating(contract, found[0]) for mode in event.unless}
    asked = modes_of(contract, operation, found[0])
    return {place: [mode for mode in modes if mode not in instead] for place, modes in asked.items()}


def run_accumulated(context: Context, operation: Operation) -> Iterator[Finding]:
    """A text that is sent as far as it has come only grows, and is the message in the end; pieces are counted up."""
    text, _ = text_for(context)
    keys, more = new_thread(context, operation), _asked_modes(context.contract, operation)
    started = start(context, operation, keys, text, "stream", more=more, label="a run that is streamed")
    stream = started.reading.stream
    if stream is None or stream.cut:
        raise NotSent("the request for a stream was not answered with a whole one")
    yield from _counts(started.reading, stream)
    so_far: dict[str, str] = {}
    for item in stream.events:
        whole, name = item.held.get("item.whole"), str(item.held.get("item.id", ""))
        if "part" not in item.kinds or not isinstance(whole, str):
            continue
        started.reading.compared()
        if not whole.startswith(so_far.get(name, "")):
            got = f"{shorten(whole, 100)!r} after {shorten(so_far[name], 100)!r}"
            yield _accumulated(started.reading, "a text that only grows", got, stream)
        so_far[name] = whole
    for name, whole in so_far.items():
        said = said_in(stream).get(name)
        if said is not None and said != whole:
            got = f"{shorten(whole, 100)!r} in the end, and {shorten(str(said), 100)!r} is the message"
            yield _accumulated(started.reading, "a text that is the message in the end", got, stream)


def _counts(reading: Reading, stream: EventStream) -> Iterator[Finding]:
    """Pieces of one speaker that are numbered otherwise than one after the other."""
    numbers: dict[tuple[str, str], int] = {}
    for item in stream.events:
        number, speaker = item.held.get("item.index"), (item.event.name, str(item.held.get("item.each")))
        if item.kinds != {"part"} or not isinstance(number, int):
            continue
        reading.compared()
        if number <= numbers.get(speaker, -1):
            yield _accumulated(reading, "pieces that are counted up", f"{number} after {numbers[speaker]}", stream)
            return
        numbers[speaker] = number


def _accumulated(reading: Reading, expected: str, got: str, stream: EventStream) -> Finding:
    return reading.find("accumulated", expected, got, evidence=stream.format.evidence)
