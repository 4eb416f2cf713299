"""What the pipeline gets from outside: store, clock, ids, runs, scripts, journal, faults, credentials mode."""

import datetime
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from threadmock.mockserver.agents.implied_agents import implied_agent
from threadmock.mockserver.agents.scheduler import Scheduler
from threadmock.mockserver.agents.script_files import read_scripts
from threadmock.mockserver.agents.scripts import Scripts
from threadmock.mockserver.fault_points import NO_FAULTS, Faults, FaultView, planted
from threadmock.mockserver.rules.declared_agents import Agents
from threadmock.mockserver.state.clock import Clock, Now
from threadmock.mockserver.state.expiry import Calendar, CalendarState
from threadmock.mockserver.state.ids import Ids, IdsState
from threadmock.mockserver.state.journal import Journal
from threadmock.mockserver.state.latency import Latency
from threadmock.mockserver.state.memory import MemoryStore
from threadmock.mockserver.state.next_answers import NextAnswers
from threadmock.mockserver.state.store import Store, ThingAddress
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.schemas.formats import system_now
from threadmock.specs.wire.messages import Request

_KEPT_RUNS, _KEPT_BEATS = 100, 4000
"""What one session remembers of its runs: about 4 MB at most."""


@dataclass(frozen=True)
class Settings:
    """What may change while a mock runs, apart from the clock: see `World`."""

    scripts: Scripts
    speed: float
    latency: Latency | None
    auth: str
    faults: Faults


@dataclass(frozen=True)
class WorldState:
    """All that a world held at one moment, but for runs under way, waiting answers and the journal.

    still: where its clock stood still, and the last moment that it gave; None where it went on. asking: the threads
    that wait for an answer.
    """

    seed: int
    store: Any
    ids: IdsState
    calendar: CalendarState = ()
    still: tuple[datetime.datetime, datetime.datetime] | None = None
    asking: frozenset[ThingAddress] = frozenset()


@dataclass
class World:
    """All that a response depends on, apart from the request and the contract.

    seed: of the ids and generated values. now: the machine's time, or a test's. auth: "off", "present", or the one
    token that is accepted. pause: how a fault waits (seconds). scheduler: the runs, in their own time; scripts: what
    agents say. tell: takes lines for the log. deciding: held from the look for a value that no two things may share
    until the thing with it is stored. next_answers: what requests get instead of their own answers. slow: whether
    answers may wait, so that they are not to be given where others would wait, too. latency: by how much all of them
    are late. frozen: where the clock stands still from the start. start, seed_of_start: settings and seed of the start.
    """

    seed: int
    now: Now = system_now
    store: Store = field(default_factory=MemoryStore)
    faults: Faults = NO_FAULTS
    auth: str = "present"
    pause: Callable[[float], None] = time.sleep
    journal: Journal = field(default_factory=Journal)
    calendar: Calendar = field(default_factory=Calendar)
    scheduler: Scheduler = field(default_factory=Scheduler)
    scripts: Scripts = field(default_factory=read_scripts)
    tell: Callable[[str], None] | None = None
    deciding: threading.RLock = field(default_factory=threading.RLock)
    next_answers: NextAnswers = field(default_factory=NextAnswers)
    slow: bool = False
    latency: Latency | None = None
    frozen: datetime.datetime | None = None
    clock: Clock = field(init=False)
    start: Settings = field(init=False)
    ids: Ids = field(init=False)
    _told: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.clock = Clock(self.now, self.frozen)
        self.ids = Ids(self.seed)
        self._delays = random.Random(self.seed)  # noqa: S311 - reproducible on purpose
        self.start, self.seed_of_start = self.settings, self.seed
        self.note_delays()

    @property
    def agents(self) -> Agents:
        """The agents that are known: those that the script file declares, or what the scripts imply."""
        return Agents(self.scripts.declared, partial(implied_agent, self.scripts))

    def note_undeclared(self, name: str) -> None:
        """Say once that agents of any name are taken."""
        if self.tell and not self._told:
            self._told = True
            self.tell(
                f"No agent {name!r} is declared: any name will do, and lists show declared agents only. "
                "A script file declares them under `agents`."
            )

    def fault_view(self, contract: Contract, operation: Operation, request: Request, value: Any = None) -> FaultView:
        """What faults may look at. value: the request's body, where it has been read."""
        return FaultView(
            contract=contract.name,
            operation=operation,
            request=request,
            store=self.store,
            auth=self.auth,
            pause=self.pause,
            value=value,
        )

    def note_delays(self) -> None:
        """Note whether answers may wait; after each change of what makes them wait."""
        self.slow = self.latency is not None or self.next_answers.slow

    def wait(self) -> None:
        """Wait as long as the latency has each answer wait."""
        if self.latency is not None:
            self.pause(self.latency.seconds(self._delays))

    @property
    def settings(self) -> Settings:
        """The present settings."""
        return Settings(self.scripts, self.scheduler.speed, self.latency, self.auth, self.faults)

    def apply(self, settings: Settings) -> None:
        """Go by other settings from now on. Runs under way go on as they are."""
        self.scripts, self.auth, self.faults = settings.scripts, settings.auth, settings.faults
        self.scheduler.speed, self.latency = settings.speed, settings.latency
        self.note_delays()

    def restart_clock(self) -> None:
        """Let the clock be as it was at the start."""
        self.clock.restart(self.frozen)

    def fork(self) -> "World":
        """A world of its own with the seed and the settings with which this one began."""
        start = self.start
        return replace(
            self,
            seed=self.seed_of_start,
            store=MemoryStore(),
            faults=planted(start.faults.active) if start.faults else NO_FAULTS,
            auth=start.auth,
            journal=Journal(),
            calendar=Calendar(),
            scheduler=Scheduler(self.scheduler.timer, start.speed, most_kept=_KEPT_RUNS, most_beats=_KEPT_BEATS),
            scripts=start.scripts,
            deciding=threading.RLock(),
            next_answers=NextAnswers(),
            slow=False,
            latency=start.latency,
        )

    def take(self) -> WorldState:
        """All that is stored, and where ids, expiry and a clock that stands still are."""
        stored, asking = self.store.take(), self.scheduler.asking
        return WorldState(self.seed, stored, self.ids.take(), self.calendar.take(), self.clock.still, asking)

    def put(self, state: WorldState) -> None:
        """Be as at another moment. Runs under way are dropped, and open streams end."""
        self.store.put(state.store)
        self.scheduler.clear()
        self.scheduler.note_asked(state.asking)
        self.seed = state.seed
        self.ids.put(state.ids)
        self.calendar.put(state.calendar)
        if state.still:
            self.clock.put_still(*state.still)

    def reseed(self, seed: int) -> None:
        """Make ids from another seed from now on."""
        self.seed, self.ids = seed, Ids(seed)
        self._delays.seed(seed)

    def reset(self, seed: int | None = None) -> int:
        """Forget everything and begin the ids anew, with the same seed or another. How many things there were."""
        self.seed = self.seed if seed is None else seed
        self.ids = Ids(self.seed)
        self._delays.seed(self.seed)
        self.clock.rewind()
        self.journal.clear()
        self.calendar.clear()
        self.scheduler.clear()
        self.next_answers.clear()
        self.note_delays()
        return self.store.clear()
