"""The store in memory: dictionaries in insertion order."""

import builtins
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from threadmock.mockserver.state.shared_index import SharedIndex, SharedValues
from threadmock.mockserver.state.store import Shelf, StoreFull, Thing, lies_in

MAX_THINGS = 1_000_000


@dataclass(frozen=True)
class StoreState:
    """All that a store held at one moment. It is never changed, and any number of stores may be put back to it."""

    things: SharedValues[Shelf, str, Thing]
    below: SharedValues[Shelf, Shelf, None]
    homes: SharedValues[Shelf, str, tuple[Shelf, ...]]
    kinds: SharedValues[Shelf, Shelf, None]
    slashed: Mapping[str, int]
    count: int

    def shelves(self) -> Mapping[Shelf, Mapping[str, Thing]]:
        """The things of each shelf by their keys, in the order in which they were inserted."""
        return {shelf: things for shelf, things in self.things.items() if things}


class MemoryStore:
    """See `Store`. Changes hold a lock; reads of one thing do not wait for it."""

    def __init__(self, max_things: int = MAX_THINGS) -> None:
        self._max_things = max_things
        self._things: SharedIndex[Shelf, str, Thing] = SharedIndex()
        self._below: SharedIndex[Shelf, Shelf, None] = SharedIndex()
        self._homes: SharedIndex[Shelf, str, tuple[Shelf, ...]] = SharedIndex()
        self._kinds: SharedIndex[Shelf, Shelf, None] = SharedIndex()
        self._count = 0
        self._slashed: Counter[str] = Counter()
        self._changing = threading.RLock()

    def insert(self, shelf: Shelf, key: str, thing: Thing) -> Thing | None:
        """See `Store.insert`. StoreFull at the limit."""
        with self._changing:
            things = self._things.values.get(shelf)
            if things is not None and (there := things.get(key)) is not None:
                return there
            if self._count >= self._max_things:
                raise StoreFull(f"The store holds {self._count} things, as many as it may.")
            if things is None:
                self._kinds.own(shelf[:2])[shelf] = None
                if len(shelf) > 2:
                    self._below.own((shelf[0], *shelf[2:]))[shelf] = None
            if len(shelf) > 2:
                homes = self._homes.own(shelf[:2])
                homes[key] = (*homes.get(key, ()), shelf)
            self._things.own(shelf)[key] = thing
            self._count += 1
            if "/" in key:
                self._slashed[key] += 1
            return None

    def read(self, shelf: Shelf, key: str) -> Thing | None:
        """See `Store.read`."""
        return self._things.values.get(shelf, {}).get(key)

    def find(self, provider: str, resource: str, key: str) -> Shelf:
        """See `Store.find`."""
        kind = (provider, resource)
        found = self._homes.values.get(kind, {}).get(key)
        return found[-1] if found else kind

    def homes(self, provider: str, resource: str, key: str) -> builtins.list[Shelf]:
        """See `Store.homes`."""
        return [*self._homes.values.get((provider, resource), {}).get(key, ())]

    def update(self, shelf: Shelf, key: str, change: Callable[[Thing], Thing]) -> Thing | None:
        """See `Store.update`."""
        with self._changing:
            thing = self.read(shelf, key)
            if thing is None:
                return None
            changed = change(thing)
            self._things.own(shelf)[key] = changed
            return changed

    def delete(self, shelf: Shelf, key: str) -> Thing | None:
        """See `Store.delete`."""
        with self._changing:
            thing = self.read(shelf, key)
            if thing is None:
                return None
            things = self._things.own(shelf)
            del things[key]
            self._count -= 1
            if "/" in key:
                self._slashed -= Counter((key,))
            if not things:
                self._forget(shelf)
            if len(shelf) > 2:
                self._move_out(shelf, key)
            for other in [*self._below.values.get((shelf[0], shelf[1], key, *shelf[2:]), ())]:
                for child in [*self._things.values.get(other, ())]:
                    self.delete(other, child)
            return thing

    def _move_out(self, shelf: Shelf, key: str) -> None:
        homes = self._homes.own(shelf[:2])
        left = tuple(each for each in homes.get(key, ()) if each != shelf)
        if left:
            homes[key] = left
        else:
            homes.pop(key, None)

    def _forget(self, shelf: Shelf) -> None:
        self._things.drop(shelf)
        self._kinds.own(shelf[:2]).pop(shelf, None)
        if len(shelf) > 2:
            parent = (shelf[0], *shelf[2:])
            inner = self._below.own(parent)
            inner.pop(shelf, None)
            if not inner:
                self._below.drop(parent)

    def list(self, shelf: Shelf) -> list[Thing]:
        """See `Store.list`."""
        with self._changing:
            return [*self._things.values.get(shelf, {}).values()]

    def items(self, shelf: Shelf) -> builtins.list[tuple[str, Thing]]:
        """See `Store.items`."""
        with self._changing:
            return [*self._things.values.get(shelf, {}).items()]

    def newest(self, shelf: Shelf, offset: int, count: int) -> builtins.list[Thing]:
        """See `Store.newest`."""
        with self._changing:
            return [*itertools.islice(reversed(self._things.values.get(shelf, {}).values()), offset, offset + count)]

    def everywhere(self, provider: str, resource: str, *, inside: Shelf = ()) -> builtins.list[Thing]:
        """See `Store.everywhere`."""
        with self._changing:
            shelves, things = self._kinds.values.get((provider, resource), ()), self._things.values
            return [thing for shelf in shelves if lies_in(shelf, inside) for thing in things[shelf].values()]

    def count(self, shelf: Shelf) -> int:
        """See `Store.count`."""
        return len(self._things.values.get(shelf, {}))

    def shelves(self) -> Mapping[Shelf, int]:
        """See `Store.shelves`."""
        with self._changing:
            return {shelf: len(things) for shelf, things in self._things.values.items() if things}

    def slashed(self) -> Collection[str]:
        """See `Store.slashed`."""
        if not self._slashed:
            return ()
        with self._changing:
            return [*self._slashed]

    def clear(self) -> int:
        """See `Store.clear`."""
        with self._changing:
            count = self._count
            self._put(_EMPTY)
            return count

    def take(self) -> StoreState:
        """See `Store.take`. It takes as long as there are shelves, however many things they hold."""
        with self._changing:
            return StoreState(
                self._things.share(),
                self._below.share(),
                self._homes.share(),
                self._kinds.share(),
                dict(self._slashed),
                self._count,
            )

    def put(self, state: StoreState) -> None:
        """See `Store.put`. StoreFull, and nothing is changed, where the state holds more than this store may."""
        if state.count > self._max_things:
            raise StoreFull(f"{state.count} things are more than the store may hold, {self._max_things}.")
        with self._changing:
            self._put(state)

    def _put(self, state: StoreState) -> None:
        self._things.put(state.things)
        self._below.put(state.below)
        self._homes.put(state.homes)
        self._kinds.put(state.kinds)
        self._slashed, self._count = Counter(state.slashed), state.count


_EMPTY = StoreState({}, {}, {}, {}, {}, 0)
