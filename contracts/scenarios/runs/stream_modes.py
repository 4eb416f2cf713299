"""Streams of which a part is asked for: each kind of events that was asked for comes, and no other."""

from collections.abc import Iterator
from typing import Any

from threadmock.contracts.cases.agent_input import modes_of, way_to_respond
from threadmock.contracts.checks import Context
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.checks.streams import EventStream
from threadmock.contracts.scenarios.runs.asking import StartedRun, new_thread, on_thread, start, streams, text_for
from threadmock.contracts.scenarios.runs.long_runs import conversation
from threadmock.contracts.scenarios.runs.stored import agent_of, ends_of, look
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import Evidence, weakest

_MET: tuple[tuple[str, tuple[str, ...], Any], ...] = (
    ("item", ("role",), "assistant"),
    ("item", ("resumed",), False),
)
"""Conditions on beats that hold in a run that is not resumed, where the agent answers."""
_OF_TASKS = ("entered", "said", "reviewed", "left", "returned", "halted", "paused", "failed", "cancelled")
ALONE = 3
"""So many modes, of those that there are, are asked for alone."""


def has_modes(contract: Contract, operation: Operation) -> str:
    """Operations that start a run and answer with its events, of which the request chooses kinds."""
    reason = streams(contract, operation)
    found = way_to_respond(operation, "stream")
    if not reason and (found is None or len(_modes(contract, operation)) < 2):
        reason = "the request does not choose kinds of events"
    return reason


def _modes(contract: Contract, operation: Operation) -> list[str]:
    found = way_to_respond(operation, "stream")
    known = modes_of(contract, operation, found[0]) if found else {}
    return next(iter(known.values()), [])


def run_stream_modes(context: Context, operation: Operation) -> Iterator[Finding]:
    """What comes for a mode among all comes for it alone, and nothing that only others ask for."""
    place = operation.rule.run.modes if operation.rule.run else None
    if place is None:
        return
    text, _ = text_for(context)
    known = _modes(context.contract, operation)
    whole = _streamed(context, operation, text, {}, "all modes")
    yield from _unfinished(whole)
    seen = {mode for mode in known if _shown(_stream(whole), mode)}
    for mode in [mode for mode in known if mode not in seen]:
        yield from _missing(context, whole, mode, seen)
    alone = context.choose.sample(sorted(seen), min(ALONE, len(seen)))
    for asked in [*([mode] for mode in alone), context.choose.sample(known, 2)]:
        started = _streamed(context, operation, text, {place: asked}, f"the modes {' and '.join(asked)}")
        for mode in asked:
            yield from _missing(context, started, mode, seen)
        yield from _others(started, asked)


def _streamed(context: Context, operation: Operation, text: str, more: dict[Source, Any], label: str) -> StartedRun:
    """A run that ended, whose whole stream came. NotSent where that is not so."""
    started = start(context, operation, new_thread(context, operation), text, "stream", more=more, label=label)
    if started.reading.stream is None or started.reading.stream.cut:
        raise NotSent(f"no whole stream of {label} came")
    return started


def _stream(started: StartedRun) -> EventStream:
    stream = started.reading.stream
    if stream is None:
        raise NotSent("no stream came")
    return stream


def _own_names(stream: EventStream, mode: str) -> set[str]:
    """The names of events that only this mode asks for."""
    names = {form.name for form in stream.format.events if mode in form.modes}
    return names - {form.name for form in stream.format.events if mode not in form.modes}


def _shown(stream: EventStream, mode: str) -> bool:
    names = _own_names(stream, mode)
    return any(item.event.name in names for item in stream.events)


def _due(stream: EventStream, mode: str, *, said: bool) -> bool:
    """Whether every run that is told something, and ends, shows a mode by the rules. said: the agent answered."""
    kinds = ("begun", "received", *(("entered", "said") if said else ()))
    own = [form for form in stream.format.events if form.modes == (mode,) and form.on in kinds and not form.each]
    left = [(form.on, [part for part in form.when if part not in _MET]) for form in own]
    return any(not parts or any(_one_of_two(parts, other) for on, other in left if on == kind) for kind, parts in left)


def _one_of_two(parts: list[Any], other: list[Any]) -> bool:
    """Whether one of two events is due whatever holds: what the one needs must not be there for the other."""
    if len(parts) != 1 or len(other) != 1:
        return False
    (place, steps, value), (other_place, other_steps, other_value) = parts[0], other[0]
    opposite = isinstance(value, dict) and {"present": not value.get("present")} == other_value
    return opposite and (place, steps) == (other_place, other_steps)


def _missing(context: Context, started: StartedRun, mode: str, seen: set[str]) -> Iterator[Finding]:
    """A mode that is not shown, although the same run showed it among all, or every run that ends shows it."""
    stream = _stream(started)
    names = _own_names(stream, mode)
    if not names or _shown(stream, mode):
        if names:
            started.reading.compared()
        return
    kept = on_thread(context.contract, started.reading.operation)  # else nothing need be kept that could be shown
    if mode not in seen and not (kept and _due(stream, mode, said=_ended(context, started))):
        return
    started.reading.compared()
    expected = f"events {' or '.join(sorted(names))}: the mode {mode} was asked for"
    yield _modes_finding(started, expected, "none of them", stream.format.evidence)


def _ended(context: Context, started: StartedRun) -> bool:
    """Whether a run ended, and the agent answered."""
    operation, agent = started.reading.operation, agent_of(context)
    if "ended" not in ends_of(agent, look(context, operation, started.keys)):
        return False
    return any(message.role == "assistant" for message in conversation(context, operation, started.keys))


def _unfinished(started: StartedRun) -> Iterator[Finding]:
    """What is told as begun is told as done, by events of the same name."""
    stream = _stream(started)
    told = [(item.event.name, item.kinds, item.held.get("item.task")) for item in stream.events]
    # Names that tell of other things, too, may be used by an agent for what lies inside of it.
    others = {form.name for form in stream.allowed if form.on not in _OF_TASKS}
    names = {form.name for form in stream.allowed if form.on == "entered"} - others
    for name in sorted(names):
        begun = [task for each, kinds, task in told if each == name and kinds == {"entered"} and task is not None]
        done = [task for each, kinds, task in told if each == name and "entered" not in kinds]
        if begun:
            started.reading.compared()
        if lost := [task for task in begun if task not in done]:
            expected = f"an event {name} that tells the end of each task, as one told its beginning"
            yield _modes_finding(started, expected, f"none of task {lost[0]}", stream.format.evidence)


def _others(started: StartedRun, asked: list[str]) -> Iterator[Finding]:
    """Events that only modes ask for that were not asked for."""
    stream = _stream(started)
    allowed = {form.name for form in stream.format.events if not form.modes or set(form.modes) & set(asked)}
    others = [item.event.name for item in stream.events if item.event.name not in allowed]
    known = {form.name for form in stream.format.events}
    started.reading.compared()
    for name in list(dict.fromkeys(each for each in others if each in known))[:1]:
        expected = f"events of the modes {' and '.join(asked)} alone"
        yield _modes_finding(started, expected, f"an event {name!r}", stream.format.evidence)


def _modes_finding(started: StartedRun, expected: str, got: str, evidence: Evidence) -> Finding:
    held = weakest(evidence, started.reading.rule.evidence)
    return started.reading.find("stream_modes", expected, got, evidence=held, exchanges=2)
