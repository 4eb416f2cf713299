"""How long a text can be that a pattern or a format takes: to tell those that no length beside them lets through."""

import functools
import math
from collections.abc import Mapping

from threadmock.specs.schemas.pattern_syntax import (
    Chars,
    Choice,
    Edge,
    Group,
    Part,
    Reference,
    Repeat,
    Sequence,
    UnreadPattern,
    parse_pattern,
)

Span = tuple[float, float]
"""The least and the greatest length, in characters."""
ANY: Span = (0, math.inf)
_HALVES = range(0xD800, 0xE000)
FORMATS: Mapping[str, Span] = {
    "date": (10, 10),
    "date-time": (20, math.inf),
    "time": (9, math.inf),
    "uuid": (36, 36),
    "ipv4": (7, 15),
    "ipv6": (2, 45),
    "email": (3, math.inf),
}


@functools.lru_cache(maxsize=1024)
def lengths(pattern: str) -> Span:
    """The lengths of the texts in which a pattern is found; ANY where its syntax is not known."""
    try:
        part = parse_pattern(pattern)
    except UnreadPattern:
        return ANY
    least, most = _span(part)
    return least, most if _is_whole(part) else math.inf


def _is_whole(part: Part) -> bool:
    """Whether what a pattern matches is the whole text, in each of its branches."""
    if isinstance(part, Choice):
        return all(map(_is_whole, part.branches))
    if isinstance(part, Group):
        return _is_whole(part.part)
    if not isinstance(part, Sequence) or not part.parts:
        return False
    first, last = part.parts[0], part.parts[-1]
    if len(part.parts) == 1:
        return _is_whole(first)
    return first == Edge("^") and last == Edge("$")


def _span(part: Part) -> Span:
    if isinstance(part, Chars):
        # half of a surrogate pair is no character of its own
        return (0 if any(low in _HALVES for low, _ in part.ranges) else 1), 1
    if isinstance(part, Sequence):
        spans = [_span(each) for each in part.parts]
        return sum(least for least, _ in spans), sum(most for _, most in spans)
    if isinstance(part, Choice):
        spans = [_span(each) for each in part.branches]
        return min(least for least, _ in spans), max(most for _, most in spans)
    if isinstance(part, Repeat):
        least, most = _span(part.part)
        times = math.inf if part.most is None else part.most
        return least * part.least, 0 if 0 in (most, times) else most * times
    if isinstance(part, Group):
        return _span(part.part)
    return ANY if isinstance(part, Reference) else (0, 0)
