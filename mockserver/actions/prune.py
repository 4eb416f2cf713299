"""Prune: several things are deleted, or only the newest thing below each is kept. Unknown keys are passed over."""

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.state.expiry import keep_newest
from threadmock.mockserver.state.store import below
from threadmock.specs.schemas.formats import canonical


def run(call: Call) -> Done | Refused:
    """How many there were."""
    if missing := call.enter():
        return missing
    plan, scope, store = call.plan, call.scope, call.scope.store
    rule, resource = plan.operation.rule.prune, plan.operation.rule.resource
    if rule is None or plan.prune_keys is None:
        raise ValueError("a prune without keys can't be served")
    pruned = 0
    asked = plan.prune_keys(scope)
    keep = plan.prune_strategy is not None and plan.prune_strategy(scope) == "keep_latest"
    for key in dict.fromkeys(map(canonical, asked if isinstance(asked, list) else ())):
        shelf = store.find(scope.contract.name, resource, key)
        if store.read(shelf, key) is None:
            continue
        pruned += 1
        if keep:
            keep_newest(store, below(shelf, key, rule.keeps))
        else:
            store.delete(shelf, key)
            call.world.scheduler.forget_deleted((shelf, key))
    scope.tally = {"done": pruned}
    return done(call, f"{pruned} pruned")
