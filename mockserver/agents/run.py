"""One run under way: what it still has to tell, what it has told, and what that changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

from threadmock.mockserver.agents.beats import Beat, Beats, Teller
from threadmock.mockserver.agents.compiled_agent import Cast, Effect, all_hold
from threadmock.mockserver.rules.recipes import Members, Recipe, new_key, new_thing
from threadmock.mockserver.rules.scope import Transaction, copied
from threadmock.mockserver.state.store import Shelf, Thing
from threadmock.specs.behaviour.agent import ENDS
from threadmock.specs.schemas.formats import write_date_time

_NOTHING = Members(())
"""What the end of a run changes of a thread that another run has."""
State = Literal["waiting", "running", "over"]


@dataclass(slots=True, repr=False)
class Moment:
    """A beat that was.

    tx: things as they were then. millis: when, later than the moment before it. seq: the number of its first event,
    where a format counts those of a thread.
    """

    beat: Beat
    tx: Transaction
    millis: int
    seq: int = 0


@dataclass(eq=False, repr=False)
class Live:
    """One run.

    tx: the request that started it; its thing is the run, its parent the thread. home, key: where the run lies; thread:
    the same of its thread, None for a run without one. agent: the name by which it was asked for. made: what it made,
    in order. latest, place: the newest of what lies below the thread, as this run sees it, and where; follows: the key
    of the one that it goes on from, "" for the newest. temporary: the thread ends with the run. kept: what it
    told can be read again after its end. listeners: called after
    each moment, by whoever let it happen. course: decides on beats and teller when the run begins, since what is paused
    on its thread may change before.
    floor: the millisecond of the last moment of its thread when it began: ids grow from run to run, too.
    """

    tx: Transaction
    cast: Cast
    home: Shelf
    key: str
    thread: tuple[Shelf, str] | None
    beats: Beats
    teller: Teller
    course: Callable[["Live"], None] | None = None
    modes: frozenset[str] = frozenset()
    delay: float = 0.0
    follows: str = ""
    floor: int = 0
    temporary: bool = False
    kept: bool = True
    agent: str = ""
    state: State = "waiting"
    upcoming: Beat | None = None
    moments: list[Moment] = field(default_factory=list)
    made: list[tuple[Shelf, str]] = field(default_factory=list)
    latest: Thing | None = None
    place: tuple[Shelf, str] | None = None
    listeners: set[Callable[[], None]] = field(default_factory=set)

    @property
    def end(self) -> Moment | None:
        """The moment that ended it; None while it goes on, or where it was taken away."""
        return next((m for m in reversed(self.moments[-2:]) if m.beat.kind in ENDS), None)

    def next_beat(self, answer: Any = None) -> Beat:
        """What comes next, noted as upcoming. answer: what a pause was answered."""
        try:
            self.upcoming = self.beats.send(answer)
        except StopIteration:
            self.upcoming = Beat("ended", {"turn": self.teller.turn.told()}, self.teller.delay)
        return self.upcoming

    def perform(self, beat: Beat, successor: "Live | None" = None) -> bool:
        """Let a beat happen: its changes, then its moment. False where the run is not there any more.

        successor: who has the thread next; the thread goes from one to the other in one step.
        """
        tx = self._transaction(beat)
        if tx is None:
            return False
        others = self.state == "waiting" and beat.kind in (*ENDS, "removed")
        for effect in self.cast.effects.get(beat.kind, ()):
            if all_hold(effect.when, tx):
                self._change(replace(effect, latest=_NOTHING, thread=_NOTHING) if others else effect, tx, successor)
        if beat.end:
            tx.item = beat.item  # the text so far is cut out again where it is asked for: kept, it would be quadratic
        last = max(self.moments[-1].millis if self.moments else 0, self.floor)
        self.moments.append(Moment(beat, tx, max(int(tx.moment.timestamp() * 1000), last + 1)))
        return True

    def tell(self) -> None:
        """Call everybody who listens."""
        for listener in tuple(self.listeners):
            listener()

    def let_go(self) -> None:
        """Keep only what tells how it ended. Whoever still reads has the moments of before."""
        self.moments = self.moments[-2:]

    def take_latest(self, follows: str = "") -> None:
        """Note the newest thing below the thread, or the one that the run is to follow."""
        resource = self.cast.agent.piece
        if self.thread is None or not resource:
            return
        shelf = (self.thread[0][0], resource, self.thread[0][1], self.thread[1])
        store = self.tx.world.store
        items = store.items(shelf)
        found = next((item for item in items if item[0] == follows), None) if follows else None
        if found is None and items:
            found = items[-1]
        self.latest, self.place = (found[1], (shelf, found[0])) if found else (None, None)

    def take_away(self, successor: "Live | None" = None) -> None:
        """Delete the run and what it made; the thread is told with a beat. successor: see `perform`."""
        store = self.tx.world.store
        for shelf, key in reversed(self.made):
            store.delete(shelf, key)
        self.take_latest()
        self.perform(Beat("removed", {}), successor)
        store.delete(self.home, self.key)

    @property
    def gone(self) -> bool:
        """Whether the run, or its thread, was deleted."""
        store = self.tx.world.store
        return store.read(self.home, self.key) is None or bool(self.thread and store.read(*self.thread) is None)

    def _transaction(self, beat: Beat) -> Transaction | None:
        """The run's transaction at this moment; None where the run, or its thread, was deleted meanwhile."""
        world = self.tx.world
        run = world.store.read(self.home, self.key)
        thread = world.store.read(*self.thread) if self.thread else None
        if run is None or (self.thread and thread is None):
            return None
        now = world.clock.tick()
        stamp = write_date_time(now)
        item = beat.told() if beat.kind in self.cast.effects else beat.item
        if beat.kind in ENDS:
            item = {**item, "milliseconds": int((now - self.tx.moment).total_seconds() * 1000)}
        own = copied(self.tx)
        own.moment, own.stamp, own.item = now, stamp, item
        own.thing, own.parent, own.latest = run, thread, self.latest
        return own

    def _change(self, effect: Effect, tx: Transaction, successor: "Live | None") -> None:
        store = tx.world.store
        if effect.run:
            tx.thing = store.update(self.home, self.key, partial(effect.run.onto, tx))
        for recipe in effect.makes:
            self._make(recipe, tx)
        if effect.latest and self.place:
            self.latest = tx.latest = store.update(*self.place, partial(effect.latest.onto, tx))
        if effect.thread and self.thread:
            tx.parent = store.update(*self.thread, partial(self._thread_after, effect, tx, successor))

    @staticmethod
    def _thread_after(effect: Effect, tx: Transaction, successor: "Live | None", before: Thing) -> Mapping[str, Any]:
        after = effect.thread.onto(tx, before)
        for again in successor.cast.effects.get("accepted", ()) if successor else ():
            after = again.thread.onto(replace(tx, thing=successor.tx.thing, item=successor.opening), after)  # type: ignore[union-attr]
        return after

    @property
    def opening(self) -> dict[str, Any]:
        """What the first beats tell."""
        heard = self.teller.heard
        turn = self.teller.turn.told()
        return {"text": heard.text, "agent": heard.agent, "messages": list(heard.messages), "turn": turn}

    def _make(self, recipe: Recipe, tx: Transaction) -> None:
        key = new_key(tx, recipe)
        own = replace(tx, key=key)
        if self.thread:
            (provider, resource, *_), name = self.thread
            shelf: Shelf = (provider, recipe.resource, resource, name)
        else:
            shelf = (tx.contract.name, recipe.resource)
        made = new_thing(own, recipe)
        tx.world.store.insert(shelf, key, made)
        self.made.append((shelf, key))
        if recipe.resource == self.cast.agent.piece:
            self.latest, self.place = made, (shelf, key)
            tx.latest = made
