"""What a path is about: the things that its last name names, one of them by a key, and what it lies below."""

import re
from dataclasses import dataclass
from functools import lru_cache

from threadmock.specs.operations.path_templates import name_of, names_in, shape

_KNOWN = lru_cache(maxsize=1 << 16)  # large documents ask for few names, each hundreds of times


@_KNOWN
def plain(name: str) -> str:
    """A name without case and punctuation: `ticket_id`, `ticketId` → `ticketid`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


_PLURALS = (
    *(("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("zzes", "zz")),
    *(("ss", "ss"), ("us", "us"), ("is", "is"), ("s", "")),
)


@_KNOWN
def singular(name: str) -> str:
    """One of the things that a plural names: `stories` → `story`, `boxes` → `box`, `tickets` → `ticket`."""
    for ending, other in _PLURALS:
        if name.lower().endswith(ending) and len(name) > len(ending) + 1:
            return name[: len(name) - len(ending)] + other
    return name


@dataclass(frozen=True)
class PathSubject:
    """What a path is about. name: its last segment that is no parameter. key: the parameter that is its last segment.

    above: (segment, parameter) for each parameter before the name, the outermost first. Of several parameters in a row,
    as in `/repos/{owner}/{repo}`, only the last one names a thing of the segment before; others stand for themselves.
    """

    name: str
    key: str
    above: tuple[tuple[str, str], ...]


def last_of(path: str) -> str:
    """The last segment of a path as a plain word."""
    return plain(path.rstrip("/").rpartition("/")[2])


def shape_of(path: str) -> str:
    """A path without the names of its parameters, nor a slash at its end."""
    return shape(path).rstrip("/")


def segments_of(path: str) -> list[str]:
    """The segments of a path, without empty ones."""
    return [segment for segment in path.split("/") if segment]


def subject_of(path: str) -> PathSubject:
    """`/a/threads/{id}/notes/{n}` → PathSubject("notes", "n", (("threads", "id"),))."""
    segments = segments_of(path)
    key = name_of(segments[-1]) if segments else ""
    name, above, before = "", [], ""
    last = len(segments) - 1
    for index, segment in enumerate(segments):
        parameter = name_of(segment)
        if not names_in(segment):
            name = before = segment
        elif parameter and not (key and index == last):
            followed = index < last and bool(names_in(segments[index + 1]))
            above.append((parameter if followed else before or parameter, parameter))
    return PathSubject(name or path, key, tuple(above))


def collection_of(path: str) -> PathSubject:
    """What a path is about whose last parameter names what its things lie below: `/messages/{channel}`."""
    place = subject_of(path)
    return PathSubject(place.name, "", (*place.above, (place.key, place.key))) if place.key else place
