"""Append: a thing that follows the newest one of its shelf, or the one that the request names."""

from dataclasses import replace

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.create import new_key, store_new
from threadmock.mockserver.agents.compiled_agent import agent_of
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.state.store import ThingAddress


def run(call: Call) -> Done | Refused:
    """The new thing, made from the one that it follows."""
    if missing := call.enter():
        return missing
    scope, followed = call.scope, call.asked_key()
    store = scope.store
    scope.latest = store.read(scope.shelf, followed) if followed else next(iter(store.newest(scope.shelf, 0, 1)), None)
    thread = _thread_of(call)
    if call.plan.as_node:
        if unknown := call.plan.as_node.unknown(scope):
            return Refused("unfit", f"Agent {unknown!r} is not declared", status=404, key=unknown)
        scope.item = call.plan.as_node.read(scope)
    made = store_new(call, new_key(call))
    if thread and isinstance(made, Done):
        if call.rule.as_node:
            call.world.scheduler.forget_pause(thread)
        call.world.scheduler.note_change(thread, agent_of(scope.contract), replace(scope, latest=scope.thing))
    return made


def _thread_of(call: Call) -> ThingAddress | None:
    """The thread, where the new thing is of the kind that runs create there."""
    scope = call.scope
    if scope.contract.profile.agent is None or scope.parent is None:
        return None
    rule = agent_of(scope.contract).rule
    if call.rule.resource != rule.piece:
        return None
    return scope.store.find(scope.contract.name, rule.thread, scope.parent_key), scope.parent_key
