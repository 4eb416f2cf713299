"""`GET /_mock/threads`: the threads of a provider, the newest first, page by page."""

import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from threadmock.mockserver.control.bodies import ControlError, whole
from threadmock.mockserver.control.messages.likely_members import created_of, first_text, moment_text, updated_of
from threadmock.mockserver.control.messages.thread_resources import (
    Steps,
    is_shown,
    thread_resources,
    thread_shelves,
)
from threadmock.mockserver.control.operations import find_provider
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.pipeline.mounts import Mount
from threadmock.mockserver.state.store import Shelf, Store, Thing
from threadmock.specs.errors import nearest
from threadmock.specs.members import dig
from threadmock.specs.operations.parameters import parse_query

PARAMETERS = ("provider", "search", "limit", "after")
DEFAULT_LIMIT, MOST = 50, 1000
_TITLES = ("title", "name", "subject", "topic", "label")
_DIGITS = 9
Entry = tuple[str, Thing]


def list_threads(gateway: Gateway, query: str = "") -> dict[str, Any]:
    """One page of threads. ControlError for an unknown parameter or provider, or a thread that is gone.

    provider: needed where several are served. search: a text in key, title or metadata, in any case. limit: 1 to MOST.
    after: the key of the last thread of the page before.
    """
    given = _read(query)
    mount = mount_of(gateway, given.get("provider"))
    limit = _limit(given["limit"]) if "limit" in given else DEFAULT_LIMIT
    catch_up(gateway)
    store, found = gateway.world.store, thread_resources(mount.contract)
    shelves = thread_shelves(store, mount.contract)
    search, after = given.get("search", "").casefold(), given.get("after", "")
    entries = _newest(store, shelves)
    if search:
        entries = [each for each in entries if _matches(search, *each, found.title)]
    page = _page(entries, after, limit)
    more = len(page) > limit
    threads = [summary(*each, found.title) for each in page[:limit]]
    return {
        "provider": mount.contract.name,
        "resource": found.thread or None,
        "count": len(entries),
        "threads": threads,
        "after": threads[-1]["key"] if more else None,
    }


def mount_of(gateway: Gateway, named: Any) -> Mount:
    """The provider that is named, or the only one. ControlError where there are several, or none of that name."""
    if named is None:
        if len(gateway.mounts) == 1:
            return gateway.mounts[0]
        known = ", ".join(mount.contract.name for mount in gateway.mounts)
        raise ControlError("Several providers are served.", where="provider", fix=f"Name one of {known}.")
    name = find_provider(gateway, named)
    return next(mount for mount in gateway.mounts if mount.contract.name == name)


def catch_up(gateway: Gateway) -> None:
    """Let everything happen that is due, as before an ordinary request."""
    world = gateway.world
    world.calendar.expire(world.clock.read(), world.store)
    world.scheduler.run_due()


def newest_keys(gateway: Gateway, mount: Mount, count: int) -> list[str]:
    """The keys of the newest threads of a provider, so many at most."""
    store = gateway.world.store
    return [key for key, _ in _newest(store, thread_shelves(store, mount.contract))[:count]]


def summary(key: str, thread: Thing, title: Steps) -> dict[str, Any]:
    """What a list tells of a thread."""
    return {
        "key": key,
        "title": title_of(thread, title),
        "status": first_text(thread, ("status", "state")),
        "created": moment_text(created_of(thread)),
        "updated": moment_text(updated_of(thread)),
    }


def title_of(thread: Thing, title: Steps) -> str | None:
    """The title of a thread, where its rules say, in a member with a likely name, or in its metadata; else None."""
    own = dig(thread, title) if title else None
    if isinstance(own, str) and own:
        return own
    found = first_text(thread, _TITLES)
    if found is not None:
        return found
    return next((text for each in _metadata(thread) if (text := first_text(each, _TITLES))), None)


def _newest(store: Store, shelves: Sequence[Shelf]) -> list[Entry]:
    """All threads, the newest first: those of one shelf as they were made, those of several by their dates."""
    lists = [store.items(shelf)[::-1] for shelf in shelves]
    if len(shelves) < 2:
        return [each for items in lists for each in items]
    kept = [
        each for shelf, items in zip(shelves, lists, strict=True) for each in items if is_shown(store, shelf, each[0])
    ]
    return sorted(kept, key=lambda each: _order(each[1]), reverse=True)


def _order(thread: Thing) -> tuple[float, str]:
    created = created_of(thread)
    return (0.0, created) if isinstance(created, str) else (float(created or 0), "")


def _page(entries: Sequence[Entry], after: str, limit: int) -> list[Entry]:
    """The threads of a page, and the one after it. ControlError where the page before ended with one that is gone."""
    if not after:
        return list(entries[: limit + 1])
    keys = (key for key, _ in entries)
    at = next((at for at, key in enumerate(keys) if key == after), None)
    if at is None:
        fix = "Send the key of an earlier thread of that page, or begin again without `after`."
        raise ControlError(f"There is no thread {after[:100]!r} among those that are listed.", where="after", fix=fix)
    return list(itertools.islice(entries, at + 1, at + limit + 2))


def _matches(search: str, key: str, thread: Thing, title: Steps) -> bool:
    if search in key.casefold():
        return True
    shown = title_of(thread, title)
    if shown is not None and search in shown.casefold():
        return True
    return any(_holds(each, search) for each in _metadata(thread))


def _holds(node: Any, search: str) -> bool:
    """Whether any text in a value, which has as few levels as a request may have, holds another."""
    if isinstance(node, str):
        return search in node.casefold()
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for each in inner:  # noqa: SIM110 - a generator here doubles the time of a search
        if _holds(each, search):
            return True
    return False


def _metadata(thread: Thing) -> Iterator[Any]:
    """The members that hold what a user noted on a thread."""
    for name, value in thread.items():
        if isinstance(value, dict | list) and _is_metadata(name):
            yield value


@functools.lru_cache(maxsize=1000)
def _is_metadata(name: str) -> bool:
    return name.lower().replace("_", "").endswith(("metadata", "meta", "tags"))


def _read(query: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in parse_query(query):
        if name not in PARAMETERS:
            raise ControlError(f"There is no parameter {name[:60]!r}.", where=name[:60], fix=nearest(name, PARAMETERS))
        given[name] = value
    return given


def _limit(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else text
    return whole(number, "limit", 1, MOST)
