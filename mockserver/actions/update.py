"""Update and replace: the members that the request sends and the thing may have."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.create import new_key, repeats, store_new
from threadmock.mockserver.actions.first import store_first
from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.json_patch import PatchFailed, patched
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.recipes import create_also
from threadmock.mockserver.state.store import Shelf, Thing, below
from threadmock.specs.members import ABSENT, dig, put


def run(call: Call) -> Done | Refused:
    """The changed thing, a new one where the rule makes what is missing, or the refusal of an unknown key."""
    if missing := call.enter():
        return missing
    plan, scope, world = call.plan, call.scope, call.world
    rule, key = plan.operation.rule, call.asked_key()
    if not key and plan.picks_newest and rule.missing == "create" and rule.action == "update":
        store_first(call)
        key = scope.key
    shelf = call.shelf_of(key)
    scope.key = key
    call.found_at(shelf)
    if call.sent_patch and isinstance(failed := _patched_body(call, shelf, key), Refused):
        return failed
    found = _restored(call, key) if plan.restores and scope.store.read(shelf, key) is not None else None
    if isinstance(found, Refused):
        return found
    with world.deciding if plan.unique else nullcontext():
        before = scope.store.read(shelf, key) if plan.unique else None
        if before is not None and (repeated := repeats(call, shelf, changed(call, before), before)):
            return repeated
        scope.thing = scope.store.update(shelf, key, lambda before: changed(call, before, found))
    if scope.thing is None:
        return store_new(call, key or new_key(call)) if rule.missing == "create" else call.not_found(key)
    if plan.also:
        create_also(scope, plan.also, shelf)
    if plan.touch:
        call.touch()
    if plan.expires:
        world.calendar.note(shelf, key, scope.thing, plan.expires)
    if plan.run and plan.run.cancels(scope):
        world.scheduler.stop_current((shelf, key))
        scope.thing = scope.store.read(shelf, key)
    return done(call, "updated", status=plan.changed_status)


def _patched_body(call: Call, shelf: Shelf, key: str) -> Refused | None:
    """Have the members that a JSON Patch (RFC 6902) changes taken as the body of the request."""
    before = call.scope.store.read(shelf, key)
    if before is None:
        return None
    try:
        after = patched(before, call.scope.sent)
    except PatchFailed as failed:
        return Refused("malformed", str(failed), key=key)
    if not isinstance(after, Mapping):
        return Refused("malformed", "the patch leaves no object", key=key)
    gone = dict.fromkeys(before.keys() - after.keys())
    call.scope.body = {**gone, **{name: value for name, value in after.items() if before.get(name, ABSENT) != value}}
    return None


def changed(call: Call, before: Thing, restored: Thing | None = None) -> dict[str, Any]:
    """The thing after the request: echoed members merged as the rule says, then the members that the rule sets.

    restored: the thing below from which the rule takes members over.
    """
    rule, plan, scope = call.plan.operation.rule, call.plan, call.scope
    scope.thing = before
    after = dict(before)
    whole = rule.action == "replace"
    patches = call.sent_patch
    left = plan.patched if patches else plan.echoed
    for name, fits, default in left:
        if name not in scope.body:
            if whole:
                _reset(after, name, fits, default, needed=name in plan.wanted)
            continue
        sent = scope.body[name]
        null = rule.nulls.get(name, rule.nulls.get("*")) if sent is None else None
        if patches and sent is None and not fits(sent):
            null = "removes"
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
    if restored is not None and rule.restores:
        after |= {name: restored[name] for name in rule.restores.members if name in restored}
    return after


def _restored(call: Call, key: str) -> Thing | Refused:
    """The thing below from which the rule takes members over; a refusal where the request names none that is there."""
    scope, resource = call.scope, call.rule.resource
    if call.plan.restores is None:
        raise ValueError("a rule that restores nothing has nothing to take over")
    rule, read = call.plan.restores
    value = read(scope)
    for thing in scope.store.list(below(call.shelf_of(key), key, rule.resource)):
        if dig(thing, rule.by) == value:
            return thing
    return Refused("unknown", f"{resource.capitalize()} {key} has no {rule.resource} {value}", key=key)


def _reset(after: dict[str, Any], name: str, fits: Callable[[Any], bool], default: Any, *, needed: bool) -> None:
    """Have a member that a whole body leaves out hold its default, or nothing, as far as nothing is allowed."""
    if default is not ABSENT:
        after[name] = default
    elif not needed:
        after.pop(name, None)
    else:
        empty: tuple[Any, ...] = (None, [], {})
        after[name] = next((each for each in empty if fits(each)), after.get(name))


def merged(before: Any, sent: Any, how: str) -> Any:
    """Objects merge at one level (shallow) or all (deep); anything else, and `replace`, replaces what was."""
    if how == "replace" or not isinstance(before, Mapping) or not isinstance(sent, Mapping):
        return sent
    if how == "shallow":
        return {**before, **sent}
    return {**before, **{name: merged(before.get(name), value, how) for name, value in sent.items()}}
