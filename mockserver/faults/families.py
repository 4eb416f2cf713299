"""Planted deviations of whole families: reads, lists, updates and deletes that do other than their rules say.

Each stands around a behaviour: it changes what the behaviour goes by, or what it did.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from threadmock.mockserver.actions.reply import declared, done
from threadmock.mockserver.fault_points import Behave, Fault, Memory, Run
from threadmock.mockserver.rules.generation import generate
from threadmock.mockserver.rules.keys import asked_key, home_of
from threadmock.mockserver.rules.lists import UNLIMITED, Lister, whole_number
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.state.store import Shelf, Thing
from threadmock.specs.members import ABSENT, dig


def _listing(change: Callable[[Transaction, Lister], Lister]) -> Behave:
    """Lists, and counts, that go by another lister."""

    def behave(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
        if tx.operation.rule.traits.lists:
            tx.plan = replace(tx.plan, lister=change(tx, tx.plan.lister))
        return run(tx)

    return behave


def _no_limit(_: Transaction, lister: Lister) -> Lister:
    return replace(lister, limit=lambda _: ABSENT, default_limit=UNLIMITED)


def _no_default(_: Transaction, lister: Lister) -> Lister:
    return replace(lister, default_limit=UNLIMITED)


def _late(tx: Transaction, lister: Lister) -> Lister:
    offset = whole_number(tx, lister.offset, 0)
    after = lister.after(tx) if lister.after else ABSENT
    later = offset > 0 or after not in (ABSENT, None)
    return replace(lister, offset=lambda _: offset + later)


def _twice(tx: Transaction, lister: Lister) -> Lister:
    offset = whole_number(tx, lister.offset, 0)
    return replace(lister, offset=lambda _: 2 * offset)


def _backwards(_: Transaction, lister: Lister) -> Lister:
    return replace(lister, oldest=not lister.oldest, direction=None)


def _unfiltered(_: Transaction, lister: Lister) -> Lister:
    return replace(lister, filters=())


def _items(tx: Transaction, outcome: Done | Refused) -> list[Any]:
    """The items of a list's answer, to be changed in place."""
    name = tx.plan.lister.items
    if tx.operation.rule.action != "list" or isinstance(outcome, Refused):
        return []
    found = outcome.shown if name is None else outcome.shown.get(name)
    return found if isinstance(found, list) else []


def _stale(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
    outcome = run(tx)
    newest = next(iter(tx.world.store.newest(tx.shelf, 0, 1)), None) if tx.shelf else None
    key = dig(newest, tx.plan.key_steps) if newest is not None else ABSENT
    items = _items(tx, outcome)
    items[:] = [item for item in items if dig(item, tx.plan.key_steps) != key]
    return outcome


def _short_total(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
    outcome = run(tx)
    total = tx.plan.lister.total
    if isinstance(outcome, Done) and tx.operation.rule.action == "list" and total and isinstance(outcome.shown, dict):
        outcome.shown[total] = len(_items(tx, outcome))
    return outcome


def _found(tx: Transaction) -> tuple[Shelf, str, Thing | None]:
    """The thing that a finished transaction was about, and where it lies."""
    key = asked_key(tx)
    home = home_of(tx, key)
    return home, key, tx.world.store.read(home, key)


def _read_newest(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
    outcome = run(tx)
    if tx.operation.rule.action != "read" or isinstance(outcome, Refused):
        return outcome
    home, _key, _thing = _found(tx)
    tx.thing = next(iter(tx.world.store.newest(home, 0, 1)), tx.thing)
    return done(tx, "read, the newest")


def _lost(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
    if not tx.operation.rule.traits.changes:
        return run(tx)
    before = _stored(tx)
    outcome = run(tx)
    if before is not None and isinstance(outcome, Done):
        home, key, _thing = _found(tx)
        tx.world.store.update(home, key, lambda _: before)
    return outcome


def _stored(tx: Transaction) -> Thing | None:
    """The thing that a transaction will be about, wherever it lies."""
    key, store = asked_key(tx), tx.world.store
    return store.read(store.find(tx.contract.name, tx.operation.rule.resource, key), key)


def _ghosts(run: Run, tx: Transaction, memory: Memory) -> tuple[Done | Refused, dict[tuple[Shelf, str], Thing]]:
    """The outcome, and all that was deleted so far: where it lay, its key and the thing."""
    deleted: dict[tuple[Shelf, str], Thing] = memory.setdefault("deleted", {})
    before = _stored(tx) if tx.operation.rule.action == "delete" else None
    outcome = run(tx)
    if before is not None and isinstance(outcome, Done):
        key = asked_key(tx)
        deleted[home_of(tx, key) if tx.plan.parent else (tx.contract.name, tx.operation.rule.resource), key] = before
    return outcome, deleted


def _list_deleted(run: Run, tx: Transaction, memory: Memory) -> Done | Refused:
    outcome, deleted = _ghosts(run, tx, memory)
    items = _items(tx, outcome)
    if isinstance(outcome, Done) and tx.operation.rule.action == "list":
        items.extend(declared(tx.plan.declared, thing) for (home, _), thing in deleted.items() if home == tx.shelf)
    return outcome


def _read_deleted(run: Run, tx: Transaction, memory: Memory) -> Done | Refused:
    outcome, deleted = _ghosts(run, tx, memory)
    if tx.operation.rule.action == "read" and isinstance(outcome, Refused):
        tx.key = asked_key(tx)
        for (home, key), thing in deleted.items():
            if home[1] == tx.operation.rule.resource and key == tx.key:
                tx.thing = thing
                return done(tx, "read, though it was deleted")
    return outcome


def _resurrect(run: Run, tx: Transaction, memory: Memory) -> Done | Refused:
    outcome, deleted = _ghosts(run, tx, memory)
    if tx.operation.rule.action == "create" and isinstance(outcome, Done):
        for home, key in [place for place in deleted if place[0][1] == tx.operation.rule.resource]:
            tx.world.store.insert(home, key, deleted.pop((home, key)))
    return outcome


def _delete_anything(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
    outcome = run(tx)
    if tx.operation.rule.action == "delete" and isinstance(outcome, Refused) and outcome.kind == "unknown":
        shown = generate(tx.plan.schema, tx.world) if tx.plan.schema else None
        return Done(tx.plan.success, shown, "deleted, though it was not there")
    return outcome


def _any_id(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
    outcome = run(tx)
    if tx.operation.rule.action == "read" and isinstance(outcome, Refused) and outcome.kind == "unknown":
        there = tx.world.store.everywhere(tx.contract.name, tx.operation.rule.resource)
        if there:
            tx.thing = there[-1]
            return done(tx, "read, another")
    return outcome


def _any_parent(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
    if tx.operation.rule.action in ("read", "delete") or tx.operation.rule.traits.changes:
        tx.plan = replace(tx.plan, parent=None)
    return run(tx)


_OTHER: Mapping[str, Any] = {"shallow": "replace", "deep": "shallow", "replace": "shallow"}


def _other_merge(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
    rule = tx.operation.rule
    if rule.traits.changes:
        merge = {name: _OTHER[how] for name, how in rule.merge.items()}
        tx.operation = replace(tx.operation, rule=replace(rule, merge=merge))
    return run(tx)


def _afterwards(change: Callable[[Transaction, Thing], Thing]) -> Behave:
    """Updates after which a thing is changed once more."""

    def behave(run: Run, tx: Transaction, _: Memory) -> Done | Refused:
        outcome = run(tx)
        if tx.operation.rule.traits.changes and isinstance(outcome, Done):
            home, key, _thing = _found(tx)
            tx.world.store.update(home, key, lambda thing: change(tx, thing))
        return outcome

    return behave


def _trusting(tx: Transaction, thing: Thing) -> Thing:
    asked = {name for name, _, _ in tx.plan.echoed}
    sent = {name: value for name, value in tx.body.items() if name in tx.plan.declared and name not in asked}
    key = tx.operation.rule.key
    return {**thing, **{name: value for name, value in sent.items() if not (key and name == key.member)}}


def _wiped(tx: Transaction, thing: Thing) -> Thing:
    if tx.body:
        return thing
    made = dict(thing)
    for name, _, _ in tx.plan.echoed:
        if isinstance(made.get(name), dict):
            made[name] = {}
        elif name in made and name not in tx.plan.wanted:
            del made[name]
    return made


FAULTS: tuple[Fault, ...] = (
    Fault("read-newest", "A read shows the newest thing.", ("read_your_writes",), behave=_read_newest),
    Fault("lost-update", "Updates are answered and not kept.", ("update_visible", "state_machine"), behave=_lost),
    Fault("stale-list", "The newest thing is not in lists yet.", ("list_contains",), behave=_stale),
    Fault("list-deleted", "Lists hold what was deleted.", ("gone_after_delete", "state_machine"), behave=_list_deleted),
    Fault("read-deleted", "Reads find what was deleted.", ("gone_after_delete", "state_machine"), behave=_read_deleted),
    Fault("resurrect", "What was deleted is back after the next create.", ("life_cycle",), behave=_resurrect),
    Fault("delete-anything", "What is not there is deleted all the same.", ("delete_twice",), behave=_delete_anything),
    Fault("any-id", "An unknown id means the newest thing.", ("unknown_id",), behave=_any_id),
    Fault("any-text", "An id need not be one.", ("malformed_id",), frozenset({"ids"}), behave=_any_id),
    Fault("foreign-parent", "A thing is found below any parent.", ("foreign_child",), behave=_any_parent),
    Fault("ignore-limit", "The limit of a list is not looked at.", ("paging",), behave=_listing(_no_limit)),
    Fault("off-by-one-page", "Later pages begin one thing too late.", ("paging",), behave=_listing(_late)),
    Fault("offset-twice", "The offset is applied twice.", ("paging",), behave=_listing(_twice)),
    Fault("no-default-limit", "Without a limit lists hold all.", ("default_limit",), behave=_listing(_no_default)),
    Fault("wrong-order", "Lists come the other way round.", ("order",), behave=_listing(_backwards)),
    Fault("wrong-total", "The total counts the page only.", ("totals",), behave=_short_total),
    Fault("ignore-filters", "Filters are not looked at.", ("filters",), behave=_listing(_unfiltered)),
    Fault("partial-merge", "Objects merge as the rule does not say.", ("merge",), behave=_other_merge),
    Fault("change-anything", "Updates set what only the server sets.", ("immutable",), behave=_afterwards(_trusting)),
    Fault("empty-update-wipes", "An empty update empties the thing.", ("empty_update",), behave=_afterwards(_wiped)),
)
