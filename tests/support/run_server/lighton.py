"""The wire form of LightOn: a turn is a question with its answer, as plain JSON, in the background, or as a stream."""

import email.parser
import email.policy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import parse_qsl, quote

from support.run_server.agent import EchoAgent
from support.run_server.core import Service
from support.run_server.http import Answer, Refused, Request, Routes
from support.run_server.records import Beat, Message, Run, Thread
from support.run_server.shape import Shape, anything, flag, integer, mapping, several, text

Json = dict[str, Any]
KEY = "run-server-key"
_thread = {"name": text(most=255), "agent_id": integer(), "chat_setting_id": integer(), "is_ephemeral": flag}
_thread |= {"tool_parameters": anything, "chat_settings_id": integer()}
_turn = {
    "query": text(), "force_tool": text(), "suggested_query_id": integer(), "force_mcp_server": text(),
    "immediate_final_answer": flag, "background": flag, "system_prompt_suffix": text(most=5000), "max_steps": integer(1, 20),
    "workspace_ids": several(integer()), "file_ids": several(integer()), "private_scope": flag, "company_scope": flag,
    "ml_model": text(), "response_format": anything, "tool_parameters": anything,
}  # fmt: skip
THREAD = mapping(**_thread)
CHANGE = mapping(name=text(most=255), ml_model=text(), is_archived=flag)
TURN = mapping(["query"], **_turn, stream=flag)
THREAD_WITH_TURN = mapping(
    ["query"], **_thread, **{name: shape for name, shape in _turn.items() if name not in _thread}
)
_STATUSES = {
    "pending": "running",
    "running": "running",
    "success": "completed",
    "paused": "completed",
    "error": "failed",
}
CHANGED = ("name", "is_archived", "ml_model")
_NUMBERS = ("agent_id", "chat_setting_id", "chat_settings_id", "suggested_query_id", "max_steps")
_LISTS = ("workspace_ids", "file_ids")
_FLAGS = (
    "is_ephemeral",
    "is_archived",
    "immediate_final_answer",
    "background",
    "private_scope",
    "company_scope",
    "stream",
)
_ANY = ("tool_parameters", "response_format")


class LightOn:
    """Threads and turns."""

    slash: Literal["", "alike", "redirect"] = ""

    def __init__(self, agent: EchoAgent | None = None) -> None:
        self.agent = replace(agent or EchoAgent(), asks=False)
        self.service = Service(self.agent)
        one = "/api/v3/threads/{id}"
        self.routes: Routes = [
            ("POST", "/api/v3/threads", self.create_thread),
            ("GET", "/api/v3/threads", self.list_threads),
            ("POST", "/api/v3/threads/turns", self.create_with_turn),
            ("GET", one, lambda request: Answer(self.shown_thread(self.thread(request)))),
            ("PATCH", one, self.change_thread),
            ("GET", f"{one}/turns", self.list_turns),
            ("POST", f"{one}/turns", self.create_turn),
            ("PATCH", f"{one}/turns/{{turn_id}}", self.change_turn),
        ]

    def admit(self, request: Request) -> None:
        """Refuse who has no key."""
        if request.headers.get("authorization") != f"Bearer {KEY}":
            raise Refused(401, "Invalid token")

    def refusal(self, refused: Refused) -> Answer:
        """How a refusal is told."""
        status = 400 if refused.status == 422 else refused.status
        told = {refused.field: [refused.reason]} if refused.field and status == 400 else {"detail": refused.reason}
        return Answer(told, status)

    def close(self) -> None:
        """End what is under way."""
        self.service.close()

    def body(self, request: Request, shape: Shape, *, required: bool = True) -> Json:
        """The body of a request: JSON, or one of two kinds of forms."""
        kind = request.headers.get("content-type", "")
        if not request.body and not required:
            return {}
        if kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
            held = read_form(kind, request.body)
            if wrong := shape(held):
                raise Refused(422, wrong, "form")
            return held
        if kind.split(";")[0].strip().lower() != "application/json":
            raise Refused(415, "Unsupported media type")
        return dict(request.read(shape))

    def thread(self, request: Request) -> Thread:
        """The thread that a path names."""
        found = self.service.threads.get(request.keys["id"])
        if found is None:
            raise Refused(404, "Not found.")
        return found

    def turn(self, request: Request) -> Run:
        """The turn that a path names, on its thread."""
        found = next((run for run in self.thread(request).runs if run.id == request.keys["turn_id"]), None)
        if found is None:
            raise Refused(404, "Not found.")
        return found

    def shown_thread(self, thread: Thread) -> Json:
        """A thread as it is answered."""
        more = thread.more
        return {
            "id": thread.id, "object": "thread", "name": more.get("name", ""), "status": self.status_of_thread(thread),
            "ml_model": more.get("ml_model"), "ml_model_name": None, "agent_id": more["agent_id"], "agent_name": None,
            "creation_source": "api", "is_read": False, "created_at": thread.created, "updated_at": thread.updated,
            "is_ephemeral": more.get("is_ephemeral", False), "is_archived": more.get("is_archived", False),
            "tool_parameters": more.get("tool_parameters"),
        }  # fmt: skip

    def status_of_thread(self, thread: Thread) -> str:
        """The status of a thread."""
        return "running" if thread.busy else _STATUSES.get(thread.rest or "success", thread.rest)

    def shown_turn(self, run: Run) -> Json:
        """A turn as it is answered."""
        failure = {"code": run.failure[0], "message": run.failure[1]} if run.failure else None
        return {
            "id": run.id, "object": "turn", "thread": run.thread.id, "status": _STATUSES.get(run.status, run.status),
            "messages": [self.shown_message(each) for each in self.messages_of(run)], "created_at": run.created,
            "error": failure, "liked": run.more.get("liked"),
        }  # fmt: skip

    def messages_of(self, run: Run) -> list[Message]:
        """The messages of a turn."""
        return [*run.heard, *run.said]

    def shown_message(self, message: Message) -> Json:
        """A message as it is answered."""
        return {
            "id": message.id, "object": "message", "role": message.role, "created_at": message.created,
            "parts": [{"type": "text", "text": message.text}], "immediate_final_answer": False,
        }  # fmt: skip

    def open_thread(self, sent: Json) -> Thread:
        """A new thread, as a body asks for it."""
        held = {name: value for name, value in sent.items() if name in _thread}
        agent = sent.get("agent_id", sent.get("chat_setting_id", sent.get("chat_settings_id", 1)))
        return self.service.open_thread(**{**held, "agent_id": agent})

    def create_thread(self, request: Request) -> Answer:
        return Answer(self.shown_thread(self.open_thread(self.body(request, THREAD, required=False))), 201)

    def list_threads(self, request: Request) -> Answer:
        search, source = request.asked("search"), request.asked("creation_source")
        if "" in (search, source):
            raise Refused(422, "is empty", "search")
        shown = [self.shown_thread(thread) for thread in list(self.service.threads.values())]
        found = [t for t in shown if (search or "").lower() in t["name"].lower() and source in (None, "api")]
        return self.page(request, found)

    def page(self, request: Request, things: list[Json]) -> Answer:
        """The part of a list that was asked for, newest first. things: oldest first."""
        limit = request.number("limit", 10, 1, 100)
        newest, after, before = things[::-1], request.asked("starting_after"), request.asked("ending_before")
        if "" in (after, before):
            raise Refused(422, "is empty", "starting_after")
        keys = [thing["id"] for thing in newest]
        start = keys.index(after) + 1 if after in keys else 0
        if before in keys:
            start = max(keys.index(before) - limit, 0)
            page = newest[start : keys.index(before)]
        else:
            page = newest[start : start + limit]
        more = f"{request.path}?limit={limit}"
        told: Json = {"results": page, "count": len(things), "next": None, "previous": None}
        if page and page[-1]["id"] != keys[-1]:
            told["next"] = f"{more}&starting_after={quote(page[-1]['id'])}"
        if page and page[0]["id"] != keys[0]:
            told["previous"] = f"{more}&ending_before={quote(page[0]['id'])}"
        return Answer(told)

    def change_thread(self, request: Request) -> Answer:
        thread, sent = self.thread(request), self.body(request, CHANGE, required=False)
        anonymizes, cancels = request.flag("anonymize"), request.flag("cancel")
        if anonymizes and not thread.more.get("is_ephemeral"):
            raise Refused(400, "Only an ephemeral thread can be anonymised")
        with self.service.changed:
            thread.more |= {name: value for name, value in sent.items() if name in CHANGED}
            if cancels and thread.active:
                self.service.stop(thread.active)
            thread.updated = self.service.now()
            return Answer(self.shown_thread(thread))

    def create_with_turn(self, request: Request) -> Answer:
        sent = self.body(request, THREAD_WITH_TURN)
        return self.ask(request, self.open_thread(sent), sent)

    def create_turn(self, request: Request) -> Answer:
        thread = self.thread(request)
        return self.ask(request, thread, self.body(request, TURN))

    def ask(self, request: Request, thread: Thread, sent: Json) -> Answer:
        """Ask what a body asks, and answer in one of three ways."""
        with self.service.changed:
            asked = Message(self.service.new_key(), "user", sent["query"], self.service.now())
            run = Run(self.service.new_key(), thread, self.service.now(), heard=[asked])
            self.service.submit(run)
            if sent.get("background"):
                return Answer(self.shown_turn(run), 202)
        if sent.get("stream"):
            return Answer(headers={"content-type": "text/event-stream"}, chunks=self.chunks(request, run))
        self.service.wait(run, request.closed)
        return Answer(self.shown_turn(run))

    def chunks(self, request: Request, run: Run) -> Iterator[bytes]:
        """The events of a turn as they are sent."""
        for beat in self.service.follow(run, 0, request.closed):
            for event in self.events_of(run, beat):
                yield b"data: " + json.dumps(event).encode() + b"\n\n"

    def events_of(self, run: Run, beat: Beat) -> Iterator[Json]:
        """The events of one beat."""
        if beat.kind == "begun":
            yield {"type": "turn", "turn": self.shown_turn(run)}
        elif beat.kind == "part":
            yield {"type": "text", "text": beat.data["text"]}
        elif beat.kind in ("ended", "failed", "cancelled"):
            yield {"type": "turn", "turn": self.shown_turn(run)}

    def list_turns(self, request: Request) -> Answer:
        thread = self.thread(request)
        with self.service.changed:
            shown = [self.shown_turn(run) for run in self.turns_of(thread)]
        return self.page(request, shown)

    def turns_of(self, thread: Thread) -> list[Run]:
        """The turns of a thread, oldest first."""
        return list(thread.runs)

    def change_turn(self, request: Request) -> Answer:
        run = self.turn(request)
        if request.word("action", ("copied", "flag", "like_dislike")) is None:
            raise Refused(422, "is required", "action")
        return Answer(self.shown_turn(run))


def read_form(kind: str, body: bytes) -> Json:
    """The values of a form: texts, numbers and booleans by their names."""
    try:
        if kind.startswith("multipart"):
            head = b"content-type: " + kind.encode("latin-1") + b"\r\n\r\n"
            whole = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
            if not whole.is_multipart() and b"form-data" in body:
                raise Refused(400, "Multipart form parse error")
            parts = (
                [
                    (part.get_param("name", header="content-disposition"), part.get_payload(decode=True))
                    for part in whole.iter_parts()
                ]
                if whole.is_multipart()
                else []
            )
            pairs = [(str(name), data.decode() if isinstance(data, bytes) else "") for name, data in parts]
        else:
            pairs = parse_qsl(body.decode(), keep_blank_values=True)
    except UnicodeDecodeError:
        raise Refused(400, "The form is no UTF-8") from None
    held: Json = {}
    for name, value in pairs:
        if name in _LISTS:
            held.setdefault(name, []).append(_typed(name, value))
        else:
            held[name] = _typed(name, value)
    return held


def _typed(name: str, value: str) -> Any:
    if name in _FLAGS:
        return {"true": True, "false": False}.get(value.lower(), value)
    if name in _NUMBERS or name in _LISTS:
        try:
            return int(value)
        except ValueError:
            return value
    if name in _ANY:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
