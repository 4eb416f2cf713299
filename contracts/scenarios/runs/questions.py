"""What a run asks a person: told in its stream and stored alike; each answer reaches its own run, exactly as it was."""

import string
from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.families import of_action
from threadmock.contracts.cases.references import references
from threadmock.contracts.checks import Context
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.runs.asking import ASKS, StartedRun, new_thread, start, text_for
from threadmock.contracts.scenarios.runs.stored import (
    Keys,
    RunState,
    agent_of,
    ends_of,
    held,
    look,
    reading_places,
    stored_pieces,
)
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.questions import ASKED, takes_questions
from threadmock.specs.contract import Operation
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import dotted
from threadmock.specs.text import shorten
from threadmock.specs.wire.strictjson import dump_json

_SETTINGS = ("keyed", "from", "list", "members", "each")
_LETTERS = string.ascii_letters
_LENGTH = 16


def run_questions(context: Context, operation: Operation) -> Iterator[Finding]:
    """What two runs ask is told and stored alike; each goes on with its own answer, exactly as it was given."""
    run = operation.rule.run
    if run is None or run.resume is None:
        return
    first, second = (_asking(context, operation) for _ in range(2))
    yield from _told_and_stored(context, first)
    answers = [f"approve {''.join(context.choose.choices(_LETTERS, k=_LENGTH))}" for _ in range(2)]
    outcomes = []
    for started, answer in zip((first, second), answers, strict=True):
        more, label = {run.resume: answer}, "an answer of its own"
        done = start(context, operation, _thread(started), "", "stream", more=more, label=label)
        if not done.reading.accepted:
            raise NotSent(f"an answer was answered {done.reading.status}")
        outcomes.append((done, _outcome(context, done)))
    yield from _arrived(context, outcomes, answers)


def _asking(context: Context, operation: Operation) -> StartedRun:
    """A run that asks something and waits. NotSent where it does not."""
    text, _ = text_for(context, ASKS)
    started = start(context, operation, new_thread(context, operation), text, "stream", label="a run that asks")
    stream = started.reading.stream
    told = stream is not None and any(item.kinds == {"paused"} for item in stream.events)
    if not told and "paused" not in ends_of(agent_of(context), look(context, operation, started.keys)):
        raise NotSent("the agent asked nobody")
    return started


def _thread(started: StartedRun) -> Keys:
    return {name: key for name, key in started.keys.items() if name != started.reading.rule.resource}


def asked_of(value: Any) -> list[Any] | None:
    """Questions, as they were told or stored; None where there are none."""
    return value if isinstance(value, list) and value else None


def same_questions(one: Any, other: Any) -> bool:
    """Whether two lists hold the same questions: what both say of each is the same; one may say more."""
    if not (isinstance(one, list) and isinstance(other, list) and len(one) == len(other)):
        return False
    return all(_same(mine, theirs) for mine, theirs in zip(one, other, strict=True))


def _same(one: Any, other: Any) -> bool:
    if not (isinstance(one, Mapping) and isinstance(other, Mapping)):
        return bool(one == other)
    shared = one.keys() & other.keys()
    return bool(shared) and all(one[name] == other[name] for name in shared)


def _told_and_stored(context: Context, started: StartedRun) -> Iterator[Finding]:
    """The stream shows what is asked, and so do the thread and the newest of what lies below it."""
    stream, agent = started.reading.stream, agent_of(context)
    state = look(context, started.reading.operation, started.keys)
    if stream is None or stream.cut:
        return
    told = next((asked for held_ in stream.certain("paused") if (asked := asked_of(held_.get(ASKED)))), None)
    shown = list(_stored(context, started, state))
    known = next((asked for _, _, value, _ in shown if (asked := asked_of(value))), None)
    if (
        told is None
        and known is not None
        and any(form.on == "paused" and takes_questions(form.data) for form in stream.allowed)
    ):
        evidence = weakest(agent.evidence, stream.format.evidence)
        expected = f"an event with what is asked, which is stored: {_words(known)}"
        yield _questions(started, expected, "a stream without it", evidence)
    for place, member, value, evidence in shown if told is not None else ():
        started.reading.compared()
        if not same_questions(value, told):
            expected = f"{member} of the {place} that holds what the stream asked: {_words(told)}"
            got = "nothing" if asked_of(value) is None else f"another question: {_words(value)}"
            yield _questions(started, expected, got, evidence)


def _stored(context: Context, started: StartedRun, state: RunState) -> Iterator[tuple[str, str, Any, Evidence]]:
    """Where rules store what is asked, and what stands there: place, member, questions, evidence."""
    agent = agent_of(context)
    for member, setting, value, evidence in reading_places(agent, "paused", state, _SETTINGS):
        if value is not None and takes_questions(setting):
            yield agent.thread, member, held(setting, value).get(ASKED, []), evidence
    newest = list(_newest(context, started))
    for change in agent.changes.get("paused", ()):
        for member, setting in change.latest.items() if not change.when else ():
            for place, thing in newest if takes_questions(setting) else ():
                if (value := dotted(thing, member)) is not None:
                    asked = held(setting, value).get(ASKED, [])
                    yield place, member, asked, weakest(change.evidence, setting.evidence, agent.evidence)


def _newest(context: Context, started: StartedRun) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The newest of what lies below the thread, through its list and through reads that name the thread alone."""
    agent, keys = agent_of(context), _thread(started)
    pieces = stored_pieces(context, agent, keys)
    if pieces and isinstance(pieces[-1], Mapping):
        yield f"newest {agent.piece}, in a list", pieces[-1]
    for operation in of_action(context.contract, agent.piece, "read") if agent.piece else ():
        if {name.resource for name in references(operation)} <= keys.keys():
            got = ask(context, case_about(operation, keys, "the state of a thread that waits"))
            if got.made:
                yield f"newest {agent.piece}", got.made


def _words(asked: Any) -> str:
    return shorten(dump_json(asked).decode("utf-8", "replace"), 100)


def _outcome(context: Context, started: StartedRun) -> bytes:
    """All that is told and stored of a run that was answered."""
    agent, state = agent_of(context), look(context, started.reading.operation, _thread(started))
    pieces = stored_pieces(context, agent, _thread(started))
    return started.reading.content + dump_json([state.shown("thread"), pieces])


def _arrived(context: Context, outcomes: list[tuple[StartedRun, bytes]], answers: list[str]) -> Iterator[Finding]:
    """What the agents were answered shows up where it was given, as it was given, and nowhere else."""
    evidence = agent_of(context).evidence
    marks = [answer.rpartition(" ")[2].encode() for answer in answers]
    for (started, said), mark, other in zip(outcomes, marks, reversed(marks), strict=True):
        if mark in said or other in said or mark.lower() in said.lower():
            started.reading.compared()
        else:
            context.comparisons.lack("nothing shows which answer the agent was given")
        if other in said:
            yield _questions(started, "a run that knows its own answer alone", "the answer to another run", evidence)
        if mark not in said and mark.lower() in said.lower():
            yield _questions(started, f"the answer as it was given: {mark.decode()}", "it in other letters", evidence)


def _questions(started: StartedRun, expected: str, got: str, evidence: Evidence) -> Finding:
    return started.reading.find("questions", expected, got, evidence=evidence, exchanges=4)
