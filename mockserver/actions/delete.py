"""Delete: the thing and all that lies below it is gone; of a run under way, what it made is, too."""

from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.generation import generate
from threadmock.mockserver.rules.keys import asked_key, home_of, not_found
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.parents import enter, touch
from threadmock.mockserver.rules.scope import Transaction


def run(tx: Transaction) -> Done | Refused:
    """The reply's body as its rule or schema has it, or the refusal of an unknown key."""
    if missing := enter(tx):
        return missing
    key, plan = asked_key(tx), tx.plan
    home = home_of(tx, key)
    tx.key, tx.thing = key, tx.world.store.read(home, key)
    answer = done(tx, "deleted") if tx.thing is not None and plan.reply_maker else None
    live = tx.world.runs.under_way(home, key)
    if live:
        tx.world.runs.stop(live, removing=True)
    elif tx.world.store.delete(home, key) is None:
        return not_found(tx, key)
    tx.world.runs.let_go((home, key))
    if plan.touch:
        touch(tx)
    if answer is not None:
        return answer
    if plan.schema is None:
        return Done(plan.success, None, "deleted")
    if tx.thing is not None and plan.wanted and all(name in tx.thing for name in plan.wanted):
        return done(tx, "deleted")
    return Done(plan.success, generate(plan.schema, tx.world), "deleted")
