"""Run: start a run on a thread, and answer at once, when it is over, or with its events."""

from collections.abc import Mapping
from dataclasses import replace

from threadmock.mockserver.actions.reply import shown
from threadmock.mockserver.actions.run_answer import answer_run, check_room, headers_of
from threadmock.mockserver.actions.run_commands import command
from threadmock.mockserver.actions.run_start import start
from threadmock.mockserver.agents.run_plan import RunPlan
from threadmock.mockserver.rules.conditions import unmet
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.scope import Transaction


def run(tx: Transaction) -> Done | Refused:
    """The run as it begins, what came of it, or its events; a refusal where the thread is busy or not there."""
    plan = tx.plan.run
    if plan is None:
        raise ValueError("a run without a rule can't be started")
    if plan.rule.each:
        return _several(tx, plan)
    if plan.rule.commands:
        return command(tx, plan, plan.rule.commands)
    if plan.respond(tx).how == "stream" or plan.respond(tx).keep_alive:
        check_room(tx)  # a run that nobody can be told of is not started
    started = start(tx, plan)
    return started if isinstance(started, Refused) else answer_run(tx, plan, started)


def _several(tx: Transaction, plan: RunPlan) -> Done | Refused:
    """One run for each item of the request's array; nothing begins where one of them can't be met."""
    items = tx.sent if isinstance(tx.sent, list) else []
    each = [
        replace(tx, body=item if isinstance(item, Mapping) else {}, parent=None, parent_key="", shelf=())
        for item in items
    ]
    refused = (unmet(own) for own in each if tx.plan.conditions)
    if first := next(filter(None, refused), None):
        return first
    made = []
    for own in each:
        started = start(own, plan)
        if isinstance(started, Refused):
            return started
        made.append(shown(own))
    return Done(tx.plan.success, made, f"{len(made)} runs started", headers_of(tx, plan))
