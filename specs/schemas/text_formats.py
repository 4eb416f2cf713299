"""What the texts of a value denote, by its schema: moments, UUIDs, or what they say."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.specs.schemas.declared import properties
from threadmock.specs.schemas.schema import Schema

_DEPTH = 6
_MOMENT = re.compile(
    r"\bISO[ -]?8601\b|\bRFC[ -]?3339\b|\bdate[ -]?time\b|\btime ?stamp\b|\b(point in|moment of|UTC) time\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Forms:
    """The formats of the texts at one place of a value. places: schemas and their nodes, of request and response.

    anywhere: formats that texts have at every depth.
    """

    places: tuple[tuple[Schema, Any], ...] = ()
    anywhere: frozenset[str] = frozenset()

    @property
    def texts(self) -> frozenset[str]:
        """The formats that a text here may have; `date-time` also where the prose alone calls it a moment."""
        branches = list(self._branches())
        found = {str(branch["format"]) for branch in branches if isinstance(branch.get("format"), str)}
        return self.anywhere | (found or ({"date-time"} if _is_told_as_moment(branches) else frozenset()))

    @property
    def said(self) -> list[Any]:
        """Values that the schema itself gives for this place: its default and its examples."""
        branches = list(self._branches())
        found = [branch[word] for branch in branches for word in ("default", "example") if word in branch]
        lists = [branch["examples"] for branch in branches if isinstance(branch.get("examples"), list)]
        return [*found, *(value for each in lists for value in each)]

    def member(self, name: str) -> "Forms":
        """The place of an object's member."""
        found = []
        for schema, node in self.places:
            for branch in _branches(schema, node):
                members, others = branch.get("properties"), branch.get("additionalProperties")
                if isinstance(members, Mapping) and name in members:
                    found.append((schema, members[name]))
                elif isinstance(others, Mapping):
                    found.append((schema, others))
        return Forms(tuple(found), self.anywhere)

    @property
    def item(self) -> "Forms":
        """The place of an array's items."""
        found = [
            (s, b["items"]) for s, n in self.places for b in _branches(s, n) if isinstance(b.get("items"), Mapping)
        ]
        return Forms(tuple(found), self.anywhere)

    def _branches(self) -> Iterator[Mapping[str, Any]]:
        for schema, node in self.places:
            yield from _branches(schema, node)


def _branches(schema: Schema, node: Any) -> Iterator[Mapping[str, Any]]:
    """A node with what it refers to and what it offers; what stands beside a reference (a description) counts, too."""
    waiting = [(node, 0)]
    while waiting:
        node, depth = waiting.pop(0)
        if not isinstance(node, Mapping):
            continue
        yield node
        resolved = schema.resolve(node)
        if isinstance(resolved, Mapping) and resolved is not node:
            yield resolved
        if depth < _DEPTH:
            wholes = [each for each in (node, resolved) if isinstance(each, Mapping)]
            words = [(whole, word) for whole in wholes for word in ("anyOf", "oneOf", "allOf")]
            waiting += [(branch, depth + 1) for whole, word in words for branch in whole.get(word, ())]


def _is_told_as_moment(branches: list[Mapping[str, Any]]) -> bool:
    kinds = [branch.get("type") for branch in branches]
    textual = any(kind == "string" or (isinstance(kind, list) and "string" in kind) for kind in kinds)
    said = [branch.get(word) for branch in branches for word in ("description", "title")]
    return textual and any(isinstance(text, str) and _MOMENT.search(text) is not None for text in said)


NO_FORMS = Forms()
MOMENTS = Forms(anywhere=frozenset({"date-time"}))
"""Every text that is a date-time counts by the moment that it denotes."""


def forms_of(name: str, *schemas: Schema | None) -> Forms:
    """The forms of a member of these schemas' objects."""
    return Forms(
        tuple((schema, properties(schema)[name]) for schema in schemas if schema and name in properties(schema))
    )
