"""Which hosts and addresses are this machine, as seen from itself."""

import ipaddress
import re
from functools import lru_cache

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?", re.ASCII)
_PRIVATE = [
    ipaddress.ip_network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fe80::/10", "fc00::/7")
]


def is_loopback(address: str) -> bool:
    """Whether a numeric address is this machine's own (127.0.0.0/8, ::1, or mapped into IPv6). ValueError for none."""
    numeric = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(numeric, "ipv4_mapped", None)
    return (mapped or numeric).is_loopback


def host_name(host: str) -> str | None:
    """The name or address of a host, in lower case, without its port and brackets; None where it is no host."""
    found = _HOST.fullmatch(host)
    return (found[1] or found[2]).lower() if found else None


def is_address(name: str) -> bool:
    """Whether a name is a numeric address, in its usual form."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_private(address: str) -> bool:
    """Whether a numeric address belongs to a local network: RFC 1918, link-local, IPv6 ULA. ValueError for none."""
    numeric = ipaddress.ip_address(address)
    numeric = getattr(numeric, "ipv4_mapped", None) or numeric
    return any(numeric.version == network.version and numeric in network for network in _PRIVATE)


@lru_cache(maxsize=128)
def is_local(host: str) -> bool:
    """Whether a host name or address, with or without a port, is this machine: `localhost:80`, `[::1]`."""
    name = host_name(host)
    if name is None:
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return is_loopback(name)
    except ValueError:
        return False
