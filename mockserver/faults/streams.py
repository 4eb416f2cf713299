"""Planted deviations of runs and their streams: events that are lost, spoilt or out of order, and runs that go wrong.

Those of a stream change the source that it takes from; the others wrap an action, as those of families do.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.runs.answer import answer_run
from threadmock.mockserver.actions.runs.start import thread_address
from threadmock.mockserver.agents.beats import AGENT, Beat, Beats
from threadmock.mockserver.agents.player import ScriptPlayer
from threadmock.mockserver.agents.run_plan import compile_run
from threadmock.mockserver.agents.scripts import ScriptStep
from threadmock.mockserver.agents.streams import Listener, Stream, StreamSource
from threadmock.mockserver.fault_points import Action, Fault, Memory, Wrapper
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.state.store import below
from threadmock.specs.behaviour.agent import Agent
from threadmock.specs.members import ABSENT

Change = Callable[[list[bytes], int], list[bytes]]
"""New events as bytes, and how many came before → what the reader gets instead."""
_NAME = re.compile(rb"^event: ([^\r\n]*)", re.MULTILINE)
_DATA = re.compile(rb"^data: [^\r\n]*", re.MULTILINE)
_ID = re.compile(rb"^id: [^\r\n]*", re.MULTILINE)


class ChangedSource:
    """A source whose events are changed on their way. last: what comes once it is over."""

    def __init__(self, inner: StreamSource, change: Change, last: Callable[[], list[bytes]] = list) -> None:
        self.listeners: set[Listener] = inner.listeners
        self._inner = inner
        self._change = change
        self._last: Callable[[], list[bytes]] | None = last
        self._count = 0

    def take(self) -> list[bytes]:
        """See StreamSource."""
        found = self._inner.take()
        made = self._change(found, self._count)
        self._count += len(found)
        if self._inner.over and self._last is not None:
            made += self._last()
            self._last = None
        return made

    @property
    def silent(self) -> bool:
        """See StreamSource."""
        return self._inner.silent

    @property
    def over(self) -> bool:
        """See StreamSource."""
        return self._inner.over and self._last is None


class EndlessSource(ChangedSource):
    """A source that is never over."""

    @property
    def over(self) -> bool:
        """See StreamSource."""
        return False


def of_streams(make: Callable[[Call, StreamSource], StreamSource], *actions: str, events_only: bool = True) -> Wrapper:
    """Streams that come through another source."""

    def wrapper(action: Action, call: Call, _: Memory) -> Done | Refused:
        outcome = action(call)
        if isinstance(outcome, Done) and isinstance(outcome.body, Stream) and call.rule.action in actions:
            events = "event-stream" in outcome.headers.get("content-type", "")
            if events or not events_only:
                outcome.body.change_source(lambda source: make(call, source))
        return outcome

    return wrapper


def each_event(change: Callable[[bytes, int], list[bytes]]) -> Wrapper:
    """Streams whose every event is changed by itself."""

    def changed(events: list[bytes], count: int) -> list[bytes]:
        return [made for at, event in enumerate(events, count) for made in change(event, at)]

    return of_streams(lambda _, source: ChangedSource(source, changed), "run", "join")


def _late(_: Call, source: StreamSource) -> StreamSource:
    first: list[bytes] = []

    def note(events: list[bytes], _: int) -> list[bytes]:
        first[:] = first or events[:1]
        return events

    return ChangedSource(source, note, lambda: list(first))


def third_lost(_: Call, source: StreamSource) -> StreamSource:
    """Without the third event of each name."""
    counts: dict[bytes, int] = {}

    def change(events: list[bytes], _: int) -> list[bytes]:
        kept = []
        for event in events:
            found = _NAME.search(event)
            name = found[1] if found else b""
            counts[name] = counts.get(name, 0) + 1
            kept += [event] if counts[name] != 3 else []
        return kept

    return ChangedSource(source, change)


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


def _unframed(_: Call, source: StreamSource) -> StreamSource:
    return ChangedSource(
        source, lambda _, __: [], lambda: [b'{"error": "Internal error", "message": "Something failed"}']
    )


def _resumed_late(call: Call, source: StreamSource) -> StreamSource:
    plan = call.plan.run
    named = plan is not None and plan.read("last_event", call.scope) not in (ABSENT, None, *plan.rule.from_start)
    return ChangedSource(source, lambda events, count: events[1:] if named and not count else events)


def _other_history(call: Call, source: StreamSource) -> StreamSource:
    """When a stream, or a wait, ends, the stored thread is changed: it is not what was sent."""
    agent, address = call.scope.contract.profile.agent, thread_address(call.scope)

    def spoil() -> list[bytes]:
        if agent is not None and address is not None:
            store = call.scope.store
            store.update(*address, lambda thread: _spoilt(agent, thread))
            pieces = below(*address, agent.piece)
            for key, _ in store.items(pieces)[-1:]:
                store.update(pieces, key, _louder)
        return []

    return ChangedSource(source, lambda events, _: events, spoil)


def _spoilt(agent: Agent, thread: Any) -> Any:
    copied = {
        member
        for change in agent.changes.get("ended", ())
        for member, setting in change.thread.items()
        if setting.kind == "latest"
    }
    return {name: _louder(value) if name in copied else value for name, value in thread.items()}


def _louder(value: Any) -> Any:
    if isinstance(value, str):
        return value.upper()
    if isinstance(value, list):
        return [_louder(item) for item in value]
    return {name: _louder(item) for name, item in value.items()} if isinstance(value, dict) else value


def _answered_twice(action: Action, call: Call, memory: Memory) -> Done | Refused:
    """A question that was answered can be answered again: the run that asked goes on once more."""
    scheduler, scope = call.world.scheduler, call.scope
    agent = scope.contract.profile.agent
    if agent is not None and call.rule.action == "run":
        key = next(iter(scope.path_values.values()), "")
        thread = (scope.store.find(scope.contract.name, agent.thread, key), key)
        waiting = scheduler.paused(thread) or memory.get(key)
        if waiting is not None and scheduler.paused(thread) is None:
            scheduler.pause(thread, replace(waiting, beats=_once_more(waiting.player)))
        elif waiting is not None:
            memory[key] = waiting
    return action(call)


def _once_more(player: ScriptPlayer) -> Beats:
    """Beats that wait for an answer, and then send a message."""

    def beats() -> Iterator[Beat]:
        yield Beat("paused", {})
        yield from player.enter(AGENT)
        yield from player.say(ScriptStep("say", text="That was answered before, and is done once more."), [])
        yield from player.leave([])

    made: Any = beats()
    next(made)
    return made  # type: ignore[no-any-return]  # a generator that takes an answer, too


def _goes_on(action: Action, call: Call, _: Memory) -> Done | Refused:
    """A cancel that answers as if the run was cancelled, and does nothing."""
    plan = call.plan.run
    if call.rule.action != "cancel" or plan is None:
        return action(call)
    if {"keys", "status"} & plan.readers.keys():
        return Done(call.plan.success, None, "nothing was stopped")
    scope, key = call.scope, call.asked_key()
    shelf = scope.store.find(scope.contract.name, call.rule.resource, key)
    found = call.world.scheduler.under_way(shelf, key)
    if found is None:
        return action(call)
    scope.key, scope.thing = key, scope.store.read(shelf, key)
    return answer_run(call, plan, found)


def with_run_rule(**members: Any) -> Wrapper:
    """Runs by a rule of which some members are others."""

    def wrapper(action: Action, call: Call, _: Memory) -> Done | Refused:
        plan = call.plan.run
        if plan is not None:
            call = call.with_plan(run=compile_run(replace(plan.rule, **members)))
        return action(call)

    return wrapper


def _never_busy(action: Action, call: Call, memory: Memory) -> Done | Refused:
    busy = call.plan.run.rule.busy if call.plan.run else None
    if busy is None:
        return action(call)
    policies = tuple(replace(policy, do="run") for policy in busy.policies)
    return with_run_rule(busy=replace(busy, policies=policies))(action, call, memory)


def _half_taken_away(action: Action, call: Call, memory: Memory) -> Done | Refused:
    """Runs that are to be removed for another one are, and their messages stay."""
    plan, thread = call.plan.run, thread_address(call.scope)
    busy = plan.rule.busy if plan else None
    if plan is None or busy is None:
        return action(call)
    chosen = plan.policy(call.scope)
    policies = tuple(replace(policy, do="cancel") if policy.do == "remove" else policy for policy in busy.policies)
    others = [each for each in call.world.scheduler.all_under_way() if each.thread == thread]
    outcome = with_run_rule(busy=replace(busy, policies=policies))(action, call, memory)
    for each in others if chosen and chosen.do == "remove" else ():
        call.scope.store.delete(each.shelf, each.key)
    return outcome


FAULTS: tuple[Fault, ...] = (
    Fault(
        "late-event",
        "A stream sends its first event once more at its end.",
        ("stream_order", "failing"),
        around=of_streams(_late, "run"),
    ),
    Fault(
        "no-first-event",
        "The first event of a run's stream is left out.",
        ("stream_order",),
        around=of_streams(
            lambda _, source: ChangedSource(source, lambda events, count: events if count else events[1:]), "run"
        ),
    ),
    Fault("split-event", "A line break stands within the data of events.", ("framing",), around=each_event(_split)),
    Fault(
        "error-in-stream",
        "A stream is one JSON error, without a frame.",
        ("framing",),
        around=of_streams(_unframed, "run"),
    ),
    Fault("other-event-name", "Events have a name that nobody knows.", ("event_names",), around=each_event(_renamed)),
    Fault("broken-payload", "The data of all events are null.", ("event_payload",), around=each_event(_emptied)),
    Fault("duplicate-event", "Every event comes twice.", ("ids", "tokens", "readers"), around=each_event(_twice)),
    Fault("ids-backwards", "The ids of events go down.", ("ids",), around=each_event(_backwards)),
    Fault(
        "lost-event",
        "The third event of each name is lost.",
        ("tokens",),
        around=of_streams(third_lost, "run"),
    ),
    Fault(
        "never-ends",
        "A stream goes on when its run is over.",
        ("stream_ends",),
        around=of_streams(lambda _, source: EndlessSource(source, lambda events, _: events), "run"),
    ),
    Fault(
        "other-history",
        "What is stored of a run is not what its stream sent.",
        ("stream_state", "wait_equals_stream", "views"),
        around=of_streams(_other_history, "run", events_only=False),
    ),
    Fault(
        "resume-late",
        "A reader that resumes a stream misses one event.",
        ("resume_stream",),
        around=of_streams(_resumed_late, "join"),
    ),
    Fault(
        "answered-twice",
        "The question of a run can be answered again and again.",
        ("interrupt_resume", "commands"),
        around=_answered_twice,
    ),
    Fault("cancel-nothing", "Runs that are cancelled go on.", ("cancel",), around=_goes_on),
    Fault("never-busy", "A thread takes any number of runs at one moment.", ("busy",), around=_never_busy),
    Fault(
        "half-taken-away",
        "A run that another one replaces is removed, and its messages stay.",
        ("busy",),
        around=_half_taken_away,
    ),
    Fault(
        "ignore-leaving",
        "A reader that goes away is not noticed.",
        ("disconnect",),
        around=with_run_rule(disconnect=(("body", ("no-such-member",), True),)),
    ),
    Fault("any-agent", "An agent need not exist.", ("unknown_agent",), around=with_run_rule(agent=None)),
)
