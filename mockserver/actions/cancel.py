"""Cancel: stop a run, or several, and keep or remove what it made."""

from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.reply import shown
from threadmock.mockserver.actions.runs.answer import answer_run, headers_of
from threadmock.mockserver.agents.run import Run
from threadmock.mockserver.agents.run_plan import RunPlan
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.specs.members import ABSENT
from threadmock.specs.schemas.formats import canonical

_NONE = "No run that is under way fits"


def run(call: Call) -> Done | Refused:
    """What the rule answers where something was stopped; the refusal of a run that is over or not there."""
    plan, scope = call.plan.run, call.scope
    if plan is None:
        raise ValueError("a cancel without a rule can't be served")
    if missing := call.enter():
        return missing
    scheduler = call.world.scheduler
    with scheduler.lock:
        scheduler.run_due()
        if {"keys", "status"} & plan.readers.keys():
            return _several(call, plan)
        scope.key = call.asked_key()
        shelf = call.shelf_of(scope.key)
        if scope.store.read(shelf, scope.key) is None:
            return call.not_found(scope.key)
        found = scheduler.under_way(shelf, scope.key)
        if found is None:
            return Refused("unknown", _NONE, key=scope.key)
        scheduler.stop(found, removing=_removes(call, plan))
        scope.thing = scope.store.read(shelf, scope.key)
        if found.end is None and scope.thing is None:  # it was removed
            scope.thing = found.scope.thing
        return answer_run(call, plan, found)


def _removes(call: Call, plan: RunPlan) -> bool:
    stopping = plan.rule.stopping
    return bool(stopping and plan.read("stop", call.scope) in stopping.removes)


def _several(call: Call, plan: RunPlan) -> Done | Refused:
    keys, status = plan.read("keys", call.scope), plan.read("status", call.scope)
    wanted = {canonical(key) for key in keys} if isinstance(keys, list) else None
    found = [each for each in call.world.scheduler.all_under_way() if _fits(call, each, wanted, status)]
    if not found:
        return Refused("unknown", _NONE)
    for each in found:
        call.world.scheduler.stop(each, removing=_removes(call, plan))
    body = None if call.plan.schema is None else shown(call)
    return Done(call.plan.success, body, f"{len(found)} stopped", headers_of(call, plan))


def _fits(call: Call, found: Run, keys: set[str] | None, status: Any) -> bool:
    scope = call.scope
    if found.scope.contract.name != scope.contract.name:
        return False
    if keys is not None:
        return found.key in keys and (not scope.parent_key or found.scope.parent_key == scope.parent_key)
    states = {"pending": ("waiting",), "running": ("running",)}.get(str(status), ("waiting", "running"))
    return status is not ABSENT and found.state in states
