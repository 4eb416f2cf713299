"""How the pages of a list are asked for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from threadmock.contracts.cases.references import schema_at
from threadmock.contracts.cases.shapes import shapes
from threadmock.specs.behaviour.rule import Listing
from threadmock.specs.behaviour.setting import Setting, Source
from threadmock.specs.contract import Operation
from threadmock.specs.members import ABSENT, dig, dotted

PLENTY = 100
NO_PAGE = 404
"""What many servers answer where the number of a page is beyond the last."""
_OPAQUE = re.compile(r"(?i).*(cursor|token|marker)")
"""Names of places that take what only a server makes; behind `after` or `starting_after` a key may stand."""


@dataclass(frozen=True)
class ListPaging:
    """How an operation is gone through. Places that it does not declare are None. most: the largest limit.

    fixed: places that hold the same on every page. told: dotted member of the answer with the cursor of the next page;
    more: with whether there is one; link: with its URL or number; total: with how many things there are; "" for none.
    """

    operation: Operation
    listing: Listing
    limit: Source | None
    offset: Source | None
    after: Source | None
    most: int
    key: str
    fixed: Mapping[Source, Any] = field(default_factory=dict)
    page: Source | None = None
    told: str = ""
    more: str = ""
    link: str = ""
    total: str = ""

    @property
    def turns(self) -> bool:
        """Whether there is a way to the next page."""
        return self.after is not None or self.page is not None or self.offset is not None


def paging_of(operation: Operation) -> ListPaging:
    """The way through a list. ValueError where the operation is none."""
    rule = operation.rule.listing
    if rule is None:
        raise ValueError(f"{operation} lists nothing")
    limit = _declared(operation, rule.limit or Source("query", ("limit",)))
    offset = _declared(operation, rule.offset or Source("query", ("offset",)))
    page = _declared(operation, rule.page)
    after = _declared(operation, rule.after)
    key = operation.rule.key.member if operation.rule.key else "id"
    told = dict(_told(operation.rule.reply))
    cursor = told.get("next", "") if after else ""
    if after and not cursor and operation.rule.inferred and _OPAQUE.fullmatch(after.steps[0]):
        after = None  # only the server makes such a cursor, and nothing says where it tells it
    link = rule.next or told.get("next_url", "") or told.get("next_number", "")
    return ListPaging(
        operation,
        rule,
        limit,
        offset,
        after,
        _largest(operation, limit),
        key,
        page=page,
        told=cursor,
        more=told.get("more", ""),
        link=link,
        total=rule.total or told.get("total", ""),
    )


def _told(setting: Setting | None, above: str = "") -> Iterator[tuple[str, str]]:
    """What an answer tells of its page: the word of `tally`, and the dotted member that holds it."""
    for name, inner in setting.members if setting and setting.kind == "members" else ():
        if inner.kind == "tally":
            yield str(inner.value), above + name
        yield from _told(inner, f"{above}{name}.")


def next_places(  # noqa: PLR0913 - what was seen so far, by name
    way: ListPaging, answer: Any, keys: list[Any], *, seen: int, turned: int, limit: int
) -> dict[str, Any]:
    """What leads to the page after this one: after, page or offset. {} where this is the last.

    A cursor that the answer tells is followed as it is. answer: its JSON. keys: of its items. seen: how many items were
    seen so far; turned: how many pages; limit: so many items were asked for.
    """
    if way.after is not None and way.told:
        cursor = dotted(answer, way.told) if isinstance(answer, Mapping) else None
        return {"after": cursor} if isinstance(cursor, str | int) and cursor not in ("", False) else {}
    more = says_more(way, answer)
    short = way.limit is not None and len(keys) < limit
    if not keys or more is False or (short and more is not True):
        return {}
    if way.after is not None:
        return {"after": keys[-1]}
    if way.page is not None:
        return {"page": way.listing.page_from + turned}
    return {"offset": seen} if way.offset is not None else {}


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


def says_more(way: ListPaging, answer: Any) -> bool | None:
    """Whether a page says that another one follows it; None where it says nothing."""
    if not isinstance(answer, Mapping):
        return None
    if way.told:
        return dig(answer, way.told.split(".")) not in (ABSENT, None, "")
    more = dotted(answer, way.more) if way.more else None
    if isinstance(more, bool):
        return more
    link = dig(answer, way.link.split(".")) if way.link else ABSENT
    return None if link is ABSENT else link not in (None, "")
