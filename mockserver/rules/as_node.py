"""A state that is made as if by a node of an agent: what comes next, by the agent's edges or by the rule's table."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from threadmock.mockserver.rules.declared_agents import START, DeclaredAgent
from threadmock.mockserver.rules.messages import read_messages
from threadmock.mockserver.rules.outcome import Unfit
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.rules.sources import Maker, fetch
from threadmock.mockserver.rules.values import compile_setting
from threadmock.specs.behaviour.setting import AsNode
from threadmock.specs.contract import Contract
from threadmock.specs.members import ABSENT, dig, steps_of

_SHOWN = 100


@dataclass(frozen=True, eq=False)
class CompiledAsNode:
    """An `AsNode`, compiled. For each of its readers see there."""

    rule: AsNode
    node: Maker
    messages: Maker
    each: Maker | None
    agent: Maker

    def unknown(self, scope: Scope) -> str:
        """The name of the agent whose nodes these are, where others are declared and this one is not; else ""."""
        name = self.agent(scope)
        return name if isinstance(name, str) and scope.agents.known and name not in scope.agents.known else ""

    def read(self, scope: Scope) -> dict[str, Any]:
        """What settings read as `item`. Unfit where there is no such node, or nothing that could be copied."""
        updates = self._updates(scope)
        nodes = [self.node(each) for each in updates]
        words = {self.rule.copy: "copy", self.rule.input: "input"} if nodes else {}
        how = words.get(nodes[0], "set") if nodes and isinstance(nodes[0], str) and nodes[0] else "set"
        if how == "copy":
            following = self._copied(scope)
        elif how == "input":
            following = [self._start(scope)]
        else:
            if unknown := self.unknown(scope):
                raise Unfit(f"There is no agent {unknown[:_SHOWN]!r}")
            name = self.agent(scope)
            agent = scope.agents.known.get(name) if isinstance(name, str) else None
            found = [
                each for own, node in zip(updates, nodes, strict=True) for each in self._following(own, node, agent)
            ]
            following = list(dict.fromkeys(found))
        return {
            "next": following,
            "upcoming": [{"id": scope.ids.uuid4(), "node": each} for each in following],
            "how": how,
            how: True,
            **({"copied": scope.latest} if how == "copy" and scope.latest else {}),
            "onward": "on" if following else "over",
        }

    def _updates(self, scope: Scope) -> list[Scope]:
        if self.each is None:
            return [scope]
        items = self.each(scope)
        return [replace(scope, item=each) for each in items] if isinstance(items, list) else []

    def _copied(self, scope: Scope) -> list[str]:
        if scope.latest is None:
            raise Unfit("There is no state that could be copied")
        found = dig(scope.latest, steps_of(self.rule.member))
        return list(found) if isinstance(found, list) else []

    @staticmethod
    def _start(scope: Scope) -> str:
        agent = scope.contract.profile.agent
        return agent.ends[0] if agent else START

    def _following(self, scope: Scope, node: Any, agent: DeclaredAgent | None) -> list[str]:
        """What comes after a node; where none is named and nothing is there, what a graph begins with."""
        table, start = self.rule.next, self._start(scope)
        if node in (ABSENT, None) and scope.latest is None:
            node = start
        if agent is None:
            if isinstance(node, str) and node in table:
                return list(table[node])
            return [self.rule.calls] if self.rule.calls and isinstance(node, str) and self._calls(scope) else []
        if node == start:
            return agent.after(START, calls=False)
        if not isinstance(node, str):
            node = next(iter(agent.after(START, calls=False)), "")
        if not agent.has(node):
            if not table.get(node, (node,)) and self.messages(scope) in (ABSENT, None):
                return []  # the word for the end, by which nothing is said
            raise Unfit(f"Node {node[:_SHOWN]} does not exist in the agent {agent.name}")
        return agent.after(node, calls=self._calls(scope))

    def _calls(self, scope: Scope) -> bool:
        """Whether the last message calls something: of those that were sent, else of those that are there."""
        sent = self.messages(scope)
        if not sent or sent is ABSENT:
            again = _said_so_far(scope.contract) if scope.latest else None
            sent = again(scope) if again else ABSENT
        messages = list(read_messages(scope, sent))
        lists = [each for each in messages[-1]["raw"].values() if isinstance(each, list)] if messages else []
        return any(isinstance(call, Mapping) and {"id", "name"} <= call.keys() for each in lists for call in each)


@functools.lru_cache(maxsize=64)
def _said_so_far(contract: Contract) -> Maker | None:
    """The reader of the messages that are there; None where nobody says where they are."""
    agent = contract.profile.agent
    return compile_setting(agent.input.again) if agent and agent.input.again else None


def compile_as_node(rule: AsNode | None) -> CompiledAsNode | None:
    """A rule's word, compiled; None where it has none."""
    if rule is None:
        return None
    return CompiledAsNode(
        rule=rule,
        node=fetch(rule.source),
        messages=fetch(rule.messages) if rule.messages else lambda _: ABSENT,
        each=fetch(rule.each) if rule.each else None,
        agent=compile_setting(rule.agent) if rule.agent else lambda _: ABSENT,
    )
