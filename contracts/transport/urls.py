"""URLs of targets, read strictly and written safely."""

import re
import urllib.parse
from dataclasses import dataclass

from threadmock.contracts.options import mention
from threadmock.contracts.settings import UsageError
from threadmock.specs.operations.path_templates import encoded


class TargetError(UsageError):
    """The target can't be used as it was given."""


@dataclass(frozen=True)
class TargetUrl:
    """A base URL. text: as given, without a final slash. path: its own part of every path, without a final slash."""

    text: str
    scheme: str
    host: str
    port: int
    path: str


def read_target(text: str) -> TargetUrl:
    """The base URL that the text holds. TargetError where it is none that can be used."""
    try:
        parts = urllib.parse.urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise TargetError(f"{text!r} is no URL: {error}.") from None
    if parts.scheme not in {"http", "https"}:
        raise TargetError(f"{text!r} is no http or https URL.", fix="Write it like http://127.0.0.1:8000.")
    if re.search("[\x00-\x20\x7f-\uffff\\\\]", text):
        raise TargetError(f"{text!r} holds characters that no URL can.", fix="Percent-encode them.")
    if not parts.hostname:
        raise TargetError(f"{text!r} names no host.")
    if "@" in parts.netloc:
        raise TargetError(
            "The target URL holds user information.",
            fix=f"Give credentials with {mention('headers')} or {mention('header_env')}.",
        )
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        raise TargetError(
            f"{text!r} has a query or fragment.", fix="Give the base URL only; operations are appended to its path."
        )
    if port == 0:
        raise TargetError(f"{text!r} has port 0.")
    default = 443 if parts.scheme == "https" else 80
    return TargetUrl(text.rstrip("/"), parts.scheme, parts.hostname, port or default, parts.path.rstrip("/"))


def request_target(path: str, query: str) -> str:
    """Path and query as they stand in the request line. path: decoded, begins with "/". Errors: as of `encoded`."""
    return f"{encoded(path)}?{query}" if query else encoded(path)
