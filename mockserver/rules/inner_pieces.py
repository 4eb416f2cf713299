"""Pieces of graphs inside of nodes: those of the graph that a request names, and the newest of each where it asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.mockserver.rules.recipes import Members, compile_members
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.rules.sources import Maker, fetch
from threadmock.mockserver.state.store import Shelf, Thing
from threadmock.specs.behaviour.agent import InnerPieces
from threadmock.specs.behaviour.rule import Rule
from threadmock.specs.contract import Contract
from threadmock.specs.members import ABSENT, dig, put


@dataclass(frozen=True, eq=False)
class CompiledInside:
    """An `Inside`, compiled; see there. empty: what is shown of a graph that has not begun."""

    pieces: InnerPieces
    named: Maker | None
    asked: Maker | None
    empty: Members

    def graph(self, scope: Scope) -> str:
        """The graph that the request names; "" for that of the thread."""
        found = self.named(scope) if self.named else ABSENT
        return found if isinstance(found, str) else ""

    def shelf(self, scope: Scope) -> Shelf:
        """Where the pieces of all graphs inside of nodes are, beside those of the thread's own."""
        return (scope.shelf[0], self.pieces.resource, *scope.shelf[2:])

    def find(self, scope: Scope, graph: str, key: str) -> tuple[str, Thing | None]:
        """The piece of a graph with this key; without one the newest."""
        items = scope.store.items(self.shelf(scope))
        found = [item for item in items if dig(item[1], self.pieces.member) == graph and key in ("", item[0])]
        return found[-1] if found else (key, None)

    def shown(self, scope: Scope, thing: Thing) -> Thing:
        """A piece as the request asks to see it."""
        asked = self.asked(scope) if self.asked else ABSENT
        wanted = asked is True or (isinstance(asked, str) and asked.lower() == "true")
        return self._with_states(scope, thing) if wanted else thing

    def _with_states(self, scope: Scope, thing: Thing) -> Thing:
        tasks = dig(thing, self.pieces.tasks)
        if not isinstance(tasks, list):
            return thing
        made = dict(thing)
        put(made, self.pieces.tasks, [self._with_state(scope, each) for each in tasks])
        return made

    def _with_state(self, scope: Scope, task: Any) -> Any:
        graph = dig(task, self.pieces.names) if isinstance(task, Mapping) else None
        if not isinstance(graph, str) or not graph:
            return task
        _, state = self.find(scope, graph, "")
        state = self.empty.make(scope) if state is None else self._with_states(scope, state)
        name = self.pieces.names[0]
        gone = {name: None} if self.pieces.gone == "null" else {}
        return {**{word: value for word, value in task.items() if word != name}, **gone, self.pieces.shows: state}


def compile_inside(contract: Contract, rule: Rule) -> CompiledInside | None:
    """What a rule knows of graphs inside of nodes; None where it, or the provider's agent, knows of none."""
    found, agent = rule.inside, contract.profile.agent
    if found is None or agent is None or agent.inside is None:
        return None
    named, asked = (fetch(source) if source else None for source in (found.source, found.shown))
    return CompiledInside(agent.inside, named, asked, compile_members(rule.empty))
