"""What RemoteGraph sees of a server: python remote_graph_script.py URL; prints one JSON object."""

import json
import sys

from langgraph.pregel.remote import RemoteGraph
from langgraph.types import Command

url = sys.argv[1]
said = {"messages": [{"role": "user", "content": "hello"}]}


def texts(values: dict) -> list:
    """The texts of the messages of a state."""
    return [each["content"] for each in values["messages"]]


def config(graph: RemoteGraph) -> dict:
    """A configuration with a new thread."""
    return {"configurable": {"thread_id": graph._validate_sync_client().threads.create()["thread_id"]}}


tools, question = RemoteGraph("tools", url=url), RemoteGraph("question", url=url)
told = {}
thread = config(tools)
told["invoked"] = texts(tools.invoke(said, thread))
told["streamed"] = [
    [part[0], sorted(part[1])] for part in tools.stream(said, config(tools), stream_mode=["values", "updates"])
]
chunks = [chunk for chunk, _ in tools.stream(said, config(tools), stream_mode="messages")]
told["tokens"] = [each["content"] if isinstance(each, dict) else each.content for each in chunks]
state = tools.get_state(thread)
told["state"] = [texts(state.values), list(state.next), [task.name for task in state.tasks], state.metadata["step"]]
history = list(tools.get_state_history(thread))
told["history"] = [
    [list(each.next), [[task.name, bool(task.path), task.error, list(task.interrupts)] for task in each.tasks]]
    for each in history
]
told["updated"] = sorted(
    tools.update_state(thread, {"messages": [{"role": "user", "content": "more"}]}, as_node="agent")["configurable"]
)
told["after"] = texts(tools.get_state(thread).values)
waiting = config(question)
told["asked"] = [
    each["value"] if isinstance(each, dict) else each.value for each in question.invoke(said, waiting)["__interrupt__"]
]
paused = question.get_state(waiting)
told["paused"] = [list(paused.next), [interrupt.value for task in paused.tasks for interrupt in task.interrupts]]
told["resumed"] = texts(question.invoke(Command(resume="yes"), waiting))
drawn = {}
for found in tools._validate_sync_client().assistants.search(limit=100):
    if found["graph_id"] in ("tools", "nested"):
        afar = RemoteGraph(found["assistant_id"], url=url)
        for deep in (False, True):
            graph = afar.get_graph(xray=deep)
            drawn[f"{found['graph_id']} {deep}"] = [
                [[node.id, node.name, node.metadata] for node in graph.nodes.values()],
                [[edge.source, edge.target, edge.conditional] for edge in graph.edges],
            ]
drawn["by name"] = sorted(tools.get_graph().nodes)
told["drawn"] = drawn
print(json.dumps(told))
