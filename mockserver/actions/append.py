"""Append: a thing that follows the newest one of its shelf, or the one that the request names."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.actions.create import new_key, store_new
from threadmock.mockserver.agents.compiled_agent import agent_of
from threadmock.mockserver.rules.messages import read_messages
from threadmock.mockserver.rules.outcome import Done, Refused
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.rules.sources import fetch
from threadmock.mockserver.state.store import ThingAddress
from threadmock.specs.behaviour.rule import AsNode
from threadmock.specs.members import ABSENT, dig, steps_of


def run(call: Call) -> Done | Refused:
    """The new thing, made from the one that it follows."""
    if missing := call.enter():
        return missing
    scope, followed = call.scope, call.asked_key()
    store = scope.store
    scope.latest = store.read(scope.shelf, followed) if followed else next(iter(store.newest(scope.shelf, 0, 1)), None)
    thread = _thread_of(call)
    if call.rule.as_node:
        scope.item = _as_node(scope, call.rule.as_node)
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


def _as_node(scope: Scope, rule: AsNode) -> dict[str, Any]:
    """What settings read of a state that is made as if by a node."""
    node = fetch(rule.source)(scope)
    copies = bool(rule.copy) and node == rule.copy
    following = _copied(scope, rule) if copies else _following(scope, rule, node)
    how = "copy" if copies else "set"
    return {
        "next": following,
        "upcoming": [{"id": scope.ids.uuid4(), "node": each} for each in following],
        "how": how,
        how: True,
        **({"copied": scope.latest} if copies and scope.latest else {}),
        "onward": "on" if following else "over",
    }


def _copied(scope: Scope, rule: AsNode) -> list[str]:
    found = dig(scope.latest, steps_of(rule.member)) if scope.latest else ABSENT
    return list(found) if isinstance(found, list) else []


def _following(scope: Scope, rule: AsNode, node: Any) -> list[str]:
    if isinstance(node, str) and node in rule.next:
        return list(rule.next[node])
    agent = agent_of(scope.contract)
    sent = fetch(rule.messages)(scope) if rule.messages else ABSENT
    if not sent or sent is ABSENT:
        sent = agent.again(scope) if agent.again and scope.latest else ABSENT
    messages = list(read_messages(scope, sent))
    lists = [each for each in messages[-1]["raw"].values() if isinstance(each, list)] if messages else []
    calls = any(isinstance(call, Mapping) and {"id", "name"} <= call.keys() for each in lists for call in each)
    return [rule.calls] if calls and rule.calls and isinstance(node, str) else []
