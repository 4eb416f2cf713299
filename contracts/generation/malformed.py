"""Bodies that are no JSON, JSON that only some readers take, and content types that are not documented."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from threadmock.specs.evidence import Evidence
from threadmock.specs.wire.strictjson import dump_json


@dataclass(frozen=True)
class Malformed:
    """Bytes that no strict reader takes. evidence: assumed where RFC 8259 leaves room or readers differ."""

    label: str
    body: bytes
    evidence: Evidence = "documented"


def malformed_bodies(value: Any) -> Iterator[Malformed]:
    """Spoilt forms of a valid body. value: any JSON object, best one with a text in it."""
    good = dump_json(value)
    inner = good[1:-1] if good.startswith(b"{") else b""
    more = b"," + inner if inner else b""
    yield Malformed("truncated", good[:-1])
    yield Malformed("truncated in the middle", good[: max(1, len(good) // 2)])
    yield Malformed("blank only", b"  \n")
    yield Malformed("no JSON at all", b"not json")
    yield Malformed("trailing comma", good[:-1] + (b",}" if inner else b'"a":1,}'))
    yield Malformed("trailing garbage", good + b"x")
    yield Malformed("one closing brace too many", good + b"}")
    yield Malformed("two documents", good + good)
    yield Malformed("two documents on two lines", good + b"\n" + good)
    yield Malformed("single quotes", (b"{'a':'b'" + more + b"}"))
    yield Malformed("unquoted name", b"{a:1" + more + b"}")
    yield Malformed("name without value", b'{"a"' + more + b"}")
    yield Malformed("comment", b"/* comment */" + good)
    yield Malformed("line comment", good + b" // comment")
    yield Malformed("hexadecimal number", b'{"a":0x1F' + more + b"}")
    yield Malformed("number with a leading zero", b'{"a":01' + more + b"}")
    yield Malformed("number with a plus", b'{"a":+1' + more + b"}")
    yield Malformed("Python words", b'{"a":True,"b":None' + more + b"}")
    yield Malformed("raw newline in a text", b'{"a":"x\ny"' + more + b"}")
    yield Malformed("raw control character in a text", b'{"a":"x\x01y"' + more + b"}")
    yield Malformed("bad escape", b'{"a":"\\x41"' + more + b"}")
    yield Malformed("1,100 arrays deep", b"[" * 1_100 + b"]" * 1_100)
    yield Malformed("100,000 arrays deep", b"[" * 100_000 + b"]" * 100_000)
    yield Malformed("100,000 arrays opened", b"[" * 100_000)
    yield Malformed("invalid UTF-8", b'{"a":"\xff\xfe"' + more + b"}", "assumed")
    yield Malformed("overlong UTF-8", b'{"a":"\xc0\xaf"' + more + b"}", "assumed")
    yield Malformed("encoded surrogate", b'{"a":"\xed\xa0\x80"' + more + b"}", "assumed")
    yield Malformed("byte order mark", b"\xef\xbb\xbf" + good, "assumed")
    yield Malformed("UTF-16", good.decode().encode("utf-16"), "assumed")
    yield Malformed("NaN", b'{"a":NaN' + more + b"}", "assumed")
    yield Malformed("Infinity", b'{"a":-Infinity' + more + b"}", "assumed")
    yield Malformed("number beyond range", b'{"a":1e999' + more + b"}", "assumed")
    yield Malformed("number of 5,000 digits", b'{"a":' + b"9" * 5_000 + more + b"}", "assumed")
    yield Malformed("lone surrogate", b'{"a":"\\ud800"' + more + b"}", "assumed")
    yield Malformed("lone surrogate in a name", b'{"\\udc00":1' + more + b"}", "assumed")


def twice(value: dict[str, Any], name: str, other: Any) -> bytes:
    """The object with one name twice: first with another valid value, then with its own."""
    first = dump_json({name: other})[1:-1]
    return b"{" + first + b"," + dump_json(value)[1:-1] + b"}"


# Content type, or "" for none at all.
WRONG_MEDIA_TYPES: tuple[str, ...] = (
    "text/plain",
    "",
    "application/xml",
    "text/html; charset=utf-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "no media type",
)


def plain_label(content_type: str) -> str:
    """A content type as part of a label."""
    return re.sub(r";.*", "", content_type) or "no content type"
