"""The store in memory: dictionaries in insertion order."""

import builtins
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping

from threadmock.mockserver.state.store import Shelf, StoreFull, Thing, lies_in

MAX_THINGS = 1_000_000


class MemoryStore:
    """See `Store`. Changes hold a lock; reads of one thing do not wait for it."""

    def __init__(self, max_things: int = MAX_THINGS) -> None:
        self._max_things = max_things
        self._things: dict[Shelf, dict[str, Thing]] = {}
        self._below: dict[Shelf, set[Shelf]] = {}
        self._homes: dict[Shelf, dict[str, dict[Shelf, None]]] = {}
        self._kinds: dict[Shelf, dict[Shelf, None]] = {}
        self._count = 0
        self._slashed: Counter[str] = Counter()
        self._changing = threading.RLock()

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
                self._kinds.setdefault(shelf[:2], {})[shelf] = None
                if len(shelf) > 2:
                    self._below.setdefault((shelf[0], *shelf[2:]), set()).add(shelf)
            if len(shelf) > 2:
                self._homes.setdefault(shelf[:2], {}).setdefault(key, {})[shelf] = None
            things[key] = thing
            self._count += 1
            if "/" in key:
                self._slashed[key] += 1
            return None

    def read(self, shelf: Shelf, key: str) -> Thing | None:
        """See `Store.read`."""
        return self._things.get(shelf, {}).get(key)

    def find(self, provider: str, resource: str, key: str) -> Shelf:
        """See `Store.find`."""
        kind = (provider, resource)
        with self._changing:
            found = self._homes.get(kind, {}).get(key)
            return next(reversed(found)) if found else kind

    def homes(self, provider: str, resource: str, key: str) -> builtins.list[Shelf]:
        """See `Store.homes`."""
        with self._changing:
            return [*self._homes.get((provider, resource), {}).get(key, ())]

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
            things = self._things.get(shelf)
            thing = things.pop(key, None) if things else None
            if thing is None:
                return None
            self._count -= 1
            if "/" in key:
                self._slashed -= Counter((key,))
            if not things:
                self._forget(shelf)
            if len(shelf) > 2:
                homes = self._homes.get(shelf[:2], {})
                if shelf in homes.get(key, ()):
                    del homes[key][shelf]
                    if not homes[key]:
                        del homes[key]
            for other in builtins.list(self._below.get((shelf[0], shelf[1], key, *shelf[2:]), ())):
                for child in builtins.list(self._things.get(other, ())):
                    self.delete(other, child)
            return thing

    def _forget(self, shelf: Shelf) -> None:
        self._things.pop(shelf, None)
        self._kinds.get(shelf[:2], {}).pop(shelf, None)
        if len(shelf) > 2:
            parent = (shelf[0], *shelf[2:])
            self._below.get(parent, set()).discard(shelf)
            if not self._below.get(parent):
                self._below.pop(parent, None)

    def list(self, shelf: Shelf) -> list[Thing]:
        """See `Store.list`."""
        with self._changing:
            return [*self._things.get(shelf, {}).values()]

    def items(self, shelf: Shelf) -> builtins.list[tuple[str, Thing]]:
        """See `Store.items`."""
        with self._changing:
            return [*self._things.get(shelf, {}).items()]

    def newest(self, shelf: Shelf, offset: int, count: int) -> builtins.list[Thing]:
        """See `Store.newest`."""
        with self._changing:
            return [*itertools.islice(reversed(self._things.get(shelf, {}).values()), offset, offset + count)]

    def everywhere(self, provider: str, resource: str, *, inside: Shelf = ()) -> builtins.list[Thing]:
        """See `Store.everywhere`."""
        with self._changing:
            shelves = self._kinds.get((provider, resource), ())
            return [thing for shelf in shelves if lies_in(shelf, inside) for thing in self._things[shelf].values()]

    def count(self, shelf: Shelf) -> int:
        """See `Store.count`."""
        return len(self._things.get(shelf, {}))

    def shelves(self) -> Mapping[Shelf, int]:
        """See `Store.shelves`."""
        with self._changing:
            return {shelf: len(things) for shelf, things in self._things.items() if things}

    def slashed(self) -> Collection[str]:
        """See `Store.slashed`."""
        if not self._slashed:
            return ()
        with self._changing:
            return [*self._slashed]

    def clear(self) -> int:
        """See `Store.clear`."""
        with self._changing:
            count, self._count = self._count, 0
            self._things, self._below, self._homes, self._kinds = {}, {}, {}, {}
            self._slashed = Counter()
            return count
