"""Things that expire: they are deleted, or only the newest thing below them is kept."""

import datetime
import heapq
import itertools
import threading
from typing import TypeAlias

from threadmock.mockserver.state.store import Shelf, Store, Thing, below
from threadmock.specs.behaviour.rule import Expiry
from threadmock.specs.members import dig
from threadmock.specs.schemas.formats import read_date_time

CalendarState: TypeAlias = tuple[tuple[datetime.datetime, int, Shelf, str, Expiry], ...]
"""When, a number that orders what falls together, what, and by which rule."""


class Calendar:
    """What expires when. Safe from several threads."""

    def __init__(self) -> None:
        self._due: list[tuple[datetime.datetime, int, Shelf, str, Expiry]] = []
        self._numbers = itertools.count()
        self._changing = threading.Lock()

    def note(self, shelf: Shelf, key: str, thing: Thing, rule: Expiry) -> None:
        """Note when a thing expires, where it holds a moment."""
        moment = _moment(thing, rule)
        if moment is not None:
            with self._changing:
                heapq.heappush(self._due, (moment, next(self._numbers), shelf, key, rule))

    def expire(self, now: datetime.datetime, store: Store) -> None:
        """Expire what is due. A thing that was given another time since it was noted waits for that."""
        while self._due and self._due[0][0] <= now:
            with self._changing:
                if not self._due or self._due[0][0] > now:
                    return
                moment, _, shelf, key, rule = heapq.heappop(self._due)
            thing = store.read(shelf, key)
            if thing is None or _moment(thing, rule) != moment:
                continue
            if rule.keeps and dig(thing, rule.strategy) == "keep_latest":
                keep_newest(store, below(shelf, key, rule.keeps))
            else:
                store.delete(shelf, key)

    def clear(self) -> None:
        """Forget everything."""
        with self._changing:
            self._due.clear()

    def take(self) -> CalendarState:
        """All that is noted."""
        with self._changing:
            return tuple(self._due)

    def put(self, state: CalendarState) -> None:
        """Note exactly what was noted at another moment."""
        with self._changing:
            self._due = list(state)


def _moment(thing: Thing, rule: Expiry) -> datetime.datetime | None:
    value = dig(thing, rule.at)
    try:
        return read_date_time(value) if isinstance(value, str) else None
    except ValueError:
        return None


def keep_newest(store: Store, shelf: Shelf) -> None:
    """Delete all things of a shelf but the newest."""
    for key, _ in store.items(shelf)[:-1]:
        store.delete(shelf, key)
