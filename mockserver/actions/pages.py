"""What a list tells of its page beside the items: numbers, cursors and URLs of other pages."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.rules.lists import UNLIMITED
from threadmock.mockserver.rules.values import base_of
from threadmock.mockserver.state.store import Thing
from threadmock.specs.members import dig
from threadmock.specs.operations.parameters import parse_query


@dataclass(frozen=True, eq=False)
class Page:
    """One page of a list. limit: items at most; ahead: how many come before it; more: whether others come after it."""

    call: Call
    things: list[Thing]
    total: int
    limit: int
    ahead: int
    more: bool

    @cached_property
    def size(self) -> int:
        """How many items a page holds at most; what it holds, where nothing limits it."""
        return max(1, self.limit if self.limit < UNLIMITED else len(self.things))

    @property
    def number(self) -> int:
        """Its number, as the list counts pages."""
        return self.ahead // self.size + self.call.plan.lister.page_from

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.total // self.size)

    @property
    def last(self) -> int:
        """The number of the last page; that of the first one where nothing is listed."""
        return max(self.pages, 1) - 1 + self.call.plan.lister.page_from

    def key_at(self, index: int) -> Any:
        """The key of the first (0) or the last (-1) item; None on an empty page."""
        return dig(self.things[index], self.call.plan.key_steps) if self.things else None

    def url(self, **words: Any) -> str:
        """The URL of another page: the request's own query with these words in place of those that chose this page."""
        lister, request = self.call.plan.lister, self.call.scope.request
        chosen = (lister.after_name, lister.before_name, lister.page_name, lister.offset_name or "offset")
        pairs = [(name, value) for name, value in parse_query(request.query) if name not in chosen]
        query = urlencode([*pairs, *((name, str(value)) for name, value in words.items())])
        return f"{base_of(self.call.scope)}{request.path}{'?' * bool(query)}{query}"

    def url_of(self, number: int, ahead: int, cursor: tuple[str, Any]) -> str:
        """The URL of the page with this number, so many items ahead of it, or behind this cursor."""
        lister = self.call.plan.lister
        if lister.page_name:
            return self.url(**{lister.page_name: number})
        if cursor[0] and not lister.offset_name:
            return self.url(**{cursor[0]: cursor[1]})
        return self.url(**{lister.offset_name or "offset": ahead})

    def next_url(self) -> str | None:
        """The URL of the page after."""
        if not self.more or not self.things:
            return None
        cursor = (self.call.plan.lister.after_name, self.key_at(-1))
        return self.url_of(self.number + 1, self.ahead + len(self.things), cursor)

    def previous_url(self) -> str | None:
        """The URL of the page before."""
        if not self.ahead:
            return None
        cursor = (self.call.plan.lister.before_name, self.key_at(0))
        return self.url_of(self.number - 1, max(0, self.ahead - self.size), cursor)

    def last_url(self) -> str:
        """The URL of the last page."""
        ahead = (max(self.pages, 1) - 1) * self.size
        return self.url_of(self.last, ahead, ("", None)) if self.call.plan.lister.page_name or ahead else self.url()

    def links(self) -> str | None:
        """A Link header (RFC 8288, 3) with the pages around; None where there are none."""
        found: Iterator[tuple[str | None, str]] = iter(((self.next_url(), "next"), (self.previous_url(), "prev")))
        return ", ".join(f'<{url}>; rel="{relation}"' for url, relation in found if url) or None


WORDS: Mapping[str, Callable[[Page], Any]] = {
    "more": lambda page: page.more,
    "fewer": lambda page: page.ahead > 0,
    "size": lambda page: page.size,
    "number": lambda page: page.number,
    "pages": lambda page: page.pages,
    "ahead": lambda page: page.ahead,
    "first": lambda page: page.key_at(0),
    "last": lambda page: page.key_at(-1),
    "next": lambda page: str(page.key_at(-1)) if page.more and page.things else None,
    "previous": lambda page: str(page.key_at(0)) if page.ahead and page.things else None,
    "next_offset": lambda page: page.ahead + len(page.things) if page.more else None,
    "next_number": lambda page: page.number + 1 if page.more else None,
    "previous_number": lambda page: page.number - 1 if page.ahead else None,
    "next_url": Page.next_url,
    "previous_url": Page.previous_url,
    "first_url": lambda page: page.url(),
    "last_url": Page.last_url,
    "links": Page.links,
    "is_first": lambda page: not page.ahead,
    "is_last": lambda page: not page.more,
    "is_empty": lambda page: not page.things,
}
"""What can be told of a page beside its items and their number, by the words of `tally`."""
