"""Talking to the agent of a mock in this process, in time that jumps: requests, events, and streams that are half read."""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from threadmock.mockserver.agents import script_files
from threadmock.mockserver.agents.scheduler import Scheduler
from threadmock.mockserver.agents.scripts import Scripts
from threadmock.mockserver.agents.streams import Stream
from threadmock.mockserver.agents.timer import JumpingTimer
from threadmock.specs.wire.eventstream import EventReader, ServerEvent
from threadmock.specs.wire.messages import Request, Response

from support.clients import Client, Told, dump, make_gateway
from support.reading import read_events

NOBODY = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
HEADERS = {"host": "localhost", "content-type": "application/json"}
COUNTING = "pace: 1s\nsteps:\n- say: one two three four\n- say: five six\n"
MODES = ("values", "updates", "messages", "messages-tuple", "tasks", "checkpoints", "debug", "custom", "events")


def scripts_of(text: str) -> Scripts:
    """The shipped scripts and those of a text, which speak by default; with the agents that it declares."""
    return script_files.scripts_of(text, "own.yaml")


def said(text: str, **more: Any) -> dict[str, Any]:
    """The input of a run: one message of a user."""
    return {"messages": [{"role": "user", "content": text, **more}]}


def names(events: Iterable[ServerEvent]) -> list[str]:
    """The names of events, in order."""
    return [event.name for event in events]


def data(events: Iterable[ServerEvent], name: str) -> list[Any]:
    """The data of the events with that name."""
    return [json.loads(event.data) for event in events if event.name == name]


class Reading:
    """A stream that is read as far as a test wants."""

    def __init__(self, response: Response, scheduler: Scheduler) -> None:
        assert isinstance(response.body, Stream), response
        self.status, self.headers, self.stream = response.status, response.headers, response.body
        self.events: list[ServerEvent] = []
        self.reader = EventReader()
        self.raw = b""
        self._scheduler = scheduler

    def take(self) -> list[ServerEvent]:
        """What is there without waiting."""
        self._scheduler.run_due()
        new = []
        while found := self.stream.take():
            self.raw += b"".join(found)
            new += list(self.reader.feed(b"".join(found)))
        self.events += new
        return new

    def rest(self) -> list[ServerEvent]:
        """All to the end, with the waiting that it takes; the stream is closed then."""
        for piece in self.stream:
            self.raw += piece
            self.events += self.reader.feed(piece)
        assert not self.reader.broken
        assert not self.reader.unfinished
        return self.events

    def until(self, name: str, count: int = 1) -> list[ServerEvent]:
        """Events up to the so-manieth of that name."""
        while names(self.events).count(name) < count:
            self.raw += (piece := next(self.stream))
            self.events += self.reader.feed(piece)
        return self.events

    def leave(self) -> None:
        """Go away."""
        self.stream.close()


class Talk:
    """One mock of an agent server, and a client of it. text: a file of scripts whose default speaks."""

    def __init__(
        self, text: str = "", *, layer: str = "documented", seed: int = 7, log: Callable[[str], None] | None = None
    ) -> None:
        self.timer = JumpingTimer()
        self.gateway = make_gateway(
            "langsmith", layer=layer, seed=seed, log=log, timer=self.timer, script=scripts_of(text) if text else None
        )
        self.world = self.gateway.world
        self.scheduler = self.world.scheduler
        self.client = Client(self.gateway)
        self.layer = layer

    def anew(self, text: str) -> "Talk":
        """The same mock with nothing in it and another script; to make one takes longer than most tests of it."""
        self.gateway.reset()
        self.world.scripts = scripts_of(text)
        return self

    def ask(self, method: str, path: str, body: Any = None, *, query: str = "", **headers: str) -> Told:
        """One exchange, its answer whole."""
        told = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        payload = b"" if body is None else dump(body)
        return self.client.send(method, path, query=query, headers=HEADERS | told, body=payload)

    def get(self, path: str, query: str = "") -> Any:
        """What a GET finds; it must be a success."""
        told = self.ask("GET", path, query=query)
        assert told.status == 200, told.body[:300]
        return told.json()

    def thread(self, **members: Any) -> str:
        """A new thread's id."""
        return str(self.ask("POST", "/threads", members).json()["thread_id"])

    def body(self, text: Any = None, **members: Any) -> dict[str, Any]:
        """The body that starts a run. text: what is said; None for no input."""
        return {"assistant_id": "agent", **({} if text is None else {"input": said(text)}), **members}

    def start(self, thread: str, text: Any = None, **members: Any) -> Told:
        """Start a run in the background."""
        return self.ask("POST", f"/threads/{thread}/runs", self.body(text, **members))

    def began(self, thread: str, text: Any = None, **members: Any) -> Any:
        """The run that was started; it must have been."""
        told = self.start(thread, text, **members)
        assert told.status == 200, told.body[:300]
        return told.json()

    def wait(self, thread: str, text: Any = None, **members: Any) -> Any:
        """What a run came to."""
        told = self.ask("POST", f"/threads/{thread}/runs/wait", self.body(text, **members))
        assert told.status == 200, told.body[:300]
        return json.loads(told.body)

    def stream(self, thread: str, text: Any = None, modes: Any = ("values",), **members: Any) -> list[ServerEvent]:
        """All events of a run."""
        asked = self.body(text, stream_mode=list(modes), **members)
        told = self.ask("POST", f"/threads/{thread}/runs/stream", asked)
        assert told.status == 200, told.body[:300]
        return read_events(told.body)

    def open(self, method: str, path: str, body: Any = None, *, query: str = "", **headers: str) -> Reading:
        """A stream of which nothing was read yet."""
        told = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        payload = b"" if body is None else dump(body)
        return Reading(self.gateway.handle(Request(method, path, query, HEADERS | told, payload)), self.scheduler)

    def watch(self, thread: str, text: Any = None, modes: Any = ("values",), **members: Any) -> Reading:
        """A run that is streamed, of which nothing was read yet."""
        return self.open("POST", f"/threads/{thread}/runs/stream", self.body(text, stream_mode=list(modes), **members))

    def status(self, thread: str) -> str:
        """Of the thread."""
        return str(self.get(f"/threads/{thread}")["status"])

    def statuses(self, thread: str) -> list[str]:
        """Of its runs, the first one first."""
        return [run["status"] for run in self.get(f"/threads/{thread}/runs", "limit=100")][::-1]

    def state(self, thread: str) -> Any:
        """The thread's state."""
        return self.get(f"/threads/{thread}/state")

    def history(self, thread: str) -> list[Any]:
        """The thread's states, the newest first."""
        return list(self.get(f"/threads/{thread}/history", "limit=1000"))

    def texts(self, thread: str) -> list[str]:
        """What the messages of the thread's state say."""
        return [message["content"] for message in self.state(thread)["values"].get("messages", [])]

    def pass_time(self, seconds: float) -> None:
        """Let so many seconds pass, and happen what is due in them."""
        until = self.timer.read() + seconds
        while (due := self.scheduler.next_due()) is not None and due <= until:
            self.timer.advance(max(0.0, due - self.timer.read()))
            self.scheduler.run_due()
        self.timer.advance(until - self.timer.read())

    def finish(self) -> None:
        """Let everything that is under way come to its end."""
        while (due := self.scheduler.next_due()) is not None:
            self.pass_time(max(0.0, due - self.timer.read()))

    def cancel(self, thread: str, run: str, query: str = "") -> Told:
        """Cancel one run."""
        return self.ask("POST", f"/threads/{thread}/runs/{run}/cancel", query=query)


def is_uuid(text: str) -> bool:
    """Whether a text is one in the usual form."""
    return str(uuid.UUID(text)) == text


def members_of(value: Mapping[str, Any], *expected: str) -> bool:
    """Whether an object has just these members."""
    return set(value) == set(expected)


def busy(layer: str = "documented", text: str = COUNTING) -> tuple[Talk, str]:
    """A new thread, and an agent that takes a second for each word."""
    talk = Talk(text, layer=layer)
    return talk, talk.thread()


def run_of(events: Iterable[ServerEvent]) -> str:
    """The run that the first event of a stream tells of."""
    return str(data(events, "metadata")[0]["run_id"])
