"""Format names and their checkers, for the reference engine (`jsonschema`).

The fast engine has its own; where the two differ a value is no case. Formats that are not named here are annotations
(JSON Schema 2020-12, validation, 7.2.1).
"""

import datetime
import ipaddress
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import jsonschema

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(\.\d+)?([zZ]|[+-]\d\d:\d\d)", re.ASCII)
_REFERENCE = re.compile(r"(?:[^#\[\]]|\[[0-9a-fA-F:.]+\])*(#[^#\[\]]*)?")
_CHARACTERS = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def is_uuid(text: str) -> bool:
    """RFC 9562, 4: 32 hexadecimal digits in 8-4-4-4-12 groups, either case."""
    return _UUID.fullmatch(text) is not None


def canonical(value: object) -> str:
    """A key as text: a UUID in lower case with dashes (RFC 9562, 4) however it is written, anything else as it is."""
    text = str(value)
    if not isinstance(value, str) or len(text) < 32:
        return text
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return text


def is_date(text: str) -> bool:
    """RFC 3339 full-date that exists in the calendar."""
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_time(text: str) -> bool:
    """RFC 3339 full-time: an offset is required; second 60 only as a leap second, at 23:59 UTC."""
    found = _TIME.fullmatch(text)
    if not found:
        return False
    hour, minute, second = int(found[1]), int(found[2]), int(found[3])
    zone = 0
    if found[5] not in "zZ":
        zone_hour, zone_minute = int(found[5][1:3]), int(found[5][4:6])
        if zone_hour > 23 or zone_minute > 59:
            return False
        zone = (zone_hour * 60 + zone_minute) * (1 if found[5][0] == "+" else -1)
    if hour > 23 or minute > 59 or second > 60:
        return False
    return second < 60 or (hour * 60 + minute - zone) % 1440 == 1439


def is_date_time(text: str) -> bool:
    """RFC 3339, 5.6 date-time: a date, "T" (either case), a time with an offset."""
    return len(text) > 11 and text[10] in "tT" and is_date(text[:10]) and is_time(text[11:])


def is_uri_reference(text: str) -> bool:
    """RFC 3986, 4.1, by its characters: reserved and unreserved ones, whole escapes, one fragment, brackets in a host.

    A first segment with a colon must be a scheme (4.2).
    """
    if not _CHARACTERS.fullmatch(text) or not _REFERENCE.fullmatch(text):
        return False
    first = re.split("[/?#]", text, maxsplit=1)[0]
    return ":" not in first or _SCHEME.match(first) is not None


def is_uri(text: str) -> bool:
    """RFC 3986, 4.3: a reference that begins with a scheme."""
    return is_uri_reference(text) and _SCHEME.match(text) is not None


def is_email(text: str) -> bool:
    """Only the shape: something, an @, something. Addresses at large are not ours to judge."""
    return _EMAIL.fullmatch(text) is not None


def _parses(parse: Callable[[str], Any]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return check


checkers: Mapping[str, Callable[[str], bool]] = {
    "uuid": is_uuid,
    "date": is_date,
    "time": is_time,
    "date-time": is_date_time,
    "email": is_email,
    "uri": is_uri,
    "uri-reference": is_uri_reference,
    "ipv4": _parses(ipaddress.IPv4Address),
    "ipv6": lambda text: "%" not in text and _parses(ipaddress.IPv6Address)(text),
}


def _on_texts(check: Callable[[str], bool]) -> Callable[[object], bool]:
    """A format says something of texts only (JSON Schema 2020-12, validation, 7.2.1)."""
    return lambda value: not isinstance(value, str) or check(value)


def _format_checker() -> jsonschema.FormatChecker:
    made = jsonschema.FormatChecker(formats=())
    for name, check in checkers.items():
        made.checkers[name] = (_on_texts(check), ())
    return made


FORMAT_CHECKER = _format_checker()


def read_date_time(text: str) -> datetime.datetime:
    """The instant that an RFC 3339 date-time denotes, in UTC; a leap second counts as the second before it.

    ValueError where the text is none.
    """
    if not is_date_time(text):
        raise ValueError(f"{text!r} is no RFC 3339 date-time")
    text = re.sub(r"(:\d\d):60", r"\1:59", text.upper())
    text = re.sub(r"\.(\d{1,6})\d*", lambda m: "." + m[1].ljust(6, "0"), text)
    try:
        return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is outside the years 1 to 9999") from None


def system_now() -> datetime.datetime:
    """The machine's time, in UTC."""
    return datetime.datetime.now(datetime.UTC)


def write_date_time(moment: datetime.datetime) -> str:
    """RFC 3339 in UTC with microseconds: `2026-01-02T03:04:05.000006+00:00`."""
    if moment.tzinfo is not datetime.UTC:
        moment = moment.astimezone(datetime.UTC)
    return moment.isoformat(timespec="microseconds")
