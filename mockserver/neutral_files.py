"""Read a neutral file, YAML or JSON: threads with their messages. What is wrong is told with its place and a way out.

`repeat` stands for so many of what it stands beside; `$n` in its texts is the number of each.
"""

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NoReturn

from threadmock.mockserver.neutral import Call, Conversation, DataError, Dataset, Message
from threadmock.specs.errors import UnknownName, nearest
from threadmock.specs.formats import read_date_time
from threadmock.specs.jsontext import check_bounds, parse_json
from threadmock.specs.yamljson import lines_of, parse_yaml

MAX_BYTES = 16 * 1024 * 1024
MAX_PIECES = 150_000
MAX_MESSAGES = 5_000
MAX_TEXT = 8 * 1024 * 1024
SHIPPED = ("empty", "typical", "long", "extreme")
ROLES = ("user", "assistant", "system", "tool")
_FOLDER = Path(__file__).parent / "data"
_AFTER = datetime.timedelta(seconds=10)
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_THREAD = ("title", "created", "metadata", "archived", "messages", "repeat", "every")
_MESSAGE = ("role", "text", "after", "calls", "answers")
_GROUP = ("repeat", "messages")
_CALL = ("id", "name", "arguments")
_LONG_TEXT = ("of", "times")


def read_data(source: str) -> Dataset:
    """The threads of a shipped set, by its name, or of a file. SpecError where there is none, or none that can be used.

    A file that has the name of a set is `./NAME`.
    """
    if source in SHIPPED:
        return _read(_FOLDER / f"{source}.yaml", source)
    path = Path(source)
    try:
        if path.is_file():
            return _read(path, source)
        folder = path.is_dir()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"This can't be opened: {reason}.", where=source[:200], fix="Check the path.") from None
    if folder:
        raise DataError("This is a folder.", where=source, fix="Name a file in it.")
    if path.suffix or len(path.parts) > 1:
        raise DataError("There is no such file.", where=source, fix="Check the path.")
    raise UnknownName("set of data, and no file,", source, SHIPPED)


def _read(path: Path, name: str) -> Dataset:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DataError(f"The file can't be read: {error.strerror}.", where=str(path)) from None
    if len(data) > MAX_BYTES:
        limit = f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB."
        raise DataError(limit, where=str(path), fix="Write `repeat`, or `text: {of: …, times: …}`, for what repeats.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        where = f"{path.name} (line {line})"
        raise DataError(f"Byte {error.start} is not UTF-8.", where=where, fix="Save the file as UTF-8.") from None
    return parse_data(text, path.name, name)


def parse_data(text: str, file: str, name: str) -> Dataset:
    """The threads that a text spells. file goes into errors; name is what the set is called."""
    tree = parse_json(text, file)[0] if text.lstrip()[:1] in ("{", "[") else parse_yaml(text, file)
    check_bounds(tree, file)
    reader = _Reader(file, text)
    return Dataset(name, tuple(reader.threads(tree)), reader.place)


@dataclass(frozen=True)
class _Reader:
    """Reads one file; every error names the place in it."""

    file: str
    text: str

    @cached_property
    def _lines(self) -> Mapping[str, int]:
        return lines_of(self.text)

    def place(self, pointer: str) -> str:
        """`file.yaml#/threads/2 (line 7)`."""
        above = pointer
        while above and above not in self._lines:
            above = above.rpartition("/")[0]
        line = self._lines.get(above)
        return f"{self.file}#{pointer} (line {line})" if line else f"{self.file}#{pointer}"

    def fail(self, what: str, at: str, fix: str) -> NoReturn:
        raise DataError(what, where=self.place(at), fix=fix)

    def mapping(self, node: Any, known: tuple[str, ...], at: str, what: str) -> Mapping[str, Any]:
        """The node, where it is an object with no other members."""
        if not isinstance(node, Mapping):
            self.fail(f"{what} is an object.", at, f"Its members may be {', '.join(known)}.")
        for name in node:
            if name not in known:
                self.fail(f"{what} has no member {name!r}.", at, nearest(str(name), known))
        return node

    def texts(self, node: Any, at: str, fix: str = "Write it in quotes.") -> str:
        return node if isinstance(node, str) else self.fail("This is no text.", at, fix)

    def items(self, node: Any, at: str) -> list[Any]:
        return node if isinstance(node, list) else self.fail("This is no list.", at, "Begin each item with `- `.")

    def number(self, node: Any, at: str) -> int:
        if not isinstance(node, int) or isinstance(node, bool) or not 1 <= node <= MAX_TEXT:
            self.fail("This is no number of times.", at, "Write a whole number above 0.")
        return node

    def duration(self, node: Any, at: str) -> datetime.timedelta:
        """Seconds as a number, or a text such as `1h30m`."""
        fix = "Write seconds, or a text such as 90s, 1h30m, 2d (ms, s, m, h, d, w)."
        try:
            if isinstance(node, int | float) and not isinstance(node, bool) and node >= 0:
                return datetime.timedelta(seconds=node)
            if isinstance(node, str) and re.fullmatch(rf"(?:{_PART.pattern})+", node):
                pairs = [(float(amount), _UNITS[unit]) for amount, unit in _PART.findall(node)]
                return sum((datetime.timedelta(**{unit: much}) for much, unit in pairs), datetime.timedelta())
        except OverflowError:
            return self.fail("This is too long a time.", at, fix)
        return self.fail("This is no time.", at, fix)

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
        """The threads that one entry stands for."""
        one = self.thread(node, at)
        if "repeat" not in node:
            if "every" in node:
                self.fail("`every` stands beside `repeat` only.", f"{at}/every", "Add `repeat`, or leave it out.")
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

    def messages(self, node: Any, at: str, calls: dict[str, Call]) -> Iterator[Message]:
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

    def message(self, node: Mapping[str, Any], at: str, calls: dict[str, Call]) -> Message:
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

    def call(self, node: Any, at: str, calls: dict[str, Call]) -> Call:
        """One call of a tool."""
        known = self.mapping(node, _CALL, at, "A call")
        if "name" not in known:
            self.fail("A call needs the name of a tool.", at, "Add `name`.")
        arguments = known.get("arguments", {})
        if not isinstance(arguments, Mapping):
            self.fail("`arguments` is an object.", f"{at}/arguments", "Write them as names with values.")
        key = self.texts(known.get("id", f"call_{len(calls) + 1}"), f"{at}/id")
        if key in calls:
            self.fail(f"The id {key!r} stands twice in one thread.", f"{at}/id", "Give each call its own.")
        calls[key] = Call(key, self.texts(known["name"], f"{at}/name"), arguments)
        return calls[key]

    def long_text(self, node: Any, at: str) -> str:
        """A text, or `{of: TEXT, times: N}`."""
        if isinstance(node, str):
            return node
        if not isinstance(node, Mapping):
            self.fail("This is no text.", at, "Write it in quotes, or as `{of: …, times: …}`.")
        known = self.mapping(node, _LONG_TEXT, at, "A repeated text")
        part, times = self.texts(known.get("of"), f"{at}/of"), self.number(known.get("times"), f"{at}/times")
        if len(part) * times > MAX_TEXT:
            self.fail(f"A text has at most {MAX_TEXT} characters.", at, "Repeat it less often.")
        return part * times


def numbered(message: Message, number: int) -> Message:
    """The message with its number in place of `$n`."""
    return replace(message, text=message.text.replace("$n", str(number))) if "$n" in message.text else message


def with_results(messages: list[Message]) -> list[Message]:
    """The messages, where calls know the results that came later, and those the calls."""
    results = {message.answers.id: message.text for message in messages if message.answers}
    if not results:
        return messages
    known: Callable[[Call], Call] = lambda call: replace(call, result=results.get(call.id))  # noqa: E731
    return [
        replace(
            message,
            calls=tuple(map(known, message.calls)),
            answers=known(message.answers) if message.answers else None,
        )
        for message in messages
    ]
