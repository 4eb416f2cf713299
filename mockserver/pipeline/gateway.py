"""All providers on one port: guards, prefixes, routing, the pipeline, CORS, the journal and one log line a request."""

import datetime
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from threadmock.mockserver.agents.streams import Pending, Stream
from threadmock.mockserver.datasets.initial import store_initial
from threadmock.mockserver.fault_points import Dropped
from threadmock.mockserver.pipeline import problems
from threadmock.mockserver.pipeline.access import Access
from threadmock.mockserver.pipeline.answer import Answer, Pipeline
from threadmock.mockserver.pipeline.cors import cors_headers, is_preflight, preflight
from threadmock.mockserver.pipeline.faulty import build_pipeline
from threadmock.mockserver.pipeline.mounts import NOWHERE, Found, Mount
from threadmock.mockserver.pipeline.next_given import give_next
from threadmock.mockserver.pipeline.routes import Routes
from threadmock.mockserver.pipeline.sizes import refuse_size
from threadmock.mockserver.pipeline.unserved import Unserved
from threadmock.mockserver.state.next_answers import NextAnswer
from threadmock.mockserver.state.store import ThingAddress
from threadmock.mockserver.world import Settings, World, WorldState
from threadmock.specs.behaviour.profile import Cors
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.text import log_line
from threadmock.specs.wire.messages import Request, Response

if TYPE_CHECKING:
    from threadmock.mockserver.datasets.conversations import Dataset
    from threadmock.mockserver.datasets.fill_inference import FillResult

MAX_BODY = 16 * 1024 * 1024
MAX_PATH = 8 * 1024

Log = Callable[[str], None]


@dataclass(frozen=True)
class Limits:
    """What a request may be at most. body and path: bytes."""

    body: int = MAX_BODY
    path: int = MAX_PATH


@dataclass(frozen=True)
class Beginning:
    """What a mock begins with: data, and what a provider has from the start.

    basis: all that it depends on. state: None where it has to be made anew. initial: the things of the second
    kind. filled: what became of the data.
    """

    basis: tuple[object, ...]
    state: WorldState | None
    initial: frozenset[ThingAddress]
    filled: "dict[str, FillResult]"


@dataclass
class Gateway:
    """All contracts behind one `handle`. Safe from several threads.

    at_root_conflicts: routes that two documents share; then no document answers at the root.
    access: who may call. data: threads and messages to begin with; filled: what became of them at each provider.
    session: the name of the session that it serves, "" for the server's own. initial: the things that a provider has
    from the start. ordinary: the routes without planted faults; beginning: what it begins with. Mocks of the same
    documents share both.
    """

    contracts: Sequence[Contract]
    world: World
    access: Access = field(default_factory=Access)
    limits: Limits = Limits()
    log: Log | None = None
    data: "Dataset | None" = None
    session: str = ""
    ordinary: Routes | None = None
    beginning: Beginning | None = None
    initial: frozenset[ThingAddress] = field(init=False)
    routes: Routes = field(init=False)
    pipeline: Pipeline = field(init=False)

    def __post_init__(self) -> None:
        self.world.tell = self.log
        self.plan()
        self._begin()
        self._shared = self.beginning
        """What the next session begins with, where it is as at the start: a reset may have another seed, or clock."""

    def plan(self) -> None:
        """Make plans and pipeline by the faults that are planted now."""
        faults = self.world.faults
        if faults:
            self.routes = Routes(self.contracts, faults.planned)
        else:
            self.routes = self.ordinary = self.ordinary or Routes(self.contracts)
        self.pipeline = build_pipeline(self.world)
        self._unserved = Unserved(self.routes, self.pipeline, faults)

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """Where each document stands."""
        return self.routes.mounts

    @property
    def at_root_conflicts(self) -> list[tuple[str, str, str]]:
        """Path, and the two providers that share it."""
        return self.routes.conflicts

    @property
    def filled(self) -> "dict[str, FillResult]":
        """What became of the data, by provider."""
        return self.beginning.filled if self.beginning else {}

    def apply(self, settings: Settings) -> None:
        """Answer by other settings from the next request on."""
        world = self.world
        changed, declared = settings.faults is not world.faults, world.scripts.declared
        world.apply(settings)
        if changed:
            self.plan()
        if world.scripts.declared is not declared:
            for shelf, key in self.initial:
                world.store.delete(shelf, key)
            self.initial = self._store_initial()

    def fork(self, name: str) -> "Gateway":
        """A mock of the same documents for a session: its world is its own, and begins as this one did."""
        named = partial(_log_for, self.log, name) if self.log else None
        made = replace(self, world=self.world.fork(), log=named, session=name, beginning=self._shared)
        self._shared = made.beginning
        return made

    def succeed(self, contracts: Sequence[Contract], data: "Dataset | None") -> "Gateway":
        """A gateway of other documents in the same world, which stays as it is; a reset stores the data."""
        made = replace(self, contracts=contracts, data=None, ordinary=None, beginning=None)
        made.data = data
        made.beginning, made._shared = Beginning((), None, made.initial, self.filled), None  # noqa: SLF001 - its own
        return made

    def _begin(self) -> None:
        """Store the data, and what a provider has from the start: at once where it was made before."""
        world = self.world
        snapshot = self.data.snapshot if self.data else None
        faults = (fault.name for fault in world.faults.active)
        seed = 0 if snapshot else world.seed  # a snapshot has one of its own
        basis = (seed, *world.clock.course, world.scripts.declared, self.data, *self.contracts, *faults)
        begun = self.beginning
        if begun and begun.state and len(begun.basis) == len(basis) and all(map(_alike, begun.basis, basis)):
            world.put(begun.state)
            self.initial = begun.initial
            return
        filled: dict[str, FillResult] = {}
        if self.data and snapshot:
            from threadmock.mockserver.datasets.snapshots import read_snapshot  # noqa: PLC0415 - see below

            read = read_snapshot(snapshot, self.contracts, self.data.name)
            self.beginning = Beginning(basis, read.state, read.initial, filled)
            self.initial = read.initial
            world.put(read.state)
            return
        if self.data and self.data.conversations:
            # Loaded only here: few servers begin with data, and all of them want to answer soon.
            from threadmock.mockserver.datasets.conversations import date_conversations  # noqa: PLC0415
            from threadmock.mockserver.datasets.fill import fill_from  # noqa: PLC0415

            dated = date_conversations(self.data, world.clock.tick())
            for mount in self.mounts:
                filled[mount.contract.name] = fill_from(mount.contract, mount.plans, world, dated)
        self.initial = self._store_initial()
        self.beginning = Beginning(basis, world.take(), self.initial, filled)

    def _store_initial(self) -> frozenset[ThingAddress]:
        return frozenset(stored for mount in self.mounts for stored in store_initial(mount.contract, self.world))

    def reset(self, seed: int | None = None, *, settings: bool = False) -> int:
        """Begin anew, with the same seed or another. How many things there were, without the initial ones.

        settings: whether those of the start count again.
        """
        if settings:
            self.apply(self.world.start)
            self.world.restart_clock()
        forgotten = self.count_things()
        self.world.reset(seed)
        self._begin()
        if seed is not None and seed != self.world.seed:
            self.world.reseed(seed)
        return forgotten

    def count_things(self) -> int:
        """How many things are stored, without the initial ones."""
        store = self.world.store
        kept = sum(1 for shelf, key in self.initial if store.read(shelf, key) is not None)
        return sum(store.shelves().values()) - kept

    def restore(self, state: WorldState, initial: frozenset[ThingAddress]) -> None:
        """Be as a snapshot has it. Settings, waiting answers and the journal stay."""
        with self.world.deciding:
            self.world.put(state)
            self.initial = initial

    def find(self, method: str, path: str) -> Found:
        """The mount and route of a path: below a provider's prefix first, then at the root."""
        return self.routes.find(method, path)

    def find_guessing(self, method: str, path: str) -> Found:
        """As `find`, of a path that was decoded without a word on slashes within its segments."""
        return self.routes.find_guessing(method, path, self.world.store.slashed())

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
            methods, cors = self._unserved.methods(found, request.path), self._cors(found)
            return Answer(preflight(request, methods, cors), "", "preflight")
        if len(request.path) > self.limits.path:
            shown = f"The path has more than {self.limits.path} characters."
            return Answer(problems.problem(414, "The path is too long", shown), "", "path too long")
        mount, match = found.mount, found.match
        if mount is None or match is None or match.operation is None:
            return self._unserved.answer(request, mount, match)
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

    def _cors(self, found: Found) -> Cors | None:
        return found.mount.contract.profile.cors if found.mount and not self.world.faults.skips("cors") else None

    def _finish(self, request: Request, response: Response, cors: Cors | None) -> Response:
        origin = request.headers.get("origin")
        if origin is None or "access-control-allow-origin" in response.headers:
            return response
        if not self.access.origins.allow(origin):
            return response
        return Response(
            response.status, {**response.headers, **cors_headers(origin, response.status, cors)}, response.body
        )


def _alike(one: object, other: object) -> bool:
    return one is other or (isinstance(one, int | str | datetime.timedelta | datetime.datetime) and one == other)


def _log_for(log: Log, session: str, line: str) -> None:
    log(f"{session}: {line}")


def _broken(error: Exception) -> Response:
    detail = f"This is a fault of threadmock: {type(error).__name__}: {str(error)[:300]}"
    return problems.problem(500, "threadmock failed", detail, kind="internal")


def _line(request: Request, response: Response, provider: str, made: Answer, seconds: float) -> str:
    rule = f" [{provider}: {made.rule}]" if made.rule else f" [{provider}]" if provider else ""
    text = f"{request.method} {request.path} {response.status} {seconds * 1000:.1f} ms{rule} {made.reason}"
    return log_line(text)
