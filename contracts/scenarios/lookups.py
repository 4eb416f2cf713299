"""A thing of ours in a list that may hold ten thousand others: where it is, or whether the list was seen without it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from threadmock.contracts.cases.list_pages import NO_PAGE, PLENTY, ListPaging, paging_of, says_more
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.scenarios.asking import keys_of
from threadmock.contracts.scenarios.pages import MOST_PAGES, ask_page, items_of, key_in, ours_alone, pages
from threadmock.contracts.target.answers import CreatedThing, made_at
from threadmock.specs.contract import Operation

MOST_PROBES = 20
"""Pages that are asked for to find the end of a list by its offset: enough for some 50,000 things."""
MOST_ASKED = 2 * MOST_PAGES + MOST_PROBES
"""Requests at most for one look into a list."""


@dataclass(frozen=True)
class ListedItem:
    """What going through a list came to. item: None where it was not met; reading: the last page that was seen.

    whole: the list was seen to its end. passed: it comes newest first, and older things were seen without this one.
    keyless: no item shows a key, so that nothing can be told.
    """

    item: Mapping[str, Any] | None
    whole: bool
    reading: Reading | None
    passed: bool = False
    keyless: bool = False

    @property
    def absent(self) -> bool:
        """Whether the list was seen to be without the thing."""
        return self.item is None and (self.whole or self.passed)

    @property
    def unseen(self) -> str:
        """Why nothing is known; "" where something is."""
        if self.item is not None or self.absent:
            return ""
        if self.keyless:
            return "the items of the list do not show their keys"
        if self.reading is None or not self.reading.accepted:
            return "the list could not be read"
        return f"the thing is among others, on none of the pages of {self.reading.operation} that were asked for"


def look_for(context: Context, operation: Operation, thing: CreatedThing) -> ListedItem:
    """A thing in a list, in at most MOST_ASKED requests."""
    return look_for_by(context, paging_of(operation), thing)


def look_for_by(context: Context, way: ListPaging, thing: CreatedThing) -> ListedItem:
    """As `look_for`, by a way with further places filled.

    The first page, then a filter that leaves our own things, then some pages more, then the end.
    """
    first = _look(context, way, thing, 1)
    if first.item is not None or first.whole or first.keyless or first.reading is None or not first.reading.accepted:
        return first
    alone = ours_alone(way, [thing])
    if alone is not None:
        found = _look(context, alone, thing, MOST_PAGES)
        if found.item is not None or found.whole:
            return found
    found = _look(context, way, thing, MOST_PAGES, after=first)
    if found.item is not None or found.whole:
        return found
    reading, items = end_of(context, way, keys_of(thing))
    item = _among(way, items, thing)
    return ListedItem(item, item is not None, reading or found.reading, passed=found.passed)


def _look(
    context: Context, way: ListPaging, thing: CreatedThing, most: int, *, after: ListedItem | None = None
) -> ListedItem:
    """Page by page. after: what the first page came to, where that was seen before."""
    reading, passed = None, False
    known = after.reading if after else None
    turned = 0
    for turned, reading in enumerate(
        pages(context, way, keys_of(thing), way.most, "looking for a thing", known=known), 1
    ):
        if not reading.accepted:
            return ListedItem(None, whole=turned > 1 and past_end(way, reading), reading=reading)
        items = items_of(reading)
        item = _among(way, items, thing)
        if item is not None:
            return ListedItem(item, whole=True, reading=reading)
        if items and all(key_in(way, each) is None for each in items):
            return ListedItem(None, whole=False, reading=reading, keyless=True)
        passed = passed or _passes(way, items, thing)
        if passed or (turned >= most and _goes_on(way, reading, items)):
            return ListedItem(None, whole=False, reading=reading, passed=passed)
    count = len(items_of(reading)) if reading else 0
    cut = way.limit is None and way.page is None and count >= (way.listing.default_limit or PLENTY)
    unturned = way.limit is not None and not way.turns and count >= way.most
    return ListedItem(None, not (cut or unturned), reading, passed=passed)


def _goes_on(way: ListPaging, reading: Reading, items: Sequence[Any]) -> bool:
    more = says_more(way, reading.value)
    return bool(items) and (more if more is not None else way.limit is None or len(items) >= way.most)


def past_end(way: ListPaging, reading: Reading) -> bool:
    """Whether a page was refused because the list ends before it: many servers say so of a page's number."""
    return way.page is not None and reading.status == NO_PAGE


def _among(way: ListPaging, items: Sequence[Any], thing: CreatedThing) -> Mapping[str, Any] | None:
    return next((i for i in items if isinstance(i, Mapping) and str(key_in(way, i)) == str(thing.key)), None)


def _passes(way: ListPaging, items: Sequence[Any], thing: CreatedThing) -> bool:
    """Whether a page of a list that comes newest first is past a thing: it ends with an older one."""
    listing = way.listing
    if (listing.order == "newest") == listing.from_end or (listing.by and "creat" not in listing.by):
        return False
    ours, last = made_at(thing.shown), made_at(items[-1]) if items else None
    return ours is not None and last is not None and last < ours


def end_of(context: Context, way: ListPaging, keys: Mapping[str, Any]) -> tuple[Reading | None, list[Any]]:
    """The last page of a list with offsets or numbers and the items of the last two; (None, []) where not reached."""
    if way.limit is None or (way.page is None and (way.offset is None or way.after is not None)):
        return None, []
    memory = context.memory.setdefault("list_ends", {})
    seen: dict[int, Reading] = {}

    def size(page: int) -> int:
        if page not in seen:
            at = {"page": way.listing.page_from + page} if way.page is not None else {"offset": page * way.most}
            seen[page] = ask_page(context, way, keys, "the end of the list", limit=way.most, **at)
        return len(items_of(seen[page]))

    last = _last_page(size, memory.get(way.operation.slug, 0))
    if last is None or not all(reading.accepted or past_end(way, reading) for reading in seen.values()):
        return None, []
    memory[way.operation.slug] = last
    size(max(last - 1, 0))
    items = [item for page in sorted({max(last - 1, 0), last}) for item in items_of(seen[page])]
    return seen[last], items


def _last_page(size: Any, guess: int) -> int | None:
    """The number of the last page that holds something, by doubling and halving; None where that takes too long."""
    probes = iter(range(MOST_PROBES - 1))
    full, empty = 0, 0
    page = max(guess, 1)
    while not empty:
        if next(probes, None) is None:
            return None
        if size(page):
            full, page = page, page + 1 if page == guess else 2 * page
        else:
            empty = page
    while empty - full > 1:
        if next(probes, None) is None:
            return None
        middle = (full + empty) // 2
        full, empty = (middle, empty) if size(middle) else (full, middle)
    return full
