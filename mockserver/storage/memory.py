"""The store in memory: dictionaries in insertion order."""

import threading
from collections.abc import Callable, Mapping

from threadmock.mockserver.storage import Shelf, StoreFull, Thing

MAX_THINGS = 1_000_000


class MemoryStore:
    """See `Store`. Changes take turns; reads wait for nobody."""

    def __init__(self, max_things: int = MAX_THINGS) -> None:
        self._max_things = max_things
        self._things: dict[Shelf, dict[str, Thing]] = {}
        self._count = 0
        self._changing = threading.Lock()

    def insert(self, shelf: Shelf, key: str, thing: Thing) -> Thing | None:
        """See `Store.insert`. StoreFull at the limit."""
        with self._changing:
            things = self._things.get(shelf)
            if things is not None and (there := things.get(key)) is not None:
                return there
            if self._count >= self._max_things:
                raise StoreFull(f"The store holds {self._count} things, as many as it may.")
            if things is None:
                things = self._things[shelf] = {}
            things[key] = thing
            self._count += 1
            return None

    def read(self, shelf: Shelf, key: str) -> Thing | None:
        """See `Store.read`."""
        return self._things.get(shelf, {}).get(key)

    def update(self, shelf: Shelf, key: str, change: Callable[[Thing], Thing]) -> Thing | None:
        """See `Store.update`."""
        with self._changing:
            thing = self.read(shelf, key)
            if thing is None:
                return None
            self._things[shelf][key] = changed = change(thing)
            return changed

    def delete(self, shelf: Shelf, key: str) -> Thing | None:
        """See `Store.delete`."""
        with self._changing:
            thing = self._things.get(shelf, {}).pop(key, None)
            if thing is None:
                return None
            self._count -= 1
            below = (*shelf[2:], shelf[1], key)
            for other in [s for s in self._things if s[0] == shelf[0] and s[2 : 2 + len(below)] == below]:
                self._count -= len(self._things.pop(other))
            return thing

    def list(self, shelf: Shelf) -> list[Thing]:
        """See `Store.list`."""
        return [*self._things.get(shelf, {}).values()]

    def shelves(self) -> Mapping[Shelf, int]:
        """See `Store.shelves`."""
        return {shelf: len(things) for shelf, things in list(self._things.items()) if things}

    def clear(self) -> int:
        """See `Store.clear`."""
        with self._changing:
            count, self._count = self._count, 0
            self._things = {}
            return count
