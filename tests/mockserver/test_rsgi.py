"""The door that `serve` opens: the same answers as the others', bodies that do not arrive, connections that are cut."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from support.clients import make_gateway
from threadmock.mockserver.pipeline.gateway import Limits
from threadmock.mockserver.server.app import create_app
from threadmock.mockserver.server.control import MAX_BODY, MOST_UPLOAD
from threadmock.mockserver.server.rsgi import AT_ONCE, RsgiApplication
from threadmock.mockserver.server.sessions import Sessions


class ProtocolClosedError(RuntimeError):
    """What granian raises where the connection is gone."""


@dataclass
class Wire:
    """One request's protocol object. pieces: what arrives; then `end`: whole, closed or never."""

    pieces: list[bytes] = field(default_factory=list)
    end: str = "whole"
    told: list[Any] = field(default_factory=list)
    taken: int = 0

    async def __call__(self) -> bytes:
        return b"".join([piece async for piece in self])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            self.taken += len(piece)
            yield piece
        if self.end == "closed":
            raise ProtocolClosedError
        if self.end == "never":
            await asyncio.Event().wait()

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        lengths = {value for name, value in headers if name == "content-length"}
        assert len(lengths) == 1, "hyper closes the connection where lengths differ"
        self.told.append((status, dict(headers), body))

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.told.append((status, dict(headers), None))

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> "Wire":
        self.told.append((status, dict(headers), "stream"))
        return self

    async def send_bytes(self, data: bytes) -> None:
        assert data == b""


def ask(
    app: RsgiApplication, wire: Wire, method: str = "POST", path: str = "/threads", **headers: str
) -> tuple[int, Any, Any]:
    pairs = [("host", "localhost"), *((name.replace("_", "-"), value) for name, value in headers.items())]
    scope = SimpleNamespace(
        method=method,
        path=path,
        query_string="",
        http_version="1.1",
        authority=None,
        client="127.0.0.1:9",
        headers=dict(pairs),
    )
    asyncio.run(app.__rsgi__(scope, wire))
    [told] = wire.told
    return told  # type: ignore[no-any-return]


def make_app(
    name: str = "langsmith", *, body_seconds: float = 20, straight: bool = True, **rest: Any
) -> RsgiApplication:
    gateway = make_gateway(name, **rest)
    return RsgiApplication(
        sessions := Sessions(gateway),
        create_app(gateway, sessions).wsgi_app,
        body_seconds=body_seconds,
        straight=straight,
    )


JSON = {"content_type": "application/json"}


def test_a_body_that_never_comes_is_a_408_after_its_time() -> None:
    for more in ({"content_length": "10"}, {"transfer_encoding": "chunked"}):
        status, headers, _ = ask(make_app(body_seconds=0.01), Wire([b"{"], "never"), **JSON, **more)
        assert (status, headers["content-type"]) == (408, "application/problem+json")


def test_a_body_with_a_length_that_is_cut_is_refused_as_the_provider_refuses_what_is_no_json() -> None:
    status, headers, _ = ask(make_app(), Wire([b"{}"], "closed"), **JSON, content_length="10")
    assert (status, headers["content-type"]) == (422, "application/json")


def test_a_chunked_body_that_is_cut_is_no_body() -> None:
    app = make_app("lighton")
    status, headers, _ = ask(
        app, Wire([b"{}"], "closed"), path="/api/v3/threads", authorization="Bearer k", transfer_encoding="chunked"
    )
    assert (status, headers["content-type"]) == (400, "application/problem+json")


def test_of_a_chunked_body_no_more_is_taken_than_tells_that_it_is_too_long() -> None:
    wire = Wire([b"[" * 100] * 50)
    assert ask(make_app(limits=Limits(body=1000)), wire, **JSON, transfer_encoding="chunked")[0] == 413
    assert wire.taken == 1100


@pytest.mark.parametrize("length", [str(17 * 1024**2), "9" * 19, "9" * 6000])
def test_a_body_that_announces_too_much_is_never_read(length: str) -> None:
    wire = Wire([b"x"])
    assert ask(make_app(), wire, **JSON, content_length=length)[0] == 413
    assert wire.taken == 0


def test_a_long_body_is_answered_as_a_short_one_is() -> None:
    data = json.dumps({"metadata": {"text": "x" * AT_ONCE}}).encode()
    status, _, body = ask(make_app(), Wire([data]), **JSON, content_length=str(len(data)))
    assert (status, json.loads(body)["metadata"]) == (200, json.loads(data)["metadata"])


def test_a_repeated_header_is_one_with_commas() -> None:
    app = make_app()
    scope = SimpleNamespace(
        method="POST",
        path="/threads",
        query_string="",
        http_version="1.1",
        authority=None,
        client="127.0.0.1:50000",
        headers=SimpleNamespace(items=lambda: [("host", "localhost"), ("host", "evil.example"), ("x", "1")]),
    )
    wire = Wire()
    asyncio.run(app.__rsgi__(scope, wire))
    assert wire.told[0][0] == 421


def test_the_authority_of_http_2_is_a_host() -> None:
    scope = SimpleNamespace(
        method="GET",
        path="/_mock/health",
        query_string="",
        http_version="2",
        authority="evil.example",
        client="127.0.0.1:9",
        headers={},
    )
    wire = Wire()
    asyncio.run(make_app().__rsgi__(scope, wire))
    assert wire.told[0][0] == 421


def test_a_fault_that_cuts_leaves_an_answer_that_never_ends() -> None:
    app = make_app(faults=["no-answer"])
    for _ in range(8):
        assert ask(app, Wire([b"{}"]), **JSON, content_length="2")[0] == 200
    wire = Wire()
    with pytest.raises(ConnectionAbortedError):
        ask(app, wire, **JSON)
    [(_, headers, kind)] = wire.told
    assert (headers["content-length"], kind) == ("1", "stream")


def test_what_is_no_route_is_flasks_to_answer() -> None:
    status, headers, body = ask(make_app(), Wire(), method="GET", path="/_mock/health")
    assert (status, headers["content-type"], json.loads(body)["product"]) == (200, "application/json", "threadmock")
    assert ask(make_app(), Wire(), method="GET", path="/nowhere")[0] == 404


def test_through_flask_the_answer_is_the_same() -> None:
    data = b'{"metadata": {"a": 1}}'
    one, other = (
        ask(make_app(straight=straight), Wire([data]), **JSON, content_length=str(len(data)))
        for straight in (True, False)
    )
    assert one == other


@pytest.mark.parametrize("path", ["/nowhere", "/_mock/health"])
def test_a_head_of_what_flask_answers_has_the_length_of_its_get(path: str) -> None:
    status, headers, body = ask(make_app(), Wire(), "HEAD", path)
    assert body == b""
    got = ask(make_app(), Wire(), "GET", path)
    assert status == got[0]
    assert abs(int(headers["content-length"]) - len(got[2])) <= len("HEAD") - len("GET")


@pytest.mark.parametrize(
    ("path", "most"),
    [("/_mock/reset", MAX_BODY), ("/_mock/snapshots/s/restore", MOST_UPLOAD), ("/_mock/say", MAX_BODY)],
)
def test_a_chunked_body_that_is_too_long_for_the_control_interface_is_a_413(path: str, most: int) -> None:
    said = {"transfer_encoding": "chunked", "x_threadmock_control": "1"}
    for length, status in ((most - 2, 400), (most, 413)):
        told = ask(make_app(), Wire([b"[", b" " * length, b"x"]), path=path, **said)
        assert (told[0], told[1]["content-type"]) == (status, "application/problem+json")


class LeftWire(Wire):
    """The wire of a client that has left by the time its stream begins."""

    async def client_disconnect(self) -> None:
        """It left."""


@pytest.mark.parametrize("path", ["/_mock/events", "/_mock/events/", "//_mock/events", "/_s/one/_mock/events/"])
def test_live_events_hold_no_thread_however_many_slashes_are_around(path: str) -> None:
    def refuse(*_: Any) -> Any:
        raise AssertionError("a thread would read a stream that never ends")

    status, headers, kind = ask(RsgiApplication(Sessions(make_gateway("langsmith")), refuse), LeftWire(), "GET", path)
    assert (status, headers["content-type"], kind) == (200, "text/event-stream", "stream")
