"""Which status and media type: `Accept` (RFC 9110, 12.5.1) and `Prefer` (RFC 7240), as tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from threadmock.specs.contract import Media, Reply
from threadmock.specs.wire.media_types import covers, is_range, is_stream, is_text, is_xml, is_yaml, read_parameters
from threadmock.specs.wire.messages import is_json

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


@dataclass(frozen=True)
class _Range:
    """One range of an Accept header."""

    kind: str
    parameters: frozenset[tuple[str, str]]
    quality: float

    def precision(self, kind: str, parameters: frozenset[tuple[str, str]]) -> int:
        """How closely the range names a type: 0 where it does not, 4 where it names its parameters, too."""
        if self.kind == kind:
            return 4 if self.parameters and self.parameters <= parameters else 3
        if not is_range(self.kind) or not covers(self.kind, kind):
            return 0
        return 1 if self.kind == "*/*" else 2


def _ranges(accept: str) -> tuple[_Range, ...]:
    """The ranges of a header; parameters of no type are ignored, and an invalid quality is 1."""
    found = []
    for text in accept.split(","):
        if "/" not in text:
            continue
        kind, parameters = read_parameters(text)
        marks = (part.strip().lower() for part in text.split(";")[1:])
        quality = next((_QUALITY.fullmatch(mark) for mark in marks if mark.startswith("q=")), None)
        found.append(_Range(kind, parameters, float(quality[1]) if quality else 1.0))
    return tuple(found)


def _best(accept: str, offers: tuple[str, ...]) -> int | None:
    """The place of the offer with the highest quality; of equals the one that is named most closely, then the first.

    None where every quality is 0.
    """
    ranges = _ranges(accept)
    best, rank = None, (0.0, 0)
    for at, offer in enumerate(offers):
        kind, parameters = read_parameters(offer)
        precision, quality = max(
            ((each.precision(kind, parameters), each.quality) for each in ranges), default=(0, 0.0)
        )
        if precision and quality and (quality, precision) > rank:
            best, rank = at, (quality, precision)
    return best


def choose_media(reply: Reply | None, accept: str | None) -> tuple[Media | None, bool]:
    """The media to answer in, and whether the request can be served at all. A reply without content always can.

    Without a wish it is the first JSON, as clients of such a document expect, else the first that is no stream. A
    range of the document stands for JSON, or another type of its own; what a request names within it is served, too.
    """
    if reply is None or not reply.content:
        return None, True
    first = _first(reply)
    if not accept or accept in ("*/*", first.media_type):
        return first, True
    found = _wished(reply, accept[:_MAX_ACCEPT])
    return found, found is not None


@lru_cache(maxsize=256)
def _wished(reply: Reply, accept: str) -> Media | None:
    """The media that a header leads to."""
    first = _first(reply)
    medias = [first, *(media for media in reply.content.values() if media is not first)]
    offers = tuple(media.content_type for media in medias)
    best = _best(accept, offers)
    if best is not None:
        return medias[best]
    others = list(_within_ranges(reply, accept))
    best = _best(accept, tuple(media.media_type for media in others))
    return others[best] if best is not None else None


@lru_cache(maxsize=4096)
def _first(reply: Reply) -> Media:
    whole = [media for media in reply.content.values() if not is_stream(media.media_type)]
    return next((media for media in whole if is_json(media.media_type)), [*whole, *reply.content.values()][0])


def _within_ranges(reply: Reply, accept: str) -> Iterator[Media]:
    """What a request names within the ranges of a document, as far as a value can be written in it."""
    for name, media in reply.content.items():
        for each in _ranges(accept) if is_range(name) else ():
            kind = each.kind
            if not is_range(kind) and covers(name, kind) and any(is_it(kind) for is_it in _WRITTEN):
                yield replace(media, media_type=kind, parameters="")


_WRITTEN = (is_json, is_text, is_xml, is_yaml, is_stream, lambda kind: kind.startswith("image/"))
