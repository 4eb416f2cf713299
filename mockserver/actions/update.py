"""Update and replace: the members that the request sends and the thing may have."""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.create import repeats, store_new
from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.recipes import create_also
from threadmock.mockserver.state.store import Thing
from threadmock.specs.members import ABSENT, dig, put


def run(call: Call) -> Done | Refused:
    """The changed thing, a new one where the rule makes what is missing, or the refusal of an unknown key."""
    if missing := call.enter():
        return missing
    plan, scope, world = call.plan, call.scope, call.world
    key = call.asked_key()
    shelf = call.shelf_of(key)
    scope.key = key
    found = _restored(call, key) if plan.restores and scope.store.read(shelf, key) is not None else None
    if isinstance(found, Refused):
        return found
    with world.deciding if plan.unique else nullcontext():
        before = scope.store.read(shelf, key) if plan.unique else None
        if before is not None and (repeated := repeats(call, shelf, changed(call, before), before)):
            return repeated
        scope.thing = scope.store.update(shelf, key, lambda before: changed(call, before) | taken_over(call, found))
    if scope.thing is None:
        return store_new(call, key) if plan.operation.rule.missing == "create" else call.not_found(key)
    create_also(scope, plan.also, shelf)
    if plan.touch:
        call.touch()
    if plan.expires:
        world.calendar.note(shelf, key, scope.thing, plan.expires)
    if plan.run and plan.run.cancels(scope):
        world.scheduler.stop_current((shelf, key))
        scope.thing = scope.store.read(shelf, key)
    return done(call, "updated")


def changed(call: Call, before: Thing) -> dict[str, Any]:
    """The thing after the request: echoed members merged as the rule says, then the members that the rule sets."""
    rule, plan, scope = call.plan.operation.rule, call.plan, call.scope
    scope.thing = before
    after = dict(before)
    for name, fits, _ in plan.echoed:
        if name not in scope.body:
            continue
        sent = scope.body[name]
        null = rule.nulls.get(name, rule.nulls.get("*")) if sent is None else None
        if null == "removes":
            after.pop(name, None)
        elif null is None and fits(sent):
            after[name] = merged(before.get(name), sent, rule.merge.get(name, rule.merge.get("*", "shallow")))
    for name, maker in plan.makers:
        value = maker(scope)
        if value is not ABSENT:
            after[name] = value
    for steps, maker in plan.deep_makers:
        value = maker(scope)
        if value is not ABSENT:
            put(after, steps, value)
    return after


def _restored(call: Call, key: str) -> Thing | Refused:
    """The thing below from which the rule takes members over; a refusal where the request names none that is there."""
    scope, resource = call.scope, call.rule.resource
    if call.plan.restores is None:
        raise ValueError("a rule that restores nothing has nothing to take over")
    rule, read = call.plan.restores
    value = read(scope)
    for thing in scope.store.list((scope.contract.name, rule.resource, resource, key)):
        if dig(thing, rule.by) == value:
            return thing
    return Refused("unknown", f"{resource.capitalize()} {key} has no {rule.resource} {value}", key=key)


def taken_over(call: Call, restored: Thing | None) -> dict[str, Any]:
    """The members that the rule takes over from a thing below."""
    if restored is None or call.rule.restores is None:
        return {}
    return {name: restored[name] for name in call.rule.restores.members if name in restored}


def merged(before: Any, sent: Any, how: str) -> Any:
    """Objects merge at one level (shallow) or all (deep); anything else, and `replace`, replaces what was."""
    if how == "replace" or not isinstance(before, Mapping) or not isinstance(sent, Mapping):
        return sent
    if how == "shallow":
        return {**before, **sent}
    return {**before, **{name: merged(before.get(name), value, how) for name, value in sent.items()}}
