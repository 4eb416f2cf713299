"""The Flask application: every documented route is a Flask route whose view passes the environ to the adapter."""

import itertools
import threading
from collections.abc import Iterable, Sequence
from typing import Any

import flask
from threadmock.mockserver.pipeline.access import CONTROL
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.pipeline.mounts import Mount
from threadmock.mockserver.pipeline.problems import problem
from threadmock.mockserver.server import rsgi, wsgi
from threadmock.mockserver.server.control import MAX_BODY as MAX_CONTROL_BODY
from threadmock.mockserver.server.control import control, documents, open_to_caller, refuse_caller
from threadmock.mockserver.server.page import page
from threadmock.mockserver.server.sessions import Sessions
from threadmock.mockserver.server.wsgi import exchange, gateway_of, status_line
from threadmock.specs.operations.path_templates import renamed
from threadmock.specs.wire.messages import Response
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, MethodNotAllowed


def create_app(gateway: Gateway, sessions: Sessions | None = None) -> flask.Flask:
    """A Flask application with everything that the gateway answers, its sessions, and the control interface."""
    sessions = sessions or Sessions(gateway)
    app = flask.Flask(__name__, static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_CONTROL_BODY
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    app.url_map.redirect_defaults = False
    app.extensions["threadmock"] = gateway
    for mount in gateway.mounts:
        _add_routes(app, mount)
    app.register_blueprint(control(sessions), url_prefix=CONTROL.rstrip("/"))
    app.register_blueprint(documents(gateway))
    app.register_blueprint(page(lambda: as_flask(exchange(flask.request.environ))))
    app.register_error_handler(HTTPException, _other)
    app.wsgi_app = wsgi.SessionMiddleware(sessions, app.wsgi_app)  # type: ignore[method-assign]
    return app


def wsgi_application(gateway: Gateway, sessions: Sessions | None = None) -> wsgi.WsgiApplication:
    """The application for use in process."""
    sessions = sessions or Sessions(gateway)
    return wsgi.WsgiApplication(sessions, made_when_asked(sessions))


def rsgi_application(gateway: Gateway, sessions: Sessions | None = None) -> rsgi.RsgiApplication:
    """The application as `serve` runs it."""
    sessions = sessions or Sessions(gateway)
    return rsgi.RsgiApplication(sessions, made_when_asked(sessions))


def made_when_asked(sessions: Sessions) -> wsgi.WsgiCallable:
    """The Flask application behind a short way: to make its routes takes longer than many runs, which ask for none."""
    making = threading.Lock()
    made: list[wsgi.WsgiCallable] = []

    def answer(environ: dict[str, Any], start_response: wsgi.StartResponse) -> Iterable[bytes]:
        with making:
            if not made:
                made.append(create_app(sessions.default, sessions).wsgi_app)
        return made[0](environ, start_response)

    return answer


def _view(**_: Any) -> flask.Response:
    return as_flask(exchange(flask.request.environ))


class Relayed(flask.Response):
    """One of our responses as Flask's. Its headers are complete, so none is added."""

    default_mimetype = None

    def get_wsgi_headers(self, environ: Any) -> Headers:  # noqa: ARG002 - the base class hands it over
        """The headers as they are, without a length where there is no body."""
        if self.status_code < 200 or self.status_code in (204, 304):
            self.headers.remove("content-length")
        return self.headers


def as_flask(response: Response) -> flask.Response:
    """A response of ours as Flask's."""
    return Relayed(response.body, status=status_line(response.status), headers=list(response.headers.items()))


def _add_routes(app: flask.Flask, mount: Mount) -> None:
    bases: Sequence[str] = (mount.prefix, "") if mount.at_root else (mount.prefix,)
    for operation in mount.contract.operations:
        for base in bases:
            if (base + operation.path).startswith(CONTROL):
                continue
            app.add_url_rule(
                flask_rule(base + operation.path),
                endpoint=f"{mount.contract.name}{'' if base else '-root'}:{operation.slug}".replace(".", "-"),
                view_func=_view,
                methods=[operation.method],
                provide_automatic_options=False,
            )


def flask_rule(path: str) -> str:
    """`/a/{x-y}` → `/a/<p0>`: a converter's name must be a Python name, a document's parameter need not.

    A segment with a `<` of its own, which can't be written, is a converter too: the gateway finds the operation anew.
    """
    number = itertools.count()
    plain = "/".join("{p}" if "<" in segment else segment for segment in path.split("/"))
    return renamed(plain, lambda _: f"<p{next(number)}>")


def _other(error: HTTPException) -> flask.Response:
    """The gateway answers what Flask has no view for: unknown routes, other methods, preflights."""
    gateway = gateway_of(flask.request.environ)
    if flask.request.path.startswith(CONTROL) and error.code is not None:
        allowed = error.valid_methods if isinstance(error, MethodNotAllowed) else None
        headers = {"allow": ", ".join(sorted(allowed))} if allowed else {}
        shown = problem(error.code, error.name, str(error.description), kind="control", headers=headers)
        refused = refuse_caller(gateway) or shown
        return open_to_caller(gateway, as_flask(refused))
    return as_flask(exchange(flask.request.environ))
