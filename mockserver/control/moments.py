"""Moments and durations as a caller writes them: `2026-01-31T09:00:00Z`, `2h`, `1d12h`."""

import datetime
import re
from typing import Any

from threadmock.mockserver.control.bodies import ControlError, number, shown
from threadmock.mockserver.state.clock import EARLIEST, LATEST
from threadmock.specs.schemas.formats import read_date_time

_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LONGEST = 100 * 366 * 86_400.0


def read_moment(value: Any, where: str) -> datetime.datetime:
    """A moment of an RFC 3339 text, in UTC. ControlError."""
    fix = "Write it as 2026-01-31T09:00:00Z."
    try:
        moment = read_date_time(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise ControlError(f"{shown(value)} is no moment.", where=where, fix=fix)
    return check_year(moment, where)


def check_year(moment: datetime.datetime, where: str) -> datetime.datetime:
    """The moment. ControlError where it lies so far off that ids with a time can't hold it."""
    if not EARLIEST <= moment.year <= LATEST:
        what = f"The year {moment.year} is not between {EARLIEST} and {LATEST}."
        raise ControlError(what, where=where, fix="Choose a nearer one.")
    return moment


def read_duration(value: Any, where: str) -> datetime.timedelta:
    """A duration: a text such as 2h or 1d12h, or seconds; 100 years at most. ControlError."""
    if isinstance(value, str):
        if not _DURATION.fullmatch(value) or len(value) > 100:
            fix = "Write 90s, 30m, 2h, 1d12h, 2w, or a number of seconds."
            raise ControlError(f"{shown(value)} is no duration.", where=where, fix=fix)
        value = sum(float(part) * _SECONDS[unit] for part, unit in _PART.findall(value))
    return datetime.timedelta(seconds=number(value, where, 0, _LONGEST))
