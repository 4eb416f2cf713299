"""The beginning of a JSON text → what it says so far, as clients read a call whose arguments still come."""

from typing import Any

from threadmock.specs.wire.strictjson import JsonError, parse_json


def read_partial_json(text: str) -> Any:
    """The value so far, {} for nothing, None for none: what is open is closed, what makes no value yet is left out."""
    if not text.strip():
        return {}
    for end in range(len(text), 0, -1):
        closed = _closed(text[:end])
        if closed is None:
            continue
        try:
            return parse_json(closed.encode())
        except (JsonError, UnicodeEncodeError):
            continue
    return None


def _closed(text: str) -> str | None:
    """The text with what closes all that is open; None where something is closed that was not."""
    stack: list[str] = []
    quoted = escaped = False
    for sign in text:
        if quoted:
            quoted = escaped or sign != '"'
            escaped = sign == "\\" and not escaped
        elif sign == '"':
            quoted = True
        elif sign in "{[":
            stack.append("}" if sign == "{" else "]")
        elif sign in "}]" and (not stack or stack.pop() != sign):
            return None
    return text + ('"' if quoted else "") + "".join(reversed(stack))
