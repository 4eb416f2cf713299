"""Schedules in cron's five fields (POSIX crontab, and usual extensions): whether a text is one, and what comes next.

Fields: minute, hour, day of the month, month, day of the week; a sixth one is the second. Lists, ranges, steps, names,
`?` for `*`, `L` for the last day of the month, `5#2` for the second Friday, and names such as @daily.
"""

import calendar
import datetime
import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = {name.lower(): at for at, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name.lower(): (at + 1) % 7 for at, name in enumerate(calendar.day_abbr)}
_PART = re.compile(r"(?P<from>[a-z0-9]+|\*|\?)(?:-(?P<to>[a-z0-9]+))?(?:/(?P<step>[0-9]{1,4}))?", re.ASCII)
_NTH = re.compile(r"(?P<day>[a-z0-9]+)#(?P<nth>[1-5])", re.ASCII)
_LAST = 0
"""Among days of the month: the last one."""
_MOST_DAYS = 366 * 9
"""After this many days without a match there is none: a 29th of February is never farther away."""


@dataclass(frozen=True)
class _Field:
    low: int
    high: int
    names: tuple[tuple[str, int], ...] = ()

    def number(self, text: str) -> int:
        value = dict(self.names).get(text)
        if value is None:
            value = int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else -1
        if not self.low <= value <= self.high:
            raise ValueError(f"{text!r} is not between {self.low} and {self.high}")
        return value

    def numbers(self, text: str) -> Iterator[int]:
        for part in text.split(","):
            found = _PART.fullmatch(part)
            if not found:
                raise ValueError(f"{part!r} is no part of a schedule")
            step = int(found["step"] or 1)
            if step < 1:
                raise ValueError("a step is at least 1")
            every = found["from"] in ("*", "?")
            if every and found["to"]:
                raise ValueError(f"{part!r} is no range")
            first = self.low if every else self.number(found["from"])
            last = self.high if every or (found["step"] and not found["to"]) else first
            last = self.number(found["to"]) if found["to"] else last
            if first <= last:
                yield from range(first, last + 1, step)
            else:
                yield from range(first, self.high + 1, step)
                yield from range(self.low, last + 1, step)


_MINUTE, _HOUR, _DAY = _Field(0, 59), _Field(0, 23), _Field(1, 31)
_MONTH, _WEEKDAY = _Field(1, 12, tuple(_MONTHS.items())), _Field(0, 7, tuple(_DAYS.items()))


@dataclass(frozen=True)
class Schedule:
    """A schedule, read. either: a day counts where day of the month or of the week fits; else both have to."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    nth: frozenset[tuple[int, int]]
    either: bool

    def fits(self, day: datetime.date) -> bool:
        """Whether it may be met on a day."""
        if day.month not in self.months:
            return False
        last = _LAST in self.days and day.day == calendar.monthrange(day.year, day.month)[1]
        by_month = last or day.day in self.days
        weekday = day.isoweekday() % 7
        by_week = weekday in self.weekdays or (weekday, (day.day - 1) // 7 + 1) in self.nth
        return (by_month or by_week) if self.either else (by_month and by_week)


@lru_cache(maxsize=256)
def read_schedule(text: str) -> Schedule:
    """The schedule that a text spells. ValueError where it is none."""
    fields = _ALIASES.get(text.strip().lower(), text).lower().split()
    if len(fields) not in (5, 6):
        raise ValueError(f"a schedule has five fields, and this one has {len(fields)}")
    minute, hour, day, month, weekday = fields[:5]
    days = [part for part in day.split(",") if part != "l"]
    plain = [part for part in weekday.split(",") if not _NTH.fullmatch(part)]
    nth = (_NTH.fullmatch(part) for part in weekday.split(","))
    return Schedule(
        seconds=tuple(sorted(set(_MINUTE.numbers(fields[5])))) if len(fields) == 6 else (0,),
        minutes=tuple(sorted(set(_MINUTE.numbers(minute)))),
        hours=tuple(sorted(set(_HOUR.numbers(hour)))),
        days=frozenset(_DAY.numbers(",".join(days)) if days else ()) | ({_LAST} if "l" in day.split(",") else set()),
        months=frozenset(_MONTH.numbers(month)),
        weekdays=frozenset(each % 7 for each in _WEEKDAY.numbers(",".join(plain))) if plain else frozenset(),
        nth=frozenset((_WEEKDAY.number(found["day"]) % 7, int(found["nth"])) for found in nth if found),
        either=day[0] not in "*?" and weekday[0] not in "*?",
    )


def next_moment(text: str, after: datetime.datetime, zone: str = "UTC") -> datetime.datetime:
    """The first moment of a schedule after another one, in UTC. zone: a name of the IANA database, whose clock counts.

    ValueError where the schedule, or the zone, is none, or where no day ever fits.
    """
    schedule = read_schedule(text)
    try:
        clock = zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{zone!r} is no time zone") from error
    first = after.astimezone(clock).date()
    for number in range(_MOST_DAYS):
        day = first + datetime.timedelta(days=number)
        if not schedule.fits(day):
            continue
        for hour in schedule.hours:
            for minute in schedule.minutes:
                for second in schedule.seconds:
                    local = datetime.datetime.combine(day, datetime.time(hour, minute, second), clock)
                    moment = local.astimezone(datetime.UTC)
                    if moment > after:
                        return moment
    raise ValueError(f"no day ever fits {text!r}")


def is_schedule(text: str) -> bool:
    """Whether a text is a schedule."""
    try:
        read_schedule(text)
    except ValueError:
        return False
    return True


def is_time_zone(text: str) -> bool:
    """Whether a text names a zone of the IANA database."""
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
