"""The wire form of SeekrFlow: messages are posted to a thread, then an agent is run on it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from support.run_server.agent import EchoAgent
from support.run_server.core import Service
from support.run_server.http import Answer, Refused, Request, Routes, refused_by_place
from support.run_server.records import Beat, Busy, Message, Run, Thread
from support.run_server.shape import either, integer, mapping, nothing, number, several, text

Json = dict[str, Any]
KEY = "run-server-key"
_free = mapping()
_image = mapping(["type", "detail"], type=text(words=["input_image"]), detail=text(words=("high", "low", "auto")))
_item = either(
    mapping(["type", "text"], type=text(words=["input_text"]), text=text()), _image,
    mapping(["type", "file_id"], type=text(words=["input_file"]), file_id=text()),
    mapping(["type", "text", "annotations"], type=text(words=["output_text"]), text=text(), annotations=several(text())),
    mapping(
        ["type", "text", "guardrail"], type=text(words=["output_guardrail"]), text=text(), guardrail=several(_free)
    ),
)  # fmt: skip
_content = either(text(), several(_item))
_maybe = either(text(), nothing)
_settings = mapping(
    temperature=number(0, 2), top_p=number(0, 1), frequency_penalty=number(-2, 2), presence_penalty=number(-2, 2),
    max_tokens=either(integer(), nothing),
)  # fmt: skip
THREAD = mapping(meta_data=either(_free, nothing))
MESSAGE = mapping(
    ["role", "content"], role=text(words=("user", "system", "tool")), content=_content, meta_data=either(_free, nothing)
)
CHANGE = mapping(content=either(text(), nothing), meta_data=either(_free, nothing))
_run = {
    "agent_id": text(), "model_settings": _settings, "metadata": either(mapping((), text()), nothing),
    "response_format": either(mapping(["json_schema"], json_schema=_free), nothing),
}  # fmt: skip
RUN = mapping(**_run, group=text())
CANCEL = mapping(**_run, group=_maybe)
_STATUSES = {"pending": "queued", "success": "completed", "error": "failed"}


class SeekrFlow:
    """Threads, messages and runs."""

    slash: Literal["", "alike", "redirect"] = "alike"

    def __init__(self, agent: EchoAgent | None = None) -> None:
        self.agent = replace(agent or EchoAgent(), asks=False)
        self.service = Service(self.agent)
        threads, one = "/v1/threads", "/v1/threads/{thread_id}"
        message, run = f"{one}/messages/{{message_id}}", f"{one}/runs/{{run_id}}"
        self.routes: Routes = [
            ("POST", threads, self.create_thread),
            ("GET", threads, self.list_threads),
            ("GET", one, lambda request: Answer(self.shown_thread(self.thread(request)))),
            ("DELETE", one, self.delete_thread),
            ("POST", f"{one}/messages", self.create_message),
            ("GET", f"{one}/messages", self.list_messages),
            ("GET", message, lambda request: Answer(self.shown_message(request, *self.message(request)))),
            ("PATCH", message, self.change_message),
            ("DELETE", message, self.delete_message),
            ("POST", f"{one}/runs", partial(self.start, how="at_once")),
            ("GET", f"{one}/runs", self.list_runs),
            ("GET", run, lambda request: Answer(self.shown_run(self.run(request)))),
            ("POST", f"{one}/runs/stream", partial(self.start, how="stream")),
            ("POST", f"{run}/cancel", self.cancel),
            ("GET", f"{run}/attach", self.attach),
        ]

    def admit(self, request: Request) -> None:
        """Refuse who has no key."""
        if request.headers.get("authorization", "").removeprefix("Bearer ") != KEY:
            raise Refused(401, "Not authenticated")

    def refusal(self, refused: Refused) -> Answer:
        """How a refusal is told."""
        return refused_by_place(refused)

    def close(self) -> None:
        """End what is under way."""
        self.service.close()

    def thread(self, request: Request) -> Thread:
        """The thread that a path names."""
        found = self.service.threads.get(request.keys["thread_id"])
        if found is None:
            raise Refused(404, "Thread not found")
        return found

    def message(self, request: Request) -> tuple[Thread, Message]:
        """The message that a path names, on its thread."""
        thread = self.thread(request)
        found = next((each for each in thread.messages if each.id == request.keys["message_id"]), None)
        if found is None:
            raise Refused(404, "Message not found")
        return thread, found

    def run(self, request: Request) -> Run:
        """The run that a path names, on its thread."""
        thread = self.thread(request)
        found = next((each for each in thread.runs if each.id == request.keys["run_id"]), None)
        if found is None:
            raise Refused(404, "Run not found")
        return found

    def shown_thread(self, thread: Thread) -> Json:
        """A thread as it is answered."""
        active = thread.active
        return {
            "id": thread.id, "object": "thread", "created_at": thread.created, "meta_data": thread.more["meta_data"],
            "status": "locked" if active else "available", "active_run_id": active.id if active else None,
        }  # fmt: skip

    def shown_message(self, request: Request, thread: Thread, message: Message) -> Json:
        """A message as it is answered."""
        run = next((run for run in thread.runs if run.id == message.run), None)
        made: Json = {
            "id": message.id, "object": "thread.message", "thread_id": thread.id, "role": message.role,
            "content": message.raw.get("content", message.text), "created_at": message.created,
            "agent_id": run.more["agent_id"] if run else None, "run_id": message.run or None,
            "meta_data": message.raw.get("meta_data") or {},
        }  # fmt: skip
        parts = [{"type": "text", "text": message.text}] if message.text else []
        return {**made, "parts": parts} if request.flag("include_parts") else made

    def shown_run(self, run: Run) -> Json:
        """A run as it is answered."""
        sent = run.more["model_settings"]
        done = run.status == "success"
        return {
            "id": run.id, "object": "thread.run", "created_at": run.created, "agent_id": run.more["agent_id"],
            "thread_id": run.thread.id, "status": self.status_of(run), "is_active": run.status == "running",
            "started_at": run.started or None, "expires_at": None, "model": "echo-1", "instructions": None, "tools": [],
            "cancelled_at": run.ended if run.status == "cancelled" else None,
            "failed_at": run.ended if run.status == "error" else None, "completed_at": run.ended if done else None,
            "meta_data": run.more["metadata"], "temperature": sent.get("temperature", 1.0), "top_p": sent.get("top_p", 1.0),
            "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0} if done else None,
            "max_completion_tokens": sent.get("max_tokens"), "truncation_strategy": {}, "response_format": "auto",
            "tool_choice": "auto", "parallel_tool_calls": False,
        }  # fmt: skip

    def status_of(self, run: Run) -> str:
        """The status of a run."""
        return _STATUSES.get(run.status, run.status)

    def create_thread(self, request: Request) -> Answer:
        sent = request.read(THREAD)
        thread = self.service.open_thread(f"thread_{self.service.new_key()}", meta_data=sent.get("meta_data") or {})
        return Answer(self.shown_thread(thread))

    def list_threads(self, request: Request) -> Answer:
        return Answer([self.shown_thread(thread) for thread in self.page(request, list(self.service.threads.values()))])

    def page(self, request: Request, things: list[Any]) -> list[Any]:
        """The part of a list that was asked for; things: oldest first."""
        order = request.word("order", ("asc", "desc"), "desc")
        limit, offset = request.number("limit", 20, 0), request.number("offset", 0, 0)
        return (things if order == "asc" else things[::-1])[offset:][:limit]

    def delete_thread(self, request: Request) -> Answer:
        self.service.remove_thread(self.thread(request))
        return Answer({"deleted": True})

    def create_message(self, request: Request) -> Answer:
        thread, sent = self.thread(request), request.read(MESSAGE)
        content = sent["content"]
        texts = [content] if isinstance(content, str) else [item.get("text", "") for item in content]
        with self.service.changed:
            name = f"msg_{self.service.new_key()}"
            message = Message(name, sent["role"], " ".join(texts), self.service.now(), "", sent)
            thread.messages.append(message)
            return Answer(self.shown_message(request, thread, message))

    def list_messages(self, request: Request) -> Answer:
        thread = self.thread(request)
        return Answer([self.shown_message(request, thread, each) for each in self.page(request, list(thread.messages))])

    def change_message(self, request: Request) -> Answer:
        thread, message = self.message(request)
        sent = request.read(CHANGE)
        raw = {**message.raw, "content": message.raw.get("content", message.text)}
        if sent.get("content") is not None:
            raw["content"] = sent["content"]
        if sent.get("meta_data") is not None:
            raw["meta_data"] = {**(raw.get("meta_data") or {}), **sent["meta_data"]}
        spoken = raw["content"] if isinstance(raw["content"], str) else message.text
        changed = Message(message.id, message.role, spoken, message.created, message.run, raw)
        with self.service.changed:
            thread.messages[thread.messages.index(message)] = changed
        return Answer(self.shown_message(request, thread, changed))

    def delete_message(self, request: Request) -> Answer:
        thread, message = self.message(request)
        with self.service.changed:
            thread.messages.remove(message)
        return Answer({"deleted": True})

    def start(self, request: Request, *, how: str) -> Answer:
        """Run an agent on the messages of a thread."""
        thread, sent = self.thread(request), request.read(RUN)
        with self.service.changed:
            heard = [each for each in thread.messages if each.role == "user"][-1:]
            more = {
                "agent_id": sent.get("agent_id", "default_agent"),
                "model_settings": sent.get("model_settings") or {},
            }
            more["metadata"] = sent.get("metadata") or {}
            run = Run(f"run_{self.service.new_key()}", thread, self.service.now(), heard=heard, more=more)
            try:
                self.service.submit(run, "reject")
            except Busy:
                raise Refused(409, "The thread is locked") from None
        if how == "stream":
            return self.streamed(request, run)
        told = {
            "run_id": run.id,
            "thread_id": thread.id,
            "status": "queued",
            "group": sent.get("group", "default_group"),
        }
        return Answer(told)

    def streamed(self, request: Request, run: Run) -> Answer:
        """The events of a run, from its beginning."""
        return Answer(headers={"content-type": "text/event-stream"}, chunks=self.chunks(request, run))

    def chunks(self, request: Request, run: Run) -> Iterator[bytes]:
        """The events of a run as they are sent."""
        for beat in self.service.follow(run, 0, request.closed):
            for event in self.events_of(run, beat):
                yield b"data: " + json.dumps(event).encode() + b"\n\n"
        yield b"data: [DONE]\n\n"

    def events_of(self, run: Run, beat: Beat) -> Iterator[Json]:
        """The events of one beat."""
        data = beat.data
        if beat.kind == "begun":
            yield {"type": "start", "messageId": run.id}
        elif beat.kind == "entered":
            yield {"type": "start-step"}
        elif beat.kind == "part":
            if data["index"] == 0:
                yield {"type": "text-start", "id": data["id"]}
            yield {"type": "text-delta", "id": data["id"], "delta": data["text"]}
            if data["last"]:
                yield {"type": "text-end", "id": data["id"]}
        elif beat.kind == "said":
            yield {"type": "finish-step"}
        elif beat.kind == "failed":
            yield {"type": "error", "errorText": data["message"]}
        elif beat.kind == "ended":
            yield {"type": "finish"}

    def attach(self, request: Request) -> Answer:
        return self.streamed(request, self.run(request))

    def list_runs(self, request: Request) -> Answer:
        thread = self.thread(request)
        return Answer([self.shown_run(run) for run in self.page(request, self.runs_of(thread))])

    def runs_of(self, thread: Thread) -> list[Run]:
        """The runs of a thread, oldest first."""
        return list(thread.runs)

    def cancel(self, request: Request) -> Answer:
        run = self.run(request)
        request.read(CANCEL)  # its library sends what a start takes, with a group that is null
        if not self.service.stop(run):
            raise Refused(404, "The run is over")
        return Answer({"status": "canceled", "run_id": run.id})
