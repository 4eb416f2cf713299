"""One run: the beats that are still to come, those that happened, and what they changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

from threadmock.mockserver.agents.beats import Beat, Beats, InnerState
from threadmock.mockserver.agents.compiled_agent import CompiledAgent, CompiledChange
from threadmock.mockserver.agents.player import ScriptPlayer
from threadmock.mockserver.rules.recipes import Members, Recipe, new_key, new_thing
from threadmock.mockserver.rules.scope import Scope, copied
from threadmock.mockserver.state.clock import Clock
from threadmock.mockserver.state.store import Shelf, Thing, ThingAddress, below
from threadmock.specs.behaviour.agent import ENDS
from threadmock.specs.schemas.formats import write_date_time

_NOTHING = Members(())
"""What the end of a run changes of a thread that another run has."""
State = Literal["waiting", "running", "over"]


@dataclass(slots=True, repr=False)
class RecordedBeat:
    """A beat that happened.

    scope: things as they were then. millis: when, later than the beat before it. seq: the number of its first event,
    where a format counts those of a thread.
    """

    beat: Beat
    scope: Scope
    millis: int
    seq: int = 0


@dataclass(eq=False, repr=False)
class Run:
    """One run.

    scope: of the request that started it; its thing is the run, its parent the thread. shelf, key: where the run is
    stored; thread: the address of its thread, None for a run without one. agent_name: the name by which the agent was
    asked for. made: what the run created, in order. latest, latest_at: the newest thing below the thread, as this run
    sees it, and its address; follows: the key of the one that the run goes on from, "" for the newest. temporary: the
    thread is deleted with the run. kept: whether its history can be read after its end. listeners: called after each
    beat, by whoever let it happen. on_begin: decides on beats and player when the run begins, since what is paused on
    its thread may change before. floor: the millisecond of the last beat of its thread when it began: ids grow from run
    to run, too. lost: it was forgotten before its end. step: the number of the present node, where the provider counts.
    """

    scope: Scope
    agent: CompiledAgent
    clock: Clock
    shelf: Shelf
    key: str
    thread: ThingAddress | None
    beats: Beats
    player: ScriptPlayer
    on_begin: Callable[["Run"], None] | None = None
    modes: frozenset[str] = frozenset()
    delay: float = 0.0
    follows: str = ""
    floor: int = 0
    temporary: bool = False
    kept: bool = True
    agent_name: str = ""
    state: State = "waiting"
    lost: bool = False
    upcoming: Beat | None = None
    history: list[RecordedBeat] = field(default_factory=list)
    step: int = 0
    made: list[ThingAddress] = field(default_factory=list)
    latest: Thing | None = None
    latest_at: ThingAddress | None = None
    listeners: set[Callable[[], None]] = field(default_factory=set)

    @property
    def end(self) -> RecordedBeat | None:
        """The beat that ended it; None while it goes on, or where it was removed."""
        return next((each for each in reversed(self.history[-2:]) if each.beat.kind in ENDS), None)

    def next_beat(self, answer: Any = None) -> Beat:
        """What comes next, noted as upcoming. answer: the answer to a pause."""
        try:
            self.upcoming = self.beats.send(answer)
        except StopIteration:
            self.upcoming = Beat("ended", {"turn": self.player.turn.as_item()}, self.player.delay)
        return self.upcoming

    def perform(self, beat: Beat, successor: "Run | None" = None) -> bool:
        """Let a beat happen: its changes, then its record. False where the run is not there any more.

        successor: the next run of the thread; the thread goes from one to the other in one step.
        """
        scope = self._scope_at(beat)
        if scope is None:
            return False
        thread_of_another = self.state == "waiting" and beat.kind in (*ENDS, "removed")
        for change in self.agent.changes.get(beat.kind, ()):
            if change.holds(scope):
                own = replace(change, latest=_NOTHING, thread=_NOTHING) if thread_of_another else change
                # what a request makes of a state by going to a node is never stored in that state
                own = replace(own, latest=_NOTHING) if beat.item.get("moved") else own
                if beat.inner:
                    self._change_inside(own, scope, beat.inner)
                else:
                    self._change(own, scope, successor)
        if beat.end:
            scope.item = (
                beat.item
            )  # the text so far is cut out again where it is asked for: kept, it would be quadratic
        last = max(self.history[-1].millis if self.history else 0, self.floor)
        self.history.append(RecordedBeat(beat, scope, max(int(scope.moment.timestamp() * 1000), last + 1)))
        return True

    def notify(self) -> None:
        """Call every listener."""
        for listener in tuple(self.listeners):
            listener()

    def drop_history(self) -> None:
        """Keep only how it ended. Whoever still reads has the list of before."""
        self.history = self.history[-2:]

    def find_latest(self, follows: str = "") -> None:
        """Note the newest thing below the thread, or the one that the run is to follow."""
        resource = self.agent.rule.piece
        if self.thread is None or not resource:
            return
        shelf = below(*self.thread, resource)
        items = self.scope.store.items(shelf)
        found = next((item for item in items if item[0] == follows), None) if follows else None
        if found is None and items:
            found = items[-1]
        self.latest, self.latest_at = (found[1], (shelf, found[0])) if found else (None, None)

    def remove(self, successor: "Run | None" = None) -> None:
        """Delete the run and what it created; a beat changes the thread accordingly. successor: see `perform`."""
        store = self.scope.store
        for shelf, key in reversed(self.made):
            store.delete(shelf, key)
        self.find_latest()
        self.perform(Beat("removed", {}), successor)
        store.delete(self.shelf, self.key)

    @property
    def deleted(self) -> bool:
        """Whether the run, or its thread, was deleted."""
        store = self.scope.store
        return store.read(self.shelf, self.key) is None or bool(self.thread and store.read(*self.thread) is None)

    def _scope_at(self, beat: Beat) -> Scope | None:
        """What settings read at this beat; None where the run, or its thread, was deleted before."""
        store = self.scope.store
        run = store.read(self.shelf, self.key)
        thread = store.read(*self.thread) if self.thread else None
        if run is None or (self.thread and thread is None):
            return None
        now = self.clock.tick()
        stamp = write_date_time(now)
        item = beat.as_item() if beat.kind in self.agent.changes else beat.item
        if beat.kind in ENDS:
            item = {**item, "milliseconds": int((now - self.scope.moment).total_seconds() * 1000)}
        own = copied(self.scope)
        own.moment, own.stamp, own.item = now, stamp, item
        own.thing, own.parent = run, thread
        if beat.inner and beat.inner.latest is None:
            beat.inner.first = beat.inner.latest = beat.inner.outer.latest if beat.inner.outer else self.latest
        own.latest = own.earlier = beat.inner.latest if beat.inner else self.latest
        if beat.inner:
            more = self._around(beat.item, beat.inner)
            beat.item, own.item = {**beat.item, **more}, {**item, **more}
        if isinstance(inner := item.get("inner"), InnerState):
            beat.item = own.item = {
                **item,
                "inner": inner.latest,
                "fresh": self._fresh(own, inner),
                "given": inner.first,
            }
        self._number(beat, own)
        return own

    def _around(self, item: Mapping[str, Any], inner: InnerState) -> dict[str, Any]:
        """What settings read of the graphs around one: of the node that holds it, and the newest state of each."""
        nodes, states, outer = item["namespace"], [self.latest], inner.outer
        while outer:
            states.insert(1, outer.latest)
            outer = outer.outer
        enclosing = [{"place": "|".join(nodes[:depth]), "state": state} for depth, state in enumerate(states)]
        around = {**item["around"], "step": (inner.outer or self).step}
        return {"enclosing": enclosing, "around": around, "began": inner.first}

    def _fresh(self, scope: Scope, inner: InnerState) -> list[Any]:
        """The messages that were not there when a graph inside of a node began."""
        read = self.agent.again
        first, latest = (read(replace(scope, latest=each)) if read else None for each in (inner.first, inner.latest))
        before = first if isinstance(first, list) else []
        return [each for each in latest if each not in before] if isinstance(latest, list) else []

    def _number(self, beat: Beat, scope: Scope) -> None:
        """Number the nodes as the provider does: on from what was there before the run."""
        if self.agent.step is None or "step" not in beat.item:
            return
        counted = beat.inner or self
        if beat.kind == "entered" and not beat.item.get("again"):
            counted.step = self.agent.step(scope)
        beat.item = {**beat.item, "step": counted.step}
        scope.item = {**scope.item, "step": counted.step}

    def _change(self, change: CompiledChange, scope: Scope, successor: "Run | None") -> None:
        store = scope.store
        if change.run:
            scope.thing = store.update(self.shelf, self.key, partial(change.run.onto, scope))
        for recipe in change.makes:
            items = recipe.each(scope) if recipe.each else [scope.item]
            for item in items if isinstance(items, list) else ():
                self._make(recipe, scope, item)
        if change.latest and self.latest_at:
            self.latest = scope.latest = store.update(*self.latest_at, partial(change.latest.onto, scope))
        if change.thread and self.thread:
            scope.parent = store.update(*self.thread, partial(self._thread_after, change, scope, successor))

    def _change_inside(self, change: CompiledChange, scope: Scope, inner: InnerState) -> None:
        """What a beat inside of a node changes: the state of its own graph, which others see by its name only."""
        inside = self.agent.rule.inside
        for recipe in change.makes:
            own = replace(scope, key=new_key(scope, recipe))
            inner.latest = scope.latest = new_thing(own, recipe)
            if inside and self.thread:
                inner.address = (below(*self.thread, inside.resource), own.key)
                scope.store.insert(*inner.address, inner.latest)
                self.made.append(inner.address)
        if change.latest and inner.latest is not None:
            inner.latest = scope.latest = changed = change.latest.onto(scope, inner.latest)
            if inner.address:
                scope.store.update(*inner.address, lambda _: changed)

    @staticmethod
    def _thread_after(
        change: CompiledChange, scope: Scope, successor: "Run | None", before: Thing
    ) -> Mapping[str, Any]:
        after = change.thread.onto(scope, before)
        if successor is None:
            return after
        own = replace(scope, thing=successor.scope.thing, item=successor.opening)
        for accepted in successor.agent.changes.get("accepted", ()):
            after = accepted.thread.onto(own, after)
        return after

    @property
    def opening(self) -> dict[str, Any]:
        """What settings read of the first beats."""
        given, turn = self.player.input, self.player.turn.as_item()
        return {"text": given.text, "agent": given.agent, "messages": list(given.messages), "turn": turn}

    def _make(self, recipe: Recipe, scope: Scope, item: Any) -> None:
        key = new_key(scope, recipe)
        own = replace(scope, key=key, item=item)
        shelf = below(*self.thread, recipe.resource) if self.thread else (scope.contract.name, recipe.resource)
        made = new_thing(own, recipe)
        scope.store.insert(shelf, key, made)
        self.made.append((shelf, key))
        if recipe.resource == self.agent.rule.piece:
            self.latest, self.latest_at = made, (shelf, key)
            scope.latest = made
