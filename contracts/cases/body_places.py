"""Every place of a body: where it stands, what may stand there, and the smallest whole body around it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from threadmock.contracts.cases.case import base_value
from threadmock.contracts.cases.references import body_schema
from threadmock.contracts.cases.samples import least
from threadmock.contracts.cases.shapes import Branch, Shapes, shapes
from threadmock.specs.contract import Operation
from threadmock.specs.documents.pointers import pointer_of
from threadmock.specs.errors import SchemaError
from threadmock.specs.schemas.schema import Schema

MAX_LEVELS = 8


@dataclass(frozen=True, eq=False)
class BodyPlace:
    """A place in the body. steps: from the top. title: the same, to be read; unique where unions branch.

    put: a value to the whole body that holds it here, with as little else as is valid. level: 0 for the body itself,
    1 for its members. required: whether its object needs it.
    """

    steps: tuple[str | int, ...]
    title: str
    node: Any
    branches: tuple[Branch, ...]
    put: Callable[[Any], Any]
    required: bool

    @property
    def level(self) -> int:
        """How many steps it is from the top."""
        return len(self.steps)

    @property
    def pointer(self) -> str:
        """The place as a JSON pointer."""
        return pointer_of(self.steps)

    def kinds(self) -> tuple[str, ...]:
        """The kinds of its branches."""
        return tuple(branch.kind for branch in self.branches)


def places(operation: Operation) -> Iterator[BodyPlace]:
    """The places of the operation's JSON body, nearest to the top first; none where it has no schema.

    Recursion is followed once.
    """
    schema = body_schema(operation)
    if schema is None:
        return
    reader = shapes(schema)
    top = BodyPlace((), "body", schema.document, reader.root(), lambda value: value, required=True)
    waiting = [(top, frozenset[int]())]
    while waiting:
        following = []
        for place, seen in waiting:
            yield place
            if place.level < MAX_LEVELS and not _marks(place) & seen:
                inside = seen | _marks(place)
                following += [(child, inside) for child in _children(operation, schema, reader, place)]
        waiting = following


def _marks(place: BodyPlace) -> frozenset[int]:
    """What identifies a node that is met again inside itself: the identity of what its branches declare."""
    return frozenset(id(b.keywords.get("properties", b.keywords.get("items"))) for b in place.branches) - {id(None)}


def _children(operation: Operation, schema: Schema, reader: Shapes, place: BodyPlace) -> Iterator[BodyPlace]:
    twice = {kind for kind in place.kinds() if place.kinds().count(kind) > 1}
    for number, branch in enumerate(place.branches, 1):
        title = f"{place.title}({branch.kind} {number})" if branch.kind in twice else place.title
        if branch.kind == "object":
            around = _around(operation, schema, place, branch)
            for name, node in branch.properties.items():
                inner = name if place.level == 0 else f"{title}.{name}"
                put = _putter(place, around, name)
                yield BodyPlace((*place.steps, name), inner, node, reader.branches(node), put, name in branch.required)
        elif branch.kind == "array" and isinstance(branch.keywords.get("items"), dict):
            node = branch.keywords["items"]
            yield BodyPlace(
                (*place.steps, 0), f"{title}[0]", node, reader.branches(node), _lister(place), required=True
            )


def _around(operation: Operation, schema: Schema, place: BodyPlace, branch: Branch) -> dict[str, Any]:
    """The least object of this branch."""
    if place.level == 0:
        base = base_value(operation)
        return base if isinstance(base, dict) else {}
    try:
        made = least(schema, {**branch.keywords, "type": "object"})
    except SchemaError:
        return {}
    return made if isinstance(made, dict) else {}


def _putter(place: BodyPlace, around: dict[str, Any], name: str) -> Callable[[Any], Any]:
    return lambda value: place.put({**around, name: value})


def _lister(place: BodyPlace) -> Callable[[Any], Any]:
    return lambda value: place.put([value])
