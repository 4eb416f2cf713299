"""How the pages of a list are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from threadmock.contracts.cases.references import schema_at
from threadmock.contracts.cases.shapes import shapes
from threadmock.specs.behaviour.rule import Listing
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Operation

PLENTY = 100


@dataclass(frozen=True)
class ListPaging:
    """How an operation is gone through. Places that it does not declare are None. most: the largest limit.

    fixed: places that hold the same on every page.
    """

    operation: Operation
    listing: Listing
    limit: Source | None
    offset: Source | None
    after: Source | None
    most: int
    key: str
    fixed: Mapping[Source, Any] = field(default_factory=dict)


def paging_of(operation: Operation) -> ListPaging:
    """The way through a list. ValueError where the operation is none."""
    rule = operation.rule.listing
    if rule is None:
        raise ValueError(f"{operation} lists nothing")
    limit = _declared(operation, rule.limit or Source("query", ("limit",)))
    offset = _declared(operation, rule.offset or Source("query", ("offset",)))
    after = _declared(operation, rule.after)
    key = operation.rule.key.member if operation.rule.key else "id"
    return ListPaging(operation, rule, limit, offset, after, _largest(operation, limit), key)


def _declared(operation: Operation, source: Source | None) -> Source | None:
    if source is None or len(source.steps) != 1 or source.place not in ("query", "body"):
        return None
    return source if schema_at(operation, source) is not None else None


def _largest(operation: Operation, limit: Source | None) -> int:
    schema = schema_at(operation, limit) if limit else None
    bounds = [b.keywords["maximum"] for b in shapes(schema).root() if "maximum" in b.keywords] if schema else []
    return min([PLENTY, *map(int, bounds)])


def smallest_limit(way: ListPaging) -> int:
    """The smallest limit above 0 that the document lets one ask for."""
    schema = schema_at(way.operation, way.limit) if way.limit else None
    bounds = [b.keywords["minimum"] for b in shapes(schema).root() if "minimum" in b.keywords] if schema else []
    return max([1, *map(int, bounds)])
