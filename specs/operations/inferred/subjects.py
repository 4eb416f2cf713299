"""What each operation of a document is about, where its path alone does not tell.

`GET /notes/search`, `GET /notes/by-tag/{tag}` and `GET /search/notes` list notes; `GET /notes/by-slug/{slug}` reads
one; `GET /messages/{channel}` lists messages below a channel.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from threadmock.specs.contract import Operation
from threadmock.specs.operations.inferred.places import (
    PathSubject,
    collection_of,
    last_of,
    plain,
    segments_of,
    shape_of,
    subject_of,
)
from threadmock.specs.operations.inferred.shapes import (
    is_count,
    is_list,
    items_of,
    lists_only,
    reply_schema,
    shown_thing,
)
from threadmock.specs.operations.inferred.words import SEARCHES, SEVERAL
from threadmock.specs.operations.path_templates import name_of, names_in
from threadmock.specs.schemas.declared import properties

_ALIKE = 0.6
_ON_ONE = ("GET", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class About:
    """What an operation is about. aside: its path is neither that of a collection nor that of an item of one."""

    subject: PathSubject
    aside: bool = False


def subjects_of(operations: Sequence[Operation]) -> Mapping[Operation, About]:
    """What each operation is about."""
    places = _Places(operations)
    return {each: places.about(each) for each in operations}


class _Places:
    def __init__(self, operations: Sequence[Operation]) -> None:
        self.methods: dict[str, set[str]] = {}
        self.things: dict[str, tuple[PathSubject, set[str]]] = {}
        for each in operations:
            self.methods.setdefault(shape_of(each.path), set()).add(each.method)
        self.named = {at.rpartition("/")[0] for at in self.methods if at.endswith("/{}")}
        self.listing = {
            shape_of(each.path)
            for each in operations
            if each.method == "GET"
            and subject_of(each.path).key
            and lists_only(each)
            and not self.methods[shape_of(each.path)] & {"PUT", "PATCH"}
        }
        self.shown = {
            shape_of(each.path): each
            for each in operations
            if each.method == "GET" and subject_of(each.path).key and shape_of(each.path) not in self.listing
        }
        for each in operations:
            self._note(each)

    def _note(self, operation: Operation) -> None:
        """Note what the things of a collection look like."""
        at, place = shape_of(operation.path), subject_of(operation.path)
        shown: set[str] = set()
        if operation.method == "GET" and place.key and at not in self.listing:
            at, shown = at.rpartition("/")[0], set(properties(shown_thing(operation)))
        elif operation.method == "GET" and not place.key:
            shown = _item_names(operation)
        elif operation.method == "POST" and not place.key:
            shown = set(properties(shown_thing(operation)))
        if shown and len(shown) > len(self.things.get(at, (place, set()))[1]):
            self.things[at] = (PathSubject(place.name, "", place.above), shown)

    def about(self, operation: Operation) -> About:
        """What one operation is about."""
        own, at = subject_of(operation.path), shape_of(operation.path)
        if is_count(operation):
            above = operation.path.rstrip("/").rpartition("/")[0]
            return About(subject_of(above), aside=True) if shape_of(above) in self.things else About(own)
        asks = operation.method == "GET" or (operation.method == "POST" and _asks(operation))
        if asks and (at in self.listing or not own.key) and (found := self._listed(operation, own, at)):
            return found
        if own.key and operation.method in _ON_ONE and (found := self._read(at)):
            return found
        if operation.method == "POST" and last_of(operation.path) in SEVERAL:
            above = operation.path.rstrip("/").rpartition("/")[0]
            if shape_of(above) in self.things:
                return About(subject_of(above), aside=True)
        if at in self.listing and operation.method in ("GET", "POST"):
            return About(collection_of(operation.path))
        return About(own)

    def _listed(self, operation: Operation, own: PathSubject, at: str) -> About | None:
        """The collection that a list beside it is of."""
        makes, names = "POST" in self.methods[at], at in self.named
        is_own = operation.method == "GET" and (makes or (names and at not in self.listing))
        if is_own or (at in self.listing and names):
            return None
        shown = _item_names(operation)
        if not shown:
            return None
        for path, rest in _prefixes(operation.path):
            found = self.things.get(shape_of(path))
            short = len(rest) <= 2 and not (names_in(rest[0]) and len(rest) > 1)
            if found and short and _alike(found[1], shown):
                if names_in(rest[0]) and not {plain(own.key), plain(own.key) + "s"} & set(map(plain, shown)):
                    return None  # it lies below what the parameter names
                return About(subject_of(path), aside=True)
        if any(plain(segment) in SEARCHES for segment in segments_of(operation.path)):
            others = [found for path, found in self.things.items() if path != at and _alike(found[1], shown, least=0.9)]
            if others:
                name = min(others, key=lambda each: len(each[0].above))[0].name
                return About(PathSubject(name, "", ()), aside=True)
        return None

    def _read(self, at: str) -> About | None:
        """The collection of which one thing is named by another member than its key."""
        if at not in self.shown or "POST" in self.methods[at]:
            return None
        operation = self.shown[at]
        shown = set(properties(shown_thing(operation)))
        above = at.rpartition("/")[0]
        if not shown or self.methods.get(above, set()) & {"POST", "GET"}:
            return None
        for path, rest in _prefixes(operation.path):
            found = self.things.get(shape_of(path))
            words = rest[1:] if rest[0].lower() == "by" and len(rest) > 2 else rest
            if found and len(words) == 2 and not names_in(words[0]) and name_of(words[1]) and _alike(found[1], shown):
                place = subject_of(path)
                return About(PathSubject(place.name, name_of(words[1]), place.above), aside=True)
        return None


def _asks(operation: Operation) -> bool:
    return last_of(operation.path) in SEARCHES


def _prefixes(path: str) -> Iterator[tuple[str, list[str]]]:
    """Paths above that end in a name, the longest first, each with the segments that follow."""
    segments = segments_of(path)
    for end in range(len(segments) - 1, 0, -1):
        if not names_in(segments[end - 1]):
            yield "/" + "/".join(segments[:end]), segments[end:]


def _item_names(operation: Operation) -> set[str]:
    found, member = is_list(operation, expected=True)
    schema = reply_schema(operation)
    if not found or schema is None:
        return set()
    items = items_of(schema, schema.document if member is None else properties(schema)[member])
    return set(properties(items))


def _alike(one: set[str], other: set[str], *, least: float = _ALIKE) -> bool:
    """Whether things with these members are of one kind."""
    return len(one & other) >= least * max(1, min(len(one), len(other))) and len(one & other) >= least * 0.5 * max(
        len(one), len(other)
    )
