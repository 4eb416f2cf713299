"""Planted deviations of runs that meet others, and of runs that are stopped."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.create import build
from threadmock.mockserver.actions.runs.answer import answer_run
from threadmock.mockserver.actions.runs.start import thread_address
from threadmock.mockserver.agents.streams import StreamSource
from threadmock.mockserver.fault_points import Action, Fault, Memory, Wrapper
from threadmock.mockserver.faults.runs import agent_rule, words_of
from threadmock.mockserver.faults.streams import ChangedSource, of_streams, with_run_rule
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.specs.behaviour.agent import Doing
from threadmock.specs.schemas.formats import canonical

_NEVER = ("body", ("no-such-member",), True)


def _queueing(change: Callable[[Call, Any], None]) -> Wrapper:
    """What waits for a thread is changed after one more run was added to it."""

    def wrapper(action: Action, call: Call, _: Memory) -> Done | Refused:
        outcome, address = action(call), thread_address(call.scope)
        if call.rule.action == "run" and isinstance(outcome, Done) and address is not None:
            waiting = [each for each in call.world.scheduler.all_under_way() if each.thread == address]
            if len(waiting) > 2:
                change(call, call.world.scheduler.waiting(address))
        return outcome

    return wrapper


def _last_first(_: Call, queue: Any) -> None:
    first = queue.popleft()
    last = queue.pop()
    queue.extendleft((last, first))


def _lost(call: Call, queue: Any) -> None:
    """The second run of three is never begun, and says that it ended."""
    agent, lost = agent_rule(call), queue[1]
    call.world.scheduler.stop(lost)
    if agent is not None:
        words = words_of(agent, "ended", "run")
        call.scope.store.update(lost.shelf, lost.key, lambda thing: {**thing, **words})


def _twice(action: Action, call: Call, memory: Memory) -> Done | Refused:
    """Of the runs that wait for a thread every second one is carried out twice."""
    address = None
    if call.rule.action == "run" and call.plan.run is not None:
        outcome = action(call)
        address = thread_address(call.scope)
        waits = address is not None and len(call.world.scheduler.waiting(address)) == 2
        if isinstance(outcome, Done) and waits and not memory.get("again"):
            memory["again"] = True
            action(replace(call, scope=replace(call.scope)))
            memory["again"] = False
        return outcome
    return action(call)


def _policies(before: Doing, after: Doing) -> Wrapper:
    """What becomes of another run is what another policy says."""

    def wrapper(action: Action, call: Call, memory: Memory) -> Done | Refused:
        busy = call.plan.run.rule.busy if call.plan.run else None
        if busy is None:
            return action(call)
        policies = tuple(replace(each, do=after) if each.do == before else each for each in busy.policies)
        return with_run_rule(busy=replace(busy, policies=policies))(action, call, memory)

    return wrapper


def _refused_and_stored(action: Action, call: Call, _: Memory) -> Done | Refused:
    outcome = action(call)
    if call.rule.action == "run" and isinstance(outcome, Refused) and outcome.kind == "taken" and call.scope.shelf:
        call.scope.key = call.scope.ids.uuid4()
        call.scope.store.insert(call.scope.shelf, call.scope.key, build(call.plan, call.scope, call.world.clock))
    return outcome


def _refused_and_done(action: Action, call: Call, memory: Memory) -> Done | Refused:
    outcome = action(call)
    if call.rule.action == "run" and isinstance(outcome, Refused) and outcome.kind == "taken":
        _policies("refuse", "wait")(action, replace(call, scope=replace(call.scope)), memory)
    return outcome


def _cancel_of_finished(action: Action, call: Call, _: Memory) -> Done | Refused:
    """A run that is over is cancelled all the same."""
    outcome, agent = action(call), agent_rule(call)
    if call.rule.action != "cancel" or agent is None or call.plan.run is None or isinstance(outcome, Done):
        return outcome
    keys, words = call.plan.run.read("keys", call.scope), words_of(agent, "cancelled", "run")
    for key in keys if isinstance(keys, list) else [call.asked_key()]:
        shelf = call.scope.store.find(call.scope.contract.name, call.rule.resource, canonical(key))
        if call.scope.store.read(shelf, canonical(key)) is not None:
            call.scope.store.update(shelf, canonical(key), lambda thing: {**thing, **words})
    return outcome


def _cancel_unwaited(action: Action, call: Call, _: Memory) -> Done | Refused:
    """A cancel that is to wait is answered before anything was stopped."""
    plan = call.plan.run
    if call.rule.action != "cancel" or plan is None or plan.respond(call.scope).rule.how != "when_done":
        return action(call)
    scope, key = call.scope, call.asked_key()
    shelf = scope.store.find(scope.contract.name, call.rule.resource, key)
    found = call.world.scheduler.under_way(shelf, key)
    if found is None:
        return action(call)
    scope.key, scope.thing = key, scope.store.read(shelf, key)
    outcome = answer_run(call, plan, found)
    return Done(call.plan.success, {}, "not waited for") if isinstance(outcome, Done) else outcome


def _forgotten(action: Action, call: Call, memory: Memory) -> Done | Refused:
    """The streams of a run that is cancelled do not end."""
    cancelled: set[str] = memory.setdefault("cancelled", set())
    if call.rule.action == "cancel" and call.plan.run is not None:
        keys = call.plan.run.read("keys", call.scope)
        cancelled |= {canonical(key) for key in (keys if isinstance(keys, list) else [call.asked_key()])}
    if call.rule.action not in ("run", "join"):
        return action(call)

    def make(own: Call, source: StreamSource) -> StreamSource:
        return _Forgetting(source, lambda: canonical(own.scope.key) in cancelled)

    return of_streams(make, "run", "join")(action, call, memory)


class _Forgetting(ChangedSource):
    """A source that is never over once its run was cancelled."""

    def __init__(self, inner: StreamSource, forgotten: Callable[[], bool]) -> None:
        super().__init__(inner, lambda events, _: events)
        self._forgotten = forgotten

    @property
    def over(self) -> bool:
        """See StreamSource."""
        return super().over and not self._forgotten()


def _thread_goes_on(action: Action, call: Call, _: Memory) -> Done | Refused:
    """A thread that is told to stop says that it did, and does not."""
    cancels = call.rule.run.cancels if call.rule.run else ()
    return with_run_rule(cancels=(_NEVER,))(action, call, {}) if cancels else action(call)


FAULTS: tuple[Fault, ...] = (
    Fault("queue-last-first", "The last run that waits is next.", ("queue_order",), around=_queueing(_last_first)),
    Fault("queue-lost", "A run that waits is never carried out.", ("queue_order",), around=_queueing(_lost)),
    Fault("queue-twice", "A run that waits is carried out twice.", ("queue_order",), around=_twice),
    Fault("refused-and-stored", "A run that is refused is stored.", ("busy_traces",), around=_refused_and_stored),
    Fault("refused-and-done", "A run that is refused is carried out.", ("busy_traces",), around=_refused_and_done),
    Fault(
        "interrupted-and-removed",
        "Nothing is left of a run that is interrupted.",
        ("busy_traces", "busy"),
        around=_policies("cancel", "remove"),
    ),
    Fault("cancel-unwaited", "A cancel that is to wait does nothing.", ("cancel_forms",), around=_cancel_unwaited),
    Fault(
        "cancel-of-finished",
        "A run that is over is cancelled all the same.",
        ("cancel_forms",),
        around=_cancel_of_finished,
    ),
    Fault("thread-goes-on", "A thread that is told to stop goes on.", ("cancel_thread",), around=_thread_goes_on),
    Fault("cancel-kept-quiet", "Who reads a stream is not told of a cancel.", ("cancel_waiters",), around=_forgotten),
)
