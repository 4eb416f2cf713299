"""Read a data file, YAML or JSON: threads with their messages. Errors name the place and what to write instead.

`repeat` repeats the thread or the messages that it belongs to; `$n` in their texts is the number of each.
"""

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from threadmock.mockserver.datasets.conversations import Conversation, Dataset, Message, ToolCall, begin_times
from threadmock.mockserver.datasets.snapshots import BEGINNING
from threadmock.mockserver.yaml_source import FileReader, open_source, read_tree
from threadmock.specs.errors import SpecError, nearest
from threadmock.specs.schemas.formats import read_date_time, system_now
from threadmock.specs.wire.strictjson import JsonError, parse_json

MAX_PIECES = 150_000
MAX_MESSAGES = 5_000
SHIPPED = ("empty", "typical", "long", "extreme")
ROLES = ("user", "assistant", "system", "tool")
_FOLDER = Path(__file__).parents[1] / "data"
_HEAD = 200
"""Bytes in which a snapshot shows that it is one."""
_AFTER = datetime.timedelta(seconds=10)
_THREAD = ("title", "created", "metadata", "archived", "messages", "repeat", "every")
_MESSAGE = ("role", "text", "after", "calls", "answers")
_GROUP = ("repeat", "messages")
_CALL = ("id", "name", "arguments")


def read_data(source: str) -> Dataset:
    """The threads of a shipped set, by its name, or of a file. SpecError where there is none, or none that can be used.

    A file that has the name of a set is `./NAME`.
    """
    path = _FOLDER / f"{source}.yaml" if source in SHIPPED else open_source(source, "set of data", SHIPPED)
    if (snapshot := _snapshot(path)) is not None:
        return Dataset(source, (), snapshot=snapshot)
    tree, text = read_tree(path)
    return _dataset(tree, text, path.name, source)


def _snapshot(path: Path) -> Mapping[str, Any] | None:
    """The document of a snapshot, where a file holds one."""
    try:
        with path.open("rb") as file:
            if not BEGINNING.match(file.read(_HEAD)):
                return None
            file.seek(0)
            document = parse_json(file.read())
            return document if isinstance(document, Mapping) else None
    except OSError:
        return None  # `read_tree` says why
    except JsonError as error:
        raise SpecError(f"The snapshot is broken: {error}.", where=str(path), fix="Take it again.") from None


def read_past_data(source: str, now: datetime.datetime | None = None) -> Dataset:
    """As `read_data`, and SpecError where a thread begins after now: by default the machine's time."""
    data = read_data(source)
    begin_times(data, now or system_now())
    return data


def parse_data(text: str, file: str, name: str) -> Dataset:
    """The threads of a text. file: named in errors; name: of the set."""
    tree, text = read_tree(Path(file), text)
    return _dataset(tree, text, file, name)


def _dataset(tree: Any, text: str, file: str, name: str) -> Dataset:
    reader = _Reader(file, text)
    return Dataset(name, tuple(reader.threads(tree)), reader.place)


class _Reader(FileReader):
    """Reads a file of threads."""

    def created(self, node: Any, at: str) -> datetime.datetime | datetime.timedelta | None:
        if node is None:
            return None
        if isinstance(node, str) and node.endswith(" ago"):
            return self.duration(node.removesuffix(" ago").strip(), at)
        try:
            moment = read_date_time(node) if isinstance(node, str) else None
        except ValueError:
            moment = None
        if moment is None:
            self.fail("This is no moment.", at, "Write `3d ago`, or a moment such as 2026-01-31T09:00:00Z.")
        return moment

    def threads(self, tree: Any) -> Iterator[Conversation]:
        """Every thread of the file."""
        node = self.mapping(tree, ("threads",), "", "The file")
        pieces = 0
        for number, each in enumerate(self.items(node.get("threads", []), "/threads")):
            at = f"/threads/{number}"
            for one in self.repeated(self.mapping(each, _THREAD, at, "A thread"), at):
                pieces += 1 + len(one.messages)
                if pieces > MAX_PIECES:
                    self.fail(f"There are more than {MAX_PIECES} threads and messages.", at, "Leave some out.")
                yield one

    def repeated(self, node: Mapping[str, Any], at: str) -> Iterator[Conversation]:
        """The threads of one entry: several where it has `repeat`."""
        one = self.thread(node, at)
        if "repeat" not in node:
            if "every" in node:
                self.fail("`every` goes with `repeat` only.", f"{at}/every", "Add `repeat`, or leave it out.")
            yield one
            return
        times = self.number(node["repeat"], f"{at}/repeat")
        every = self.duration(node["every"], f"{at}/every") if "every" in node else None
        if every is None and one.created is not None:
            self.fail("Repeated threads can't all begin at once.", at, "Add `every`, such as `every: 5m`.")
        if times * (1 + len(one.messages)) > MAX_PIECES:
            limit = f"There are more than {MAX_PIECES} threads and messages."
            self.fail(limit, f"{at}/repeat", "Repeat it less often.")
        for number in range(times):
            title = one.title.replace("$n", str(number + 1))
            created = one.created
            try:
                if every is not None and isinstance(created, datetime.timedelta):
                    created -= every * number
                elif every is not None and created is not None:
                    created += every * number
            except OverflowError:
                self.fail("This is beyond all calendars.", f"{at}/every", "Write a shorter time.")
            messages = one.messages
            if any("$n" in message.text for message in messages):
                messages = [numbered(message, number + 1) for message in messages]
            yield replace(one, title=title, created=created, messages=messages)

    def thread(self, node: Mapping[str, Any], at: str) -> Conversation:
        """One thread as it is written."""
        metadata = node.get("metadata", {})
        if not isinstance(metadata, Mapping):
            self.fail("`metadata` is an object.", f"{at}/metadata", "Write it as names with values.")
        archived = node.get("archived", False)
        if not isinstance(archived, bool):
            self.fail("`archived` is true or false.", f"{at}/archived", "Write one of the two.")
        messages = list(self.messages(node.get("messages", []), f"{at}/messages", {}))
        if len(messages) > MAX_MESSAGES:
            self.fail(f"A thread has at most {MAX_MESSAGES} messages.", f"{at}/messages", "Make several threads.")
        created = self.created(node.get("created"), f"{at}/created")
        title = self.long_text(node.get("title", ""), f"{at}/title")
        return Conversation(title, created, metadata, archived, with_results(messages), at)

    def messages(self, node: Any, at: str, calls: dict[str, ToolCall]) -> Iterator[Message]:
        """Messages and groups of them, in order. calls: those of the thread so far."""
        for number, each in enumerate(self.items(node, at)):
            here = f"{at}/{number}"
            if not isinstance(each, Mapping) or "messages" not in each:
                yield self.message(self.mapping(each, _MESSAGE, here, "A message"), here, calls)
                continue
            group = self.mapping(each, _GROUP, here, "A group of messages")
            times = self.number(group.get("repeat", 1), f"{here}/repeat")
            inner = list(self.messages(group["messages"], f"{here}/messages", calls))
            if times * len(inner) > MAX_MESSAGES:
                self.fail(f"A thread has at most {MAX_MESSAGES} messages.", here, "Make several threads.")
            if times > 1 and any(message.calls or message.answers for message in inner):
                self.fail("Calls of tools can't be repeated: ids are unique.", here, "Leave `repeat` or `calls` out.")
            for count in range(times):
                yield from map(partial(numbered, number=count + 1), inner)

    def message(self, node: Mapping[str, Any], at: str, calls: dict[str, ToolCall]) -> Message:
        """One message."""
        role = node.get("role")
        if role not in ROLES:
            what = f"There is no role {role!r}." if role is not None else "A message needs a role."
            self.fail(what, at, f"Roles: {', '.join(ROLES)}.")
        text = self.long_text(node.get("text", ""), f"{at}/text")
        after = self.duration(node["after"], f"{at}/after") if "after" in node else _AFTER
        if "calls" in node and role != "assistant":
            self.fail("Only an assistant calls tools.", f"{at}/calls", "Leave `calls` out, or change the role.")
        made = tuple(
            self.call(each, f"{at}/calls/{number}", calls)
            for number, each in enumerate(self.items(node.get("calls", []), f"{at}/calls"))
        )
        if role != "tool":
            if "answers" in node:
                self.fail("Only a tool answers a call.", f"{at}/answers", "Leave it out, or write `role: tool`.")
            return Message(role, text, after, made)
        answers = node.get("answers")
        if not isinstance(answers, str) or answers not in calls:
            fix = nearest(str(answers), calls) or "Write the call's `id` in an assistant's message before it."
            what = f"No call before it has the id {answers!r}." if answers else "A tool's message needs `answers`."
            self.fail(what, at, fix)
        return Message(role, text, after, (), calls[answers])

    def call(self, node: Any, at: str, calls: dict[str, ToolCall]) -> ToolCall:
        """One call of a tool."""
        known, arguments = self.tool(node, _CALL, at)
        key = self.texts(known.get("id", f"call_{len(calls) + 1}"), f"{at}/id")
        if key in calls:
            self.fail(f"The id {key!r} is used twice in one thread.", f"{at}/id", "Give each call its own.")
        calls[key] = ToolCall(key, self.texts(known["name"], f"{at}/name"), arguments)
        return calls[key]


def numbered(message: Message, number: int) -> Message:
    """The message with its number in place of `$n`."""
    return replace(message, text=message.text.replace("$n", str(number))) if "$n" in message.text else message


def with_results(messages: list[Message]) -> list[Message]:
    """The messages, where calls hold the results that came later, and those the calls."""
    results = {message.answers.id: message.text for message in messages if message.answers}
    if not results:
        return messages
    known: Callable[[ToolCall], ToolCall] = lambda call: replace(call, result=results.get(call.id))  # noqa: E731
    return [
        replace(
            message,
            calls=tuple(map(known, message.calls)),
            answers=known(message.answers) if message.answers else None,
        )
        for message in messages
    ]
