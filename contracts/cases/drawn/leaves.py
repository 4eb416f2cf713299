"""Strategies of scalars: hypothesis-jsonschema's own (this module alone imports it), and pools of revealing values."""

import base64
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema
from threadmock.contracts.cases.drawn.freeform import pooled
from threadmock.contracts.cases.shapes import Branch, kind_of
from threadmock.contracts.cases.value_pools import LENGTHS, NUL_TEXT, NUMBERS, TEXTS, long_text
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker

# A member that is a number means something to the server: extremes are for free-form JSON, and for coverage to ask.
_SAFE = 2**53 - 1
# The names are those of `specs.schemas.formats` that the library does not know itself.
FORMATS: Mapping[str, st.SearchStrategy[str]] = {
    "uuid": st.uuids().map(str) | st.uuids().map(lambda made: str(made).upper()),
    "byte": st.binary(max_size=12).map(lambda data: base64.b64encode(data).decode()),
}
# Repeated so that the costly ones are rare.
TEXT_POOL: tuple[str, ...] = (*TEXTS.values(), *TEXTS.values(), NUL_TEXT, *(long_text(n) for n in LENGTHS), "😀" * 300)
NUMBER_POOL: tuple[int | float, ...] = tuple(number for number in NUMBERS if abs(number) <= _SAFE)
_KEYWORDS = (
    "type", "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf",
)  # fmt: skip


def leaf(schema: Schema, branch: Branch) -> st.SearchStrategy[Any]:
    """A strategy of the valid values of a scalar branch (string, integer, number, boolean, null, enum).

    Each drawn value passes both engines.
    """
    if branch.kind == "null":
        return st.none()
    if branch.kind == "boolean":
        return st.booleans()
    plain: dict[str, Any] = {k: v for k, v in branch.keywords.items() if k in (*_KEYWORDS, "enum")}
    judge = checker(Schema(plain if branch.kind == "enum" else {**plain, "type": branch.kind}, "", schema.direction))
    if branch.kind == "enum":
        return st.sampled_from([value for value in plain["enum"] if judge.accepted(value)] or [None]).filter(
            judge.accepted
        )
    plain["type"] = branch.kind
    pool = [value for value in _pool(branch.kind) if judge.accepted(value)]
    made = from_schema(_bounded(plain), custom_formats=_formats(plain))
    if {"pattern", "format", "multipleOf"} & plain.keys():
        made = made.filter(judge.accepted)
    return st.one_of(pooled(pool), made) if pool else made


def _formats(plain: Mapping[str, Any]) -> dict[str, st.SearchStrategy[str]] | None:
    name = str(plain.get("format"))
    return {name: FORMATS[name]} if name in FORMATS else None


def _pool(kind: str) -> tuple[Any, ...]:
    if kind == "string":
        return TEXT_POOL
    # 3.0 is an integer to JSON Schema and no integer to many a server: coverage asks that, once.
    return NUMBER_POOL if kind == "number" else tuple(n for n in NUMBER_POOL if kind_of(n) == kind and type(n) is int)


def _bounded(plain: dict[str, Any]) -> dict[str, Any]:
    """Numbers that a double holds exactly, where the schema itself says nothing of a bound."""
    if plain["type"] not in ("integer", "number"):
        return plain
    made = dict(plain)
    if not {"minimum", "exclusiveMinimum"} & plain.keys():
        made["minimum"] = min(-_SAFE, int(plain.get("maximum", plain.get("exclusiveMaximum", 0))) - 2**16)
    if not {"maximum", "exclusiveMaximum"} & plain.keys():
        made["maximum"] = max(_SAFE, int(plain.get("minimum", plain.get("exclusiveMinimum", 0))) + 2**16)
    return made
