"""Strict JSON, in and out (RFC 8259): what others let pass by, we name.

Refused on the way in: duplicate keys, NaN and infinities (also as 1e999), depth over MAX_DEPTH, lone surrogates,
integers over MAX_DIGITS digits, anything but UTF-8, a byte order mark.
"""

import json
import math
import re
from collections.abc import Callable, Iterable
from typing import Any, Literal, NoReturn, TypeAlias, cast

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
MAX_DEPTH = 100
MAX_DIGITS = 4000

Kind = Literal["syntax", "encoding", "nan", "duplicate_keys", "depth", "surrogate", "number"]
# Possessive, and the closing quote may be missing: a text that never ends is walked once, not once for each quote.
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")


class JsonError(ValueError):
    """The bytes are no JSON that we take. kind: one word for why; the text has the place."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def _constant(name: str) -> NoReturn:
    raise JsonError("nan", f"{name} is no JSON number")


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise JsonError("nan", f"{text[:40]} is beyond the range of a JSON number")
    return value


def _integer(text: str) -> int:
    if len(text.removeprefix("-")) > MAX_DIGITS:
        raise JsonError("number", f"a number has more than {MAX_DIGITS} digits")
    return int(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise JsonError("duplicate_keys", f"the key {name!r} stands twice in one object")
            seen.add(name)
    return made


_strict = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant, parse_float=_number, parse_int=_integer)
_last_wins = json.JSONDecoder(parse_constant=_constant, parse_float=_number, parse_int=_integer)
_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), check_circular=False)


def _make_chunks() -> Callable[[Any, int], Iterable[str]]:
    """What `_encoder.encode` makes anew for every value, made once: half of the time of a small body."""
    make = json.encoder.c_make_encoder  # type: ignore[attr-defined]
    if make is None:
        return lambda value, _: (_encoder.encode(value),)
    text = json.encoder.encode_basestring
    return cast(
        "Callable[[Any, int], Iterable[str]]", make(None, _encoder.default, text, None, ":", ",", False, False, False)
    )


_chunks = _make_chunks()
_any_number = json.JSONEncoder(ensure_ascii=False, check_circular=False)


def parse_json(data: bytes, *, duplicate_keys: Literal["refuse", "last"] = "refuse") -> Json:
    """The value that the bytes hold. JsonError where they hold none that we take."""
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH:
        _bound_depth(data)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise JsonError("encoding", f"byte {error.start} is not UTF-8") from None
    if text.startswith("\ufeff"):
        raise JsonError("encoding", "the body begins with a byte order mark")
    try:
        decoder = _strict if duplicate_keys == "refuse" else _last_wins
        value: Json
        value, end = decoder.scan_once(text, 0) if text[:1] in ("{", "[") else (None, -1)  # type: ignore[attr-defined]
        if end != len(text):
            value = decoder.decode(text)  # blanks around it, or an error to be reported
    except StopIteration as stop:
        raise JsonError("syntax", f"Expecting value at character {stop.value}") from None
    except json.JSONDecodeError as error:
        raise JsonError("syntax", f"{error.msg} at character {error.pos}") from None
    except RecursionError:
        raise JsonError("depth", f"deeper than {MAX_DEPTH} levels") from None
    if "\\u" in text and has_surrogate(value):
        raise JsonError("surrogate", "a text holds half of a surrogate pair")
    return value


def _bound_depth(data: bytes) -> None:
    depth = 0
    for bracket in _BRACKETS.finditer(_TEXT.sub(b"", data)):
        depth += 1 if bracket[0] in b"[{" else -1
        if depth > MAX_DEPTH:
            raise JsonError("depth", f"deeper than {MAX_DEPTH} levels")


def has_surrogate(value: Any) -> bool:
    """Whether any text or key in the value holds a lone surrogate."""
    try:
        _any_number.encode(value).encode()
    except UnicodeEncodeError:
        return True
    return False


def dump_json(value: Any) -> bytes:
    """The value as UTF-8 JSON without blanks. ValueError where it holds NaN, an infinity or a lone surrogate."""
    return "".join(_chunks(value, 0)).encode()


def depth_of(value: Any) -> int:
    """How many levels of objects and arrays the value has; 0 for a scalar. Iterative: safe on anything."""
    deepest = 0
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, dict | list):
            deepest = max(deepest, depth)
            waiting.extend((child, depth + 1) for child in (node.values() if isinstance(node, dict) else node))
    return deepest
