"""Keys that a run makes up, made so that they differ from everybody else's recognizably.

What may be written on a deployment hangs on this: a key of this form names a thing that this run made, or nothing.
"""

import hashlib
import os
import re
import string
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from threadmock.specs.schemas.formats import canonical

_SALT = os.urandom(16)
"""Of this process: a key that another run made up is another's."""
_LOW = 48
_UNKNOWN_TAIL = 0x8000_0000_0000_0001
_KINDS = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
_HEXADECIMAL = "abcdef"
_BORROWED: set[str] = set()
_SPELLED: set[str] = set()
_TELLING = 16
"""Characters of a spelled key that nobody else makes up: 60 bits and more of it are random."""
_DIGITS_AS_LETTERS = str.maketrans("0123456789", "ghijklmnop")
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


def spelled(key: str, accepts: Callable[[str], bool]) -> str | None:
    """A fresh key in a spelling that a member of another pattern or length takes; None where none is.

    A short one is noted as borrowed: it may happen to be somebody's.
    """
    found = next(filter(accepts, _spellings(key)), None)
    if found is not None and is_invented(key):
        (_SPELLED if len(found) >= _TELLING else _BORROWED).add(found)
    return found


def _spellings(key: str) -> Iterator[str]:
    """Hexadecimal digits, letters alone, digits after a letter, capitals alone and in front; 32, 16 or 8 long."""
    plain = key.replace("-", "")
    letters = plain.translate(_DIGITS_AS_LETTERS)
    for size in (32, _TELLING, 8):
        small = letters[:size]
        yield from (plain[:size], small, f"k{plain[: size - 1]}", small.upper(), small.capitalize())


def unknown_keys(number: int) -> tuple[Any, ...]:
    """Keys that nothing has, in several forms. number: random, of 62 bits; the same one gives the same keys."""
    text = str(uuid.UUID(int=(number << 66) | 0x4000_0000_0000_0000_0000 | _UNKNOWN_TAIL))
    return (text, 10**9 + number % 10**9, f"x{number:08x}", f"{number % 10**9 + 10**9}")


def keys_like(sample: str, number: int) -> Iterator[str]:
    """Keys in the form of a sample, with other letters and digits: all of them, hexadecimal ones, digits alone.

    For keys whose pattern takes none of our own. number: random, of 62 bits; the same one gives the same keys.
    """
    dice = [hashlib.blake2s(f"{number} {at}".encode()).digest()[0] for at in range(len(sample))]
    for kinds in (_KINDS, tuple(_HEXADECIMAL if "a" in kind else kind for kind in _KINDS), _KINDS[:1]):
        pairs = zip(sample, dice, strict=True)
        yield "".join(next((kind[die % len(kind)] for kind in kinds if each in kind), each) for each, die in pairs)


def note_invented(key: str) -> None:
    """Note a key that this process made up in somebody else's form: nothing in it says so."""
    _BORROWED.add(key)


def is_borrowed(value: Any) -> bool:
    """Whether a value is a key that was made up in somebody else's form. It may happen to be somebody's."""
    return isinstance(value, str) and value in _BORROWED


def is_invented(value: Any) -> bool:
    """Whether a value is a key that this process made up.

    Plain numbers never are: they look like anybody's.
    """
    if not isinstance(value, str):
        return False
    if _UNKNOWN_TEXT.fullmatch(value) or value in _BORROWED or value in _SPELLED:
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
