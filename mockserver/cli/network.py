"""Where other machines reach this one: its addresses, found without sending anything, and its names."""

import ipaddress
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from threadmock.mockserver.pipeline.hosts import AllowedHosts, machine_names
from threadmock.specs.wire.hosts import is_local

_EVERYWHERE = {"0.0.0.0": (4,), "::": (4, 6)}  # noqa: S104 - what these mean, not where to listen
_DOCUMENTATION = {4: (socket.AF_INET, "203.0.113.1"), 6: (socket.AF_INET6, "2001:db8::1")}
"""Addresses that are nobody's (RFC 5737, RFC 3849): the system says from which of its own it would ask them."""
_DISCARD = 9
_SIOCGIFADDR = 0x8915
_MOST = 4


def hosts_of(host: str, named: frozenset[str]) -> AllowedHosts:
    """The values of `Host` that a server is to take which listens on this host. named: what the user allows besides."""
    if is_local(f"[{host}]" if ":" in host else host):
        return AllowedHosts(named)
    return AllowedHosts(named | machine_names(), beyond_loopback=True)


def is_everywhere(host: str) -> bool:
    """Whether a server on this host listens on all addresses of the machine."""
    return host in _EVERYWHERE


def network_urls(host: str, port: int) -> list[str]:
    """The URLs by which other machines reach a server that listens on all addresses, the likeliest first."""
    found = dict.fromkeys(address for version in _EVERYWHERE[host] for address in _addresses(version))
    return [f"http://{f'[{each}]' if ':' in each else each}:{port}" for each in found][:_MOST]


def _addresses(version: int) -> Iterator[str]:
    for each in (_chosen(version), *_interface_addresses(version)):
        if each and _is_reachable(each):
            yield each


def _is_reachable(address: str) -> bool:
    """Whether others can ask for an address as it is: link-local ones of IPv6 need the name of an interface, too."""
    numeric = ipaddress.ip_address(address)
    return not (numeric.is_loopback or numeric.is_unspecified or (numeric.version == 6 and numeric.is_link_local))


def _chosen(version: int) -> str:
    """The address from which this machine would ask others; "" for none. To connect by UDP sends nothing."""
    family, other = _DOCUMENTATION[version]
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.connect((other, _DISCARD))
        return str(asking.getsockname()[0])
    return ""


def _interface_addresses(version: int) -> Iterator[str]:
    """The addresses of the interfaces (Linux); elsewhere none is known beside the chosen one."""
    if sys.platform == "linux":
        yield from _interfaces_4() if version == 4 else _interfaces_6()


def _interfaces_4() -> Iterator[str]:
    import fcntl  # noqa: PLC0415 - not on every platform

    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            with suppress(OSError):  # an interface without an address
                told = fcntl.ioctl(asking.fileno(), _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
                yield socket.inet_ntoa(told[20:24])


def _interfaces_6() -> Iterator[str]:
    with suppress(OSError, ValueError):
        for line in Path("/proc/net/if_inet6").read_text(encoding="ascii").splitlines():
            yield ipaddress.IPv6Address(int(line.split()[0], 16)).compressed
