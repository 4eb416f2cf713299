"""Messages read back from stored things: who said what, which tools were called, and which call a message answers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from threadmock.mockserver.control.messages.likely_members import created_of, first_text, moment_text
from threadmock.mockserver.control.messages.message_form import MessageForm, message_form
from threadmock.mockserver.control.messages.tool_calls import ToolResult, calls_in, results_in, tool_calls
from threadmock.specs.contract import Contract
from threadmock.specs.members import ABSENT, dig
from threadmock.specs.wire.strictjson import dump_json

_CONTENT = ("content", "text", "parts", "message", "body", "data")
_INSIDE = ("text", "value", "content", "parts")
_KEYS = ("id", "message_id", "messageId", "key", "uuid")
_ANSWERS = ("tool_call_id", "toolCallId", "tool_use_id", "call_id", "tool_id")
_ROLES = ("role", "author", "sender", "speaker", "from", "by")
_WORDS = {
    "human": "user",
    "ai": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "function": "tool",
    "developer": "system",
    **{word: word for word in ("user", "assistant", "system", "tool")},
}
_DEEPEST = 4
Messages = list[dict[str, Any]]


@dataclass(frozen=True)
class MessageReader:
    """Reads the messages of one provider. form: where its rules put them; wrapped: where a message inside an object is.

    words: to the role that each of them means.
    """

    form: MessageForm
    words: Mapping[str, str]
    wrapped: tuple[str, str] = ("", "")

    def read(self, thing: Mapping[str, Any], key: str) -> Messages:
        """The messages of one thing below a thread: the message that it is, those of a turn, or those listed in it."""
        if self.is_message(thing) or dig(thing, self.form.text or ("",)) is not ABSENT:
            return self._message(thing, key)
        if any(dig(thing, path) is not ABSENT for path in (*self.form.questions, *self.form.answers)):
            return self._turn(thing, key)
        return self.listed(thing)

    def read_loosely(self, thing: Mapping[str, Any], key: str) -> Messages:
        """As `read`; what has only a text is the message of somebody."""
        return self.read(thing, key) or (self._message(thing, key) if first_text(thing, _CONTENT) is not None else [])

    def listed(self, thing: Any, steps: tuple[str, ...] = ()) -> Messages:
        """The messages of the array at these steps, else of the first array in a thing that holds some."""
        found = dig(thing, steps) if steps else ABSENT
        items = found if isinstance(found, list) else self._first_list(thing)
        return [message for each in items for message in self._item(each)]

    def is_message(self, value: Any) -> bool:
        """Whether a value is a message: it has a role that is known, and a content."""
        if not isinstance(value, Mapping):
            return False
        inner, word = self._unwrapped(value)
        known = isinstance(value.get("role"), str) or (isinstance(word, str) and word in self.words)
        return known and any(name in inner for name in (*_CONTENT, "tool_calls"))

    def _first_list(self, thing: Any) -> list[Any]:
        level = [thing]
        for _ in range(_DEEPEST):
            values = [value for node in level if isinstance(node, Mapping) for value in node.values()]
            for value in values:
                if isinstance(value, list) and any(map(self.is_message, value)):
                    return value
            level = values
        return []

    def _item(self, item: Any) -> Messages:
        if isinstance(item, Mapping):
            inner, _ = self._unwrapped(item)
            key = first_text(inner, _KEYS)
            return self._message(item, key)
        if isinstance(item, list) and len(item) == 2 and isinstance(item[0], str):  # a pair of a role and a text
            return [_made(None, self.words.get(item[0], item[0]), text_of(item[1]), item)]
        return [_made(None, "user", item if isinstance(item, str) else _written(item), item)]

    def _unwrapped(self, value: Mapping[str, Any]) -> tuple[Mapping[str, Any], Any]:
        """The members of a message, and the word for its role."""
        members, role = self.wrapped
        inner = value.get(members) if members else None
        if isinstance(inner, Mapping):
            word = value.get(role)
            return inner, word[-1] if isinstance(word, list) and word else word
        data = value.get("data")
        return (data if isinstance(data, Mapping) and "content" in data else value), value.get(
            "role", value.get("type")
        )

    def _message(self, thing: Mapping[str, Any], key: str | None) -> Messages:
        inner, word = self._unwrapped(thing)
        own = dig(inner, self.form.role) if self.form.role else ABSENT
        named = own if isinstance(own, str) else word if self.is_message(thing) else first_text(inner, _ROLES)
        role = self.words.get(named, named) if isinstance(named, str) else self.form.only or "user"
        told = dig(inner, self.form.text) if self.form.text else ABSENT
        content = told if told is not ABSENT else next((inner[name] for name in _CONTENT if inner.get(name)), "")
        calls = [*_lists(inner.get("tool_calls")), *_at(inner, self.form.calls)]
        own_answer = dig(inner, self.form.answered) if self.form.answered else ABSENT
        answers = own_answer if isinstance(own_answer, str) else first_text(inner, _ANSWERS)
        at = moment_text(created_of(inner))
        parts = content if isinstance(content, list) else _lists(inner.get("parts"))
        text = text_of(content)
        if role == "tool" or not (text or calls or calls_in(parts)):
            results = results_in(parts)
            role = "tool" if results else role
            answers = answers or (results[0].call if results else None)
            return [_made(key, role, text or "".join(each.text for each in results), thing, answers=answers, at=at)]
        steps = list(steps_in(parts if isinstance(content, list) else [text, *calls_and_results(parts)]))
        steps[0].calls[:0] = calls
        made = []
        for number, step in enumerate(steps):
            named = key if number == 0 else None
            known = tool_calls(step.calls, self.form.call)
            made.append(_made(named, role, step.text, thing, calls=known, answers=answers, at=at))
            made += [_made(None, "tool", each.text, each.raw, answers=each.call) for each in step.results]
        return made

    def _turn(self, thing: Mapping[str, Any], key: str) -> Messages:
        """What a turn holds: instructions, a question, and an answer with its calls."""
        form, at = self.form, moment_text(created_of(thing))
        made: Messages = []
        for role, paths in (("system", form.instructions), ("user", form.questions)):
            told = next((text for path in paths if (text := _told(dig(thing, path)))), "")
            made += [_made(key, role, told, thing, at=at)] if told else []
        raw = [each for path in form.turn_calls for each in _lists(dig(thing, path))]
        calls, results = tool_calls(raw, form.call), results_in(raw)
        answer = next((text for path in form.answers if (text := _told(dig(thing, path)))), "")
        if calls:
            made.append(_made(key, "assistant", "", thing, calls=calls, at=at))
            made += [_made(None, "tool", each.text, each.raw, answers=each.call) for each in results]
        return made + ([_made(key, "assistant", answer, thing, at=at)] if answer else [])


@dataclass
class Step:
    """What somebody said in one go: a text, then calls with what came of them."""

    text: str = ""
    calls: list[Any] = field(default_factory=list)
    results: list[ToolResult] = field(default_factory=list)


def steps_in(parts: Iterable[Any]) -> Iterator[Step]:
    """The parts of a content step by step: a text after results of calls begins another one. There is one at least."""
    step = Step()
    for part in parts:
        text, results = text_of(part), results_in([part])
        if text and step.results:
            yield step
            step = Step()
        step.text += text
        step.calls += calls_in([part])
        known = {each.call for each in step.results}
        step.results += [each for each in results if each.call is None or each.call not in known]
    yield step


def calls_and_results(parts: Iterable[Any]) -> list[Any]:
    """Those parts of a content that are calls, or what came of them."""
    return [each for each in parts if calls_in([each]) or results_in([each])]


def without_copies(messages: Messages) -> Messages:
    """Messages without those read from the result of a call that another one, which is stored, answers, too."""
    answered = {each["answers"] for each in messages if each["key"] and each["role"] == "tool" and each["answers"]}
    return [each for each in messages if each["key"] or each["role"] != "tool" or each["answers"] not in answered]


@lru_cache(maxsize=32)
def message_reader(contract: Contract, piece: str) -> MessageReader:
    """The reader of a provider's messages. piece: the resource of what lies below its threads."""
    agent = contract.profile.agent
    form = message_form(contract, piece)
    wrapped = agent.input.wrapped if agent else None
    words = _WORDS | (dict(agent.input.roles) if agent else {}) | dict(form.words)
    return MessageReader(form, words, (wrapped.members, wrapped.role) if wrapped else ("", ""))


def text_of(value: Any) -> str:
    """A content as plain text: a text, that of an object, or those of an array's parts; "" for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(text_of, value))
    if isinstance(value, Mapping) and not (calls_in([value]) or results_in([value])):
        return next((text for name in _INSIDE if (text := text_of(value.get(name)))), "")
    return ""


def _told(value: Any) -> str:
    """What somebody said, whatever form it has; an object without a text as JSON."""
    if value is ABSENT or value is None or value in ({}, []):
        return ""
    return text_of(value) or ("" if isinstance(value, str) else _written(value))


def _written(value: Any) -> str:
    return dump_json(value).decode()


def _made(  # noqa: PLR0913 - members of what is shown, by name
    key: str | None,
    role: str,
    text: str,
    raw: Any,
    *,
    calls: list[dict[str, Any]] | None = None,
    answers: str | None = None,
    at: str | None = None,
) -> dict[str, Any]:
    return {
        "key": key,
        "role": role,
        "text": text,
        "tool_calls": calls or [],
        "answers": answers,
        "at": at,
        "raw": raw,
    }


def _lists(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _at(thing: Mapping[str, Any], path: tuple[str, ...]) -> list[Any]:
    return _lists(dig(thing, path)) if path and path != ("tool_calls",) else []
