"""Connections of this process, cut off in the middle: what a server itself only ever ends well."""

import contextlib
import os
import socket
import stat
from pathlib import Path

_FOLDER = Path("/dev/fd")
"""Where systems of the POSIX family list the open files of a process."""


def cut_connection(peer: str) -> bool:
    """Shut the connection with a peer, `ADDRESS:PORT`. False where there is none, or where the system tells of none."""
    address, _, port = peer.rpartition(":")
    wanted = [address.strip("[]"), port]
    try:
        files = [int(each.name) for each in _FOLDER.iterdir()]
    except (OSError, ValueError):
        return False
    return any(_is_shut(number, wanted) for number in files)


def _is_shut(number: int, wanted: list[str]) -> bool:
    """Whether an open file is the connection with this peer, which is shut then."""
    with contextlib.suppress(OSError):
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            with socket.socket(fileno=os.dup(number)) as connection:
                found = connection.getpeername() if connection.family in (socket.AF_INET, socket.AF_INET6) else ()
                if list(map(str, found[:2])) == wanted:
                    connection.shutdown(socket.SHUT_RDWR)
                    return True
    return False
