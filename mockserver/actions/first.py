"""The thing that is there before anybody made it: the one of its kind, such as settings."""

from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.create import new_key
from threadmock.mockserver.actions.plan import Plan
from threadmock.mockserver.rules.generation import Ungeneratable, sample
from threadmock.specs.contract import reply_media
from threadmock.specs.members import ABSENT, dig, put


def store_first(call: Call) -> None:
    """Make the thing by the document's example, else by its schema, with what the path tells; the scope then has it."""
    plan, scope = call.plan, call.scope
    named = {name: scope.parameters.get(name, text) for name, text in scope.path_values.items()}
    made = _example(plan) or _sample(call, named)
    names = plan.member_schemas
    thing = {name: value for name, value in {**made, **named}.items() if not names or name in names}
    for name, make in plan.makers:
        value = make(scope) if name not in thing and name not in scope.body else ABSENT
        if value is not ABSENT:
            thing[name] = value
    own = dig(thing, plan.key_steps)
    key = str(own) if isinstance(own, str | int) and not isinstance(own, bool) else new_key(call)
    if own is ABSENT and len(plan.key_steps) == 1 and plan.key_steps[0] in names:
        put(thing, plan.key_steps, plan.key_value(key))
    there = scope.store.insert(scope.shelf, key, thing)
    scope.key, scope.thing = key, there or thing


def _sample(call: Call, named: dict[str, Any]) -> dict[str, Any]:
    if call.plan.thing is None:
        return {}
    try:
        made = sample(call.plan.thing, call.scope.ids, call.world.clock, named)
    except Ungeneratable as error:
        made = error.nearest
    return made if isinstance(made, dict) else {}


def _example(plan: Plan) -> dict[str, Any]:
    """The first documented example of the thing; {} where there is none."""
    media = reply_media(plan.operation, plan.success)
    shown = next(iter(media.examples.values()), None) if media else None
    shown = shown.get(plan.holder) if plan.holder and isinstance(shown, dict) else shown
    return dict(shown) if isinstance(shown, dict) else {}
