"""Keys that a run makes up, made so that they differ from everybody else's recognizably.

What may be written on a deployment hangs on this: a key of this form names a thing that this run made, or nothing.
"""

import hashlib
import os
import re
import uuid
from typing import Any

from threadmock.specs.schemas.formats import canonical

_SALT = os.urandom(16)
"""Of this process: a key that another run made up is another's."""
_LOW = 48
_UNKNOWN_TAIL = 0x8000_0000_0000_0001
_UNKNOWN_TEXT = re.compile(r"x[0-9a-f]{8,16}")


def fresh_key() -> str:
    """A key that nobody has used: really random, so that a second run with one seed does not meet its own things.

    A UUID of version 4 whose last twelve digits follow from the others, and from what only this process knows.
    """
    high = uuid.uuid4().int >> _LOW << _LOW
    return str(uuid.UUID(int=high | _mark(high)))


def _mark(high: int) -> int:
    digest = hashlib.blake2s(high.to_bytes(16, "big"), key=_SALT, digest_size=_LOW // 8)
    return int.from_bytes(digest.digest(), "big")


def unknown_keys(number: int) -> tuple[Any, ...]:
    """Keys that nothing has, in several forms. number: random, of 62 bits; the same one gives the same keys."""
    text = str(uuid.UUID(int=(number << 66) | 0x4000_0000_0000_0000_0000 | _UNKNOWN_TAIL))
    return (text, 10**9 + number % 10**9, f"x{number:08x}", f"{number % 10**9 + 10**9}")


def is_invented(value: Any) -> bool:
    """Whether a value is a key that this process made up.

    Plain numbers never are: they look like anybody's.
    """
    if not isinstance(value, str):
        return False
    if _UNKNOWN_TEXT.fullmatch(value):
        return True
    try:
        found = uuid.UUID(value).int if len(value) == 36 else None
    except ValueError:
        return False
    if found is None:
        return False
    if found & ((1 << 64) - 1) == _UNKNOWN_TAIL:
        return True
    high = found >> _LOW << _LOW
    return found == high | _mark(high)


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID in its usual form."""
    return len(text) == 36 and canonical(text) == text and text.count("-") == 4
