"""Which status and media type: `Accept` (RFC 9110, 12.5.1) and `Prefer` (RFC 7240), as tables."""

import re
from dataclasses import dataclass
from functools import lru_cache

from threadmock.specs.contract import Media, Reply

_QUALITY = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.ASCII)
_MAX_ACCEPT = 2000
_PREFERENCE = re.compile(r'\s*([A-Za-z0-9-]+)\s*=\s*("?)([^";,]*)\2')


@dataclass(frozen=True)
class Preference:
    """What a request prefers. code: the status that it asks for, as sent, or ""; example: an example's name, or ""."""

    code: str = ""
    example: str = ""

    def __bool__(self) -> bool:
        return bool(self.code or self.example)


NOTHING = Preference()


def read_preference(header: str | None) -> Preference:
    """The two preferences that a mock knows; any other is ignored (RFC 7240, 2)."""
    if not header or "=" not in header:
        return NOTHING
    found = {name.lower(): value.strip() for name, _, value in _PREFERENCE.findall(header)}
    return Preference(found.get("code", ""), found.get("example", ""))


@lru_cache(maxsize=256)
def _best(accept: str, offers: tuple[str, ...]) -> str | None:
    """The offer with the highest quality, the first of equals; None where every quality is 0."""
    ranges = [_read_range(text) for text in accept.lower().split(",") if "/" in text]
    best, quality = None, 0.0
    for offer in offers:
        main = offer.split("/", 1)[0]
        known = {name: given for name, given in ranges if name in (offer, f"{main}/*", "*/*")}
        found = next((known[name] for name in (offer, f"{main}/*", "*/*") if name in known), 0.0)
        if found > quality:
            best, quality = offer, found
    return best


def _read_range(text: str) -> tuple[str, float]:
    """A media range and its quality; other parameters are ignored, and an invalid quality is 1."""
    name, *parameters = (part.strip() for part in text.split(";"))
    found = next((_QUALITY.fullmatch(parameter) for parameter in parameters if parameter.startswith("q=")), None)
    return name, float(found[1]) if found else 1.0


def choose_media(reply: Reply | None, accept: str | None) -> tuple[Media | None, bool]:
    """The media to answer in, and whether the request can be served at all. A reply without content always can."""
    if reply is None or not reply.content:
        return None, True
    first = next(iter(reply.content.values()))
    if not accept or accept in ("*/*", first.media_type):
        return first, True
    best = _best(accept[:_MAX_ACCEPT], tuple(reply.content))
    return (reply.content[best], True) if best else (None, False)
