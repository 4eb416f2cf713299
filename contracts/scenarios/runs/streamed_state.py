"""What a run reports, and what is there afterwards: state, tokens, failures, and what a waiting client gets."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.agent_input import way_to_respond
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.checks.streams import EventStream, is_over
from threadmock.contracts.scenarios.runs.asking import (
    FAILS,
    PAUSE,
    StartedRun,
    excused_failures,
    new_thread,
    on_thread,
    run_key,
    sibling,
    start,
    text_for,
    until,
)
from threadmock.contracts.scenarios.runs.stored import (
    Keys,
    RunState,
    StoredThing,
    agent_of,
    ends_of,
    held,
    look,
    message_members,
    reading_places,
    stored_pieces,
    tells_ends,
    words_of,
)
from threadmock.contracts.scenarios.runs.told import (
    departing_text,
    form_of,
    said_by_id,
    said_in,
    stored_messages,
    text_in,
    texts_by_id,
    told_messages,
)
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.agent import Agent
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import dotted
from threadmock.specs.text import shorten
from threadmock.specs.wire.strictjson import dump_json


def _streamed(
    context: Context, operation: Operation, command: str = "", keys: Keys | None = None
) -> tuple[StartedRun, EventStream]:
    """A run of its own, streamed to its end. NotSent where no whole stream came."""
    text, _ = text_for(context, command)
    keys = new_thread(context, operation) if keys is None else keys
    started = start(context, operation, keys, text, "stream", label="a run that is streamed")
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
    said = any(is_over(item.kinds) for item in stream.events)
    if not said and not ends_of(agent_of(context), look(context, operation, started.keys)):
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
    if not ends and tells_ends(agent, state):
        expected = "a run and a thread as one of the ends of a run leaves them"
        yield _about(started, "stream_state", expected, words_of(agent, state), evidence=agent.evidence)
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
    yield from _unlike_last(started, stream, agent, state)
    yield from _unstored(context, started, stream, agent)


def _unlike_last(started: StartedRun, stream: EventStream, agent: Agent, state: RunState) -> Iterator[Finding]:
    """Where a stream shows the run, or what it made, and a reader shows another."""
    run, newest = stream.last("stored"), (state.pieces or [None])[-1]
    for name, told, shown in (
        (started.reading.rule.resource, run, state.shown("run")),
        (agent.piece, _told_piece(stream), newest),
    ):
        if not isinstance(told, Mapping) or not isinstance(shown, Mapping) or not told.keys() & shown.keys():
            continue
        started.reading.compared()
        if other := unlike(told, shown):
            got = f"another {other}: {shorten(dump_json(shown[other]).decode(), 150)}"
            expected = f"{other} of the {name} as the stream said last"
            yield _about(started, "stream_state", expected, got, where=f"/{other}", evidence=agent.evidence)


def _told_piece(stream: EventStream) -> dict[str, Any]:
    """The members of the newest thing below the thread, as events showed them last."""
    names = {place.removeprefix("latest.") for item in stream.events for place in item.held if "latest." in place}
    return {name: stream.last(f"latest.{name}") for name in names if "." not in name}


def unlike(told: Mapping[str, Any], shown: Mapping[str, Any]) -> str:
    """A member that two answers show differently; "" where there is none."""
    return next((name for name, value in told.items() if name in shown and shown[name] != value), "")


def _unstored(context: Context, started: StartedRun, stream: EventStream, agent: Agent) -> Iterator[Finding]:
    """Messages that were streamed whole and that lie nowhere below the thread."""
    members = message_members(agent)
    texts = [text for found in stream.certain("said") if (text := text_in(found))]
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
    """The pieces of a message, put together, are the message: as the stream says it, else as it is stored."""
    started, stream = _streamed(context, operation)
    told, said = told_messages(_whole(stream)), said_in(stream)
    known, whole = texts_by_id(stream, form_of(context.contract, operation)), said_by_id(stream)
    for each in told if known or said else ():
        texts = whole.get(each.id, set()) | known.get(each.id, set())
        if texts:
            started.reading.compared()
        if texts and each.text not in texts:
            yield _unlike(started, each.voice[0], each.text, min(texts), stream.format.evidence)
    for name, texts in whole.items():
        if known.get(name) and not texts & known[name]:
            yield _unlike(started, "a whole message", min(texts), min(known[name]), stream.format.evidence)
    if said or not told:
        if not told:
            raise NotSent("the stream does not hold both the pieces of a message and the message")
        return
    stored = stored_messages(context, operation, started.keys)
    if not stored:
        raise NotSent("neither the stream nor what is stored holds the whole message")
    started.reading.compared()
    if (departing := departing_text(told, stored)) is not None:
        yield _unlike(started, "the stream", *departing, weakest(stream.format.evidence, agent_of(context).evidence))


def _unlike(started: StartedRun, name: str, told: str, whole: str, evidence: Evidence) -> Finding:
    expected = "pieces that are the message when they are put together"
    got = f"{name} makes {shorten(told, 100)!r} of {shorten(whole, 100)!r}"
    return _about(started, "tokens", expected, got, evidence=evidence)


def waits(contract: Contract, operation: Operation) -> str:
    """Operations that start or join a run and answer when it is over, where events of the same runs can be had."""
    if operation.rule.run is None or not (operation.rule.traits.starts_run or operation.rule.traits.follows_run):
        return "the operation does not wait for a run"
    if way_to_respond(operation, "when_done") is None or operation.rule.run.each:
        return "the operation does not wait for a run"
    if not on_thread(contract, operation):
        return "the request names no thread that is there afterwards"
    return "" if sibling(contract, operation, "stream") else "no other operation streams such a run"


def runs_to_wait(operation: Operation) -> int:
    """How many runs `run_wait_equals_stream` starts."""
    return 2 if operation.rule.action == "join" else 1


def run_wait_equals_stream(context: Context, operation: Operation) -> Iterator[Finding]:
    """Who waits for a run gets what its stream said last, and what is stored when it is over."""
    agent = agent_of(context)
    other = sibling(context.contract, operation, "stream")
    if operation.rule.action == "join" and other is not None:
        keys = new_thread(context, other)
        _whole(_streamed(context, other, keys=keys)[1])  # so that the first run of a thread is another one
        started, stream = _streamed(context, other, keys=keys)
        known: Mapping[str, Any] = {
            place: stream.last(place) for item in _whole(stream).events for place in item.held if "latest" in place
        }
        waited = ask(
            context, case_about(operation, {**started.keys, operation.rule.resource: started.run}, "it is over")
        )
    else:
        text, _ = text_for(context)
        keys, without = new_thread(context, operation), excused_failures(operation)
        started = start(context, operation, keys, text, "when_done", label="to be waited for", without=without)
        waited, known = started.reading, {}
    if not waited.accepted:
        return
    looks = partial(look, context, operation, started.keys)
    state = until(context, looks, lambda state: bool(ends_of(agent, state)) or not tells_ends(agent, state))
    if not agent.results:
        yield from _shown_to_waiter(context, waited, started.keys, state)
        return
    for end in ends_of(agent, state)[:1]:
        stored = {f"latest.{'.'.join(s.steps)}": v for _, s, v, _ in reading_places(agent, end, state)}
        stored |= {f"latest.{name}": value for name, value in ((state.pieces or [{}])[-1]).items()}
        yield from _waited(waited, agent, end, {**stored, **known})


def _shown_to_waiter(context: Context, waited: Reading, keys: Keys, state: RunState) -> Iterator[Finding]:
    """Who waits for a run and gets the run gets it as it is stored, unless it is under way still."""
    agent = agent_of(context)
    shown = state.shown("run")
    if shown is None or not ends_of(agent, RunState(StoredThing(waited, waited.made), None)):
        return
    waited.compared()
    context.run_pause(PAUSE)  # what is answered before it is done is stored a moment later
    later = look(context, waited.operation, {**keys, **run_key(waited)}).shown("run") or shown
    other = unlike(waited.made, shown) or unlike(waited.made, later)
    if other:
        shown = shown if unlike(waited.made, shown) else later
        yield waited.find(
            "wait_equals_stream",
            f"{other} as it is stored",
            f"another {other}: {shorten(dump_json(shown[other]).decode(), 150)} is stored",
            where=f"/{other}",
            evidence=waited.rule.evidence,
            exchanges=3,
        )


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
    if (stream.events and not stream.cut) or tells_ends(agent, state):
        started.reading.compared()
    always = [form for form in stream.format.events if form.on == "failed" and not (form.modes or form.when)]
    told = any("failed" in event.kinds for event in stream.events)
    if always and not stream.cut and not (told and stream.events[-1].kinds & {"failed", "closed"}):
        got = f"an event {stream.events[-1].event.name!r} at the end" if stream.events else "no event at all"
        expected = f"an event {always[0].name!r} at the end: the run failed"
        yield _about(started, "failing", expected, got, evidence=stream.format.evidence)
    if tells_ends(agent, state) and "failed" not in ends_of(agent, state):
        expected = "a run and a thread as a failure leaves them"
        yield _about(started, "failing", expected, words_of(agent, state), evidence=agent.evidence)
    waiting = sibling(context.contract, operation, "when_done")
    if waiting is not None:
        yield from _failure_waited_for(context, waiting, agent)


def _failure_waited_for(context: Context, waiting: Operation, agent: Agent) -> Iterator[Finding]:
    """Who waits for a run that fails learns it: by the status, by what the rule words, or by the run that is shown."""
    text, _ = text_for(context, FAILS)
    status = waiting.rule.run.fails if waiting.rule.run else 0
    keys, without = new_thread(context, waiting), excused_failures(waiting)
    got = start(context, waiting, keys, text, "when_done", label="a failure to wait for", without=without).reading
    setting = agent.results.get("failed")
    if status:
        agrees, sure = not got.accepted, agent.evidence
    elif setting is not None:
        agrees, sure = bool(held(setting, got.value)), weakest(agent.evidence, setting.evidence)
    else:
        shown = RunState(StoredThing(got, got.made), None)
        agrees, sure = not tells_ends(agent, shown) or "failed" in ends_of(agent, shown), agent.evidence
    if got.accepted and not agrees:
        yield got.find(
            "failing",
            "what the rule says that is answered where a run failed",
            f"something else: {shorten(got.content.decode('utf-8', 'replace'), 150)}",
            evidence=sure,
        )
