"""Read the agents that a file of scripts declares. Errors name the place and what to write instead.

Under `agents`, by name: script, description, metadata, nodes, edges, schemas. What is left out follows from the script.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from threadmock.mockserver.agents.implied_agents import implied_graph, nodes_of
from threadmock.mockserver.agents.scripts import Script
from threadmock.mockserver.rules.declared_agents import END, START, AgentEdge, AgentNode, DeclaredAgent
from threadmock.mockserver.yaml_source import FileReader
from threadmock.specs.errors import nearest
from threadmock.specs.schemas.patterns import fast_engine

_AGENT = ("script", "description", "metadata", "nodes", "edges", "schemas")
_NODE = ("name", "tools", "metadata", "agent", "checkpoint_ns")
_EDGE = ("from", "to", "when")
_SCHEMAS = ("input", "output", "state", "config", "context")
_PAIR = 2


class AgentReader(FileReader):
    """Reads the agents of one file; every error names the place in it."""

    def agents(self, tree: Any, scripts: Mapping[str, Script], default: str) -> dict[str, DeclaredAgent]:
        """The declared agents by name. scripts: all that an agent may name; default: what one without a script says."""
        node = tree.get("agents") if isinstance(tree, Mapping) else None
        if node is None:
            return {}
        if not isinstance(node, Mapping) or not node:
            self.fail("`agents` is an object of names to agents.", "/agents", "Write at least one.")
        made: dict[str, DeclaredAgent] = {}
        inner: dict[str, list[tuple[int, str]]] = {}
        for name, each in node.items():
            at = f"/agents/{name}"
            if not isinstance(name, str) or not name:
                self.fail(f"{name!r} is no name of an agent.", at, "Write a text.")
            known = self.mapping(each, _AGENT, at, "An agent")
            made[name] = self.agent(known, name, at, scripts, default)
            inner[name] = list(self.inner(known, at, tuple(node)))
        return {name: self.whole(name, made, inner, ()) for name in made}

    def agent(
        self, node: Mapping[str, Any], name: str, at: str, scripts: Mapping[str, Script], default: str
    ) -> DeclaredAgent:
        """One agent, without those inside of it."""
        chosen = self.texts(node.get("script", name if name in scripts else default), f"{at}/script")
        if chosen not in scripts:
            self.fail(f"There is no script {chosen!r}.", f"{at}/script", nearest(chosen, tuple(scripts)))
        script = scripts[chosen]
        if "nodes" in node:
            nodes = self.nodes(node["nodes"], f"{at}/nodes")
            edges = self.edges(node, at, nodes)
            self.check_script(script, nodes, f"{at}/nodes")
        elif "edges" in node:
            self.fail("There are edges, and no nodes.", f"{at}/edges", "Add `nodes`.")
        else:
            nodes, edges = implied_graph(script)
        return DeclaredAgent(
            name=name,
            script=chosen,
            nodes=nodes,
            edges=edges,
            schemas=self.schemas(node.get("schemas", {}), f"{at}/schemas"),
            description=self.texts(node["description"], f"{at}/description") if "description" in node else None,
            metadata=self.object(node.get("metadata", {}), f"{at}/metadata"),
        )

    def nodes(self, node: Any, at: str) -> tuple[AgentNode, ...]:
        """The nodes, in the order in which they are drawn."""
        made: list[AgentNode] = []
        for number, each in enumerate(self.items(node, at)):
            here = f"{at}/{number}"
            known = {"name": each} if isinstance(each, str) else self.mapping(each, _NODE, here, "A node")
            name = self.texts(known.get("name"), here if "name" not in known else f"{here}/name", "Give it a `name`.")
            if name in (START, END) or not name:
                what = f"{name!r} is no name of a node."
                self.fail(what, here, "`start` and `end` stand for where edges begin and end.")
            if any(other.name == name for other in made):
                self.fail(f"Two nodes are named {name!r}.", here, "Rename one.")
            tools: Any = known.get("tools", [])
            if "checkpoint_ns" in known and "agent" not in known:
                self.fail("Only an agent in a node has a `checkpoint_ns`.", f"{here}/checkpoint_ns", "Add `agent`.")
            made.append(
                AgentNode(
                    name=name,
                    tools=tuple(
                        self.texts(one, f"{here}/tools/{at}")
                        for at, one in enumerate(self.items(tools, f"{here}/tools"))
                    ),
                    metadata=self.object(known.get("metadata", {}), f"{here}/metadata"),
                    namespace=self.texts(known.get("checkpoint_ns", ""), f"{here}/checkpoint_ns"),
                )
            )
        if not made:
            self.fail("There are no nodes.", at, "Write at least one, or leave `nodes` out.")
        return tuple(made)

    def edges(self, node: Mapping[str, Any], at: str, nodes: Sequence[AgentNode]) -> tuple[AgentEdge, ...]:
        """The edges; without any, the nodes follow each other."""
        names = [each.name for each in nodes]
        if "edges" not in node:
            order = [START, *names, END]
            return tuple(map(AgentEdge, order, order[1:]))
        at = f"{at}/edges"
        made = [
            edge
            for number, each in enumerate(self.items(node["edges"], at))
            for edge in self.edge(each, f"{at}/{number}", names)
        ]
        if not any(edge.source == START for edge in made):
            self.fail("No edge begins at `start`.", at, f"Add `[start, {names[0]}]`.")
        return tuple(made)

    def edge(self, node: Any, at: str, names: Sequence[str]) -> Iterator[AgentEdge]:
        """One edge, or one for each of several that may be taken."""
        if isinstance(node, list) and len(node) == _PAIR:
            known: Mapping[str, Any] = {"from": node[0], "to": node[1]}
            source_at, target_at = f"{at}/0", f"{at}/1"
        else:
            if not isinstance(node, Mapping):
                self.fail("This is no edge.", at, "Write it as `[FROM, TO]`, or as `{from: FROM, to: [TO, …]}`.")
            known = self.mapping(node, _EDGE, at, "An edge")
            source_at, target_at = f"{at}/from", f"{at}/to"
        source = self.end(known.get("from"), (START, *names), source_at)
        many = isinstance(known.get("to"), list)
        targets = known["to"] if many else [known.get("to")]
        label = self.texts(known["when"], f"{at}/when") if "when" in known else ""
        if many and label:
            self.fail("`when` goes with one target.", f"{at}/when", "Write an edge for each.")
        for number, each in enumerate(targets):
            target = self.end(each, (*names, END), f"{target_at}/{number}" if many else target_at)
            yield AgentEdge(source, target, many or bool(label), label)

    def end(self, node: Any, names: tuple[str, ...], at: str) -> str:
        """A node at which an edge begins or ends."""
        if node is None:
            self.fail("An edge has `from` and `to`.", at, "Write it as `[FROM, TO]`.")
        name = self.texts(node, at)
        return name if name in names else self.fail(f"There is no node {name!r} here.", at, nearest(name, names))

    def check_script(self, script: Script, nodes: Sequence[AgentNode], at: str) -> None:
        """Whether the agent has the nodes in which its script happens."""
        names = [each.name for each in nodes]
        for node in nodes_of(script):
            if node not in names:
                what = f"The script {script.name!r} speaks in a node {node!r}, which is not among the nodes."
                self.fail(what, at, "Add it, or change the `node` of the step.")

    def schemas(self, node: Any, at: str) -> dict[str, Any]:
        """JSON Schemas by what they are of; null for none."""
        known = self.mapping(node, _SCHEMAS, at, "`schemas`")
        for word, schema in known.items():
            if schema is not None and not isinstance(schema, Mapping):
                self.fail("This is no schema.", f"{at}/{word}", "Write a JSON Schema, or null.")
            try:
                fast_engine(schema or {})
            except ValueError as error:
                self.fail(f"This is no JSON Schema: {str(error).splitlines()[0][:200]}.", f"{at}/{word}", "Mend it.")
        return dict(known)

    def inner(self, node: Mapping[str, Any], at: str, names: tuple[str, ...]) -> Iterator[tuple[int, str]]:
        """The positions of nodes that are other agents, with the names of those."""
        for number, each in enumerate(node.get("nodes", ())):
            if isinstance(each, Mapping) and "agent" in each:
                here = f"{at}/nodes/{number}/agent"
                name = self.texts(each["agent"], here)
                if name not in names:
                    self.fail(f"There is no agent {name!r} here.", here, nearest(name, names))
                yield number, name

    def whole(
        self,
        name: str,
        made: Mapping[str, DeclaredAgent],
        inner: Mapping[str, Sequence[tuple[int, str]]],
        above: tuple[str, ...],
    ) -> DeclaredAgent:
        """An agent with those inside of it."""
        nodes = list(made[name].nodes)
        for number, other in inner[name]:
            if other in (*above, name):
                at = f"/agents/{name}/nodes/{number}/agent"
                self.fail(f"The agent {other!r} would be inside of itself.", at, "Take one of the two away.")
            nodes[number] = replace(nodes[number], agent=self.whole(other, made, inner, (*above, name)))
        return replace(made[name], nodes=tuple(nodes))
