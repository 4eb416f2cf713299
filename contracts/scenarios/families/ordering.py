"""Lists in the order of making: by the rule, and in the direction that is asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from threadmock.contracts.cases.list_pages import ListPaging, paging_of
from threadmock.contracts.cases.references import schema_at
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.asking import keys_of
from threadmock.contracts.scenarios.families.lists import about, make_several
from threadmock.contracts.scenarios.families.sorting import spelled_as
from threadmock.contracts.scenarios.lookups import MOST_PROBES, end_of
from threadmock.contracts.scenarios.pages import ask_page, items_of, key_in, listed, ours_alone
from threadmock.contracts.target.answers import CreatedThing, made_at
from threadmock.specs.contract import Contract, Operation

COUNT = 4
"""Things that are made: an order by chance looks right once in twenty-four times."""
MOST_ASKED = 3 * 4 + MOST_PROBES


def ordered(contract: Contract, operation: Operation) -> str:
    """Lists in the order of making."""
    reason = listed(contract, operation)
    by = operation.rule.listing.by if operation.rule.listing else ""
    return reason or ("" if not by or "creat" in by else f"the list is ordered by {by}")


def run_order(context: Context, operation: Operation) -> Iterator[Finding]:
    """Things come in the order that the rule names, and in the one that is asked for."""
    listing = operation.rule.listing
    things = make_several(context, operation, COUNT)
    if listing is None:
        return
    newest = (listing.order == "newest") != listing.from_end
    yield from _judge(context, paging_of(operation), things, newest=newest, asked="")
    schema = schema_at(operation, listing.direction) if listing.direction else None
    if schema is not None and listing.direction and not (listing.sort or listing.from_end):
        for word, first in (("asc", False), ("desc", True)):
            way = replace(paging_of(operation), fixed={listing.direction: spelled_as(schema, word)})
            yield from _judge(context, way, things, newest=first, asked=word)


def _judge(
    context: Context, way: ListPaging, things: list[CreatedThing], *, newest: bool, asked: str
) -> Iterator[Finding]:
    label, keys = f"the order {asked or 'without a word'}", keys_of(things[0])
    wanted = [str(thing.key) for thing in (things[::-1] if newest else things)]
    first = ask_page(context, way, keys, label, limit=way.most)
    reading, items = first, items_of(first)
    met = _met(way, items, wanted)
    if len(met) < 2 and first.accepted:
        end, last = end_of(context, way, keys)
        if end is not None and len(_met(way, last, wanted)) > 1:
            reading, met = end, _met(way, last, wanted)
        elif alone := ours_alone(way, things):
            reading = ask_page(context, alone, keys, label, limit=way.most)
            met = _met(way, items_of(reading), wanted)
    word = f"{'the newest first' if newest else 'the oldest first'}{f', as {asked} asks for' if asked else ''}"
    if len(met) < 2:
        context.comparisons.lack(_why(first))
        return
    if met != [key for key in wanted if key in met]:
        reading.compared()
        yield about(reading, "order", word, "another order", things[0])
    elif newest and reading is not first:
        # They are in the list, and should be on its first page.
        if not _are_older(items, things):
            context.comparisons.lack(
                "the first page holds none of the new things, and nothing says how old the others are"
            )
            return
        first.compared()
        yield about(first, "order", word, "another order: older things first, and none of the new ones", things[0])
    else:
        reading.compared()


def _met(way: ListPaging, items: list[Any], wanted: list[str]) -> list[str]:
    return [key for item in items if (key := str(key_in(way, item))) in wanted]


def _are_older(items: list[Any], things: list[CreatedThing]) -> bool:
    """Whether all of these items say that they were made before any of the things."""
    ours = [made_at(thing.shown) for thing in things]
    theirs = [made_at(item) for item in items if isinstance(item, Mapping)]
    mine = [moment for moment in ours if moment is not None]
    if not theirs or len(mine) < len(ours):
        return False
    return all(moment is not None and moment < min(mine) for moment in theirs)


def _why(first: Reading) -> str:
    if not first.accepted:
        return "the list could not be read"
    return "fewer than two of the new things were found among the others in the list"
