"""Delete: the thing is deleted with all that is below it; with a run under way, also what it created."""

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.generation import possible
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.specs.members import ABSENT, dig


def run(call: Call) -> Done | Refused:
    """The reply's body as its rule or schema has it, or the refusal of an unknown key."""
    if missing := call.enter():
        return missing
    plan, scope, world = call.plan, call.scope, call.world
    key = call.asked_key()
    shelf = call.shelf_of(key)
    scope.key, scope.thing = key, scope.store.read(shelf, key)
    call.found_at(shelf)
    answer = done(call, "deleted") if scope.thing is not None and plan.reply_maker else None
    under_way = world.scheduler.under_way(shelf, key)
    if under_way:
        world.scheduler.stop(under_way, removing=True)
    elif scope.store.delete(shelf, key) is None:
        if call.rule.missing == "refuse":
            return call.not_found(key)
        answer = Done(plan.success, None, "nothing was there")
    world.scheduler.forget_deleted((shelf, key))
    _cascade(call, key)
    if plan.touch:
        call.touch()
    if answer is not None:
        return answer
    if plan.schema is None:
        return Done(plan.success, None, "deleted")
    if scope.thing is not None and plan.wanted and all(name in scope.thing for name in plan.wanted):
        return done(call, "deleted")
    return Done(plan.success, possible(plan.schema, scope.ids, world.clock), "deleted")


def _cascade(call: Call, key: str) -> None:
    """Delete the things of other resources that go with the thing, with what runs below them."""
    scope, world = call.scope, call.world
    for rule, read in call.plan.cascades:
        if read is not None and read(scope) in (ABSENT, None, False, "false"):
            continue
        for shelf in list(world.store.shelves()):
            if shelf[:2] != (scope.contract.name, rule.resource):
                continue
            for found, thing in list(world.store.items(shelf)):
                if dig(thing, rule.by) == key:
                    under_way = world.scheduler.under_way(shelf, found)
                    if under_way:
                        world.scheduler.stop(under_way, removing=True)
                    world.store.delete(shelf, found)
                    world.scheduler.forget_deleted((shelf, found))
