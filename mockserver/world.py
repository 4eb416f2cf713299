"""The injected outside of the pipeline: store, clock, ids, seed, faults, credentials mode."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from threadmock.mockserver.agents.scheduler import Runs
from threadmock.mockserver.agents.script_files import read_scripts
from threadmock.mockserver.agents.scripts import Scripts
from threadmock.mockserver.fault_points import NO_FAULTS, Faults
from threadmock.mockserver.state.clock import Clock, Now, system_now
from threadmock.mockserver.state.expiry import Calendar
from threadmock.mockserver.state.ids import Ids
from threadmock.mockserver.state.journal import Journal
from threadmock.mockserver.state.memory import MemoryStore
from threadmock.mockserver.state.store import Store


@dataclass
class World:
    """All that an answer depends on beside the request and the contract.

    runs: those under way, with their own time; scripts: what agents say.

    seed: of the ids and generated values. pause: how a fault waits (seconds). auth: "off", "present", or the one token
    that is taken.
    """

    seed: int
    now: Now = system_now
    store: Store = field(default_factory=MemoryStore)
    faults: Faults = NO_FAULTS
    auth: str = "present"
    pause: Callable[[float], None] = time.sleep
    journal: Journal = field(default_factory=Journal)
    calendar: Calendar = field(default_factory=Calendar)
    runs: Runs = field(default_factory=Runs)
    scripts: Scripts = field(default_factory=read_scripts)
    clock: Clock = field(init=False)
    ids: Ids = field(init=False)

    def __post_init__(self) -> None:
        self.clock = Clock(self.now)
        self.ids = Ids(self.seed)

    def reset(self, seed: int | None = None) -> int:
        """Forget everything and begin the ids anew, with the same seed or another. How many things there were."""
        self.seed = self.seed if seed is None else seed
        self.ids = Ids(self.seed)
        self.journal.clear()
        self.calendar.clear()
        self.runs.clear()
        return self.store.clear()
