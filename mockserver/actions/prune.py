"""Prune: several things are deleted, or only the newest thing below each is kept. Unknown keys are passed over."""

from threadmock.mockserver.actions.reply import done
from threadmock.mockserver.rules.keys import canonical
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.parents import enter
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.state.expiry import keep_newest


def run(tx: Transaction) -> Done | Refused:
    """How many there were."""
    if missing := enter(tx):
        return missing
    rule, plan, store = tx.operation.rule.prune, tx.plan, tx.world.store
    if rule is None or plan.prune_keys is None:
        raise ValueError("a prune without keys can't be served")
    resource, pruned = tx.operation.rule.resource, 0
    asked = plan.prune_keys(tx)
    keep = plan.prune_strategy is not None and plan.prune_strategy(tx) == "keep_latest"
    for key in dict.fromkeys(map(canonical, asked if isinstance(asked, list) else ())):
        home = store.find(tx.contract.name, resource, key)
        if store.read(home, key) is None:
            continue
        pruned += 1
        if keep:
            keep_newest(store, (tx.contract.name, rule.keeps, resource, key))
        else:
            store.delete(home, key)
            tx.world.runs.let_go((home, key))
    tx.tally = {"done": pruned}
    return done(tx, f"{pruned} pruned")
