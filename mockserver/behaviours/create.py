"""Create: make a thing by its rule and store it, unless its key is taken."""

from typing import Any

from threadmock.mockserver.faults import Moment
from threadmock.mockserver.generation import generate
from threadmock.mockserver.keys import canonical_key, unknown_parent
from threadmock.mockserver.rendering import Refused
from threadmock.mockserver.storage import Thing
from threadmock.mockserver.transaction import ABSENT, Done, Transaction, shelf_of


def run(tx: Transaction) -> Done | Refused:
    """The new thing; or, where the key is taken, what the rule's policy says."""
    rule, plan = tx.operation.rule, tx.plan
    key = rule.key
    if key is None or plan.make_key is None:
        raise ValueError("a create without a key can't be served")
    if missing := unknown_parent(tx):
        return missing
    chosen = plan.read_key(tx) if plan.read_key else ABSENT
    shelf = shelf_of(tx)
    if chosen is ABSENT or chosen is None:
        identifier = plan.make_key(tx)
        while tx.world.store.read(shelf, identifier) is not None:
            identifier = plan.make_key(tx)
    else:
        identifier = canonical_key(tx, chosen)
    thing = build(tx, identifier)
    if tx.world.faults:
        moment = Moment(tx.contract.name, tx.operation, tx.request, tx.world, dict(tx.body))
        thing = tx.world.faults.apply("thing", thing, moment)
    there = tx.world.store.insert(shelf, identifier, thing)
    if there is None:
        return Done(plan.success, thing, "created")
    if tx.world.faults.skips("conflict"):
        return Done(plan.success, thing, "created again")
    return _taken(tx, identifier, there)


def _taken(tx: Transaction, identifier: str, there: Thing) -> Done | Refused:
    taken = tx.operation.rule.taken
    if taken is None:
        return Refused("taken", f"{identifier} already exists", key=identifier)
    asked = tx.body.get(taken.by.steps[0]) if taken.by else None
    policy = taken.policy(asked)
    if policy.reply == "existing":
        return Done(policy.status, there, f"taken, {policy.name}")
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
    if rule.key:
        made[rule.key.member] = identifier
    body = tx.body
    for name, fits, default in plan.echoed:
        value = body.get(name, default)
        if value is not ABSENT and fits(value):
            made[name] = value
    for name in plan.wanted:
        if name not in made:
            made[name] = generate(plan.member_schemas[name], tx.world) if name in plan.member_schemas else None
    thing = {name: made[name] for name in plan.order if name in made}
    if len(thing) != len(made):
        thing.update(made)
    return thing
