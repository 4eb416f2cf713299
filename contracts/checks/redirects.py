"""Where a response leads: a redirect is never followed, and one to another host, or out of TLS, is reported."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from threadmock.contracts.checks.checked_exchange import Problem
    from threadmock.contracts.checks.reading import Reading

_PORTS = {"http": 80, "https": 443}


def elsewhere(reading: "Reading") -> str:
    """How a response sends its reader to another host, or from https to http; "" where it does neither."""
    response = reading.response
    if response is None:
        return ""
    target = response.headers.get("location") if 300 <= response.status < 400 else None
    refresh = response.headers.get("refresh", "")
    if target is None and "url=" in refresh.lower():
        target = refresh[refresh.lower().index("url=") + 4 :].strip("'\" ")
    return leaving(reading.exchange.base_url, target) if target else ""


def leaving(base: str, target: str) -> str:
    """How a reference leads away from a base URL; "" where it stays on its host, or goes over to TLS there."""
    try:
        here, there = urlsplit(base), urlsplit(urljoin(base + "/", target))
        ports = [each.port or _PORTS.get(each.scheme) for each in (here, there)]
    except ValueError:
        return "to what is no URL"
    if here.scheme == "https" and there.scheme == "http":
        return "from https to http"
    if there.scheme not in _PORTS:
        return "to what is no web address"
    same = here.hostname == there.hostname and (ports[0] == ports[1] or here.scheme != there.scheme)
    return "" if same else "to another host"


def redirect_applies(reading: "Reading") -> str:
    """Any response."""
    return "no answer came" if reading.response is None else ""


def check_redirect(reading: "Reading") -> Iterator["Problem"]:
    """A redirect stays on its host and in TLS: whoever follows it may take credentials along."""
    if where := elsewhere(reading):
        yield reading.problem(
            "an answer of this host, or a redirect that stays on it",
            f"status {reading.status}, a redirect {where}; it was not followed",
            source="RFC 9110, 15.4 and 17.9",
            unconditional=True,
        )
