"""Agents as a user declares them: their nodes and edges, what comes after a node, and their graph as it is drawn."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

START, END = "start", "end"
"""Where a graph begins and ends, in the words of the script file."""
ALL = 100
"""Deeper than any agent lies inside of others."""


@dataclass(frozen=True)
class AgentNode:
    """tools: names of the tools that it calls. agent: another agent, which is this node; namespace: of that one."""

    name: str
    tools: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    agent: "DeclaredAgent | None" = None
    namespace: str = ""


@dataclass(frozen=True)
class AgentEdge:
    """A step from one node to another. conditional: one of several that may be taken; label: when it is."""

    source: str
    target: str
    conditional: bool = False
    label: str = ""


@dataclass(frozen=True)
class DeclaredAgent:
    """script: the name of what it says. schemas: by what each is of (input, output, state, config, context)."""

    name: str
    script: str
    nodes: tuple[AgentNode, ...]
    edges: tuple[AgentEdge, ...]
    schemas: Mapping[str, Any] = field(default_factory=dict)
    description: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def members(self) -> list[str] | None:
        """The names of what it takes: by its schema of the input, else of the state; None where that does not tell."""
        for word in ("input", "state"):
            if isinstance(schema := self.schemas.get(word), Mapping):
                listed = schema.get("properties")
                closed = not schema.get("additionalProperties") and not schema.get("patternProperties")
                return list(listed) if isinstance(listed, Mapping) and closed else None
        return None

    def has(self, node: str) -> bool:
        """Whether there is such a node."""
        return any(each.name == node for each in self.nodes)

    def after(self, node: str, *, calls: bool) -> list[str]:
        """The nodes that come after one. calls: the last message calls a tool.

        Of conditional edges one is taken: to the tools where something is called, else to the end, where one leads
        there; else the first that does not lead to the tools.
        """
        out = [edge for edge in self.edges if edge.source == node]
        targets = [edge.target for edge in out if not edge.conditional]
        choice = [edge.target for edge in out if edge.conditional]
        tools = [each.name for each in self.nodes if each.tools]
        if choice:
            others = [each for each in choice if each not in tools]
            ending = [each for each in others if each == END]
            called = [each for each in choice if each in tools] if calls else []
            targets += (called or ending or others)[:1]
        return [each for each in dict.fromkeys(targets) if each != END]


@dataclass(frozen=True)
class Agents:
    """known: the declared agents, by name; where there is one, there are no others. implied: of any other name."""

    known: Mapping[str, DeclaredAgent] = field(default_factory=dict)
    implied: Callable[[str], DeclaredAgent | None] = lambda _: None

    def find(self, name: str) -> DeclaredAgent | None:
        """The agent of that name; where none is declared, what its script makes of it."""
        return self.known.get(name) or (None if self.known else self.implied(name))


@dataclass(frozen=True)
class Drawing:
    """A graph as it is drawn: nodes by their ids, in order, and edges between those."""

    nodes: Mapping[str, AgentNode]
    edges: tuple[AgentEdge, ...]

    def first(self, *without: str) -> str:
        """The only node to which nothing leads, apart from what leads there from some; "" where there are several."""
        targets = {edge.target for edge in self.edges if edge.source not in without}
        return _only(each for each in self.nodes if each not in targets and each not in without)

    def last(self, *without: str) -> str:
        """The only node from which nothing leads on; see `first`."""
        sources = {edge.source for edge in self.edges if edge.target not in without}
        return _only(each for each in self.nodes if each not in sources and each not in without)

    def lacking(self, *gone: str) -> "Drawing":
        """The same without some nodes and their edges."""
        nodes = {name: node for name, node in self.nodes.items() if name not in gone}
        return Drawing(nodes, tuple(each for each in self.edges if not {each.source, each.target} & {*gone}))

    def trimmed(self) -> "Drawing":
        """The same without its begin and its end, where just one node stands beside each."""
        made = self
        if (first := made.first()) and made.first(first):
            made = made.lacking(first)
        if (last := made.last()) and made.last(last):
            made = made.lacking(last)
        return made


def _only(names: Iterator[str]) -> str:
    found = list(names)
    return found[0] if len(found) == 1 else ""


def draw(agent: DeclaredAgent, ends: tuple[str, str], depth: int) -> Drawing:
    """The graph of an agent. ends: the ids of its begin and its end; depth: how deep agents in nodes are drawn, too."""
    words = {START: ends[0], END: ends[1]}
    nodes = {each: AgentNode(each) for each in ends[:1]}
    nodes |= {each.name: each for each in agent.nodes} | {ends[1]: AgentNode(ends[1])}
    edges = tuple(
        replace(edge, source=words.get(edge.source, edge.source), target=words.get(edge.target, edge.target))
        for edge in agent.edges
    )
    made = Drawing(nodes, edges)
    for node in agent.nodes:
        if node.agent and depth > 0:
            made = _opened(made, node.name, draw(node.agent, ends, depth - 1).trimmed())
    return made


def _opened(outer: Drawing, name: str, inner: Drawing) -> Drawing:
    """A drawing with another in place of one of its nodes; as it was where the other has not one begin and one end."""
    first, last = inner.first(), inner.last()
    if not first or not last:
        return outer
    nodes = {each: node for each, node in outer.nodes.items() if each != name}
    nodes |= {f"{name}:{each}": node for each, node in inner.nodes.items()}
    edges = [
        replace(
            edge,
            source=f"{name}:{last}" if edge.source == name else edge.source,
            target=f"{name}:{first}" if edge.target == name else edge.target,
        )
        for edge in outer.edges
    ]
    edges += [replace(each, source=f"{name}:{each.source}", target=f"{name}:{each.target}") for each in inner.edges]
    return Drawing(nodes, tuple(edges))


def inner_agents(agent: DeclaredAgent, depth: int, above: str = "") -> Iterator[tuple[str, DeclaredAgent]]:
    """The agents in an agent's nodes by their namespace, those inside of these to a depth as well."""
    for node in agent.nodes:
        if node.agent:
            namespace = above + (node.namespace or node.name)
            yield namespace, node.agent
            if depth > 0:
                yield from inner_agents(node.agent, depth - 1, f"{namespace}|")


def as_item(agent: DeclaredAgent, ends: tuple[str, str] = (START, END), depth: int = 0) -> dict[str, Any]:
    """What settings read of an agent. Its nodes and edges are those of its drawing."""
    drawing = draw(agent, ends, depth)
    return {
        "name": agent.name,
        "script": agent.script,
        "description": agent.description,
        "metadata": dict(agent.metadata),
        "nodes": [_node_item(name, node, ends) for name, node in drawing.nodes.items()],
        "edges": [_edge_item(each) for each in drawing.edges],
        "inner": [{"namespace": name, **_schemas(each)} for name, each in inner_agents(agent, depth)],
        **_schemas(agent),
    }


def _schemas(agent: DeclaredAgent) -> dict[str, Any]:
    return {"name": agent.name, **agent.schemas}


def _node_item(name: str, node: AgentNode, ends: Sequence[str]) -> dict[str, Any]:
    made: dict[str, Any] = {"id": name}
    if node.metadata:
        made["metadata"] = dict(node.metadata)
    if node.tools:
        made["tools"] = list(node.tools)
    made |= {"noted": True} if node.metadata or node.tools else {}
    return made | ({"final": True} if name == ends[1] else {"going": True})


def _edge_item(edge: AgentEdge) -> dict[str, Any]:
    made: dict[str, Any] = {"source": edge.source, "target": edge.target}
    made |= {"label": edge.label} if edge.label else {}
    return made | ({"conditional": True} if edge.conditional else {})
