"""Cancel: stop a run, or several, and keep or take away what it made."""

from typing import Any

from threadmock.mockserver.actions.reply import shown
from threadmock.mockserver.actions.run_answer import answer_run, headers_of
from threadmock.mockserver.agents.run import Live
from threadmock.mockserver.agents.run_plan import RunPlan
from threadmock.mockserver.rules.keys import asked_key, canonical, home_of, not_found
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.parents import enter
from threadmock.mockserver.rules.scope import Transaction
from threadmock.specs.members import ABSENT

_NONE = "No run that is under way fits"


def run(tx: Transaction) -> Done | Refused:
    """What the rule answers where something was stopped; the refusal of a run that is over or not there."""
    plan = tx.plan.run
    if plan is None:
        raise ValueError("a cancel without a rule can't be served")
    if missing := enter(tx):
        return missing
    runs = tx.world.runs
    with runs.lock:
        runs.pass_now()
        if {"keys", "status"} & plan.readers.keys():
            return _several(tx, plan)
        tx.key = asked_key(tx)
        home = home_of(tx, tx.key)
        if tx.world.store.read(home, tx.key) is None:
            return not_found(tx, tx.key)
        live = runs.under_way(home, tx.key)
        if live is None:
            return Refused("unknown", _NONE, key=tx.key)
        runs.stop(live, removing=_removes(tx, plan))
        tx.thing = tx.world.store.read(home, tx.key)
        if live.end is None and tx.thing is None:  # it was taken away
            tx.thing = live.tx.thing
        return answer_run(tx, plan, live)


def _removes(tx: Transaction, plan: RunPlan) -> bool:
    stopping = plan.rule.stopping
    return bool(stopping and plan.read("stop", tx) in stopping.removes)


def _several(tx: Transaction, plan: RunPlan) -> Done | Refused:
    keys, status = plan.read("keys", tx), plan.read("status", tx)
    wanted = {canonical(key) for key in keys} if isinstance(keys, list) else None
    found = [live for live in tx.world.runs.all_under_way() if _fits(tx, live, wanted, status)]
    if not found:
        return Refused("unknown", _NONE)
    for live in found:
        tx.world.runs.stop(live, removing=_removes(tx, plan))
    body = None if tx.plan.schema is None else shown(tx)
    return Done(tx.plan.success, body, f"{len(found)} stopped", headers_of(tx, plan))


def _fits(tx: Transaction, live: Live, keys: set[str] | None, status: Any) -> bool:
    if live.tx.contract.name != tx.contract.name:
        return False
    if keys is not None:
        return live.key in keys and (not tx.parent_key or live.tx.parent_key == tx.parent_key)
    states = {"pending": ("waiting",), "running": ("running",)}.get(str(status), ("waiting", "running"))
    return status is not ABSENT and live.state in states
