"""What an answer shows of a thing: what the rule's reply says, else the members that the reply's schema declares."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from threadmock.mockserver.rules.generation import generate
from threadmock.mockserver.rules.outcome import Done
from threadmock.mockserver.rules.scope import Transaction
from threadmock.specs.behaviour.read_settings import steps_of
from threadmock.specs.members import ABSENT

if TYPE_CHECKING:
    from threadmock.mockserver.actions.plan import Plan


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
        made = declared(plan.declared, tx.thing)
        return chosen(plan, made, plan.select(tx)) if plan.select else made
    made = pruned(tx, plan.reply_maker(tx))
    if made is ABSENT:
        return None
    if isinstance(made, dict) and plan.wanted:
        for name in plan.wanted:
            if name not in made and name in plan.member_schemas:
                made[name] = generate(plan.member_schemas[name], tx.world)
    return made


def chosen(plan: "Plan", made: Any, asked: Any) -> Any:
    """The members that were asked for, `a.b` for a part of one, and those that the reply must have."""
    if not isinstance(asked, list) or not asked or not isinstance(made, Mapping):
        return made
    paths = [steps_of(each) for each in asked if isinstance(each, str)]
    whole = {steps[0] for steps in paths if len(steps) == 1}
    kept = {}
    for name, value in made.items():
        parts = {steps[1] for steps in paths if steps[:1] == (name,) and len(steps) > 1}
        if parts and name not in whole and isinstance(value, Mapping):
            kept[name] = {inner: value[inner] for inner in value if inner in parts}
        elif name in whole or name in plan.wanted:
            kept[name] = value
    return kept


def pruned(tx: Transaction, made: Any) -> Any:
    """What a rule made, its members without what their own schemas do not declare."""
    inner = tx.plan.inner
    if not inner or not isinstance(made, dict):
        return made
    return {name: declared(inner[name], value) if name in inner else value for name, value in made.items()}


def declared(names: frozenset[str], thing: Any) -> Any:
    """The thing without the members that the reply's schema does not declare; as it is where it declares none."""
    if not names or not isinstance(thing, Mapping) or names.issuperset(thing):
        return thing
    return {name: value for name, value in thing.items() if name in names}
