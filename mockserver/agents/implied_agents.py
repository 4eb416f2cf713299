"""The graph that a script has without anybody declaring it: the nodes in which its steps happen, in their order."""

from collections.abc import Iterable, Sequence

from threadmock.mockserver.agents.beats import AGENT, TOOLS
from threadmock.mockserver.agents.script_words import SILENT
from threadmock.mockserver.agents.scripts import ReplyCondition, Script, Scripts, ScriptStep
from threadmock.mockserver.rules.declared_agents import END, START, AgentEdge, AgentNode, DeclaredAgent

_Edges = dict[tuple[str, str], None]


def implied_agent(scripts: Scripts, name: str) -> DeclaredAgent:
    """The agent of any name where none is declared: what the script makes of it that would answer."""
    script = scripts.known.get(name) or scripts.known[scripts.default]
    nodes, edges = implied_graph(script)
    return DeclaredAgent(name, script.name, nodes, edges)


def implied_graph(script: Script) -> tuple[tuple[AgentNode, ...], tuple[AgentEdge, ...]]:
    """Nodes and edges of a script. Where several nodes may follow one, each of its edges is conditional."""
    edges: _Edges = {}
    tools: dict[str, list[str]] = {}
    for reply in script.replies:
        edges |= dict.fromkeys((last, END) for last in _walk(reply.steps, {START: None}, edges, tools)[0])
    nodes = [node for node in dict.fromkeys(name for pair in edges for name in pair) if node not in (START, END)]
    many = {source for source, _ in edges if sum(each == source for each, _ in edges) > 1}
    order = {name: at for at, name in enumerate((START, *nodes, END))}
    ordered = sorted(edges, key=lambda pair: (order[pair[0]], order[pair[1]]))
    return (
        tuple(AgentNode(name, tuple(dict.fromkeys(tools.get(name, ())))) for name in nodes),
        tuple(AgentEdge(source, target, source in many) for source, target in ordered),
    )


def nodes_of(script: Script) -> tuple[str, ...]:
    """The nodes in which a script's steps happen."""
    return tuple(node.name for node in implied_graph(script)[0])


def _walk(
    steps: Sequence[ScriptStep],
    before: Iterable[str],
    edges: _Edges,
    tools: dict[str, list[str]],
    spoken: bool = False,
) -> tuple[dict[str, None], bool]:
    """Note the edges of steps that follow these nodes; the nodes in which they end, and whether by a message."""
    last = dict.fromkeys(before)
    for step in steps:
        if step.kind in SILENT:
            ends = [_walk(choice.steps, last, edges, tools, spoken) for choice in step.choices]
            if step.kind == "each":
                once = _walk(step.steps, last, edges, tools, spoken)
                ends.append(_walk(step.steps, once[0], edges, tools, once[1]))
            ends += [] if any(choice.when == ReplyCondition() for choice in step.choices) else [(last, spoken)]
            last, spoken = dict.fromkeys(node for nodes, _ in ends for node in nodes), any(each for _, each in ends)
            continue
        if step.kind == "interrupts":
            edges |= dict.fromkeys((each, one.node) for each in last for one in step.several)
            last, spoken = dict.fromkeys(one.node for one in step.several), True
            continue
        node = step.name if step.kind == "subgraph" else step.node or AGENT
        if spoken or set(last) != {node}:  # what is said ends the node: what comes then is another visit
            edges |= dict.fromkeys((each, node) for each in last)
            last, spoken = {node: None}, False
        spoken = spoken or step.kind == "subgraph"
        if step.kind in ("say", "call"):
            spoken = True
            called = [call.name for call in step.calls if call.result is not None]
            if review := next((call.approve.node for call in step.calls if call.approve), ""):
                edges[node, review] = None
                node, last = review, {review: None}
            if called:
                edges[node, TOOLS] = None
                tools.setdefault(TOOLS, []).extend(called)
                last = {TOOLS: None, **({review: None} if review else {})}
    return last, spoken
