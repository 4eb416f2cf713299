"""What a stream tells of messages, put together, and how it is held against messages that are stored."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from threadmock.contracts.checks import Context
from threadmock.contracts.checks.streams import EventStream, ReadEvent
from threadmock.contracts.scenarios.runs.messages import MessageForm, StoredMessage, message_forms, text_of
from threadmock.contracts.scenarios.runs.stored import Keys, agent_of, read, stored_pieces
from threadmock.specs.behaviour.agent import Event
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.wire.strictjson import dump_json

Voice = tuple[str, str]
"""The name of events, and which of several that report one thing: each tells all by itself."""

_LASTING = frozenset({"begun", "received", "said", "left", "returned", "ended", "paused", "failed", "cancelled"})
"""Beats after which the newest thing below a thread is as they left it."""


@dataclass(frozen=True)
class ToldMessage:
    """A message put together of its pieces. id: "" where events have none."""

    voice: Voice
    id: str
    text: str


def told_messages(stream: EventStream) -> list[ToldMessage]:
    """The messages of which a stream sent pieces, in the order of their first ones."""
    found: dict[tuple[Voice, str], str] = {}
    for item in stream.events:
        piece = _piece_in(item)
        if piece is not None:
            voice = item.event.name, dump_json(item.held.get("item.each")).decode()
            key = voice, str(item.held.get("item.id", ""))
            found[key] = found.get(key, "") + piece
    return [ToldMessage(voice, key, text) for (voice, key), text in found.items()]


def _piece_in(item: ReadEvent) -> str | None:
    """The text that an event adds to a message; of a block what it says. None where it adds nothing."""
    if item.kinds not in ({"part"}, {"block"}):
        return None
    if "item.blocks" in item.held:
        return text_of(item.held["item.blocks"])
    piece = item.held.get("item.text")
    return piece if isinstance(piece, str) else None


def said_in(stream: EventStream) -> dict[str, Any]:
    """The messages that a stream sent whole, where their events name them: id to text."""
    found = ((each.get("item.id"), text_in(each)) for each in stream.certain("said"))
    return {str(key): text for key, text in found if key and text}


def tells_text(held: Mapping[str, Any]) -> bool:
    """Whether an event tells what a message says: see `text_in`."""
    return "item.text" in held or "item.content" in held


def text_in(held: Mapping[str, Any]) -> str:
    """The text of a message, which may be told as its content: a text, or blocks."""
    return text_of(held.get("item.text", held.get("item.content")))


def messages_in(form: MessageForm | None, places: Mapping[str, Any]) -> list[StoredMessage] | None:
    """The messages in one of these places; None where none of them can hold any."""
    for place, value in places.items() if form is not None and form.path else ():
        found = form.read(value, below=tuple(place.split(".")[1:])) if form and place.startswith("latest.") else None
        if found is not None:
            return found
    return None


def told_states(stream: EventStream, form: MessageForm | None) -> list[tuple[str, list[StoredMessage]]]:
    """The states that events showed as they were then: name of the event, and the messages in it."""
    if form is None or not form.path or form.place != "piece":
        return []
    head, found = f"latest.{form.path[0]}", []
    for item in stream.events:
        if item.kinds and item.kinds <= _LASTING and head in item.held and _is_near(item, form.path[0]):
            messages = form.read(item.held[head], below=form.path[:1])
            found += [(item.event.name, messages)] if messages is not None else []
    return found


def _is_near(item: ReadEvent, head: str) -> bool:
    """Whether the state is what an event is about: its data, or a member of it. What lies deeper may be a part."""
    return all(_shows(form, head) for form, _ in item.forms)


def _shows(form: Event, head: str) -> bool:
    settings = [form.data, *(each for _, each in form.data.members)] if form.data else []
    near = [each for each in settings if each is not None and each.kind in ("latest", "merged")]
    return any((each.steps or ("",))[-1] == head for each in near)


def said_by_id(stream: EventStream) -> dict[str, set[str]]:
    """The texts of messages that events sent whole, by their ids: of a model, and of the agent that may rewrite it."""
    found: dict[str, set[str]] = {}
    for each in stream.certain("said"):
        if each.get("item.id") and tells_text(each):
            found.setdefault(str(each["item.id"]), set()).add(text_in(each))
    return found


def texts_by_id(
    stream: EventStream, form: MessageForm | None, stored: Sequence[StoredMessage] = ()
) -> dict[str, set[str]]:
    """The texts that messages had, by their ids: as they are stored, and in every state that events showed."""
    found: dict[str, set[str]] = {}
    for messages in (stored, *(messages for _, messages in told_states(stream, form))):
        for message in messages:
            if message.id is not None:
                found.setdefault(str(message.id), set()).add(message.text)
    return found


def form_of(contract: Contract, operation: Operation) -> MessageForm | None:
    """How messages stand in what lies below a thread, else in the runs that an operation starts; None: nowhere."""
    agent = contract.profile.agent
    for form in message_forms(contract):
        if form.place == "piece" or (agent is not None and operation.rule.resource == agent.piece):
            return form
    return None


def stored_messages(context: Context, operation: Operation, keys: Keys) -> list[StoredMessage] | None:
    """The messages of a thread, oldest first, through the list of what lies below it; None where nothing shows them."""
    form, agent = form_of(context.contract, operation), agent_of(context)
    if form is None:
        return None
    pieces = stored_pieces(context, agent, keys)
    if pieces is None:
        run = read(context, operation.rule.resource, keys) if form.place == "run" else None
        return form.read(run.made) if run else None
    return messages_of(form, pieces)


def messages_of(form: MessageForm, pieces: Sequence[Any]) -> list[StoredMessage]:
    """The messages in things below a thread: in each, or, where each holds all that was said so far, in the newest."""
    shown = pieces[-1:] if form.path and form.place == "piece" else pieces
    return [message for piece in shown for message in form.read(piece) or ()]


def answers(messages: Sequence[StoredMessage]) -> list[str]:
    """The texts of the agent."""
    return [each.text for each in messages if each.role == "assistant" and each.text]


def departing_text(
    told: Sequence[ToldMessage],
    stored: Sequence[StoredMessage],
    known: Mapping[str, Collection[str]] | None = None,
    *,
    shared_ids: bool = False,
) -> tuple[str, str] | None:
    """A told text and the stored one that it should be; None where each told one is stored.

    Events that name a message are held against the message of that id. Others are held against all that the agent
    said, or its last answer: one turn may keep no more. known: texts that messages had before, by id. shared_ids:
    messages are stored with the ids of events; what an agent told beside them may be kept nowhere, but not all of it.
    """
    by_id = {str(each.id): each.text for each in stored if each.id is not None}
    named = [each for each in told if each.id in by_id]
    for each in named:
        if each.text not in (by_id[each.id], *(known or {}).get(each.id, ())):
            return each.text, by_id[each.id]
    texts, voices = answers(stored), _joined([each for each in told if not named])
    if shared_ids and texts:
        return None
    speakers = {speaker for _, speaker in voices}
    if len(speakers) > max(1, len(texts)):
        return next(iter(voices.values())), f"{len(texts)} messages, and {len(speakers)} told one"
    for text in voices.values():
        kept = {"".join(texts[at :: len(voices)]) for at in range(len(voices))} | {"".join(texts), *texts[-1:]}
        if not any(text == each or (each and text.endswith(each) and each == texts[-1]) for each in kept):
            return text, "".join(texts)
    return None


def _joined(told: Sequence[ToldMessage]) -> Mapping[Voice, str]:
    found: dict[Voice, str] = {}
    for each in told:
        found[each.voice] = found.get(each.voice, "") + each.text
    return found
