"""Planted deviations of whole families: reads, lists, updates and deletes that break their rules.

Each wraps an action: it changes the action's plan, or its outcome.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.reply import declared, done
from threadmock.mockserver.fault_points import Action, Fault, Memory, Wrapper
from threadmock.mockserver.rules.generation import generate
from threadmock.mockserver.rules.lists import UNLIMITED, Lister, whole_number
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.state.store import Shelf, Thing
from threadmock.specs.members import ABSENT, dig


def _listing(change: Callable[[Call, Lister], Lister]) -> Wrapper:
    """Lists, and counts, that go by another lister."""

    def wrapper(action: Action, call: Call, _: Memory) -> Done | Refused:
        if call.rule.traits.lists:
            call = call.with_plan(lister=change(call, call.plan.lister))
        return action(call)

    return wrapper


def _no_limit(_: Call, lister: Lister) -> Lister:
    return replace(lister, limit=lambda _: ABSENT, default_limit=UNLIMITED)


def _no_default(_: Call, lister: Lister) -> Lister:
    return replace(lister, default_limit=UNLIMITED)


def _late(call: Call, lister: Lister) -> Lister:
    offset = whole_number(call.scope, lister.offset, 0)
    after = lister.after(call.scope) if lister.after else ABSENT
    later = offset > 0 or after not in (ABSENT, None)
    return replace(lister, offset=lambda _: offset + later)


def _twice(call: Call, lister: Lister) -> Lister:
    offset = whole_number(call.scope, lister.offset, 0)
    return replace(lister, offset=lambda _: 2 * offset)


def _backwards(_: Call, lister: Lister) -> Lister:
    return replace(lister, oldest=not lister.oldest, direction=None)


def _unfiltered(_: Call, lister: Lister) -> Lister:
    return replace(lister, filters=())


def _items(call: Call, outcome: Done | Refused) -> list[Any]:
    """The items of a list's answer, to be changed in place."""
    name = call.plan.lister.items
    if call.rule.action != "list" or isinstance(outcome, Refused):
        return []
    found = outcome.shown if name is None else outcome.shown.get(name)
    return found if isinstance(found, list) else []


def _stale(action: Action, call: Call, _: Memory) -> Done | Refused:
    outcome = action(call)
    newest = next(iter(call.scope.store.newest(call.scope.shelf, 0, 1)), None) if call.scope.shelf else None
    key = dig(newest, call.plan.key_steps) if newest is not None else ABSENT
    items = _items(call, outcome)
    items[:] = [item for item in items if dig(item, call.plan.key_steps) != key]
    return outcome


def _short_total(action: Action, call: Call, _: Memory) -> Done | Refused:
    outcome = action(call)
    total = call.plan.lister.total
    if isinstance(outcome, Done) and call.rule.action == "list" and total and isinstance(outcome.shown, dict):
        outcome.shown[total] = len(_items(call, outcome))
    return outcome


def _found(call: Call) -> tuple[Shelf, str, Thing | None]:
    """The thing that a finished call was about, and where it is."""
    key = call.asked_key()
    shelf = call.shelf_of(key)
    return shelf, key, call.scope.store.read(shelf, key)


def _read_newest(action: Action, call: Call, _: Memory) -> Done | Refused:
    outcome = action(call)
    if call.rule.action != "read" or isinstance(outcome, Refused):
        return outcome
    shelf, _key, _thing = _found(call)
    call.scope.thing = next(iter(call.scope.store.newest(shelf, 0, 1)), call.scope.thing)
    return done(call, "read, the newest")


def _lost(action: Action, call: Call, _: Memory) -> Done | Refused:
    if not call.rule.traits.changes:
        return action(call)
    before = _stored(call)
    outcome = action(call)
    if before is not None and isinstance(outcome, Done):
        shelf, key, _thing = _found(call)
        call.scope.store.update(shelf, key, lambda _: before)
    return outcome


def _stored(call: Call) -> Thing | None:
    """The thing that a call will be about, wherever it is."""
    key, store = call.asked_key(), call.scope.store
    return store.read(store.find(call.scope.contract.name, call.rule.resource, key), key)


def _ghosts(action: Action, call: Call, memory: Memory) -> tuple[Done | Refused, dict[tuple[Shelf, str], Thing]]:
    """The outcome, and all that was deleted so far: its shelf, its key and the thing."""
    deleted: dict[tuple[Shelf, str], Thing] = memory.setdefault("deleted", {})
    before = _stored(call) if call.rule.action == "delete" else None
    outcome = action(call)
    if before is not None and isinstance(outcome, Done):
        key = call.asked_key()
        shelf = call.shelf_of(key) if call.plan.parent else (call.scope.contract.name, call.rule.resource)
        deleted[shelf, key] = before
    return outcome, deleted


def _list_deleted(action: Action, call: Call, memory: Memory) -> Done | Refused:
    outcome, deleted = _ghosts(action, call, memory)
    items = _items(call, outcome)
    if isinstance(outcome, Done) and call.rule.action == "list":
        own = (thing for (shelf, _), thing in deleted.items() if shelf == call.scope.shelf)
        items.extend(declared(call.plan.declared, thing) for thing in own)
    return outcome


def _read_deleted(action: Action, call: Call, memory: Memory) -> Done | Refused:
    outcome, deleted = _ghosts(action, call, memory)
    if call.rule.action == "read" and isinstance(outcome, Refused):
        call.scope.key = call.asked_key()
        for (shelf, key), thing in deleted.items():
            if shelf[1] == call.rule.resource and key == call.scope.key:
                call.scope.thing = thing
                return done(call, "read, though it was deleted")
    return outcome


def _resurrect(action: Action, call: Call, memory: Memory) -> Done | Refused:
    outcome, deleted = _ghosts(action, call, memory)
    if call.rule.action == "create" and isinstance(outcome, Done):
        for shelf, key in [place for place in deleted if place[0][1] == call.rule.resource]:
            call.scope.store.insert(shelf, key, deleted.pop((shelf, key)))
    return outcome


def _delete_anything(action: Action, call: Call, _: Memory) -> Done | Refused:
    outcome = action(call)
    if call.rule.action == "delete" and isinstance(outcome, Refused) and outcome.kind == "unknown":
        shown = generate(call.plan.schema, call.scope.ids, call.world.clock) if call.plan.schema else None
        return Done(call.plan.success, shown, "deleted, though it was not there")
    return outcome


def _any_id(action: Action, call: Call, _: Memory) -> Done | Refused:
    outcome = action(call)
    if call.rule.action == "read" and isinstance(outcome, Refused) and outcome.kind == "unknown":
        there = call.scope.store.everywhere(call.scope.contract.name, call.rule.resource)
        if there:
            call.scope.thing = there[-1]
            return done(call, "read, another")
    return outcome


def _any_parent(action: Action, call: Call, _: Memory) -> Done | Refused:
    if call.rule.action in ("read", "delete") or call.rule.traits.changes:
        call = call.with_plan(parent=None)
    return action(call)


_OTHER: Mapping[str, Any] = {"shallow": "replace", "deep": "shallow", "replace": "shallow"}


def _other_merge(action: Action, call: Call, _: Memory) -> Done | Refused:
    rule = call.rule
    if rule.traits.changes:
        merge = {name: _OTHER[how] for name, how in rule.merge.items()}
        call = call.with_plan(operation=replace(call.plan.operation, rule=replace(rule, merge=merge)))
    return action(call)


def _afterwards(change: Callable[[Call, Thing], Thing]) -> Wrapper:
    """Updates after which a thing is changed once more."""

    def wrapper(action: Action, call: Call, _: Memory) -> Done | Refused:
        outcome = action(call)
        if call.rule.traits.changes and isinstance(outcome, Done):
            shelf, key, _thing = _found(call)
            call.scope.store.update(shelf, key, lambda thing: change(call, thing))
        return outcome

    return wrapper


def _trusting(call: Call, thing: Thing) -> Thing:
    asked = {name for name, _, _ in call.plan.echoed}
    sent = {name: value for name, value in call.scope.body.items() if name in call.plan.declared and name not in asked}
    key = call.rule.key
    return {**thing, **{name: value for name, value in sent.items() if not (key and name == key.member)}}


def _wiped(call: Call, thing: Thing) -> Thing:
    if call.scope.body:
        return thing
    made = dict(thing)
    for name, _, _ in call.plan.echoed:
        if isinstance(made.get(name), dict):
            made[name] = {}
        elif name in made and name not in call.plan.wanted:
            del made[name]
    return made


FAULTS: tuple[Fault, ...] = (
    Fault("read-newest", "A read shows the newest thing.", ("read_your_writes",), around=_read_newest),
    Fault("lost-update", "Updates are answered and not kept.", ("update_visible", "state_machine"), around=_lost),
    Fault("stale-list", "The newest thing is not in lists yet.", ("list_contains",), around=_stale),
    Fault("list-deleted", "Lists hold what was deleted.", ("gone_after_delete", "state_machine"), around=_list_deleted),
    Fault("read-deleted", "Reads find what was deleted.", ("gone_after_delete", "state_machine"), around=_read_deleted),
    Fault("resurrect", "What was deleted is there again after the next create.", ("life_cycle",), around=_resurrect),
    Fault("delete-anything", "What is not there is deleted all the same.", ("delete_twice",), around=_delete_anything),
    Fault("any-id", "An unknown id means the newest thing.", ("unknown_id",), around=_any_id),
    Fault("any-text", "An id need not be one.", ("malformed_id",), frozenset({"ids"}), around=_any_id),
    Fault("foreign-parent", "A thing is found below any parent.", ("foreign_child",), around=_any_parent),
    Fault("ignore-limit", "The limit of a list is ignored.", ("paging",), around=_listing(_no_limit)),
    Fault("off-by-one-page", "Later pages begin one thing too late.", ("paging",), around=_listing(_late)),
    Fault("offset-twice", "The offset is applied twice.", ("paging",), around=_listing(_twice)),
    Fault("no-default-limit", "Without a limit lists hold all.", ("default_limit",), around=_listing(_no_default)),
    Fault("wrong-order", "Lists come the other way round.", ("order",), around=_listing(_backwards)),
    Fault("wrong-total", "The total counts the page only.", ("totals",), around=_short_total),
    Fault("ignore-filters", "Filters are ignored.", ("filters",), around=_listing(_unfiltered)),
    Fault("partial-merge", "Objects merge as the rule does not say.", ("merge",), around=_other_merge),
    Fault("any-state", "If-Match has no say.", ("preconditions",), skips=frozenset({"preconditions"})),
    Fault("change-anything", "Updates set what only the server sets.", ("immutable",), around=_afterwards(_trusting)),
    Fault("empty-update-wipes", "An empty update empties the thing.", ("empty_update",), around=_afterwards(_wiped)),
)
