"""A name for this process, so that a health check shows which process answers."""

import functools
import secrets


@functools.cache
def identity() -> str:
    """16 random hexadecimal digits, the same for as long as the process runs."""
    return secrets.token_hex(8)
