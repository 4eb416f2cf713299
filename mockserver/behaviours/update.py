"""Update and replace: the members that the request holds and the thing may have."""

from typing import Any

from threadmock.mockserver.keys import asked_key, not_found, unknown_parent
from threadmock.mockserver.rendering import Refused
from threadmock.mockserver.storage import Thing
from threadmock.mockserver.transaction import ABSENT, Done, Transaction, shelf_of


def run(tx: Transaction) -> Done | Refused:
    """The changed thing, or the refusal of an unknown key."""
    if missing := unknown_parent(tx):
        return missing
    key = asked_key(tx)
    thing = tx.world.store.update(shelf_of(tx), key, lambda before: changed(tx, before))
    return not_found(tx, key) if thing is None else Done(tx.plan.success, thing, "updated")


def changed(tx: Transaction, before: Thing) -> dict[str, Any]:
    """The thing after the request: echoed members merged as the rule says, then the members that the rule sets."""
    after = dict(before)
    for name, fits, _ in tx.plan.echoed:
        if name in tx.body and fits(tx.body[name]):
            after[name] = merged(before.get(name), tx.body[name], tx.operation.rule.merge)
    for name, maker in tx.plan.makers:
        value = maker(tx)
        if value is not ABSENT:
            after[name] = value
    return after


def merged(before: Any, sent: Any, how: str) -> Any:
    """Objects merge at one level (shallow) or all (deep); anything else, and `replace`, takes the place of what was."""
    if how == "replace" or not isinstance(before, dict) or not isinstance(sent, dict):
        return sent
    if how == "shallow":
        return {**before, **sent}
    return before | {name: merged(before.get(name), value, how) for name, value in sent.items()}
