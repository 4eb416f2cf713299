"""All runs of a mock: which are due, which wait for their thread, what is paused. Safe from several threads."""

import heapq
import itertools
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from threadmock.mockserver.agents.beats import Beat, Beats
from threadmock.mockserver.agents.compiled_agent import CompiledAgent
from threadmock.mockserver.agents.events import count_events
from threadmock.mockserver.agents.player import ScriptPlayer
from threadmock.mockserver.agents.run import RecordedBeat, Run
from threadmock.mockserver.agents.timer import RealTimer, Timer
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.state.store import Shelf, ThingAddress
from threadmock.specs.behaviour.agent import ENDS, BusyPolicy

MOST_KEPT = 1000
MOST_UNDER_WAY = 20_000
MOST_STREAMS = 2000
MOST_BEATS = 20_000
MOST_BEATS_IN_ALL = 60_000
"""Of all threads together, without those of runs that can be joined again; about a kilobyte each."""
AT_ONCE = 64
"""So many beats happen in one go; between them other work is done, however long a script without delays is."""
_CHECK_EVERY = 1000


@dataclass(frozen=True, eq=False)
class PausedScript:
    """A script that waits on its thread for an answer. questions: what it asks, each with an id."""

    beats: Beats
    player: ScriptPlayer
    questions: Sequence[Mapping[str, Any]] = ()
    agent_name: str = ""


@dataclass(eq=False, repr=False)
class ThreadFeed:
    """What happened in the runs of one thread, each beat with the modes of its run, as far as it is kept.

    dropped: how many beats are not kept any more. counted: events so far, where a format counts them. last: when the
    last beat was, in milliseconds. listeners: called after each beat.
    lost: it was forgotten as a whole.
    """

    history: deque[tuple[frozenset[str], RecordedBeat]] = field(default_factory=lambda: deque(maxlen=MOST_BEATS))
    dropped: int = 0
    counted: int = 0
    last: int = 0
    over: bool = False
    lost: bool = False
    listeners: set[Callable[[], None]] = field(default_factory=set)
    _noted: dict[Run, int] = field(default_factory=dict)

    def note(self, run: Run) -> None:
        """Add what happened in a run since it was noted last."""
        begun = self._noted.get(run, 0)
        for recorded in run.history[begun:]:
            self.add(run.modes, run.agent, recorded)
        self._noted[run] = len(run.history)
        if run.state == "over":
            self._noted.pop(run)
        self.notify()

    def add(self, modes: frozenset[str], agent: CompiledAgent, recorded: RecordedBeat) -> None:
        """Add one beat. Its time comes after that of the one before it, so that ids go up over all runs."""
        recorded.millis = self.last = max(recorded.millis, self.last + 1)
        recorded.seq = self.counted + 1
        self.counted += count_events(agent, recorded)
        self.dropped += len(self.history) == MOST_BEATS
        self.history.append((modes, recorded))

    def forget(self) -> int:
        """Keep nothing of what happened so far; how many beats that were."""
        count = len(self.history)
        self.dropped += count
        self.history.clear()
        return count

    def notify(self) -> None:
        """Call every listener."""
        for listener in tuple(self.listeners):
            listener()

    def close(self) -> None:
        """Nothing more comes."""
        self.over = True
        self.notify()


class TooManyRuns(Exception):  # noqa: N818 - reads as what it is
    """As many runs are under way as are allowed."""


@dataclass
class Scheduler:
    """All runs of one mock, in the time of one timer.

    speed: what every delay is multiplied by. wake: called where a beat is due earlier than before. most_streams: how
    many streams may be open at once. most_kept: how many runs that are over, and how many threads, are remembered;
    most_beats: of how many beats in all. endings: what ends those open streams that no run feeds.
    """

    timer: Timer = field(default_factory=RealTimer)
    speed: float = 1.0
    wake: Callable[[], None] | None = None
    most_streams: int = MOST_STREAMS
    most_kept: int = MOST_KEPT
    most_beats: int = MOST_BEATS_IN_ALL

    def __post_init__(self) -> None:
        """Nothing is under way."""
        self.lock = threading.RLock()
        self.open_streams = 0
        self.endings: set[Callable[[], None]] = set()
        self._due: list[tuple[float, int, Run]] = []
        self._numbers = itertools.count()
        self._known: dict[ThingAddress, Run] = {}
        self._over: OrderedDict[ThingAddress, Run] = OrderedDict()
        self._threads: dict[ThingAddress, deque[Run]] = {}
        self._paused: dict[ThingAddress, PausedScript] = {}
        self._asked_before: set[ThingAddress] = set()
        self._feeds: dict[ThingAddress, ThreadFeed] = {}
        self._notes = 0

    def check_capacity(self) -> None:
        """TooManyRuns where one more would be too many: before anything is stored for it."""
        if len(self._known) >= MOST_UNDER_WAY:
            raise TooManyRuns(f"{len(self._known)} runs are under way, as many as may be.")

    def accept(self, run: Run, policy: BusyPolicy | None = None) -> None:
        """Add a run; where its thread is busy, as the policy says. Its thing is stored already."""
        with self.lock:
            self._known[run.shelf, run.key] = run
            doing = policy.do if policy else "run"
            if run.thread is None or doing == "run":
                run.perform(Beat("accepted", run.opening))
                self._begin(run)
                return
            self._feed(run.thread)
            queue = self._threads.setdefault(run.thread, deque())
            if doing in ("cancel", "remove"):
                for other in tuple(queue):
                    self._stop(other, removing=doing == "remove")
                queue.clear()
            queue.append(run)
            run.perform(Beat("accepted", run.opening))
            if len(queue) == 1:
                self._begin(run)

    def is_busy(self, thread: ThingAddress | None) -> bool:
        """Whether a run has the thread."""
        return bool(thread and self._threads.get(thread))

    def find(self, shelf: Shelf, key: str) -> Run | None:
        """A run that is under way, or one of the last that ended."""
        return self._known.get((shelf, key)) or self._over.get((shelf, key))

    def under_way(self, shelf: Shelf, key: str) -> Run | None:
        """A run that has not ended."""
        return self._known.get((shelf, key))

    def all_under_way(self) -> list[Run]:
        """Every run that has not ended, the first accepted first."""
        with self.lock:
            return list(self._known.values())

    def waiting(self, thread: ThingAddress) -> deque[Run]:
        """The runs of a thread, the one that has it first."""
        return self._threads.get(thread, deque())

    def paused(self, thread: ThingAddress | None) -> PausedScript | None:
        """The script that waits on a thread."""
        return self._paused.get(thread) if thread else None

    def pause(self, thread: ThingAddress, paused: PausedScript) -> None:
        """Let a script wait on a thread for an answer."""
        self._paused[thread] = paused

    @property
    def asking(self) -> frozenset[ThingAddress]:
        """The threads that wait for an answer, also to what was asked in a mock whose place this one took."""
        with self.lock:
            return frozenset([*self._paused, *self._asked_before])

    def note_asked(self, threads: Iterable[ThingAddress]) -> None:
        """Note threads that wait for an answer, and of whose script only what is stored is there."""
        with self.lock:
            self._asked_before.update(threads)

    def take_asked(self, thread: ThingAddress | None) -> bool:
        """Whether a thread is such a one; it is none any more."""
        with self.lock:
            there = thread in self._asked_before
            if thread:
                self._asked_before.discard(thread)
            return there

    def forget_pause(self, thread: ThingAddress) -> None:
        """No script waits on a thread any more."""
        with self.lock:
            self._paused.pop(thread, None)

    def stop(self, run: Run, *, removing: bool = False) -> None:
        """Cancel a run, or remove it with all that it created; the next one of its thread begins."""
        with self.lock:
            if run.state == "over":
                return
            self._stop(run, removing=removing)
            self._begin_next(run)

    def stop_current(self, thread: ThingAddress) -> None:
        """Cancel the run that has a thread, where one has."""
        with self.lock:
            queue = self._threads.get(thread)
            if queue:
                self.stop(queue[0])

    def forget_deleted(self, address: ThingAddress) -> None:
        """After something was deleted: forget the script that waits there, and end the runs deleted with it."""
        with self.lock:
            self._paused.pop(address, None)
            feed = self._feeds.pop(address, None)
            if feed:
                feed.close()
            for run in [run for run in self._known.values() if run.deleted]:
                self._close(run, Beat("closed", {}))
                self._begin_next(run)

    def next_due(self) -> float | None:
        """When something is due, by the timer; None where nothing is."""
        with self.lock:
            while self._due and self._due[0][2].state == "over":
                heapq.heappop(self._due)
            return self._due[0][0] if self._due else None

    def run_until(self, now: float, most: int = AT_ONCE) -> None:
        """Let happen what is due, so many beats at most."""
        if not self._due or self._due[0][0] > now:
            return
        with self.lock:
            for _ in range(most):
                if not self._due or self._due[0][0] > now:
                    return
                due, _, run = heapq.heappop(self._due)
                if run.state != "over" and run.upcoming is not None:
                    self._advance(run, run.upcoming, due)

    def advance(self, seconds: float) -> None:
        """Have everything due so much earlier, as if that time had passed."""
        with self.lock:
            self._due = [(due - seconds, number, run) for due, number, run in self._due]
        if self.wake and self._due:
            self.wake()

    def run_due(self) -> None:
        """Let happen what is due by now."""
        if self._due:
            self.run_until(self.timer.read())

    def clear(self) -> None:
        """Forget everything; streams that are open are cut."""
        with self.lock:
            for run in tuple(self._known.values()):
                run.state, run.upcoming, run.lost = "over", None, True
                run.notify()
            for kept in (self._due, self._known, self._over, self._threads, self._paused, self._asked_before):
                kept.clear()
            feeds, self._feeds = self._feeds, {}
            for feed in feeds.values():
                feed.lost = True
                feed.close()
            for end in tuple(self.endings):
                end()

    def feed(self, thread: ThingAddress) -> ThreadFeed:
        """All that happens in the runs of a thread."""
        with self.lock:
            return self._feed(thread)

    def note_change(self, thread: ThingAddress, agent: CompiledAgent, scope: Scope) -> None:
        """Note for those who follow a thread that a request, and no run, created something below it."""
        with self.lock:
            feed = self._feeds.get(thread)
            if feed is not None:
                now = int(scope.moment.timestamp() * 1000)
                feed.add(frozenset(), agent, RecordedBeat(Beat("changed", {}), scope, now))
                feed.notify()

    def _feed(self, thread: ThingAddress) -> ThreadFeed:
        found = self._feeds.get(thread)
        if found is None:
            found = self._feeds[thread] = ThreadFeed()
            while len(self._feeds) > self.most_kept:
                self._feeds.pop(next(iter(self._feeds)))
        return found

    def _begin(self, run: Run) -> None:
        run.state = "running"
        if run.on_begin:
            run.on_begin(run)
        before = self._feeds[run.thread].history if run.thread in self._feeds else ()
        run.floor = before[-1][1].millis if before else 0
        run.next_beat()
        self._schedule(run, self.timer.read() + run.delay)

    def _schedule(self, run: Run, due: float) -> None:
        if run.upcoming is None:
            return
        due += run.upcoming.after * self.speed
        earliest = not self._due or due < self._due[0][0]
        heapq.heappush(self._due, (due, next(self._numbers), run))
        if earliest and self.wake:
            self.wake()

    def _advance(self, run: Run, beat: Beat, due: float) -> None:
        if beat.kind == "begun":
            run.find_latest(run.follows)
            if run.thread:
                self._paused.pop(run.thread, None)
        over = beat.kind in ENDS
        there = run.perform(beat, self._successor(run) if over else None)
        if not there or over:
            self._finish(run, beat, there=there)
            return
        run.next_beat()
        self._publish(run)
        self._schedule(run, due)

    def _publish(self, run: Run) -> None:
        """Notify those who follow the run or its thread."""
        if run.thread and run.thread in self._feeds:
            feed = self._feeds[run.thread] = self._feeds.pop(run.thread)  # the last one to be forgotten
            feed.note(run)
            self._notes += 1
            if not self._notes % _CHECK_EVERY:
                self._forget_oldest()
        run.notify()

    def _forget_oldest(self) -> None:
        """Keep so many beats in all: threads that have been silent longest are forgotten first."""
        count = sum(len(feed.history) for feed in self._feeds.values())
        for feed in self._feeds.values():
            if count <= self.most_beats:
                break
            count -= feed.forget()

    def _finish(self, run: Run, beat: Beat, *, there: bool) -> None:
        if there and beat.kind == "paused" and run.thread:
            questions = beat.item.get("interrupts", ())
            self.pause(run.thread, PausedScript(run.beats, run.player, questions, run.agent_name))
        self._close(run, beat)
        self._begin_next(run)

    def _close(self, run: Run, beat: Beat) -> None:
        run.perform(Beat("closed", beat.item))
        run.state, run.upcoming = "over", None
        address = (run.shelf, run.key)
        self._known.pop(address, None)
        self._over[address] = run
        while len(self._over) > self.most_kept:
            self._over.popitem(last=False)
        if run.temporary and run.thread:
            run.scope.store.delete(*run.thread)
            run.scope.store.delete(run.shelf, run.key)
            self._paused.pop(run.thread, None)
        self._publish(run)
        if not run.kept:
            run.drop_history()

    def _stop(self, run: Run, *, removing: bool) -> None:
        run.player.outermost()
        beat = run.player.beat("cancelled", turn=run.player.turn.as_item())
        if removing:
            run.remove(self._successor(run))
        else:
            run.perform(beat, self._successor(run))
        self._close(run, beat)

    def _successor(self, run: Run) -> Run | None:
        queue = self._threads.get(run.thread) if run.thread else None
        return queue[1] if queue and len(queue) > 1 and queue[0] is run else None

    def _begin_next(self, run: Run) -> None:
        """Give the thread of a run that ended to the next run that waits for it."""
        queue = self._threads.get(run.thread) if run.thread else None
        if not queue or run.thread is None:
            return
        first = queue[0] is run
        if run in queue:
            queue.remove(run)
        if not queue:
            del self._threads[run.thread]
        elif first:
            self._begin(queue[0])
