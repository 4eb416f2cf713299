"""Create: make a thing by its rule and store it, unless its key is taken."""

from contextlib import nullcontext
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.plan import Plan
from threadmock.mockserver.actions.refusal_conditions import unmet_afterwards
from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.generation import completed, possible
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.recipes import create_also
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.state.clock import Clock
from threadmock.mockserver.state.store import Shelf, Thing
from threadmock.specs.members import ABSENT, dig, put


def run(call: Call) -> Done | Refused:
    """The new thing; or, where the key is taken, the answer that the rule's policy chooses."""
    plan = call.plan
    if plan.make_key is None:
        raise ValueError("a create without a key can't be served")
    if missing := call.enter():
        return missing
    if plan.unique and (repeated := repeats(call, call.scope.shelf, call.scope.body)):
        return repeated  # before a key is counted
    chosen = plan.key.read(call.scope) if plan.key.read else ABSENT
    return store_new(call, new_key(call) if chosen is ABSENT or chosen is None else plan.key.canonical(chosen))


def new_key(call: Call) -> str:
    """A key that nothing on the shelf has."""
    return free_key(call.plan, call.scope)


def free_key(plan: Plan, scope: Scope) -> str:
    """A new key that nothing on the scope's shelf has."""
    make = plan.make_key
    if make is None:
        raise ValueError("a rule without a key makes nothing")
    identifier: str = make(scope)
    while scope.store.read(scope.shelf, identifier) is not None:
        identifier = make(scope)
    return identifier


def store_new(call: Call, identifier: str) -> Done | Refused:
    """Make the thing, store it, and do what else the rule asks for."""
    plan, scope, world = call.plan, call.scope, call.world
    scope.key = identifier
    if plan.unique and (repeated := repeats(call, scope.shelf, scope.body)):
        return repeated  # before anything is counted
    thing = build(plan, scope, world.clock)
    if world.faults:
        view = world.fault_view(scope.contract, scope.operation, scope.request, dict(scope.body))
        thing = world.faults.apply("thing", thing, view)
    with world.deciding if plan.unique else nullcontext():
        if plan.unique and (repeated := repeats(call, scope.shelf, thing)):
            return repeated
        there = scope.store.insert(scope.shelf, identifier, thing)
    if there is not None and not world.faults.skips("conflict"):
        return _taken(call, identifier, there)
    scope.thing = thing
    if plan.conditions and (refused := unmet_afterwards(call)):
        return refused
    if plan.also:
        create_also(scope, plan.also, scope.shelf)
    if plan.touch:
        call.touch()
    if plan.expires:
        world.calendar.note(scope.shelf, identifier, scope.thing, plan.expires)
    created = 201 if rule_makes_missing(call) and "201" in plan.operation.replies else 0
    return done(call, "created" if there is None else "created again", status=created)


def rule_makes_missing(call: Call) -> bool:
    """Whether the rule makes what its request did not find."""
    return call.rule.missing == "create"


def repeats(call: Call, shelf: Shelf, thing: Thing, own: Thing | None = None) -> Refused | None:
    """The refusal of a thing that would share a member which no two things may share. own: the thing as it was."""
    scope = call.scope
    for steps, rule in call.plan.unique:
        value = dig(thing, steps)
        if value is ABSENT or value is None:
            continue
        others = scope.store.everywhere(*shelf[:2]) if rule.among == "all" else scope.store.list(shelf)
        if any(dig(each, steps) == value for each in others if each is not own):
            member = ".".join(steps)
            return Refused("taken", f"{member} {value} is taken", status=rule.status, key=str(value))
    return None


def _taken(call: Call, identifier: str, there: Thing) -> Done | Refused:
    scope, rule = call.scope, call.plan.operation.rule
    taken = rule.taken
    if taken is None:
        return Refused("taken", f"{identifier} already exists", key=identifier)
    asked = scope.body.get(taken.by.steps[0]) if taken.by else None
    policy = taken.policy(asked)
    if policy.reply == "existing":
        scope.thing = there
        if policy.also:
            if refused := unmet_afterwards(call):
                return refused
            create_also(scope, call.plan.also, scope.shelf)
        return done(call, f"taken, {policy.name}", status=policy.status)
    reason = f"{(rule.resource or 'thing').capitalize()} {identifier} already exists"
    return Refused("taken", reason, status=policy.status, key=identifier)


def _set_inside(plan: Plan, scope: Scope, clock: Clock, made: dict[str, Any]) -> None:
    """Set members inside others; what else a required object has to hold comes from its schema."""
    for steps, maker in plan.deep_makers:
        value, name = maker(scope), steps[0]
        if value is ABSENT:
            continue
        if name not in made and name in plan.wanted and name in plan.member_schemas:
            made[name] = possible(plan.member_schemas[name], scope.ids, clock, name)
        put(made, steps, value)


def build(plan: Plan, scope: Scope, clock: Clock) -> dict[str, Any]:
    """The thing with the scope's key, in the reply's order: by rules, echoes, then what else the reply needs."""
    rule = plan.operation.rule
    made: dict[str, Any] = {}
    for name, maker in plan.makers:
        value = maker(scope)
        if value is not ABSENT:
            made[name] = value
    if plan.deep_makers:
        _set_inside(plan, scope, clock, made)
    if rule.key and (own := plan.key_value(scope.key)) is not ABSENT:
        made[rule.key.member] = own
    body = scope.body
    for name, fits, default in plan.echoed:
        value = body.get(name, default)
        if value is not ABSENT and fits(value):
            made[name] = value
    if not rule.reply or plan.holder:
        schemas = plan.member_schemas
        for name in plan.wanted:
            if name not in made:
                made[name] = possible(schemas[name], scope.ids, clock, name) if name in schemas else None
    thing = {name: made[name] for name in plan.order if name in made}
    if len(thing) != len(made):
        thing.update(made)
    return completed(plan.choice, thing, scope.ids, clock) if plan.choice else thing
