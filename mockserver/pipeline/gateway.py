"""All providers on one port: guards, prefixes, routing, the pipeline, CORS, the journal and one log line a request."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from threadmock.mockserver.actions.plan import Plans
from threadmock.mockserver.agents.streams import Pending, Stream
from threadmock.mockserver.datasets.initial import store_initial
from threadmock.mockserver.fault_points import Dropped
from threadmock.mockserver.pipeline import problems
from threadmock.mockserver.pipeline.access import CONTROL, Access
from threadmock.mockserver.pipeline.answer import Answer, Pipeline
from threadmock.mockserver.pipeline.cors import cors_headers, is_preflight, preflight
from threadmock.mockserver.pipeline.decoded_paths import with_free, with_stored
from threadmock.mockserver.pipeline.faulty import build_pipeline
from threadmock.mockserver.pipeline.mounts import NOWHERE, Found, Mount, routed, without_bases
from threadmock.mockserver.pipeline.next_given import give_next
from threadmock.mockserver.pipeline.refusals import render
from threadmock.mockserver.pipeline.sizes import refuse_size
from threadmock.mockserver.rules.outcome import Refused
from threadmock.mockserver.state.next_answers import NextAnswer
from threadmock.mockserver.state.store import ThingAddress
from threadmock.mockserver.world import Settings, World
from threadmock.specs.behaviour.profile import Cors
from threadmock.specs.contract import Contract, LeftOut, Operation
from threadmock.specs.operations.path_templates import expression
from threadmock.specs.operations.routing import Match, Router, shared_routes
from threadmock.specs.text import log_line
from threadmock.specs.wire.messages import Request, Response
from threadmock.specs.wire.strictjson import dump_json

if TYPE_CHECKING:
    from threadmock.mockserver.datasets.conversations import Dataset
    from threadmock.mockserver.datasets.fill_inference import FillResult

MAX_BODY = 16 * 1024 * 1024
MAX_PATH = 8 * 1024
DOCUMENT = "openapi.json"

Log = Callable[[str], None]


@dataclass(frozen=True)
class Limits:
    """What a request may be at most. body and path: bytes."""

    body: int = MAX_BODY
    path: int = MAX_PATH


@dataclass
class Gateway:
    """All contracts behind one `handle`. Safe from several threads.

    at_root_conflicts: routes that two documents share; then no document answers at the root.
    access: who may call. data: threads and messages to begin with; filled: what became of them at each provider.
    """

    contracts: Sequence[Contract]
    world: World
    access: Access = field(default_factory=Access)
    limits: Limits = Limits()
    log: Log | None = None
    data: "Dataset | None" = None
    mounts: tuple[Mount, ...] = field(init=False)
    at_root_conflicts: list[tuple[str, str, str]] = field(init=False)
    initial: set[ThingAddress] = field(init=False)
    pipeline: Pipeline = field(init=False)
    filled: "dict[str, FillResult]" = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.at_root_conflicts = shared_routes(self.contracts)
        self.world.tell = self.log
        self.plan()
        self._store_data()

    def plan(self) -> None:
        """Make plans and pipeline by the faults that are planted now."""
        at_root, faults = not self.at_root_conflicts, self.world.faults
        change = faults.planned if faults else None
        self.mounts = tuple(
            Mount(each, Router(each.operations), Plans(each, change), f"/{each.name}", at_root)
            for each in self.contracts
        )
        self.pipeline = build_pipeline(self.world)
        self._found: dict[tuple[str, str], Found] = {}
        self._by_prefix = {mount.contract.name: mount for mount in self.mounts}
        self._at_root = self.mounts if at_root else ()

    def apply(self, settings: Settings) -> None:
        """Answer by other settings from the next request on."""
        changed = settings.faults is not self.world.faults
        self.world.apply(settings)
        if changed:
            self.plan()

    def _store_data(self) -> None:
        """Store the data, and what a provider has from the start; note the latter."""
        if self.data and self.data.conversations:
            # Loaded only here: few servers begin with data, and all of them want to answer soon.
            from threadmock.mockserver.datasets.conversations import date_conversations  # noqa: PLC0415
            from threadmock.mockserver.datasets.fill import fill_from  # noqa: PLC0415

            dated = date_conversations(self.data, self.world.clock.tick())
            for mount in self.mounts:
                self.filled[mount.contract.name] = fill_from(mount.contract, mount.plans, self.world, dated)
        self.initial = {stored for mount in self.mounts for stored in store_initial(mount.contract, self.world)}

    def reset(self, seed: int | None = None, *, settings: bool = False) -> int:
        """Begin anew, with the same seed or another. How many things there were, without the initial ones.

        settings: whether those of the start count again.
        """
        if settings:
            self.apply(self.world.start)
            self.world.restart_clock()
        kept = sum(1 for shelf, key in self.initial if self.world.store.read(shelf, key) is not None)
        forgotten = self.world.reset(seed) - kept
        self._store_data()
        return forgotten

    def find(self, method: str, path: str) -> Found:
        """The mount and route of a path: below a provider's prefix first, then at the root."""
        known = self._found.get((method, path))
        if known is not None:
            return known
        found = self._find(method, path)
        if found.match and found.match.operation and not found.match.values:
            self._found[method, path] = found  # a document has only so many paths without parameters
        return found

    def find_guessing(self, method: str, path: str) -> Found:
        """As `find`, of a path that was decoded without a word on slashes within its segments."""
        found = self.find(method, path)
        if slashed := self.world.store.slashed():
            other = self.find(method, with_stored(path, slashed))
            found = other if other.match else found
        if found.match is None:
            free = (each for mount in self.mounts for each in self._free(mount, path))
            found = next((other for each in free if (other := self.find(method, each)).match), found)
        return found

    def _free(self, mount: Mount, path: str) -> Iterator[str]:
        if path.startswith(f"{mount.prefix}/"):
            below = path.removeprefix(mount.prefix)
            yield from (mount.prefix + each for each in with_free(below, mount.contract))
        if mount in self._at_root:
            yield from with_free(path, mount.contract)

    def _find(self, method: str, path: str) -> Found:
        if path.startswith(CONTROL):
            return NOWHERE
        name, _, rest = path[1:].partition("/")
        mount = self._by_prefix.get(name)
        if mount is not None:
            below = f"/{rest}"
            match = routed(mount, method, (below,)) or routed(mount, method, without_bases(mount, below))
            if match:
                return Found(mount, match)
        for mount in self._at_root:
            if match := routed(mount, method, (path,)):
                return Found(mount, match)
        for mount in self._at_root:
            if match := routed(mount, method, without_bases(mount, path)):
                return Found(mount, match)
        return NOWHERE

    def handle(self, request: Request, found: Found | None = None) -> Response:
        """Answer one request, note it, log it. It raises nothing but Dropped: an error inside is a problem+json 500.

        found: the mount and match, if they are known already.
        """
        began = time.perf_counter()
        try:
            foreign = self.access.refuse(request)
            if foreign is None:
                found = found or self.find(request.method, request.path)
                made = self._answer(request, found)
                if self.world.latency is not None:
                    self.world.wait()
            else:
                found = NOWHERE
                made = Answer(foreign, "", "a stranger")
        except Dropped:
            raise
        except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback reaches a user
            made = Answer(_broken(error), "", f"threadmock failed: {error!r}")
        response = self._finish(request, made.response, self._cors(found or NOWHERE))
        provider = found.mount.contract.name if found and found.mount else ""
        if isinstance(response.body, Pending):
            self._await(response.body, request, made, found or NOWHERE, began)
            return response
        self._note(request, response, made, found, began)
        if self.log and isinstance(response.body, Stream):
            response.body.on_end.append(partial(self._log_end, request, response, provider, began))
        return response

    def _await(self, pending: Pending, request: Request, made: Answer, found: Found, began: float) -> None:
        """Have the answer finished, noted and logged once it is known."""
        build = pending.finish

        def finish() -> Response:
            try:
                made.response = build() if build else made.response
            except Exception as error:  # noqa: BLE001 - as in `handle`
                made.response, made.reason = _broken(error), f"threadmock failed: {error!r}"
            response = self._finish(request, made.response, self._cors(found))
            self._note(request, response, made, found, began)
            return response

        pending.finish = finish

    def _note(self, request: Request, response: Response, made: Answer, found: Found | None, began: float) -> None:
        """Note one exchange, and log it."""
        mount, match = (found.mount, found.match) if found else (None, None)
        provider, seconds = mount.contract.name if mount else "", time.perf_counter() - began
        self.world.journal.note(
            request,
            response,
            provider,
            made.rule,
            made.reason,
            at=self.world.clock.read(),
            seconds=seconds,
            operation=match.operation if match else None,
            unexpected=made.unexpected,
        )
        if self.log:
            self.log(_line(request, response, provider, made, seconds))

    def _log_end(self, request: Request, response: Response, provider: str, began: float) -> None:
        """Log that a stream is over."""
        if self.log and isinstance(response.body, Stream):
            ended = Answer(response, "", f"stream over: {response.body.sent} pieces")
            self.log(_line(request, response, provider, ended, time.perf_counter() - began))

    def _answer(self, request: Request, found: Found) -> Answer:
        if is_preflight(request):
            methods, cors = self._methods(found, request.path), self._cors(found)
            return Answer(preflight(request, methods, cors), "", "preflight")
        if len(request.path) > self.limits.path:
            shown = f"The path has more than {self.limits.path} characters."
            return Answer(problems.problem(414, "The path is too long", shown), "", "path too long")
        mount, match = found.mount, found.match
        if mount is None or match is None or match.operation is None:
            return self._unserved(request, mount, match)
        plan = mount.plans[match.operation]
        if self.world.next_answers.waiting and (next_answer := self._take_next(mount, match.operation)):
            return give_next(next_answer, self.pipeline, request, plan, match.values)
        refused = refuse_size(request, self.limits.body)
        if refused is not None:
            return Answer(self.pipeline.refuse(refused, plan), "", refused.reason)
        return self.pipeline.answer(request, plan, match.values)

    def _take_next(self, mount: Mount, operation: Operation) -> NextAnswer | None:
        taken = self.world.next_answers.take(mount.contract.name, operation)
        self.world.note_delays()
        return taken

    def _unserved(self, request: Request, mount: Mount | None, match: Match | None) -> Answer:
        """The answer where no operation is served: a flaw leaves it out, or there is no such method or path."""
        if flawed := self._left_out(request):
            return Answer(problems.left_out(flawed), "", f"left out: {flawed.why}", unexpected=True)
        if mount is None or match is None:
            return self._document(request) or self._nowhere(request)
        return self._other_method(request, mount, match)

    def _left_out(self, request: Request) -> LeftOut | None:
        """The operation that the request is for, where its document has it with a flaw."""
        for mount in self.mounts:
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
        mount = self._by_prefix.get(name)
        if mount is None or rest != DOCUMENT or request.method not in ("GET", "HEAD"):
            return None
        body = dump_json(mount.contract.document)
        return Answer(Response(200, {"content-type": "application/json"}, body), "", "the document")

    def _redirected(self, request: Request, mount: Mount, match: Match) -> Answer:
        """A provider's own redirect to the path without its final slash, for every method (RFC 9110, 15.4.8)."""
        if self.world.faults.skips("slashes"):
            return Answer(problems.no_route(request.method, request.path, match.redirect), "", "a planted fault")
        host = request.headers.get("host", "localhost")
        query = f"?{request.query}" if request.query else ""
        location = f"http://{host}{quote(request.path[:-1])}{query}"
        return Answer(Response(307, {"location": location}, b""), "", f"a final slash, at {mount.contract.name}")

    def _owner(self, path: str) -> Mount | None:
        """The provider of a path without a route: by its prefix, or because there is no other."""
        alone = self.mounts[0] if len(self.mounts) == 1 else None
        return self._by_prefix.get(path[1:].partition("/")[0]) or alone

    def _cors(self, found: Found) -> Cors | None:
        return found.mount.contract.profile.cors if found.mount and not self.world.faults.skips("cors") else None

    def _own(self, kind: str, mount: Mount | None, reason: str, headers: Mapping[str, str]) -> Answer | None:
        """A provider's own refusal of what is no operation of it; None where its overlay has none."""
        refusals = mount.contract.profile.refusals if mount and not self.world.faults.skips("routes") else {}
        if kind not in refusals:
            return None
        return Answer(render(Refused(kind, reason), refusals, headers), "", reason, unexpected=True)

    def _nowhere(self, request: Request) -> Answer:
        if own := self._own("no_route", self._owner(request.path), "no such route", {}):
            return own
        routes = sorted(self.routes())
        close = problems.nearest_route(request.path, routes)
        reason = f"no such route; the nearest is {close}" if close else "no such route"
        return Answer(problems.no_route(request.method, request.path, close), "", reason, unexpected=True)

    def _other_method(self, request: Request, mount: Mount, match: Match) -> Answer:
        if match.redirect:
            return self._redirected(request, mount, match)
        allowed = self._methods(Found(mount, match), request.path)
        if self.world.faults.skips("methods"):
            return Answer(
                Response(500, {"content-type": "text/plain"}, b"Internal Server Error"), "", "a planted fault"
            )
        head = request.method == "HEAD" and "GET" in match.allowed
        own = None if head else self._own("no_method", mount, "no such method", {"allow": ", ".join(match.allowed)})
        if own:
            return own
        if request.method == "OPTIONS":
            return Answer(Response(204, {"allow": ", ".join(allowed)}, b""), "", "methods of the path")
        if head:
            as_get = self.find_guessing("GET", request.path)
            if as_get.match and as_get.match.operation:
                made = self.pipeline.answer(request, mount.plans[as_get.match.operation], as_get.match.values)
                if isinstance(made.response.body, Stream):
                    made.response.body.close(left=False)
                return Answer(Response(made.response.status, made.response.headers, b""), made.rule, made.reason)
        refused = problems.no_method(request.method, request.path, allowed)
        return Answer(refused, "", "no such method", unexpected=True)

    def _methods(self, found: Found, path: str) -> list[str]:
        if found.mount is None or found.match is None:
            return []
        allowed = set(found.match.allowed or self.find("\0", path).match.allowed)  # type: ignore[union-attr]
        return sorted(allowed | ({"HEAD"} if "GET" in allowed else set()) | {"OPTIONS"})

    def routes(self) -> Iterable[str]:
        """Every path that is served, below its prefix and, where it is, at the root."""
        for mount in self.mounts:
            for path in mount.router.paths:
                yield mount.prefix + path
                if mount.at_root:
                    yield path

    def _finish(self, request: Request, response: Response, cors: Cors | None) -> Response:
        origin = request.headers.get("origin")
        if origin is None or "access-control-allow-origin" in response.headers:
            return response
        if not self.access.origins.allow(origin):
            return response
        return Response(
            response.status, {**response.headers, **cors_headers(origin, response.status, cors)}, response.body
        )


def _broken(error: Exception) -> Response:
    detail = f"This is a fault of threadmock: {type(error).__name__}: {str(error)[:300]}"
    return problems.problem(500, "threadmock failed", detail, kind="internal")


def _line(request: Request, response: Response, provider: str, made: Answer, seconds: float) -> str:
    rule = f" [{provider}: {made.rule}]" if made.rule else f" [{provider}]" if provider else ""
    text = f"{request.method} {request.path} {response.status} {seconds * 1000:.1f} ms{rule} {made.reason}"
    return log_line(text)
