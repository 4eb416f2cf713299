"""JSON documents, strictly: keys stand once, numbers are numbers, depth and size have bounds.

The bodies of messages are read by `strictjson`; here an error names file and line.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Literal, NoReturn

from threadmock.specs.documents.yaml_text import MAX_DEPTH, MAX_DIGITS, MAX_NODES, parse_yaml
from threadmock.specs.errors import DocumentError


class _StrictnessError(ValueError):
    """JSON that Python takes and we do not."""


def parse_json(text: str, name: str, *, first_line: int = 1) -> tuple[Any, Literal["json", "yaml"]]:
    """The value of a text that begins like JSON, and what it turned out to be: YAML may begin so too.

    name and first_line go into errors. DocumentError where it is neither, or JSON that is not strict.
    """
    try:
        return _decoder.decode(text), "json"
    except json.JSONDecodeError as error:
        if text[error.pos : error.pos + 2] in ("//", "/*"):
            raise DocumentError(
                "This is JSON with comments.",
                where=f"{name} (line {error.lineno + first_line - 1})",
                fix="Take the comments out, or write the document as YAML.",
            ) from None
        try:
            return parse_yaml(text, name, first_line=first_line), "yaml"
        except DocumentError:
            if not re.match(r'\s*[{\[]\s*["{\[]', text):
                raise
            line = error.lineno + first_line - 1
            raise DocumentError(
                f"This is no JSON: {error.msg}, column {error.colno}.",
                where=f"{name} (line {line})",
                fix="Correct the text there.",
            ) from None
    except _StrictnessError as error:
        raise _with_line(error, text, name, first_line) from None
    except RecursionError:
        raise DocumentError(
            f"This is nested deeper than {MAX_DEPTH} levels.", where=name, fix="Use `$ref` in place of nesting."
        ) from None


def _with_line(error: _StrictnessError, text: str, name: str, first_line: int) -> DocumentError:
    """The error, with its line where the text can be read as YAML too: Python's reader does not give it."""
    try:
        parse_yaml(text, name, first_line=first_line)
    except DocumentError as found:
        if " stands twice " in found.what:
            return found
    return DocumentError(f"{error}.", where=name, fix="Correct it: this is no strict JSON.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise _StrictnessError(f"The key {twice!r} stands twice in one object")
    return made


def _constant(name: str) -> NoReturn:
    raise _StrictnessError(f"{name} is no JSON number")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _StrictnessError(f"{text[:40]} is beyond the range of a JSON number")
    return value


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _StrictnessError(f"A number has more than {MAX_DIGITS} digits")
    return int(text)


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant, parse_float=_float, parse_int=_integer)


def check_bounds(tree: Any, name: str) -> None:
    """Refuse what is too deep, too large, or holds half of a surrogate pair. Iterative: safe on anything."""
    waiting: list[tuple[Any, int]] = [(tree, 0)]
    nodes = 0
    while waiting:
        node, depth = waiting.pop()
        nodes += 1
        if depth > MAX_DEPTH or nodes > MAX_NODES:
            what = f"nested deeper than {MAX_DEPTH} levels" if depth > MAX_DEPTH else f"of more than {MAX_NODES} nodes"
            raise DocumentError(f"This is {what}.", where=name, fix="Use `$ref`, or split the file.")
        for text in _texts(node):
            if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
                raise DocumentError(
                    "A text holds half of a surrogate pair.", where=name, fix=f"It begins with {text[:20]!a}."
                )
        if isinstance(node, dict):
            waiting.extend((child, depth + 1) for child in node.values())
        elif isinstance(node, list):
            waiting.extend((child, depth + 1) for child in node)


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        yield from node
