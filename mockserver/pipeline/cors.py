"""What browsers are told: CORS and Private Network Access. Who may call at all is said in `access`."""

import re
from collections.abc import Collection, Mapping

from threadmock.mockserver.pipeline.origins import is_sendable
from threadmock.specs.behaviour.profile import Cors
from threadmock.specs.wire.messages import Request, Response

EXPOSED = (
    "allow, content-location, location, link, preference-applied, retry-after, www-authenticate, "
    "x-pagination-next, x-pagination-total, x-request-id"
)
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_MAX_AGE = "600"
_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{0,2000}")


def is_preflight(request: Request) -> bool:
    """Whether a request is a CORS preflight (Fetch standard, 4.8)."""
    headers = request.headers
    return request.method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def preflight(request: Request, methods: Collection[str], cors: Cors | None = None) -> Response:
    """What the page may do: the path's methods, the headers that it asks for, private network where asked.

    204, or what the provider answers where that is known.
    """
    origin = request.headers["origin"]
    status, text = cors.preflight if cors else (204, "")
    headers = {
        "access-control-allow-methods": ", ".join(methods) if methods else METHODS,
        "access-control-max-age": str(cors.max_age) if cors else _MAX_AGE,
        **cors_headers(origin, status, cors),
        "vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    }
    headers |= _asked_headers(request)
    if request.headers.get("access-control-request-private-network") == "true":
        headers["access-control-allow-private-network"] = "true"
    if text:
        headers["content-type"] = "text/plain; charset=utf-8"
    return Response(status, headers, text.encode())


def _asked_headers(request: Request) -> Mapping[str, str]:
    asked = request.headers.get("access-control-request-headers", "")
    return {"access-control-allow-headers": asked} if asked and _NAMES.fullmatch(asked) else {}


def stranger_preflight(request: Request) -> Response:
    """204 for a page that may not call: its request may be sent, so that the page can read why it is refused.

    No credentials, no private network; and browsers do not keep it.
    """
    headers = {
        "access-control-allow-methods": METHODS,
        "access-control-max-age": "0",
        **readable_refusal(request.headers["origin"]),
        **_asked_headers(request),
        "vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    }
    return Response(204, headers, b"")


def readable_refusal(origin: str) -> Mapping[str, str]:
    """The headers that let a page that may not call read the refusal, without credentials."""
    return {"access-control-allow-origin": origin, "vary": "Origin"} if is_sendable(origin) else {"vary": "Origin"}


def cors_headers(origin: str, status: int, cors: Cors | None) -> Mapping[str, str]:
    """The CORS headers of a response with that status to an allowed origin: the provider's own where they are known."""
    if cors is None:
        return allow_origin(origin)
    if status == 500 and not cors.failures:
        return {}
    exposed = {"access-control-expose-headers": ", ".join(cors.expose)} if cors.expose else {}
    if cors.origin == "*":
        return {"access-control-allow-origin": "*", **exposed}
    return {**allow_origin(origin), **exposed}


def allow_origin(origin: str) -> Mapping[str, str]:
    """The headers that let a page of this origin read the answer, with credentials."""
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": EXPOSED,
        "vary": "Origin",
    }
