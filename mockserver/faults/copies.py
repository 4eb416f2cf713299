"""Planted deviations of what concerns many things: prunes that delete too little or too much, incomplete copies."""

from collections.abc import Callable
from dataclasses import replace

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.fault_points import Action, Fault, Memory, Wrapper
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.state.store import Thing, below
from threadmock.specs.schemas.formats import canonical


def _asked(call: Call) -> list[str]:
    keys = call.plan.prune_keys(call.scope) if call.plan.prune_keys else ()
    return [canonical(key) for key in keys] if isinstance(keys, list) else []


def _pruning(change: Callable[[Action, Call], Done | Refused], *, keeping: bool) -> Wrapper:
    """Prunes that do otherwise. keeping: those that keep something, else the others."""

    def wrapper(action: Action, call: Call, _: Memory) -> Done | Refused:
        keeps = call.plan.prune_strategy is not None and call.plan.prune_strategy(call.scope) == "keep_latest"
        mine = call.rule.action == "prune" and keeps == keeping
        return change(action, call) if mine else action(call)

    return wrapper


def _counted(call: Call, outcome: Done | Refused, count: int) -> Done | Refused:
    """The answer with another count."""
    call.scope.tally = {"done": count}
    make = call.plan.reply_maker
    return replace(outcome, shown=make(call.scope)) if isinstance(outcome, Done) and make else outcome


def _there(call: Call, key: str) -> bool:
    store = call.scope.store
    return store.read(store.find(call.scope.contract.name, call.rule.resource, key), key) is not None


def _first_only(action: Action, call: Call) -> Done | Refused:
    keys = _asked(call)
    count = sum(_there(call, key) for key in keys)
    return _counted(call, action(call.with_plan(prune_keys=lambda _: keys[:1])), count)


def _all(action: Action, call: Call) -> Done | Refused:
    outcome, shelf = action(call), (call.scope.contract.name, call.rule.resource)
    for key, _thing in call.scope.store.items(shelf) if _asked(call) else ():
        call.scope.store.delete(shelf, key)
    return outcome


def _count_asked(action: Action, call: Call) -> Done | Refused:
    return _counted(call, action(call), len(_asked(call)))


def _keep_all(action: Action, call: Call) -> Done | Refused:
    count = len(_asked(call))
    return _counted(call, action(call.with_plan(prune_keys=lambda _: [])), count)


def _keep_none(action: Action, call: Call) -> Done | Refused:
    return action(call.with_plan(prune_strategy=None))


def _copying(change: Callable[[Action, Call], Done | Refused]) -> Wrapper:
    """Copies that do otherwise."""

    def wrapper(action: Action, call: Call, _: Memory) -> Done | Refused:
        return change(action, call) if call.rule.action == "copy" else action(call)

    return wrapper


def _shell(action: Action, call: Call) -> Done | Refused:
    return action(call.with_plan(copies=()))


def _bare(action: Action, call: Call) -> Done | Refused:
    outcome = action(call)
    if isinstance(outcome, Done):
        call.scope.store.update(call.shelf_of(call.scope.key), call.scope.key, _emptied)
    return outcome


def _emptied(thing: Thing) -> Thing:
    return {name: {} if isinstance(value, dict) else value for name, value in thing.items()}


def _same_key(action: Action, call: Call) -> Done | Refused:
    outcome, key = action(call), call.rule.key
    if isinstance(outcome, Done) and isinstance(outcome.shown, dict) and key:
        outcome.shown = {**outcome.shown, key.member: call.asked_key()}
    return outcome


def _moved(action: Action, call: Call) -> Done | Refused:
    outcome = action(call)
    for resource, _members in call.plan.copies if isinstance(outcome, Done) else ():
        shelf = below(call.shelf_of(call.asked_key()), call.asked_key(), resource)
        for key, _thing in call.scope.store.items(shelf):
            call.scope.store.delete(shelf, key)
    return outcome


def _linked(action: Action, call: Call, memory: Memory) -> Done | Refused:
    """What changes in an original changes in its last copy, too."""
    outcome = action(call)
    copies: dict[str, str] = memory.setdefault("copies", {})
    if isinstance(outcome, Refused) or call.rule.action not in ("copy", "update"):
        return outcome
    source, store = call.asked_key(), call.scope.store
    if call.rule.action == "copy":
        copies[source] = call.scope.key
    elif (other := copies.get(source)) and (changed := store.read(call.shelf_of(source), source)):
        sent = {name: changed[name] for name in call.scope.body if name in changed}
        store.update(call.shelf_of(other), other, lambda thing: {**thing, **sent})
    return outcome


FAULTS: tuple[Fault, ...] = (
    Fault(
        "prune-first-only",
        "A prune deletes the first thing only.",
        ("prune",),
        around=_pruning(_first_only, keeping=False),
    ),
    Fault("prune-all", "A prune deletes everything.", ("prune",), around=_pruning(_all, keeping=False)),
    Fault(
        "prune-miscounts",
        "A prune counts what was named, not what was there.",
        ("prune",),
        around=_pruning(_count_asked, keeping=False),
    ),
    Fault("keep-all", "Keeping the latest keeps all.", ("keep_latest",), around=_pruning(_keep_all, keeping=True)),
    Fault("keep-none", "Keeping the latest keeps none.", ("keep_latest",), around=_pruning(_keep_none, keeping=True)),
    Fault("copy-shell", "A copy has nothing in it.", ("copy",), around=_copying(_shell)),
    Fault("copy-bare", "A copy's objects are empty.", ("copy",), around=_copying(_bare)),
    Fault("copy-same-key", "A copy is given the original's key.", ("copy",), around=_copying(_same_key)),
    Fault("copy-moves", "What was in the original is moved into the copy.", ("copy",), around=_copying(_moved)),
    Fault("copy-linked", "What changes in the original changes in the copy.", ("copy",), around=_linked),
)
