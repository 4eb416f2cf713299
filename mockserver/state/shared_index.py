"""Dictionaries of dictionaries that several owners share until one of them changes its part (copy on write)."""

from collections.abc import Mapping
from typing import Generic, TypeAlias, TypeVar

K = TypeVar("K")
I = TypeVar("I")  # noqa: E741 - the key within
V = TypeVar("V")

SharedValues: TypeAlias = Mapping[K, dict[I, V]]
"""What was shared: neither it nor what it holds is ever changed."""


class SharedIndex(Generic[K, I, V]):
    """Keys to dictionaries. values: for reading. Only what `own` returns may be changed.

    To share, and to be put back, takes one copy of the keys; a dictionary is copied when it is first changed.
    """

    def __init__(self) -> None:
        self.values: dict[K, dict[I, V]] = {}
        self._shared: set[K] | None = None
        """The keys whose dictionary is others', too; None where none is."""

    def own(self, key: K) -> dict[I, V]:
        """The dictionary of a key, to be changed: an empty one where there was none, a copy where others have it."""
        value = self.values.get(key)
        if value is None:
            value = self.values[key] = {}
        elif self._shared and key in self._shared:
            value = self.values[key] = value.copy()
            self._shared.discard(key)
        return value

    def drop(self, key: K) -> None:
        """Forget a key."""
        self.values.pop(key, None)
        if self._shared:
            self._shared.discard(key)

    def share(self) -> SharedValues[K, I, V]:
        """All that there is now, for others: from now on a change is made in a copy."""
        self._shared = set(self.values)
        return dict(self.values)

    def put(self, values: SharedValues[K, I, V]) -> None:
        """Be as somebody shared it."""
        self.values = dict(values)
        self._shared = set(values) if values else None
