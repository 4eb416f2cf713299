"""Members of stored things by likely names: texts, and the moments at which a thing was made and changed."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from threadmock.specs.operations.spelling import snake
from threadmock.specs.schemas.formats import write_date_time

_CREATED = (
    "created_at",
    "created",
    "creation_time",
    "create_time",
    "timestamp",
    "start_timestamp",
    "sent_at",
    "date",
    "time",
)
_UPDATED = ("updated_at", "updated", "modified_at", "modified", "last_modified", "update_time", "last_message_at")
_NOT_MADE = (
    "updat",
    "modif",
    "delet",
    "archiv",
    "expir",
    "last",
    "complet",
    "fail",
    "cancel",
    "end",
    "finish",
    "start",
)
_LEAST, _MOST = 10**8, 10**14
_MILLISECONDS = 10**11


def first_text(thing: Any, names: Iterable[str]) -> str | None:
    """The first of these members that is a text with something in it; None where none is."""
    found = (thing.get(name) for name in names) if isinstance(thing, Mapping) else ()
    return next((each for each in found if isinstance(each, str) and each), None)


def created_of(thing: Any) -> Any:
    """The moment at which a thing was made, as it stands there: a text or a number; None where no member tells it."""
    found = _named(thing, _CREATED)
    if found is not None or not isinstance(thing, Mapping):
        return found
    return next((value for name, value in thing.items() if _tells_making(name) and _is_moment(value)), None)


def updated_of(thing: Any) -> Any:
    """The moment at which a thing was changed last, as it stands there; None where no member tells it."""
    return _named(thing, _UPDATED)


def moment_text(value: Any) -> str | None:
    """A moment as a text: as it stands, or of a Unix time in seconds or milliseconds by RFC 3339; None for none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return value if isinstance(value, str) and value else None
    seconds = value / 1000 if value >= _MILLISECONDS else value
    return write_date_time(datetime.datetime.fromtimestamp(seconds, datetime.UTC)) if _is_moment(value) else None


def _named(thing: Any, names: tuple[str, ...]) -> Any:
    if not isinstance(thing, Mapping):
        return None
    for name in names:
        if _is_moment(value := thing.get(name)):
            return value
    spelled = {snake(name): value for name, value in thing.items() if _is_moment(value)}
    return next((spelled[name] for name in names if name in spelled), None)


def _tells_making(name: str) -> bool:
    spelled = snake(name).lower()
    return spelled.endswith(("_at", "_on", "_time")) and not spelled.startswith(_NOT_MADE)


def _is_moment(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value)
    return isinstance(value, int | float) and not isinstance(value, bool) and _LEAST <= value <= _MOST
