"""Read: the thing as it is stored."""

from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.keys import asked_key, home_of, not_found
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.parents import enter
from threadmock.mockserver.rules.scope import Transaction


def run(tx: Transaction) -> Done | Refused:
    """The thing, what stands for one that is not there, or the refusal of an unknown key."""
    if missing := enter(tx):
        return missing
    key = asked_key(tx)
    if tx.plan.picks_newest and not key:
        tx.thing = next(iter(tx.world.store.newest(tx.shelf, 0, 1)), None)
    else:
        tx.thing = tx.world.store.read(home_of(tx, key), key)
    tx.key = key
    if tx.thing is None:
        if tx.operation.rule.missing != "empty":
            return not_found(tx, key)
        tx.thing = tx.plan.empty.make(tx)
        return done(tx, "nothing is there")
    return done(tx, "read")
