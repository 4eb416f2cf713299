"""List: the things of a shelf, ordered and cut as the rule says."""

from typing import Any

from threadmock.mockserver.keys import unknown_parent
from threadmock.mockserver.rendering import Refused
from threadmock.mockserver.transaction import Done, Transaction, shelf_of
from threadmock.specs.behaviour import Listing, Source


def run(tx: Transaction) -> Done | Refused:
    """The array, or the object that holds it."""
    if missing := unknown_parent(tx):
        return missing
    rule = tx.operation.rule.listing or Listing()
    things = tx.world.store.list(shelf_of(tx))
    if rule.order == "newest":
        things.reverse()
    offset = _whole(tx, rule.offset, "offset", 0)
    limit = _whole(tx, rule.limit, "limit", len(things) if rule.default_limit is None else rule.default_limit)
    page = things[offset : offset + limit]
    if rule.items is None:
        return Done(tx.plan.success, page, f"{len(page)} of {len(things)}")
    shown: dict[str, Any] = {rule.items: page}
    if rule.total:
        shown[rule.total] = len(things)
    return Done(tx.plan.success, shown, f"{len(page)} of {len(things)}")


def _whole(tx: Transaction, source: Source | None, name: str, otherwise: int) -> int:
    value = tx.parameters.get(source.steps[0] if source else name, otherwise)
    return value if isinstance(value, int) and value >= 0 else otherwise
