"""What an answer shows of a thing: what the rule's reply says, else the members that the reply's schema declares."""

from collections.abc import Mapping
from typing import Any

from threadmock.mockserver.generation import generate
from threadmock.mockserver.transaction import ABSENT, Done, Transaction


def done(tx: Transaction, note: str, *, status: int = 0) -> Done:
    """The answer about the transaction's thing. status: where it is not the documented success."""
    plan = tx.plan
    if plan.minimal and "return=minimal" in tx.request.headers.get("prefer", "").replace(" ", "").lower():
        return Done(plan.minimal, None, f"{note}, shown as little as was asked for")
    return Done(status or plan.success, shown(tx), note)


def shown(tx: Transaction) -> Any:
    """The body."""
    plan = tx.plan
    if plan.reply_maker is None:
        return declared(plan.declared, tx.thing)
    made = plan.reply_maker(tx)
    if made is ABSENT:
        return None
    if isinstance(made, dict) and plan.wanted:
        for name in plan.wanted:
            if name not in made and name in plan.member_schemas:
                made[name] = generate(plan.member_schemas[name], tx.world)
    return made


def declared(names: frozenset[str], thing: Any) -> Any:
    """The thing without the members that the reply's schema does not declare; as it is where it declares none."""
    if not names or not isinstance(thing, Mapping) or names.issuperset(thing):
        return thing
    return {name: value for name, value in thing.items() if name in names}
