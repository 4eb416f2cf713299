"""What runs must not share: two threads at one moment, runs without a thread, and a thread that was deleted."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.agent_input import way_to_respond
from threadmock.contracts.cases.families import lists, of_action
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.asking import ask_missing
from threadmock.contracts.scenarios.conversations.conversation import WAYS, carry_out, other_messages, talks
from threadmock.contracts.scenarios.conversations.views import views
from threadmock.contracts.scenarios.creates.repeats import send_at_once
from threadmock.contracts.scenarios.runs.asking import (
    StartedRun,
    case_of,
    excused_failures,
    new_thread,
    on_thread,
    run_key,
    settle,
    start,
    text_for,
    until,
    until_true,
)
from threadmock.contracts.scenarios.runs.stateless_runs import has_no_thread
from threadmock.contracts.scenarios.runs.stored import (
    Keys,
    RunState,
    StoredThing,
    agent_of,
    ends_of,
    is_askable,
    key_filters,
    listed_pieces,
    read,
)
from threadmock.contracts.scenarios.runs.told import form_of, told_messages
from threadmock.contracts.scenarios.scenario import ask, record
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.setting import generated_members
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.wire.strictjson import dump_json

THREADS = 3


def run_threads_apart(context: Context, operation: Operation) -> Iterator[Finding]:
    """Runs of several threads at one moment: each stream, and each reader, shows what belongs to its thread."""
    how = next(how for how in WAYS if way_to_respond(operation, how))
    threads = [(new_thread(context, operation), *text_for(context)) for _ in range(THREADS)]
    cases = [case_of(context, operation, keys, text, how, label="several threads") for keys, text, _ in threads]
    readings = send_at_once(context, cases)
    for reading in readings:
        record(reading, without=("prompt", *excused_failures(operation)))
    if len(readings) < THREADS or not all(reading.accepted for reading in readings):
        raise NotSent("not all of several runs on several threads were accepted")
    started = [
        StartedRun(reading, {**keys, **run_key(reading)}) for reading, (keys, *_) in zip(readings, threads, strict=True)
    ]
    marks = [mark for _, _, mark in threads]
    seen: dict[str, int] = {}
    for at, each in enumerate(started):
        settle(context, operation, each.keys)
        others = [mark for other, mark in enumerate(marks) if other != at]
        yield from _foreign(context, operation, each, marks[at], others)
        yield from _shared_ids(context, operation, each, at, seen)


def _foreign(
    context: Context, operation: Operation, started: StartedRun, mark: str, others: list[str]
) -> Iterator[Finding]:
    """What was said on other threads, in what is told of this one."""
    found = views(context, operation, started.keys)
    shown = [(view.name, dump_json(view.content), view.evidence) for view in found]
    shown.append(("the answer", _answer(started), operation.rule.evidence))
    for name, content, evidence in shown:
        if mark.encode() in content:  # who shows nothing of its own shows nothing
            started.reading.compared()
        if any(mark.encode() in content for mark in others):
            yield started.reading.find(
                "threads_apart",
                "nothing of what was said on another thread at that moment",
                f"{name} holds what was said on another thread",
                evidence=evidence,
                exchanges=THREADS + 1,
            )


def _answer(started: StartedRun) -> bytes:
    """All that an answer holds, with the messages of which it held pieces."""
    stream = started.reading.stream
    told = [each.text for each in told_messages(stream)] if stream else []
    return started.reading.content + "\n".join(told).encode()


def _shared_ids(
    context: Context, operation: Operation, started: StartedRun, at: int, seen: dict[str, int]
) -> Iterator[Finding]:
    """Runs that have one key although they are of several threads."""
    key = started.keys.get(operation.rule.resource)
    if key is None or agent_of(context).results:
        return
    if seen.setdefault(str(key), at) != at:
        expected = f"a {operation.rule.resource} of its own for each thread"
        yield started.reading.find("threads_apart", expected, f"two of them have the key {key}", exchanges=THREADS)


def lonely(contract: Contract, operation: Operation) -> str:
    """Operations that start a run without a thread, and answer with what comes of it."""
    run = operation.rule.run
    if run is None or operation.rule.action != "run" or run.each or run.commands:
        return "the operation does not start a run"
    if not has_no_thread(contract, operation):
        return "what is left of a thread that goes with its run is another scenario's question"
    if run.alone is None or (on_thread(contract, operation) and not _may_lack(contract, operation)):
        return "the operation's runs have a thread that the request names"
    return ""


def _may_lack(contract: Contract, operation: Operation) -> bool:
    """Whether a request may name no thread: its place is in a body, and the thread is made then."""
    within, agent = operation.rule.within, contract.profile.agent
    return (
        within is not None and agent is not None and within.resource == agent.thread and within.source.place == "body"
    )


def run_alone(context: Context, operation: Operation) -> Iterator[Finding]:
    """Runs without a thread share nothing; what they leave is a thread of its own, or, where that is meant, nothing."""
    before = new_thread(context, operation) or None
    first, mark = _alone(context, operation, "a run without a thread")
    second, other = _alone(context, operation, "another run without a thread")
    if other.encode() in _answer(second):
        second.reading.compared()
    if mark.encode() in _answer(second):
        got = "the second one is told what was said to the first"
        yield _alone_finding(second, "runs that share nothing", got, operation.rule.evidence)
    agent, run = agent_of(context), operation.rule.run
    keys = _thread_of(context, operation, first.reading)
    if keys and run is not None and run.temporary:
        gone = until_true(context, lambda: not _is_there(context, keys))
        left = None if gone else read(context, operation.rule.resource, keys, gone=True)
        if left is not None and left.accepted and not ends_of(agent, RunState(left, None)):
            raise NotSent("the run is under way still")
        first.reading.compared()
        if not gone:
            expected = f"a {agent.thread} that is gone with its run"
            yield _alone_finding(first, expected, "it is there still", operation.rule.evidence)
    elif keys:
        yield from _kept(context, operation, first, keys, (mark, other))
    yield from _left_elsewhere(context, operation, second, before, (mark, other))


def _alone(context: Context, operation: Operation, label: str) -> tuple[StartedRun, str]:
    text, mark = text_for(context)
    how = next(how for how in WAYS if way_to_respond(operation, how))
    started = start(context, operation, {}, text, how, label=label, without=excused_failures(operation))
    if not started.reading.accepted:
        raise NotSent(f"{operation} was answered {started.reading.status or 'not at all'}")
    return started, mark


def _alone_finding(started: StartedRun, expected: str, got: str, evidence: Evidence) -> Finding:
    return started.reading.find("alone", expected, got, evidence=evidence, exchanges=3)


def _thread_of(context: Context, operation: Operation, reading: Reading) -> Keys:
    """The key of the thread that a run without one was given, where the answer says it."""
    agent, rule = agent_of(context), operation.rule
    named = next(generated_members(rule.set.items(), "parent_key"), "")
    key = reading.made.get(named) if named else None
    return {agent.thread: key, **run_key(reading)} if isinstance(key, str | int) else {}


def _is_there(context: Context, keys: Keys) -> bool:
    thing = read(context, agent_of(context).thread, keys, gone=True)
    return thing is not None and thing.accepted


def _kept(
    context: Context, operation: Operation, first: StartedRun, keys: Keys, marks: tuple[str, str]
) -> Iterator[Finding]:
    """The thread that was made for a run holds what was said to it, and nothing of another."""
    settle(context, operation, keys)
    found = [view for view in views(context, operation, keys) if view.messages is not None]
    form, made = form_of(context.contract, operation), first.reading.made
    answered = form.read(made) if form is not None and form.place == "run" and made else None
    over = ends_of(agent_of(context), RunState(StoredThing(first.reading, made), None))
    for view in found[:1] if answered and over else ():
        if what := other_messages(answered or [], view.messages or []):
            got = f"{view.name} shows {what}"
            yield _alone_finding(first, "the messages that were answered", got, operation.rule.evidence)
    for view in found:
        first.reading.compared()
        content, sure = dump_json(view.content), weakest(view.evidence, agent_of(context).evidence)
        if marks[0].encode() not in content:
            got = f"{view.name} shows nothing of it"
            yield _alone_finding(first, "what was said, on the thread that was made for the run", got, sure)
        if marks[1].encode() in content:
            got = f"{view.name} shows what was said to another"
            yield _alone_finding(first, "nothing of another run", got, view.evidence)


def _left_elsewhere(
    context: Context, operation: Operation, started: StartedRun, before: Keys | None, marks: tuple[str, str]
) -> Iterator[Finding]:
    """What was said without a thread is not on a thread that was there before, nor in a list where none is kept."""
    agent, run = agent_of(context), operation.rule.run

    def told(content: Any) -> bool:
        return any(mark.encode() in dump_json(content) for mark in marks)

    shown = [(view.name, view.content) for view in (views(context, operation, before) if before else ())]
    if run is not None and run.temporary:
        listings = [listing for listing in lists(context.contract, agent.thread) if is_askable(listing, {})]
        cases = [case_about(listing, {}, "the newest threads") for listing in listings]
        # what is to be gone may take a moment
        readings = [until(context, partial(ask, context, case), lambda got: not told(got.json)) for case in cases]
        shown += [(str(reading.operation), reading.json) for reading in readings]
    for name, content in shown:
        if content:
            started.reading.compared()
        if told(content):
            got = f"{name} shows it"
            yield _alone_finding(started, "nothing on a thread that others see", got, operation.rule.evidence)


def deletes_thread(contract: Contract, operation: Operation) -> str:
    """Operations that delete a thread, where another starts runs on one."""
    agent = contract.profile.agent
    if agent is None or operation.rule.action != "delete" or operation.rule.resource != agent.thread:
        return "the operation does not delete a thread"
    return "" if _starter(contract) else "no operation starts a run on a thread whose messages are listed"


def _starter(contract: Contract) -> Operation | None:
    return next((each for each in contract.operations if not talks(contract, each)), None)


def run_after_delete(context: Context, operation: Operation) -> Iterator[Finding]:
    """Nothing of a thread that was deleted can be read: its state, messages and runs are refused, or empty."""
    starter = _starter(context.contract)
    if starter is None:
        return
    keys = new_thread(context, starter)
    started, mark = carry_out(context, starter, keys, "a run on a thread that is to be deleted")
    got = ask(context, case_about(operation, keys, "the thread is deleted"))
    if not got.accepted:
        raise NotSent(f"{operation} was answered {got.status}")
    for reader in _readers(context, starter, started.keys):
        answer = _missing(context, reader, started.keys)
        if answer.response is None or answer.status >= 500:
            continue
        got.compared()
        if answer.accepted and mark.encode() in answer.content:
            yield _after(got, f"{reader} shows what was said there", reader.rule.evidence)
        elif answer.accepted and reader.rule.listing is None and reader.rule.resource == starter.rule.resource:
            yield _after(got, f"{reader} shows its {reader.rule.resource}", reader.rule.evidence)


def _readers(context: Context, starter: Operation, keys: Keys) -> list[Operation]:
    """Operations that show what lay in a thread: they name it, in a path or by a filter."""
    agent, found = agent_of(context), []
    for resource in dict.fromkeys((agent.piece, starter.rule.resource, agent.thread)):
        for operation in of_action(context.contract, resource, "read", "list") if resource else ():
            filtered = operation.rule.listing is not None and key_filters(context.contract, operation, keys)
            named = operation.rule.resource == agent.thread and operation.rule.listing is None
            inner = operation.rule.within is not None and operation.rule.within.resource == agent.thread
            nested = operation.rule.key is not None and operation.rule.key.source is not None
            hidden = nested and len(operation.rule.key.source.steps) > 1  # type: ignore[union-attr]  # there is one
            if (filtered or named or inner) and not hidden and is_askable(operation, keys):
                found.append(operation)
    return found


def _missing(context: Context, reader: Operation, keys: Keys) -> Reading:
    if reader.rule.listing is not None:
        return listed_pieces(context, reader, keys, gone=True)[0]
    return ask_missing(context, case_about(reader, keys, "what lay in a deleted thread"))


def _after(got: Reading, what: str, evidence: Any) -> Finding:
    return got.find("after_delete", "that nothing of a deleted thread is shown", what, evidence=evidence, exchanges=3)
