"""Update and replace: the members that the request holds and the thing may have."""

from collections.abc import Mapping
from typing import Any

from threadmock.mockserver.actions.create import store_new
from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.agents.compiled_agent import all_hold
from threadmock.mockserver.rules.keys import asked_key, home_of, not_found
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.parents import enter, touch
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.state.store import Thing
from threadmock.specs.members import ABSENT, put


def run(tx: Transaction) -> Done | Refused:
    """The changed thing, a new one where the rule makes what is missing, or the refusal of an unknown key."""
    if missing := enter(tx):
        return missing
    key = asked_key(tx)
    home = home_of(tx, key)
    tx.key = key
    tx.thing = tx.world.store.update(home, key, lambda before: changed(tx, before))
    if tx.thing is None:
        return store_new(tx, key) if tx.operation.rule.missing == "create" else not_found(tx, key)
    if tx.plan.touch:
        touch(tx)
    if tx.plan.expires:
        tx.world.calendar.enter(home, key, tx.thing, tx.plan.expires)
    if tx.plan.run and all_hold(tx.plan.run.rule.cancels, tx):
        tx.world.runs.stop_on((home, key))
        tx.thing = tx.world.store.read(home, key)
    return done(tx, "updated")


def changed(tx: Transaction, before: Thing) -> dict[str, Any]:
    """The thing after the request: echoed members merged as the rule says, then the members that the rule sets."""
    rule, plan = tx.operation.rule, tx.plan
    tx.thing = before
    after = dict(before)
    for name, fits, _ in plan.echoed:
        if name not in tx.body:
            continue
        sent = tx.body[name]
        null = rule.nulls.get(name, rule.nulls.get("*")) if sent is None else None
        if null == "removes":
            after.pop(name, None)
        elif null is None and fits(sent):
            after[name] = merged(before.get(name), sent, rule.merge.get(name, rule.merge.get("*", "shallow")))
    for name, maker in plan.makers:
        value = maker(tx)
        if value is not ABSENT:
            after[name] = value
    for steps, maker in plan.deep_makers:
        value = maker(tx)
        if value is not ABSENT:
            put(after, steps, value)
    return after


def merged(before: Any, sent: Any, how: str) -> Any:
    """Objects merge at one level (shallow) or all (deep); anything else, and `replace`, takes the place of what was."""
    if how == "replace" or not isinstance(before, Mapping) or not isinstance(sent, Mapping):
        return sent
    if how == "shallow":
        return {**before, **sent}
    return {**before, **{name: merged(before.get(name), value, how) for name, value in sent.items()}}
