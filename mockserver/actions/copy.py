"""Copy: a thing again under a new key, with the things below it that the rule names."""

from dataclasses import replace

from threadmock.mockserver.actions.create import new_key
from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.keys import asked_key, home_of, not_found
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.parents import enter
from threadmock.mockserver.rules.scope import Transaction
from threadmock.specs.members import ABSENT, put


def run(tx: Transaction) -> Done | Refused:
    """The copy, or the refusal of an unknown key."""
    if missing := enter(tx):
        return missing
    plan, store = tx.plan, tx.world.store
    source = asked_key(tx)
    home = home_of(tx, source)
    original = store.read(home, source)
    if original is None:
        return not_found(tx, source)
    tx.shelf, tx.thing = home, original
    tx.key = new_key(tx)
    made = dict(original)
    for name, maker in plan.makers:
        value = maker(tx)
        if value is ABSENT:
            made.pop(name, None)
        else:
            made[name] = value
    if tx.operation.rule.key:
        put(made, (tx.operation.rule.key.member,), tx.key)
    store.insert(home, tx.key, made)
    resource = tx.operation.rule.resource
    for below, members in plan.copies:
        for key, child in store.items((tx.contract.name, below, resource, source)):
            own = replace(tx, thing=child, key=key, parent_key=tx.key)
            copied = members.anew(own, child)
            store.insert((tx.contract.name, below, resource, tx.key), key, copied)
    tx.thing = made
    return done(tx, f"a copy of {source}")
