"""Append: a thing that follows the newest one of its shelf, or the one that the request names."""

from dataclasses import replace

from threadmock.mockserver.actions.create import new_key, store_new
from threadmock.mockserver.agents.compiled_agent import cast_of
from threadmock.mockserver.rules.keys import asked_key
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.parents import enter
from threadmock.mockserver.rules.scope import Transaction


def run(tx: Transaction) -> Done | Refused:
    """The new thing, made over the one that it follows."""
    if missing := enter(tx):
        return missing
    store, followed = tx.world.store, asked_key(tx)
    tx.latest = store.read(tx.shelf, followed) if followed else next(iter(store.newest(tx.shelf, 0, 1)), None)
    made = store_new(tx, new_key(tx))
    if tx.contract.profile.agent and isinstance(made, Done):
        _tell_followers(tx)
    return made


def _tell_followers(tx: Transaction) -> None:
    """Let who follows the thread know, where what was made is of the kind that runs make there."""
    cast = cast_of(tx.contract)
    if tx.operation.rule.resource == cast.agent.piece and tx.parent is not None:
        home = tx.world.store.find(tx.contract.name, cast.agent.thread, tx.parent_key)
        tx.world.runs.note_change((home, tx.parent_key), cast, replace(tx, latest=tx.thing))
