"""Fixed: an answer made from the rule or from the reply's schema; nothing is stored."""

from typing import Any

from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.generation import generate
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.parents import enter
from threadmock.mockserver.rules.scope import Transaction


def run(tx: Transaction) -> Done | Refused:
    """What the rule says; else the reply's first example, else a generated body with the request's members that fit."""
    plan = tx.plan
    if missing := enter(tx):
        return missing
    if plan.reply_maker:
        return done(tx, "by rule")
    media = next(iter(plan.reply.content.values()), None) if plan.reply else None
    if media and media.examples:
        return Done(plan.success, next(iter(media.examples.values())), "example")
    if plan.schema is None:
        return Done(plan.success, None, "no body is documented")
    made: Any = generate(plan.schema, tx.world)
    if isinstance(made, dict):
        made |= {name: tx.body[name] for name, fits, _ in plan.echoed if name in tx.body and fits(tx.body[name])}
    return Done(plan.success, made, "stateless, from the schema")
