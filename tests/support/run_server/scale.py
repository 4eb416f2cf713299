"""The wire form of Scale GP: an application is processed on a thread, at once or as a stream of data only."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from support.run_server.agent import EchoAgent, told
from support.run_server.core import Service
from support.run_server.http import Answer, Refused, Request, Routes, refused_by_place
from support.run_server.records import Beat, Message, Run, Thread
from support.run_server.shape import Shape, either, flag, integer, mapping, moment, nothing, several, text

Json = dict[str, Any]
_free = mapping()
THREAD = mapping(
    ["title", "application_variant_id", "account_id"], title=text(), application_variant_id=text(), account_id=text(),
    thread_metadata=_free,
)  # fmt: skip
CHANGE = mapping(title=text(), archived_at=either(text(), nothing), thread_metadata=_free)
_trace = mapping(
    ["workflow_id", "node_id", "operation_type", "start_timestamp", "operation_input", "operation_output", "duration_ms"],
    workflow_id=text(), node_id=text(), operation_type=text(), start_timestamp=text(), operation_input=text(),
    operation_output=text(), duration_ms=integer(), operation_metadata=_free,
)  # fmt: skip
_overrides = mapping(
    concurrent=flag, use_channels=flag, return_span=flag, partial_trace=several(_trace),
    initial_state=mapping(["current_node", "state"], current_node=text(), state=_free),
)  # fmt: skip
_base = mapping(
    type=text(words=["knowledge_base_schema"]), artifact_ids_filter=several(text()), artifact_name_regex=several(text())
)
PROCESS = mapping(
    ["inputs"], inputs=_free, stream=flag, operation_metadata=_free,
    history=several(mapping(["request", "response"], request=text(), response=text(), session_data=_free)),
    overrides=either(_overrides, mapping((), _base)),
)  # fmt: skip
_STATUSES = {"error": "ERROR", "cancelled": "CANCELED"}


class Scale:
    """Threads, and what was processed on them."""

    slash: Literal["", "alike", "redirect"] = ""

    def __init__(self, agent: EchoAgent | None = None) -> None:
        self.agent = replace(agent or EchoAgent(), asks=False)
        self.service = Service(self.agent)
        threads, one = "/v4/applications/{application_variant_id}/threads", "/v4/threads/{thread_id}"
        self.routes: Routes = [
            ("POST", threads, self.create_thread),
            ("GET", threads, self.list_threads),
            ("PATCH", one, self.change_thread),
            ("DELETE", one, self.delete_thread),
            ("GET", f"{one}/messages", self.read_messages),
            ("POST", f"{threads}/{{thread_id}}/process", self.process),
        ]

    def admit(self, request: Request) -> None:
        """Refuse nobody."""

    def refusal(self, refused: Refused) -> Answer:
        """How a refusal is told."""
        return refused_by_place(refused)

    def close(self) -> None:
        """End what is under way."""
        self.service.close()

    def body(self, request: Request, shape: Shape) -> Json:
        """The body of a request."""
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            raise Refused(422, "is no JSON", "body")
        return dict(request.read(shape))

    def thread(self, request: Request) -> Thread:
        """The thread that a path names."""
        found = self.service.threads.get(request.keys["thread_id"])
        if found is None:
            raise Refused(404, "Thread not found")
        return found

    def shown_thread(self, thread: Thread) -> Json:
        """A thread as it is answered."""
        made = {"id": thread.id, "created_at": thread.created, "updated_at": thread.updated, **thread.more}
        return {**made, "created_by_user_id": "somebody", "created_by_identity_type": "user"}

    def create_thread(self, request: Request) -> Answer:
        sent = self.body(request, THREAD)
        more = {name: sent[name] for name in ("title", "account_id", "thread_metadata") if name in sent}
        variant = request.keys["application_variant_id"]
        return Answer(self.shown_thread(self.service.open_thread(**more, application_variant_id=variant)))

    def list_threads(self, request: Request) -> Answer:
        archived = request.word("include_archived", ("true", "false"), "true") == "true"
        variant = request.keys["application_variant_id"]
        shown = [self.shown_thread(thread) for thread in reversed(list(self.service.threads.values()))]
        found = [thread for thread in shown if thread["application_variant_id"] == variant]
        return Answer([thread for thread in found if archived or "archived_at" not in thread])

    def change_thread(self, request: Request) -> Answer:
        thread, sent = self.thread(request), self.body(request, CHANGE)
        with self.service.changed:
            thread.more |= {name: sent[name] for name in ("title", "archived_at", "thread_metadata") if name in sent}
            archived = thread.more.pop("archived_at", None)
            if archived is not None:  # a text that is no moment archives now
                thread.more["archived_at"] = self.service.now() if moment(archived) else archived
            thread.updated = self.service.now()
            return Answer(self.shown_thread(thread))

    def delete_thread(self, request: Request) -> Answer:
        self.service.remove_thread(self.thread(request))
        return Answer(None)

    def read_messages(self, request: Request) -> Answer:
        thread = self.thread(request)
        spans = request.word("fetch_spans", ("true", "false")) == "true"
        request.word("fetch_by_account", ("true", "false"))
        more: Json = {"spans": []} if spans else {}
        with self.service.changed:
            entries = [{"entry": self.shown_entry(run), **more} for run in self.entries_of(thread)]
            return Answer({"thread": self.shown_thread(thread), "messages": entries, "application_spec_id": "spec-1"})

    def entries_of(self, thread: Thread) -> list[Run]:
        """What was processed on a thread, oldest first."""
        return [run for run in thread.runs if run.over]

    def shown_entry(self, run: Run) -> Json:
        """What was processed, as it is answered."""
        return {
            "id": run.id, "input": run.more["inputs"], "output": self.output_of(run), "aggregated": False,
            "application_spec_id": "spec-1", "application_variant_id": run.more["variant"], "start_timestamp": run.created,
            "duration_ms": 1, "operation_status": self.status_of(run), "operation_metadata": run.more["metadata"],
            "chat_thread_id": run.thread.id, "interaction_source": "SGP_CHAT", "created_at": run.ended,
        }  # fmt: skip

    def status_of(self, run: Run) -> str:
        """How what was processed ended."""
        return _STATUSES.get(run.status, "SUCCESS")

    def output_of(self, run: Run) -> Json:
        """What came of it."""
        return {"response": "".join(message.text for message in run.said)}

    def process(self, request: Request) -> Answer:
        """Process an application on a thread."""
        thread, sent = self.thread(request), self.body(request, PROCESS)
        with self.service.changed:
            inputs = sent["inputs"]
            spoken = told(inputs["input"]) if "input" in inputs else told(inputs)
            heard = Message(self.service.new_key(), "user", spoken, self.service.now())
            more = {"inputs": inputs, "variant": request.keys["application_variant_id"]}
            more["metadata"] = sent.get("operation_metadata", {})
            run = Run(self.service.new_key(), thread, self.service.now(), heard=[heard], more=more)
            self.service.submit(run)
        if sent.get("stream"):
            return Answer(headers={"content-type": "text/event-stream"}, chunks=self.chunks(request, run))
        self.service.wait(run, request.closed)
        return self.fail(run) if run.failure else Answer(self.result(run))

    def fail(self, run: Run) -> Answer:
        """The answer where it failed."""
        return Answer({"detail": run.failure[1] if run.failure else ""}, 500)

    def result(self, run: Run) -> Json:
        """What who waits gets."""
        return {"id": run.id, "output": self.output_of(run)}

    def chunks(self, request: Request, run: Run) -> Iterator[bytes]:
        """The events of what is processed as they are sent."""
        for beat in self.service.follow(run, 0, request.closed):
            for event in self.events_of(run, beat):
                yield b"data: " + json.dumps(event).encode() + b"\n\n"

    def events_of(self, run: Run, beat: Beat) -> Iterator[Json]:
        """The events of one beat."""
        if beat.kind == "part":
            yield {"output": beat.data["text"]}
        elif beat.kind == "failed":
            yield {"error": beat.data["message"]}
        elif beat.kind in ("ended", "cancelled"):
            yield self.result(run)
