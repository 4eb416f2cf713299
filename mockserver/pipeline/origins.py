"""Which pages may call: those on loopback, and origins that someone named."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address

from threadmock.specs.errors import SpecError
from threadmock.specs.text import cut
from threadmock.specs.wire.hosts import host_name, is_address, is_local, is_private

FLAG = "--allow-origin"
ANY, LAN, NO_ORIGIN = "*", "lan", "null"
"""Any page; pages of private addresses; the origin of pages that have none, such as those opened from a file."""
_WEB = {"http": 80, "https": 443}
_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://(?:[^/?#]*@)?([^/?#@]*)", re.ASCII | re.IGNORECASE)
_LONGEST = 300
_LAST_PORT = 65535
_SHOWN = 80
_EXAMPLES = "Write one such as https://app.example, or lan, null or *."


@dataclass(frozen=True)
class AllowedOrigins:
    """Which origins may call, besides http and https on loopback.

    named: as browsers write them; `lan` and `*` among them stand for many. Pages without an origin (`null`), such as
    those in a sandbox of a stranger's page, only where `null` is named.
    """

    named: frozenset[str] = frozenset()

    def allow(self, origin: str) -> bool:
        """Whether a page of that origin may call."""
        if origin in self.named:
            return origin not in (ANY, LAN)
        return _allows(self.named, origin)


@lru_cache(maxsize=128)
def _allows(named: frozenset[str], origin: str) -> bool:
    if ANY in named and is_sendable(origin) and origin != NO_ORIGIN:
        return True
    scheme, _, host = origin.partition("://")
    if scheme not in _WEB:
        return False
    return is_local(host) or (LAN in named and _is_of_private_network(host))


def _is_of_private_network(host: str) -> bool:
    name = host_name(host)
    return name is not None and is_address(name) and is_private(name)


def flag_for(origin: str) -> str:
    """What lets an origin in, as it is written on a command line. No text of a stranger that may mean more there."""
    if _spelling(origin) != origin:
        return f"{FLAG} ORIGIN"
    private = _is_of_private_network(origin.partition("://")[2])
    return f"{FLAG} {origin}, or {LAN} for all private addresses" if private else f"{FLAG} {origin}"


def is_sendable(origin: str) -> bool:
    """Whether an origin can be written into a header as it is."""
    return bool(origin) and len(origin) <= _LONGEST and origin.isascii() and origin.isprintable()


def read_origins(texts: Iterable[str], where: str = FLAG) -> AllowedOrigins:
    """Origins that someone allows. SpecError for what no browser would send, with the right spelling."""
    return AllowedOrigins(frozenset(_read_origin(each, where) for each in texts))


def _read_origin(text: str, where: str) -> str:
    if text in (ANY, LAN, NO_ORIGIN):
        return text
    if not text.strip():
        raise SpecError("An origin is empty.", where=where, fix=_EXAMPLES)
    right = _spelling(text.strip())
    if text == right:
        return text
    fix = f"Write {right}." if right else _EXAMPLES
    raise SpecError(f"{cut(text, _SHOWN)!r} is no origin as browsers send it.", where=where, fix=fix)


def _spelling(text: str) -> str:
    """The origin that was meant, as browsers write it; "" where that can't be told."""
    if text.lower() in (LAN, NO_ORIGIN):
        return text.lower()
    if text.lower().startswith("file:"):
        return NO_ORIGIN
    if "://" not in text:
        bare = _ORIGIN.match(f"http://{text.lstrip('/')}")
        scheme = "http" if bare and _is_near(bare[2]) else "https"
        text = f"{scheme}://{text.lstrip('/')}"
    found = _ORIGIN.match(text)
    if not found:
        return ""
    scheme, host = found[1].lower(), _in_ascii(found[2])
    name = host_name(host)
    if name is None:
        return ""
    port = int(host.rpartition("]")[2].partition(":")[2] or _WEB.get(scheme, 0))
    return _written(scheme, name, port) if port <= _LAST_PORT else ""


def _is_near(host: str) -> bool:
    """Whether a host is one that is seldom asked by https: on this machine or a local network."""
    return is_local(host) or _is_of_private_network(host)


def _in_ascii(host: str) -> str:
    """A host as browsers send it: letters beyond ASCII are encoded (RFC 3490)."""
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return ""


def _written(scheme: str, name: str, port: int) -> str:
    if ":" in name:
        if not is_address(name):
            return ""
        name = f"[{IPv6Address(name).compressed}]"
    elif name.rpartition(".")[2].isdigit() and not is_address(name):
        return ""
    return f"{scheme}://{name}" if port == _WEB.get(scheme, 0) else f"{scheme}://{name}:{port}"
