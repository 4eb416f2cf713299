"""What a response says of the other pages: links to the next and the previous one, and headers that count."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.list_pages import ListPaging, next_places, paging_of, smallest_limit
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.asking import evidence_of, keys_of
from threadmock.contracts.scenarios.families.lists import SEVERAL, make_several, paged
from threadmock.contracts.scenarios.pages import MOST_PAGES, ask_page, isolating, items_of, key_in, listed, narrowed
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.target.answers import CreatedThing
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import weakest
from threadmock.specs.members import dotted


def linked(contract: Contract, operation: Operation) -> str:
    """Lists whose answers hold a link to the next page."""
    reason, listing = paged(contract, operation), operation.rule.listing
    return reason or ("" if listing and listing.next else "no answer links to other pages")


def run_links(context: Context, operation: Operation) -> Iterator[Finding]:
    """Follow the links, to and fro: they lead to the pages that the cursor leads to, and end where the things end."""
    things, way = make_several(context, operation, SEVERAL), paging_of(operation)
    limit, keys = max(2, smallest_limit(way)), keys_of(things[0])
    first = ask_page(context, way, keys, "the first page", limit=limit)
    if not first.accepted or len(items_of(first)) < limit:
        context.comparisons.lack("the first page is not full, although there are more things")
        return
    first.compared()
    second = _follow(context, way, things[0], first, way.listing.next)
    if second is None:
        yield _about(first, "a link to the next page: there are more things", "no link that leads there")
        return
    met = [key_in(way, item) for item in items_of(first)]
    places = next_places(way, first.value, met, seen=len(met), turned=1, limit=limit)
    wanted = ask_page(context, way, keys, "the second page, by hand", limit=limit, **places)
    if places and wanted.accepted and _keys(way, wanted) != _keys(way, second):
        yield _about(second, "the page that follows", "another page, by the link to the next one")
        return
    yield from _back(context, way, things[0], first, second)
    yield from _ends(context, way, things[0], second, limit)


def _back(context: Context, way: ListPaging, thing: CreatedThing, first: Reading, second: Reading) -> Iterator[Finding]:
    name = way.listing.previous
    if not name:
        return
    if dotted(first.value, name):
        yield _about(first, "no link to a page before the first", "a link")
    back = _follow(context, way, thing, second, name)
    if back is None:
        yield _about(second, "a link to the page before", "no link that leads there")
    elif back.accepted and _keys(way, back) != _keys(way, first):
        yield _about(back, "the first page", "another page, by the link to the previous one")
    elif back.accepted and not dotted(back.value, way.listing.next):
        yield _about(
            back, "a link to the next page: this is not the last", "no link, where the page before is asked for"
        )


def _ends(context: Context, way: ListPaging, thing: CreatedThing, page: Reading, limit: int) -> Iterator[Finding]:
    """Go on by the links, if not too far: a page that is not full is the last one, and has none."""
    met = _keys(way, page)
    for _ in range(MOST_PAGES if isolating(way.operation) else 0):
        if not page.accepted:
            return
        link = dotted(page.value, way.listing.next)
        if len(items_of(page)) < limit:
            if link:
                yield _about(page, "no link: this is the last page", "a link to a next page")
            return
        following = _follow(context, way, thing, page, way.listing.next)
        if following is None:
            return
        if set(_keys(way, following)) & set(met):
            yield _about(following, "pages that share nothing", "one thing on two pages, by the links")
            return
        page, met = following, met + _keys(way, following)


def _keys(way: ListPaging, reading: Reading) -> list[str]:
    return [str(key_in(way, item)) for item in items_of(reading)]


def _follow(context: Context, way: ListPaging, thing: CreatedThing, page: Reading, name: str) -> Reading | None:
    """What a link of a page leads to; None where there is none, or where it leads elsewhere than to this list."""
    link = dotted(page.value, name)
    if not isinstance(link, str) or not link:
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    case = case_about(way.operation, keys_of(thing), f"by the link {name}")
    here = case.request.path.rstrip("/")
    if parts.path and not unquote(parts.path).rstrip("/").endswith(here):
        return None
    # A target may stand below a path of its own: only what the link asks for is taken from it.
    return ask(context, replace(case, request=replace(case.request, query=parts.query)))


def _about(reading: Reading, expected: str, what: str, check: str = "links") -> Finding:
    listing = reading.rule.listing
    evidence = weakest(evidence_of(reading.operation), listing.evidence if listing else "assumed")
    if check == "page_headers" and listing and listing.pagination:
        evidence = weakest(evidence, listing.pagination.evidence)
    source = f"rule {reading.operation.pointer}/x-behaviour/list"
    return reading.find(check, expected, what, source=source, evidence=evidence, exchanges=4)


def headed(contract: Contract, operation: Operation) -> str:
    """Lists with offsets whose answers count in their headers."""
    reason = listed(contract, operation)
    if reason:
        return reason
    if operation.rule.listing is None or operation.rule.listing.pagination is None:
        return "no header names other pages"
    way = paging_of(operation)
    return "" if way.limit and way.offset and smallest_limit(way) < SEVERAL else "the list has no pages by offset"


def run_page_headers(context: Context, operation: Operation) -> Iterator[Finding]:
    """The headers of a page with more behind it, and, where nobody else's things are in the list, of the last one."""
    things, whole = make_several(context, operation, SEVERAL), paging_of(operation)
    way = narrowed(whole, things)
    limit, keys = max(2, smallest_limit(way)), keys_of(things[0])
    first = ask_page(context, way, keys, "a page with more behind it", limit=limit, offset=0)
    if first.accepted and len(items_of(first)) == limit:
        first.compared()
        yield from _judge_more(first, limit)
    else:
        context.comparisons.lack("the first page is not full, although there are more things")
    if way is whole and not isolating(operation):
        return
    last = ask_page(context, way, keys, "the last page", limit=limit, offset=SEVERAL - 1)
    if last.accepted and len(items_of(last)) == 1:
        last.compared()
        yield from _judge_last(last)


def _header(reading: Reading, which: str) -> str | None:
    pagination = reading.rule.listing.pagination if reading.rule.listing else None
    name = getattr(pagination, which, "").lower()
    return reading.response.headers.get(name) if reading.response else None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 18 else None


def _judge_more(first: Reading, limit: int) -> Iterator[Finding]:
    following, total = _header(first, "next"), _header(first, "total")
    if following != str(limit):
        yield _about(first, f"the offset of the next page in its header: {limit}", f"{following}", "page_headers")
    known = _number(total)
    if known is None or known <= limit:
        yield _about(first, f"more than {limit} in the header that counts", f"{total}", "page_headers")


def _judge_last(last: Reading) -> Iterator[Finding]:
    following, total = _header(last, "next"), _header(last, "total")
    if following is not None:
        yield _about(last, "no offset of a next page: this is the last", f"{following}", "page_headers")
    if _number(total) != SEVERAL:
        yield _about(last, f"{SEVERAL} in the header that counts: so many there are", f"{total}", "page_headers")
