"""Bodies that are no JSON, JSON that only some readers take, and content types that are not documented."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from threadmock.specs.evidence import Evidence
from threadmock.specs.wire.strictjson import dump_json


@dataclass(frozen=True)
class MalformedBody:
    """Bytes that no strict reader takes. evidence: assumed where RFC 8259 leaves a choice or readers differ."""

    label: str
    body: bytes
    evidence: Evidence = "documented"


def malformed_bodies(value: Any) -> Iterator[MalformedBody]:
    """Spoilt forms of a valid body. value: any JSON object, best one with a text in it."""
    good = dump_json(value)
    inner = good[1:-1] if good.startswith(b"{") else b""
    more = b"," + inner if inner else b""
    yield MalformedBody("truncated", good[:-1])
    yield MalformedBody("truncated in the middle", good[: max(1, len(good) // 2)])
    yield MalformedBody("blank only", b"  \n")
    yield MalformedBody("no JSON at all", b"not json")
    yield MalformedBody("trailing comma", good[:-1] + (b",}" if inner else b'"a":1,}'))
    yield MalformedBody("trailing garbage", good + b"x")
    yield MalformedBody("one closing brace too many", good + b"}")
    yield MalformedBody("two documents", good + good)
    yield MalformedBody("two documents on two lines", good + b"\n" + good)
    yield MalformedBody("single quotes", (b"{'a':'b'" + more + b"}"))
    yield MalformedBody("unquoted name", b"{a:1" + more + b"}")
    yield MalformedBody("name without value", b'{"a"' + more + b"}")
    yield MalformedBody("comment", b"/* comment */" + good)
    yield MalformedBody("line comment", good + b" // comment")
    yield MalformedBody("hexadecimal number", b'{"a":0x1F' + more + b"}")
    yield MalformedBody("number with a leading zero", b'{"a":01' + more + b"}")
    yield MalformedBody("number with a plus", b'{"a":+1' + more + b"}")
    yield MalformedBody("Python words", b'{"a":True,"b":None' + more + b"}")
    yield MalformedBody("raw newline in a text", b'{"a":"x\ny"' + more + b"}")
    yield MalformedBody("raw control character in a text", b'{"a":"x\x01y"' + more + b"}")
    yield MalformedBody("bad escape", b'{"a":"\\x41"' + more + b"}")
    yield MalformedBody("1,100 arrays deep", b"[" * 1_100 + b"]" * 1_100)
    yield MalformedBody("100,000 arrays deep", b"[" * 100_000 + b"]" * 100_000)
    yield MalformedBody("100,000 arrays opened", b"[" * 100_000)
    yield MalformedBody("invalid UTF-8", b'{"a":"\xff\xfe"' + more + b"}", "assumed")
    yield MalformedBody("overlong UTF-8", b'{"a":"\xc0\xaf"' + more + b"}", "assumed")
    yield MalformedBody("encoded surrogate", b'{"a":"\xed\xa0\x80"' + more + b"}", "assumed")
    yield MalformedBody("byte order mark", b"\xef\xbb\xbf" + good, "assumed")
    yield MalformedBody("UTF-16", good.decode().encode("utf-16"), "assumed")
    yield MalformedBody("NaN", b'{"a":NaN' + more + b"}", "assumed")
    yield MalformedBody("Infinity", b'{"a":-Infinity' + more + b"}", "assumed")
    yield MalformedBody("number beyond range", b'{"a":1e999' + more + b"}", "assumed")
    yield MalformedBody("number of 5,000 digits", b'{"a":' + b"9" * 5_000 + more + b"}", "assumed")
    yield MalformedBody("lone surrogate", b'{"a":"\\ud800"' + more + b"}", "assumed")
    yield MalformedBody("lone surrogate in a name", b'{"\\udc00":1' + more + b"}", "assumed")


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
