"""Texts as values: what a text of a form, a query or a header means under the types of its schema."""

import re
from collections.abc import Collection
from typing import Any

from threadmock.specs.wire.strictjson import JsonError, parse_json

_INTEGER = re.compile(r"-?(0|[1-9]\d{0,3999})", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def typed(text: str, types: Collection[str]) -> Any:
    """The value that a text stands for under these types; the text itself where it fits none of them."""
    if "integer" in types and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in types and _NUMBER.fullmatch(text) and len(text) < 400:
        value = float(text)
        return int(text) if _INTEGER.fullmatch(text) else value if value not in (float("inf"), float("-inf")) else text
    if "boolean" in types and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text


def typed_field(text: str, types: Collection[str]) -> Any:
    """As `typed`; a member that is an object or an array of its own is sent as JSON (OpenAPI 3.1.0, 4.8.15.1.1)."""
    if "object" not in types or "string" in types:
        return typed(text, types)
    try:
        return parse_json(text.encode())
    except (JsonError, UnicodeEncodeError):
        return text
