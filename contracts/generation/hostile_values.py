"""Hostile values: what servers are known to fail on with an error of their own, by where it can stand.

Each is written as it goes over the wire, because half of a surrogate pair, NaN or a key that stands twice is no value.
Order: what makes most servers fail comes first.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class HostileValue:
    """One value. family: what it has in common with others, for people. text: as JSON, or as raw text of a query."""

    family: str
    text: str


SURROGATE = "half a surrogate pair"
NOT_A_NUMBER = "NaN or infinity"
LASTING = frozenset({SURROGATE, NOT_A_NUMBER})
"""Families that a server may store and then be unable to show: whoever is asked about them comes last."""
DEEP = 900
"""Levels: readers take them, and what walks over a value by recursion fails in many languages."""
_DIGITS = "9" * 400
_REPEATED = "a" * 26 + "!"

_TEXTS: tuple[tuple[str, str], ...] = (
    ("NUL", "a\x00b"),
    ("a number beyond 64 bits", "9223372036854775808"),
    ("a moment beyond the calendar", "0001-01-01T00:00:00+23:59"),
    ("quotes and brackets", "'\"([{*\\%_"),
    ("characters beyond Latin-1", "Ж😀\u2028"),
    ("a line break", "a\r\nb: c"),
    ("an empty text", ""),
    ("an impossible date", "2026-02-30T25:61:61Z"),
    ("a number beyond 64 bits", _DIGITS),
    ("a digit that is no number", "²"),
    ("quotes and brackets", "http://["),
    ("control characters", "\x1b\x7f\x85"),
    ("a moment beyond the calendar", "9999-12-31T23:59:59-23:59"),
    (NOT_A_NUMBER, "NaN"),
    ("a path", "../../x"),
    ("a text that matches slowly", _REPEATED),
)

_BIG = ("9223372036854775808", "1e400", "-9223372036854775809", "-1", _DIGITS, "0", "1e308", "9" * 5000)
_OTHER_TYPES: tuple[tuple[str, str], ...] = (
    ("null", "null"),
    ("another type", "{}"),
    ("another type", "[]"),
    ("another type", '"x"'),
    ("another type", "1"),
    ("another type", "true"),
)


def _deep(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


_INNER: tuple[tuple[str, str], ...] = (
    ("an empty object", "{}"),
    ("NUL", '{"a":"\\u0000"}'),
    ("a deep value", _deep(DEEP)),
    ("a number beyond 64 bits", '{"a":9223372036854775808}'),
    ("null", '{"a":null}'),
    ("NUL", '{"\\u0000":1}'),
    ("an empty name", '{"":""}'),
    ("names of operators", '{"$a.b":{"$gt":1},"__proto__":{},"a[0]":1}'),
    ("another type", '{"a":[null,[],{}]}'),
    ("a line break", '{"a\\r\\nb":"\\u0416\\ud83d\\ude00"}'),
    ("a key that stands twice", '{"a":1,"a":2}'),
    ("thousands of digits", '{"a":' + "9" * 5000 + "}"),
)
_INNER_LASTING: tuple[tuple[str, str], ...] = (
    (NOT_A_NUMBER, '{"a":1e400}'),
    (NOT_A_NUMBER, '{"a":NaN}'),
    (SURROGATE, '{"a":"\\ud800"}'),
    (SURROGATE, '{"\\udc00":1}'),
)
_ITEMS: tuple[tuple[str, str], ...] = (
    ("null", "[null]"),
    ("an empty array", "[]"),
    ("NUL", '["\\u0000"]'),
    ("another type", "[{}]"),
    ("another type", "[[]]"),
    ("a number beyond 64 bits", "[9223372036854775808]"),
    ("the same item twice", '["a","a"]'),
    ("another type", '[1,"1",null,true]'),
)
_ITEMS_LASTING: tuple[tuple[str, str], ...] = ((SURROGATE, '["\\ud800"]'), (NOT_A_NUMBER, "[1e400]"))


def _size_of(number: str) -> str:
    """The family of a number, by how it is written."""
    if len(number) > 1000:
        return "thousands of digits"
    if number == "1e400":
        return "a number beyond a double"
    return "a number beyond 64 bits" if len(number) > 3 else "a small number"


def _values(pairs: Iterable[tuple[str, str]]) -> tuple[HostileValue, ...]:
    return tuple(HostileValue(family, text) for family, text in pairs)


_JSON_TEXTS = _values((family, json.dumps(text)) for family, text in _TEXTS)
_OF_KIND: Mapping[str, tuple[HostileValue, ...]] = {
    "string": (*_JSON_TEXTS, *_values(_OTHER_TYPES[:3]), HostileValue(SURROGATE, '"\\ud800"')),
    "number": (
        *(HostileValue(_size_of(text), text) for text in _BIG),
        *_values(_OTHER_TYPES[:4]),
        HostileValue("a digit that is no number", '"²"'),
        HostileValue(NOT_A_NUMBER, "NaN"),
    ),
    "boolean": _values(_OTHER_TYPES[:5]),
    "object": (HostileValue("null", "null"), *_values(_INNER), *_values(_OTHER_TYPES[2:4]), *_values(_INNER_LASTING)),
    "array": (HostileValue("null", "null"), *_values(_ITEMS), *_values(_OTHER_TYPES[1:2]), *_values(_ITEMS_LASTING)),
    "null": (),
}
_SAME = {"integer": "number", "enum": "string"}


def json_values(kinds: Iterable[str], *, lasting: bool = True) -> Iterator[HostileValue]:
    """Hostile values for a place of a body that takes these kinds of JSON; each once, those that may last last.

    lasting: False leaves those out.
    """
    wanted = [_SAME.get(kind, kind) for kind in kinds]
    if "any" in wanted or not wanted:
        wanted = ["object", "string", "number", "array"]
    pools = [_OF_KIND[kind] for kind in dict.fromkeys(wanted)]
    longest = max(map(len, pools), default=0)
    mixed = dict.fromkeys(pool[at] for at in range(longest) for pool in pools if at < len(pool))
    kept = (value for value in mixed if lasting or value.family not in LASTING)
    yield from sorted(kept, key=lambda value: value.family in LASTING)


_NUMBER_TEXTS = ("9223372036854775808", "-1", "1e400", "-9223372036854775809", "0", "1.5")
_RAW: tuple[tuple[str, str], ...] = (
    ("bytes that are no UTF-8", "%FF%FE"),
    ("half a percent sign", "%"),
    (SURROGATE, "%ED%A0%80"),
    ("NUL", "%C0%80"),
)
QUERY_VALUES: tuple[HostileValue, ...] = (
    *(HostileValue(_size_of(text), text) for text in _NUMBER_TEXTS),
    *(HostileValue(family, quote(text, safe="")) for family, text in _TEXTS),
    *_values(_RAW),
)
"""Raw texts for a parameter of a query."""

_PATH_TEXTS: tuple[tuple[str, str], ...] = (
    ("NUL", "\x00"),
    ("a number beyond 64 bits", "9223372036854775808"),
    ("bytes that are no UTF-8", "\udcff\udcfe"),
    ("a small number", "-1"),
    ("a digit that is no number", "²"),
    ("a line break", "a\nb"),
    ("NUL", "0f8fad5b-d9cb-469f-a165-7086772\x000e"),
    ("control characters", "\x7f"),
    ("control characters", "\x85\x9b"),
    ("control characters", "\x1f\x01"),
    (NOT_A_NUMBER, "NaN"),
    (SURROGATE, "\udced\udca0\udc80"),
    ("NUL", "\udcc0\udc80"),
    ("half a percent sign", "%"),
    ("a small number", "0"),
    *(pair for pair in _TEXTS[2:] if pair[1] and "/" not in pair[1] and pair[1] != "NaN"),
)
PATH_VALUES = _values(_PATH_TEXTS)
"""Decoded texts for a path parameter; bytes that are no UTF-8 stand there as in PEP 383."""

HEADER_VALUES = _values(
    (
        ("a number beyond 64 bits", "9223372036854775808"),
        ("a small number", "-1"),
        ("bytes that are no UTF-8", "\xff\xfe"),
        ("quotes and brackets", "'\"([{*\\%_"),
        (NOT_A_NUMBER, "NaN"),
        ("an impossible date", "2026-02-30T25:61:61Z"),
        ("a number beyond 64 bits", _DIGITS),
        ("half a percent sign", "%"),
        ("a digit that is no number", "\xb2"),
        ("an empty text", ""),
    )
)
"""Texts that a header can carry."""


@dataclass(frozen=True)
class HostileBody:
    """A body as a whole. media_type: "" for the documented one. encoding: its Content-Encoding, "" for none."""

    family: str
    body: bytes
    media_type: str = ""
    encoding: str = ""


BODIES: tuple[HostileBody, ...] = (
    HostileBody("another type", b"null"),
    HostileBody("another type", b"[]"),
    HostileBody("bytes that are no UTF-8", b'{"a":"\xff"}'),
    HostileBody("bytes that are no UTF-8", b"\xff\xfe{\x00}\x00"),
    HostileBody("a deep value", _deep(DEEP).encode()),
    HostileBody("thousands of digits", b'{"a":' + b"9" * 5000 + b"}"),
    HostileBody("another type", b'"x"'),
    HostileBody("another type", b"0"),
    HostileBody("an empty body", b""),
    HostileBody("a byte order mark", b"\xef\xbb\xbf{}"),
    HostileBody("another charset", b"\xff\xfe{\x00}\x00", "application/json; charset=utf-16"),
    HostileBody("a form", b"a=%FF&a=1&b[c]=2", "application/x-www-form-urlencoded"),
    HostileBody("a form without a boundary", b"--x\r\n\r\n", "multipart/form-data"),
    HostileBody("no gzip", b"{}", "", "gzip"),
)
"""Bodies, where the operation takes JSON."""
