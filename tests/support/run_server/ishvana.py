"""The wire form of Ishvana: a chat is asked by a message, and answers with a stream of data only."""

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any, Literal

from support.run_server.agent import EchoAgent
from support.run_server.core import Service
from support.run_server.http import Answer, Refused, Request, Routes, refused_by_place
from support.run_server.records import Beat, Message, Run, Thread
from support.run_server.shape import Shape, either, flag, integer, mapping, moment, nothing, number, several, text

Json = dict[str, Any]
ROOM = ("general", "editor", "critic")
_texts = either(several(text()), nothing)
_maybe = either(text(), nothing)
THREAD = mapping(["title"], title=text(), project_id=_maybe, initial_message=_maybe, tags=_texts, created_at=moment)
CHANGE = mapping(title=_maybe, tags=_texts, is_archived=either(flag, nothing))
CHAT = mapping(
    ["message"], message=text(), project_id=text(), conversation_id=_maybe, agent_type=text(), use_rag=flag,
    temperature=number(0, 2), max_tokens=integer(), search_results_count=integer(), persona=_maybe, stance=_maybe,
    pinned_document_ids=_texts, requested_at=moment,
)  # fmt: skip


class Ishvana:
    """Threads, their messages, and chats."""

    slash: Literal["", "alike", "redirect"] = ""

    def __init__(self, agent: EchoAgent | None = None) -> None:
        self.agent = RoomAgent(**vars(agent or EchoAgent()) | {"asks": False})
        self.service = Service(self.agent)
        one = "/api/chat/threads/{thread_id}"
        self.routes: Routes = [
            ("POST", "/api/chat/threads", self.create_thread),
            ("GET", "/api/chat/threads", self.list_threads),
            ("PATCH", one, self.change_thread),
            ("DELETE", one, self.delete_thread),
            ("GET", f"{one}/messages", self.list_messages),
            ("GET", "/api/chat/history", self.read_history),
            ("POST", "/api/chat/enhanced/stream", partial(self.chat, agents=())),
            ("POST", "/api/chat/writers-room/stream", partial(self.chat, agents=ROOM)),
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
        """The body of a request, whose names may be written in both ways."""
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            raise Refused(422, "is no JSON", "body")
        return {_plain(name): value for name, value in request.read(_spelled(shape)).items()}

    def thread(self, key: str) -> Thread:
        """The thread with this key."""
        found = self.service.threads.get(key)
        if found is None:
            raise Refused(404, "Thread not found")
        return found

    def shown_thread(self, thread: Thread) -> Json:
        """A thread as it is answered."""
        spoken = self.messages_of(thread)
        return {
            "thread_id": thread.id, "title": thread.more["title"], "project_id": thread.more["project_id"],
            "created_at": thread.created, "message_count": len(spoken), "tags": thread.more["tags"],
            "is_archived": thread.more["is_archived"], "modified_at": thread.updated,
            "last_message_at": spoken[-1].created if spoken else None,
        }  # fmt: skip

    def messages_of(self, thread: Thread) -> list[Message]:
        """The messages of a thread, oldest first."""
        return list(thread.messages)

    def shown_message(self, thread: Thread, message: Message) -> Json:
        """A message as it is answered."""
        return {
            "message_id": message.id, "thread_id": thread.id, "role": message.role, "content": message.text,
            "timestamp": message.created, "agent_used": message.raw.get("agent_used"),
        }  # fmt: skip

    def open_thread(self, title: str, project: str | None, tags: list[str] | None = None) -> Thread:
        """A new thread."""
        more = {
            "title": title,
            "project_id": "my-project" if project is None else project,
            "tags": tags or [],
            "is_archived": False,
        }
        return self.service.open_thread(f"thread_{self.service.new_key()}", **more)

    def create_thread(self, request: Request) -> Answer:
        sent = self.body(request, THREAD)
        with self.service.changed:
            thread = self.open_thread(sent["title"], sent.get("project_id"), sent.get("tags"))
            if sent.get("initial_message"):
                thread.messages.append(self.message("user", sent["initial_message"]))
            return Answer(self.shown_thread(thread))

    def message(self, role: str, spoken: str) -> Message:
        """A new message."""
        return Message(f"msg_{self.service.new_key()}", role, spoken, self.service.now())

    def list_threads(self, request: Request) -> Answer:
        project, kind = request.asked("project_id"), request.asked("project_type", "general")
        for name, value, most in (("project_id", project, 100), ("project_type", kind, 50)):
            if value is not None and (len(value) > most or not re.fullmatch(r"[a-zA-Z0-9_-]+", value)):
                raise Refused(422, "has a wrong form", f"query.{name}")
        limit = request.number("limit", 50, 1, 1000)
        shown = [self.shown_thread(thread) for thread in reversed(list(self.service.threads.values()))]
        found = [thread for thread in shown if project in (None, thread["project_id"])]
        told = {"threads": found[:limit], "total_count": len(found)}
        return Answer({**told, **({"project_id": project} if project is not None else {})})

    def change_thread(self, request: Request) -> Answer:
        thread, sent = self.thread(request.keys["thread_id"]), self.body(request, CHANGE)
        with self.service.changed:
            known = ("title", "tags", "is_archived")
            thread.more |= {name: value for name, value in sent.items() if value is not None and name in known}
            thread.updated = self.service.now()
            return Answer(self.shown_thread(thread))

    def delete_thread(self, request: Request) -> Answer:
        thread = self.thread(request.keys["thread_id"])
        told = {"status": "success", "message": "The thread is gone", "thread_id": thread.id}
        told |= {"deleted_message_count": len(thread.messages), "permanent_delete": True, "can_restore": False}
        told |= {"thread_title": thread.more["title"], "project_id": thread.more["project_id"]}
        self.service.remove_thread(thread)
        return Answer(told)

    def list_messages(self, request: Request) -> Answer:
        thread = self.thread(request.keys["thread_id"])
        limit, offset = request.number("limit", 100, 1, 1000), request.number("offset", 0, 0)
        shown = [self.shown_message(thread, message) for message in self.messages_of(thread)]
        page = shown[::-1][offset:][:limit][::-1]
        return Answer({"status": "success", "thread_id": thread.id, "messages": page, "count": len(page)})

    def read_history(self, request: Request) -> Answer:
        wanted, limit = request.asked("thread_id"), request.number("limit", 50, 1, 500)
        if wanted is not None and len(wanted) > 100:
            raise Refused(422, "is too long", "query.thread_id")
        with self.service.changed:
            threads = [thread for thread in list(self.service.threads.values()) if wanted in (None, thread.id)]
            shown = [self.shown_message(thread, message) for thread in threads for message in self.messages_of(thread)]
        shown.sort(key=lambda message: str(message["timestamp"]))
        found = [{**message, "id": message["message_id"], "conversation_id": message["thread_id"]} for message in shown]
        told: Json = {"messages": found[-limit:], "total": len(found)}
        return Answer({**told, **({"conversation_id": wanted} if wanted is not None else {})})

    def chat(self, request: Request, *, agents: tuple[str, ...]) -> Answer:
        """Answer a message: on the thread that it names, else on a new one."""
        sent = self.body(request, CHAT)
        with self.service.changed:
            named = sent.get("conversation_id")
            thread = (
                self.thread(named) if named is not None else self.open_thread(sent["message"], sent.get("project_id"))
            )
            heard = self.message("user", sent["message"])
            more = {"agents": agents, "agent_type": sent.get("agent_type", "general")}
            run = Run(self.service.new_key(), thread, self.service.now(), heard=[heard], more=more)
            self.service.submit(run)
        return Answer(headers={"content-type": "text/event-stream"}, chunks=self.chunks(request, run))

    def chunks(self, request: Request, run: Run) -> Iterator[bytes]:
        """The events of a chat as they are sent; what each of a room says is stored by its own name."""
        for beat in self.service.follow(run, 0, request.closed):
            for event in self.events_of(run, beat):
                yield b"data: " + json.dumps(event).encode() + b"\n\n"

    def events_of(self, run: Run, beat: Beat) -> Iterator[Json]:
        """The events of one beat."""
        if beat.kind == "part":
            told = {"type": "chunk", "content": beat.data["text"], "index": beat.data["index"]}
            yield from [{**told, "agent_used": name} for name in run.more["agents"]] or [told]
        elif beat.kind == "failed":
            yield {"type": "error", "message": beat.data["message"]}
        elif beat.kind in ("ended", "cancelled"):
            yield {"type": "complete"}


class RoomAgent(EchoAgent):
    """Stores what was said once for each who said it, with the name."""

    def keep(self, service: Service, run: Run, message: Message) -> None:
        for name in run.more["agents"] or (run.more["agent_type"],):
            own = Message(
                f"msg_{service.new_key()}", message.role, message.text, service.now(), run.id, {"agent_used": name}
            )
            super().keep(service, run, own)


def _plain(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


def _spelled(shape: Shape) -> Shape:
    """A shape of an object whose names may be written in both ways."""
    return lambda value: shape(
        {_plain(name): held for name, held in value.items()} if isinstance(value, dict) else value
    )
