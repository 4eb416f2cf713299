"""What a list holds: the new thing, every thing once, so many as were asked for, in order, and a true total."""

from collections.abc import Iterator
from typing import Any

from threadmock.contracts.cases.families import makers, parents
from threadmock.contracts.cases.list_pages import ListPaging, paging_of, says_more, smallest_limit
from threadmock.contracts.cases.references import schema_at
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.asking import alike, evidence_of, keys_of, prerequisites_of
from threadmock.contracts.scenarios.lookups import ListedItem, look_for, past_end
from threadmock.contracts.scenarios.pages import (
    MOST_PAGES,
    ask_page,
    isolating,
    items_of,
    key_in,
    listed,
    ours_alone,
    pages,
)
from threadmock.contracts.scenarios.scenario import marked
from threadmock.contracts.target.answers import CreatedThing
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import dotted
from threadmock.specs.schemas.validation import checker

SEVERAL = 5
MOST_DEFAULT = 30
LONGEST_NUMBER = 18


def paged(contract: Contract, operation: Operation) -> str:
    """Lists with a limit, or with pages of a known size."""
    reason = listed(contract, operation)
    if reason:
        return reason
    way = paging_of(operation)
    if way.limit is None:
        return "the list has no limit"
    return "" if smallest_limit(way) < SEVERAL else "the pages are too large to be turned"


def totalled(contract: Contract, operation: Operation) -> str:
    """Lists of what lies in one parent that say how many there are."""
    reason = listed(contract, operation)
    if reason:
        return reason
    return "" if paging_of(operation).total or _total_header(operation) else "the list shows no total"


def _total_header(operation: Operation) -> str:
    """The header that tells how many things there are; "" where none does."""
    told = operation.rule.headers.items()
    return next((name for name, each in told if each.kind == "tally" and each.value == "total"), "")


def _total_in(way: ListPaging, reading: Reading) -> int | None:
    """How many things there are by an answer; None where it does not say."""
    found = dotted(reading.value, way.total) if way.total and isinstance(reading.value, dict) else None
    name = _total_header(way.operation).lower()
    text = reading.response.headers.get(name, "") if reading.response and name and found is None else ""
    if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER:
        return int(text)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def limited(contract: Contract, operation: Operation) -> str:
    """Lists that say how many they hold where nothing is asked for."""
    reason = listed(contract, operation)
    if reason:
        return reason
    limit = default_of(operation)[0]
    if limit is None:
        return "nothing says how many a list holds where no limit is asked for"
    return "" if 0 < limit <= MOST_DEFAULT else f"{limit} things are too many to be made"


def default_of(operation: Operation) -> tuple[int | None, Evidence]:
    """The limit that holds where none is asked for, and on what it rests. None where nobody says it."""
    listing, way = operation.rule.listing, paging_of(operation)
    schema = schema_at(operation, way.limit) if way.limit else None
    documented = schema.document.get("default") if schema else None
    if isinstance(documented, int) and schema is not None:
        return documented, "documented" if checker(schema).valid(documented) else "assumed"
    # of a rule that is inferred the number is one that the mock needs, and no statement about anybody
    return (listing.default_limit, listing.evidence) if listing and not operation.rule.inferred else (None, "assumed")


def make_several(context: Context, operation: Operation, count: int) -> list[CreatedThing]:
    """New things, one after the other, in a new parent where the list is of one parent. NotSent."""
    prerequisites, resource = prerequisites_of(context), operation.rule.resource
    within = fresh_parents(context, operation)
    maker = makers(context.contract, resource, within)[0]
    return [prerequisites.make(resource, within, marked(maker, f"number {number}")) for number in range(count)]


def fresh_parents(context: Context, operation: Operation) -> dict[str, Any]:
    """A new innermost parent for what the operation is about: resource to key, with the outer ones. NotSent."""
    named = parents(operation)
    if not named or not makers(context.contract, named[-1]):
        return {}
    thing = prerequisites_of(context).make(named[-1], {}, prerequisites_of(context).demands(named[-1]))
    return {name: key for name, key in keys_of(thing).items() if name in named}


def run_list_contains(context: Context, operation: Operation) -> Iterator[Finding]:
    """A thing just made is in the list, as it was created."""
    for thing in make_several(context, operation, 2):
        found = look_for(context, operation, thing)
        if found.unseen or found.reading is None:
            context.comparisons.lack(found.unseen)
            continue
        if found.item is None:
            if not found.whole:
                context.comparisons.lack("the list shows older things and not the new one: that is asked by `order`")
            else:
                yield about(
                    found.reading, "list_contains", "a list with the thing just made", "the list lacks it", thing
                )
            continue
        found.reading.compared()
        for what in _differing(operation, thing, found):
            yield about(found.reading, "list_contains", f"what {thing.maker} answered", what, thing)


def apart(contract: Contract, operation: Operation) -> str:
    """Lists of what lies in one parent, where other parents can be made."""
    reason = listed(contract, operation)
    if not reason and not isolating(operation):
        return "the list is not of what lies in one parent"
    return reason or ("" if makers(contract, parents(operation)[-1]) else "nothing makes a parent of what is listed")


def find_foreign_items(context: Context, operation: Operation) -> Iterator[Finding]:
    """A list of what lies in one parent holds nothing that lies in another."""
    (ours,), (other,) = (make_several(context, operation, 1) for _ in range(2))
    way, mine = paging_of(operation), str(ours.key)
    if ours.parents == other.parents or mine == str(other.key):
        context.comparisons.lack("the two things can't be told apart, or lie in one parent")
        return
    for turned, reading in enumerate(pages(context, way, keys_of(ours), way.most, "things of another parent"), 1):
        keys = [str(key_in(way, item)) for item in items_of(reading)]
        if mine in keys:
            reading.compared()
        if str(other.key) in keys:
            yield about(
                reading, "foreign_child", "only what lies in the parent that is named", "another's thing", other
            )
            return
        if turned >= MOST_PAGES:
            return


def _differing(operation: Operation, thing: CreatedThing, found: ListedItem) -> Iterator[str]:
    shaped = operation.rule.listing is not None and bool(operation.rule.listing.item)
    return iter(()) if shaped or found.item is None else alike(thing.sent, thing.shown, found.item)


def about(reading: Reading, check: str, expected: str, what: str, thing: CreatedThing) -> Finding:
    """A finding about a list of what was made like this thing."""
    listing, evidence = reading.rule.listing, evidence_of(reading.operation, thing.maker)
    if check != "list_contains":  # that a list lists is no matter of how it is cut and ordered
        evidence = weakest(evidence, listing.evidence if listing else "assumed")
    source = f"rule {reading.operation.pointer}/x-behaviour/list"
    return reading.find(check, expected, what, source=source, evidence=evidence, exchanges=3)


def run_paging(context: Context, operation: Operation) -> Iterator[Finding]:
    """Page by page: no page is too long, nothing comes twice, nothing is missing; also while things are created."""
    things = make_several(context, operation, SEVERAL)
    way = paging_of(operation)
    # what a cursor of the server's own makes of things that come meanwhile, nobody says
    keyed = way.after is not None and not way.told and way.offset is None
    found = list(_turn(context, way, things, growing=keyed))
    if found and not isolating(operation):
        # Others may make and delete things of this list at the same time: only what shows twice counts.
        found = list(_turn(context, way, things, growing=False))
    alone = None if isolating(operation) else ours_alone(way, things)
    if not found and alone is not None and not context.comparisons.made:
        found = list(_turn(context, alone, things, growing=False))
    yield from found


def _turn(context: Context, way: ListPaging, things: list[CreatedThing], *, growing: bool) -> Iterator[Finding]:
    limit = max(2, smallest_limit(way))
    keys, wanted = keys_of(things[0]), [str(thing.key) for thing in things]
    met: list[str] = []
    reading: Reading | None = None
    complete, promised = way.turns, False
    most = MOST_PAGES if isolating(way.operation) else 2 * MOST_PAGES
    for count, reading in enumerate(pages(context, way, keys, limit, "page by page"), 1):
        if not reading.accepted:
            if count > 1 and past_end(way, reading):
                break
            return
        items = items_of(reading)
        if promised and not items and isolating(way.operation):
            yield _page(reading, f"more things, as {way.more} said", "an empty page", things[0])
            return
        promised = bool(way.more) and says_more(way, reading.value) is True
        if len(items) > limit:
            yield _page(reading, f"at most {limit} items: the limit", f"{len(items)} items", things[0])
            return
        met += [str(key_in(way, item)) for item in items]
        if count == 1 and growing:
            prerequisites_of(context).make(way.operation.rule.resource, things[0].parents)
        if count >= most or (set(wanted) <= set(met) and not isolating(way.operation)):
            complete = False
            break
    if reading is None:
        return
    if set(wanted) & set(met):
        reading.compared()
    else:
        reading.context.comparisons.lack("none of the new things is on the pages that were turned")
    twice = sorted({key for key in met if met.count(key) > 1})
    if twice:
        yield _page(reading, "pages that share nothing", "one thing on two pages", things[0])
    if not twice and _skipped(way, wanted, met, complete=complete):
        yield _page(reading, "every thing on some page", "a thing on no page", things[0])


def _skipped(way: ListPaging, wanted: list[str], met: list[str], *, complete: bool) -> bool:
    """Whether something is on no page: all pages were seen, or what was created before and after it was met."""
    if complete:
        return not set(wanted) <= set(met)
    if way.listing.by and "creat" not in way.listing.by:
        return False
    places = [at for at, key in enumerate(wanted) if key in met]
    return bool(places) and len(places) < places[-1] - places[0] + 1


def _page(reading: Reading, expected: str, what: str, thing: CreatedThing) -> Finding:
    return about(reading, "paging", expected, what, thing)


def run_totals(context: Context, operation: Operation) -> Iterator[Finding]:
    """The total counts all things, not those of the page, and one more after one was made."""
    way = paging_of(operation)
    things = make_several(context, operation, 3)
    keys = keys_of(things[0])
    first = ask_page(context, way, keys, "the total", limit=smallest_limit(way))
    prerequisites_of(context).make(operation.rule.resource, things[0].parents)
    second = ask_page(context, way, keys, "the total after one more was made", limit=smallest_limit(way))
    before, after = (_total_in(way, reading) for reading in (first, second))
    if before is None or after is None:
        context.comparisons.lack("the answer holds no total")
        return
    second.compared()
    if before < len(things):
        yield about(first, "totals", f"a total of {len(things)} or more", f"a total of {before}", things[0])
    elif after != before + 1 and isolating(operation):
        # Where others make things of this list, too, nothing is known of the difference.
        yield about(second, "totals", "one more after one was made", "another total", things[0])


def run_default_limit(context: Context, operation: Operation) -> Iterator[Finding]:
    """Without a limit a list holds no more than its default says, and no fewer where there are more."""
    limit, evidence = default_of(operation)
    if limit is None:
        return
    things = make_several(context, operation, limit + 1)
    reading = ask_page(context, paging_of(operation), keys_of(things[0]), "no limit asked for")
    count = len(items_of(reading))
    if reading.accepted:
        reading.compared()
    if reading.accepted and count != limit:
        yield reading.find(
            "default_limit",
            f"{limit} items: there are more, and no limit was asked for",
            f"{'more' if count > limit else 'fewer'} items",
            source=f"{operation.pointer}/parameters",
            evidence=weakest(evidence, evidence_of(operation)),
            exchanges=limit + 2,
        )
