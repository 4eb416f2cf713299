"""All runs of a world: which are due, which wait for their thread, what was paused. Safe from several threads."""

import heapq
import itertools
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from threadmock.mockserver.agents.beats import Beat, Beats, Teller
from threadmock.mockserver.agents.compiled_agent import Cast
from threadmock.mockserver.agents.events import count_events
from threadmock.mockserver.agents.run import Live, Moment
from threadmock.mockserver.agents.timer import RealTimer, Timer
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.state.store import Shelf
from threadmock.specs.behaviour.agent import ENDS, BusyPolicy

MOST_KEPT = 1000
MOST_UNDER_WAY = 20_000
MOST_STREAMS = 2000
MOST_MOMENTS = 20_000
MOST_MOMENTS_IN_ALL = 60_000
"""Of all threads together, beside those of runs that can be joined again; about a kilobyte each."""
AT_ONCE = 64
"""So many beats happen in one go; a long script without delays leaves room for others between them."""
_LOOK_AT = 1000
Place = tuple[Shelf, str]


@dataclass(frozen=True, eq=False)
class Paused:
    """A script that waits on its thread for an answer. asked: what it wants to know, each with an id."""

    beats: Beats
    teller: Teller
    asked: Sequence[Mapping[str, Any]] = ()
    agent: str = ""


@dataclass(eq=False, repr=False)
class Hub:
    """What the runs of one thread have told, each with the modes of its run, as far as it is kept, and who listens.

    dropped: how many moments are not kept any more. counted: events so far, where a format counts them. last: when
    the last moment was.
    """

    moments: deque[tuple[frozenset[str], Moment]] = field(default_factory=lambda: deque(maxlen=MOST_MOMENTS))
    dropped: int = 0
    counted: int = 0
    last: int = 0
    over: bool = False
    listeners: set[Callable[[], None]] = field(default_factory=set)
    _noted: dict[Live, int] = field(default_factory=dict)

    def note(self, live: Live) -> None:
        """Add what a run has told since it was noted last."""
        begun = self._noted.get(live, 0)
        for moment in live.moments[begun:]:
            self.add(live.modes, live.cast, moment)
        self._noted[live] = len(live.moments)
        if live.state == "over":
            self._noted.pop(live)
        self.tell()

    def add(self, modes: frozenset[str], cast: Cast, moment: Moment) -> None:
        """Add one moment. Its time comes after that of the one before it, so that ids go up over all runs."""
        moment.millis = self.last = max(moment.millis, self.last + 1)
        moment.seq = self.counted + 1
        self.counted += count_events(cast, moment)
        self.dropped += len(self.moments) == MOST_MOMENTS
        self.moments.append((modes, moment))

    def forget(self) -> int:
        """Keep nothing of what was told so far; how many moments that were."""
        count = len(self.moments)
        self.dropped += count
        self.moments.clear()
        return count

    def tell(self) -> None:
        """Call everybody who listens."""
        for listener in tuple(self.listeners):
            listener()

    def close(self) -> None:
        """Nothing more comes."""
        self.over = True
        self.tell()


class TooManyRuns(Exception):  # noqa: N818 - reads as what it is
    """As many runs are under way as may be."""


@dataclass
class Runs:
    """See above. speed: what every delay is multiplied by. wake: called where something is due earlier than before."""

    timer: Timer = field(default_factory=RealTimer)
    speed: float = 1.0
    wake: Callable[[], None] | None = None
    most_streams: int = MOST_STREAMS

    def __post_init__(self) -> None:
        """Nothing is under way."""
        self.lock = threading.RLock()
        self.open_streams = 0
        self._due: list[tuple[float, int, Live]] = []
        self._numbers = itertools.count()
        self._known: dict[Place, Live] = {}
        self._over: OrderedDict[Place, Live] = OrderedDict()
        self._threads: dict[Place, deque[Live]] = {}
        self._paused: dict[Place, Paused] = {}
        self._hubs: dict[Place, Hub] = {}
        self._notes = 0

    def check_room(self) -> None:
        """TooManyRuns where one more would be too many: before anything is stored for it."""
        if len(self._known) >= MOST_UNDER_WAY:
            raise TooManyRuns(f"{len(self._known)} runs are under way, as many as may be.")

    def take_on(self, live: Live, policy: BusyPolicy | None = None) -> None:
        """Take a run on, as the policy says where its thread is busy. Its thing is stored already."""
        with self.lock:
            self._known[live.home, live.key] = live
            doing = policy.do if policy else "run"
            if live.thread is None or doing == "run":
                live.perform(Beat("accepted", live.opening))
                self._begin(live)
                return
            self._hub(live.thread)
            queue = self._threads.setdefault(live.thread, deque())
            if doing in ("cancel", "remove"):
                for other in tuple(queue):
                    self._stop(other, removing=doing == "remove")
                queue.clear()
            queue.append(live)
            live.perform(Beat("accepted", live.opening))
            if len(queue) == 1:
                self._begin(live)

    def busy(self, thread: Place | None) -> bool:
        """Whether a run has the thread."""
        return bool(thread and self._threads.get(thread))

    def find(self, home: Shelf, key: str) -> Live | None:
        """A run that is under way, or one of the last that ended."""
        return self._known.get((home, key)) or self._over.get((home, key))

    def under_way(self, home: Shelf, key: str) -> Live | None:
        """A run that has not ended."""
        return self._known.get((home, key))

    def all_under_way(self) -> list[Live]:
        """Every run that has not ended, the first taken on first."""
        with self.lock:
            return list(self._known.values())

    def paused(self, thread: Place | None) -> Paused | None:
        """The script that waits on a thread."""
        return self._paused.get(thread) if thread else None

    def wait_for_answer(self, thread: Place, paused: Paused) -> None:
        """Let a script wait on a thread."""
        self._paused[thread] = paused

    def stop(self, live: Live, *, removing: bool = False) -> None:
        """Cancel a run, or take it away with all that it made; the next one of its thread begins."""
        with self.lock:
            if live.state == "over":
                return
            self._stop(live, removing=removing)
            self._pass_on(live)

    def stop_on(self, thread: Place) -> None:
        """Cancel the run that has a thread, where one has."""
        with self.lock:
            queue = self._threads.get(thread)
            if queue:
                self.stop(queue[0])

    def let_go(self, place: Place) -> None:
        """After something was deleted: what waited there is forgotten, and runs that are not there any more end."""
        with self.lock:
            self._paused.pop(place, None)
            hub = self._hubs.pop(place, None)
            if hub:
                hub.close()
            for live in [live for live in self._known.values() if live.gone]:
                self._close(live, Beat("closed", {}))
                self._pass_on(live)

    def next_due(self) -> float | None:
        """When something is due, by the timer; None where nothing is."""
        with self.lock:
            while self._due and self._due[0][2].state == "over":
                heapq.heappop(self._due)
            return self._due[0][0] if self._due else None

    def pass_to(self, now: float, most: int = AT_ONCE) -> None:
        """Let happen what is due, so many beats at most."""
        if not self._due or self._due[0][0] > now:
            return
        with self.lock:
            for _ in range(most):
                if not self._due or self._due[0][0] > now:
                    return
                due, _, live = heapq.heappop(self._due)
                if live.state != "over" and live.upcoming is not None:
                    self._go_on(live, live.upcoming, due)

    def pass_now(self) -> None:
        """Let happen what is due by now."""
        if self._due:
            self.pass_to(self.timer.read())

    def clear(self) -> None:
        """Forget everything; streams that are open end."""
        with self.lock:
            for live in tuple(self._known.values()):
                live.state, live.upcoming = "over", None
                live.tell()
            for kept in (self._due, self._known, self._over, self._threads, self._paused):
                kept.clear()
            hubs, self._hubs = self._hubs, {}
            for hub in hubs.values():
                hub.close()

    def hub(self, thread: Place) -> Hub:
        """All that runs of a thread have told."""
        with self.lock:
            return self._hub(thread)

    def note_change(self, thread: Place, cast: Cast, tx: Transaction) -> None:
        """Note that somebody, and no run, made something below a thread, where anybody might follow it."""
        with self.lock:
            hub = self._hubs.get(thread)
            if hub is not None:
                now = int(tx.moment.timestamp() * 1000)
                hub.add(frozenset(), cast, Moment(Beat("changed", {}), tx, now))
                hub.tell()

    def _hub(self, thread: Place) -> Hub:
        found = self._hubs.get(thread)
        if found is None:
            found = self._hubs[thread] = Hub()
            while len(self._hubs) > MOST_KEPT:
                self._hubs.pop(next(iter(self._hubs)))
        return found

    def _begin(self, live: Live) -> None:
        live.state = "running"
        if live.course:
            live.course(live)
        told = self._hubs[live.thread].moments if live.thread in self._hubs else ()
        live.floor = told[-1][1].millis if told else 0
        live.next_beat()
        self._schedule(live, self.timer.read() + live.delay)

    def _schedule(self, live: Live, due: float) -> None:
        if live.upcoming is None:
            return
        due += live.upcoming.after * self.speed
        earliest = not self._due or due < self._due[0][0]
        heapq.heappush(self._due, (due, next(self._numbers), live))
        if earliest and self.wake:
            self.wake()

    def _go_on(self, live: Live, beat: Beat, due: float) -> None:
        if beat.kind == "begun":
            live.take_latest(live.follows)
            if live.thread:
                self._paused.pop(live.thread, None)
        over = beat.kind in ENDS
        there = live.perform(beat, self._successor(live) if over else None)
        if not there or over:
            self._finish(live, beat, there=there)
            return
        live.next_beat()
        self._told(live)
        self._schedule(live, due)

    def _told(self, live: Live) -> None:
        if live.thread and live.thread in self._hubs:
            hub = self._hubs[live.thread] = self._hubs.pop(live.thread)  # the last one to be forgotten
            hub.note(live)
            self._notes += 1
            if not self._notes % _LOOK_AT:
                self._forget_oldest()
        live.tell()

    def _forget_oldest(self) -> None:
        """Keep so many moments in all: threads that have been silent longest are forgotten first."""
        count = sum(len(hub.moments) for hub in self._hubs.values())
        for hub in self._hubs.values():
            if count <= MOST_MOMENTS_IN_ALL:
                break
            count -= hub.forget()

    def _finish(self, live: Live, beat: Beat, *, there: bool) -> None:
        if there and beat.kind == "paused" and live.thread:
            asked = beat.item.get("interrupts", ())
            self.wait_for_answer(live.thread, Paused(live.beats, live.teller, asked, live.agent))
        self._close(live, beat)
        self._pass_on(live)

    def _close(self, live: Live, beat: Beat) -> None:
        live.perform(Beat("closed", beat.item))
        live.state, live.upcoming = "over", None
        place = (live.home, live.key)
        self._known.pop(place, None)
        self._over[place] = live
        while len(self._over) > MOST_KEPT:
            self._over.popitem(last=False)
        if live.temporary and live.thread:
            live.tx.world.store.delete(*live.thread)
            live.tx.world.store.delete(live.home, live.key)
            self._paused.pop(live.thread, None)
        self._told(live)
        if not live.kept:
            live.let_go()

    def _stop(self, live: Live, *, removing: bool) -> None:
        beat = live.teller.beat("cancelled", turn=live.teller.turn.told())
        if removing:
            live.take_away(self._successor(live))
        else:
            live.perform(beat, self._successor(live))
        self._close(live, beat)

    def _successor(self, live: Live) -> Live | None:
        queue = self._threads.get(live.thread) if live.thread else None
        return queue[1] if queue and len(queue) > 1 and queue[0] is live else None

    def _pass_on(self, live: Live) -> None:
        """The thread goes to the next run that waits for it."""
        queue = self._threads.get(live.thread) if live.thread else None
        if not queue or live.thread is None:
            return
        first = queue[0] is live
        if live in queue:
            queue.remove(live)
        if not queue:
            del self._threads[live.thread]
        elif first:
            self._begin(queue[0])
