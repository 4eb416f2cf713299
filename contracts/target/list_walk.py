"""What lists of a target show, page by page, for who needs no judgement of it: all of it, or the things of a run."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.families import lists
from threadmock.contracts.cases.list_pages import PLENTY, ListPaging, next_places, paging_of
from threadmock.contracts.cases.references import schema_at
from threadmock.contracts.cases.shapes import shapes
from threadmock.contracts.target.answers import find_key, items_in, json_of, made_at
from threadmock.contracts.target.tags import NAME, tags_in
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.schemas.formats import is_date_time, read_date_time

MOST_PAGES = 200
FEW_PAGES = 5
"""So many of the newest pages are looked through where a filter said already which things are a run's."""
SOME_PAGES = 20
_DOWN = ("desc", "DESC", "descending")


@dataclass(frozen=True)
class ListWalk:
    """What a list showed. whole: it was seen to its end."""

    items: tuple[Any, ...]
    whole: bool


def walk(
    target: Target, listing: Operation, keys: Mapping[str, Any], *, tag: str = "", most: int = MOST_PAGES
) -> ListWalk:
    """The items of a list, newest first where that can be asked for.

    tag: of the run whose things are wanted: where a filter takes metadata, only those are asked for. most: pages.
    """
    way = paging_of(listing)
    fixed: dict[Source, Any] = {way.limit: way.most} if way.limit else {}
    fixed |= _newest_first(listing)
    if tag and (source := by_metadata(listing)):
        fixed[source] = {NAME: tag}
    found: dict[str, Any] = {}
    at: dict[Source, Any] = {}
    for turned in range(1, most + 1):
        answer = _answer(target, listing, keys, {**fixed, **at})
        page = items_in(listing.rule.listing, answer)
        if page is None:
            return ListWalk(tuple(found.values()), whole=False)
        before = len(found)
        for item in page:
            found.setdefault(str(find_key(item, way.key)), item)
        if not way.turns:
            # of a page that may be full, with nothing that leads to the next one, nobody knows what is behind it
            full = way.most if way.limit else way.listing.default_limit or PLENTY
            return ListWalk(tuple(found.values()), whole=len(page) < full)
        if len(found) == before:
            # a short page is not the last one for sure: a server may give fewer things than it is asked for
            return ListWalk(tuple(found.values()), whole=True)
        at = _next(way, answer, page, seen=len(found), turned=turned)
        if not at:
            return ListWalk(tuple(found.values()), whole=True)
    return ListWalk(tuple(found.values()), whole=False)


def tagged_keys(target: Target, contract: Contract, resource: str, tag: str, *, thorough: bool) -> list[Any] | None:
    """The keys of the things that carry a run's tag, by all lists of the resource that name no parent.

    thorough: each list is gone through to its end, whatever its filters say; else its newest pages. None where no list
    could be read that may show a tag.
    """
    keys: dict[str, Any] = {}
    readable = False
    for listing in lists(contract, resource):
        member = listing.rule.key.member if listing.rule.key else ""
        if not member:
            continue
        walks = [walk(target, listing, {}, tag=tag)] if by_metadata(listing) else []
        # a filter may be what is broken
        walks.append(walk(target, listing, {}, most=MOST_PAGES if thorough and not walks else FEW_PAGES))
        readable |= any(each.whole or each.items for each in walks)
        for item in (item for each in walks for item in each.items if tag in tags_in(item)):
            key = find_key(item, member)
            if key is not None:
                keys.setdefault(str(key), key)
    return list(keys.values()) if readable else None


def made_since(target: Target, contract: Contract, resource: str, since: str, known: Container[str]) -> int | None:
    """How many things of a resource were made since a moment and are none of the known ones; None where nobody can say.

    They may be anybody's. since: RFC 3339. known: keys as texts.
    """
    for listing in lists(contract, resource) if is_date_time(since) else ():
        shown = walk(target, listing, {}, most=SOME_PAGES)
        moments = [made_at(item) for item in shown.items]
        told = [moment for moment in moments if moment is not None]
        if len(told) < len(moments) or not (shown.whole or (told and told == sorted(told, reverse=True))):
            continue
        member = listing.rule.key.member if listing.rule.key else ""
        began = read_date_time(since)
        new = [item for item, moment in zip(shown.items, moments, strict=True) if moment and moment >= began]
        return sum(str(find_key(item, member)) not in known for item in new)
    return None


def by_metadata(listing: Operation) -> Source | None:
    """The place of a list's request that takes metadata which its items must have; None for none."""
    rule = listing.rule.listing
    for each in rule.filters if rule else ():
        if each.how == "contains" and each.source.place == "body" and len(each.source.steps) == 1:
            return each.source
    return None


def _newest_first(listing: Operation) -> dict[Source, Any]:
    """What asks for the newest things first, where a list has another order and lets one choose."""
    rule = listing.rule.listing
    place = rule.direction if rule and rule.order != "newest" else None
    schema = schema_at(listing, place) if place and len(place.steps) == 1 else None
    if place is None or schema is None:
        return {}
    words = {str(word) for branch in shapes(schema).root() for word in branch.keywords.get("enum", ())}
    down = next((word for word in _DOWN if word in words), None)
    return {} if down is None else {place: down}


def _next(way: ListPaging, answer: Any, page: list[Any], *, seen: int, turned: int) -> dict[Source, Any]:
    """What leads to the next page; {} where the list says that there is none. A short page is not the last for sure."""
    keys = [find_key(item, way.key) for item in page]
    places = next_places(way, answer, keys, seen=seen, turned=turned, limit=min(way.most, len(page)))
    return {source: value for name, value in places.items() if (source := getattr(way, name)) is not None}


def _answer(target: Target, listing: Operation, keys: Mapping[str, Any], at: Mapping[Source, Any]) -> Any:
    try:
        exchange = target.exchange(case_about(listing, keys, "clean-up: what is there", at=at))
    except NotSent:
        return None
    shown = exchange.response is not None and exchange.response.status == 200
    return json_of(exchange) if shown else None
