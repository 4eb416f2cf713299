"""Commands: one operation that starts runs, answers what a paused one asked, and more, by the word of the request."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.runs.start import start, thread_address
from threadmock.mockserver.agents.run_plan import RunPlan
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.specs.behaviour.agent import Commands
from threadmock.specs.members import ABSENT


def command(call: Call, plan: RunPlan, commands: Commands) -> Done:
    """The result of the command, as the rule words it; one that can't be done is no refusal of the request."""
    scope, codes = call.scope, commands.codes
    name, params = str(plan.read("command", scope)), plan.read("params", scope)
    known = commands.known.get(name)
    given: Mapping[str, Any] = params if isinstance(params, Mapping) else {}
    if known is None:
        return _failed(call, plan, codes.get("unknown", "unknown"), f"There is no command {name[:100]}")
    lacking = next((member for member in known.needs if member not in given), None)
    if lacking is not None:
        return _failed(call, plan, codes.get("invalid", "invalid"), f"{name} needs {lacking}")
    if known.do == "refuse":
        return _failed(call, plan, known.code, known.reason)
    own = replace(call, scope=replace(scope, body=given))
    if known.do == "answer":
        answer = _answer(own, given)
        if answer is None:
            message = f"Nothing waits for an answer to {str(given.get('interrupt_id'))[:100]}"
            return _failed(call, plan, codes.get("answered", "unknown"), message)
        own.scope.body = answer
    elif known.answers:
        own.scope.body = _resuming(own, given) or given
    started = start(own, plan)
    if isinstance(started, Refused):
        return _failed(call, plan, codes.get("refused", "refused"), started.reason)
    own.scope.item = {"id": scope.body.get("id")}
    return Done(call.plan.success, plan.commands[name](own.scope) if name in plan.commands else {}, name)


def _resuming(call: Call, given: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The same request as an answer, where its thread waits for one; None where it does not."""
    if call.enter() or call.scope.parent is None or "input" not in given:
        return None
    paused = call.world.scheduler.paused(thread_address(call.scope))
    if paused is None or not paused.questions:
        return None
    return {**{name: value for name, value in given.items() if name != "input"}, "command": {"resume": given["input"]}}


def _answer(call: Call, given: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The body that starts a run which goes on with this answer; None where no script waits for it."""
    if call.enter() or call.scope.parent is None:
        return None
    paused = call.world.scheduler.paused(thread_address(call.scope))
    questions = {each["id"] for each in paused.questions} if paused else set()
    if paused is None or given.get("interrupt_id") not in questions:
        return None
    return {"assistant_id": paused.agent_name, "command": {"resume": given.get("response")}}


def _failed(call: Call, plan: RunPlan, code: str, message: str) -> Done:
    scope = call.scope
    scope.item = {"id": scope.body.get("id", ABSENT), "code": code, "message": message}
    return Done(call.plan.success, plan.failed(scope) if plan.failed else {}, message)
