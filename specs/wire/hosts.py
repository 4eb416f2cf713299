"""Which hosts and addresses are this machine, as seen from itself."""

import ipaddress
import re
from functools import lru_cache

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?", re.ASCII)


def is_loopback(address: str) -> bool:
    """Whether a numeric address is this machine's own (127.0.0.0/8, ::1, or mapped into IPv6). ValueError for none."""
    numeric = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(numeric, "ipv4_mapped", None)
    return (mapped or numeric).is_loopback


@lru_cache(maxsize=128)
def is_local(host: str) -> bool:
    """Whether a host name or address, with or without a port, is this machine: `localhost:80`, `[::1]`."""
    found = _HOST.fullmatch(host)
    if not found:
        return False
    name = (found[1] or found[2]).lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return is_loopback(name)
    except ValueError:
        return False
