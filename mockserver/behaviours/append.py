"""Append: a thing that follows the newest one of its shelf, or the one that the request names."""

from threadmock.mockserver.behaviours.create import new_key, store_new
from threadmock.mockserver.keys import asked_key
from threadmock.mockserver.parents import enter
from threadmock.mockserver.rendering import Refused
from threadmock.mockserver.transaction import Done, Transaction


def run(tx: Transaction) -> Done | Refused:
    """The new thing, made over the one that it follows."""
    if missing := enter(tx):
        return missing
    store, followed = tx.world.store, asked_key(tx)
    tx.latest = store.read(tx.shelf, followed) if followed else next(iter(store.newest(tx.shelf, 0, 1)), None)
    return store_new(tx, new_key(tx))
