"""Run: start a run on a thread, and answer at once, when it is over, or with its events."""

from collections.abc import Mapping

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.refusal_conditions import unmet
from threadmock.mockserver.actions.reply import shown
from threadmock.mockserver.actions.runs.answer import answer_run, check_capacity, headers_of
from threadmock.mockserver.actions.runs.commands import command
from threadmock.mockserver.actions.runs.start import start
from threadmock.mockserver.agents.run_plan import RunPlan
from threadmock.mockserver.rules.outcome import Done, Refused


def run(call: Call) -> Done | Refused:
    """The run as it begins, its result, or its events; a refusal where the thread is busy or not there."""
    plan = call.plan.run
    if plan is None:
        raise ValueError("a run without a rule can't be started")
    if plan.rule.each:
        return _several(call, plan)
    if plan.rule.commands:
        return command(call, plan, plan.rule.commands)
    respond = plan.respond(call.scope).rule
    if respond.how == "stream" or respond.keep_alive:
        check_capacity(call)  # a run whose stream can't be opened is not started
    started = start(call, plan)
    return started if isinstance(started, Refused) else answer_run(call, plan, started)


def _several(call: Call, plan: RunPlan) -> Done | Refused:
    """One run for each item of the request's array; nothing begins where one of them can't be met."""
    sent = call.scope.sent
    calls = [
        call.with_scope(body=item if isinstance(item, Mapping) else {}, parent=None, parent_key="", shelf=())
        for item in (sent if isinstance(sent, list) else ())
    ]
    refused = (unmet(each) for each in calls if call.plan.conditions)
    if first := next(filter(None, refused), None):
        return first
    made = []
    for each in calls:
        started = start(each, plan)
        if isinstance(started, Refused):
            return started
        made.append(shown(each))
    return Done(call.plan.success, made, f"{len(made)} runs started", headers_of(call, plan))
