"""The order of things: by members, by the words that requests use, by age."""

import re
from collections.abc import Callable
from typing import Any

from threadmock.mockserver.state.store import Thing
from threadmock.specs.members import ABSENT, dig
from threadmock.specs.operations.inferred.lists import sort_words
from threadmock.specs.operations.inferred.places import plain

_WAY = re.compile(r"[,:]\s*(asc|desc)(?:ending)?\b", re.IGNORECASE)
DIRECTIONS = {"ascending": "asc", "descending": "desc", "asc": "asc", "desc": "desc", "1": "asc", "-1": "desc"}
_BY_AGE = {"newest": False, "latest": False, "recent": False, "oldest": True}


def sort_things(things: list[Thing], sort: str, *, oldest: bool, any_case: bool) -> list[Thing]:
    """The things by one word or several: `title`, `-created_at`, `created_at:desc`, `price,desc`, `title,-price`."""
    known = things[0] if things else {}
    parts = [sort] if sort in known else _WAY.sub(r" \1", sort).split(",")
    for part in reversed([each.strip() for each in parts if each.strip()]):
        name, descends = (part, None) if part in known else sort_words(part)
        upwards = oldest if descends is None else not descends
        if name in _BY_AGE and name not in known:
            things = things if _BY_AGE[name] else things[::-1]
            continue
        things = sorted(things, key=sorter((_member_of(known, name),), any_case=any_case), reverse=not upwards)
    return things


def _member_of(known: Thing, name: str) -> str:
    """The member that a word for the order means: `createdAt`, `created` → `created_at`."""
    if name in known:
        return name
    short = plain(name)
    own = {plain(each): each for each in known}
    return next((own[each] for each in (short, f"{short}at", f"{short}date") if each in own), name)


def sorter(by: tuple[str, ...], *, any_case: bool) -> Callable[[Thing], tuple[int, Any]]:
    """The key by which things are sorted by a member, at any depth: kinds of values apart."""
    if any_case:
        return lambda thing: _sortable(value.lower() if isinstance(value := dig(thing, by), str) else value)
    if len(by) > 1:
        return lambda thing: _sortable(dig(thing, by))
    only = by[0]

    def sort_by(thing: Thing) -> tuple[int, Any]:
        value = thing.get(only)
        return (2, value) if type(value) is str else _sortable(value)

    return sort_by


def _sortable(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool) or value is None or value is ABSENT:
        return (0, bool(value) if isinstance(value, bool) else False)
    return (1, value) if isinstance(value, int | float) else (2, str(value))
