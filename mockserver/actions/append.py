"""Append: a thing that follows the newest one of its shelf, or the one that the request names."""

from dataclasses import replace

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.create import new_key, store_new
from threadmock.mockserver.agents.compiled_agent import agent_of
from threadmock.mockserver.rules.outcome import Done, Refused


def run(call: Call) -> Done | Refused:
    """The new thing, made from the one that it follows."""
    if missing := call.enter():
        return missing
    scope, followed = call.scope, call.asked_key()
    store = scope.store
    scope.latest = store.read(scope.shelf, followed) if followed else next(iter(store.newest(scope.shelf, 0, 1)), None)
    made = store_new(call, new_key(call))
    if scope.contract.profile.agent and isinstance(made, Done):
        _notify_followers(call)
    return made


def _notify_followers(call: Call) -> None:
    """Notify the streams of the thread, where the new thing is of the kind that runs create there."""
    scope = call.scope
    agent = agent_of(scope.contract)
    if scope.operation.rule.resource == agent.rule.piece and scope.parent is not None:
        shelf = scope.store.find(scope.contract.name, agent.rule.thread, scope.parent_key)
        changed = replace(scope, latest=scope.thing)
        call.world.scheduler.note_change((shelf, scope.parent_key), agent, changed)
