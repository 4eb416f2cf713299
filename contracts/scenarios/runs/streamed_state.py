"""What a run reports, and what is there afterwards: state, tokens, failures, and what a waiting client gets."""

from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.agent_input import way_to_respond
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.checks.streams import EventStream
from threadmock.contracts.scenarios.runs.asking import (
    FAILS,
    RunState,
    StartedRun,
    agent_of,
    ends_of,
    held,
    look,
    message_members,
    new_thread,
    on_thread,
    reading_places,
    sibling,
    start,
    stored_pieces,
    text_for,
)
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.agent import Agent
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import weakest
from threadmock.specs.members import dotted
from threadmock.specs.text import shorten
from threadmock.specs.wire.strictjson import dump_json


def _streamed(context: Context, operation: Operation, command: str = "") -> tuple[StartedRun, EventStream]:
    """A run of its own, streamed to its end. NotSent where no whole stream came."""
    text, _ = text_for(context, command)
    started = start(context, operation, new_thread(context, operation), text, "stream", label="a run that is streamed")
    stream = started.reading.stream
    if stream is None:
        raise NotSent("the request for a stream was not answered with one")
    return started, stream


def _whole(stream: EventStream) -> EventStream:
    if stream.cut:
        raise NotSent(f"the stream was not read to its end: {stream.cut}")
    return stream


def run_stream_ends(context: Context, operation: Operation) -> Iterator[Finding]:
    """A stream ends when its run does."""
    started, stream = _streamed(context, operation)
    if not stream.cut:
        started.reading.compared()
        return
    state = look(context, operation, started.keys)
    if not ends_of(agent_of(context), state):
        raise NotSent(f"the run is under way still, and its stream was left: {stream.cut}")
    yield started.reading.find(
        "stream_ends",
        "the stream ends when its run is over",
        "the run is over and the stream goes on",
        evidence=operation.rule.evidence,
        exchanges=2,
    )


def run_stream_state(context: Context, operation: Operation) -> Iterator[Finding]:
    """What is stored when a stream has ended is what the stream said last; the run is over, its thread not busy."""
    started, stream = _streamed(context, operation)
    _whole(stream)
    agent, state = agent_of(context), look(context, operation, started.keys)
    ends = ends_of(agent, state)
    if not ends and (state.run or state.thread):
        expected = "a run and a thread as one of the ends of a run leaves them"
        yield _about(started, "stream_state", expected, _stored_findings(agent, state), evidence=agent.evidence)
        return
    if ends:
        started.reading.compared()
    for member, setting, value, evidence in reading_places(agent, ends[0], state) if ends else ():
        place = ".".join((setting.kind, *setting.steps))
        if stream.knows(place) and stream.last(place) != value:
            expected = f"{member} of the {agent.thread} as the stream said last"
            got = f"another {member}: {shorten(dump_json(value).decode(), 150)}"
            held_ = weakest(evidence, stream.format.evidence)
            yield _about(started, "stream_state", expected, got, where=f"/{member}", evidence=held_)
    yield from _unstored(context, started, stream, agent)


def _stored_findings(agent: Agent, state: RunState) -> str:
    parts = []
    for name, place in ((agent.thread, "thread"), ("run", "run")):
        shown = state.shown(place) or {}
        fixed = {
            member
            for changes in agent.changes.values()
            for change in changes
            for member, setting in (change.thread if place == "thread" else change.run).items()
            if setting.kind == "value" and isinstance(setting.value, str)
        }
        parts += [f"{member} {shown[member]} of the {name}" for member in sorted(fixed & shown.keys())]
    return ", ".join(parts) or "neither"


def _unstored(context: Context, started: StartedRun, stream: EventStream, agent: Agent) -> Iterator[Finding]:
    """Messages that were streamed whole and that lie nowhere below the thread."""
    members = message_members(agent)
    texts = [str(found["item.text"]) for found in stream.certain("said") if found.get("item.text")]
    if not members or not texts:
        return
    stored = stored_pieces(context, agent, started.keys)
    for text in texts if stored is not None else ():
        started.reading.compared()
        if not any(dotted(item, member) == text for item in stored or () for member in members):
            expected = f"every message that was streamed among the {agent.piece}s"
            yield _about(started, "stream_state", expected, f"a message is missing: {text!r}", evidence=agent.evidence)


def _about(  # noqa: PLR0913 - the members of a finding
    started: StartedRun, check: str, expected: str, got: str, *, where: str = "", evidence: Any = "documented"
) -> Finding:
    return started.reading.find(check, expected, got, where=where, evidence=evidence, exchanges=3)


def run_tokens(context: Context, operation: Operation) -> Iterator[Finding]:
    """The pieces of a message, put together, are the message."""
    started, stream = _streamed(context, operation)
    pieces: dict[tuple[str, str], str] = {}  # several kinds of events may each hold the whole message
    for item in _whole(stream).events:
        if item.kinds == {"part"} and isinstance(item.held.get("item.text"), str):
            piece = item.event.name, str(item.held.get("item.id", ""))
            pieces[piece] = pieces.get(piece, "") + item.held["item.text"]
    said = {str(f.get("item.id", "")): f["item.text"] for f in stream.certain("said") if f.get("item.text")}
    if not pieces or not said:
        raise NotSent("the stream does not hold both the pieces of a message and the message")
    for (event, name), text in pieces.items():
        if name in said:
            started.reading.compared()
        if name in said and text != said[name]:
            yield _about(
                started,
                "tokens",
                "pieces that are the message when they are put together",
                f"{event} makes {shorten(text, 100)!r} of {shorten(str(said[name]), 100)!r}",
                evidence=stream.format.evidence,
            )


def waits(contract: Contract, operation: Operation) -> str:
    """Operations that start or join a run and answer when it is over, where events of the same runs can be had."""
    if operation.rule.run is None or not (operation.rule.traits.starts_run or operation.rule.traits.follows_run):
        return "the operation does not wait for a run"
    if way_to_respond(operation, "when_done") is None or operation.rule.run.each:
        return "the operation does not wait for a run"
    if not on_thread(contract, operation):
        return "the request names no thread that is there afterwards"
    return "" if sibling(contract, operation, "stream") else "no other operation streams such a run"


def run_wait_equals_stream(context: Context, operation: Operation) -> Iterator[Finding]:
    """Who waits for a run gets what its stream said last, and what is stored when it is over."""
    agent = agent_of(context)
    other = sibling(context.contract, operation, "stream")
    if operation.rule.action == "join" and other is not None:
        started, stream = _streamed(context, other)
        known: Mapping[str, Any] = {
            place: stream.last(place) for item in _whole(stream).events for place in item.held if "latest" in place
        }
        waited = ask(
            context, case_about(operation, {**started.keys, operation.rule.resource: started.run}, "it is over")
        )
    else:
        text, _ = text_for(context)
        started = start(context, operation, new_thread(context, operation), text, "when_done", label="to be waited for")
        waited, known = started.reading, {}
    if not waited.accepted:
        return
    state = look(context, operation, started.keys)
    for end in ends_of(agent, state)[:1]:
        stored = {f"latest.{'.'.join(s.steps)}": v for _, s, v, _ in reading_places(agent, end, state)}
        yield from _waited(waited, agent, end, {**stored, **known})


def _waited(waited: Reading, agent: Agent, end: str, known: Mapping[str, Any]) -> Iterator[Finding]:
    setting = agent.results.get(end)
    if setting is None:
        waited.context.comparisons.lack("no rule says what who waits for a run gets")
    if setting is None or waited.way is None or waited.way.reply is not None:
        return
    for place, value in held(setting, waited.value).items():
        if place in known:
            waited.compared()
        if place in known and known[place] != value:
            yield waited.find(
                "wait_equals_stream",
                "what the stream said last, and what is stored",
                f"another value: {shorten(dump_json(value).decode(), 150)}",
                evidence=weakest(agent.evidence, setting.evidence),
                exchanges=4,
            )


def run_failing(context: Context, operation: Operation) -> Iterator[Finding]:
    """A run that fails says so last, and is stored as failed; a waiting client learns it, too."""
    started, stream = _streamed(context, operation, FAILS)
    agent, state = agent_of(context), look(context, operation, started.keys)
    reported = any(event.kinds == {"failed"} for event in stream.events)
    if not reported and "failed" not in ends_of(agent, state):
        raise NotSent("the agent did not fail when it was asked to")
    if (stream.events and not stream.cut) or state.run or state.thread:
        started.reading.compared()
    always = [form for form in stream.format.events if form.on == "failed" and not (form.modes or form.when)]
    if always and not stream.cut and not (stream.events and stream.events[-1].kinds & {"failed", "closed"}):
        got = f"an event {stream.events[-1].event.name!r} at the end" if stream.events else "no event at all"
        expected = f"an event {always[0].name!r} at the end: the run failed"
        yield _about(started, "failing", expected, got, evidence=stream.format.evidence)
    if (state.run or state.thread) and "failed" not in ends_of(agent, state):
        expected = "a run and a thread as a failure leaves them"
        yield _about(started, "failing", expected, _stored_findings(agent, state), evidence=agent.evidence)
    waiting = sibling(context.contract, operation, "when_done")
    if waiting is not None and "failed" in agent.results:
        text, _ = text_for(context, FAILS)
        got_ = start(context, waiting, new_thread(context, waiting), text, "when_done", label="a failure to wait for")
        setting = agent.results["failed"]
        if got_.reading.accepted and not held(setting, got_.reading.value):
            yield got_.reading.find(
                "failing",
                "what the rule says that is answered where a run failed",
                f"something else: {shorten(got_.reading.content.decode('utf-8', 'replace'), 150)}",
                evidence=weakest(agent.evidence, setting.evidence),
            )
