"""The servers that `serve` is compared with: a bare Flask view, and the mock through Flask's own dispatch.

python comparison.py hello|flask PORT
"""

import sys
from typing import Any

import flask
from granian import Granian
from granian.constants import Interfaces
from threadmock.mockserver.app import create_app
from threadmock.mockserver.command import Settings, build_gateway
from threadmock.mockserver.rsgi import Served
from threadmock.mockserver.server import Address, serve


def hello() -> Any:
    """Flask's own hello world, in JSON."""
    app = flask.Flask("hello")
    app.add_url_rule("/hello", "hello", lambda: {"hello": "world"})
    app.add_url_rule("/_mock/health", "health", dict)
    return app


def through_flask() -> Any:
    """The mock as `serve` runs it, but with every route through Flask's dispatch."""
    gateway = build_gateway(Settings(("langsmith",), seed=1, quiet=True))
    return Served(gateway, create_app(gateway).wsgi_app, straight=False)


def main(kind: str, port: int) -> None:
    """Serve: the bare view on granian's WSGI interface and its defaults, the mock as `serve` does."""
    if kind == "flask":
        serve(Address("127.0.0.1", port), through_flask, ready=lambda: None)
        return
    server = Granian(
        "comparison", address="127.0.0.1", port=port, interface=Interfaces.WSGI, websockets=False, log_enabled=False
    )
    server.serve(target_loader=hello, wrap_loader=False)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
