"""One run after another on a thread: the second begins with what the first left, and leaves it as it was."""

from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.contracts.checks import Context
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.conversations.conversation import carry_out, other_messages
from threadmock.contracts.scenarios.conversations.views import (
    View,
    listed,
)
from threadmock.contracts.scenarios.runs.asking import (
    StartedRun,
    finish,
    new_thread,
)
from threadmock.contracts.scenarios.runs.messages import MessageForm, StoredMessage
from threadmock.contracts.scenarios.runs.stored import (
    agent_of,
    held,
)
from threadmock.contracts.scenarios.runs.told import (
    form_of,
    messages_in,
    told_states,
)
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.agent import Agent
from threadmock.specs.contract import Operation
from threadmock.specs.evidence import weakest
from threadmock.specs.members import dotted
from threadmock.specs.text import shorten
from threadmock.specs.wire.strictjson import dump_json


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
    yield from _forgotten(second, mark, before.messages or [], form, agent)


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


def _forgotten(
    second: StartedRun, mark: str, before: list[StoredMessage], form: MessageForm, agent: Agent
) -> Iterator[Finding]:
    """Where a stream shows the state with which a run begins, what was said before is in it, before what is new."""
    stream = second.reading.stream
    states = [messages for _, messages in told_states(stream, form)] if stream else []
    # what was sent may be shown as it was sent: then its messages have no ids
    whole = [messages for messages in states if messages and all(each.id is not None for each in messages)]
    first = next((messages for messages in whole if any(mark in each.text for each in messages)), None)
    if first is None or stream is None:
        return
    second.reading.compared()
    if what := other_messages(before, first[: len(before)]):
        expected = "a run that begins with what was said before"
        sure = weakest(stream.format.evidence, agent.evidence)
        yield second.reading.find("turns", expected, f"its first state shows {what}", evidence=sure, exchanges=3)
