"""One conversation over HTTP: its steps are data, and what came is kept step by step, as plain JSON."""

import http.client
import json
import re
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from threadmock.specs.wire.eventstream import EventReader, ServerEvent

LONGEST = 20.0
MOST_EVENTS = 500
HEADERS = ("content-type", "content-location", "location")
ENDING = (
    {"get": "/threads/{thread}"},
    {"get": "/threads/{thread}/state"},
    {"get": "/threads/{thread}/history?limit=100"},
    {"get": "/threads/{thread}/runs?limit=100"},
)
"""What is read at the end of every conversation."""


@dataclass(frozen=True)
class Conversation:
    """name: what it is about. agent: who is spoken to. steps: what is sent, one after the other."""

    name: str
    agent: str
    steps: tuple[Mapping[str, Any], ...]


def load_conversations(path: Path) -> list[Conversation]:
    """The conversations of a file."""
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [Conversation(name, each["agent"], tuple(each["steps"])) for name, each in tree.items()]


@dataclass
class OpenStream:
    """A stream of which a part was read."""

    connection: http.client.HTTPConnection
    response: http.client.HTTPResponse
    reader: EventReader = field(default_factory=EventReader)
    waiting: list[ServerEvent] = field(default_factory=list)

    def events(self) -> Iterator[ServerEvent]:
        """What comes, up to the end of the stream."""
        while True:
            while self.waiting:
                yield self.waiting.pop(0)
            piece = self.response.read1(65536)
            if not piece:
                return
            self.waiting += self.reader.feed(piece)

    def close(self) -> None:
        """Leave."""
        self.connection.close()


@dataclass
class Speaker:
    """Holds conversations with one server. memory: what the steps before named, by name: thread, run, cron, assistant."""

    url: str
    memory: dict[str, Any] = field(default_factory=dict)
    stream: OpenStream | None = None

    def hold(self, conversation: Conversation) -> list[dict[str, Any]]:
        """What came at each step, and at the end of the conversation."""
        self.memory = {}
        self.send("POST", "/threads", {})
        answers = [self.take(conversation.agent, step) for step in (*conversation.steps, *ENDING)]
        if self.stream:
            self.stream.close()
            self.stream = None
        return answers

    def take(self, agent: str, step: Mapping[str, Any]) -> dict[str, Any]:
        """One step.

        post, put, get, patch, delete: a path; body: what is sent. start, wait, open: a run with this text as the input, or
        with the input itself. open reads as many events as `read` says, else all; `more` reads so many, `rest` so many or
        all that are left, `leave` none of them; both end the stream. until: the state is read again and again until it
        holds so many messages. settled: the thread is, until no run has it.
        """
        step = dict(step)
        if "until" in step:
            return self.wait_for(step["until"])
        if "settled" in step:
            return self.wait_until_settled()
        if "more" in step:
            return {"events": self.read(step["more"])}
        if "rest" in step or "leave" in step:
            assert self.stream
            left = [] if "leave" in step else self.read(None if step["rest"] is True else step["rest"])
            self.stream.close()
            self.stream = None
            return {"events": left}
        method = next(
            word for word in ("start", "wait", "open", "post", "put", "get", "patch", "delete") if word in step
        )
        headers = {"last-event-id": self.filled(step["last_event"])} if "last_event" in step else {}
        if method in ("start", "wait", "open"):
            path = "/threads/{thread}/runs" + {"start": "", "wait": "/wait", "open": "/stream"}[method]
            given = step[method]
            said = {"messages": [{"role": "user", "content": given}]} if isinstance(given, str) else given
            more = {key: value for key, value in step.items() if key not in (method, "read", "last_event", "on")}
            body = {"assistant_id": agent, "input": said, **more}
            return self.send("POST", step.get("on", path), body, headers, step.get("read"))
        return self.send(method.upper(), step[method], step.get("body"), headers, step.get("read"))

    def send(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] = {}, read: int | None = None
    ) -> dict[str, Any]:
        """One exchange; what may differ from server to server, such as a date, is left out."""
        parts = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port or 80, timeout=LONGEST)
        payload = None if body is None else json.dumps(self.filled(body)).encode()
        connection.request(method, self.in_path(path), payload, {"content-type": "application/json", **dict(headers)})
        response = connection.getresponse()
        told = {name: response.headers[name] for name in HEADERS if response.headers[name]}
        answer: dict[str, Any] = {"status": response.status, "headers": told}
        if location := told.get("content-location"):
            self.memory["run"] = location.split("/runs/")[1].split("/")[0]
        if told.get("content-type", "").startswith("text/event-stream"):
            self.stream = OpenStream(connection, response)
            answer["events"] = self.read(read)
            if read is None:
                self.stream.close()
                self.stream = None
            return answer
        data = response.read()
        connection.close()
        answer["json"] = json.loads(data) if "json" in told.get("content-type", "") and data.strip() else data.decode()
        self.note(answer["json"])
        return answer

    def read(self, count: int | None) -> list[dict[str, Any]]:
        """So many events of the open stream; None: all."""
        assert self.stream
        found: list[dict[str, Any]] = []
        events = self.stream.events()
        while count is None or len(found) < count:
            event = next(events, None)
            if event is None:
                break
            assert len(found) < MOST_EVENTS
            data = json.loads(event.data) if event.data else None
            if event.id:
                self.memory["event"] = event.id
            if event.name == "metadata" and "run_id" in (data or {}):
                self.memory["run"] = data["run_id"]
            found.append({"event": event.name, "id": event.id, "data": data})
        return found

    def wait_for(self, count: int) -> dict[str, Any]:
        """Read the state until it holds so many messages: what a run that goes on has come to."""
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            state = self.send("GET", "/threads/{thread}/state")["json"]
            if len((state["values"] or {}).get("messages", ())) >= count and state["next"]:
                return {"json": state}
            time.sleep(0.05)
        raise AssertionError(f"the state never held {count} messages")

    def wait_until_settled(self) -> dict[str, Any]:
        """Read the thread until no run has it: a stream may end before that."""
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            thread = self.send("GET", "/threads/{thread}")["json"]
            if thread["status"] != "busy":
                return {"json": thread["status"]}
            time.sleep(0.05)
        raise AssertionError("a run never left the thread")

    def note(self, found: Any) -> None:
        """Keep what later steps may name: of a list of assistants the first."""
        if isinstance(found, list) and found and isinstance(found[0], dict) and "assistant_id" in found[0]:
            self.memory["assistant"] = found[0]["assistant_id"]
        if isinstance(found, dict):
            for word in ("thread_id", "run_id", "cron_id", "assistant_id"):
                if isinstance(found.get(word), str):
                    self.memory[word.removesuffix("_id")] = found[word]

    def in_path(self, path: str) -> str:
        """A path with the names in it filled in."""
        return re.sub(r"\{([^{}]+)\}", lambda name: str(self.look_up(name[1])), path)

    def filled(self, value: Any) -> Any:
        """A body with what `$name.member` names in place of each such text."""
        if isinstance(value, str):
            return self.look_up(value[1:]) if value.startswith("$") else value
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        return {key: self.filled(each) for key, each in value.items()} if isinstance(value, dict) else value

    def look_up(self, name: str) -> Any:
        """What a name with dots stands for: `state` and `history` are read now."""
        first, *steps = name.split(".")
        if first == "answers":
            asked = [each for task in self.look_up("state.tasks") for each in task["interrupts"]]
            return {each["id"]: f"to {each['value']['question']}" for each in asked}
        if first == "answer":
            return {self.look_up("state.tasks.0.interrupts.0.id"): "by its id"}
        if first in ("state", "history"):
            path = "/threads/{thread}/state" if first == "state" else "/threads/{thread}/history?limit=100"
            found = self.send("GET", path)["json"]
        else:
            found = self.memory[first]
        for step in steps:
            found = found[int(step)] if isinstance(found, list) else found[step]
        return found
