"""A mock in this process: contracts, a world and a gateway, put together in one place for every use."""

import contextlib
import datetime
import random
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from threadmock.mockserver.agents.scheduler import Scheduler
from threadmock.mockserver.agents.script_files import read_scripts
from threadmock.mockserver.agents.scripts import Scripts
from threadmock.mockserver.agents.timer import RealTimer, Timer
from threadmock.mockserver.fault_points import NO_FAULTS, Faults, planted
from threadmock.mockserver.mock_control import MockControl, check_seed
from threadmock.mockserver.pipeline.access import Access
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.pipeline.hosts import AllowedHosts, read_hosts
from threadmock.mockserver.pipeline.origins import read_origins
from threadmock.mockserver.server.app import rsgi_application, wsgi_application
from threadmock.mockserver.server.control_access import read_token
from threadmock.mockserver.server.sessions import SESSION_KEY, SessionRefused, Sessions
from threadmock.mockserver.server.wsgi import WsgiCallable
from threadmock.mockserver.state.memory import MemoryStore
from threadmock.mockserver.state.store import Store
from threadmock.mockserver.world import World
from threadmock.specs.contract import Contract
from threadmock.specs.errors import SpecError
from threadmock.specs.loader import builtin_names, load
from threadmock.specs.schemas.formats import system_now

if TYPE_CHECKING:
    from threadmock.mockserver.datasets.conversations import Dataset
    from threadmock.mockserver.server.rsgi import RsgiApplication

_SEEDS = 2**32
MOST_SPEED = 1000
_LAST_PORT = 65535


class Mock(MockControl):
    """A mock in this process, made by `create_mock`. Safe from several threads; two mocks share nothing.

    wsgi: the application (PEP 3333), for a test client, `requests` adapters or any WSGI server. Requests are answered
    as `threadmock serve` answers them: below `/NAME/`, and at the documents' own paths where no two share a route. A
    planted fault that ends an exchange without a response raises `threadmock.mockserver.fault_points.Dropped` there.
    """

    def __init__(self, gateway: Gateway) -> None:
        self.sessions = Sessions(gateway)
        self._serving = threading.Lock()

    @property
    def gateway(self) -> Gateway:
        """What answers."""
        return self.sessions.default

    @cached_property
    def wsgi(self) -> WsgiCallable:
        """The WSGI application."""
        return wsgi_application(self.gateway, self.sessions)

    def rsgi(self) -> "RsgiApplication":
        """A new RSGI application: what `threadmock serve` and `serve` run. It drives the mock's runs."""
        return rsgi_application(self.gateway, self.sessions)

    @contextlib.contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """Serve on a loopback port as long as the block runs; the base URL, such as `http://127.0.0.1:40123`.

        port: 0 for any free one. The server answers on a thread of this process, so that the mock can be asked and
        reset while it runs. At the end open streams are cut and runs under way are dropped; what is stored stays.
        PortTaken (an OSError) where a server listens there; SpecError for a number that is no port; RuntimeError where
        this mock is being served already.

            with create_mock("openapi.yaml").serve() as url:
                urllib.request.urlopen(f"{url}/openapi/threads")
        """
        from threadmock.mockserver.server.embedded import serve_in_thread  # noqa: PLC0415 - few mocks are served so

        if type(port) is not int or not 0 <= port <= _LAST_PORT:
            raise SpecError(f"`port` must be 0-{_LAST_PORT}, not {port!r}.", fix="Give 0 for any free one.")
        if not self._serving.acquire(blocking=False):
            raise RuntimeError("This mock is being served already; create another one, or end that block first.")
        try:
            with serve_in_thread(self.rsgi(), port) as url:
                yield url
        finally:
            self._serving.release()

    def session(self, name: str) -> "MockSession":
        """An isolated mock of the same documents: it begins as this one did, and neither sees what the other does.

        name: up to 64 letters, digits, `.`, `_`, `~` and `-`. SpecError for any other, and where too many live.
        """
        return MockSession(self.sessions, name)


class MockSession(MockControl):
    """One session of a mock, made by `Mock.session`.

    wsgi: the application, whose requests are for the session; `Mock.wsgi` and a server take the same session by the
    header `X-Threadmock-Session: NAME`, or below `/_s/NAME/`.
    """

    def __init__(self, sessions: Sessions, name: str) -> None:
        self.sessions = sessions
        self.name = name
        try:
            sessions.find(name)
        except SessionRefused as refused:
            raise SpecError(str(refused)) from None

    @property
    def gateway(self) -> Gateway:
        """What answers."""
        return self.sessions.find(self.name)

    @cached_property
    def wsgi(self) -> WsgiCallable:
        """The WSGI application."""
        application = wsgi_application(self.sessions.default, self.sessions)
        return lambda environ, start: application({**environ, SESSION_KEY: self.name}, start)

    def end(self) -> int:
        """Forget it; how many things there were. The next request with its name makes a new one."""
        return self.sessions.end(self.name) or 0


def create_mock(  # noqa: PLR0913 - options, by name
    *sources: str | Path | Contract,
    layer: str = "documented",
    overlays: str | Path | Iterable[str | Path] = (),
    ref_root: str | Path | None = None,
    seed: int | None = 0,
    script: str | Path | Scripts | None = None,
    data: "str | Path | Dataset | None" = None,
    auth: str = "present",
    faults: str | Iterable[str] = (),
    speed: float = 1.0,
    origins: str | Iterable[str] = (),
    guard_host: bool | AllowedHosts = True,
    allow_hosts: str | Iterable[str] = (),
    control_token: str | None = None,
    log: Callable[[str], None] | None = None,
    clock: Callable[[], datetime.datetime] | datetime.datetime = system_now,
    timer: Timer | None = None,
    store: Store | None = None,
) -> Mock:
    """A mock of these documents, with a store of its own.

    sources: names of built-in providers, paths of OpenAPI documents or of folders that hold one with its overlays, or
    contracts of `threadmock.specs.load`; all built-in providers where there is none.
    layer: "documented" or "observed"; of a contract its own counts.
    overlays: files applied to the one source that is named, after those of its folder, in order; a single path is one
    of them.
    ref_root: the folder below which `$ref` may name files; that of each document where none is given.
    seed: same seed, same requests: same ids. None for a random one; it is `Mock.seed`.
    script: what agents say: the name of a shipped script, or a file. data: threads and messages to begin with: the name
    of a shipped set, or a file.
    auth: "off", "present" (any credential will do, where one is asked for), or the one token that is accepted.
    faults: names of deviations to plant; a text is one of them, as it is of origins. speed: what the delays of scripts
    are multiplied by, 0 to 1000.
    origins: pages that may call besides those on loopback, such as "https://app.example"; "lan" stands for those of
    private addresses, "null" for those without an origin, "*" for all others. guard_host: refuse names of hosts other
    than loopback, allow_hosts besides; False takes any, and an AllowedHosts of `pipeline.hosts` those that it says.
    control_token: what lets other machines use `/_mock/`, where
    the application is served to them; at least 8 characters.
    log: called with one line for each request. clock: the present time, in UTC; or a moment with its zone, at which the
    mock's clock stands still: with the same seed every answer is then the same. timer: the time of runs; see
    `agents.timer`. store: instead of one in memory.

    SpecError where a source, script, data set or fault is unknown or can't be used, or two documents have one name; its
    text says what, where and how to mend it.

        mock = create_mock("openapi.yaml", seed=7)
        client = werkzeug.test.Client(mock.wsgi)
        client.post("/threads", json={})
        assert mock.things()[0]["count"] == 1
    """
    if not auth:
        raise SpecError("`auth` needs off, present or a token.")
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0 <= speed <= MOST_SPEED:
        raise SpecError(f"`speed` is a number from 0 to {MOST_SPEED}, not {speed!r}.", fix="Leave it out for 1.")
    check_seed(seed)
    listed = (overlays,) if isinstance(overlays, str | Path) else tuple(overlays)
    contracts = load_all(sources, layer, listed, ref_root)
    world = World(
        seed=random.SystemRandom().randrange(_SEEDS) if seed is None else seed,
        now=system_now if isinstance(clock, datetime.datetime) else clock,
        frozen=_moment(clock) if isinstance(clock, datetime.datetime) else None,
        store=store or MemoryStore(),
        faults=_plant(_texts("faults", faults)),
        auth=auth,
        scheduler=Scheduler(timer=timer or RealTimer(), speed=speed),
        scripts=script if isinstance(script, Scripts) else read_scripts(None if script is None else str(script)),
    )
    return Mock(
        Gateway(
            contracts,
            world,
            access=Access(
                _hosts(guard_host, frozenset(_texts("allow_hosts", allow_hosts))),
                read_origins(_texts("origins", origins), "origins"),
                read_token(control_token, "control_token"),
                log,
            ),
            log=log,
            data=_dataset(data),
        )
    )


def load_all(
    sources: Sequence[str | Path | Contract],
    layer: str,
    overlays: Sequence[str | Path] = (),
    ref_root: str | Path | None = None,
) -> list[Contract]:
    """The contracts of the sources, or of all built-in providers where none is given. SpecError for equal names.

    ref_root: as of `load`. overlays: of the only source. SpecError where there are several, or it is loaded already.
    """
    chosen = sources or builtin_names()
    for each in chosen:
        if not isinstance(each, str | Path | Contract):
            what = f"A source is a name, a path or a Contract, not {each!r}."
            raise SpecError(what, fix="Give several as several arguments, and none for all built-in providers.")
    if overlays and len(sources) != 1:
        given = f"{len(sources)} documents are named" if sources else "no document is named"
        what = f"An overlay changes one document, and {given}."
        raise SpecError(what, where=str(overlays[0]), fix="Name the one that it is for.")
    if overlays and isinstance(sources[0], Contract):
        raise SpecError("A contract that was loaded has its overlays.", fix="Give them to `load`.")
    contracts = [each if isinstance(each, Contract) else load(each, layer, overlays, ref_root) for each in chosen]
    named: dict[str, str] = {}
    for contract, source in zip(contracts, chosen, strict=True):
        own = f"the contract {contract.name!r}" if isinstance(source, Contract) else str(source)
        if own == named.get(contract.name):
            raise SpecError(f"{own!r} is given twice.", fix="Name it once.")
        if contract.name in named:
            what = f"{named[contract.name]} and {own} would both be named {contract.name!r}."
            raise SpecError(what, fix="Rename one of the files.")
        named[contract.name] = own
    return contracts


def _hosts(guard: bool | AllowedHosts, names: frozenset[str]) -> AllowedHosts:
    known = guard if isinstance(guard, AllowedHosts) else AllowedHosts(guarded=guard)
    return replace(known, named=known.named | read_hosts(names, "allow_hosts"))


def _moment(clock: datetime.datetime) -> datetime.datetime:
    if clock.tzinfo is None:
        fix = "Give it a zone, as in datetime(2026, 1, 31, 9, tzinfo=UTC)."
        raise SpecError(f"`clock` has no time zone: {clock}.", fix=fix)
    return clock.astimezone(datetime.UTC)


def _texts(option: str, given: str | Iterable[str]) -> tuple[str, ...]:
    """The texts of an option that takes several; a text alone is one of them."""
    found = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, Iterable) else (given,)
    for each in found:
        if not isinstance(each, str):
            raise SpecError(f"`{option}` takes texts, not {each!r}.", fix="Give a list of texts.")
    return found


def _plant(names: Sequence[str]) -> Faults:
    if not names:
        return NO_FAULTS
    from threadmock.mockserver.faults.table import find_faults  # noqa: PLC0415 - few mocks have faults, all start soon

    return planted(find_faults(names))


def _dataset(data: "str | Path | Dataset | None") -> "Dataset | None":
    if data is None or not isinstance(data, str | Path):
        return data
    from threadmock.mockserver.datasets.conversation_files import read_data  # noqa: PLC0415 - few mocks begin with data

    return read_data(str(data))
