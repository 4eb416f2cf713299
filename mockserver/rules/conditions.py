"""Refusals that hang on the request and on what is stored: before anything is made, or when the thing is there."""

from dataclasses import replace
from typing import Any

from threadmock.mockserver.rules.keys import asked_key, home_of
from threadmock.mockserver.rules.lists import passing
from threadmock.mockserver.rules.outcome import Refused
from threadmock.mockserver.rules.parents import enter
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.rules.values import fetch
from threadmock.mockserver.state.store import Thing
from threadmock.specs.behaviour.conditions import agrees, asks_of_store
from threadmock.specs.behaviour.read_settings import steps_of
from threadmock.specs.behaviour.rule import Condition
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.members import ABSENT, dig, spread

_YES = ("true", "yes", "1")
"""How clients spell a true in a query where the document lets a text stand for it."""


def unmet(tx: Transaction) -> Refused | None:
    """The first refusal whose conditions all hold; None where there is none, or where nothing is stored to be asked."""
    if enter(tx):
        return None
    key = asked_key(tx)
    thing = tx.world.store.read(home_of(tx, key), key) if key else None
    return _first(tx, thing, key, kept=False)


def unmet_afterwards(tx: Transaction) -> Refused | None:
    """As `unmet`, of the refusals that leave what was made: asked when the thing is there."""
    return _first(tx, tx.thing, tx.key, kept=True)


def _first(tx: Transaction, thing: Thing | None, key: str, *, kept: bool) -> Refused | None:
    for condition in tx.plan.conditions:
        if condition.kept == kept and _met(tx, condition, thing):
            reason = condition.reason or "The request can't be met as things are"
            refused = Refused("refused", reason, status=condition.status, key=key)
            return replace(refused, body=condition.body, media_type=condition.media_type)
    return None


def _met(tx: Transaction, condition: Condition, thing: Thing | None) -> bool:
    for _, steps, value in (part for part in condition.when if part[0] == "listed"):
        if not _is_listed(tx, condition, steps, value):
            return False
    if condition.some is None:
        return all(holds(tx, thing, place, steps, value) for place, steps, value in condition.when)
    items = [replace(tx, item=item) for item in spread(_whole(tx, condition.some), condition.some.steps)]
    return any(all(holds(own, thing, place, steps, value) for place, steps, value in condition.when) for own in items)


def _is_listed(tx: Transaction, condition: Condition, steps: tuple[str, ...], wanted: Any) -> bool:
    """Whether such a thing is met, on the way to the filters that the condition names: those before leave some out."""
    named = {Source(place, at) for place, at, _ in condition.when if place in ("body", "query")}  # type: ignore[arg-type]
    found = (dig(thing, steps) for thing in passing(tx, named))
    return any(agrees(value, wanted, there=value is not ABSENT) for value in found)


def _whole(tx: Transaction, source: Source) -> Any:
    return tx.body if source.place == "body" else tx.parameters


def holds(tx: Transaction, thing: Thing | None, place: str, steps: tuple[str, ...], wanted: Any) -> bool:
    """Whether one condition holds. thing: what `stored` means."""
    if place == "listed":
        return True
    if place == "stored" and thing is None:
        return False
    if place in ("stored", "parent"):
        subject = thing if place == "stored" else tx.parent
        found = dig(subject, steps) if subject is not None else ABSENT
    else:
        found = fetch(Source(place, steps))(tx)  # type: ignore[arg-type]  # the vocabulary has checked the place
    if known := asks_of_store(wanted):
        return found is not ABSENT and not _is_stored(tx, known, found)
    if wanted is True and isinstance(found, str):
        return found.lower() in _YES
    return agrees(None if found is ABSENT else found, wanted, there=found is not ABSENT)


def _is_stored(tx: Transaction, known: str, value: Any) -> bool:
    resource, _, member = known.partition(".")
    things = tx.world.store.everywhere(tx.contract.name, resource)
    return any(dig(each, steps_of(member)) == value for each in things)
