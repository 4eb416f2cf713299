"""Read: the thing as it is stored."""

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.outcome import Done, Refused


def run(call: Call) -> Done | Refused:
    """The thing, the empty one where the rule has one for what does not exist, or the refusal of an unknown key."""
    if missing := call.enter():
        return missing
    plan, scope = call.plan, call.scope
    key = plan.key.asked(scope)
    if plan.picks_newest and not key:
        scope.thing = next(iter(scope.store.newest(scope.shelf, 0, 1)), None)
    else:
        scope.thing = scope.store.read(call.shelf_of(key), key)
    scope.key = key
    if scope.thing is None:
        if plan.operation.rule.missing != "empty":
            return call.not_found(key)
        scope.thing = plan.empty.make(scope)
        return done(call, "nothing is there")
    return done(call, "read")
