"""Where what a stream told, or a thing below a thread, departs from what is stored: expected, got, and the evidence."""

from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.contracts.checks import Reading
from threadmock.contracts.checks.streams import EventStream
from threadmock.contracts.scenarios.conversations.views import View
from threadmock.contracts.scenarios.runs.messages import MessageForm, StoredMessage
from threadmock.contracts.scenarios.runs.stored import Keys
from threadmock.contracts.scenarios.runs.told import said_by_id, tells_text, text_in, texts_by_id, told_states
from threadmock.specs.behaviour.agent import Agent
from threadmock.specs.behaviour.setting import Setting
from threadmock.specs.contract import Operation
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import ABSENT, dotted
from threadmock.specs.text import shorten
from threadmock.specs.wire.strictjson import dump_json

Departure = tuple[str, str, Evidence]


def of_states(stream: EventStream, form: MessageForm, view: View, agent: Agent) -> Iterator[Departure]:
    """The last state of each kind of event is the stored one; each that was told is among those that are kept."""
    sure = weakest(stream.format.evidence, agent.evidence)
    states = told_states(stream, form)
    for name, messages in dict(states).items():
        if view.messages is not None and _plain(messages) != _plain(view.messages):
            got = f"the last event {name!r} shows {len(messages)} of them, or others"
            yield f"the {len(view.messages)} messages that {view.name} shows, in the end", got, sure
            return
    kept = [_plain(form.read(piece) or []) for piece in view.pieces or ()]
    for name, messages in states:
        if view.pieces and _plain(messages) not in kept:
            got = f"{view.name} lacks one with {len(messages)} messages, which an event {name!r} showed"
            yield f"every state that was told among each {agent.piece}", got, sure
            return


def _plain(messages: list[StoredMessage]) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in messages]


def of_said(stream: EventStream, form: MessageForm, view: View, agent: Agent) -> Iterator[Departure]:
    """Events that name a message show the text that is stored, or that a state told.

    An agent may store other words than its model said: then those of the model are told, too, where its pieces are.
    """
    known, said = texts_by_id(stream, form, view.messages or []), said_by_id(stream)
    pieces = {each.name for each in stream.format.events if each.on == "part"}
    for item in stream.events:
        text, name = text_in(item.held), str(item.held.get("item.id", ""))
        if item.kinds != {"said"} or not tells_text(item.held) or name not in known or text in known[name]:
            continue
        if item.event.name not in pieces or not said[name] & known[name]:
            got = f"an event {item.event.name!r} tells {shorten(text, 100)!r}"
            sure = weakest(stream.format.evidence, agent.evidence)
            yield f"the text of the message, {shorten(min(known[name]), 100)!r}", got, sure
            return


def of_members(operation: Operation, reading: Reading, view: View, agent: Agent, keys: Keys) -> Iterator[Departure]:
    """Members of a thing below the thread that name the thread, or hold what the request said."""
    for at, piece in enumerate(view.pieces or ()):
        newest = at == len(view.pieces or ()) - 1
        for name, setting, sure in _settings(operation, agent):
            shown = dotted(piece, name) if isinstance(piece, Mapping) else None
            wanted = _wanted(setting, reading, keys[agent.thread], sent=newest)
            if wanted is ABSENT or shown is None or shown == wanted:
                continue
            got = f"{view.name} shows {shorten(dump_json(shown).decode(), 100)}"
            held = weakest(sure, setting.evidence, view.evidence)
            yield f"{name} {shorten(dump_json(wanted).decode(), 100)}", got, held
            return


def _settings(operation: Operation, agent: Agent) -> Iterator[tuple[str, Setting, Evidence]]:
    """How members of what lies below a thread get their values; of a run, where that lies there itself."""
    for changes in agent.changes.values():
        for change in changes:
            for made in change.makes if not change.when else ():
                yield from ((name, each, change.evidence) for name, each in made.set.items())
    if operation.rule.resource == agent.piece:
        yield from ((name, each, operation.rule.evidence) for name, each in operation.rule.set.items())


def _wanted(setting: Setting, reading: Reading, thread: Any, *, sent: bool) -> Any:
    """What a member has to hold; ABSENT where nobody can say that."""
    if (setting.kind, setting.generator) == ("generate", "parent_key"):
        return thread
    plain = setting.kind == "from" and len(setting.sources) == 1
    plain = plain and not (setting.words or setting.without or setting.only)
    if not sent or not plain or setting.sources[0].place != "body" or setting.sources[0].others:
        return ABSENT
    return reading.look_up(setting.sources[0])
