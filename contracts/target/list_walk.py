"""All that a list of a target shows, page by page, for who needs no judgement of it."""

from collections.abc import Mapping
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.list_pages import ListPaging, paging_of
from threadmock.contracts.target.answers import find_key
from threadmock.contracts.target.tags import NAME
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Operation
from threadmock.specs.members import dotted
from threadmock.specs.wire.strictjson import JsonError, parse_json

MOST_PAGES = 200


def items(target: Target, listing: Operation, keys: Mapping[str, Any], *, tag: str = "") -> list[Any] | None:
    """The items of a list, to its end; None where it can't be read to its end.

    tag: of the run whose things are wanted: where a filter takes metadata, only those are asked for.
    """
    way = paging_of(listing)
    fixed: dict[Source, Any] = {way.limit: way.most} if way.limit else {}
    if tag and (source := _by_metadata(listing)):
        fixed[source] = {NAME: tag}
    found: list[Any] = []
    at: dict[Source, Any] = {}
    for _ in range(MOST_PAGES):
        page = _page(target, listing, keys, {**fixed, **at})
        if page is None:
            return None
        known = {str(find_key(item, way.key)) for item in found}
        new = [item for item in page if str(find_key(item, way.key)) not in known]
        found += new
        if not new or len(page) < way.most or not (way.offset or way.after):
            return found
        at = _next(way, found, page)
    return None


def _next(way: ListPaging, found: list[Any], page: list[Any]) -> dict[Source, Any]:
    if way.after:
        return {way.after: find_key(page[-1], way.key)}
    return {way.offset: len(found)} if way.offset else {}


def _by_metadata(listing: Operation) -> Source | None:
    rule = listing.rule.listing
    for each in rule.filters if rule else ():
        if each.how == "contains" and each.source.place == "body" and len(each.source.steps) == 1:
            return each.source
    return None


def _page(target: Target, listing: Operation, keys: Mapping[str, Any], at: Mapping[Source, Any]) -> list[Any] | None:
    try:
        exchange = target.exchange(case_about(listing, keys, "clean-up: what is there", at=at))
    except NotSent:
        return None
    response, rule = exchange.response, listing.rule.listing
    if response is None or response.status != 200 or not isinstance(response.body, bytes) or rule is None:
        return None
    try:
        value = parse_json(response.body, duplicate_keys="last")
    except JsonError:
        return None
    found = value if rule.items is None else dotted(value, rule.items)
    return found if isinstance(found, list) else None
