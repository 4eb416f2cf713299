"""Identifiers from a seeded source."""

import datetime
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeAlias

_UUID4_CLEAR = ~((0xF << 76) | (0x3 << 62))


_UUID4_MARKS = (0x4 << 76) | (0x2 << 62)


_SINCE_1582 = 0x01B21DD213814000
IdsState: TypeAlias = tuple[Any, Mapping[str, int]]
"""The state of Python's generator, and the last number of each resource."""


class Ids:
    """Identifiers from a seeded source: same seed, same identifiers."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - reproducible on purpose; these are no secrets
        self._numbers: Counter[str] = Counter()

    def take(self) -> IdsState:
        """Where the source is now."""
        return self.random.getstate(), dict(self._numbers)

    def put(self, state: IdsState) -> None:
        """Go on from where the source was."""
        self.random.setstate(state[0])
        self._numbers = Counter(state[1])

    def uuid4(self) -> str:
        """RFC 9562, 5.4."""
        return _grouped(self.random.getrandbits(128) & _UUID4_CLEAR | _UUID4_MARKS)

    def uuid6(self, moment: datetime.datetime) -> str:
        """RFC 9562, 5.6: ordered by time, in steps of 100 ns."""
        ticks = int(moment.timestamp() * 10_000_000) + _SINCE_1582
        tail = self.random.getrandbits(62)
        return _grouped(((ticks >> 12) << 80) | (0x6 << 76) | ((ticks & 0xFFF) << 64) | (0x2 << 62) | tail)

    def uuid7(self, moment: datetime.datetime) -> str:
        """RFC 9562, 5.7: 48 bits of milliseconds, then random ones."""
        millis = int(moment.timestamp() * 1000) & ((1 << 48) - 1)
        tail = self.random.getrandbits(74)
        return _grouped((millis << 80) | (0x7 << 76) | ((tail >> 62) << 64) | (0x2 << 62) | (tail & ((1 << 62) - 1)))

    def number(self, resource: str) -> int:
        """1, 2, 3 … for the things of one resource."""
        self._numbers[resource] += 1
        return self._numbers[resource]

    def opaque(self, resource: str) -> str:
        """The resource's name and 24 hexadecimal digits."""
        return f"{resource or 'id'}_{self.random.getrandbits(96):024x}"


def _grouped(bits: int) -> str:
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
