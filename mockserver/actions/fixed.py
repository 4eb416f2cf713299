"""Fixed: an answer made from the rule or from the reply's schema; nothing is stored."""

from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.generation import generate
from threadmock.mockserver.rules.outcome import Done, Refused


def run(call: Call) -> Done | Refused:
    """The rule's reply; else the reply's first example, else a generated body with the request's members that fit."""
    plan, body = call.plan, call.scope.body
    if missing := call.enter():
        return missing
    if plan.reply_maker:
        return done(call, "by rule")
    media = next(iter(plan.reply.content.values()), None) if plan.reply else None
    if media and media.examples:
        return Done(plan.success, next(iter(media.examples.values())), "example")
    if plan.schema is None:
        return Done(plan.success, None, "no body is documented")
    made: Any = generate(plan.schema, call.scope.ids, call.world.clock)
    if isinstance(made, dict):
        made |= {name: body[name] for name, fits, _ in plan.echoed if name in body and fits(body[name])}
    return Done(plan.success, made, "stateless, from the schema")
