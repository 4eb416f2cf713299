"""Request and Response: the plain records that every part of threadmock uses.

Neither knows of Flask, WSGI or a socket; adapters at the rim translate.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    method: upper-case token. path: decoded text, begins with "/", no query; bytes in it that are no UTF-8 stand as in
    PEP 383. query: raw text after "?", or "".
    headers: lower-case name to value; repeated headers are joined by ", ". body: bytes as received, b"" where none.
    base: the part of the URL's path before `path`, "" where there is none.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """One response.

    status: 100 to 599. headers: lower-case name to value; repeated headers are joined by ", ".
    body: bytes, or an iterator of event-stream chunks. cut: why its reader stopped before the end; "" where it did not.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterator[bytes] = b""
    cut: str = ""

    @property
    def content(self) -> bytes:
        """The body as bytes. TypeError where it is a stream: a stream is read by who asked for it."""
        if isinstance(self.body, bytes):
            return self.body
        raise TypeError("the body is a stream")


def base_url(request: Request) -> str:
    """The URL below which the server answers, as the client wrote it, without a final slash."""
    return f"http://{request.headers.get('host', 'localhost')}{request.base}"


def header_of(request: Request, name: str) -> str | None:
    """The value of a request's header, by its name in any case; None where there is none.

    A WSGI server writes `_` and `-` of a name alike (RFC 3875, 4.1.18), so `api_key` may have become `api-key`.
    """
    name = name.lower()
    found = request.headers.get(name)
    return request.headers.get(name.replace("_", "-")) if found is None else found


def media_type(value: str | None) -> str:
    """The type/subtype of a Content-Type value, lower case and without parameters; "" where there is none.

    A doubled header is returned whole: it names no single type (RFC 9110, 8.3), so it equals none that is documented.
    """
    if not value:
        return ""
    if "," in value and "," in _QUOTED.sub("", value):
        return value.strip().lower()
    return value.split(";", 1)[0].strip().lower()


def is_json(media: str) -> bool:
    """Whether a media type carries JSON (RFC 8259 and the +json suffix of RFC 6839)."""
    return media == "application/json" or media.endswith("+json")
