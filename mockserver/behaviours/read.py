"""Read: the thing as it is stored."""

from threadmock.mockserver.keys import asked_key, not_found, unknown_parent
from threadmock.mockserver.rendering import Refused
from threadmock.mockserver.transaction import Done, Transaction, shelf_of


def run(tx: Transaction) -> Done | Refused:
    """The thing, or the refusal of an unknown key."""
    if missing := unknown_parent(tx):
        return missing
    key = asked_key(tx)
    thing = tx.world.store.read(shelf_of(tx), key)
    return not_found(tx, key) if thing is None else Done(tx.plan.success, thing, "read")
