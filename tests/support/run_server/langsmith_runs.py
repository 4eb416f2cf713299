"""The wire form of a LangGraph Agent Server: its runs, on threads and without."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from support.run_server import langsmith_bodies as bodies
from support.run_server.agent import NODE, EchoAgent
from support.run_server.http import Answer, Refused, Request
from support.run_server.langsmith import ASSISTANT, AgentServer
from support.run_server.langsmith_events import GRAPH, Json, WireEvent, events_of, values_of
from support.run_server.parts import read_messages, selected
from support.run_server.records import Busy, Run, Thread
from support.run_server.shape import Shape, is_uuid

_STATUSES = {"cancelled": "interrupted", "paused": "success"}
_SENT = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store"}
_LONGEST = 0.3
_KWARGS = (
    ("input", "input", None), ("command", "command", None), ("config", "config", {}), ("context", "context", {}),
    ("interrupt_before", "interrupt_before", None), ("interrupt_after", "interrupt_after", None),
    ("webhook", "webhook", None), ("feedback_keys", "feedback_keys", None), ("subgraphs", "stream_subgraphs", False),
    ("resumable", "stream_resumable", False), ("durability", "durability", "async"), ("temporary", "", False),
)  # fmt: skip


class RunServer(AgentServer):
    """An Agent Server with runs."""

    def __init__(self, agent: EchoAgent | None = None, *, observed: bool = False) -> None:
        super().__init__(agent, observed=observed)
        runs, one = "/threads/{thread_id}/runs", "/threads/{thread_id}/runs/{run_id}"
        self.routes += [
            ("POST", runs, partial(self.start, shape=bodies.RUN, how="at_once")),
            ("POST", f"{runs}/stream", partial(self.start, shape=bodies.RUN_STREAMED, how="stream")),
            ("POST", f"{runs}/wait", partial(self.start, shape=bodies.RUN_STREAMED, how="wait")),
            ("GET", runs, self.list_runs),
            ("GET", one, lambda request: Answer(self.shown_run(self.run(request)))),
            ("DELETE", one, self.delete_run),
            ("GET", f"{one}/join", self.join),
            ("GET", f"{one}/stream", self.join_stream),
            ("POST", f"{one}/cancel", self.cancel),
            ("POST", "/runs", partial(self.start, shape=bodies.LONE_RUN, how="at_once")),
            ("POST", "/runs/stream", partial(self.start, shape=bodies.LONE_RUN_STREAMED, how="stream")),
            ("POST", "/runs/wait", partial(self.start, shape=bodies.LONE_RUN_STREAMED, how="wait")),
            ("POST", "/runs/batch", self.start_batch),
            ("POST", "/runs/cancel", self.cancel_many),
        ]

    def run(self, request: Request) -> Run:
        """The run that a path names, on the thread that it names."""
        thread = self.thread(request)
        wanted = request.keys["run_id"]
        if not is_uuid(wanted):
            raise Refused(422, "Invalid run ID: must be a UUID")
        with self.service.changed:
            found = next((run for run in thread.runs if run.id == wanted.lower()), None)
        if found is None:
            raise Refused(404, "Run not found")
        return found

    def shown_run(self, run: Run) -> Json:
        """A run as it is answered."""
        return {
            "run_id": run.id, "thread_id": run.thread.id, "assistant_id": ASSISTANT, "created_at": run.created,
            "updated_at": run.updated, "status": self.run_status(run),
            "metadata": {**run.more["metadata"], "graph_id": GRAPH, "assistant_id": ASSISTANT},
            "kwargs": run.more["kwargs"], "multitask_strategy": run.more["strategy"],
        }  # fmt: skip

    def run_status(self, run: Run) -> str:
        """The status of a run."""
        return _STATUSES.get(run.status, run.status)

    def start(self, request: Request, *, shape: Shape, how: str) -> Answer:
        """Start a run, and answer in one of three ways."""
        sent = request.read(shape)
        run = self.begin(request, sent)
        headers = self.headers_of(run, how)
        if how == "at_once":
            return Answer(self.shown_run(run), headers=headers)
        leaves = sent.get("on_disconnect") == "cancel"
        if how == "wait":
            return self.waited(request, run, headers, leaves=leaves)
        return Answer(headers={**_SENT, **headers}, chunks=self.stream(request, run, 0, leaves=leaves))

    def start_batch(self, request: Request) -> Answer:
        return Answer([self.shown_run(self.begin(request, sent)) for sent in request.read(bodies.BATCH)])

    def headers_of(self, run: Run, how: str) -> dict[str, str]:
        """Where a run is found."""
        place = f"/threads/{run.thread.id}/runs/{run.id}"
        if run.thread.temporary and how != "wait":
            return {"content-location": f"/runs/{run.id}"}
        more = {"stream": {"location": f"{place}/stream"}, "wait": {"location": f"{place}/join"}}.get(how, {})
        return {"content-location": place, **more}

    def begin(self, request: Request, sent: Json) -> Run:
        """The run that a body asks for, begun."""
        lone = "thread_id" not in request.keys
        command = sent.get("command") or {}
        if self.observed and sent.get("config", {}).get("configurable") and sent.get("context"):
            raise Refused(400, "There is a configuration, and a context, too")
        if lone and command.get("resume") is not None:
            raise Refused(400 if self.observed else 422, "You must provide a thread_id when resuming")
        self._check_agent(sent["assistant_id"])
        with self.service.changed:
            thread = self._thread_for(request, sent, lone=lone)
            run = self._made(thread, sent, command)
            try:
                self.service.submit(run, run.more["strategy"])
            except Busy:
                raise Refused(409, "Thread is already running a task.") from None
            return run

    def _check_agent(self, name: str) -> None:
        if is_uuid(name):
            if name.lower() != ASSISTANT:
                raise Refused(404, "Thread or assistant not found.")
        elif name != GRAPH:
            raise Refused(422, f"Invalid assistant: {name!r}")

    def _thread_for(self, request: Request, sent: Json, *, lone: bool) -> Thread:
        if lone:
            thread = self.service.open_thread(metadata={})
            thread.temporary = sent.get("on_completion") != "keep"
            return thread
        try:
            thread = self.thread(request)
        except Refused as refused:
            if refused.status != 404 or sent.get("if_not_exists") != "create":
                raise
            thread = self.service.open_thread(request.keys["thread_id"].lower(), metadata={})
        thread.more["metadata"] = {**thread.more["metadata"], "graph_id": GRAPH, "assistant_id": ASSISTANT}
        return thread

    def _made(self, thread: Thread, sent: Json, command: Json) -> Run:
        given = sent.get("input")
        update = command.get("update")
        held = given if given is not None else update
        messages = held.get("messages", ()) if isinstance(held, dict) else [] if held is None else held
        before = sent.get("interrupt_before") or ()
        modes = sent.get("stream_mode", ["values"])
        delay = sent.get("after_seconds", 0)
        return Run(
            self.service.new_key(), thread, self.service.now(),
            heard=read_messages(messages, self.service) if messages or messages == "" else [],
            resumes=self._resumes(thread, command, given), answer=command.get("resume"),
            delay=float(min(max(delay, 0), _LONGEST)), stops_before=before == "*" or NODE in before or "*" in before,
            more={
                "metadata": sent.get("metadata", {}), "strategy": sent.get("multitask_strategy", "enqueue"),
                "input": given, "assistant_id": ASSISTANT, "modes": [modes] if isinstance(modes, str) else modes,
                "resumable": sent.get("stream_resumable", False),
                "kwargs": {name: sent.get(word, otherwise) for name, word, otherwise in _KWARGS} | {"stream_mode": modes},
            },
        )  # fmt: skip

    def _resumes(self, thread: Thread, command: Json, given: Any) -> bool:
        step = thread.latest
        if step is None:
            return False
        return "resume" in command or (given is None and not command and bool(step.next) and not step.questions)

    def result(self, run: Run) -> Json:
        """What who waits for a run gets."""
        if run.failure is not None:
            return {"__error__": {"error": run.failure[0], "message": run.failure[1]}}
        step = run.beats[-1].step if run.beats else run.thread.latest
        asked = run.beats[-1].data.get("questions") if run.status == "paused" and run.beats else ()
        return {**values_of(step), **({"__interrupt__": list(asked)} if asked else {})}

    def waited(self, request: Request, run: Run, headers: dict[str, str], *, leaves: bool) -> Answer:
        """The answer to who waits for a run."""
        if not self.service.wait(run, request.closed) and leaves:
            self.service.stop(run)
        return Answer(self.result(run), headers=headers)

    def stream(
        self, request: Request, run: Run, start: int, *, leaves: bool = False, modes: list[str] | None = None
    ) -> Iterator[bytes]:
        """The events of a run that were asked for, as they happen. start: after so many of all."""
        done = False
        try:
            for at, event in enumerate(self.events(request, run)):
                if at >= start and (modes is None or event.mode in ("", *modes)):
                    yield event.written()
            done = True
        finally:
            if leaves and (not done or request.closed()):
                self.service.stop(run)

    def events(self, request: Request, run: Run) -> Iterator[WireEvent]:
        """The events of a run under the modes that it was started with."""
        count = 0
        for beat in self.service.follow(run, 0, request.closed):
            for event in events_of(run, beat):
                if event.mode in ("", *run.more["modes"]):
                    count += 1
                    number = f"{beat.millis}-{count}" if run.more["resumable"] else ""
                    yield WireEvent(event.name, event.mode, event.data, number)

    def join(self, request: Request) -> Answer:
        try:
            run = self.run(request)
        except Refused as refused:
            if not self.observed or refused.status != 404:
                raise
            return Answer({"__error__": {"error": "HTTPException", "message": "404: Run not found"}})
        leaves = self.asked_flag(request, "cancel_on_disconnect")
        return self.waited(request, run, self.headers_of(run, "wait"), leaves=leaves)

    def join_stream(self, request: Request) -> Answer:
        try:
            run = self.run(request)
        except Refused as refused:
            if not self.observed or refused.status != 404:
                raise
            error = WireEvent("error", "", {"error": "HTTPException", "message": "404: Run not found"})
            return Answer(headers=_SENT, chunks=iter([error.written()]))
        asked, seen = request.asked("stream_mode"), request.headers.get("last-event-id")
        modes = re.findall(r"[a-z-]+", asked) if asked else None
        with self.service.changed:
            known = [
                event for beat in run.beats for event in events_of(run, beat) if event.mode in ("", *run.more["modes"])
            ]
        start = len(known)
        if seen is not None and run.more["resumable"]:
            found = re.fullmatch(r"\d+-(\d+)", seen)
            start = int(found[1]) if found else 0 if seen in ("-1", "-", "0") else start
        headers = {**_SENT, **self.headers_of(run, "stream")}
        leaves = self.asked_flag(request, "cancel_on_disconnect")
        return Answer(headers=headers, chunks=self.stream(request, run, start, leaves=leaves, modes=modes))

    def list_runs(self, request: Request) -> Answer:
        thread = self.thread(request)
        limit, offset = request.number("limit", 10), request.number("offset", 0)
        status = request.word("status", bodies.RUN_STATUSES) if not self.observed else request.asked("status")
        names = [value for word, value in request.query if word == "select"]
        if any(name not in bodies.RUN_MEMBERS for name in names):
            raise Refused(422, "names no member", "select")
        with self.service.changed:
            shown = [self.shown_run(run) for run in self.runs_of(thread)]
        found = [run for run in shown if status is None or run["status"] == status]
        page = found[max(offset, 0) :][: max(limit, 0)]
        return Answer([selected(run, names) for run in page])

    def runs_of(self, thread: Thread) -> list[Run]:
        """The runs of a thread, newest first."""
        return list(reversed(thread.runs))

    def delete_run(self, request: Request) -> Answer:
        self.service.forget(self.run(request))
        return self.deleted()

    def cancel(self, request: Request) -> Answer:
        run = self.run(request)
        action = self._action(request)
        waits = self.asked_flag(request, "wait")
        if not self.service.stop(run, remove=action == "rollback"):
            raise Refused(404, "No matching runs to cancel.")
        return Answer(status=202, empty=True) if self.observed and not waits else Answer({})

    def asked_flag(self, request: Request, name: str) -> bool:
        """A boolean of the query; a real server takes any text."""
        return str(request.asked(name)).lower() in ("true", "yes", "1") if self.observed else request.flag(name)

    def _action(self, request: Request) -> str | None:
        words = ("interrupt", "rollback")
        return request.asked("action") if self.observed else request.word("action", words)

    def cancel_many(self, request: Request) -> Answer:
        asked = request.read(bodies.CANCEL)
        action = self._action(request)
        named = "thread_id" in asked and "run_ids" in asked
        if ("status" in asked) == named or ("status" in asked and ("thread_id" in asked or "run_ids" in asked)):
            raise Refused(422, "Give a status, or a thread and its runs")
        with self.service.changed:
            wanted = [key.lower() for key in asked.get("run_ids", ())]
            threads = list(self.service.threads.values())
            found = [
                run
                for thread in threads
                for run in list(thread.runs)
                if not run.over
                and (
                    (run.id in wanted and thread.id == asked["thread_id"].lower())
                    if named
                    else asked["status"] in ("all", run.status)
                )
            ]
            if not found:
                raise Refused(404, "No runs found to cancel.")
            for run in found:
                self.service.stop(run, remove=action == "rollback")
        return Answer(status=204, empty=True)
