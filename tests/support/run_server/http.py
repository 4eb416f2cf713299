"""HTTP/1.1 around a wire form: requests, answers, streams in chunks, and a server on a free loopback port."""

import contextlib
import json
import re
import select
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from support.run_server.shape import Shape


class Refused(Exception):  # noqa: N818 - reads as what it is
    """A request that is refused with this status. field: the place that is wrong."""

    def __init__(self, status: int, reason: str, field: str = "") -> None:
        self.status, self.reason, self.field = status, reason, field
        super().__init__(reason)


@dataclass
class Request:
    """A request. keys: what its path names. closed: whether the client has gone."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    keys: dict[str, str] = field(default_factory=dict)
    closed: Callable[[], bool] = lambda: False

    def asked(self, name: str, default: str | None = None) -> str | None:
        """The last value of a word of the query."""
        return next((value for word, value in reversed(self.query) if word == name), default)

    def number(self, name: str, default: int, low: int | None = None, high: int | None = None) -> int:
        """A whole number of the query."""
        found = self.asked(name)
        if found is None:
            return default
        if not re.fullmatch(r"-?[0-9]{1,40}", found):
            raise Refused(422, "is no whole number", f"query.{name}")
        if (low is not None and int(found) < low) or (high is not None and int(found) > high):
            raise Refused(422, "is out of bounds", f"query.{name}")
        return int(found)

    def word(self, name: str, words: tuple[str, ...], default: str | None = None) -> str | None:
        """A value of the query that is one of these words."""
        found = self.asked(name, default)
        if found is not None and found not in words:
            raise Refused(422, f"is none of {', '.join(words)}", f"query.{name}")
        return found

    def flag(self, name: str) -> bool:
        """A boolean of the query; false where there is none."""
        return self.word(name, ("true", "false")) == "true"

    def read(self, shape: Shape) -> Any:
        """The body, which has this shape."""
        try:
            value = json.loads(self.body.decode("utf-8"), parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise Refused(422, "Invalid JSON in request body", "body") from None
        if wrong := shape(value):
            raise Refused(422, f"The body {wrong}", "body")
        return value


def _no_number(text: str) -> None:
    raise ValueError(text)


@dataclass
class Answer:
    """What a request is answered. value: JSON, where there is a body. chunks: a stream instead of it."""

    value: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    empty: bool = False
    chunks: Iterator[bytes] | None = None


def refused_by_place(refused: Refused) -> Answer:
    """A refusal as some servers tell it: of an invalid request, where it is wrong."""
    if refused.status != 422:
        return Answer({"detail": refused.reason}, refused.status)
    where = refused.field.split(".") or ["body"]
    return Answer({"detail": [{"loc": where, "msg": refused.reason, "type": "value_error"}]}, 422)


Routes = list[tuple[str, str, Callable[[Request], Answer]]]


class WireForm(Protocol):
    """What a server speaks. routes: method, path and what answers. slash: what a slash at the end of a path does."""

    slash: Literal["", "alike", "redirect"]
    routes: Routes

    def refusal(self, refused: Refused) -> Answer:
        """How a refusal is told."""

    def admit(self, request: Request) -> None:
        """Refuse who has no credentials."""

    def close(self) -> None:
        """End what is under way."""


def route(form: WireForm, request: Request) -> Answer:
    """What a wire form answers a request."""
    path, bare = request.path, request.path.removesuffix("/")
    if form.slash and bare and path != bare:
        if form.slash == "redirect":
            return Answer(status=307, headers={"location": bare}, empty=True)
        path = bare
    allowed = []
    method = "GET" if request.method == "HEAD" else request.method
    for known, template, answer in form.routes:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
        found = re.fullmatch(pattern, path)
        if found and known == method:
            request.keys = {name: unquote(value) for name, value in found.groupdict().items()}
            try:
                form.admit(request)
                return answer(request)
            except Refused as refused:
                return form.refusal(refused)
        if found:
            allowed.append(known)
    if allowed:
        told = form.refusal(Refused(405, "Method Not Allowed"))
        told.headers["allow"] = ", ".join(allowed)
        return told
    return form.refusal(Refused(404, "Not Found"))


@contextlib.contextmanager
def serve(form: WireForm) -> Iterator[str]:
    """The server on a free loopback port; its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 65536

        def log_message(self, *_: object) -> None:
            pass

        def handle_any(self) -> None:
            split = urlsplit(self.path)
            query = parse_qsl(split.query, keep_blank_values=True)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length") or 0))
            request = Request(self.command, split.path, query, headers, body)
            request.closed = lambda: _gone(self.connection)
            self.tell(route(form, request))

        def tell(self, answer: Answer) -> None:
            body = b"" if answer.empty or answer.chunks is not None else json.dumps(answer.value).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if body:
                self.send_header("content-type", "application/json")
            if answer.chunks is not None:
                self.send_header("transfer-encoding", "chunked")
            elif answer.status != 204:
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            if self.command == "HEAD":
                return
            self.wfile.write(body)
            for chunk in answer.chunks or ():
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                self.wfile.flush()
            if answer.chunks is not None:
                self.wfile.write(b"0\r\n\r\n")

    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        setattr(Handler, f"do_{method}", Handler.handle_any)

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away is no news."""

    with Quiet(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}"
        finally:
            form.close()
            listening.shutdown()
            thread.join(10)


def _gone(connection: socket.socket) -> bool:
    """Whether a client has closed its side."""
    try:
        ready, _, _ = select.select([connection], [], [], 0)
        return bool(ready) and connection.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True
