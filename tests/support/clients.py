"""The doors of the mock, called without a socket: requests in as bytes and names, answers out as plain records."""

import asyncio
import datetime
import io
import json
import types
import urllib.parse
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from threadmock.mockserver.mock import create_mock
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.server.app import create_app, rsgi_application, wsgi_application

START = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
WSGI_DOORS = ("served", "flask")
DOORS = (*WSGI_DOORS, "rsgi")
NO_JSON = object()


class SteadyClock:
    """A time that moves on by a millisecond whenever it is asked."""

    def __init__(self, start: datetime.datetime = START) -> None:
        self.next = start

    def __call__(self) -> datetime.datetime:
        moment = self.next
        self.next += datetime.timedelta(milliseconds=1)
        return moment


@dataclass(frozen=True)
class Told:
    """One answer. headers: lower-case name to value."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    pairs: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def json(self) -> Any:
        """The body as strict JSON: what Python alone would take (NaN, equal keys) fails."""
        return strict_json(self.body)


def strict_json(data: bytes) -> Any:
    """The value of JSON bytes by a reader that is not threadmock's own."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs), "a key stands twice"
        return dict(pairs)

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(data.decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse)


def make_gateway(*sources: Any, layer: str = "documented", seed: int = 7, now: Any = None, **rest: Any) -> Gateway:
    """The gateway of a mock of built-in names, paths or contracts. limits: its own; rest: as `create_mock` takes them."""
    limits = rest.pop("limits", None)
    gateway = create_mock(*sources, layer=layer, seed=seed, clock=now or SteadyClock(), **rest).gateway
    gateway.limits = limits or gateway.limits
    return gateway


def open_door(gateway: Gateway, door: str) -> Any:
    """The application behind one of DOORS, to be called as WSGI has it."""
    if door == "rsgi":
        return as_wsgi(rsgi_application(gateway))
    return wsgi_application(gateway) if door == "served" else create_app(gateway).wsgi_app


class Wire:
    """What an RSGI application is given to read a body and to answer with."""

    def __init__(self, made: dict[str, Any]) -> None:
        self.stream = made["wsgi.input"]
        self.begun: tuple[int, list[tuple[str, str]]] | None = None
        self.body = b""

    async def __call__(self) -> bytes:
        return self.stream.read()  # type: ignore[no-any-return]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while part := self.stream.read(10_000):
            yield part

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.begun = (status, headers)

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.begun, self.body = (status, headers), body


def as_wsgi(app: Any) -> Any:
    """An RSGI application, to be called as WSGI has it."""

    def application(made: dict[str, Any], start_response: Any) -> list[bytes]:
        names = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}
        headers = {
            names.get(key) or key[5:].replace("_", "-").lower(): value
            for key, value in made.items()
            if key.startswith("HTTP_") or key in names
        }
        scope = types.SimpleNamespace(
            method=made["REQUEST_METHOD"],
            path=made["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),
            query_string=made["QUERY_STRING"],
            http_version="1.1",
            authority=None,
            client=f"{made.get('REMOTE_ADDR', '127.0.0.1')}:50000",
            headers=headers,
        )
        wire = Wire(made)
        asyncio.run(app.__rsgi__(scope, wire))
        assert wire.begun
        start_response(str(wire.begun[0]), wire.begun[1])
        return [wire.body]

    return application


def environ(
    method: str, path: str, query: str = "", headers: Mapping[str, str] | None = None, body: bytes = b""
) -> dict[str, Any]:
    """A WSGI environ as a server makes it. path: decoded; headers: any case."""
    made = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "4040",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "HTTP_HOST": "127.0.0.1:4040",
    }
    if body:
        made["CONTENT_LENGTH"] = str(len(body))
    for name, value in (headers or {}).items():
        key = name.upper().replace("-", "_")
        made[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return made


def call(app: Any, made: dict[str, Any]) -> Told:
    """What a WSGI application answers to an environ."""
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    parts: Iterable[bytes] = app(made, lambda status, headers, exc_info=None: begun.append((status, headers)))
    body = b"".join(parts)
    if hasattr(parts, "close"):
        parts.close()
    [(status, pairs)] = begun
    headers: dict[str, str] = {}
    for name, value in pairs:
        lower = name.lower()
        headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
    return Told(int(status.split(" ", 1)[0]), headers, body, tuple(pairs))


class Client:
    """Calls one door of one gateway; `prefix` stands before every path."""

    def __init__(self, gateway: Gateway, door: str = "served", prefix: str = "") -> None:
        self.gateway = gateway
        self.app = open_door(gateway, door)
        self.prefix = prefix

    def send(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        json: Any = NO_JSON,
    ) -> Told:
        """One exchange. json: sent as application/json unless a header says otherwise."""
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        if json is not NO_JSON:
            body = dump(json)
            sent.setdefault("content-type", "application/json")
        return call(self.app, environ(method, self.prefix + path, query, sent, body))

    def post(self, path: str, json: Any = NO_JSON, **rest: Any) -> Told:
        """A POST."""
        return self.send("POST", path, json=json, **rest)

    def get(self, path: str, **rest: Any) -> Told:
        """A GET."""
        return self.send("GET", path, **rest)


def dump(value: Any) -> bytes:
    """A value as JSON bytes; the name `json` is taken in `Client`."""
    return json.dumps(value, ensure_ascii=False).encode()


def form(fields: Mapping[str, str]) -> tuple[str, bytes]:
    """Content type and body of a urlencoded form."""
    return "application/x-www-form-urlencoded", urllib.parse.urlencode(fields).encode()


def multipart(fields: Mapping[str, str], boundary: str = "limit-7f3a") -> tuple[str, bytes]:
    """Content type and body of a multipart form."""
    parts = [f'--{boundary}\r\ncontent-disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items()]
    return f"multipart/form-data; boundary={boundary}", "".join([*parts, f"--{boundary}--\r\n"]).encode()
