"""Copy: a thing again under a new key, with the things below it that the rule names."""

from dataclasses import replace

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.create import new_key
from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.state.store import below
from threadmock.specs.members import ABSENT, put


def run(call: Call) -> Done | Refused:
    """The copy, or the refusal of an unknown key."""
    if missing := call.enter():
        return missing
    plan, scope, store = call.plan, call.scope, call.scope.store
    source = call.asked_key()
    shelf = call.shelf_of(source)
    original = store.read(shelf, source)
    if original is None:
        return call.not_found(source)
    scope.shelf, scope.thing = shelf, original
    scope.key = new_key(call)
    made = dict(original)
    for name, maker in plan.makers:
        value = maker(scope)
        if value is ABSENT:
            made.pop(name, None)
        else:
            made[name] = value
    rule = plan.operation.rule
    if rule.key and (own := plan.key_value(scope.key)) is not ABSENT:
        put(made, (rule.key.member,), own)
    store.insert(shelf, scope.key, made)
    for resource, members in plan.copies:
        for key, child in store.items(below(shelf, source, resource)):
            own = replace(scope, thing=child, key=key, parent_key=scope.key)
            copied = members.anew(own, child)
            store.insert(below(shelf, scope.key, resource), key, copied)
    scope.thing = made
    return done(call, f"a copy of {source}")
