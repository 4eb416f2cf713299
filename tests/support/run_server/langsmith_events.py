"""What an Agent Server shows of runs: states, messages, and the events of each stream mode."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from support.run_server.agent import NODE
from support.run_server.records import Beat, Message, Run, Step

Json = dict[str, Any]
GRAPH = "echo"


@dataclass(frozen=True)
class WireEvent:
    """One event. mode: under which it is seen, "" for always."""

    name: str
    mode: str
    data: Any
    id: str = ""

    def written(self) -> bytes:
        """As it is sent."""
        lines = [f"event: {self.name}", f"data: {json.dumps(self.data)}", *([f"id: {self.id}"] if self.id else [])]
        return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


def shown_message(message: Message) -> Json:
    """A message of a state."""
    if message.role != "assistant":
        more = {name: value for name, value in message.raw.items() if name not in ("role", "content", "type", "id")}
        kind = {"user": "human"}.get(message.role, message.role)
        base = {"content": message.raw.get("content", message.text), "additional_kwargs": {}, "response_metadata": {}}
        return {**base, "name": None, **more, "type": kind, "id": message.id}
    return {
        "content": message.text, "additional_kwargs": {}, "response_metadata": {}, "type": "ai", "name": None,
        "id": message.id, "tool_calls": [], "invalid_tool_calls": [], "usage_metadata": None,
    }  # fmt: skip


def values_of(step: Step | None) -> Json:
    """The values of a state."""
    if step is None:
        return {}
    messages = [shown_message(message) for message in step.messages]
    return {**step.more, **({"messages": messages} if messages or step.number >= 0 else {})}


def config_of(thread: str, step: str) -> Json:
    """What names a checkpoint."""
    return {"thread_id": thread, "checkpoint_ns": "", "checkpoint_id": step}


def metadata_of(thread: str, step: Step) -> Json:
    """The metadata of a checkpoint."""
    made: Json = {"source": step.source, "step": step.number, "parents": {}, "thread_id": thread}
    return {**made, **({"run_id": step.run, "graph_id": GRAPH} if step.run else {})}


def tasks_of(step: Step) -> list[Json]:
    """What is to be done next, and what it asks."""
    if not step.task or not step.next:
        return []
    error = {"error": step.error} if step.error else {}
    return [{"id": step.task, "name": NODE, "interrupts": list(step.questions), **error}]


def events_of(run: Run, beat: Beat) -> Iterator[WireEvent]:
    """The events of one beat, of all modes."""
    told = {"begun": _begun, "received": _received, "entered": _entered, "part": _part, "said": _said,
            "paused": _paused, "failed": _failed, "ended": _ended}.get(beat.kind)  # fmt: skip
    if told is not None:
        yield from told(run, beat)


def _begun(run: Run, beat: Beat) -> Iterator[WireEvent]:
    yield WireEvent("metadata", "", {"run_id": run.id, "attempt": 1})
    yield _traced(run, "on_chain_start", GRAPH, run.id, {"input": run.more.get("input")}, [])
    if run.resumes:
        yield WireEvent("values", "values", values_of(beat.step))
    else:
        yield from _checkpoint(run, beat)


def _received(run: Run, beat: Beat) -> Iterator[WireEvent]:
    yield WireEvent("values", "values", values_of(beat.step))
    yield from _checkpoint(run, beat)


def _entered(run: Run, beat: Beat) -> Iterator[WireEvent]:
    task = beat.data["task"]
    data = {"id": task, "name": NODE, "input": values_of(beat.step), "triggers": ["branch:to:agent"]}
    yield WireEvent("tasks", "tasks", data)
    yield _debugged(beat, "task", data)
    yield _traced(run, "on_chain_start", NODE, task, {"input": values_of(beat.step)}, [run.id])


def _part(run: Run, beat: Beat) -> Iterator[WireEvent]:
    name, task = beat.data["id"], beat.data["task"]
    placed = _placed(run, beat)
    if beat.data["index"] == 0:
        yield _traced(run, "on_chat_model_start", "model", task, {"input": values_of(beat.step)}, [run.id, task])
        yield WireEvent("messages/metadata", "messages", {name: {"metadata": placed}})
    whole = Message(name, "assistant", beat.data["whole"], "")
    yield WireEvent("messages/partial", "messages", [shown_message(whole)])
    chunk = {**shown_message(Message(name, "assistant", beat.data["text"], "")), "type": "AIMessageChunk"}
    chunk["tool_call_chunks"] = []
    yield WireEvent("messages", "messages-tuple", [chunk, placed])
    yield _traced(run, "on_chat_model_stream", "model", task, {"chunk": chunk}, [run.id, task], placed)


def _placed(run: Run, beat: Beat) -> Json:
    step = beat.step.number + 1 if beat.step else 0
    return {
        "graph_id": GRAPH, "assistant_id": run.more["assistant_id"], "run_id": run.id, "thread_id": run.thread.id,
        "run_attempt": 1, "langgraph_node": NODE, "langgraph_step": step,
    }  # fmt: skip


def _said(run: Run, beat: Beat) -> Iterator[WireEvent]:
    message, task = shown_message(beat.data["message"]), beat.data["task"]
    update = {"messages": [message]}
    done = {"id": task, "name": NODE, "error": None, "result": update, "interrupts": []}
    yield _traced(run, "on_chat_model_end", "model", task, {"output": message}, [run.id, task])
    yield WireEvent("updates", "updates", {NODE: update})
    yield WireEvent("tasks", "tasks", done)
    yield _debugged(beat, "task_result", done)
    yield _traced(run, "on_chain_stream", NODE, task, {"chunk": update}, [run.id])
    yield _traced(run, "on_chain_end", NODE, task, {"output": values_of(beat.step)}, [run.id])
    yield WireEvent("values", "values", values_of(beat.step))
    yield from _checkpoint(run, beat)


def _paused(run: Run, beat: Beat) -> Iterator[WireEvent]:
    asked = list(beat.data["questions"])
    yield WireEvent("updates", "updates", {"__interrupt__": asked})
    if asked:
        data = {
            "id": beat.step.task if beat.step else "",
            "name": NODE,
            "error": None,
            "result": {},
            "interrupts": asked,
        }
        yield WireEvent("values", "values", {**values_of(beat.step), "__interrupt__": asked})
        yield WireEvent("tasks", "tasks", data)


def _failed(_: Run, beat: Beat) -> Iterator[WireEvent]:
    error = {"error": beat.data["error"], "message": beat.data["message"]}
    done = {"id": beat.data["task"], "name": NODE, "error": error, "result": {}, "interrupts": []}
    yield WireEvent("tasks", "tasks", done)
    yield _debugged(beat, "task_result", done)
    yield WireEvent("error", "", error)


def _ended(run: Run, beat: Beat) -> Iterator[WireEvent]:
    yield _traced(run, "on_chain_end", GRAPH, run.id, {"output": values_of(beat.step)}, [])


def _checkpoint(run: Run, beat: Beat) -> Iterator[WireEvent]:
    step = beat.step
    if step is None:
        return
    config = {"configurable": config_of(run.thread.id, step.id)}
    parent = {"configurable": config_of(run.thread.id, step.parent)} if step.parent else None
    data = {
        "config": config, "parent_config": parent, "values": values_of(step),
        "metadata": metadata_of(run.thread.id, step), "next": list(step.next), "tasks": tasks_of(step),
    }  # fmt: skip
    yield WireEvent("checkpoints", "checkpoints", data)
    yield _debugged(beat, "checkpoint", data)


def _debugged(beat: Beat, kind: str, payload: Json) -> WireEvent:
    step = beat.step
    moment = step.created if step else ""
    return WireEvent(
        "debug", "debug", {"step": step.number if step else -1, "timestamp": moment, "type": kind, "payload": payload}
    )


def _traced(
    run: Run, event: str, name: str, key: str, data: Json, parents: list[str], metadata: Json | None = None
) -> WireEvent:
    told = {"event": event, "name": name, "run_id": key, "tags": [], "metadata": metadata or {}, "data": data}
    return WireEvent("events", "events", {**told, "parent_ids": parents})
