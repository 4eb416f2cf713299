"""Delete: the thing and all that lies below it is gone."""

from threadmock.mockserver.generation import generate
from threadmock.mockserver.keys import asked_key, not_found, unknown_parent
from threadmock.mockserver.rendering import Refused
from threadmock.mockserver.transaction import Done, Transaction, shelf_of


def run(tx: Transaction) -> Done | Refused:
    """The reply's body as its schema has it, or the refusal of an unknown key."""
    if missing := unknown_parent(tx):
        return missing
    key = asked_key(tx)
    thing = tx.world.store.delete(shelf_of(tx), key)
    if thing is None:
        return not_found(tx, key)
    if tx.plan.schema is None:
        return Done(tx.plan.success, None, "deleted")
    if all(name in thing for name in tx.plan.wanted) and tx.plan.wanted:
        return Done(tx.plan.success, thing, "deleted")
    return Done(tx.plan.success, generate(tx.plan.schema, tx.world), "deleted")
