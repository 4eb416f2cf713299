"""A small server of notes on SQLite that fails on odd values, each in a place of its own: real mistakes, no planted status.

with fragile() as server:         # server.url, server.failed: the names of the places that have failed
with fragile(sound=True) as …     # the same, with a refusal wherever the other fails
"""

import contextlib
import json
import sqlite3
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

_TEXT, _NUMBER = {"type": "string"}, {"type": "integer"}
_NOTE = {
    "type": "object",
    "required": ["id", "title"],
    "properties": {"id": _TEXT, "title": _TEXT, "rank": {"type": ["integer", "null"]}, "labels": {"type": "object"}},
}
_PART = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": _TEXT, "text": _TEXT, "score": {"type": "number"}},
}
_BODY = {
    "type": "object",
    "required": ["title"],
    "properties": {
        "title": _TEXT,
        "rank": _NUMBER,
        "due": {"type": "string", "format": "date"},
        "labels": {"type": ["object", "null"]},
        "parts": {"type": "array", "items": _PART},
    },
}
_ID = {"name": "note_id", "in": "path", "required": True, "schema": _TEXT}


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def _answers(status: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    success = {"description": "done", **({"content": {"application/json": {"schema": schema}}} if schema else {})}
    return {status: success, "4XX": {"description": "refused"}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Notes", "version": "1"},
    "paths": {
        "/notes": {
            "post": {
                "parameters": [{"name": "x-trace", "in": "header", "schema": _TEXT}],
                "requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}},
                "responses": _answers("201", _NOTE),
            },
            "get": {
                "parameters": [_query("limit", _NUMBER), _query("since", _TEXT), _query("after", _TEXT)],
                "responses": _answers("200", {"type": "array", "items": _NOTE}),
            },
        },
        "/notes/{note_id}": {
            "get": {"parameters": [_ID], "responses": _answers("200", _NOTE)},
            "delete": {"parameters": [_ID], "responses": _answers("204")},
        },
    },
}
PLACES = frozenset({
    "body", "number", "title", "rank", "due", "labels", "text", "score", "trace", "limit", "since", "after", "query",
    "path", "row",
})  # fmt: skip


class _Stop(Exception):  # noqa: N818 - ends a request
    """A request that is answered with a status alone."""


@dataclass
class Fragile:
    """The server's state. sound: it refuses where it would fail. failed: names of places that have failed."""

    sound: bool = False
    url: str = ""
    failed: set[str] = field(default_factory=set)
    lock: Any = field(default_factory=threading.Lock)
    db: sqlite3.Connection = field(default_factory=lambda: sqlite3.connect(":memory:", check_same_thread=False))

    def __post_init__(self) -> None:
        self.db.execute("create table notes(id text, title text, rank integer, labels text)")

    @contextlib.contextmanager
    def place(self, name: str) -> Iterator[None]:
        """A place that may fail: with what Python or SQLite raise, of which a sound server makes a refusal."""
        try:
            yield
        except Exception:  # noqa: BLE001 - whatever it is that fails there
            if not self.sound:
                self.failed.add(name)
                raise _Stop(500) from None
            raise _Stop(422) from None

    def answer(self, method: str, target: str, trace: str | None, body: bytes) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        parts = urlsplit(target)
        if parts.path == "/notes":
            return (201, self.make(trace, body)) if method == "POST" else (200, self.shown(parts.query))
        with self.place("path"):
            key = unquote_to_bytes(parts.path.removeprefix("/notes/")).decode()
            if not key.isprintable():
                raise ValueError(key)
        found = self.db.execute("select * from notes where id = ?", (key,)).fetchone()
        if found is None:
            return 404, {"detail": "no such note"}
        if method == "DELETE":
            self.db.execute("delete from notes where id = ?", (key,))
            return 204, None
        return 200, self.row(found)

    def make(self, trace: str | None, body: bytes) -> dict[str, Any]:
        """A note, made of a body."""
        with self.place("trace"):
            int(trace or "0", 16)
        try:
            sent = json.loads(body)
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            raise _Stop(422) from None
        except ValueError:
            with self.place("number"):
                raise
        with self.place("body"):
            title, labels = sent.get("title"), sent.get("labels", {})
        if not isinstance(title, str) or not isinstance(sent.get("rank", 0), int) or isinstance(sent.get("rank"), bool):
            raise _Stop(422)
        if not isinstance(labels, dict | None) or not isinstance(sent.get("parts", []), list):
            raise _Stop(422)
        with self.place("title"):
            if b"\x00" in title.encode():
                raise ValueError("a NUL")
        with self.place("due"):
            datetime.strptime(sent.get("due", "2026-01-01"), "%Y-%m-%d")  # noqa: DTZ007 - as it is often done
        with self.place("labels"):
            _walk(labels)
        if labels is None and self.sound:
            labels = {}
        text = ""
        for part in sent.get("parts", []):
            if not isinstance(part, dict) or not isinstance(part.get("score", 0), int | float):
                raise _Stop(422)
            with self.place("text"):
                text += part["text"].strip()
            with self.place("score"):
                int(part.get("score", 0))
        key = uuid.uuid4().hex
        with self.place("rank"):
            row = (key, title, sent.get("rank"), json.dumps(labels))
            self.db.execute("insert into notes values(?, ?, ?, ?)", row)
        return {"id": key, "title": title, "rank": sent.get("rank"), "labels": labels or {}}

    def shown(self, query: str) -> list[Any]:
        """A page of notes."""
        with self.place("query"):
            pairs = [piece.partition("=")[::2] for piece in query.split("&") if piece]
            asked = {name: unquote_to_bytes(value.replace("+", " ")).decode() for name, value in pairs}
        with self.place("since"):
            datetime.fromisoformat(asked.get("since", "2026-01-01T00:00:00Z")).astimezone(UTC)
        with self.place("after"):
            int(asked.get("after", "0"))
        try:
            limit = int(asked.get("limit", "20"))
        except ValueError:
            raise _Stop(422) from None
        with self.place("limit"):
            found = self.db.execute("select * from notes order by rowid desc limit ?", (limit,)).fetchall()
        return [self.row(each) for each in found]

    def row(self, row: tuple[Any, ...]) -> dict[str, Any]:
        """A stored note as it is shown."""
        with self.place("row"):
            labels = dict(json.loads(row[3]).items())
        return {"id": row[0], "title": row[1], "rank": row[2], "labels": labels}


def _walk(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(_walk(each) for each in inner)


@contextlib.contextmanager
def fragile(*, sound: bool = False) -> Iterator[Fragile]:
    """The server, on a port of its own."""
    state = Fragile(sound=sound)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            with state.lock:
                try:
                    status, value = state.answer(self.command, self.path, self.headers.get("x-trace"), body)
                except _Stop as stop:
                    status, value = stop.args[0], {"detail": "refused"}
            data = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            if data:
                self.send_header("content-type", "application/json")
            if status != 204:
                self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the names are http.server's

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        state.db.close()
