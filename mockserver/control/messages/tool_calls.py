"""Calls of tools, and what came of them, in the forms in which messages and their parts hold them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.mockserver.control.messages.likely_members import first_text
from threadmock.specs.wire.strictjson import JsonError, dump_json, parse_json

_IDS = ("id", "tool_call_id", "toolCallId", "call_id", "tool_use_id")
_NAMES = ("name", "tool_name", "toolName", "tool")
_ARGUMENTS = ("args", "arguments", "input", "tool_args", "parameters")
_RESULTS = ("result", "output", "content", "text")
_INNER = ("tool_call", "toolCall", "function", "function_call")
_CALLS = frozenset(("tool_use", "tool_call", "function_call", "tool_invocation"))
_RESULT_PARTS = frozenset(("tool_result", "function_call_output", "tool_output"))


@dataclass(frozen=True)
class ToolResult:
    """What came of a call. call: its id, None where nothing says; raw: what holds it."""

    call: str | None
    text: str
    raw: Any


def tool_calls(found: Iterable[Any], words: Mapping[str, str]) -> list[dict[str, Any]]:
    """Calls with id, name and arguments, whatever form they have; one id once.

    words: how the provider's rules call these three.
    """
    made: dict[Any, dict[str, Any]] = {}
    for number, each in enumerate(found):
        if isinstance(each, Mapping):
            call = _call(each, words)
            made.setdefault(call["id"] or number, call)
    return list(made.values())


def calls_in(parts: Iterable[Any]) -> list[Any]:
    """Those parts of a content that are calls."""
    return [each for each in parts if isinstance(each, Mapping) and _kind(each) in _CALLS]


def results_in(parts: Iterable[Any]) -> list[ToolResult]:
    """What came of calls, as parts of a content tell it: in parts of its own, or beside the call."""
    return list(_results(parts))


def _results(parts: Iterable[Any]) -> Iterator[ToolResult]:
    for each in parts:
        if not isinstance(each, Mapping):
            continue
        inner = _inner(each)
        if _kind(each) in _RESULT_PARTS:
            result = next((each[name] for name in _RESULTS if each.get(name) is not None), "")
            answered = first_text(each, ("tool_use_id", *_IDS[1:], "id"))
        elif _kind(each) in _CALLS or "name" in each:
            result = next((of[name] for of in (each, inner) for name in ("result", "output") if of.get(name)), None)
            answered = first_text(inner, _IDS) or first_text(each, _IDS)
        else:
            continue
        if result is not None:
            yield ToolResult(answered, _text(result), each)


def _call(each: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    inner = _inner(each)
    named = inner.get(words.get("name", ""), next((inner[name] for name in _NAMES if inner.get(name)), ""))
    given = (words.get("arguments", ""), *_ARGUMENTS)
    arguments = next((of[name] for of in (inner, each) for name in given if name in of), None)
    return {
        "id": first_text(inner, (words.get("id", ""), *_IDS)) or first_text(each, _IDS),
        "name": first_text(named, ("name",)) or "" if isinstance(named, Mapping) else str(named),
        "arguments": _parsed(arguments),
    }


def _inner(each: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((each[name] for name in _INNER if isinstance(each.get(name), Mapping)), each)


def _kind(each: Mapping[str, Any]) -> str:
    kind = each.get("type")
    return kind.replace("-", "_") if isinstance(kind, str) else ""


def _parsed(arguments: Any) -> Any:
    """Arguments that are sent as a text with an object, as that object."""
    if isinstance(arguments, str) and arguments.startswith("{"):
        try:
            return parse_json(arguments.encode("utf-8", "surrogatepass"))
        except JsonError:
            return arguments
    return arguments


def _text(result: Any) -> str:
    if isinstance(result, Mapping) and isinstance(result.get("text"), str):
        return str(result["text"])
    if isinstance(result, list) and all(isinstance(each, Mapping) and "text" in each for each in result):
        return "".join(str(each["text"]) for each in result)
    return result if isinstance(result, str) else dump_json(result).decode()
