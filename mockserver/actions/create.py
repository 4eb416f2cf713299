"""Create: make a thing by its rule and store it, unless its key is taken."""

from typing import Any

from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.fault_points import Moment
from threadmock.mockserver.rules.conditions import unmet_afterwards
from threadmock.mockserver.rules.generation import generate
from threadmock.mockserver.rules.keys import canonical_key
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.parents import enter, touch
from threadmock.mockserver.rules.recipes import make_all_beside
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.state.store import Thing
from threadmock.specs.members import ABSENT, put


def run(tx: Transaction) -> Done | Refused:
    """The new thing; or, where the key is taken, what the rule's policy says."""
    plan = tx.plan
    if plan.make_key is None:
        raise ValueError("a create without a key can't be served")
    if missing := enter(tx):
        return missing
    chosen = plan.read_key(tx) if plan.read_key else ABSENT
    return store_new(tx, new_key(tx) if chosen is ABSENT or chosen is None else canonical_key(tx, chosen))


def new_key(tx: Transaction) -> str:
    """A key that nothing on the shelf has."""
    make = tx.plan.make_key
    if make is None:
        raise ValueError("a rule without a key makes nothing")
    identifier: str = make(tx)
    while tx.world.store.read(tx.shelf, identifier) is not None:
        identifier = make(tx)
    return identifier


def store_new(tx: Transaction, identifier: str) -> Done | Refused:
    """Make the thing, store it, and do what the rule asks for beside."""
    tx.key = identifier
    thing = build(tx, identifier)
    if tx.world.faults:
        moment = Moment(tx.contract.name, tx.operation, tx.request, tx.world, dict(tx.body))
        thing = tx.world.faults.apply("thing", thing, moment)
    there = tx.world.store.insert(tx.shelf, identifier, thing)
    if there is not None and not tx.world.faults.skips("conflict"):
        return _taken(tx, identifier, there)
    tx.thing = thing
    plan = tx.plan
    if plan.conditions and (refused := unmet_afterwards(tx)):
        return refused
    if plan.beside:
        make_all_beside(tx, tx.shelf)
    if plan.touch:
        touch(tx)
    if plan.expires:
        tx.world.calendar.enter(tx.shelf, identifier, tx.thing, plan.expires)
    return done(tx, "created" if there is None else "created again")


def _taken(tx: Transaction, identifier: str, there: Thing) -> Done | Refused:
    taken = tx.operation.rule.taken
    if taken is None:
        return Refused("taken", f"{identifier} already exists", key=identifier)
    asked = tx.body.get(taken.by.steps[0]) if taken.by else None
    policy = taken.policy(asked)
    if policy.reply == "existing":
        tx.thing = there
        if policy.also:
            if refused := unmet_afterwards(tx):
                return refused
            make_all_beside(tx, tx.shelf)
        return done(tx, f"taken, {policy.name}", status=policy.status)
    reason = f"{(tx.operation.rule.resource or 'thing').capitalize()} {identifier} already exists"
    return Refused("taken", reason, status=policy.status, key=identifier)


def build(tx: Transaction, identifier: str) -> dict[str, Any]:
    """The thing as it is stored: rules first, then echoes, then what the reply needs beside; in the reply's order."""
    rule, plan = tx.operation.rule, tx.plan
    made: dict[str, Any] = {}
    for name, maker in plan.makers:
        value = maker(tx)
        if value is not ABSENT:
            made[name] = value
    for steps, maker in plan.deep_makers:
        value = maker(tx)
        if value is not ABSENT:
            put(made, steps, value)
    if rule.key:
        made[rule.key.member] = identifier
    body = tx.body
    for name, fits, default in plan.echoed:
        value = body.get(name, default)
        if value is not ABSENT and fits(value):
            made[name] = value
    if not rule.reply:
        for name in plan.wanted:
            if name not in made:
                made[name] = generate(plan.member_schemas[name], tx.world) if name in plan.member_schemas else None
    thing = {name: made[name] for name in plan.order if name in made}
    if len(thing) != len(made):
        thing.update(made)
    return thing
