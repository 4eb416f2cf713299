"""Content-Encoding of a response, undone with a ceiling on what comes out."""

import zlib
from collections.abc import Callable, Mapping

from threadmock.contracts.transport.errors import BrokenResponse, TooLarge

MAX_LAYERS = 3
_ZLIB, _RAW, _GZIP = 15, -15, 31


def decode(data: bytes, encodings: str, limit: int) -> bytes:
    """The body without its encodings (the value of Content-Encoding, last applied one last).

    BrokenResponse where the data is not what the header says, or the encoding is one that nobody asked for.
    TooLarge where more than limit bytes come out.
    """
    layers = [name.strip().lower() for name in encodings.split(",") if name.strip()]
    if len(layers) > MAX_LAYERS:
        raise BrokenResponse(f"the body has {len(layers)} content encodings on top of each other")
    for name in reversed(layers):
        if name not in decoders:
            raise BrokenResponse(f"the content encoding {name!r} was not asked for and is not known")
        try:
            data = decoders[name](data, limit)
        except zlib.error as error:
            raise BrokenResponse(f"the body is not the {name} data that content-encoding promises: {error}") from None
    return data


def _same(data: bytes, limit: int) -> bytes:  # noqa: ARG001 - one signature for the table
    return data


def _gzip(data: bytes, limit: int) -> bytes:
    made = b""
    while data:
        # RFC 1952, 2.2: members follow each other
        part, data = _inflate(data, limit - len(made), _GZIP)
        made += part
    return made


def _deflate(data: bytes, limit: int) -> bytes:
    # RFC 9110, 8.4.1.2: zlib format, but some send it bare
    try:
        return _inflate(data, limit, _ZLIB)[0]
    except zlib.error:
        return _inflate(data, limit, _RAW)[0]


def _inflate(data: bytes, limit: int, window: int) -> tuple[bytes, bytes]:
    if not data:
        return b"", b""
    engine = zlib.decompressobj(window)
    made = engine.decompress(data, limit + 1)
    if len(made) > limit:
        raise TooLarge(f"the decoded body is longer than {limit:,} bytes")
    if not engine.eof:
        raise zlib.error("it ends too early")
    return made, engine.unused_data


decoders: Mapping[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "identity": _same,
}
