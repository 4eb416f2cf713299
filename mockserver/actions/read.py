"""Read: the thing as it is stored."""

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.first import store_first
from threadmock.mockserver.actions.plan import Plan
from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.state.store import Thing
from threadmock.specs.members import dig, put


def run(call: Call) -> Done | Refused:
    """The thing, the empty one where the rule has one for what does not exist, or the refusal of an unknown key."""
    if missing := call.enter():
        return missing
    plan, scope = call.plan, call.scope
    beside = scope.shelf
    if plan.inside and (graph := plan.inside.graph(scope)):
        key, scope.thing = plan.inside.find(scope, graph, plan.key.asked(scope))
        shelf = scope.shelf = plan.inside.shelf(scope)
    else:
        key = call.asked_key()
        shelf = call.shelf_of(key)
        scope.thing = scope.store.read(shelf, key)
    if plan.progress and scope.thing is not None:
        scope.thing = scope.store.update(shelf, key, lambda before: _moved_on(before, plan))
    scope.key = key
    if plan.operation.rule.missing == "empty":
        # of a parent that has none of these at all, the key says nothing
        asked = plan.key.asked(scope)
        scope.item = {"asked": asked} if asked and (scope.thing is not None or scope.store.items(beside)) else {}
    if scope.thing is None and plan.operation.rule.missing == "create":
        store_first(call)
    if scope.thing is None:
        if plan.key.is_ill_formed(key):
            return Refused("ill_formed", f"{key} is no id, and names no {plan.operation.rule.resource}", key=key)
        if plan.operation.rule.missing != "empty":
            return call.not_found(key)
        if not plan.empty:
            return Done(plan.success, None, "nothing is there")
        scope.thing = plan.empty.make(scope)
        return done(call, "nothing is there")
    if plan.inside:
        scope.thing = plan.inside.shown(scope, scope.thing)
    return done(call, "read")


def _moved_on(before: Thing, plan: Plan) -> Thing:
    """The thing with members that move on by themselves at their next value; others, and the last one, stay."""
    after = dict(before)
    for steps, values in plan.progress:
        now = dig(before, steps)
        if now in values[:-1]:
            put(after, steps, values[values.index(now) + 1])
    return after
