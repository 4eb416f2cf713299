"""Commands: one operation that starts runs, answers what a paused one asked, and more, by the word of the request."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from threadmock.mockserver.actions.run_start import place_of, start
from threadmock.mockserver.agents.run_plan import RunPlan
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.parents import enter
from threadmock.mockserver.rules.scope import Transaction
from threadmock.specs.behaviour.agent import Commands
from threadmock.specs.members import ABSENT


def command(tx: Transaction, plan: RunPlan, commands: Commands) -> Done:
    """What the command came to, as the rule words it; one that can't be done is no refusal of the request."""
    name, params = str(plan.read("command", tx)), plan.read("params", tx)
    known = commands.known.get(name)
    given: Mapping[str, Any] = params if isinstance(params, Mapping) else {}
    if known is None:
        return _failed(tx, plan, commands.codes.get("unknown", "unknown"), f"There is no command {name[:100]}")
    lacking = next((member for member in known.needs if member not in given), None)
    if lacking is not None:
        return _failed(tx, plan, commands.codes.get("invalid", "invalid"), f"{name} needs {lacking}")
    if known.do == "refuse":
        return _failed(tx, plan, known.code, known.reason)
    own = replace(tx, body=given)
    if known.do == "answer":
        asked = _answer(own, given)
        if asked is None:
            word = commands.codes.get("answered", "unknown")
            return _failed(tx, plan, word, f"Nothing waits for an answer to {str(given.get('interrupt_id'))[:100]}")
        own.body = asked
    elif known.answers:
        own.body = _resuming(own, given) or given
    started = start(own, plan)
    if isinstance(started, Refused):
        return _failed(tx, plan, commands.codes.get("refused", "refused"), started.reason)
    own.item = {"id": tx.body.get("id")}
    return Done(tx.plan.success, plan.commands[name](own) if name in plan.commands else {}, name)


def _resuming(tx: Transaction, given: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The same request as an answer, where its thread waits for one; None where it does not."""
    if enter(tx) or tx.parent is None or "input" not in given:
        return None
    paused = tx.world.runs.paused(place_of(tx))
    if paused is None or not paused.asked:
        return None
    return {**{name: value for name, value in given.items() if name != "input"}, "command": {"resume": given["input"]}}


def _answer(tx: Transaction, given: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a run is started with, to go on with this answer; None where nobody waits for it."""
    if enter(tx) or tx.parent is None:
        return None
    paused = tx.world.runs.paused(place_of(tx))
    asked = {each["id"] for each in paused.asked} if paused else set()
    if paused is None or given.get("interrupt_id") not in asked:
        return None
    return {"assistant_id": paused.agent, "command": {"resume": given.get("response")}}


def _failed(tx: Transaction, plan: RunPlan, code: str, message: str) -> Done:
    tx.item = {"id": tx.body.get("id", ABSENT), "code": code, "message": message}
    return Done(tx.plan.success, plan.failed(tx) if plan.failed else {}, message)
