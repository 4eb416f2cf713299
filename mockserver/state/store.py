"""Where things are stored: one protocol, one conformance suite, memory for now."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

Thing = Mapping[str, Any]
Shelf = tuple[str, ...]
"""Where things of one kind are: (provider, resource), then resource and key of the parent that they belong to, then
those of its parent, and so on."""
ThingAddress = tuple[Shelf, str]
"""Where one thing is: its shelf and its key."""
_BARE = 2


def below(shelf: Shelf, key: str, resource: str) -> Shelf:
    """The shelf of a resource's things below the thing with this key: it names all that lies above, too."""
    return (shelf[0], resource, shelf[1], key, *shelf[2:])


def above(shelf: Shelf) -> Shelf:
    """The shelf of the thing below which a shelf lies: `below` backwards."""
    return (shelf[0], shelf[2], *shelf[4:])


def is_below(shelf: Shelf) -> bool:
    """Whether a shelf lies below a thing."""
    return len(shelf) > _BARE


def lies_in(shelf: Shelf, other: Shelf) -> bool:
    """Whether a shelf is another one of its resource, or lies below something that lies where that one does."""
    around = other[_BARE:]
    return not around or shelf[len(shelf) - len(around) :] == around


class StoreFull(Exception):  # noqa: N818 - reads as what it is
    """The store is full. Nothing was stored."""


class Store(Protocol):
    """Things by shelf and key. Safe from several threads; a stored thing is never changed in place."""

    def insert(self, shelf: Shelf, key: str, thing: Thing) -> Thing | None:
        """Store a thing under a free key, atomically; where the key is taken, only return the thing that has it."""

    def read(self, shelf: Shelf, key: str) -> Thing | None:
        """The thing, or None."""

    def find(self, provider: str, resource: str, key: str) -> Shelf:
        """The shelf below a parent that has a thing with this key; (provider, resource) where none has."""

    def homes(self, provider: str, resource: str, key: str) -> Sequence[Shelf]:
        """The shelves below parents that have a thing with this key, that of the last inserted one last."""

    def update(self, shelf: Shelf, key: str, change: Callable[[Thing], Thing]) -> Thing | None:
        """Replace a thing by what `change` makes of it, atomically; None where there is none."""

    def delete(self, shelf: Shelf, key: str) -> Thing | None:
        """Delete a thing and all that is below it, and return it; None where there is none."""

    def list(self, shelf: Shelf) -> list[Thing]:
        """The things of a shelf, in the order in which they were inserted."""

    def items(self, shelf: Shelf) -> Sequence[tuple[str, Thing]]:
        """Keys and things of a shelf, in the order in which they were inserted."""

    def newest(self, shelf: Shelf, offset: int, count: int) -> Sequence[Thing]:
        """Up to `count` things of a shelf, the last inserted one first, without the first `offset`."""

    def everywhere(self, provider: str, resource: str, *, inside: Shelf = ()) -> Sequence[Thing]:
        """The things of a resource below every parent, parent by parent.

        inside: a shelf of the resource below a thing; then only what lies there or below something that does.
        """

    def count(self, shelf: Shelf) -> int:
        """How many things a shelf holds."""

    def shelves(self) -> Mapping[Shelf, int]:
        """How many things each shelf holds; shelves without things are left out."""

    def slashed(self) -> Collection[str]:
        """The keys that have a slash: of a path that was decoded they are told only by this."""

    def clear(self) -> int:
        """Delete everything; how many things there were."""

    def take(self) -> Any:
        """All that is stored now, for `put` of any store of this kind."""

    def put(self, state: Any) -> None:
        """Hold exactly what another moment held."""
