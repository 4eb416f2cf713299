"""Agents that a script file declares: what is wrong is told with its place, what is right is listed, drawn and obeyed."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.agent_client import NOBODY, Talk, said, scripts_of
from threadmock.mockserver.agents.implied_agents import implied_agent
from threadmock.mockserver.agents.script_files import read_scripts
from threadmock.mockserver.cli.greeting import greeting
from threadmock.mockserver.rules.declared_agents import END, START, AgentEdge, AgentNode, DeclaredAgent, draw
from threadmock.specs.errors import SpecError

SCRIPTS = """scripts:
  tools:
    pace: 0
    steps:
    - say: I look.
      calls: [{name: find, arguments: {}, result: found}]
    - say: Here it is.
  gate:
    pace: 0
    steps:
    - say: I would go ahead.
    - {interrupt: {question: Shall I?}, node: ask}
    - {say: It is done., node: finish}
"""
AGENTS = """agents:
  tools:
    description: Looks things up.
    metadata: {team: blue}
    nodes: [agent, {name: tools, tools: [find, keep]}]
    edges: [[start, agent], {from: agent, to: [end, agent, tools]}, [tools, agent]]
  gate: {}
  outer:
    script: gate
    nodes: [agent, ask, {name: research, agent: tools, checkpoint_ns: looking}, {name: finish, metadata: {late: true}}]
    schemas: {input: null, state: {type: object, title: Held}, context: {type: object}}
"""
FILE = SCRIPTS + AGENTS
# Each: what stands under `agents`, where the error points, what it says, what it offers.
WRONG: Mapping[str, tuple[str, str, str, str]] = {
    "a list": ("[a]", "#/agents (line 14)", "names to agents", "at least one"),
    "none": ("{}", "#/agents (line 14)", "names to agents", "at least one"),
    "an agent that is a text": ("\n  a: tools", "#/agents/a (line 15)", "An agent is an object", "script"),
    "an unknown member": ("\n  a: {scripts: tools}", "#/agents/a (line 15)", "no member 'scripts'", "'script'"),
    "an unknown script": ("\n  a:\n    script: tool_s", "#/agents/a/script (line 16)", "no script 'tool_s'", "'tools'"),
    "a description": ("\n  a: {description: 1}", "#/agents/a/description (line 15)", "no text", "quotes"),
    "metadata": ("\n  a: {metadata: [1]}", "#/agents/a/metadata (line 15)", "no object", "names with values"),
    "edges alone": ("\n  a: {edges: [[start, end]]}", "#/agents/a/edges (line 15)", "no nodes", "Add `nodes`"),
    "no nodes": ("\n  a: {nodes: []}", "#/agents/a/nodes (line 15)", "no nodes", "leave `nodes` out"),
    "a node without a name": ("\n  a: {nodes: [{tools: []}]}", "#/agents/a/nodes/0 (line 15)", "no text", "`name`"),
    "a node that is the end": ("\n  a: {nodes: [end]}", "#/agents/a/nodes/0", "no name of a node", "edges"),
    "two of one name": ("\n  a:\n    nodes:\n    - x\n    - x", "#/agents/a/nodes/1 (line 18)", "named 'x'", "Rename"),
    "tools": ("\n  a: {nodes: [{name: x, tools: [1]}]}", "#/agents/a/nodes/0/tools/0", "no text", "quotes"),
    "a namespace for nothing": (
        "\n  a: {nodes: [{name: x, checkpoint_ns: y}]}",
        "#/agents/a/nodes/0/checkpoint_ns (line 15)",
        "Only an agent in a node",
        "Add `agent`",
    ),
    "a script elsewhere": (
        "\n  gate:\n    nodes: [agent, ask]",
        "#/agents/gate/nodes (line 16)",
        "speaks in a node 'finish'",
        "change the `node`",
    ),
    "no way in": (
        "\n  tools: {nodes: [agent, tools], edges: [[agent, tools]]}",
        "#/agents/tools/edges (line 15)",
        "No edge begins at `start`",
        "[start, agent]",
    ),
    "an edge to nowhere": (
        "\n  tools:\n    nodes: [agent, tools]\n    edges:\n    - [start, agent]\n    - [agent, tool]",
        "#/agents/tools/edges/1/1 (line 19)",
        "no node 'tool'",
        "'tools'",
    ),
    "an edge from the end": (
        "\n  tools: {nodes: [agent, tools], edges: [[start, agent], [end, agent]]}",
        "#/agents/tools/edges/1/0",
        "no node 'end'",
        "",
    ),
    "half an edge": (
        "\n  tools: {nodes: [agent, tools], edges: [{from: start}]}",
        "#/agents/tools/edges/0/to",
        "has `from` and `to`",
        "[FROM, TO]",
    ),
    "no edge": ("\n  tools: {nodes: [agent, tools], edges: [1]}", "#/agents/tools/edges/0", "no edge", "FROM"),
    "one label for many": (
        "\n  tools: {nodes: [agent, tools], edges: [{from: start, to: [agent, tools], when: x}]}",
        "#/agents/tools/edges/0/when",
        "one target",
        "each",
    ),
    "an unknown schema": ("\n  a: {schemas: {inputs: {}}}", "#/agents/a/schemas (line 15)", "no member", "'input'"),
    "a schema that is a text": ("\n  a: {schemas: {input: x}}", "#/agents/a/schemas/input", "no schema", "null"),
    "a schema that is none": (
        "\n  a:\n    schemas:\n      state: {type: objekt}",
        "#/agents/a/schemas/state (line 17)",
        "no JSON Schema",
        "Mend it",
    ),
    "an unknown agent inside": (
        "\n  gate: {nodes: [agent, ask, finish, {name: x, agent: gates}]}",
        "#/agents/gate/nodes/3/agent (line 15)",
        "no agent 'gates'",
        "'gate'",
    ),
    "itself inside": (
        "\n  a: {script: empty, nodes: [{name: x, agent: b}]}\n  b: {script: empty, nodes: [{name: y, agent: a}]}",
        "#/agents/b/nodes/0/agent (line 16)",
        "inside of itself",
        "Take one",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_its_place_and_what_to_do(name):
    text, place, what, fix = WRONG[name]
    with pytest.raises(SpecError) as told:
        scripts_of(f"{SCRIPTS}agents: {text}")
    assert place in str(told.value)
    assert what in str(told.value)
    assert fix in str(told.value)


def test_a_file_may_declare_agents_of_shipped_scripts_alone(tmp_path):
    (tmp_path / "mine.yaml").write_text("agents: {helper: {script: human}}")
    scripts = read_scripts(str(tmp_path / "mine.yaml"))
    assert (scripts.default, scripts.declared["helper"].script) == ("echo", "human")
    (tmp_path / "mine.yaml").write_text("agents: {helper: {}}\ndefault: human")
    with pytest.raises(SpecError, match="no member 'default'"):
        read_scripts(str(tmp_path / "mine.yaml"))


def test_without_nodes_the_script_says_what_they_are():
    gate = scripts_of(FILE).declared["gate"]
    assert [node.name for node in gate.nodes] == ["agent", "ask", "finish"]
    assert [(edge.source, edge.target, edge.conditional) for edge in gate.edges] == [
        (START, "agent", False), ("agent", "ask", False), ("ask", "finish", False), ("finish", END, False),
    ]  # fmt: skip
    tools = implied_agent(scripts_of(SCRIPTS), "tools")
    assert [(node.name, node.tools) for node in tools.nodes] == [("agent", ()), ("tools", ("find",))]
    assert [(edge.source, edge.target, edge.conditional) for edge in tools.edges] == [
        (START, "agent", False), ("agent", "tools", True), ("agent", END, True), ("tools", "agent", False),
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(read_scripts().known))
def test_every_shipped_script_has_a_graph_whose_edges_have_nodes(name):
    made = implied_agent(read_scripts(), name)
    known = {START, END, *(node.name for node in made.nodes)}
    assert {edge.source for edge in made.edges} | {edge.target for edge in made.edges} <= known


def _agents(inner: st.SearchStrategy[DeclaredAgent | None]) -> st.SearchStrategy[DeclaredAgent]:
    names = st.lists(st.sampled_from("abcd"), min_size=1, unique=True)

    def with_edges(nodes: list[tuple[str, DeclaredAgent | None]]) -> st.SearchStrategy[DeclaredAgent]:
        places = [name for name, _ in nodes]
        pairs = st.tuples(st.sampled_from([START, *places]), st.sampled_from([*places, END]))
        made = tuple(AgentNode(name, agent=each) for name, each in nodes)
        return st.lists(pairs, min_size=1, max_size=6, unique=True).map(
            lambda edges: DeclaredAgent("x", "echo", made, tuple(AgentEdge(*edge) for edge in edges))
        )

    return names.flatmap(lambda some: st.tuples(*(st.tuples(st.just(name), inner) for name in some))).flatmap(
        lambda nodes: with_edges(list(nodes))
    )


@given(_agents(st.none() | _agents(st.none() | _agents(st.none()))), st.integers(0, 3))
def test_whatever_is_declared_and_however_deep_it_is_drawn_every_edge_has_its_nodes(agent, depth):
    drawing = draw(agent, ("<", ">"), depth)
    assert {edge.source for edge in drawing.edges} | {edge.target for edge in drawing.edges} <= set(drawing.nodes)
    assert len(draw(agent, ("<", ">"), 0).nodes) == len(agent.nodes) + 2
    assert next(iter(drawing.nodes)) == "<"
    assert draw(agent, ("<", ">"), 3) == draw(agent, ("<", ">"), 100)


@pytest.fixture(scope="module", params=["documented", "observed"])
def talk(request):
    return Talk(FILE, layer=request.param)


@pytest.fixture
def known(talk) -> dict[str, Any]:
    return {each["graph_id"]: each for each in talk.ask("POST", "/assistants/search", {}).json()}


def test_declared_agents_are_listed_from_the_start_and_again_after_a_reset(talk, known):
    assert list(known) == ["outer", "gate", "tools"]
    assert known["tools"]["metadata"] == {"team": "blue", "created_by": "system"}
    assert (known["tools"]["description"], known["gate"]["description"]) == ("Looks things up.", None)
    space = uuid.UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
    assert known["gate"]["assistant_id"] == str(uuid.uuid5(space, "gate"))
    talk.gateway.reset()
    again = talk.ask("POST", "/assistants/search", {}).json()
    assert [each["assistant_id"] for each in again] == [each["assistant_id"] for each in known.values()]


def test_a_graph_is_drawn_from_the_declared_nodes(talk, known):
    path = f"/assistants/{known['tools']['assistant_id']}/graph"
    assert talk.get(path) == {
        "nodes": [
            {"id": "__start__", "type": "runnable", "data": {"name": "__start__"}},
            {"id": "agent", "type": "runnable", "data": {"name": "agent"}},
            {"id": "tools", "type": "runnable", "data": {"name": "tools"}, "metadata": {"__tools": ["find", "keep"]}},
            {"id": "__end__"},
        ],
        "edges": [
            {"source": "__start__", "target": "agent"},
            {"source": "agent", "target": "__end__", "conditional": True},
            {"source": "agent", "target": "agent", "conditional": True},
            {"source": "agent", "target": "tools", "conditional": True},
            {"source": "tools", "target": "agent"},
        ],
    }
    mine = talk.ask("POST", "/assistants", {"graph_id": "tools"}).json()["assistant_id"]
    assert talk.get(f"/assistants/{mine}/graph") == talk.get(path)
    assert talk.get("/assistants/tools/graph") == talk.get(path)
    assert talk.ask("GET", "/assistants/nobody/graph").status == 422


@pytest.mark.parametrize("depth", ["true", "1"])
def test_agents_inside_of_nodes_are_drawn_where_that_is_asked_for(talk, known, depth):
    path = f"/assistants/{known['outer']['assistant_id']}/graph"
    assert [node["id"] for node in talk.get(path)["nodes"]] == ["__start__", "agent", "ask", "research", "finish", "__end__"]  # fmt: skip
    assert talk.get(path, "xray=false") == talk.get(path)
    drawn = talk.get(path, f"xray={depth}")
    # Something leads back to its first node, so that its begin stays; nothing ends in one place, so that its end does.
    inner = ["research:__start__", "research:agent", "research:tools", "research:__end__"]
    assert [node["id"] for node in drawn["nodes"]] == ["__start__", "agent", "ask", "finish", "__end__", *inner]
    assert {"source": "ask", "target": "research:__start__"} in drawn["edges"]
    assert {"source": "research:__end__", "target": "finish"} in drawn["edges"]


def test_the_graphs_inside_are_told_by_their_namespace(talk, known):
    path = f"/assistants/{known['outer']['assistant_id']}/subgraphs"
    found = talk.get(path)
    assert list(found) == ["looking"]
    assert found["looking"]["state_schema"]["title"] == "MessagesState"
    assert talk.get(f"{path}/looking") == talk.get(f"{path}/looking", "recurse=true") == found
    assert talk.get(f"{path}/research") == {}
    assert talk.get(f"/assistants/{known['gate']['assistant_id']}/subgraphs", "recurse=true") == {}


def test_schemas_are_the_declared_ones_else_those_of_messages(talk, known):
    outer = talk.get(f"/assistants/{known['outer']['assistant_id']}/schemas")
    assert (outer["graph_id"], outer["state_schema"]) == ("outer", {"type": "object", "title": "Held"})
    assert outer["context_schema"] == {"type": "object"}
    assert outer["config_schema"] == {}
    assert outer["output_schema"]["required"] == ["messages"]
    if talk.layer == "observed":
        assert outer["input_schema"] is None
    else:  # the document has no null there
        assert outer["input_schema"]["required"] == ["messages"]
    gate = talk.get(f"/assistants/{known['gate']['assistant_id']}/schemas")
    assert gate.get("context_schema") is None
    assert ("context_schema" in gate) == (talk.layer == "observed")


# Each: the schemas of an agent, and what it takes of an input that has more; None for all.
MESSAGES_AND_NOTE = {"properties": {"messages": {}, "note": {}}}
TAKEN: Mapping[str, tuple[Mapping[str, Any], set[str] | None]] = {
    "none declared": ({}, None),
    "the state's": ({"state": MESSAGES_AND_NOTE}, {"messages", "note"}),
    "the state's, where there is none of the input": ({"input": None, "state": MESSAGES_AND_NOTE}, {"messages", "note"}),
    "the input's before the state's": ({"input": {"properties": {"messages": {}}}, "state": MESSAGES_AND_NOTE}, {"messages"}),
    "one without properties": ({"state": {"type": "object"}}, None),
    "one that takes others": ({"state": {**MESSAGES_AND_NOTE, "additionalProperties": True}}, None),
    "one that takes others by pattern": ({"state": {**MESSAGES_AND_NOTE, "patternProperties": {"^t": {}}}}, None),
    "one that takes no others": ({"state": {**MESSAGES_AND_NOTE, "additionalProperties": False}}, {"messages", "note"}),
}  # fmt: skip


@pytest.mark.parametrize("layer", ["documented", "observed"])
def test_of_an_input_an_agent_keeps_what_its_schemas_name(layer):
    agents = {f"agent {number}": {"schemas": schemas} for number, (schemas, _) in enumerate(TAKEN.values())}
    talk = Talk(json.dumps({"agents": agents}), layer=layer)
    sent = {**said("x"), "note": "y", "tools": []}
    kept = {}
    for name, agent in zip(TAKEN, agents, strict=True):
        thread = talk.thread()
        assert talk.ask("POST", f"/threads/{thread}/runs/wait", {"assistant_id": agent, "input": sent}).status == 200
        kept[name] = set(talk.state(thread)["values"])
    assert kept == {name: set(sent) if taken is None else taken for name, (_, taken) in TAKEN.items()}


def test_what_is_not_declared_is_refused(talk, known):
    thread = talk.thread()
    for path in ("/runs", "/runs/stream", "/runs/wait", f"/threads/{thread}/runs", f"/threads/{thread}/runs/wait"):
        assert talk.ask("POST", path, {"assistant_id": "nobody", "input": said("x")}).status == 422
        assert talk.ask("POST", path, {"assistant_id": NOBODY, "input": said("x")}).status == 404
    for path in ("/assistants", "/assistants/search", "/assistants/count"):
        refused = talk.ask("POST", path, {"graph_id": "nobody"})
        assert (refused.status, "there are gate, outer, tools" in refused.json()["detail"]) == (404, True)
        assert talk.ask("POST", path, {"graph_id": "gate"}).status == 200
    assert talk.ask("PATCH", f"/assistants/{known['gate']['assistant_id']}", {"graph_id": "nobody"}).status == 404
    assert talk.ask("POST", "/runs/crons", {"assistant_id": "nobody", "schedule": "0 9 * * 1-5"}).status == 404
    for path in ("graph", "subgraphs", "schemas"):
        assert talk.ask("GET", f"/assistants/{NOBODY}/{path}").status == 404
    assert talk.ask("POST", "/runs/wait", {"assistant_id": "gate", "input": said("x")}).status == 200
    chosen = {"assistant_id": known["gate"]["assistant_id"], "input": said("x")}
    assert talk.ask("POST", "/runs/wait", chosen).status == 200


def test_an_agent_says_what_its_script_says(talk):
    thread = talk.thread()
    talk.wait(thread, "x", assistant_id="outer")
    assert talk.texts(thread) == ["x", "I would go ahead."]
    assert talk.state(thread)["next"] == ["ask"]


# Each: the agent, the node, what it said; and what comes next.
NEXT: Mapping[str, tuple[str, str | None, Any, list[str]]] = {
    "the start": ("gate", "__start__", "user", ["agent"]),
    "nobody, and nothing is there": ("gate", None, "user", ["agent"]),
    "a node before another": ("gate", "agent", "assistant", ["ask"]),
    "the last node": ("gate", "finish", "assistant", []),
    "one that calls nothing": ("tools", "agent", "assistant", []),
    "one that calls": ("tools", "agent", "calls", ["tools"]),
    "the tools": ("tools", "tools", "tool", ["agent"]),
    "before the start": ("tools", "__input__", "user", ["__start__"]),
}
MESSAGES = {
    "user": {"role": "user", "content": "x"},
    "assistant": {"role": "assistant", "content": "x"},
    "calls": {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "name": "find", "args": {}}]},
    "tool": {"role": "tool", "content": "x", "tool_call_id": "c"},
}


@pytest.mark.parametrize("how", ["state", "supersteps"])
@pytest.mark.parametrize("name", NEXT)
def test_what_comes_after_a_node_follows_from_the_declared_edges(talk, name, how):
    graph, node, message, following = NEXT[name]
    update = {"values": {"messages": [MESSAGES[message]]}, **({"as_node": node} if node else {})}
    if how == "supersteps" and node:
        thread = talk.thread(metadata={"graph_id": graph}, supersteps=[{"updates": [update]}])
    else:
        thread = talk.thread(metadata={"graph_id": graph})
        assert talk.ask("POST", f"/threads/{thread}/state", update).status == 200
    state = talk.state(thread)
    assert (state["next"], [task["name"] for task in state["tasks"]]) == (following, following)
    assert talk.status(thread) == ("interrupted" if following else "idle")
    assert len(state["values"]["messages"]) == (node != "__input__")


@pytest.mark.parametrize("node", ["nope", "finish", "__end__"])
def test_a_node_that_the_agent_has_not_is_refused_and_nothing_is_stored(talk, node):
    status = 400 if talk.layer == "observed" else 422
    update = {"values": {"messages": [MESSAGES["user"]]}, "as_node": node}
    thread = talk.thread(metadata={"graph_id": "tools"})
    refused = talk.ask("POST", f"/threads/{thread}/state", update)
    assert (refused.status, f"Node {node} does not exist" in refused.json()["detail"]) == (status, True)
    fine = {**update, "as_node": "agent"}
    asked = {"thread_id": str(uuid.uuid4()), "metadata": {"graph_id": "tools"}}
    refused = talk.ask("POST", "/threads", {**asked, "supersteps": [{"updates": [fine]}, {"updates": [update]}]})
    assert (refused.status, f"Node {node} does not exist" in refused.json()["detail"]) == (status, True)
    left = talk.get(f"/threads/{asked['thread_id']}")
    assert (talk.history(asked["thread_id"]), left["status"], left.get("values") or {}) == ([], "idle", {})
    assert talk.history(thread) == []


def test_a_thread_of_an_agent_that_is_not_declared_takes_no_state(talk):
    thread = talk.thread(metadata={"graph_id": "nobody"})
    update = {"values": {"messages": [MESSAGES["user"]]}, "as_node": "agent"}
    assert talk.ask("POST", f"/threads/{thread}/state", update).status == 404
    refused = talk.ask("POST", "/threads", {"metadata": {"graph_id": "nobody"}, "supersteps": [{"updates": [update]}]})
    assert refused.status == (201 if talk.layer == "observed" else 422)


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("layer", ["documented", "observed"])
def test_messages_of_supersteps_are_stored_as_messages(layer, declared):
    talk = Talk(FILE if declared else "", layer=layer)
    graph = "tools" if declared else "agent"
    steps = [("__start__", "user"), ("agent", "calls"), ("tools", "tool")]
    supersteps = [{"updates": [{"values": {"messages": [MESSAGES[said]]}, "as_node": node}]} for node, said in steps]
    thread = talk.thread(metadata={"graph_id": graph}, supersteps=supersteps)
    newest, called, first = talk.history(thread)
    heard, calls, tool = newest["values"]["messages"]
    assert heard == {
        "content": "x", "additional_kwargs": {}, "response_metadata": {}, "type": "human", "name": None, "id": heard["id"],
    }  # fmt: skip
    assert calls["tool_calls"] == [{"name": "find", "args": {}, "id": "c", "type": "tool_call"}]
    assert (tool["type"], tool["tool_call_id"], tool["status"]) == ("tool", "c", "success")
    assert len({each["id"] for each in (heard, calls, tool)}) == 3
    assert [each["next"] for each in (newest, called, first)] == [["agent"], ["tools"], ["agent"]]
    assert [each["metadata"]["step"] for each in (newest, called, first)] == [2, 1, 0]
    assert first["metadata"]["graph_id"] == graph
    assert called["metadata"]["checkpoint_id"] == first["checkpoint"]["checkpoint_id"]
    found = talk.get(f"/threads/{thread}")
    assert (found["status"], found["values"]) == ("interrupted", newest["values"])


@pytest.mark.parametrize("update", [{"role": "nobody", "content": "x"}, {"type": "remove", "id": "x", "content": ""}])
def test_supersteps_whose_messages_are_none_leave_an_empty_thread(talk, update):
    asked = {"thread_id": str(uuid.uuid4()), "metadata": {"graph_id": "tools"}}
    supersteps = [{"updates": [{"values": {"messages": [each]}, "as_node": "agent"}]} for each in (MESSAGES["user"], update)]  # fmt: skip
    assert talk.ask("POST", "/threads", {**asked, "supersteps": supersteps}).status == (400 if talk.layer == "observed" else 422)  # fmt: skip
    assert talk.history(asked["thread_id"]) == []


def test_without_declared_agents_any_name_will_do_is_on_no_list_and_is_logged_once():
    lines: list[str] = []
    talk = Talk(log=lines.append)
    for name in ("helper", "other", "helper"):
        talk.wait(talk.thread(), "hello", assistant_id=name)
    told = [line for line in lines if "is declared" in line]
    assert len(told) == 1
    assert "'helper'" in told[0]
    assert "`agents`" in told[0]
    listed = talk.ask("POST", "/assistants/search", {}).json()
    assert [each["graph_id"] for each in listed] == ["agent"]
    run = talk.began(talk.thread(), "hello", assistant_id="helper")
    found = talk.get(f"/assistants/{run['assistant_id']}")
    assert found["graph_id"] == "helper"
    assert talk.began(talk.thread(), "hello", assistant_id="helper")["assistant_id"] == run["assistant_id"]
    drawn = talk.get(f"/assistants/{run['assistant_id']}/graph")
    assert [node["id"] for node in drawn["nodes"]] == ["__start__", "agent", "__end__"]


def test_with_declared_agents_nothing_is_logged_of_them():
    lines: list[str] = []
    talk = Talk(FILE, log=lines.append)
    talk.wait(talk.thread(), "hello", assistant_id="gate")
    assert [line for line in lines if "declared" in line] == []


def test_serve_names_the_agents_and_the_layer_that_front_ends_want(talk):
    lines = list(greeting(talk.gateway, "http://x"))
    assert [line for line in lines if "agents" in line and "tools, gate, outer; say" in line]
    assert bool([line for line in lines if "--as observed" in line]) == (talk.layer == "documented")


def test_what_a_server_says_of_itself(talk):
    info, ok = talk.get("/info"), talk.get("/ok")
    assert info["flags"]["assistants"] is True
    assert ok == ({"ok": True, "services": {}} if talk.layer == "observed" else {"ok": True})
    assert ("host" in info, "metadata" in info) == ((True, False) if talk.layer == "observed" else (False, True))
