"""Which names of hosts a request may be sent to: the guard against DNS rebinding.

A page of a stranger whose name is made to point to this machine is of the same origin as the mock, so that a browser
asks nobody. Only the `Host` header tells: it has the stranger's name.
"""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

from threadmock.specs.errors import SpecError
from threadmock.specs.text import cut
from threadmock.specs.wire.hosts import host_name, is_address, is_local

FLAG = "--allow-host"
_LONGEST_NAME = 253
_SHOWN = 80


@dataclass(frozen=True)
class AllowedHosts:
    """Which values of `Host` are taken: loopback names always.

    named: names and addresses that are taken besides, in lower case. beyond_loopback: whether any address is, which
    can't be rebound, and any name without a dot, which no public name is, as those of containers. guarded: False takes
    all of them.
    """

    named: frozenset[str] = frozenset()
    beyond_loopback: bool = False
    guarded: bool = True

    def allow(self, host: str) -> bool:
        """Whether a request to that host, with or without a port, is taken."""
        return not self.guarded or is_local(host) or _allows(self, host)

    def reason(self, host: str) -> str:
        """Why a host is refused, and what lets it in."""
        name = host_name(host)
        if name is None:
            return f"Host is {host[:200]!r}, which is no name of a host."
        listens = "takes only names of its own" if self.beyond_loopback else "listens on loopback only"
        return f"Host is {host[:200]!r}, and this server {listens}. Start it with {FLAG} {name[:200]}."


@lru_cache(maxsize=128)
def _allows(hosts: AllowedHosts, host: str) -> bool:
    name = host_name(host)
    if name is None:
        return False
    return name in hosts.named or (hosts.beyond_loopback and ("." not in name or is_address(name)))


def read_hosts(names: Iterable[str], where: str = FLAG) -> frozenset[str]:
    """Names of hosts that someone allows, in lower case. SpecError for what is no name, with what to write."""
    return frozenset(_read_host(each, where) for each in names)


def _read_host(text: str, where: str) -> str:
    meant = _name_in(text)
    if meant and text.lower() in (meant, f"[{meant}]"):
        return meant
    what = f"{cut(text, _SHOWN)!r} is no name of a host." if text.strip() else "A name of a host is empty."
    fix = f"Write the name alone: {meant}." if meant else "Write a name alone, such as mock.test or 10.0.2.2."
    raise SpecError(what, where=where, fix=fix)


def _name_in(text: str) -> str:
    """The name of a host that was meant by a name, an address or a URL; "" where that can't be told."""
    bare = (text.strip().partition("://")[2] or text.strip()).partition("/")[0].rpartition("@")[2]
    name = bare.lower() if is_address(bare) else host_name(bare) or ""
    if is_address(name):
        return ip_address(name).compressed
    return name if len(name) <= _LONGEST_NAME else ""


def machine_names() -> frozenset[str]:
    """The names of this machine, in lower case. Its system may be asked for them, and that may ask the network."""
    name = socket.gethostname()
    return own_names(name, name if "." in name else socket.getfqdn())


def own_names(name: str, full: str) -> frozenset[str]:
    """The names of a machine: its name, its full name, and that on the local network (RFC 6762).

    A full name that does not begin with the name is left out: the network's own servers tell it.
    """
    name, full = name.lower(), full.lower()
    label = name.partition(".")[0]
    found = {name, label, f"{label}.local"} | ({full} if full.startswith(f"{label}.") else set())
    return frozenset(each for each in found if label and host_name(each) == each)
