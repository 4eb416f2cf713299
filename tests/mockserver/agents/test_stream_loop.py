"""Streams on the event loop that `serve` runs: told as anywhere else, freed, and no reader delays another."""

import asyncio
import json
import types
from typing import Any

import pytest
from support.agent_client import HEADERS, Talk, names
from support.clients import dump
from threadmock.mockserver.agents.timer import RealTimer
from threadmock.mockserver.server.app import rsgi_application
from threadmock.specs.wire.eventstream import EventReader, ServerEvent


class Transport:
    """Where a stream goes. limit: bytes that are taken before the reader stops reading."""

    def __init__(self, limit: int = 10**9) -> None:
        self.pieces: list[bytes] = []
        self.limit = limit
        self.room = asyncio.Event()

    async def send_bytes(self, piece: bytes) -> None:
        self.pieces.append(piece)
        if sum(map(len, self.pieces)) > self.limit:
            await self.room.wait()


class Wire:
    """One request's protocol object, whose client may go away."""

    def __init__(self, body: bytes, limit: int = 10**9) -> None:
        self.body, self.begun = body, (0, {})
        self.transport = Transport(limit)
        self.gone = asyncio.Event()
        self.told = asyncio.Event()

    async def __call__(self) -> bytes:
        return self.body

    async def client_disconnect(self) -> None:
        await self.gone.wait()

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Transport:
        self.begun = (status, dict(headers))
        self.told.set()
        return self.transport

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.begun = (status, dict(headers))
        self.transport.pieces.append(body)
        self.told.set()

    response_empty = response_bytes


class Loop:
    """The mock as `serve` runs it, on the event loop of one test and in real time, which delays nothing here."""

    def __init__(self, text: str, speed: float = 0.0) -> None:
        self.talk = Talk(text)
        self.talk.scheduler.timer, self.talk.scheduler.speed = RealTimer(), speed
        self.app = rsgi_application(self.talk.gateway)

    def ask(self, method: str, path: str, body: Any = None, *, limit: int = 10**9) -> tuple[Wire, "asyncio.Task[None]"]:
        payload = b"" if body is None else dump(body)
        headers = HEADERS | ({"content-length": str(len(payload))} if payload else {})
        wire = Wire(payload, limit)
        scope = types.SimpleNamespace(
            method=method, path=path, query_string="", http_version="1.1", authority=None, headers=headers
        )
        return wire, asyncio.ensure_future(self.app.__rsgi__(scope, wire))

    async def thread(self) -> str:
        wire, task = self.ask("POST", "/threads", {})
        await task
        return str(json.loads(wire.transport.pieces[0])["thread_id"])


def events_of(wire: Wire) -> list[ServerEvent]:
    return list(EventReader().feed(b"".join(wire.transport.pieces)))


def test_on_the_event_loop_a_run_is_told_as_anywhere_else() -> None:
    async def scene() -> None:
        loop = Loop("steps: [{say: one two three}]")
        thread = await loop.thread()
        asked = loop.talk.body("go", stream_mode=["values", "messages-tuple"])
        wire, task = loop.ask("POST", f"/threads/{thread}/runs/stream", asked)
        await asyncio.wait_for(task, 10)
        assert wire.begun[0] == 200
        assert names(events_of(wire)) == ["metadata", "values", "messages", "messages", "messages", "values"]
        assert len(wire.transport.pieces) == 6
        assert loop.talk.scheduler.open_streams == 0
        waited, task = loop.ask("POST", f"/threads/{thread}/runs/wait", loop.talk.body("go"))
        await asyncio.wait_for(task, 10)
        assert json.loads(b"".join(waited.transport.pieces))["messages"][-1]["content"] == "one two three"

    asyncio.run(scene())


@pytest.mark.parametrize(("asked", "status"), [({"on_disconnect": "cancel"}, "interrupted"), ({}, "running")])
def test_on_the_event_loop_a_client_that_is_gone_frees_its_stream(asked: dict[str, Any], status: str) -> None:
    async def scene() -> None:
        loop = Loop("steps: [{say: one}, {wait: 1h}, {say: two}]", speed=1.0)
        thread = await loop.thread()
        wire, task = loop.ask("POST", f"/threads/{thread}/runs/stream", loop.talk.body("go", **asked))
        await asyncio.wait_for(wire.told.wait(), 10)
        assert loop.talk.scheduler.open_streams == 1
        wire.gone.set()
        await asyncio.wait_for(task, 10)
        assert loop.talk.scheduler.open_streams == 0
        assert loop.talk.statuses(thread) == [status]

    asyncio.run(scene())


def test_on_the_event_loop_a_reader_that_does_not_read_delays_nobody() -> None:
    async def scene() -> None:
        loop = Loop("steps: [{say: {of: ' word', times: 300}}]")
        thread, other = await loop.thread(), await loop.thread()
        asked = loop.talk.body("go", stream_mode=["messages-tuple"], stream_resumable=True)
        stuck, task = loop.ask("POST", f"/threads/{thread}/runs/stream", asked, limit=1000)
        wire, done = loop.ask("POST", f"/threads/{other}/runs/stream", asked)
        await asyncio.wait_for(done, 10)
        assert names(events_of(wire)).count("messages") == 300
        assert not task.done()
        assert loop.talk.statuses(thread) == ["success"]
        stuck.transport.room.set()
        await asyncio.wait_for(task, 10)
        assert names(events_of(stuck)).count("messages") == 300
        assert loop.talk.scheduler.open_streams == 0

    asyncio.run(scene())
