"""Planted deviations of what runs ask, of the answers, and of what a stream says of its own run."""

import re
from collections.abc import Callable
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.agents.streams import StreamSource
from threadmock.mockserver.fault_points import Action, Fault, Memory
from threadmock.mockserver.faults.runs import agent_rule
from threadmock.mockserver.faults.streams import ChangedSource, of_streams
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.specs.behaviour.questions import takes_questions
from threadmock.specs.members import put

_NAME = re.compile(rb"^event: ([^\r\n]*)", re.MULTILINE)


def _untold(call: Call, source: StreamSource) -> StreamSource:
    """Events that hold what a run asks are left out."""
    agent = agent_rule(call)
    forms = [event for form in (agent.formats.values() if agent else ()) for event in form.events]
    own = {form.name.encode() for form in forms if form.on == "paused" and takes_questions(form.data)}

    def keep(events: list[bytes], _: int) -> list[bytes]:
        asked = b"interrupt"
        return [each for each in events if not (asked in each and (found := _NAME.search(each)) and found[1] in own)]

    return ChangedSource(source, keep)


def _unstored(action: Action, call: Call, _: Memory) -> Done | Refused:
    """A thread shows nothing of what a run on it asks."""
    outcome, agent = action(call), agent_rule(call)
    reads = agent is not None and call.rule.action == "read" and call.rule.resource == agent.thread
    if agent is not None and reads and isinstance(outcome, Done) and isinstance(outcome.shown, dict):
        for change in agent.changes.get("paused", ()):
            asking = [
                name for name, setting in change.thread.items() if takes_questions(setting) and name in outcome.shown
            ]
            outcome.shown = {**outcome.shown, **{name: type(outcome.shown[name])() for name in asking}}
    return outcome


def _answering(change: Callable[[Any, Memory], Any]) -> Callable[[Action, Call, Memory], Done | Refused]:
    """Answers that reach a run otherwise."""

    def wrapper(action: Action, call: Call, memory: Memory) -> Done | Refused:
        plan = call.plan.run
        place = plan.rule.resume if plan else None
        answer = plan.read("resume", call.scope) if plan else None
        if place is None or not isinstance(answer, str):
            return action(call)
        body = dict(call.scope.body)
        put(body, place.steps, change(answer, memory))
        return action(call.with_scope(body=body))

    return wrapper


def _crossed(answer: str, memory: Memory) -> str:
    """The answer that was given before, where one was."""
    before, memory["before"] = memory.get("before", answer), answer
    return str(before)


def _of_another(_: Call, source: StreamSource) -> StreamSource:
    """The first event of a stream names another run."""
    key = re.compile(rb"[0-9a-f]{8}(?=-[0-9a-f]{4}-)")

    def rename(events: list[bytes], count: int) -> list[bytes]:
        return [key.sub(b"00000000", events[0]), *events[1:]] if events and not count else events

    return ChangedSource(source, rename)


def _never_done(call: Call, source: StreamSource) -> StreamSource:
    """What is told as begun is not told as done."""
    agent = agent_rule(call)
    forms = [event for form in (agent.formats.values() if agent else ()) for event in form.events]
    names = {form.name.encode() for form in forms if form.on == "entered"}
    begun: set[bytes] = set()

    def keep(events: list[bytes], _: int) -> list[bytes]:
        kept = []
        for event in events:
            found = _NAME.search(event)
            ends = found is not None and found[1] in names and found[1] in begun and b'"triggers"' not in event
            begun.update({found[1]} if found else ())
            kept += [] if ends else [event]
        return kept

    return ChangedSource(source, keep)


FAULTS: tuple[Fault, ...] = (
    Fault(
        "question-untold", "A stream does not show what a run asks.", ("questions",), around=of_streams(_untold, "run")
    ),
    Fault("question-unstored", "A thread does not show what a run asks.", ("questions",), around=_unstored),
    Fault(
        "answer-altered",
        "An answer reaches its run in capitals.",
        ("questions",),
        around=_answering(lambda answer, _: answer.upper()),
    ),
    Fault("answer-crossed", "A run is given the answer to another.", ("questions",), around=_answering(_crossed)),
    Fault(
        "stream-of-another",
        "A stream begins with the name of another run.",
        ("run_location",),
        around=of_streams(_of_another, "run"),
    ),
    Fault(
        "task-never-done", "The end of a task is not told.", ("stream_modes",), around=of_streams(_never_done, "run")
    ),
)
