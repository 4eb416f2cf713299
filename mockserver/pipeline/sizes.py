"""The size of a request's body, held against what is taken and what was announced."""

from threadmock.mockserver.rules.outcome import Refused
from threadmock.specs.wire.messages import Request

_MAX_DIGITS = 18


def refuse_size(request: Request, most: int) -> Refused | None:
    """The refusal of a body that is, or announces to be, longer than so many bytes, or that ended too early."""
    size = len(request.body)
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        announced = size
    else:
        announced = int(length) if len(length) <= _MAX_DIGITS else most + 1
    if max(size, announced) > most:
        return Refused("too_large", f"The body has more than {most} bytes")
    if size < announced:
        return Refused("malformed", f"The body ended after {size} of {announced} bytes")
    return None
