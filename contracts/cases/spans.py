"""Spans of time in a request: which members mean one, and which spans a server may refuse despite their type."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from threadmock.specs.behaviour.setting import Setting, Source

# A hundred years: what lies beyond may leave the range of a date, or of a database's interval.
LONGEST_MINUTES = 60 * 24 * 365 * 100


def find_doubtful_span(settings: Mapping[str, Setting], look_up: Callable[[Source], Any]) -> str:
    """Why a span that was sent may be refused: it leads to no moment to come that a date can hold. "" where none does.

    settings: what a rule sets. look_up: what the request holds at a place.
    """
    for setting in _spans(settings):
        for source in setting.sources:
            minutes = look_up(source)
            if not isinstance(minutes, int | float) or isinstance(minutes, bool):
                continue
            if minutes <= 0:
                return f"{source} is a span of no time"
            if minutes > LONGEST_MINUTES:
                return f"{source} is a span of more than a hundred years"
    return ""


def _spans(settings: Mapping[str, Setting]) -> Iterator[Setting]:
    waiting = list(settings.values())
    while waiting:
        setting = waiting.pop()
        if setting.kind == "minutes_after":
            yield setting
        waiting.extend(inner for _, inner in setting.members)
        if setting.otherwise:
            waiting.append(setting.otherwise)
