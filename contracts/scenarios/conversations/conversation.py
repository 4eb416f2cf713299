"""What runs leave on a thread: every reader shows the same of it, and one run after another keeps what was there."""

from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.contracts.cases.agent_input import way_to_respond
from threadmock.contracts.checks import Context
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.conversations.departures import Departure, of_members, of_said, of_states
from threadmock.contracts.scenarios.conversations.views import (
    View,
    compared_places,
    listed,
    streamed_view,
    value_at,
    views,
)
from threadmock.contracts.scenarios.runs.asking import (
    StartedRun,
    excused_failures,
    finish,
    new_thread,
    on_thread,
    settle,
    start,
    text_for,
)
from threadmock.contracts.scenarios.runs.messages import MessageForm, StoredMessage
from threadmock.contracts.scenarios.runs.stored import (
    Keys,
    RunState,
    StoredThing,
    agent_of,
    ends_of,
    held,
    piece_lists,
    read,
    readable,
    tells_ends,
)
from threadmock.contracts.scenarios.runs.told import (
    departing_text,
    form_of,
    messages_in,
    said_by_id,
    texts_by_id,
    told_messages,
)
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.agent import Agent, How
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import ABSENT, dotted
from threadmock.specs.text import shorten
from threadmock.specs.wire.strictjson import dump_json

WAYS: tuple[How, ...] = ("stream", "when_done", "at_once")


def talks(contract: Contract, operation: Operation) -> str:
    """Operations that start a run with a text on a thread, where something lists what lies below it."""
    run, agent = operation.rule.run, contract.profile.agent
    if run is None or agent is None or operation.rule.action != "run" or run.each or run.commands:
        return "the operation does not start a run"
    if not on_thread(contract, operation):
        return "the request names no thread that is there afterwards"
    if form_of(contract, operation) is None or not piece_lists(contract, agent):
        return "no rule says how messages are stored, or nothing lists them"
    return readable(contract)


def carry_out(context: Context, operation: Operation, keys: Keys, label: str) -> tuple[StartedRun, str]:
    """A run on a thread that has come to its end, and the text that it alone was given. NotSent where it did not."""
    text, mark = text_for(context)
    how = next(how for how in WAYS if way_to_respond(operation, how))
    without = excused_failures(operation) if how == "when_done" else ()
    started = start(context, operation, keys, text, how, label=label, without=without)
    if not started.reading.accepted:
        raise NotSent(f"{operation} was answered {started.reading.status or 'not at all'}")
    stream = started.reading.stream
    if stream is not None and stream.cut:
        raise NotSent(f"the stream was not read to its end: {stream.cut}")
    if stream is None:
        state, agent = settle(context, operation, started.keys), agent_of(context)
        if tells_ends(agent, state) and not ends_of(agent, state):
            raise NotSent("the run is under way still")
    return started, mark


def run_views(context: Context, operation: Operation) -> Iterator[Finding]:
    """Every reader of a thread shows what its stream told: the same messages in the same order, and the same state."""
    started, mark = carry_out(context, operation, new_thread(context, operation), "a run to be seen by all readers")
    agent, form = agent_of(context), form_of(context.contract, operation)
    found = views(context, operation, started.keys)
    if form is None or not found or found[0].messages is None:
        raise NotSent("nothing shows the messages of the thread")
    started.reading.compared()
    yield from _question(started, found, mark, agent, form)
    yield from _identical(started, found[0], agent)
    yield from _counted(context, started, found, agent)
    for expected, got, sure in _from_stored(operation, started, found[0], agent, form):
        yield _views(started, expected, got, sure)
    stream = started.reading.stream
    told = streamed_view(stream, form) if stream else None
    yield from _departures(started, [*found, *([told] if told else [])], agent, form)
    told_texts, shared = told_messages(stream) if stream else [], bool(form.path)
    known = said_by_id(stream) if stream else {}
    for name, texts in (texts_by_id(stream, form) if stream else {}).items():
        known[name] = known.get(name, set()) | texts
    departing = departing_text(told_texts, found[0].messages, known, shared_ids=shared) if stream else None
    if departing is not None and stream is not None:
        got = f"{found[0].name} shows {shorten(departing[1], 100)!r}, the stream told {shorten(departing[0], 100)!r}"
        yield _views(started, "the text that the stream told", got, weakest(stream.format.evidence, agent.evidence))


def _from_stored(
    operation: Operation, started: StartedRun, view: View, agent: Agent, form: MessageForm
) -> Iterator[Departure]:
    """Where the answer, or the first list, is not what is stored, or holds what cannot be."""
    yield from of_members(operation, started.reading, view, agent, started.keys)
    stream, made = started.reading.stream, started.reading.made
    if stream is not None:
        yield from of_states(stream, form, view, agent)
        yield from of_said(stream, form, view, agent)
    answered = form.read(made) if form.place == "run" and made else None
    if answered is not None and view.messages is not None and (what := other_messages(answered, view.messages)):
        over = ends_of(agent, RunState(StoredThing(started.reading, made), None))
        if over:
            yield "the messages that were answered", f"{view.name} shows {what}", view.evidence


def _views(started: StartedRun, expected: str, got: str, evidence: Evidence) -> Finding:
    return started.reading.find("views", expected, got, evidence=evidence, exchanges=8)


def _question(started: StartedRun, found: list[View], mark: str, agent: Agent, form: MessageForm) -> Iterator[Finding]:
    """What the user said is there, once, before what the agent answered."""
    for view in found:
        if view.content is not None and mark.encode() not in dump_json(view.content):
            got = f"{view.name} shows nothing of it"
            rewritten = bool(form.path) and form.place == "piece"  # an agent may take out what was said
            if view is found[0] or (view.messages is not None and not rewritten):
                yield _views(started, "what the user said, on the thread", got, weakest(view.evidence, agent.evidence))
    messages = found[0].messages or []
    asked = [at for at, message in enumerate(messages) if mark in message.text and message.role != "assistant"]
    first = next((at for at, message in enumerate(messages) if message.role == "assistant"), len(messages))
    whole = not form.path or form.place == "run"
    if not asked and whole and form.role and mark.encode() in dump_json(found[0].content):
        got = f"{found[0].name} shows it in what the agent says alone"
        yield _views(started, "what the user said, as a message of its own", got, agent.evidence)
    if len(asked) > 1:
        yield _views(started, "what the user said, once", f"{len(asked)} times", agent.evidence)
    elif asked and form.role and asked[0] > first:
        got = f"{found[0].name} shows the answer before the question"
        yield _views(started, "messages in the order in which they were said", got, agent.evidence)


def _identical(started: StartedRun, view: View, agent: Agent) -> Iterator[Finding]:
    """Messages, or things below the thread, with one id."""
    member = view.reading.rule.key.member if view.reading and view.reading.rule.key else ""
    keys = [dotted(item, member) for item in view.pieces or ()] if member else []
    for ids in ([message.id for message in view.messages or ()], keys):
        known = [str(each) for each in ids if each is not None]
        twice = next((each for at, each in enumerate(known) if each in known[:at]), None)
        if twice is not None:
            got = f"{view.name} shows the id {twice} twice"
            yield _views(started, "an id of its own for each message", got, weakest(view.evidence, agent.evidence))
            return


def _departures(started: StartedRun, found: list[View], agent: Agent, form: MessageForm) -> Iterator[Finding]:
    """Readers that show other messages, or another state, than the first one."""
    first = found[0]
    for view in found[1:]:
        sure = weakest(first.evidence, view.evidence)  # one thing by two operations: no run is needed to judge that
        if view.messages is not None and (what := other_messages(first.messages or [], view.messages)):
            got = f"{view.name} shows {what}"
            yield _views(started, f"the messages that {first.name} shows", got, sure)
            continue
        for place in sorted(compared_places(agent, form)):
            one, other = value_at(first, place), value_at(view, place)
            if ABSENT in (one, other):
                continue
            started.reading.compared()
            if one != other:
                name = place.removeprefix("latest.")
                got = f"{view.name} shows another {name}: {shorten(dump_json(other).decode(), 150)}"
                yield _views(started, f"{name} as {first.name} shows it", got, sure)
                break


def _counted(context: Context, started: StartedRun, found: list[View], agent: Agent) -> Iterator[Finding]:
    """Members of a thread that count what lies below it."""
    counting = {
        member: setting
        for change in agent.changes.get("said", ())
        for member, setting in (change.thread.items() if change.makes else ())
        if setting.kind == "parent" and setting.plus == 1 and setting.steps == tuple(member.split("."))
    }
    thread = read(context, agent.thread, started.keys) if counting else None
    for member, setting in counting.items() if thread and thread.made else ():
        count, pieces = dotted(thread.made, member) if thread else None, found[0].pieces or []
        if isinstance(count, int):
            started.reading.compared()
        if isinstance(count, int) and count != len(pieces):
            got = f"{count}, and {found[0].name} shows {len(pieces)}"
            yield _views(started, f"{member} that counts each {agent.piece}", got, setting.evidence)


def other_messages(wanted: list[StoredMessage], shown: list[StoredMessage]) -> str:
    """What is otherwise among the messages that are shown; "" where nothing is."""
    for at, message in enumerate(wanted):
        if at >= len(shown):
            return f"no message {at + 1}, which is {shorten(str(message), 100)}"
        other = shown[at]
        if (message.role, message.text) != (other.role, other.text):
            return f"{shorten(str(other), 100)} in place of {shorten(str(message), 100)}"
        if None not in (message.id, other.id) and message.id != other.id:
            return f"the id {other.id} in place of {message.id}"
    return f"one message more: {shorten(str(shown[len(wanted)]), 100)}" if len(shown) > len(wanted) else ""


def run_turns(context: Context, operation: Operation) -> Iterator[Finding]:
    """A second run on a thread sees what the first left, and leaves it as it was, before what is new."""
    keys, form = new_thread(context, operation), form_of(context.contract, operation)
    if form is None:
        return
    first, early = carry_out(context, operation, keys, "a first run")
    before = listed(context, operation, first.keys)
    second, mark = carry_out(context, operation, keys, "a second run")
    after = listed(context, operation, second.keys)
    if before is None or after is None or before.pieces is None or after.pieces is None:
        raise NotSent("nothing lists what lies below the thread")
    second.reading.compared()
    agent = agent_of(context)
    listing = after.reading
    member = listing.rule.key.member if listing and listing.rule.key else ""
    if what := _lost(form, member, before.pieces, after.pieces):
        expected = f"each {agent.piece} of the first run as it was"
        yield second.reading.find("turns", expected, what, evidence=agent.evidence, exchanges=4)
    if mark.encode() not in dump_json(after.content):
        got = "nothing of it is there"
        expected = "what the user said to the second run, below the thread"
        yield second.reading.find("turns", expected, got, evidence=agent.evidence, exchanges=4)
    news = [at for at, item in enumerate(after.pieces) if mark.encode() in dump_json(item)]
    known = [key for item in before.pieces if (key := _key(member, item)) is not None]
    older = [at for at, item in enumerate(after.pieces) if _key(member, item) in known]
    if news and older and min(news) < max(older):
        got, sure = "what is new stands before what was there", weakest(after.evidence, agent.evidence)
        yield second.reading.find("turns", "one turn after the other", got, evidence=sure, exchanges=4)
    yield from _joined(context, operation, second, after, form)
    yield from _unanswered((first, early), (second, mark), before, after, agent)
    yield from _forgotten(second, before.messages or [], form, agent)


def _joined(
    context: Context, operation: Operation, second: StartedRun, after: View, form: MessageForm
) -> Iterator[Finding]:
    """Who waits for the second run gets what that left."""
    agent = agent_of(context)
    got = finish(context, operation, second.keys) if operation.rule.resource in second.keys else None
    waited = got is not None and got.accepted and got.way is not None and got.way.how == "when_done"
    if got is None or not waited or not form.path or "ended" not in agent.results:
        return
    if "failed" in agent.results and held(agent.results["failed"], got.value):
        return
    shown = messages_in(form, held(agent.results["ended"], got.value))
    if shown is None:
        return
    got.compared()
    if what := other_messages(after.messages or [], shown):
        expected = "the end of the second run, as it is stored"
        yield got.find("turns", expected, f"it shows {what}", evidence=agent.evidence, exchanges=4)


def _unanswered(
    first: tuple[StartedRun, str], second: tuple[StartedRun, str], before: View, after: View, agent: Agent
) -> Iterator[Finding]:
    """An agent that says again what it was told says of the second run what that was told."""
    said = [
        [message.text for message in view.messages or () if message.role == "assistant"] for view in (before, after)
    ]
    news = " ".join(said[1][len(said[0]) :])
    if any(first[1] in text for text in said[0]) and first[1] in news and second[1] not in news:
        expected, got = "an answer to the newest message", f"one to the message before: {shorten(news, 100)!r}"
        yield second[0].reading.find("turns", expected, got, evidence=agent.evidence, exchanges=4)


def _lost(form: MessageForm, member: str, before: list[Any], after: list[Any]) -> str:
    """What of a list is not there any more, or otherwise; "" where all of it is, in the same order."""
    kept = [_essence(form, member, item) for item in after]
    at = 0
    for item in before:
        wanted = _essence(form, member, item)
        if wanted in kept[at:]:
            at += kept[at:].index(wanted) + 1
            continue
        text = shorten(dump_json(item).decode(), 150)
        keys = [key for key, *_ in kept]
        if wanted in kept:
            return f"it stands in another place now: {text}"
        return f"it is {'otherwise' if wanted[0] in keys else 'not there any more'}: {text}"
    return ""


def _essence(form: MessageForm, member: str, item: Any) -> tuple[Any, ...]:
    """What must not change of a thing below a thread: its key, and the messages in it."""
    return (_key(member, item), *((message.role, message.text) for message in form.read(item) or ()))


def _key(member: str, item: Any) -> Any:
    return dotted(item, member) if member and isinstance(item, Mapping) else None


def _forgotten(second: StartedRun, before: list[StoredMessage], form: MessageForm, agent: Agent) -> Iterator[Finding]:
    """Where a stream shows the state that a run begins with: what was said before is in it."""
    stream = second.reading.stream
    head = f"latest.{form.path[0]}" if form.path and form.place == "piece" else ""
    shown = next((item.held[head] for item in stream.events if head in item.held), None) if stream and head else None
    messages = form.read(shown, below=form.path[:1]) if shown is not None else None
    if messages is None or stream is None:
        return
    second.reading.compared()
    if what := other_messages(before, messages[: len(before)]):
        expected = "a run that begins with what was said before"
        sure = weakest(stream.format.evidence, agent.evidence)
        yield second.reading.find("turns", expected, f"its first state shows {what}", evidence=sure, exchanges=3)
