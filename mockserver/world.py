"""The injected outside of the pipeline: store, clock, ids, seed, faults, credentials mode."""

import datetime
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from threadmock.mockserver.agents.scheduler import Runs
from threadmock.mockserver.agents.script_files import read_scripts
from threadmock.mockserver.agents.scripts import Scripts
from threadmock.mockserver.fault_points import NO_FAULTS, Faults
from threadmock.mockserver.state.expiry import Calendar
from threadmock.mockserver.state.journal import Journal
from threadmock.mockserver.state.memory import MemoryStore
from threadmock.mockserver.state.store import Store

Now = Callable[[], datetime.datetime]
_UUID4_CLEAR = ~((0xF << 76) | (0x3 << 62))
_UUID4_MARKS = (0x4 << 76) | (0x2 << 62)
_SINCE_1582 = 0x01B21DD213814000
_TICK = datetime.timedelta(microseconds=1)


def system_now() -> datetime.datetime:
    """The machine's time, in UTC."""
    return datetime.datetime.now(datetime.UTC)


class Clock:
    """Moments that never repeat and never go back, whatever the machine's clock does."""

    def __init__(self, now: Now = system_now) -> None:
        self._now = now
        self._last = datetime.datetime.min.replace(tzinfo=datetime.UTC)
        self._ticking = threading.Lock()

    def tick(self) -> datetime.datetime:
        """The next moment: the present one, or a microsecond after the last where that is later."""
        with self._ticking:
            self._last = moment = max(self._now(), self._last + _TICK)
            return moment


class Ids:
    """Identifiers from a seeded source: same seed, same identifiers."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - reproducible on purpose; these are no secrets

    def uuid4(self) -> str:
        """RFC 9562, 5.4."""
        return _grouped(self.random.getrandbits(128) & _UUID4_CLEAR | _UUID4_MARKS)

    def uuid6(self, moment: datetime.datetime) -> str:
        """RFC 9562, 5.6: ordered by time, in steps of 100 ns."""
        ticks = int(moment.timestamp() * 10_000_000) + _SINCE_1582
        tail = self.random.getrandbits(62)
        return _grouped(((ticks >> 12) << 80) | (0x6 << 76) | ((ticks & 0xFFF) << 64) | (0x2 << 62) | tail)

    def uuid7(self, moment: datetime.datetime) -> str:
        """RFC 9562, 5.7: 48 bits of milliseconds, then random ones."""
        millis = int(moment.timestamp() * 1000) & ((1 << 48) - 1)
        tail = self.random.getrandbits(74)
        return _grouped((millis << 80) | (0x7 << 76) | ((tail >> 62) << 64) | (0x2 << 62) | (tail & ((1 << 62) - 1)))

    def opaque(self, resource: str) -> str:
        """The resource's name and 24 hexadecimal digits."""
        return f"{resource or 'id'}_{self.random.getrandbits(96):024x}"


def _grouped(bits: int) -> str:
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


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
