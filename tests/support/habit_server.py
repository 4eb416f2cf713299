"""Small thread servers that nobody's mock is behind, with habits of real ones: in process, on a real socket.

    with serve(Threads("keep", "get500")) as server:      # langsmith's words: POST /threads, POST /threads/search, …
        server.url, server.things, server.created
    with serve(Listed("order")) as server:                # seekrflow's words: POST /v1/threads, GET /v1/threads, …

Without a habit they do what the document says, as far as they go. Habits:

    keep        a create with supersteps is refused with 400, and its thread is kept
    keep_any    every create that is refused keeps its thread, where it can
    keep_500    as keep_any, and the refusal is a 500
    upsert      a change of an unknown thread is refused with 404, and makes it
    ttl         a ttl without a number is refused with 422
    get500      a thread that is not there is a 500
    read500     a read is a 500, whatever is there
    sleepy      the first delete of a thread is accepted and does nothing
    fails       the first delete of a thread is a 500 and does nothing
    stuck       a delete is accepted and does nothing
    ids         a search does not look at `ids`
    metadata    a search does not look at `metadata`
    no_search   a search is a 500
    blind       a search with `metadata` finds nothing
    short       no page has more than seven things
    order       the oldest things come first
    listdel     deleted things stay in lists
    offset      a list does not look at `offset`
    status      the last thing of a page has a status that no document knows
    lost        a change is answered as if it were made, and is not
"""

import contextlib
import json
import re
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_PAGE = 7
Said = tuple[int, Any]


class Refused(Exception):  # noqa: N818 - reads as what it is
    """A request that is refused with this status."""

    def __init__(self, status: int, text: str) -> None:
        self.said: Said = (status, {"detail": text})
        super().__init__(text)


class HabitServer:
    """What both kinds share. things: by key, oldest first. created: how many were ever made by requests."""

    key, metadata, home = "thread_id", "metadata", "/threads"

    def __init__(self, *habits: str) -> None:
        self.habits = set(habits)
        self.things: dict[str, dict[str, Any]] = {}
        self.deleted: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str, bytes]] = []
        self.created = 0
        self.url = ""
        self._touched: set[str] = set()
        self._lock = threading.Lock()

    def preload(self, count: int, canary: str = "foreign") -> list[str]:
        """Put things of somebody else there; their keys."""
        made = [self._store(None, {canary: f"{canary}-text-{number}"}) for number in range(count)]
        self.created -= count
        return [thing[self.key] for thing in made]

    def answer(self, method: str, target: str, body: bytes) -> Said:
        """What a request is answered."""
        with self._lock:
            self.requests.append((method, target, body))
            try:
                return self._answer(method, target, body)
            except Refused as refusal:
                return refusal.said

    def _answer(self, method: str, target: str, body: bytes) -> Said:
        raise NotImplementedError

    def _new_key(self) -> str:
        return str(uuid.uuid4())

    def _store(self, key: str | None, metadata: Any) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat()
        known = {self.key: key or self._new_key(), "created_at": now, self.metadata: metadata}
        thing = {**known, **self._more(now)}
        self.things[thing[self.key]] = thing
        self.created += 1
        return thing

    def _more(self, now: str) -> dict[str, Any]:
        raise NotImplementedError

    def _missing(self) -> Refused:
        return Refused(500 if "get500" in self.habits else 404, "Thread not found")

    def _about_one(self, method: str, key: str, sent: Any) -> Said:
        if method == "GET" and "read500" in self.habits:
            raise Refused(500, "no reading today")
        if key not in self.things:
            if method in ("PATCH", "PUT") and "upsert" in self.habits and _is_uuid(key):
                self._store(key, {})
            raise self._missing()
        if method == "GET":
            return 200, self.things[key]
        if method == "DELETE":
            return self._delete(key)
        held = sent.get(self.metadata) if isinstance(sent, dict) else None
        if not isinstance(sent, dict) or not (held is None or isinstance(held, dict)):
            raise Refused(422, "metadata is no object")
        if "lost" in self.habits:
            return 200, {**self.things[key], self.metadata: {**self.things[key][self.metadata], **(held or {})}}
        self.things[key][self.metadata] |= held or {}
        self.things[key]["updated_at"] = datetime.now(UTC).isoformat()
        return 200, self.things[key]

    def _delete(self, key: str) -> Said:
        first = key not in self._touched
        self._touched.add(key)
        if first and "fails" in self.habits:
            raise Refused(500, "try again")
        if not (first and "sleepy" in self.habits) and "stuck" not in self.habits:
            self.deleted[key] = self.things.pop(key)
        return self._deleted(key)

    def _deleted(self, key: str) -> Said:
        return 204, None

    def _page(self, sent: dict[str, Any], *, down: bool = True) -> list[dict[str, Any]]:
        limit, start = sent.get("limit", 10), sent.get("offset", 0)
        if type(limit) is not int or type(start) is not int or limit < 0 or start < 0:
            raise Refused(422, "limit and offset are whole numbers")
        found = [*self.things.values(), *(self.deleted.values() if "listdel" in self.habits else ())]
        found.sort(key=lambda thing: thing["created_at"], reverse=down and "order" not in self.habits)
        found = [thing for thing in found if self._matches(thing, sent)]
        start = 0 if "offset" in self.habits else start
        found = found[start : start + (min(limit, _PAGE) if "short" in self.habits else limit)]
        if "status" in self.habits and found:
            found[-1] = {**found[-1], "status": "asleep"}
        return found

    def _matches(self, thing: dict[str, Any], sent: dict[str, Any]) -> bool:
        wanted, ids = sent.get("metadata") or {}, sent.get("ids")
        if wanted and "blind" in self.habits:
            return False
        if "metadata" not in self.habits and not all(thing[self.metadata].get(k) == v for k, v in wanted.items()):
            return False
        return ids is None or "ids" in self.habits or thing[self.key] in ids


class Threads(HabitServer):
    """Five operations of langsmith's document: create, search, read, change, delete."""

    def _more(self, now: str) -> dict[str, Any]:
        return {"updated_at": now, "state_updated_at": now, "status": "idle", "values": {}}

    def _answer(self, method: str, target: str, body: bytes) -> Said:
        path = urlsplit(target).path
        sent = _read(body)
        if path == self.home and method == "POST":
            return self._create(sent)
        if path == f"{self.home}/search" and method == "POST":
            if "no_search" in self.habits:
                raise Refused(500, "no search today")
            if not isinstance(sent, dict) or not isinstance(sent.get("metadata") or {}, dict):
                raise Refused(422, "no search")
            if not isinstance(sent.get("ids") or [], list):
                raise Refused(422, "ids are a list")
            return 200, self._page(sent)
        one = re.fullmatch(rf"{self.home}/([^/]+)", path)
        if one and method in ("GET", "PATCH", "DELETE"):
            return self._about_one(method, one[1], sent)
        raise Refused(405 if path == self.home or one else 404, "Not Found")

    def _create(self, sent: Any) -> Said:
        if not isinstance(sent, dict):
            raise Refused(422, "no object")
        key, held = sent.get("thread_id"), sent.get("metadata")
        held = {} if held is None else held
        wrong = self._wrong(sent, key, held)
        if key is not None and _is_uuid(key) and key in self.things:
            if sent.get("if_exists") == "do_nothing":
                return 200, self.things[key]
            raise Refused(409, "taken")
        kept = "keep_any" in self.habits or "keep_500" in self.habits
        if wrong and kept:
            self._store(key if _is_uuid(key) else None, held if isinstance(held, dict) else {})
        if wrong:
            raise Refused(500 if "keep_500" in self.habits else 422, wrong)
        thing = self._store(key, held)
        if "keep" in self.habits and sent.get("supersteps"):
            raise Refused(400, "it has no graph")
        return 200, thing

    def _wrong(self, sent: dict[str, Any], key: Any, held: Any) -> str:
        ttl = sent.get("ttl")
        if key is not None and not _is_uuid(key):
            return "thread_id is no UUID"
        if not isinstance(held, dict):
            return "metadata is no object"
        if "ttl" in self.habits and isinstance(ttl, dict) and "ttl" not in ttl:
            return "ttl.ttl is required"
        if sent.get("if_exists") not in (None, "raise", "do_nothing"):
            return "if_exists is unknown"
        if not isinstance(sent.get("supersteps") or [], list) or not isinstance(ttl or {}, dict):
            return "supersteps are a list, and ttl is an object"
        return ""


class Listed(HabitServer):
    """Four operations of seekrflow's document: create, list by GET, read, delete. Keys are the server's own."""

    key, metadata, home = "id", "meta_data", "/v1/threads"

    def _new_key(self) -> str:
        return f"thread_{uuid.uuid4().hex[:24]}"

    def _more(self, now: str) -> dict[str, Any]:
        return {"object": "thread", "status": "available", "active_run_id": None}

    def _deleted(self, key: str) -> Said:
        return 200, {"id": key, "object": "thread", "deleted": True}

    def _answer(self, method: str, target: str, body: bytes) -> Said:
        path, asked = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query, keep_blank_values=True))
        if path == self.home and method == "POST":
            sent = _read(body)
            held = (sent.get("meta_data") or {}) if isinstance(sent, dict) else None
            if not isinstance(held, dict):
                if "keep_any" in self.habits:
                    self._store(None, {})
                raise Refused(422, "no thread")
            return 200, self._store(None, held)
        if path == self.home and method == "GET":
            order = asked.get("order", "desc")
            numbers = {name: int(text) for name, text in asked.items() if text.isdecimal() and text.isascii()}
            if order not in ("asc", "desc") or not {"limit", "offset"} & asked.keys() <= numbers.keys():
                raise Refused(422, "no such order")
            return 200, self._page({"limit": 20, **numbers}, down=order == "desc")
        one = re.fullmatch(rf"{self.home}/([^/]+)", path)
        if one and method in ("GET", "DELETE"):
            return self._about_one(method, one[1], None)
        raise Refused(405 if path == self.home or one else 404, "Not Found")


def _is_uuid(text: Any) -> bool:
    try:
        return isinstance(text, str) and str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


@contextlib.contextmanager
def serve(server: HabitServer) -> Iterator[HabitServer]:
    """The server on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536

        def log_message(self, *_: object) -> None:
            pass

        def handle_any(self) -> None:
            data = self.rfile.read(int(self.headers.get("content-length") or 0))
            method = "GET" if self.command == "HEAD" else self.command
            status, value = server.answer(method, self.path, data)
            body = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            if body:
                self.send_header("content-type", "application/json")
            if status != 204:
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else body)

    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        setattr(Handler, f"do_{method}", Handler.handle_any)

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away is no news."""

    with Quiet(("127.0.0.1", 0), Handler) as listening:
        server.url = f"http://127.0.0.1:{listening.server_port}"
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join(10)
