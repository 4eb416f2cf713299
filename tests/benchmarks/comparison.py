"""The servers that `serve` is compared with: a bare Flask view, and the mock through Flask's own dispatch.

python comparison.py hello|flask PORT
"""

import sys
from functools import partial
from typing import Any

import flask
from granian import Granian
from granian.constants import Interfaces
from threadmock.mockserver.app import create_app
from threadmock.mockserver.command import Settings, build_gateway


def hello() -> Any:
    """Flask's own hello world, in JSON."""
    app = flask.Flask("hello")
    app.add_url_rule("/hello", "hello", lambda: {"hello": "world"})
    app.add_url_rule("/_mock/health", "health", dict)
    return app


def through_flask() -> Any:
    """The mock without the short way."""
    return create_app(build_gateway(Settings(("langsmith",), seed=1, quiet=True)))


def loader(kind: str) -> Any:
    """The application, built in the worker."""
    return {"hello": hello, "flask": through_flask}[kind]()


if __name__ == "__main__":
    Granian(
        "comparison",
        address="127.0.0.1",
        port=int(sys.argv[2]),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=32,
        websockets=False,
        log_enabled=False,
    ).serve(target_loader=partial(loader, sys.argv[1]), wrap_loader=False)
