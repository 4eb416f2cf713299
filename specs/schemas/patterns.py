"""Regular expressions for the reference engine: Python's own where it is surely quick, else the linear-time one.

Python's engine backtracks: on `^(a+)+$` its time doubles with every character, and a document of a user's own may hold
such a pattern. The two engines stay independent for all patterns that are harmless.
"""

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import jsonschema_rs

MAX_STEPS = 1_000_000
_ESCAPES_AND_CLASSES = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_REPEAT = re.compile(r"[*+{]")
_REPEATED_GROUP = re.compile(r"\)[*+{]|\(\?[=!<]")


def searches(pattern: str, text: str) -> bool:
    """Whether the pattern is found somewhere in the text. In time that is bounded by the length of the text."""
    repeats = _repeats(pattern)
    if repeats is not None and max(len(text), 1) ** (repeats + 1) <= MAX_STEPS:
        return re.search(pattern, text) is not None
    return _linear(pattern)(text)


@functools.lru_cache(maxsize=1024)
def _repeats(pattern: str) -> int | None:
    """How many things the pattern repeats; None where it repeats a group, or looks around."""
    bare = _ESCAPES_AND_CLASSES.sub("x", pattern)
    return None if _REPEATED_GROUP.search(bare) else len(_REPEAT.findall(bare))


@functools.lru_cache(maxsize=1024)
def _linear(pattern: str) -> Callable[[str], bool]:
    made = jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions())
    return made.is_valid


def check_pattern(validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[jsonschema.ValidationError]:
    """The keyword `pattern` for `jsonschema` (JSON Schema 2020-12, validation, 6.3.3)."""
    if validator.is_type(instance, "string") and not searches(pattern, instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")
