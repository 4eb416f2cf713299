"""What a reply shows of a thing: as the rule's `reply` has it, else the members that the reply's schema declares."""

from collections.abc import Mapping
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.plan import Plan
from threadmock.mockserver.rules.generation import possible
from threadmock.mockserver.rules.outcome import Done
from threadmock.specs.members import ABSENT, steps_of
from threadmock.specs.wire.strictjson import dump_json


def done(call: Call, note: str, *, status: int = 0) -> Done:
    """The answer about the scope's thing. status: where it is not the documented success."""
    plan = call.plan
    if plan.minimal and "return=minimal" in call.scope.request.headers.get("prefer", "").replace(" ", "").lower():
        return Done(plan.minimal, None, f"{note}, shown as little as was asked for")
    return Done(status or plan.success, shown(call), note, response_headers(call))


def response_headers(call: Call) -> dict[str, str]:
    """The headers that the rule gives a successful answer; those without a value are left out."""
    if not call.plan.headers:
        return {}
    made = ((name, make(call.scope)) for name, make in call.plan.headers)
    return {
        name: value if isinstance(value, str) else dump_json(value).decode()
        for name, value in made
        if value not in (ABSENT, None)
    }


def shown(call: Call) -> Any:
    """The body."""
    plan, scope = call.plan, call.scope
    if plan.reply_maker is None:
        made = declared(plan.declared, scope.thing)
        return chosen(plan, made, plan.select(scope)) if plan.select else made
    made = pruned(plan, plan.reply_maker(scope))
    if made is ABSENT:
        return None
    if plan.holder and isinstance(made, dict):
        return enveloped(call, made)
    if isinstance(made, dict) and plan.wanted:
        for name in plan.wanted & plan.declared:  # what other answers show of the thing is none of this one's
            if name not in made and name in plan.member_schemas:
                made[name] = possible(plan.member_schemas[name], scope.ids, call.world.clock, name)
    return made


def enveloped(call: Call, made: dict[str, Any]) -> dict[str, Any]:
    """An answer around the one thing, with what else it has to tell."""
    plan, order = call.plan, call.plan.envelope
    if plan.holder in made:
        made[plan.holder] = declared(plan.declared, made[plan.holder])
    for name in plan.required_beside - made.keys():
        made[name] = possible(order[name], call.scope.ids, call.world.clock, name)
    return {name: made[name] for name in order if name in made} | made


def chosen(plan: Plan, made: Any, asked: Any) -> Any:
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


def pruned(plan: Plan, made: Any) -> Any:
    """What a rule made, its members without what their own schemas do not declare."""
    inner = plan.inner
    if not inner or not isinstance(made, dict):
        return made
    return {name: declared(inner[name], value) if name in inner else value for name, value in made.items()}


def declared(names: frozenset[str], thing: Any) -> Any:
    """The thing without the members that the reply's schema does not declare; as it is where it declares none."""
    if not names or not isinstance(thing, Mapping) or names.issuperset(thing):
        return thing
    return {name: value for name, value in thing.items() if name in names}
