"""Planted deviations of what is said of runs: their state, where they are, their lists, and what runs alone leave."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.actions.runs.answer import result_of
from threadmock.mockserver.actions.runs.start import thread_address
from threadmock.mockserver.agents.streams import Pending, Stream, StreamSource
from threadmock.mockserver.fault_points import Action, Fault, Memory, Wrapper
from threadmock.mockserver.faults.streams import ChangedSource, of_streams, with_run_rule
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.state.store import Thing
from threadmock.specs.behaviour.agent import Agent
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.schemas.formats import canonical
from threadmock.specs.wire.strictjson import JsonError, dump_json, parse_json

_KEY = re.compile(r"[0-9a-fA-F]{8}")
_NAME = re.compile(rb"^event: ([^\r\n]*)", re.MULTILINE)
_NOWHERE = Source("body", ("no-such-member",))


def words_of(agent: Agent, kind: str, place: str) -> dict[str, str]:
    """The words that a kind of beat writes into a run, or into its thread."""
    found: dict[str, str] = {}
    for change in agent.changes.get(kind, ()):
        settings = change.run if place == "run" else change.thread
        found |= {n: s.value for n, s in settings.items() if s.kind == "value" and isinstance(s.value, str)}
    return found


def agent_rule(call: Call) -> Agent | None:
    """What the contract says of its runs."""
    return call.scope.contract.profile.agent


def _rewritten(thing: Thing, before: Mapping[str, str], after: Mapping[str, str]) -> Thing:
    """A thing that says what another kind of beat says of it, where it says all that this one does."""
    shared = before.keys() & after.keys()
    if not shared or any(thing.get(name) != before[name] for name in shared):
        return thing
    return {**thing, **{name: after[name] for name in shared}}


def _shown_as(place: str, before: str, after: str, *, only: Callable[[Call], bool] = lambda _: True) -> Wrapper:
    """Reads that show a run, or a thread on which one was started, as another kind of beat leaves it."""

    def wrapper(action: Action, call: Call, memory: Memory) -> Done | Refused:
        outcome, agent = action(call), agent_rule(call)
        if agent is None or isinstance(outcome, Refused):
            return outcome
        started: set[str] = memory.setdefault("started", set())
        if call.rule.action == "run" and only(call):
            started |= {call.scope.key, call.scope.parent_key}
        shows = call.rule.resource == agent.thread if place == "thread" else call.rule.resource != agent.thread
        if call.rule.action == "read" and shows and call.asked_key() in started and isinstance(outcome.shown, dict):
            outcome.shown = _rewritten(outcome.shown, words_of(agent, before, place), words_of(agent, after, place))
        return outcome

    return wrapper


def _both(*wrappers: Wrapper) -> Wrapper:
    """Several wrappers as one; each has a memory of its own."""

    def wrapper(action: Action, call: Call, memory: Memory) -> Done | Refused:
        def through(number: int, inner: Call) -> Done | Refused:
            if number == len(wrappers):
                return action(inner)
            return wrappers[number](lambda each: through(number + 1, each), inner, memory.setdefault(str(number), {}))

        return through(0, call)

    return wrapper


def _never_busy(action: Action, call: Call, _: Memory) -> Done | Refused:
    """A thread says that nothing is under way as soon as a run was started on it."""
    outcome, agent, address = action(call), agent_rule(call), thread_address(call.scope)
    if agent is not None and address is not None and call.rule.action == "run" and isinstance(outcome, Done):
        before, after = words_of(agent, "accepted", "thread"), words_of(agent, "ended", "thread")
        call.scope.store.update(*address, lambda thread: _rewritten(thread, before, after))
    return outcome


def _is_behind(call: Call) -> bool:
    plan = call.plan.run
    return plan is not None and plan.respond(call.scope).rule.how == "at_once"


def _failure_joined_as_success(action: Action, call: Call, _: Memory) -> Done | Refused:
    outcome = action(call)
    if call.rule.action == "join" and isinstance(outcome, Done) and isinstance(outcome.body, Stream | Pending):
        plan = call.plan.run
        if plan is not None and plan.respond(call.scope).rule.how == "when_done":
            found = call.world.scheduler.find(call.shelf_of(call.asked_key()), call.asked_key())
            if found is not None and isinstance(outcome.body, Stream):
                success = dump_json({"messages": []})
                outcome.body.change_source(
                    lambda source: ChangedSource(source, lambda made, _: [success] if made else [])
                )
    return outcome


def _renamed(text: str, key: str) -> str:
    """A header that names another thing where it named this one."""
    other = _KEY.sub("00000000", key, count=1)
    return text.replace(key, other if other != key else f"{key}0") if key else text


def _headers(change: Callable[[Call, str], str | None]) -> Wrapper:
    """Headers of runs that are others. None: left out."""

    def wrapper(action: Action, call: Call, _: Memory) -> Done | Refused:
        outcome, plan = action(call), call.plan.run
        if plan is not None and isinstance(outcome, Done):
            named = {name: change(call, text) for name, text in outcome.headers.items() if name in plan.rule.headers}
            kept = {name: text for name, text in outcome.headers.items() if name not in named}
            outcome.headers = {**kept, **{name: text for name, text in named.items() if text is not None}}
        return outcome

    return wrapper


def _listing(change: Callable[[Call, list[Any]], list[Any]]) -> Wrapper:
    """Lists of runs that hold others."""

    def wrapper(action: Action, call: Call, _: Memory) -> Done | Refused:
        outcome, agent = action(call), agent_rule(call)
        within = call.rule.within
        if agent is None or call.rule.action != "list" or within is None or within.resource != agent.thread:
            return outcome
        name = call.plan.lister.items
        if isinstance(outcome, Done) and _lists_runs(call):
            if name is None:
                outcome.shown = change(call, outcome.shown)
            else:
                outcome.shown = {**outcome.shown, name: change(call, outcome.shown[name])}
        return outcome

    return wrapper


def _lists_runs(call: Call) -> bool:
    operations = call.scope.contract.operations
    return any(o.rule.resource == call.rule.resource and o.rule.traits.starts_run for o in operations)


def _of_all_threads(call: Call, items: list[Any]) -> list[Any]:
    keys = {dump_json(item) for item in items}
    there = call.scope.store.everywhere(call.scope.contract.name, call.rule.resource)
    return [*items, *(thing for thing in there if dump_json(thing) not in keys)]


def _as_begun(call: Call, items: list[Any]) -> list[Any]:
    agent = agent_rule(call)
    if agent is None:
        return items
    before, after = words_of(agent, "ended", "run"), words_of(agent, "begun", "run") or words_of(agent, "failed", "run")
    return [_rewritten(item, before, after) for item in items]


def _outlives(action: Action, call: Call, memory: Memory) -> Done | Refused:
    """A run can be read although its thread was deleted."""
    known: dict[str, Thing] = memory.setdefault("known", {})
    agent, key = agent_rule(call), call.asked_key() if call.plan.key else ""
    outcome = action(call)
    if agent is None or call.rule.action != "read" or not _lists_runs(call):
        if call.rule.action == "run" and isinstance(outcome, Done) and call.scope.thing is not None:
            known[call.scope.key] = call.scope.thing
        return outcome
    if isinstance(outcome, Refused) and canonical(key) in known:
        call.scope.key, call.scope.thing = key, known[canonical(key)]
        return done(call, "read, though its thread was deleted")
    return outcome


def _shared(action: Action, call: Call, memory: Memory) -> Done | Refused:
    """Runs without a thread tell what the one before was told."""
    plan = call.plan.run
    if call.rule.action != "run" or plan is None or not plan.rule.temporary:
        return action(call)

    def make(_: Call, source: StreamSource) -> StreamSource:
        def mix(events: list[bytes], count: int) -> list[bytes]:
            before: list[bytes] = memory.setdefault(call.plan.operation.slug, [])
            earlier = list(before)
            if not count and events:
                before.clear()
            before.extend(events)
            return list(_mixed(earlier, events)) if not count else events

        return ChangedSource(source, mix)

    return of_streams(make, "run", events_only=False)(action, call, memory)


def _mixed(before: list[bytes], events: list[bytes]) -> Iterator[bytes]:
    """Events with those of before among them; of JSON, with its messages."""
    for event in events:
        try:
            value: Any = parse_json(event)
            earlier: Any = parse_json(b"".join(before) or b"null")
        except JsonError:
            yield event
            yield from before
            continue
        lists = value if isinstance(value, dict) and isinstance(earlier, dict) else {}
        both = {name: [*earlier[name], *each] for name, each in lists.items() if isinstance(each, list)}
        yield dump_json({**value, **both}) if both else event


def _listed_after_delete(action: Action, call: Call, memory: Memory) -> Done | Refused:
    """A run that was deleted is in the list of its thread still."""
    deleted: list[tuple[str, Thing]] = memory.setdefault("deleted", [])
    if call.rule.action == "delete" and _lists_runs(call):
        call.enter()
        key = call.asked_key()
        before = call.scope.store.read(call.shelf_of(key), key)
        deleted += [(call.scope.parent_key, before)] if before is not None else []
    return _listing(
        lambda own, items: [*items, *(thing for thread, thing in deleted if thread == own.scope.parent_key)]
    )(action, call, memory)


def _result_of_first(action: Action, call: Call, _: Memory) -> Done | Refused:
    """Who waits for a run is told the result of the first one of its thread."""
    if call.rule.action != "join":
        return action(call)
    outcome = action(call)
    key = call.asked_key()
    runs = [own for own, _ in call.scope.store.items(call.scope.shelf)] if call.scope.shelf else []
    if runs and isinstance(outcome, Done) and isinstance(outcome.body, Stream) and runs[0] != key:
        earlier = call.world.scheduler.find(call.scope.shelf, runs[0])
        plan = call.plan.run
        if earlier is not None and plan is not None and plan.respond(call.scope).rule.how == "when_done":

            def change(made: list[bytes], _: int) -> list[bytes]:
                return [dump_json(result_of(call, plan.respond(call.scope), earlier))] if made else []

            outcome.body.change_source(lambda source: ChangedSource(source, change))
    return outcome


FAULTS: tuple[Fault, ...] = (
    Fault("idle-while-running", "A thread on which a run is under way is idle.", ("run_status",), around=_never_busy),
    Fault(
        "busy-for-ever",
        "A thread on which a run was started stays busy.",
        ("run_status", "stream_state"),
        around=_shown_as("thread", "ended", "accepted"),
    ),
    Fault(
        "pending-for-ever",
        "A run that ended is under way still.",
        ("run_status", "stream_state"),
        around=_shown_as("run", "ended", "begun"),
    ),
    Fault(
        "failure-kept-quiet",
        "A run that nobody follows ends well where it failed.",
        ("background_failure",),
        around=_both(
            _shown_as("run", "failed", "ended", only=_is_behind),
            _shown_as("thread", "failed", "ended", only=_is_behind),
        ),
    ),
    Fault(
        "failure-joined-as-success",
        "Who joins a run that failed gets a result.",
        ("background_failure",),
        around=_failure_joined_as_success,
    ),
    Fault("no-run-location", "No header names the run.", ("run_location",), around=_headers(lambda _, __: None)),
    Fault(
        "other-run-location",
        "A header names another run.",
        ("run_location",),
        around=_headers(lambda call, text: _renamed(text, call.scope.key)),
    ),
    Fault(
        "other-thread-location",
        "A header names another thread.",
        ("run_location",),
        around=_headers(lambda call, text: _renamed(text, call.scope.parent_key)),
    ),
    Fault("runs-of-all-threads", "A list of runs has no bounds.", ("run_list",), around=_listing(_of_all_threads)),
    Fault(
        "run-listed-twice",
        "The newest run is listed twice.",
        ("run_list",),
        around=_listing(lambda _, items: [*items[:1], *items]),
    ),
    Fault("run-listed-as-begun", "A list says that runs go on which ended.", ("run_list",), around=_listing(_as_begun)),
    Fault("run-outlives-thread", "A run outlives its thread.", ("run_list",), around=_outlives),
    Fault(
        "stateless-stays",
        "A run without a thread leaves one.",
        ("stateless",),
        around=with_run_rule(temporary=False),
    ),
    Fault("stateless-shared", "A run without a thread knows what another was told.", ("stateless",), around=_shared),
    Fault("run-listed-when-deleted", "A deleted run is listed.", ("run_list",), around=_listed_after_delete),
    Fault("result-of-first", "Who waits is told the result of another run.", ("queue_order",), around=_result_of_first),
)
