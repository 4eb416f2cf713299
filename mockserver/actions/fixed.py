"""Fixed: an answer made from the rule or from the reply's schema; nothing is stored."""

from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.generation import Ungeneratable, possible, sample
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.specs.contract import reply_media
from threadmock.specs.members import ABSENT


def run(call: Call) -> Done | Refused:
    """The rule's reply; else the reply's first example, else a plausible body with the request's members that fit."""
    plan, scope = call.plan, call.scope
    if missing := call.enter():
        return missing
    if plan.reply_maker:
        return done(call, "by rule")
    named = {name: scope.parameters.get(name, text) for name, text in scope.path_values.items()}
    told = ((name, scope.body.get(name, default)) for name, _, default in plan.echoed)
    repeated = {name: value for name, value in told if value is not ABSENT}
    given = named | repeated if isinstance(scope.sent, dict | None) else scope.sent
    media = reply_media(plan.operation, plan.success)
    if media and media.examples:
        return Done(plan.success, next(iter(media.examples.values())), "example", given=given)
    if plan.schema is None:
        return Done(plan.success, None, "nothing is stored", given=given)
    return Done(plan.success, _made(call, given), "stateless, from the schema", given=given)


def _made(call: Call, given: Any) -> Any:
    plan, scope, clock = call.plan, call.scope, call.world.clock
    schema = plan.schema
    if schema is None:
        return None
    if call.rule.inferred:
        try:
            return sample(schema, scope.ids, clock, given if isinstance(given, dict) else None)
        except Ungeneratable as error:
            return error.nearest
    made = possible(schema, scope.ids, clock)
    if isinstance(made, dict):
        made |= {
            name: scope.body[name] for name, fits, _ in plan.echoed if name in scope.body and fits(scope.body[name])
        }
    return made
