"""How lists are gone through: one page, the next one, and what of a list can be asked for alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.families import makers, parents
from threadmock.contracts.cases.list_pages import ListPaging, _declared, next_places
from threadmock.contracts.cases.references import references, schema_at
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.target.answers import CreatedThing, find_key, items_in
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.schemas.declared import properties
from threadmock.specs.schemas.validation import checker

if TYPE_CHECKING:
    from threadmock.specs.behaviour.setting import Source

MOST_PAGES = 8


def narrowed(way: ListPaging, things: Sequence[CreatedThing]) -> ListPaging:
    """The way through these things alone, where a filter takes their keys; else the same way."""
    wanted = [thing.key for thing in things]
    for rule in way.listing.filters:
        source = _declared(way.operation, rule.source) if rule.how == "among" and rule.member == way.key else None
        schema = schema_at(way.operation, source) if source else None
        free = source is not None and source not in way.fixed
        if source and free and schema and source.place == "body" and checker(schema).accepted(wanted):
            return replace(way, fixed={**way.fixed, source: wanted})
    return way


def ours_alone(way: ListPaging, things: Sequence[CreatedThing]) -> ListPaging | None:
    """A way through little more than these things: by key, else by what their metadata share; None without a filter."""
    by_key = narrowed(way, things)
    if by_key is not way:
        return by_key
    for rule in way.listing.filters:
        source = _declared(way.operation, rule.source) if rule.how == "contains" else None
        schema = schema_at(way.operation, source) if source else None
        shared = _shared(rule.member, things) if source not in way.fixed else {}
        if source and schema and source.place == "body" and shared and checker(schema).accepted(shared):
            return replace(way, fixed={**way.fixed, source: shared})
    return None


def _shared(member: str, things: Sequence[CreatedThing]) -> dict[str, str]:
    """The texts in an object that all these things were given alike."""
    given = [thing.sent.get(member) for thing in things]
    objects = [each for each in given if isinstance(each, Mapping)]
    if not objects or len(objects) < len(given):
        return {}
    return {
        name: text
        for name, text in objects[0].items()
        if isinstance(text, str) and all(each.get(name) == text for each in objects)
    }


def ask_page(context: Context, way: ListPaging, keys: Mapping[str, Any], label: str, **places: Any) -> Reading:
    """One page. places: limit, offset, page, after."""
    at: dict[Source, Any] = dict(way.fixed)
    at |= {getattr(way, n): v for n, v in places.items() if getattr(way, n) is not None and v is not None}
    return ask(context, case_about(way.operation, keys, label, at=at))


def items_of(reading: Reading) -> list[Any]:
    """The items of a list's answer; [] where it holds none."""
    return (items_in(reading.rule.listing, reading.value) or []) if reading.accepted else []


def key_in(way: ListPaging, item: Any) -> Any:
    """The key of an item."""
    return find_key(item, way.key)


def pages(  # noqa: PLR0913 - what is asked for, by name
    context: Context,
    way: ListPaging,
    keys: Mapping[str, Any],
    limit: int,
    label: str,
    *,
    known: Reading | None = None,
) -> Iterator[Reading]:
    """Page after page, as each leads to the next; the caller bounds it. known: the first page, where it was asked."""
    reading = known or ask_page(context, way, keys, label, limit=limit)
    seen = turned = 0
    while True:
        yield reading
        met = [key_in(way, item) for item in items_of(reading)]
        seen, turned = seen + len(met), turned + 1
        places = next_places(way, reading.value, met, seen=seen, turned=turned, limit=limit) if reading.accepted else {}
        cut = way.limit is not None or way.page is not None or way.told  # else a list without a limit holds all
        if not places or not cut:
            return
        reading = ask_page(context, way, keys, label, limit=limit, **places)


def listed(contract: Contract, operation: Operation) -> str:
    """Lists of things that can be made below the parents that the list names."""
    if operation.rule.action != "list" or operation.rule.listing is None or operation.rule.listing.distinct:
        return "the operation lists nothing"
    within = [name.resource for name in references(operation)]
    if not makers(contract, operation.rule.resource, within):
        return f"nothing makes a {operation.rule.resource} that it could list"
    reply = operation.reply(operation.success)
    media = next(iter(reply.content.values()), None) if reply else None
    needed = {each.name for each in operation.parameters_in("query") if each.required}
    if any(each.source.place == "path" or each.source.steps[0] in needed for each in operation.rule.listing.filters):
        return "the list is always filtered"
    items = operation.rule.listing.items
    if items and media and "." not in items and properties(media.schema) and items not in properties(media.schema):
        return f"the answer declares no {items}"
    return ""


def isolating(operation: Operation) -> bool:
    """Whether the list is of what lies in one parent, so that nobody else's things are in it."""
    return bool(parents(operation)) and not (operation.rule.listing and operation.rule.listing.everywhere)
