"""Who may call: hosts, pages of browsers, and what is under `/_mock/`. One value, of which each gateway has one."""

from collections.abc import Callable
from dataclasses import dataclass, field

from threadmock.mockserver.pipeline.cors import is_preflight, readable_refusal, stranger_preflight
from threadmock.mockserver.pipeline.hosts import AllowedHosts
from threadmock.mockserver.pipeline.origins import NO_ORIGIN, AllowedOrigins, flag_for
from threadmock.mockserver.pipeline.problems import problem
from threadmock.specs.text import log_line
from threadmock.specs.wire.messages import Request, Response

CONTROL = "/_mock/"
_MOST_TOLD = 100
_SHOWN = 200


def is_control(path: str) -> bool:
    """Whether a path belongs to the control interface. Flask finds its routes behind any number of slashes."""
    plain = f"/{path.lstrip('/')}"
    return plain.startswith(CONTROL) or plain == CONTROL.rstrip("/")


@dataclass(frozen=True)
class Access:
    """Who may call. control_token: what lets other machines use the control interface; "" for this machine alone.

    log: is told of each origin that is refused, once.
    """

    hosts: AllowedHosts = field(default_factory=AllowedHosts)
    origins: AllowedOrigins = field(default_factory=AllowedOrigins)
    control_token: str = field(default="", repr=False)
    log: Callable[[str], None] | None = None
    _told: set[str] = field(default_factory=set, compare=False, repr=False)

    def refuse(self, request: Request) -> Response | None:
        """421 for a foreign Host, 403 for a page of a foreign origin; None for everyone else.

        A preflight of such a page is granted, for the refusal of the request itself is what the page can read; not so
        where the control interface is asked for.
        """
        host = request.headers.get("host")
        if host and not self.hosts.allow(host):
            return problem(421, "Foreign host", self.hosts.reason(host), kind="foreign-host")
        origin = request.headers.get("origin")
        if not origin or self.origins.allow(origin) or (self.hosts.guarded and _is_own(origin, host)):
            return None
        self._tell(origin)
        if is_preflight(request) and not is_control(request.path):
            return stranger_preflight(request)
        headers = readable_refusal(origin)
        return problem(403, "Foreign origin", _reason(origin), kind="foreign-origin", headers=headers)

    def _tell(self, origin: str) -> None:
        if self.log and origin not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(origin)
            self.log(log_line(_reason(origin)))


def _is_own(origin: str, host: str | None) -> bool:
    """Whether a page came from this very server; only where its host is one that was let in by name."""
    scheme, _, name = origin.partition("://")
    return scheme in ("http", "https") and bool(host) and name == host


def _reason(origin: str) -> str:
    named = f"of {origin[:_SHOWN]!r}"
    pages = "without an origin, such as those opened from a file," if origin == NO_ORIGIN else named
    return f"Pages {pages} may not call this server. Start it with {flag_for(origin)}."
