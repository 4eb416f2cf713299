"""Secrets are masked by value: whatever a backend reflects, and however it is spelled, no artefact holds one."""

import base64
import binascii
import html
import json
import re
import shlex
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

MASK = "***"
MIN_LENGTH = 4
"""Shorter secrets are masked only where they are sent: by value they would blot out half of every page."""


@dataclass(frozen=True)
class Masking:
    """Replaces secrets in texts and bytes.

    secrets: the values as they are sent, such as "Bearer abc123" (the part after the scheme counts on its own too).
    headers: lower-case names whose values are hidden whole, however short.
    Spellings that are found: raw, percent-encoded, form-encoded, base64 at each alignment, JSON-, HTML-, shell-escaped.
    """

    secrets: tuple[str, ...] = ()
    headers: frozenset[str] = frozenset()

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        found = {spelling for secret in self.secrets for part in parts(secret) for spelling in spellings(part)}
        usable = sorted((s for s in found if len(s) >= MIN_LENGTH), key=lambda s: (-len(s), s))
        return re.compile("|".join(map(re.escape, usable))) if usable else None

    def __call__(self, text: str) -> str:
        """The text with every secret replaced by `***`."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def data(self, data: bytes) -> bytes:
        """The bytes with every secret replaced by `***`; the other bytes are kept as they are."""
        if not self._pattern:
            return data
        return self(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def header(self, name: str, value: str) -> str:
        """The value of a request header, without secrets."""
        return MASK if name in self.headers else self(value)


NOTHING_SECRET = Masking()


def parts(secret: str) -> Iterator[str]:
    """The value, what stands after its scheme word, and both halves of Basic credentials."""
    yield secret
    scheme, _, rest = secret.strip().partition(" ")
    if not rest:
        return
    yield rest.strip()
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(rest.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return
        yield decoded
        yield decoded.partition(":")[2]


def spellings(text: str) -> Iterator[str]:
    """The ways in which an artefact may spell a text."""
    data = text.encode("utf-8", "surrogatepass")
    yield text
    for quoted in (urllib.parse.quote(data, safe=""), urllib.parse.quote(data), urllib.parse.quote_plus(data)):
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), quoted)
    for ascii_only in (True, False):
        once = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield once
        yield once.replace("/", "\\/")
        yield json.dumps(once, ensure_ascii=ascii_only)[1:-1]
    yield html.escape(text)
    yield html.escape(text, quote=False)
    yield shlex.quote(text)[1:-1] if shlex.quote(text) != text else text
    yield repr(text)[1:-1]
    yield data.hex()
    yield from _base64(data)


def _base64(data: bytes) -> Iterator[str]:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(data).decode().rstrip("=")
        if len(data) >= 2 * MIN_LENGTH:
            for shift in range(3):
                body = encode(bytes(shift) + data).decode().rstrip("=")
                cut = body[(0, 2, 3)[shift] :]
                yield cut[:-1]
