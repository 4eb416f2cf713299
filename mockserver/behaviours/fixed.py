"""Fixed: an answer made from the reply's schema alone; nothing is stored."""

from typing import Any

from threadmock.mockserver.generation import generate
from threadmock.mockserver.transaction import Done, Transaction


def run(tx: Transaction) -> Done:
    """The reply's first example, else a generated body with the request's members where they fit."""
    plan = tx.plan
    media = next(iter(plan.reply.content.values()), None) if plan.reply else None
    if media and media.examples:
        return Done(plan.success, next(iter(media.examples.values())), "example")
    if plan.schema is None:
        return Done(plan.success, None, "no body is documented")
    made: Any = generate(plan.schema, tx.world)
    if isinstance(made, dict):
        made |= {name: tx.body[name] for name, fits, _ in plan.echoed if name in tx.body and fits(tx.body[name])}
    return Done(plan.success, made, "stateless, from the schema")
