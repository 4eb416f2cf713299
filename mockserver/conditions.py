"""Refusals that hang on the request and on what is stored."""

from collections.abc import Mapping
from typing import Any

from threadmock.mockserver.keys import asked_key, home_of
from threadmock.mockserver.parents import enter
from threadmock.mockserver.rendering import Refused
from threadmock.mockserver.settings import fetch
from threadmock.mockserver.transaction import ABSENT, Transaction, dig
from threadmock.specs.behaviour import Source


def unmet(tx: Transaction) -> Refused | None:
    """The first refusal whose conditions all hold; None where there is none, or where nothing is stored to be asked."""
    if enter(tx):
        return None
    key = asked_key(tx)
    thing = tx.world.store.read(home_of(tx, key), key) if key else None
    for condition in tx.plan.conditions:
        if all(_holds(tx, thing, place, steps, value) for place, steps, value in condition.when):
            reason = condition.reason or "The request can't be met as things are"
            return Refused("refused", reason, status=condition.status, key=key)
    return None


def _holds(tx: Transaction, thing: Any, place: str, steps: tuple[str, ...], value: Any) -> bool:
    if place == "stored":
        found = dig(thing, steps) if thing is not None else ABSENT
        if thing is None:
            return False
    elif place == "parent":
        found = dig(tx.parent, steps) if tx.parent is not None else ABSENT
    else:
        found = fetch(Source(place, steps))(tx)  # type: ignore[arg-type]  # the vocabulary has checked the place
    if isinstance(value, Mapping) and "present" in value:
        return (found is not ABSENT and found is not None) is bool(value["present"])
    return bool(found == value) and (type(found) is type(value) or not isinstance(value, bool))
