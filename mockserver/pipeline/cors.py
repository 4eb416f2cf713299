"""Who may call from a browser: CORS and Private Network Access, and the guard against DNS rebinding."""

import re
from collections.abc import Collection, Mapping

from threadmock.mockserver.pipeline import problems
from threadmock.specs.behaviour.profile import Cors
from threadmock.specs.wire.hosts import is_local
from threadmock.specs.wire.messages import Request, Response

EXPOSED = (
    "allow, content-location, location, link, preference-applied, retry-after, www-authenticate, "
    "x-pagination-next, x-pagination-total, x-request-id"
)
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_MAX_AGE = "600"
_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{0,2000}")


def origin_allowed(origin: str, allowed: frozenset[str]) -> bool:
    """Whether a browser page of that origin may call: loopback pages always, others where they were named."""
    if origin in allowed or ("*" in allowed and origin.isascii() and origin.isprintable()):
        return True
    scheme, _, host = origin.partition("://")
    return scheme in ("http", "https") and is_local(host)


def refuse_foreign(request: Request, allowed: frozenset[str], *, guard_host: bool) -> Response | None:
    """403 for a page of a foreign origin, 421 for a foreign Host on a loopback server; None for everyone else."""
    host = request.headers.get("host")
    if guard_host and host and not is_local(host):
        detail = (
            f"Host is {host[:200]!r}, and this server listens on loopback only. Start it with --host to serve others."
        )
        return problems.problem(421, "Foreign host", detail, kind="foreign-host")
    origin = request.headers.get("origin")
    if origin and not origin_allowed(origin, allowed):
        detail = f"Pages of {origin[:200]!r} may not call this server. Start it with --allow-origin {origin[:200]}."
        return problems.problem(403, "Foreign origin", detail, kind="foreign-origin")
    return None


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
    asked = request.headers.get("access-control-request-headers", "")
    if asked and _NAMES.fullmatch(asked):
        headers["access-control-allow-headers"] = asked
    if request.headers.get("access-control-request-private-network") == "true":
        headers["access-control-allow-private-network"] = "true"
    if text:
        headers["content-type"] = "text/plain; charset=utf-8"
    return Response(status, headers, text.encode())


def cors_headers(origin: str, status: int, cors: Cors | None) -> Mapping[str, str]:
    """The CORS headers of a response with that status to an allowed origin: the provider's own where they are known."""
    if cors is None:
        return allow_origin(origin)
    if status >= 500 and not cors.failures:
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
