"""WSGI environ ↔ messages (PEP 3333): one thin adapter for Flask's views and for the short way past them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias

from threadmock.mockserver.bodies import Bodies, Stalled
from threadmock.mockserver.gateway import Gateway
from threadmock.mockserver.problems import problem
from threadmock.specs.messages import Request, Response

StartResponse: TypeAlias = Callable[..., Any]
Carriers: TypeAlias = Sequence[tuple[str, str]]
WsgiApp: TypeAlias = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

_MAX_DIGITS = 18
_MOST_NAMES = 1000
_LONGEST_NAME = 64
_NAMES = {"CONTENT_TYPE": "content-type", "CONTENT_LENGTH": "content-length"}
_CARRIERS: dict[tuple[str, ...], Carriers] = {}
_MOST_LAYOUTS = 200
_LONGEST_LAYOUT = 4000
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
bodies = Bodies()


def read_request(environ: dict[str, Any], max_body: int) -> Request:
    """The request of an environ.

    Of a body that announces more than max_body bytes nothing is read, of one without a length max_body + 1 at most.
    max_body -1: the body is left alone.
    """
    keys = tuple(environ)
    carriers = _CARRIERS.get(keys) or _find_carriers(keys)
    headers = {name: value for key, name in carriers if (value := environ[key])}
    path = environ.get("PATH_INFO") or "/"
    if not path.isascii():
        path = path.encode("latin-1", "replace").decode("utf-8", "replace")
    return Request(
        environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), headers, _read_body(environ, max_body)
    )


def _find_carriers(keys: tuple[str, ...]) -> Carriers:
    """The environ keys that carry headers, each with its header's name. Clients repeat themselves, so it is kept."""
    found = [(key, _NAMES.get(key) or key[5:].replace("_", "-").lower()) for key in keys if _carries(key)]
    if len(_CARRIERS) < _MOST_LAYOUTS and sum(map(len, keys)) <= _LONGEST_LAYOUT:
        _CARRIERS[keys] = found
    return found


def _carries(key: str) -> bool:
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
    return bodies.read(environ["wsgi.input"], wanted)


def exchange(gateway: Gateway, environ: dict[str, Any]) -> Response:
    """The response to the request of an environ."""
    try:
        request = read_request(environ, gateway.limits.body)
    except Stalled as error:
        headers = {"retry-after": "10"} if error.status == 503 else {}
        return problem(error.status, "The request's body did not arrive", str(error), kind="stalled", headers=headers)
    return gateway.handle(request)


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


class Adapter:
    """A WSGI application that answers from the gateway alone."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        return send_response(exchange(self.gateway, environ), environ["REQUEST_METHOD"], start_response)


class Served:
    """What `serve` runs: documented routes go straight to the adapter, everything else reaches Flask."""

    def __init__(self, gateway: Gateway, flask: WsgiApp) -> None:
        self._gateway = gateway
        self._adapter = Adapter(gateway)
        self._flask = flask
        self._known: dict[str, bool] = {}

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        path = environ.get("PATH_INFO") or "/"
        known = self._known.get(path)
        if known is None:
            known = self._gateway.documented(path)
            if known and len(self._known) < _MOST_NAMES and len(path) <= _LONGEST_NAME:
                self._known[path] = True
        if known:
            return self._adapter(environ, start_response)
        return self._flask(environ, start_response)
