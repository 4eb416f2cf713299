"""Regular expressions (ECMA-262) for both engines, in bounded time.

The fast engine matches in linear time; a pattern that looks around, or refers back, it matches with a bounded number of
steps. The reference engine takes Python's own expressions where they can read the pattern and are surely quick: they
backtrack, and on `^(a+)+$` their time doubles with every character. Else it asks the fast one, so the two are
independent for all patterns that are harmless.
"""

import functools
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jsonschema
import jsonschema_rs

MAX_STEPS = 1_000_000
STEPWISE = jsonschema_rs.FancyRegexOptions(backtrack_limit=100_000)
"""For patterns that the linear engine can't read. What takes more steps counts as not found."""
_ESCAPES_AND_CLASSES = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_REPEAT = re.compile(r"[*+{]")
_REPEATED_GROUP = re.compile(r"\)[*+{]|\\[1-9]|\(\?P=")


def searches(pattern: str, text: str) -> bool:
    """Whether the pattern is found somewhere in the text. In time that is bounded by the length of the text."""
    repeats, expression = _repeats(pattern), _expression(pattern)
    if expression and repeats is not None and max(len(text), 1) ** (repeats + 1) <= MAX_STEPS:
        return expression.search(text) is not None
    judge = _judge(pattern)
    return judge is not None and judge(text)


def is_readable(pattern: str) -> bool:
    """Whether the fast engine can match the pattern."""
    return _judge(pattern) is not None


@functools.lru_cache(maxsize=1024)
def _repeats(pattern: str) -> int | None:
    """How many things the pattern repeats or looks at; None where it repeats a group, or refers back to one."""
    bare = _ESCAPES_AND_CLASSES.sub("x", pattern)
    if _REPEATED_GROUP.search(bare) or re.search(r"\\[1-9]", pattern):
        return None
    return len(_REPEAT.findall(bare)) + bare.count("(?=") + bare.count("(?!")


@functools.lru_cache(maxsize=1024)
def _expression(pattern: str) -> re.Pattern[str] | None:
    """Python's expression; None where it can't read the pattern."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return None


@functools.lru_cache(maxsize=1024)
def _judge(pattern: str) -> Callable[[str], bool] | None:
    try:
        return fast_engine({"pattern": pattern}).is_valid
    except ValueError:
        return None


def fast_engine(document: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """The fast engine as we use it everywhere: formats asserted, patterns in bounded time, nothing fetched.

    ValueError where the schema can't be compiled.
    """
    try:
        return _with(document, jsonschema_rs.RegexOptions())
    except ValueError:
        return _with(document, STEPWISE)


def _with(document: Mapping[str, Any], options: Any) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        dict(document), validate_formats=True, pattern_options=options, offline=True
    )


def check_pattern(validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[jsonschema.ValidationError]:
    """The keyword `pattern` for `jsonschema` (JSON Schema 2020-12, validation, 6.3.3)."""
    if validator.is_type(instance, "string") and not searches(pattern, instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")
