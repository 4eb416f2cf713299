"""The wire form of a LangGraph Agent Server: assistants, threads and their states. Runs are in `langsmith_runs`."""

import uuid
from typing import Any, Literal

from support.run_server import langsmith_bodies as bodies
from support.run_server.agent import NODE, EchoAgent
from support.run_server.core import Service
from support.run_server.http import Answer, Refused, Request, Routes
from support.run_server.langsmith_events import GRAPH, Json, config_of, metadata_of, tasks_of, values_of
from support.run_server.parts import at_path, contains, read_messages, selected
from support.run_server.records import Step, Thread
from support.run_server.shape import is_uuid

ASSISTANT = str(uuid.uuid5(uuid.NAMESPACE_URL, "run-server/echo"))
_RESTS = {"paused": "interrupted", "cancelled": "interrupted", "error": "error"}


class AgentServer:
    """Threads and assistants. observed: what a real server was seen to do, not what its document says."""

    def __init__(self, agent: EchoAgent | None = None, *, observed: bool = False) -> None:
        self.agent = agent or EchoAgent()
        self.service = Service(self.agent)
        self.observed = observed
        self.slash: Literal["", "redirect"] = "redirect" if observed else ""
        self.started = self.service.now()
        one, state = "/threads/{thread_id}", "/threads/{thread_id}/state"
        self.routes: Routes = [
            ("POST", "/assistants/search", self.search_assistants),
            ("GET", "/assistants/{assistant_id}", self.read_assistant),
            ("POST", "/threads", self.create_thread),
            ("POST", "/threads/search", self.search_threads),
            ("GET", one, self.read_thread),
            ("PATCH", one, self.change_thread),
            ("DELETE", one, self.delete_thread),
            ("GET", state, self.read_latest),
            ("POST", state, self.update_state),
            ("POST", f"{state}/checkpoint", self.read_state_by_body),
            ("GET", f"{state}/{{checkpoint_id}}", self.read_state),
            ("GET", f"{one}/history", self.read_history),
            ("POST", f"{one}/history", self.search_history),
        ]

    def admit(self, request: Request) -> None:
        """Refuse nobody."""

    def refusal(self, refused: Refused) -> Answer:
        """How a refusal is told."""
        return Answer({"detail": f"{refused.field} {refused.reason}".strip()}, refused.status)

    def close(self) -> None:
        """End what is under way."""
        self.service.close()

    def assistant(self) -> Json:
        """The only one that is here."""
        return {
            "assistant_id": ASSISTANT, "graph_id": GRAPH, "name": GRAPH, "description": None, "config": {}, "context": {},
            "metadata": {"created_by": "system"}, "created_at": self.started, "updated_at": self.started, "version": 1,
        }  # fmt: skip

    def search_assistants(self, request: Request) -> Answer:
        asked = request.read(bodies.ASSISTANT_SEARCH)
        known = self.assistant()
        found = (
            contains(known["metadata"], asked.get("metadata", {}))
            and asked.get("graph_id", GRAPH) == GRAPH
            and asked.get("name", "").lower() in GRAPH
            and asked.get("offset", 0) == 0
        )
        return Answer([selected(known, asked.get("select"))] if found else [])

    def read_assistant(self, request: Request) -> Answer:
        wanted = request.keys["assistant_id"]
        if not is_uuid(wanted):
            raise Refused(422, "Invalid assistant ID: must be a UUID")
        if wanted.lower() != ASSISTANT:
            raise Refused(404, "Assistant not found")
        return Answer(self.assistant())

    def thread(self, request: Request) -> Thread:
        """The thread that a path names."""
        wanted = request.keys["thread_id"]
        if not is_uuid(wanted):
            raise Refused(422, "Invalid thread ID: must be a UUID")
        found = self.service.threads.get(wanted.lower())
        if found is None:
            raise Refused(404, f"Thread with ID {wanted} not found")
        return found

    def shown_thread(self, thread: Thread) -> Json:
        """A thread as it is answered."""
        with self.service.changed:
            step = thread.latest
            asked = {step.task: list(step.questions)} if step and step.questions and not thread.busy else {}
            empty = None if self.observed else {}
            return {
                "thread_id": thread.id, "created_at": thread.created, "updated_at": thread.updated,
                "state_updated_at": step.created if step else thread.created, "metadata": thread.more["metadata"],
                "config": {}, "status": self.status_of(thread), "values": values_of(step) if step else empty,
                "interrupts": asked,
            }  # fmt: skip

    def status_of(self, thread: Thread) -> str:
        """The status of a thread."""
        return "busy" if thread.busy else _RESTS.get(thread.rest, "idle")

    def read_thread(self, request: Request) -> Answer:
        return Answer(self.answered(request, self.thread(request)))

    def answered(self, request: Request, thread: Thread) -> Json:
        """A thread, with how long it lives where that is asked for."""
        asked = "ttl" in (request.asked("include") or "").split(",") and "ttl" in thread.more
        return {**self.shown_thread(thread), **({"ttl": thread.more["ttl"]} if asked else {})}

    def keep_ttl(self, thread: Thread, sent: Json) -> None:
        """Note how long a thread is to live; nothing here lives so long."""
        if "ttl" in sent:
            minutes = sent["ttl"].get("ttl")
            thread.more["ttl"] = {"strategy": sent["ttl"].get("strategy", "delete")}
            if minutes is not None:
                thread.more["ttl"] |= {"ttl_minutes": minutes}

    def create_thread(self, request: Request) -> Answer:
        sent = request.read(bodies.THREAD)
        with self.service.changed:
            key = sent["thread_id"].lower() if "thread_id" in sent else None
            if key in self.service.threads:
                if sent.get("if_exists") == "do_nothing":
                    return Answer(self.answered(request, self.service.threads[key]))
                raise Refused(409, f"Thread with ID {key} already exists")
            thread = self.service.open_thread(key, metadata=sent.get("metadata", {}))
            self.keep_ttl(thread, sent)
            for superstep in sent.get("supersteps", ()):
                for update in superstep["updates"]:
                    held = update.get("values", (update.get("command") or {}).get("update"))
                    self.write(thread, held)
            return Answer(self.answered(request, thread))

    def change_thread(self, request: Request) -> Answer:
        thread, sent = self.thread(request), request.read(bodies.THREAD_PATCH)
        with self.service.changed:
            thread.more["metadata"] = {**thread.more["metadata"], **sent.get("metadata", {})}
            self.keep_ttl(thread, sent)
            thread.updated = self.service.now()
            return Answer(self.answered(request, thread))

    def delete_thread(self, request: Request) -> Answer:
        self.service.remove_thread(self.thread(request))
        return self.deleted()

    def deleted(self) -> Answer:
        """What a delete is answered."""
        return Answer(status=204, empty=True) if self.observed else Answer({})

    def search_threads(self, request: Request) -> Answer:
        asked = request.read(bodies.THREAD_SEARCH)
        with self.service.changed:
            shown = [
                self.shown_thread(thread) for thread in list(self.service.threads.values()) if not thread.temporary
            ]
        found = [thread for thread in shown if self._matches(thread, asked)]
        by, down = asked.get("sort_by", "updated_at"), asked.get("sort_order", "desc") == "desc"
        found.sort(key=lambda thread: (thread[by], thread["created_at"]), reverse=down)
        start = int(asked.get("offset", 0))
        page = found[start : start + int(asked.get("limit", 10))]
        reach = start + len(page)
        headers = {"x-pagination-total": str(reach)}
        if reach < len(found):
            headers = {"x-pagination-total": str(reach + 1), "x-pagination-next": str(reach)}
        return Answer([self._part(thread, asked) for thread in page], headers=headers)

    def _matches(self, thread: Json, asked: Json) -> bool:
        return (
            ("ids" not in asked or thread["thread_id"] in [key.lower() for key in asked["ids"]])
            and contains(thread["metadata"], asked.get("metadata", {}))
            and contains(thread["values"] or {}, asked.get("values", {}))
            and asked.get("status", thread["status"]) == thread["status"]
        )

    def _part(self, thread: Json, asked: Json) -> Json:
        made = selected(thread, asked.get("select"))
        paths = asked.get("extract") or {}
        return {**made, "extracted": {name: at_path(thread, path) for name, path in paths.items()}} if paths else made

    def shown_step(self, thread: Thread, step: Step) -> Json:
        """A state as it is answered."""
        made: Json = {
            "values": values_of(step), "next": list(step.next), "tasks": tasks_of(step),
            "metadata": metadata_of(thread.id, step), "created_at": step.created,
            "checkpoint": config_of(thread.id, step.id), "interrupts": list(step.questions),
        }  # fmt: skip
        if step.parent or self.observed:
            made["parent_checkpoint"] = config_of(thread.id, step.parent) if step.parent else None
        return made

    def empty_state(self, thread: Thread, key: str = "") -> Json:
        """The state of a thread that has none."""
        named = config_of(thread.id, key) if key else {"thread_id": thread.id, "checkpoint_ns": ""}
        nothing: dict[str, Any] = {"values": {}, "next": [], "tasks": [], "interrupts": []}
        if self.observed:
            return {**nothing, "checkpoint": named if key else None, "metadata": None, "created_at": None}
        return {**nothing, "checkpoint": named, "metadata": {}, "created_at": thread.created}

    def state_of(self, thread: Thread, key: str | None = None) -> Json:
        """The state of a thread, now or at a checkpoint."""
        with self.service.changed:
            step = thread.latest if key is None else next((step for step in thread.steps if step.id == key), None)
            return self.shown_step(thread, step) if step else self.empty_state(thread, key or "")

    def read_latest(self, request: Request) -> Answer:
        return Answer(self._chosen(request, self.state_of(self.thread(request))))

    def _chosen(self, request: Request, state: Json) -> Json:
        if not self.observed:
            request.flag("subgraphs")
        return selected(state, [] if self.observed else [name for word, name in request.query if word == "select"])

    def read_state(self, request: Request) -> Answer:
        thread, key = self.thread(request), request.keys["checkpoint_id"]
        if not is_uuid(key) and not self.observed:
            raise Refused(422, "Invalid checkpoint ID")
        return Answer(self._chosen(request, self.state_of(thread, key)))

    def read_state_by_body(self, request: Request) -> Answer:
        thread, asked = self.thread(request), request.read(bodies.STATE_AT)
        return Answer(self.state_of(thread, asked["checkpoint"].get("checkpoint_id")))

    def update_state(self, request: Request) -> Answer:
        thread, sent = self.thread(request), request.read(bodies.STATE)
        with self.service.changed:
            if thread.busy:
                raise Refused(409, "The thread has runs under way")
            if self.observed and sent.get("as_node", NODE) not in (NODE, "__start__", "__input__", "__copy__"):
                raise Refused(400, "There is no such node", "as_node")
            step = self.write(thread, sent.get("values"))
            return Answer({"checkpoint": config_of(thread.id, step.id)})

    def write(self, thread: Thread, values: Any) -> Step:
        """Write values into the state of a thread."""
        held = values if isinstance(values, dict) else {}
        heard = held.get("messages", ())
        for message in read_messages(heard if isinstance(heard, list) else [heard], self.service):
            self.service.say(_Written(thread), message)  # type: ignore[arg-type]  # only its thread counts
        thread.updated = self.service.now()
        before = thread.latest.more if thread.latest else {}
        more = {**before, **{name: value for name, value in held.items() if name != "messages"}}
        return self.service.step(None, thread, "update", next=(), questions=(), task="", error="", more=more)

    def read_history(self, request: Request) -> Answer:
        thread = self.thread(request)
        limit = request.number("limit", 1 if self.observed else 10)
        return Answer(self.history(thread, limit, request.asked("before"), {}))

    def search_history(self, request: Request) -> Answer:
        thread, asked = self.thread(request), request.read(bodies.HISTORY)
        before = asked.get("before", {})
        key = before.get("checkpoint_id", before.get("configurable", {}).get("checkpoint_id"))
        return Answer(self.history(thread, int(asked.get("limit", 1)), key, asked.get("metadata", {})))

    def history(self, thread: Thread, limit: int, before: str | None, metadata: Json) -> list[Json]:
        """The states of a thread, newest first."""
        with self.service.changed:
            steps = list(thread.steps)
            shown = [self.shown_step(thread, step) for step in reversed(steps) if before is None or step.id < before]
        found = [state for state in shown if contains(state["metadata"], metadata)]
        return found[: max(limit, 0)]


class _Written:
    def __init__(self, thread: Thread) -> None:
        self.thread = thread
