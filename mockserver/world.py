"""What the pipeline gets from outside: store, clock, ids, runs, scripts, journal, faults, credentials mode."""

import datetime
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from threadmock.mockserver.agents.implied_agents import implied_agent
from threadmock.mockserver.agents.scheduler import Scheduler
from threadmock.mockserver.agents.script_files import read_scripts
from threadmock.mockserver.agents.scripts import Scripts
from threadmock.mockserver.fault_points import NO_FAULTS, Faults, FaultView
from threadmock.mockserver.rules.declared_agents import Agents
from threadmock.mockserver.state.clock import Clock, Now
from threadmock.mockserver.state.expiry import Calendar
from threadmock.mockserver.state.ids import Ids
from threadmock.mockserver.state.journal import Journal
from threadmock.mockserver.state.latency import Latency
from threadmock.mockserver.state.memory import MemoryStore
from threadmock.mockserver.state.next_answers import NextAnswers
from threadmock.mockserver.state.store import Store
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.schemas.formats import system_now
from threadmock.specs.wire.messages import Request


@dataclass(frozen=True)
class Settings:
    """What may change while a mock runs, apart from the clock: see `World`."""

    scripts: Scripts
    speed: float
    latency: Latency | None
    auth: str
    faults: Faults


@dataclass
class World:
    """All that a response depends on, apart from the request and the contract.

    seed: of the ids and generated values. now: the machine's time, or a test's. auth: "off", "present", or the one
    token that is accepted. pause: how a fault waits (seconds). scheduler: the runs, in their own time; scripts: what
    agents say. tell: takes lines for the log. deciding: held from the look for a value that no two things may share
    until the thing with it is stored. next_answers: what requests get instead of their own answers. slow: whether
    answers may wait, so that they are not to be given where others would wait, too. latency: by how much all of them
    are late. frozen: where the clock stands still from the start. start: the settings of the start.
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
        self.start = self.settings
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
