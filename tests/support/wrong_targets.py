"""Servers that are not what is meant, and right ones with a part that they do not serve: plain WSGI, requests counted."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from threadmock.mockserver import create_mock

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
TOKEN = "right"


class Counted:
    """A WSGI application that notes which requests came."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.asked: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        return self._app(environ, start_response)


def answer(status: str, body: str | Any, **headers: str) -> App:
    """One answer to everything. body: a page, or JSON; `{path}` and `{method}` in texts are those of the request."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        said = {"path": environ["PATH_INFO"], "method": environ["REQUEST_METHOD"]}
        page = isinstance(body, str)
        text = body if page else json.dumps(body)
        for name, value in said.items():
            text = text.replace(f"{{{name}}}", value)
        kind = "text/html; charset=utf-8" if page else "application/json"
        more = [(name, value.replace("{path}", said["path"])) for name, value in headers.items()]
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(text.encode()))), *more])
        return [text.encode()]

    return app


PAGE = "<html><head><title>{path}</title></head><body>{method} it is</body></html>"
FOREIGN: dict[str, App] = {
    "a web server that has no such page": answer("404 Not Found", "<html>404 Not Found<hr>nginx</html>"),
    "a page for every path": answer("200 OK", PAGE),
    "an empty page for every path": answer("200 OK", ""),
    "JSON for every path": answer("200 OK", {"hello": "world", "path": "{path}"}),
    "another API": answer("404 Not Found", {"message": "Cannot {method} {path}", "statusCode": 404}),
    "an API that tells when": answer("404 Not Found", {"at": "2026-01-02T03:04:05.678Z", "path": "{path}"}),
    "a login page elsewhere": answer("302 Found", "go", Location="/login?next={path}"),
    "a redirect to another host": answer("301 Moved Permanently", "go", Location="https://example.org{path}"),
    "a server for pages only": answer("405 Not Allowed", "<html>405</html>"),
    "a gateway without a server": answer("502 Bad Gateway", "<html>502 Bad Gateway</html>"),
}
STRANGERS: dict[str, App] = {
    "401": answer("401 Unauthorized", {"detail": "Unauthorized"}),
    "403": answer("403 Forbidden", {"detail": "Missing token"}),
    "a page": answer("401 Unauthorized", "<html>401</html>"),
}


def mock(provider: str) -> App:
    """The mock, which takes one token."""
    return create_mock(provider, seed=1, auth=TOKEN).wsgi


def below(prefix: str, app: App) -> App:
    """An application below a prefix; nothing is beside it."""
    nothing = answer("404 Not Found", {"detail": "Not Found"})

    def routed(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith(f"{prefix}/"):
            return nothing(environ, start_response)
        return app({**environ, "PATH_INFO": path[len(prefix) :], "RAW_URI": "", "REQUEST_URI": ""}, start_response)

    return routed


def without(app: App, refused: App, *operations: tuple[str, str]) -> App:
    """An application with another answer to these requests: method and beginning of the path, `*` for any path."""

    def partly(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        for method, path in operations:
            here = path == "*" or environ["PATH_INFO"] == path
            if environ["REQUEST_METHOD"] == method and here:
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                return refused(environ, start_response)
        return app(environ, start_response)

    return partly
