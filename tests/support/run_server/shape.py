"""Shapes of JSON: each tells what is wrong with a value, "" where nothing is."""

import math
import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any

Shape = Callable[[Any], str]


def anything(_: Any) -> str:
    """Any value."""
    return ""


def nothing(value: Any) -> str:
    """Null."""
    return "" if value is None else "is not null"


def text(*, least: int = 0, most: int | None = None, words: Iterable[str] = (), pattern: str = "") -> Shape:
    """A text of these words, lengths, or form."""
    known = tuple(words)

    def judge(value: Any) -> str:
        if not isinstance(value, str):
            return "is no text"
        if known and value not in known:
            return f"is none of {', '.join(known)}"
        if len(value) < least or (most is not None and len(value) > most):
            return "has a wrong length"
        return "" if not pattern or re.search(pattern, value) else "has a wrong form"

    return judge


def key(value: Any) -> str:
    """A UUID, as it is written everywhere."""
    return "" if isinstance(value, str) and is_uuid(value) else "is no UUID"


def is_uuid(value: str) -> bool:
    """Whether a text is a UUID with its dashes."""
    try:
        return str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False


def flag(value: Any) -> str:
    """A boolean."""
    return "" if isinstance(value, bool) else "is no boolean"


def number(low: float | None = None, high: float | None = None) -> Shape:
    """A number between these."""

    def judge(value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "is no number"
        if isinstance(value, float) and not math.isfinite(value):
            return "is no number"
        return "is out of bounds" if (low is not None and value < low) or (high is not None and value > high) else ""

    return judge


def integer(low: int | None = None, high: int | None = None) -> Shape:
    """A whole number between these; 2.0 is one."""

    def judge(value: Any) -> str:
        wrong = number(low, high)(value)
        return wrong or ("" if isinstance(value, int) or float(value).is_integer() else "is no whole number")

    return judge


def several(of: Shape, least: int = 0) -> Shape:
    """A list of these."""

    def judge(value: Any) -> str:
        if not isinstance(value, list):
            return "is no list"
        if len(value) < least:
            return "has too few items"
        return next((f"has an item that {wrong}" for wrong in map(of, value) if wrong), "")

    return judge


def mapping(
    required: Iterable[str] = (), others: Shape = anything, most: int | None = None, /, **members: Shape
) -> Shape:
    """An object with these members; others: the shape of those that are not named."""
    needed = tuple(required)

    def judge(value: Any) -> str:
        if not isinstance(value, dict):
            return "is no object"
        if most is not None and len(value) > most:
            return "has too many members"
        for name in needed:
            if name not in value:
                return f"lacks {name}"
        for name, held in value.items():
            wrong = members.get(name, others)(held)
            if wrong:
                return f"has {name}, which {wrong}"
        return ""

    return judge


def either(*shapes: Shape) -> Shape:
    """A value of one of these shapes."""

    def judge(value: Any) -> str:
        wrongs = [shape(value) for shape in shapes]
        return "" if "" in wrongs else wrongs[0]

    return judge


moment = text(pattern=r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)$")
"""A moment, with its offset."""
