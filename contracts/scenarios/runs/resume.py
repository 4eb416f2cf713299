"""Coming back to a run: to its stream after a break, to one that asked something, and leaving one."""

from collections.abc import Iterator
from typing import Any

from threadmock.contracts.cases.agent_input import conditions, way_to_respond
from threadmock.contracts.checks import Context
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.checks.streams import ReadEvent
from threadmock.contracts.scenarios.runs.asking import (
    ASKS,
    GOES_ON,
    PAUSE,
    StartedRun,
    new_thread,
    on_thread,
    placed,
    sibling,
    start,
    streams,
    streams_on_thread,
    text_for,
    until,
)
from threadmock.contracts.scenarios.runs.questions import same_questions
from threadmock.contracts.scenarios.runs.stored import (
    RunState,
    agent_of,
    ends_of,
    final,
    fits,
    held,
    look,
    message_members,
    reading_places,
    stored_pieces,
)
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.transport.errors import NotSent
from threadmock.contracts.transport.stream_limits import Stop
from threadmock.specs.behaviour.questions import ASKED
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import weakest
from threadmock.specs.members import ABSENT, dotted
from threadmock.specs.text import shorten

ANSWER = "approve"
LONG_AFTER = 5
"""So many looks after its reader went away, a run that is still under way was not cancelled because of that."""
_SETTINGS = ("keyed", "from", "list", "members", "each")


def resumes(contract: Contract, operation: Operation) -> str:
    """Operations that stream the rest of a run, after the event that the reader saw last."""
    run = operation.rule.run
    if (
        run is None
        or operation.rule.action != "join"
        or run.follow_thread
        or way_to_respond(operation, "stream") is None
    ):
        return "the operation does not stream the rest of a run"
    if run.last_event is None:
        return "nobody can say which event was seen last"
    return "" if sibling(contract, operation, "stream") else "no operation streams such a run from its beginning"


def run_resume_stream(context: Context, operation: Operation) -> Iterator[Finding]:
    """Who comes back after an event gets exactly what came after it; from the beginning, all."""
    other, run = sibling(context.contract, operation, "stream"), operation.rule.run
    if other is None or run is None or run.last_event is None:
        return
    text, _ = text_for(context)
    started = start(context, other, new_thread(context, other), text, "stream", more=_numbered(context, other))
    stream = started.reading.stream
    if stream is None or stream.cut or not all(item.event.id for item in stream.events) or len(stream.events) < 3:
        raise NotSent("no whole stream of events with ids came that could be gone on with")
    events = list(stream.events)
    marks = [(events[at].event.id, _after(events, at, twins=stream.format.twins)) for at in _seen(events)]
    marks += [(word, events) for word in run.from_start[:1]]
    for mark, expected in marks:
        keys = {**started.keys, operation.rule.resource: started.run}
        case = placed(operation, keys, {run.last_event: _typed(mark, run.last_event)}, f"the rest after {mark}")
        got = ask(context, case)
        if not got.accepted or got.stream is None or got.stream.cut:
            continue
        got.compared()
        trouble = _difference(expected, list(got.stream.events))
        if trouble:
            yield got.find(
                "resume_stream",
                "exactly the events that came after the one that was seen last",
                trouble,
                evidence=weakest(operation.rule.evidence, stream.format.evidence),
                exchanges=3,
            )


def _seen(events: list[ReadEvent]) -> tuple[int, int, int]:
    """Events that a reader may have seen last: the first, one of the middle, the last."""
    return 0, len(events) // 2, len(events) - 1


def _after(events: list[ReadEvent], at: int, *, twins: bool) -> list[ReadEvent]:
    """What comes after an event; without those of the same id, where the format says that these are lost."""
    return [item for item in events[at + 1 :] if not (twins and item.event.id == events[at].event.id)]


def _typed(mark: str | None, source: Source) -> Any:
    return int(mark) if mark and mark.isdecimal() and source.place == "body" else mark


def _numbered(context: Context, operation: Operation) -> dict[Source, Any]:
    """What a request holds so that events are numbered and kept."""
    found = way_to_respond(operation, "stream")
    formats = agent_of(context).formats
    rule = formats[(found[0].format if found else "") or next(iter(formats))]
    return {rule.numbered: True} if rule.numbered else {}


def _difference(expected: list[ReadEvent], got: list[ReadEvent]) -> str:
    """What is wrong with the rest of a stream; "" where nothing is."""
    wanted = [(item.event.id, item.event.name, item.event.data) for item in expected]
    found = [(item.event.id, item.event.name, item.event.data) for item in got]
    if wanted == found:
        return ""
    missing = [each for each in wanted if each not in found]
    extra = [each for each in found if each not in wanted]
    if extra:
        return f"an event that does not belong there: {shorten(str(extra[0]), 150)}"
    if missing:
        return f"events are missing, such as {shorten(str(missing[0]), 150)}"
    return "the same events, in another order or more than once"


def takes_answers(contract: Contract, operation: Operation) -> str:
    """Operations that start a run with its events, and take the answer to what one asked."""
    reason = streams_on_thread(contract, operation)
    if not reason and (operation.rule.run is None or operation.rule.run.resume is None):
        reason = "no rule says how something that was asked is answered"
    return reason


def run_interrupt_resume(context: Context, operation: Operation) -> Iterator[Finding]:
    """A run that asks a person pauses; one answer lets it go on to its end, a second one changes nothing."""
    agent, run = agent_of(context), operation.rule.run
    if run is None or run.resume is None:
        return
    text, _ = text_for(context, ASKS)
    first = start(context, operation, new_thread(context, operation), text, "stream", label="a run that asks")
    state = look(context, operation, first.keys)
    asked = first.reading.stream is not None and any(t.kinds == {"paused"} for t in first.reading.stream.events)
    if not asked and "paused" not in ends_of(agent, state):
        raise NotSent("the agent asked nobody")
    if state.thread and not fits(agent.changes.get("paused", ()), state):
        expected = f"a {agent.thread} as the rule says of one that waits for an answer"
        yield _interrupted(first, expected, "it is as after another end, although the stream asked", agent.evidence)
        return
    if state.thread:
        first.reading.compared()
    yield from _question_findings(first, state, context)
    answer = {run.resume: ANSWER}
    second = start(context, operation, _thread(first), "", "stream", more=answer, label="the answer")
    if not second.reading.accepted:
        return
    over = look(context, operation, second.keys)
    if "paused" in ends_of(agent, over) and "ended" not in ends_of(agent, over):
        raise NotSent("the agent asked once more")
    if over.thread and "ended" not in ends_of(agent, over):
        yield _interrupted(second, "a run that was answered, and goes on to its end", "it did not end", agent.evidence)
        return
    before, said = final(agent, over), _messages(context, first)
    third = start(context, operation, _thread(first), "", "stream", more=answer, label="the answer once more")
    after = final(agent, look(context, operation, _thread(first)))
    if before:
        third.reading.compared()
    changed = [name for name in before if name in after and before[name] != after[name]]
    if not changed and _messages(context, first) != said:
        changed = [f"what lies below the {agent.thread}"]
    if changed:
        expected = "nothing new: what was asked is answered already"
        yield _interrupted(third, expected, f"{changed[0]} changed once more", agent.evidence)


def _messages(context: Context, started: StartedRun) -> list[Any]:
    """The messages of a thread, where they lie below it."""
    agent = agent_of(context)
    members = message_members(agent)
    found = stored_pieces(context, agent, _thread(started)) if members else None
    return [[dotted(item, member) for member in members] for item in found or ()]


def _thread(started: StartedRun) -> dict[str, Any]:
    return {name: key for name, key in started.keys.items() if name != started.reading.rule.resource}


def _interrupted(started: StartedRun, expected: str, got: str, evidence: Any) -> Finding:
    return started.reading.find("interrupt_resume", expected, got, evidence=evidence, exchanges=4)


def _question_findings(first: StartedRun, state: RunState, context: Context) -> Iterator[Finding]:
    """What a thread says that is asked is what its stream said."""
    stream, agent = first.reading.stream, agent_of(context)
    asked = next((f[ASKED] for f in stream.certain("paused") if ASKED in f), ABSENT) if stream else ABSENT
    for member, setting, value, evidence in reading_places(agent, "paused", state, _SETTINGS):
        stored = held(setting, value).get(ASKED, ABSENT)
        if ABSENT not in (stored, asked) and not same_questions(stored, asked):
            yield _interrupted(first, f"{member} that holds what the stream asked", "another question", evidence)


def has_disconnect_rule(contract: Contract, operation: Operation) -> str:
    """Operations that stream a run, with a rule for readers that go away."""
    if operation.rule.run is None or not operation.rule.run.disconnect:
        return "no rule says what becomes of a run whose reader goes away"
    return streams(contract, operation) or ("" if on_thread(contract, operation) else "no read shows such a run")


def run_disconnect(context: Context, operation: Operation) -> Iterator[Finding]:
    """A run whose reader goes away is cancelled where the request says so, and else goes on."""
    run = operation.rule.run
    places = dict(conditions(run.disconnect)) if run else {}
    ends, left, looks = _disconnect(context, operation, places)
    if ends and "cancelled" not in ends and looks < LONG_AFTER:
        raise NotSent("the run was over before its stream could be left")
    left.reading.compared()
    if "cancelled" not in ends:
        yield _disconnect_finding(
            left, "a run that was cancelled: its reader went away, and the request asked for that", ends
        )
    ends, left, _ = _disconnect(context, operation, {})
    if "cancelled" in ends and "ended" not in ends:
        yield _disconnect_finding(
            left, "a run that goes on: its reader went away, and nobody asked to have it cancelled", ends
        )


def _disconnect(context: Context, operation: Operation, places: dict[Source, Any]) -> tuple[list[str], StartedRun, int]:
    """The ends of a run after its stream was left, how it was started, and how often it was looked at."""
    agent, states = agent_of(context), []

    def look_again() -> RunState:
        states.append(look(context, operation, left.keys))
        return states[-1]

    text, _ = text_for(context, GOES_ON)
    keys = new_thread(context, operation)
    stop, label = Stop(events=1), "a stream that is left"
    left = start(context, operation, keys, text, "stream", more=places, stop=stop, label=label)
    if not left.reading.accepted or left.reading.stream is None or not left.reading.stream.cut:
        raise NotSent("the run was over before its stream could be left")
    if not places:  # a server may notice a moment later that nobody reads any more
        look_again()
        context.run_pause(PAUSE)
    state = until(context, look_again, lambda state: not places or bool(ends_of(agent, state)))
    if state.run is None and state.thread is None:
        raise NotSent("nothing reads the run or its thread")
    return ends_of(agent, state), left, len(states)


def _disconnect_finding(left: StartedRun, expected: str, ends: list[str]) -> Finding:
    got = f"a run that {ends[0]}" if ends else "a run that is under way still"
    return left.reading.find("disconnect", expected, got, evidence=left.reading.rule.evidence, exchanges=3)
