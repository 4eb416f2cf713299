"""Whether `x-behaviour` stands where it is read, and is spelled so: elsewhere it would silently do nothing."""

import difflib
import functools
from collections.abc import Callable
from typing import Any

from threadmock.specs.documents.pointers import pointer_steps
from threadmock.specs.errors import RuleError, SpecError, gathered, raise_all
from threadmock.specs.evidence import MARK, check_mark, extensions

WORD = "x-behaviour"
_METHODS = frozenset({"post", "get", "put", "patch", "delete", "options", "head", "trace"})
_UNREAD = frozenset({"webhooks", "callbacks"})
_NEAR = 0.85
_FIX = "It stands at an operation (target: $.paths['/threads'].post) or at the root of the document (target: $)."


def check_extensions(tree: Any, where: Callable[[str], str]) -> None:
    """SpecError by place for a misspelt or misplaced `x-behaviour`, and for an `x-evidence` that is none.

    where: JSON pointer → text for an error.
    """
    errors: list[SpecError] = []
    for pointer, name, value in extensions(tree):
        with gathered(errors):
            if name == MARK:
                check_mark(pointer, value, where)
            elif name != WORD and _is_meant(name):
                raise RuleError(f"{name!r} is not read.", where=where(pointer), fix=f"Did you mean {WORD!r}?")
            elif name == WORD and not _is_read(pointer):
                raise RuleError(f"`{WORD}` does nothing here.", where=where(pointer), fix=_FIX)
    raise_all(errors)


@functools.cache
def _is_meant(name: str) -> bool:
    plain = name.lower().replace("_", "-")
    return difflib.SequenceMatcher(None, plain, WORD).ratio() >= _NEAR


def _is_read(pointer: str) -> bool:
    *above, _ = pointer_steps(pointer)
    if not above:
        return True
    return above[-1] in _METHODS and len(above) >= len(("paths", "path", "method")) and _UNREAD.isdisjoint(above[:-2])
