"""WSGI environ ↔ messages (PEP 3333): one thin adapter, for Flask's views and for requests that bypass them."""

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

from threadmock.mockserver.agents.streams import Pending
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.pipeline.mounts import Found
from threadmock.mockserver.server.sessions import GATEWAY, PREFIX, SESSION_KEY, SessionRefused, Sessions
from threadmock.specs.operations.path_templates import read_within, within
from threadmock.specs.wire.messages import Request, Response

StartResponse: TypeAlias = Callable[..., Any]
HeaderKeys: TypeAlias = Sequence[tuple[str, str]]
WsgiCallable: TypeAlias = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

_MAX_DIGITS = 18
_CHUNK = 64 * 1024
_NAMES = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}
_CGI_NAMES = {name: key for key, name in _NAMES.items()}
_HEADER_KEYS: dict[tuple[str, ...], HeaderKeys] = {}
_MOST_LAYOUTS = 200
_LONGEST_LAYOUT = 4000
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


def read_request(environ: dict[str, Any], max_body: int) -> Request:
    """The request of an environ.

    Of a body whose length is more than max_body bytes nothing is read, of one without a length max_body + 1 at most.
    max_body -1: the body is left alone.
    """
    keys = tuple(environ)
    header_keys = _HEADER_KEYS.get(keys) or _find_header_keys(keys)
    headers = {name: value for key, name in header_keys if (value := environ[key])}
    query = environ.get("QUERY_STRING", "")
    body, base = _read_body(environ, max_body), environ.get("SCRIPT_NAME", "")
    return Request(environ["REQUEST_METHOD"], read_path(environ), query, headers, body, base)


def read_path(environ: dict[str, Any]) -> str:
    """The path of an environ as text."""
    path: str = environ.get("PATH_INFO") or "/"
    return path if path.isascii() else path.encode("latin-1", "replace").decode("utf-8", "replace")


def find_route(gateway: Gateway, environ: dict[str, Any]) -> Found:
    """The route of an environ. A slash within a segment is one where the server says what the URL was, else guessed."""
    method, path = environ["REQUEST_METHOD"], read_path(environ)
    raw = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if not raw:
        return gateway.find_guessing(method, path)
    if "%2f" not in raw.lower():
        return gateway.find(method, path)
    sent = raw.partition("?")[0].removeprefix(quote(environ.get("SCRIPT_NAME", ""), encoding="latin-1"))
    segments = [within(unquote(segment, errors="replace")) for segment in sent.split("/")]
    whole = "/".join(segments)
    return gateway.find(method, whole if read_within(whole) == path else path)


def _find_header_keys(keys: tuple[str, ...]) -> HeaderKeys:
    """The environ keys that carry headers, each with its header's name. Cached: most requests have the same ones."""
    found = [(key, _NAMES.get(key) or key[5:].replace("_", "-").lower()) for key in keys if _is_header(key)]
    if len(_HEADER_KEYS) < _MOST_LAYOUTS and sum(map(len, keys)) <= _LONGEST_LAYOUT:
        _HEADER_KEYS[keys] = found
    return found


def _is_header(key: str) -> bool:
    return key.startswith("HTTP_") or key in _NAMES


def _read_body(environ: dict[str, Any], max_body: int) -> bytes:
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isascii() and length.isdigit():
        if len(length) > _MAX_DIGITS or (wanted := int(length)) > max_body:
            return b""
    elif environ.get("wsgi.input_terminated") and environ.get("HTTP_TRANSFER_ENCODING"):
        wanted = max_body + 1
    else:
        return b""
    if not wanted:
        return b""
    return read_all(environ["wsgi.input"], wanted)


def read_all(stream: Any, wanted: int) -> bytes:
    """Up to `wanted` bytes of a stream whose `read` may return fewer than it was asked for."""
    data: bytes = stream.read(wanted)
    if len(data) >= wanted or not data:
        return data
    parts, size = [data], len(data)
    while data and size < wanted:
        data = stream.read(min(_CHUNK, wanted - size))
        parts.append(data)
        size += len(data)
    return b"".join(parts)


def gateway_of(environ: dict[str, Any]) -> Gateway:
    """The mock that the request of an environ is for."""
    found: Gateway = environ[GATEWAY]
    return found


def exchange(environ: dict[str, Any]) -> Response:
    """The response to the request of an environ."""
    gateway = gateway_of(environ)
    request = read_request(environ, gateway.limits.body)
    return completed(gateway.handle(request, find_route(gateway, environ)))


def completed(response: Response) -> Response:
    """The response, once it is known: where it depends on a run, this thread waits for that."""
    return response.body.wait() if isinstance(response.body, Pending) else response


def send_response(response: Response, method: str, start_response: StartResponse) -> list[bytes] | Iterator[bytes]:
    """Start the response and return its body as WSGI wants it."""
    status = response.status
    body = response.body
    headers = list(response.headers.items())
    if isinstance(body, bytes):
        if status >= 200 and status not in (204, 304):
            headers.append(("content-length", str(len(body))))
        start_response(status_line(status), headers)
        return [] if method == "HEAD" or not body else [body]
    start_response(status_line(status), headers)
    return body


def status_line(status: int) -> str:
    """The status with its phrase, as WSGI wants it."""
    return _STATUS_LINES.get(status) or f"{status} Status"


class WsgiApplication:
    """A WSGI application for use in process: documented routes go straight to the gateway, everything else to Flask."""

    def __init__(self, sessions: Sessions, flask: WsgiCallable) -> None:
        self._sessions = sessions
        self._flask = flask

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        method = environ["REQUEST_METHOD"]
        if (refused := name_gateway(self._sessions, environ)) is not None:
            return send_response(refused, method, start_response)
        gateway = gateway_of(environ)
        found = find_route(gateway, environ)
        if found.mount is None:
            return self._flask(environ, start_response)
        request = read_request(environ, gateway.limits.body)
        return send_response(completed(gateway.handle(request, found)), method, start_response)


class SessionMiddleware:
    """Finds the mock of a request before the application behind it looks at the path."""

    def __init__(self, sessions: Sessions, application: WsgiCallable) -> None:
        self._sessions = sessions
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        refused = None if GATEWAY in environ else name_gateway(self._sessions, environ)
        if refused is not None:
            return send_response(refused, environ["REQUEST_METHOD"], start_response)
        return self._application(environ, start_response)


def name_gateway(sessions: Sessions, environ: dict[str, Any]) -> Response | None:
    """Name the mock that a request is for in its environ, and leave its path there; the refusal where none can be."""
    path = read_path(environ)
    if SESSION_KEY not in environ and not path.startswith(PREFIX):
        environ[GATEWAY] = sessions.default
        return None
    request = read_request(environ, -1)
    try:
        environ[GATEWAY], own = sessions.resolve(request)
    except SessionRefused as refused:
        return refused.response(request.headers, sessions.default)
    if own is not request:
        environ["SCRIPT_NAME"] = own.base
        environ["PATH_INFO"] = own.path.encode("utf-8", "surrogateescape").decode("latin-1")
    return None


def call_wsgi(app: WsgiCallable, request: Request, gateway: Gateway, address: str | None = None) -> Response:
    """What a WSGI application answers to a request for a mock, its body whole.

    address: the client's; None in process.
    """
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    environ = {**make_environ(request), GATEWAY: gateway}
    if address is not None:
        environ["REMOTE_ADDR"] = address
    chunks = app(environ, lambda status, headers, _=None: begun.append((status, headers)))
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    status, headers = begun[-1]
    return Response(int(status[:3]), {name.lower(): value for name, value in headers}, body)


def make_environ(request: Request) -> dict[str, Any]:
    """The environ of a request, without anything of the process environment."""
    made = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": request.base,
        "PATH_INFO": request.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": request.query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        made[_CGI_NAMES.get(name) or "HTTP_" + name.replace("-", "_").upper()] = value
    if made.pop("HTTP_TRANSFER_ENCODING", None):
        # the body is here; of one without a length Flask would take as much as it may, and not refuse the rest
        made["CONTENT_LENGTH"] = str(len(request.body))
    return made
