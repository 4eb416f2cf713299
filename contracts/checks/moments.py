"""Times in a response: a new thing was created now, and changed no earlier than created."""

import email.utils
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from threadmock.contracts.checks.checked_exchange import Problem
from threadmock.contracts.checks.content import existing_applies
from threadmock.contracts.checks.reading import Reading
from threadmock.contracts.checks.situation import content_trouble
from threadmock.contracts.checks.storing import makes
from threadmock.contracts.target.answers import CREATED
from threadmock.contracts.target.run_budget import MOST_DELAY, delays
from threadmock.specs.members import ABSENT
from threadmock.specs.schemas.formats import read_date_time

SKEW = timedelta(minutes=5)
"""How far the clock that a time was read from may be from the one of the Date header, or, without one, from ours."""
_LONG_AGO = 100 * 365 * 86400.0
_CHANGED = re.compile(r"\w*(updated|modified|changed)(_?(at|on|time))?", re.IGNORECASE)


def read_moments(reading: Reading) -> dict[str, datetime]:
    """Members of the response that say when it was created or changed: name to instant; other texts are left out."""
    found = {}
    for name, node in reading.made_members.items():
        if not (CREATED.fullmatch(name) or _CHANGED.fullmatch(name)) or not _is_time(node):
            continue
        value = reading.made.get(name)
        try:
            if isinstance(value, str):
                found[name] = read_date_time(value)
        except ValueError:
            continue
    return found


def _is_time(node: object) -> bool:
    if not isinstance(node, Mapping):
        return False
    branches = [node, *node.get("anyOf", ()), *node.get("oneOf", ())]
    return any(isinstance(branch, Mapping) and branch.get("format") == "date-time" for branch in branches)


def time_applies(reading: Reading) -> str:
    """Where the response says when it was created."""
    told = read_moments(reading).keys() - reading.sent.keys() if not content_trouble(reading) else ()
    return content_trouble(reading) or ("" if told else "the answer holds no time of the server's own")


def _server_now(reading: Reading) -> datetime | None:
    """The server's own clock, by the Date header (RFC 9110, 6.6.1)."""
    text = reading.response.headers.get("date", "") if reading.response else ""
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def check_time(reading: Reading) -> Iterator[Problem]:
    """A thing just made was made now, not in the future, and was changed no earlier than made."""
    moments = read_moments(reading)
    now = _server_now(reading)
    early, late = (now, now) if now else (reading.exchange.sent_at, reading.exchange.received_at)
    skew = SKEW + timedelta(seconds=reading.exchange.elapsed)
    # what should have begun before may be said to be created then
    early -= timedelta(seconds=min(-min((0.0, *delays(reading.case))), _LONG_AGO))
    old = bool(existing_applies(reading)) or not makes(reading)
    for name, moment in moments.items():
        if reading.sent.get(name, ABSENT) is not ABSENT:
            continue
        if moment > late + skew:
            yield _time_problem(reading, name, "lies in the future")
        elif moment < early - skew and not old:
            yield _time_problem(reading, name, "lies before the request")
    yield from _check_order(reading, moments)


def _time_problem(reading: Reading, name: str, what: str) -> Problem:
    return reading.problem(
        f"{name} is the time when the thing was created: now, give or take the difference of two clocks",
        f"{name}: {what}",
        where=f"/{name}",
        source=reading.pointer(name),
        unconditional=True,
    )


def _tolerance(created: str, updated: str) -> timedelta:
    """How much earlier a change may seem: a second where the two are written with different precision."""
    alike = _digits(created) == _digits(updated)
    return timedelta(milliseconds=100) if alike and _digits(created) >= 3 else timedelta(seconds=1)


def _digits(text: str) -> int:
    found = re.search(r"\.(\d+)", text)
    return len(found[1]) if found else 0


def _check_order(reading: Reading, moments: Mapping[str, datetime]) -> Iterator[Problem]:
    later = timedelta(seconds=min(max((0.0, *delays(reading.case))), MOST_DELAY))
    made = [(name, moment) for name, moment in moments.items() if CREATED.fullmatch(name) and name not in reading.sent]
    changed = [(name, moment) for name, moment in moments.items() if not CREATED.fullmatch(name)]
    for created, first in made:
        for updated, second in changed:
            # what is to begin later may be said to be created then
            if first - second - later >= _tolerance(str(reading.made.get(created)), str(reading.made.get(updated))):
                yield reading.problem(
                    f"{updated} is no earlier than {created}",
                    f"{updated}: is earlier than {created}",
                    where=f"/{updated}",
                    source=reading.pointer(updated),
                    unconditional=True,
                )
