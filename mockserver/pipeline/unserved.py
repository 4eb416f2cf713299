"""The answers where no operation is served: no such path or method, a final slash, a flaw of the document."""

from collections.abc import Mapping
from urllib.parse import quote

from threadmock.mockserver.agents.streams import Stream
from threadmock.mockserver.fault_points import Faults
from threadmock.mockserver.pipeline import problems
from threadmock.mockserver.pipeline.answer import Answer, Pipeline
from threadmock.mockserver.pipeline.mounts import Found, Mount, without_bases
from threadmock.mockserver.pipeline.refusals import render
from threadmock.mockserver.pipeline.routes import Routes
from threadmock.mockserver.rules.outcome import Refused
from threadmock.specs.contract import LeftOut
from threadmock.specs.operations.path_templates import expression
from threadmock.specs.operations.routing import Match
from threadmock.specs.wire.messages import Request, Response, base_url
from threadmock.specs.wire.strictjson import dump_json

DOCUMENT = "openapi.json"


class Unserved:
    """What a mock answers to requests that are for no operation of it."""

    def __init__(self, routes: Routes, pipeline: Pipeline, faults: Faults) -> None:
        self._routes = routes
        self._pipeline = pipeline
        self._faults = faults

    def answer(self, request: Request, mount: Mount | None, match: Match | None) -> Answer:
        """The answer to one request."""
        if flawed := self._left_out(request):
            return Answer(problems.left_out(flawed), "", f"left out: {flawed.why}", unexpected=True)
        if mount is None or match is None:
            return self._document(request) or self._nowhere(request)
        return self._other_method(request, mount, match)

    def methods(self, found: Found, path: str) -> list[str]:
        """The methods of a path."""
        if found.mount is None or found.match is None:
            return []
        allowed = set(found.match.allowed or self._routes.find("\0", path).match.allowed)  # type: ignore[union-attr]
        return sorted(allowed | ({"HEAD"} if "GET" in allowed else set()) | {"OPTIONS"})

    def _left_out(self, request: Request) -> LeftOut | None:
        """The operation that the request is for, where its document has it with a flaw."""
        for mount in self._routes.mounts:
            below = request.path.removeprefix(mount.prefix)
            paths = (below, *without_bases(mount, below))
            for flawed in mount.contract.left_out if mount.at_root or below != request.path else ():
                form = expression(flawed.path)
                if flawed.method in ("", request.method) and any(map(form.fullmatch, paths)):
                    return flawed
        return None

    def _document(self, request: Request) -> Answer | None:
        """The document of a provider, overlays applied, at its prefix; None for any other path."""
        name, _, rest = request.path[1:].partition("/")
        mount = self._routes.by_prefix.get(name)
        if mount is None or rest != DOCUMENT or request.method not in ("GET", "HEAD"):
            return None
        body = dump_json(mount.contract.document)
        return Answer(Response(200, {"content-type": "application/json"}, body), "", "the document")

    def _redirected(self, request: Request, mount: Mount, match: Match) -> Answer:
        """A provider's own redirect to the path without its final slash, for every method (RFC 9110, 15.4.8)."""
        if self._faults.skips("slashes"):
            return Answer(problems.no_route(request.method, request.path, match.redirect), "", "a planted fault")
        query = f"?{request.query}" if request.query else ""
        location = f"{base_url(request)}{quote(request.path[:-1])}{query}"
        return Answer(Response(307, {"location": location}, b""), "", f"a final slash, at {mount.contract.name}")

    def _own(self, kind: str, mount: Mount | None, reason: str, headers: Mapping[str, str]) -> Answer | None:
        """A provider's own refusal of what is no operation of it; None where its overlay has none."""
        refusals = mount.contract.profile.refusals if mount and not self._faults.skips("routes") else {}
        if kind not in refusals:
            return None
        return Answer(render(Refused(kind, reason), refusals, headers), "", reason, unexpected=True)

    def _nowhere(self, request: Request) -> Answer:
        if own := self._own("no_route", self._routes.owner(request.path), "no such route", {}):
            return own
        close = problems.nearest_route(request.path, sorted(self._routes.paths()))
        reason = f"no such route; the nearest is {close}" if close else "no such route"
        return Answer(problems.no_route(request.method, request.path, close), "", reason, unexpected=True)

    def _other_method(self, request: Request, mount: Mount, match: Match) -> Answer:
        if match.redirect:
            return self._redirected(request, mount, match)
        allowed = self.methods(Found(mount, match), request.path)
        if self._faults.skips("methods"):
            return Answer(
                Response(500, {"content-type": "text/plain"}, b"Internal Server Error"), "", "a planted fault"
            )
        head = request.method == "HEAD" and "GET" in match.allowed
        own = None if head else self._own("no_method", mount, "no such method", {"allow": ", ".join(match.allowed)})
        if own:
            return own
        if request.method == "OPTIONS":
            return Answer(Response(204, {"allow": ", ".join(allowed)}, b""), "", "methods of the path")
        if head and (answered := self._head(request, mount)):
            return answered
        refused = problems.no_method(request.method, request.path, allowed)
        return Answer(refused, "", "no such method", unexpected=True)

    def _head(self, request: Request, mount: Mount) -> Answer | None:
        """The head of what GET gets."""
        slashed = self._pipeline.world.store.slashed()
        as_get = self._routes.find_guessing("GET", request.path, slashed)
        if not (as_get.match and as_get.match.operation):
            return None
        made = self._pipeline.answer(request, mount.plans[as_get.match.operation], as_get.match.values)
        if isinstance(made.response.body, Stream):
            made.response.body.close(left=False)
        return Answer(Response(made.response.status, made.response.headers, b""), made.rule, made.reason)
