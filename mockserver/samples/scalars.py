"""Texts and numbers for one node: by its format, its member's name, its pattern and its bounds."""

import functools
import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from threadmock.mockserver.samples.named_values import (
    WORDS,
    Sources,
    formatted_text,
    named_number,
    named_text,
    plain_text,
)
from threadmock.mockserver.samples.pattern_texts import texts_for
from threadmock.specs.schemas.patterns import fast_engine

_BOUNDS = ("minLength", "maxLength", "pattern", "format")
_MOST_PATTERNS = 40
_LONGEST = 1_000_000


def text_of_node(node: Mapping[str, Any], name: str, sources: Sources) -> str:
    """A text for a node; where none of ours fits its bounds, the last that was tried."""
    asserted = {word: node[word] for word in _BOUNDS if word in node}
    if not asserted:
        return named_text(name, sources) or plain_text(sources)
    fits = _judge(json.dumps(asserted, sort_keys=True))
    text = ""
    for text in _texts(node, name, sources):
        if fits(text):
            return text
    return text


@functools.lru_cache(maxsize=1024)
def _judge(asserted: str) -> Callable[[str], bool]:
    return fast_engine(json.loads(asserted)).is_valid


def _texts(node: Mapping[str, Any], name: str, sources: Sources) -> Iterator[str]:
    """Texts to be tried, the likeliest first."""
    least = int(node.get("minLength", 0))
    most = int(node["maxLength"]) if "maxLength" in node else None
    by_format = formatted_text(node["format"], sources) if isinstance(node.get("format"), str) else None
    if by_format is not None:
        yield by_format
    if "pattern" not in node:
        named = named_text(name, sources) if by_format is None else by_format
        plain = named or plain_text(sources)
        yield _of_length(plain, least, most)
        yield from _lengthened(by_format or plain, least, most)
        return
    if by_format is None and (named := named_text(name, sources)):
        yield named
    for at, text in enumerate(texts_for(node["pattern"], sources.rng, least, most)):
        yield text
        if at >= _MOST_PATTERNS:
            break


def _of_length(text: str, least: int, most: int | None) -> str:
    """The text, cut or filled up with words to a length within the bounds."""
    least = min(least, _LONGEST)
    while len(text) < least:
        room = least - len(text)
        text += f" {text}"[:room] if room > 1 else "s"
    return text if most is None else text[:most].rstrip() if len(text[:most].rstrip()) >= least else text[:most]


def _lengthened(text: str, least: int, most: int | None) -> Iterator[str]:
    """A text with a form of its own (a URL, a mail address) as long or as short as it has to be."""
    room = min(least, _LONGEST) - len(text)
    if room > 0:
        yield text + "x" * room
        yield "x" * room + text
    elif most is not None and len(text) > most:
        yield from (f"{letter}@{letter}.co" for letter in "ab")
        yield from ("http://a.co", "urn:a:b", "a:b", "/", "a.co", "a")


def number_of_node(node: Mapping[str, Any], kind: str, name: str, sources: Sources, *, plausible: bool) -> float:
    """A number for a node. plausible: by its name where that fits; else the least that the bounds allow, or 0."""
    if plausible and (named := named_number(name, sources)) is not None:
        value: float = int(named) if kind == "integer" else named
        if _within(node, value):
            return value
    return _least(node, kind)


def _within(node: Mapping[str, Any], value: float) -> bool:
    above, below = node.get("exclusiveMinimum", -math.inf), node.get("exclusiveMaximum", math.inf)
    low, high = node.get("minimum", -math.inf), node.get("maximum", math.inf)
    return bool(low <= value <= high and above < value < below and "multipleOf" not in node)


def _least(node: Mapping[str, Any], kind: str) -> int | float:
    whole = kind == "integer" or "multipleOf" in node
    step = node.get("multipleOf", 1)
    if kind == "integer" and not float(step).is_integer():
        step = _whole_step(step)
    low, high = node.get("minimum"), node.get("maximum")
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    if not whole:
        return _between(low, high, above, below)
    least = [bound for bound in (low, above) if bound is not None]
    if not least:
        most = [bound for bound in (high, below) if bound is not None]
        value = min(0, math.floor(min(most) / step) * step - step * (below is not None)) if most else 0
    else:
        value = math.ceil(max(least) / step) * step
        value += step if above is not None and value <= above else 0
    return int(value) if kind == "integer" else value


def _whole_step(step: float) -> float:
    """The least multiple of a fractional step that is a whole number."""
    return next((int(step * times) for times in range(1, 1001) if float(step * times).is_integer()), 1)


def _between(low: float | None, high: float | None, above: float | None, below: float | None) -> float:
    least = max((bound for bound in (low, above) if bound is not None), default=None)
    most = min((bound for bound in (high, below) if bound is not None), default=None)
    if least is None:
        return 0 if most is None else min(0, most - (below is not None))
    if above is None or least > above:
        return least
    return least + 1 if most is None else (least + most) / 2


def distinct(value: Any, taken: list[Any], sources: Sources) -> Any:
    """A value like this one that is not among those taken: for arrays whose items differ."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        while value in taken:
            value += 1
    if isinstance(value, str) and value in taken:
        return f"{value}-{sources.rng.choice(WORDS)}"
    return value
