"""Planted deviations of what runs leave: readers that disagree, turns that are lost or mixed up, what stays behind."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.actions.runs.start import thread_address
from threadmock.mockserver.agents.streams import StreamSource
from threadmock.mockserver.fault_points import Action, Fault, Memory, Wrapper
from threadmock.mockserver.faults.streams import ChangedSource, each_event, of_streams, third_lost, with_run_rule
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.state.store import Shelf, below
from threadmock.specs.behaviour.agent import ENDS, Agent
from threadmock.specs.behaviour.setting import Setting

_INDEX = re.compile(rb'"index": ?\d+')


def _agent(call: Call) -> Agent | None:
    return call.scope.contract.profile.agent


def _shown(call: Call, outcome: Done | Refused, *resources: str) -> Iterator[dict[str, Any]]:
    """The things of these resources that a read, or a list, shows; to be changed in place."""
    if isinstance(outcome, Refused) or call.rule.resource not in resources:
        return
    found = _items(call, outcome) if call.rule.action == "list" else [outcome.shown]
    yield from (each for each in found if isinstance(each, dict) and call.rule.action in ("read", "list"))


def _items(call: Call, outcome: Done | Refused) -> list[Any]:
    """The items of a list, to be changed in place."""
    name = call.plan.lister.items
    if call.rule.action != "list" or isinstance(outcome, Refused):
        return []
    found = outcome.shown if name is None else outcome.shown.get(name)
    return found if isinstance(found, list) else []


def _pieces(change: Callable[[list[Any]], list[Any]]) -> Wrapper:
    """Lists of what lies below a thread, with other items."""

    def wrapper(action: Action, call: Call, _: Memory) -> Done | Refused:
        outcome, agent = action(call), _agent(call)
        items = _items(call, outcome) if agent and call.rule.resource == agent.piece else []
        items[:] = change(list(items))
        return outcome

    return wrapper


def _things(change: Callable[[dict[str, Any]], None], *actions: str) -> Wrapper:
    """Threads, and what lies below them, that such operations show otherwise."""

    def wrapper(action: Action, call: Call, _: Memory) -> Done | Refused:
        outcome, agent = action(call), _agent(call)
        if agent and call.rule.action in actions and isinstance(outcome, Done):
            outcome.shown = _copied(outcome.shown)
            for thing in _shown(call, outcome, agent.piece, agent.thread):
                change(thing)
        return outcome

    return wrapper


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _raise_texts(thing: dict[str, Any]) -> None:
    thing.update({name: _louder(value) for name, value in thing.items()})


def _louder(value: Any) -> Any:
    """A value whose texts of several words are in upper case: no ids, words or times are."""
    if isinstance(value, str):
        return value.upper() if " " in value else value
    if isinstance(value, list):
        return [_louder(item) for item in value]
    return {name: _louder(item) for name, item in value.items()} if isinstance(value, Mapping) else value


def _newest_lost(action: Action, call: Call, _: Memory) -> Done | Refused:
    """Lists of what lies below a thread lack what was made last."""
    outcome, agent, shelf = action(call), _agent(call), call.scope.shelf
    items = _items(call, outcome) if agent and call.rule.resource == agent.piece else []
    newest = next(iter(call.scope.store.newest(shelf, 0, 1)), None) if shelf and items else None
    if isinstance(newest, Mapping) and call.plan.key_steps:
        key = str(newest.get(call.plan.key_steps[0]))
        items[:] = [item for item in items if key not in str(item)]
    return outcome


def _before_second(change: Callable[[Call, Shelf], None]) -> Wrapper:
    """Something happens to what lies below a thread when a second run on it is asked for."""

    def wrapper(action: Action, call: Call, memory: Memory) -> Done | Refused:
        outcome, agent = action(call), _agent(call)
        address = thread_address(call.scope) if agent and call.rule.action == "run" else None
        if address is not None and agent is not None and isinstance(outcome, Done):
            if address[1] in memory:
                change(call, below(*address, agent.piece))
            memory[address[1]] = True
        return outcome

    return wrapper


def _lose_oldest(call: Call, shelf: Shelf) -> None:
    for key, _ in call.scope.store.items(shelf)[:1]:
        call.scope.store.delete(shelf, key)


def _rewrite_oldest(call: Call, shelf: Shelf) -> None:
    older = call.scope.store.items(shelf)
    for key, _ in older[: (len(older) + 1) // 2]:
        call.scope.store.update(shelf, key, _louder)


def _crossed(action: Action, call: Call, memory: Memory) -> Done | Refused:
    """Lists of what lies below one thread show what lies below others that were listed before, too."""
    outcome, agent, key = action(call), _agent(call), call.scope.parent_key
    items = _items(call, outcome) if agent and call.rule.resource == agent.piece and key else []
    foreign = [item for other, shown in memory.items() for item in shown if other != key]
    if items:
        memory[key] = list(items)
        items += foreign
    return outcome


def _kept(action: Action, call: Call, memory: Memory) -> Done | Refused:
    """A thread that is deleted is not there any more; what lay below it is."""
    agent, scope = _agent(call), call.scope
    if agent is None or call.rule.resource != agent.thread:
        return action(call)
    key = call.asked_key() if call.rule.traits.names_thing else ""
    if key in memory:
        return call.not_found(key)
    if call.rule.action == "delete":
        shelf = scope.store.find(scope.contract.name, agent.thread, key)
        scope.key, scope.thing = key, scope.store.read(shelf, key)
        memory.update({key: True} if scope.thing is not None else {})
        return done(call, "deleted") if scope.thing is not None else call.not_found(key)
    outcome = action(call)
    items = _items(call, outcome)
    items[:] = [item for item in items if not any(gone in str(item) for gone in memory)]
    return outcome


def _mixed_inputs(action: Action, call: Call, memory: Memory) -> Done | Refused:
    """What is said to a run without a thread has what was said to the one before in it."""
    plan = call.plan.run
    if plan is None or plan.alone is None or call.rule.action != "run" or call.scope.path_values:
        return action(call)
    before, memory["body"] = memory.get("body"), call.scope.body
    said = " ".join(_texts(before))
    return action(call.with_scope(body=_with_more(call.scope.body, said)) if said else call)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str) and " " in value:
        yield value
    for each in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _texts(each)


def _with_more(value: Any, said: str) -> Any:
    if isinstance(value, str):
        return f"{value} {said}" if " " in value else value
    if isinstance(value, Mapping):
        return {name: _with_more(each, said) for name, each in value.items()}
    return [_with_more(each, said) for each in value] if isinstance(value, list) else value


def _runs(change: Callable[[Call, dict[str, Any]], None]) -> Wrapper:
    """Runs that reads, and lists, show otherwise."""

    def wrapper(action: Action, call: Call, _: Memory) -> Done | Refused:
        outcome = action(call)
        starts = {each.rule.resource for each in call.scope.contract.operations if each.rule.action == "run"}
        if isinstance(outcome, Done) and call.rule.resource in starts and call.rule.action in ("read", "list"):
            outcome.shown = _copied(outcome.shown)
            for thing in _shown(call, outcome, call.rule.resource):
                change(call, thing)
        return outcome

    return wrapper


def _made_by(call: Call) -> Mapping[str, Setting]:
    """How the members of a run begin."""
    operations = call.scope.contract.operations
    found = (each.rule.set for each in operations if each.rule.action == "run" and each.rule.set)
    return next(found, {})


def _give_away(call: Call, run: dict[str, Any]) -> None:
    for name, setting in _made_by(call).items():
        if setting.generator == "parent_key" and isinstance(run.get(name), str):
            run[name] = run[name][::-1]


def _never_over(call: Call, run: dict[str, Any]) -> None:
    agent, begun = _agent(call), _made_by(call)
    for change in (each for end in ENDS for each in (agent.changes.get(end, ()) if agent else ())):
        for name in change.run.keys() & begun.keys() & run.keys():
            if begun[name].kind == "value" and isinstance(begun[name].value, str):
                run[name] = begun[name].value


def _out_of_turn(call: Call, source: StreamSource) -> StreamSource:
    """Events with a text as far as it has come are sent in pairs, the second one first."""
    agent = call.scope.contract.profile.agent
    forms = [form for each in agent.formats.values() for form in each.events] if agent else []
    names = {form.name.encode() for form in forms if form.data is not None and "'whole'" in repr(form.data)}
    waiting: dict[bytes, bytes] = {}

    def change(events: list[bytes], _: int) -> list[bytes]:
        made: list[bytes] = []
        for event in events:
            name = event.partition(b"\n")[0].strip().removeprefix(b"event: ")
            if name not in names:
                made.append(event)
            elif name in waiting:
                made += [event, waiting.pop(name)]
            else:
                waiting[name] = event
        return made

    return ChangedSource(source, change, lambda: list(waiting.values()))


def _give_pieces_away(action: Action, call: Call, _: Memory) -> Done | Refused:
    """Things below a thread are listed with the key of another one."""
    outcome, agent = action(call), _agent(call)
    if agent is None or not isinstance(outcome, Done) or call.rule.resource != agent.piece:
        return outcome
    changes = [change for each in agent.changes.values() for change in each]
    settings = [each for change in changes for made in change.makes for each in made.set.items()]
    settings += list(_made_by(call).items()) if not settings else []
    names = {name for name, setting in settings if setting.generator == "parent_key"}
    outcome.shown = _copied(outcome.shown)
    for item in _items(call, outcome):
        inner = [item, *(each for each in item.values() if isinstance(each, dict))] if isinstance(item, dict) else []
        for thing in inner:
            thing.update({name: str(thing[name])[::-1] for name in names & thing.keys()})
    return outcome


def _uncounted(event: bytes, _: int) -> list[bytes]:
    return [_INDEX.sub(b'"index":0', event)]


def _miscounted(action: Action, call: Call, _: Memory) -> Done | Refused:
    """Threads that count what lies below them are one ahead."""
    outcome, agent = action(call), _agent(call)
    if agent is None or not isinstance(outcome, Done) or call.rule.resource != agent.thread:
        return outcome
    settings = [each for change in agent.changes.get("said", ()) for each in change.thread.items()]
    counting = {name for name, setting in settings if setting.kind == "parent" and setting.plus}
    if counting and call.rule.action in ("read", "list"):
        outcome.shown = _copied(outcome.shown)
        for thread in _shown(call, outcome, agent.thread):
            thread.update({name: thread[name] + 1 for name in counting & thread.keys()})
    return outcome


FAULTS: tuple[Fault, ...] = (
    Fault("unlisted-newest", "Lists of what lies below a thread lack the newest.", ("views",), around=_newest_lost),
    Fault(
        "other-list",
        "Lists of what lies below a thread show texts in upper case.",
        ("views",),
        around=_things(_raise_texts, "list"),
    ),
    Fault(
        "other-reader",
        "Reads of a thread, and of one thing below it, show texts in upper case.",
        ("views",),
        around=_things(_raise_texts, "read"),
    ),
    Fault(
        "twins-listed",
        "Lists of what lies below a thread show the last item twice.",
        ("views",),
        around=_pieces(lambda items: [*items, *items[-1:]]),
    ),
    Fault(
        "lists-turned",
        "Lists of what lies below a thread come in the other order.",
        ("views", "turns"),
        around=_pieces(lambda items: items[::-1]),
    ),
    Fault(
        "middle-unlisted",
        "Lists of what lies below a thread lack the second item.",
        ("views",),
        around=_pieces(lambda items: [*items[:1], *items[2:]]),
    ),
    Fault(
        "pieces-given-away",
        "Lists of what lies below a thread show the key of another.",
        ("views",),
        around=_give_pieces_away,
    ),
    Fault("uncounted", "All pieces of a message have the number 0.", ("accumulated",), around=each_event(_uncounted)),
    Fault("miscounted", "Threads count one thing too many below them.", ("views",), around=_miscounted),
    Fault(
        "turn-lost",
        "A second run on a thread loses the oldest thing there.",
        ("turns",),
        around=_before_second(_lose_oldest),
    ),
    Fault(
        "turn-rewritten",
        "A second run on a thread writes what was there in upper case.",
        ("turns",),
        around=_before_second(_rewrite_oldest),
    ),
    Fault("threads-crossed", "Lists show what lies below other threads, too.", ("threads_apart",), around=_crossed),
    Fault("kept-after-delete", "What lay below a deleted thread is shown still.", ("after_delete",), around=_kept),
    Fault("mixed-inputs", "Runs without a thread are told what the one before was.", ("alone",), around=_mixed_inputs),
    Fault("thread-left", "The thread of a run without one stays.", ("alone",), around=with_run_rule(temporary=False)),
    Fault(
        "run-given-away", "Runs are shown with the key of another thread.", ("background",), around=_runs(_give_away)
    ),
    Fault("run-never-over", "Runs are shown as they began.", ("background",), around=_runs(_never_over)),
    Fault(
        "joined-late",
        "Readers of a run that is there miss the third event of each name.",
        ("readers",),
        around=of_streams(third_lost, "join"),
    ),
    Fault(
        "text-backwards",
        "Texts as far as they have come are sent out of turn.",
        ("accumulated",),
        around=of_streams(_out_of_turn, "run"),
    ),
)
