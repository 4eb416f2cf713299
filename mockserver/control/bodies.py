"""Read what a caller of the control interface sent. Every error names the member, and what to write instead."""

from collections.abc import Iterable, Mapping
from typing import Any

from threadmock.specs.errors import SpecError, nearest
from threadmock.specs.text import cut

_SHOWN = 60


class ControlError(SpecError):
    """A request to the control interface that can't be met. where: the member. status: of the answer."""

    status = 400


def members(value: Any, known: Iterable[str], where: str = "") -> Mapping[str, Any]:
    """The members of an object that has no others than the known ones. ControlError."""
    names = tuple(known)
    if not isinstance(value, Mapping):
        raise ControlError(f"{shown(value)} is no object.", where=where or "body", fix=f"Members: {', '.join(names)}.")
    for name in value:
        if name not in names:
            place = f"{where}.{name}" if where else name
            raise ControlError(f"There is no member {cut(name, _SHOWN)!r}.", where=place, fix=nearest(name, names))
    return value


def text(value: Any, where: str) -> str:
    """A text that is not empty. ControlError."""
    if not isinstance(value, str) or not value:
        raise ControlError(f"{shown(value)} is no text.", where=where, fix="Send a text that is not empty.")
    return value


def whole(value: Any, where: str, least: int = 0, most: int = 10**9) -> int:
    """A whole number; 3.0 is one, as in JSON Schema. ControlError."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ControlError(f"{shown(value)} is no whole number from {least} to {most}.", where=where, fix="Send one.")
    return value


def number(value: Any, where: str, least: float = 0, most: float = 10**9) -> float:
    """A number. ControlError."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
        raise ControlError(f"{shown(value)} is no number from {least:g} to {most:g}.", where=where, fix="Send one.")
    return value


def flag(value: Any, where: str) -> bool:
    """True or false. ControlError."""
    if not isinstance(value, bool):
        raise ControlError(f"{shown(value)} is neither true nor false.", where=where, fix="Send one of the two.")
    return value


def shown(value: Any) -> str:
    """A value as a message shows it: short, in JSON's words."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Mapping):
        return "An object"
    return "An array" if isinstance(value, list) else cut(repr(value), _SHOWN)
