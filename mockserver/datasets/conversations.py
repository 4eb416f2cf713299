"""Threads and messages of no provider: what a data file holds, when each thing happened, and what settings read.

A thread has a title, a beginning, metadata and messages; a message has a role, a text, calls of tools, and how long
after the previous message it came.
"""

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from threadmock.mockserver.yaml_source import DataError
from threadmock.specs.schemas.formats import write_date_time

HOUR = datetime.timedelta(hours=1)
STEP = datetime.timedelta(milliseconds=1)
"""The least time between two messages of a thread, so that ids and orders by time hold."""


@dataclass(frozen=True)
class ToolCall:
    """One call of a tool by an assistant. result: the text of the tool's message, None where there is none."""

    id: str
    name: str
    arguments: Mapping[str, Any]
    result: str | None = None


@dataclass(frozen=True)
class Message:
    """One message. after: since the message before it. answers: the call that a tool's message is the result of."""

    role: str
    text: str
    after: datetime.timedelta
    calls: tuple[ToolCall, ...] = ()
    answers: ToolCall | None = None


@dataclass(frozen=True)
class Conversation:
    """One thread. created: its moment, or how long ago it began, or None; pointer: where it is in the file."""

    title: str
    created: datetime.datetime | datetime.timedelta | None
    metadata: Mapping[str, Any]
    archived: bool
    messages: Sequence[Message]
    pointer: str = ""

    @property
    def length(self) -> datetime.timedelta:
        """From its beginning to its last message."""
        return sum((max(message.after, STEP) for message in self.messages), datetime.timedelta())


@dataclass(frozen=True)
class Dataset:
    """What a data file holds. place: pointer to where that is in the file, with its line.

    snapshot: the document of a snapshot, where the file is one; it has no conversations then.
    """

    name: str
    conversations: Sequence[Conversation]
    place: Callable[[str], str] = field(default=str, compare=False)
    snapshot: Mapping[str, Any] | None = None


def begin_times(data: Dataset, now: datetime.datetime) -> list[tuple[datetime.datetime, Conversation]]:
    """The threads with their beginnings, oldest first. DataError where one would end after now.

    A thread without `created` ended an hour before the next such thread of the file began, the last one an hour before
    now.
    """
    begun: list[tuple[datetime.datetime, Conversation]] = []
    free = now
    for one in reversed(data.conversations):
        if one.created is None:
            free = start = free - HOUR - one.length
        elif isinstance(one.created, datetime.timedelta):
            start = now - one.created
        else:
            start = one.created
        if start + one.length > now:
            raise DataError(
                "This thread would end after the present moment.",
                where=data.place(one.pointer),
                fix="Give it an earlier `created`.",
            )
        begun.append((start, one))
    begun.reverse()
    return sorted(begun, key=lambda pair: pair[0])


def message_times(start: datetime.datetime, one: Conversation) -> list[datetime.datetime]:
    """When each message of a thread came."""
    made, last = [], start
    for message in one.messages:
        last += max(message.after, STEP)
        made.append(last)
    return made


@dataclass(frozen=True, eq=False)
class DatedConversation:
    """One thread with its times. item: what settings read of it; when: the moment of each message."""

    one: Conversation
    start: datetime.datetime
    when: Sequence[datetime.datetime]
    item: Mapping[str, Any]


def date_conversations(data: Dataset, now: datetime.datetime) -> list[DatedConversation]:
    """The threads as they were before now, oldest first. DataError as `begin_times`."""
    made = []
    for start, one in begin_times(data, now):
        when = message_times(start, one)
        made.append(DatedConversation(one, start, when, thread_item(one, start, when[-1] if when else start)))
    return made


def thread_item(one: Conversation, start: datetime.datetime, end: datetime.datetime) -> dict[str, Any]:
    """What settings read of a thread."""
    created = write_date_time(start)
    return {
        "title": one.title,
        "metadata": one.metadata,
        "archived": one.archived,
        "created": created,
        "updated": created if end is start else write_date_time(end),
        "messages": len(one.messages),
    }


def message_item(message: Message, moment: datetime.datetime) -> dict[str, Any]:
    """What settings read of a message. calls and answers are left out where there are none.

    next: the nodes that go on after it, as those of scripts are named; none after an answer.
    """
    made: dict[str, Any] = {
        "role": message.role,
        "text": message.text,
        "next": ["tools"] if message.calls else [] if message.role == "assistant" else ["agent"],
        "created": write_date_time(moment),
        "steps": list(_steps(message)),
    }
    if message.calls:
        made["calls"] = [_call(call) for call in message.calls]
    if message.answers:
        made["answers"] = _call(message.answers)
    return made


def _call(call: ToolCall) -> dict[str, Any]:
    made = {"id": call.id, "name": call.name, "arguments": call.arguments}
    return made if call.result is None else {**made, "result": call.result}


def _steps(message: Message) -> Iterator[dict[str, Any]]:
    """A message as a sequence of texts, calls and results."""
    if message.answers:
        yield {"kind": "result", **_call(message.answers)}
        return
    if message.text or not message.calls:
        yield {"kind": "text", "text": message.text}
    for call in message.calls:
        yield {"kind": "call", **_call(call)}


@dataclass(frozen=True)
class Turn:
    """A question with its answers. begun: when it was asked; item: what settings read of it."""

    begun: datetime.datetime
    item: Mapping[str, Any]


def turns(one: Conversation, when: Sequence[datetime.datetime]) -> Iterator[Turn]:
    """The turns of a thread: each begins with a user's message; what comes before the first belongs to the first."""
    group: list[tuple[Message, datetime.datetime]] = []
    for pair in zip(one.messages, when, strict=True):
        if pair[0].role == "user" and any(message.role != "system" for message, _ in group):
            yield _turn(group)
            group = []
        group.append(pair)
    if group:
        yield _turn(group)


def _turn(group: Sequence[tuple[Message, datetime.datetime]]) -> Turn:
    begun = next((moment for message, moment in group if message.role == "user"), group[0][1])
    ended = group[-1][1]
    made: dict[str, Any] = {
        "created": write_date_time(begun),
        "updated": write_date_time(ended),
        "milliseconds": round((ended - begun) / datetime.timedelta(milliseconds=1)),
        "messages": [message_item(message, moment) for message, moment in group],
    }
    for message, moment in group:
        if message.role == "user":
            made["question"], made["asked"] = message.text, write_date_time(moment)
        elif message.role == "assistant" and message.text:
            made["answer"], made["answered"] = message.text, write_date_time(moment)
        elif message.role == "system":
            made["instructions"] = message.text
    steps = [step for message, _ in group if message.role == "assistant" for step in _steps(message)]
    calls = [_call(call) for message, _ in group for call in message.calls]
    return Turn(begun, made | ({"steps": steps} if steps else {}) | ({"calls": calls} if calls else {}))
