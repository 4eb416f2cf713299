"""The beginning of a JSON text → what it says so far, as clients read a call whose arguments still come."""

import re
from collections.abc import Iterator
from typing import Any

from threadmock.specs.wire.strictjson import JsonError, parse_json

_CHARACTERS = (
    r'(?:[^"\\\x00-\x1f\ud800-\udfff]|\\["\\/bfnrt]|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}'
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*+"
)
_SCALAR = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null"
_TOKEN = re.compile(rf'[ \t\n\r]*+(?:(?P<mark>[{{}}\[\]:,])|(?P<text>"{_CHARACTERS})(?P<quote>"?)|(?:{_SCALAR}))')
_KEY, _VALUE, _COLON, _COMMA = "key", "value", "colon", "comma"


def read_partial_json(text: str) -> Any:
    """The value so far, {} for nothing, None for none: what is open is closed, what makes no value yet is left out."""
    if not text.strip():
        return {}
    for end, closing in reversed(list(_ends(text))):
        try:
            return parse_json((text[:end] + closing).encode())
        except JsonError:
            continue
    return None


def _ends(text: str) -> Iterator[tuple[int, str]]:
    """The places up to which a text is a value, once all that is open there is closed: with what closes it."""
    at, due, empty = 0, _VALUE, False
    opened: list[str] = []
    while token := _TOKEN.match(text, at):
        at, mark = token.end(), token["mark"]
        if mark == ":" and due == _COLON:
            due = _VALUE
            continue
        if mark == "," and due == _COMMA and opened:
            due = _KEY if opened[-1] == "}" else _VALUE
            continue
        if due == _KEY and token["quote"]:
            due, empty = _COLON, False
            continue
        if mark in ("{", "[") and due == _VALUE:
            opened.append("}" if mark == "{" else "]")
            due, empty = (_KEY if mark == "{" else _VALUE), True
        elif mark in ("}", "]") and opened[-1:] == [mark] and (empty or due == _COMMA):
            opened.pop()
            due, empty = _COMMA, False
        elif mark is None and due == _VALUE:
            due, empty = _COMMA, False
        else:
            return
        is_cut = token["text"] is not None and not token["quote"]
        yield at, '"' * is_cut + "".join(reversed(opened))
        if is_cut:
            return
