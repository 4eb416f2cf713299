"""The servers that `serve` is compared with: a bare Flask view, and the mock through Flask's own dispatch.

python comparison.py hello|flask|stream PORT
"""

import sys
from collections.abc import Iterator
from typing import Any

import flask
from granian import Granian
from granian.constants import Interfaces
from threadmock.mockserver import create_mock
from threadmock.mockserver.server.app import create_app
from threadmock.mockserver.server.granian_process import Address, serve
from threadmock.mockserver.server.rsgi import RsgiApplication
from threadmock.mockserver.server.sessions import Sessions

EVENTS = 1000
EVENT_BYTES = 560


def hello() -> Any:
    """Flask's own hello world, in JSON."""
    app = flask.Flask("hello")
    app.add_url_rule("/hello", "hello", lambda: {"hello": "world"})
    app.add_url_rule("/_mock/health", "health", dict)
    return app


def streaming() -> Any:
    """A generator of as many events of a like size as the mock's, and nothing else: what WSGI and the server cost."""
    event = b"event: messages\r\ndata: " + b"x" * EVENT_BYTES + b"\r\n\r\n"

    def events() -> Iterator[bytes]:
        for _ in range(EVENTS):
            yield event

    def application(environ: dict[str, Any], start_response: Any) -> Iterator[bytes] | list[bytes]:
        streamed = environ["PATH_INFO"] == "/runs/stream"
        start_response("200 OK", [("content-type", "text/event-stream" if streamed else "application/json")])
        return events() if streamed else [b"{}"]

    return application


def through_flask() -> Any:
    """The mock as `serve` runs it, but with every route through Flask's dispatch."""
    gateway = create_mock("langsmith", seed=1).gateway
    return RsgiApplication(sessions := Sessions(gateway), create_app(gateway, sessions).wsgi_app, straight=False)


def main(kind: str, port: int) -> None:
    """Serve: the bare ones on granian's WSGI interface and its defaults, the mock as `serve` does."""
    if kind == "flask":
        serve(Address("127.0.0.1", port), through_flask, ready=lambda: None)
        return
    server = Granian(
        "comparison", address="127.0.0.1", port=port, interface=Interfaces.WSGI, websockets=False, log_enabled=False
    )
    server.serve(target_loader=streaming if kind == "stream" else hello, wrap_loader=False)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
