"""Numbers that are wider than the format which their schema names (OpenAPI Format Registry: int32, int64, float)."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from threadmock.specs.contract import Operation
from threadmock.specs.schemas.declared import nodes_of
from threadmock.specs.schemas.schema import Schema

_WIDTHS = {"int32": 2**31, "int64": 2**63, "float": 2**128}
_DEEPEST = 20
_WHOLE = re.compile(r"[+-]?\d{9,400}", re.ASCII)
SAFE_INTEGER = 2**53


def find_wide_text(operation: Operation, sent: Iterable[tuple[str, str, str]]) -> str:
    """What is wide about the first number among parameters: beyond its format, or beyond what every reader holds.

    sent: location, name and text of each. "" where there is none.
    """
    schemas = {(str(each.location), each.name): each.schema for each in operation.parameters}
    for location, name, text in sent:
        if not _WHOLE.fullmatch(text):
            continue
        if abs(int(text)) > SAFE_INTEGER:
            return "a number is beyond 2^53"
        schema = schemas.get((location, name))
        if schema is not None and (wide := find_wide_number(schema, int(text))):
            return wide
    return ""


def find_wide_number(schema: Schema, value: Any) -> str:
    """What is wide about the first number in a value that its format can't hold, such as "3000000000 is no int32".

    "" where there is none. JSON Schema takes such a number: there a format of numbers says nothing.
    """
    return next(_wide_numbers(schema, schema.document, value, 0), "")


def _wide_numbers(schema: Schema, node: Any, value: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST or isinstance(value, str | bool) or value is None:
        return
    for part in nodes_of(schema, node):
        width = _WIDTHS.get(str(part.get("format")))
        if width and isinstance(value, int | float) and not -width <= value < width:
            yield f"{value} is no {part['format']}"
        if isinstance(value, dict):
            members = part.get("properties", {})
            rest = part.get("additionalProperties", {})
            for name, member in value.items():
                yield from _wide_numbers(schema, members.get(name, rest), member, depth + 1)
        elif isinstance(value, list) and "items" in part:
            for item in value:
                yield from _wide_numbers(schema, part["items"], item, depth + 1)
