"""Count: how many things of a shelf pass the filters."""

from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.lists import passing
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.parents import enter
from threadmock.mockserver.rules.scope import Transaction


def run(tx: Transaction) -> Done | Refused:
    """The number, as the rule's reply has it, or bare."""
    if missing := enter(tx):
        return missing
    total = len(passing(tx))
    tx.tally = {"total": total}
    return (
        done(tx, f"{total} of {tx.world.store.count(tx.shelf)}")
        if tx.plan.reply_maker
        else Done(tx.plan.success, total, f"{total} counted")
    )
