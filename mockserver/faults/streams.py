"""Planted deviations of runs and their streams: events that are lost, spoilt or out of order, and runs that go wrong.

Those of a stream stand between a run and its reader; the others stand around a behaviour, as those of families do.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from threadmock.mockserver.actions.run_answer import answer_run
from threadmock.mockserver.actions.run_start import place_of
from threadmock.mockserver.agents.beats import AGENT, Beat, Beats, Teller
from threadmock.mockserver.agents.scripts import Step
from threadmock.mockserver.agents.streams import Listener, Source, Stream
from threadmock.mockserver.fault_points import Behave, Fault, Run
from threadmock.mockserver.rules.keys import asked_key
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.scope import Transaction
from threadmock.specs.behaviour.agent import Agent
from threadmock.specs.members import ABSENT

Memory = dict[str, Any]
Change = Callable[[list[bytes], int], list[bytes]]
"""New events as bytes, and how many came before → what the reader gets instead."""
_NAME = re.compile(rb"^event: ([^\r\n]*)", re.MULTILINE)
_DATA = re.compile(rb"^data: [^\r\n]*", re.MULTILINE)
_ID = re.compile(rb"^id: [^\r\n]*", re.MULTILINE)


class _Changed:
    """A source whose events are changed on their way. last: what comes once it is over."""

    def __init__(self, inner: Source, change: Change, last: Callable[[], list[bytes]] = list) -> None:
        self.listeners: set[Listener] = inner.listeners
        self._inner = inner
        self._change = change
        self._last: Callable[[], list[bytes]] | None = last
        self._count = 0

    def take(self) -> list[bytes]:
        """See Source."""
        found = self._inner.take()
        made = self._change(found, self._count)
        self._count += len(found)
        if self._inner.over and self._last is not None:
            made += self._last()
            self._last = None
        return made

    @property
    def over(self) -> bool:
        """See Source."""
        return self._inner.over and self._last is None


class _Endless(_Changed):
    """A source that is never over."""

    @property
    def over(self) -> bool:
        """See Source."""
        return False


def _of_streams(make: Callable[[Transaction, Source], Source], *actions: str, events_only: bool = True) -> Behave:
    """Streams that come through another source."""

    def behave(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
        outcome = run(tx)
        if isinstance(outcome, Done) and isinstance(outcome.body, Stream) and tx.operation.rule.action in actions:
            events = "event-stream" in outcome.headers.get("content-type", "")
            if events or not events_only:
                outcome.body.go_through(lambda source: make(tx, source))
        return outcome

    return behave


def _each(change: Callable[[bytes, int], list[bytes]]) -> Behave:
    """Streams whose every event is changed by itself."""

    def changed(events: list[bytes], count: int) -> list[bytes]:
        return [made for at, event in enumerate(events, count) for made in change(event, at)]

    return _of_streams(lambda _, source: _Changed(source, changed), "run", "join")


def _late(_: Transaction, source: Source) -> Source:
    first: list[bytes] = []

    def note(events: list[bytes], _: int) -> list[bytes]:
        first[:] = first or events[:1]
        return events

    return _Changed(source, note, lambda: list(first))


def _third_lost(_: Transaction, source: Source) -> Source:
    counts: dict[bytes, int] = {}

    def change(events: list[bytes], _: int) -> list[bytes]:
        kept = []
        for event in events:
            found = _NAME.search(event)
            name = found[1] if found else b""
            counts[name] = counts.get(name, 0) + 1
            kept += [event] if counts[name] != 3 else []
        return kept

    return _Changed(source, change)


def _split(event: bytes, _: int) -> list[bytes]:
    return [event.replace(b'":', b'":\n', 1)]


def _twice(event: bytes, _: int) -> list[bytes]:
    return [event, event]


def _renamed(event: bytes, _: int) -> list[bytes]:
    return [_NAME.sub(b"event: unheard-of", event) if _NAME.search(event) else b"event: unheard-of\n" + event]


def _emptied(event: bytes, _: int) -> list[bytes]:
    return [_DATA.sub(b"data: null", event)]


def _backwards(event: bytes, at: int) -> list[bytes]:
    return [_ID.sub(b"id: %d" % max(1_000_000 - at, 0), event)]


def _unframed(_: Transaction, source: Source) -> Source:
    return _Changed(source, lambda _, __: [], lambda: [b'{"error": "Internal error", "message": "Something failed"}'])


def _resumed_late(tx: Transaction, source: Source) -> Source:
    plan = tx.plan.run
    named = plan is not None and plan.read("last_event", tx) not in (ABSENT, None, *plan.rule.from_start)
    return _Changed(source, lambda events, count: events[1:] if named and not count else events)


def _other_history(tx: Transaction, source: Source) -> Source:
    """When a stream, or a wait, ends, the thread is stored otherwise than it was told."""
    agent, place = tx.contract.profile.agent, place_of(tx)

    def spoil() -> list[bytes]:
        if agent is not None and place is not None:
            store = tx.world.store
            store.update(*place, lambda thread: _spoilt(agent, thread))
            below = (tx.contract.name, agent.piece, agent.thread, place[1])
            for key, _ in store.items(below)[-1:]:
                store.update(below, key, _louder)
        return []

    return _Changed(source, lambda events, _: events, spoil)


def _spoilt(agent: Agent, thread: Any) -> Any:
    told = {
        member
        for change in agent.changes.get("ended", ())
        for member, setting in change.thread.items()
        if setting.kind == "latest"
    }
    return {name: _louder(value) if name in told else value for name, value in thread.items()}


def _louder(value: Any) -> Any:
    if isinstance(value, str):
        return value.upper()
    if isinstance(value, list):
        return [_louder(item) for item in value]
    return {name: _louder(item) for name, item in value.items()} if isinstance(value, dict) else value


def _answered_twice(run: Run, tx: Transaction, memory: Memory) -> Done | Refused:
    """What was answered before is answered again: the run that asked goes on once more."""
    runs, agent = tx.world.runs, tx.contract.profile.agent
    if agent is not None and tx.operation.rule.action == "run":
        key = next(iter(tx.path_values.values()), "")
        thread = (tx.world.store.find(tx.contract.name, agent.thread, key), key)
        waiting = runs.paused(thread) or memory.get(key)
        if waiting is not None and runs.paused(thread) is None:
            runs.wait_for_answer(thread, replace(waiting, beats=_once_more(waiting.teller)))
        elif waiting is not None:
            memory[key] = waiting
    return run(tx)


def _once_more(teller: Teller) -> Beats:
    """Beats that wait for an answer, and then say something."""

    def beats() -> Iterator[Beat]:
        yield Beat("paused", {})
        yield from teller.enter(AGENT)
        yield from teller.say(Step("say", text="That was answered before, and is done once more."), [])
        yield from teller.leave([])

    made: Any = beats()
    next(made)
    return made  # type: ignore[no-any-return]  # a generator that takes an answer, too


def _goes_on(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
    """A run that is said to be cancelled, and is not."""
    plan = tx.plan.run
    if tx.operation.rule.action != "cancel" or plan is None:
        return run(tx)
    if {"keys", "status"} & plan.readers.keys():
        return Done(tx.plan.success, None, "nothing was stopped")
    key = asked_key(tx)
    home = tx.world.store.find(tx.contract.name, tx.operation.rule.resource, key)
    live = tx.world.runs.under_way(home, key)
    if live is None:
        return run(tx)
    tx.key, tx.thing = key, tx.world.store.read(home, key)
    return answer_run(tx, plan, live)


def _planned(**members: Any) -> Behave:
    """Runs by a rule of which some members are others."""

    def behave(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
        plan = tx.plan.run
        if plan is not None:
            tx.plan = replace(tx.plan, run=replace(plan, rule=replace(plan.rule, **members)))
        return run(tx)

    return behave


def _never_busy(run: Run, tx: Transaction, memory: Memory) -> Done | Refused:
    busy = tx.plan.run.rule.busy if tx.plan.run else None
    if busy is None:
        return run(tx)
    policies = tuple(replace(policy, do="run") for policy in busy.policies)
    return _planned(busy=replace(busy, policies=policies))(run, tx, memory)


def _half_taken_away(run: Run, tx: Transaction, memory: Memory) -> Done | Refused:
    """Runs that are to be taken away for another one are, and what they were told and said stays."""
    plan, place = tx.plan.run, place_of(tx)
    busy = plan.rule.busy if plan else None
    if plan is None or busy is None:
        return run(tx)
    chosen = plan.policy(tx)
    policies = tuple(replace(policy, do="cancel") if policy.do == "remove" else policy for policy in busy.policies)
    others = [live for live in tx.world.runs.all_under_way() if live.thread == place]
    outcome = _planned(busy=replace(busy, policies=policies))(run, tx, memory)
    for live in others if chosen and chosen.do == "remove" else ():
        tx.world.store.delete(live.home, live.key)
    return outcome


FAULTS: tuple[Fault, ...] = (
    Fault(
        "late-event",
        "A stream tells its first event once more when all is over.",
        ("stream_order", "failing"),
        behave=_of_streams(_late, "run"),
    ),
    Fault(
        "no-first-event",
        "The first event of a run's stream is left out.",
        ("stream_order",),
        behave=_of_streams(
            lambda _, source: _Changed(source, lambda events, count: events if count else events[1:]), "run"
        ),
    ),
    Fault("split-event", "A line break stands within the data of events.", ("framing",), behave=_each(_split)),
    Fault(
        "error-in-stream",
        "A stream is one JSON error, without a frame.",
        ("framing",),
        behave=_of_streams(_unframed, "run"),
    ),
    Fault("other-event-name", "Events have a name that nobody knows.", ("event_names",), behave=_each(_renamed)),
    Fault("broken-payload", "The data of all events are null.", ("event_payload",), behave=_each(_emptied)),
    Fault("duplicate-event", "Every event comes twice.", ("ids", "tokens"), behave=_each(_twice)),
    Fault("ids-backwards", "The ids of events go down.", ("ids",), behave=_each(_backwards)),
    Fault(
        "lost-event",
        "The third event of each name is lost.",
        ("tokens",),
        behave=_of_streams(_third_lost, "run"),
    ),
    Fault(
        "never-ends",
        "A stream goes on when its run is over.",
        ("stream_ends",),
        behave=_of_streams(lambda _, source: _Endless(source, lambda events, _: events), "run"),
    ),
    Fault(
        "other-history",
        "What is stored of a run is not what its stream told.",
        ("stream_state", "wait_equals_stream"),
        behave=_of_streams(_other_history, "run", events_only=False),
    ),
    Fault(
        "resume-late",
        "Who comes back to a stream misses one event.",
        ("resume_stream",),
        behave=_of_streams(_resumed_late, "join"),
    ),
    Fault(
        "answered-twice",
        "What a run asked can be answered again and again.",
        ("interrupt_resume", "commands"),
        behave=_answered_twice,
    ),
    Fault("cancel-nothing", "Runs that are cancelled go on.", ("cancel",), behave=_goes_on),
    Fault("never-busy", "A thread takes any number of runs at one moment.", ("busy",), behave=_never_busy),
    Fault(
        "half-taken-away",
        "A run that another one takes the place of is gone, and what it was told stays.",
        ("busy",),
        behave=_half_taken_away,
    ),
    Fault(
        "ignore-leaving",
        "A reader that goes away is not noticed.",
        ("disconnect",),
        behave=_planned(disconnect=(("body", ("no-such-member",), True),)),
    ),
    Fault("any-agent", "An agent need not be there.", ("unknown_agent",), behave=_planned(agent=None)),
)
