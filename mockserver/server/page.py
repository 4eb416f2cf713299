"""The page at `/_mock/`: its files, the viewer of a document, and the way of a browser from `/` to it.

The files hold nothing of the mock's: the page asks the control interface for all that it shows.
"""

import hashlib
from collections.abc import Callable
from importlib import resources

import flask
from threadmock.mockserver.pipeline.access import CONTROL
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.server.control import here, open_to_caller, refuse_caller
from threadmock.mockserver.server.refusal_page import browses, shown

FILES = ("threadmock.mockserver", "page")
VIEWER = ("flask_swagger_ui", "dist")
VIEWER_FILES = ("swagger-ui-bundle.js", "swagger-ui.css")
TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; object-src 'none'"
# the viewer's style sheet has its pictures within
VIEWER_POLICY = f"{POLICY}; img-src 'self' data:"


def page(answer: Callable[[], flask.Response]) -> flask.Blueprint:
    """The blueprint of the page, guarded as the control interface is. answer: what the gateway answers to `/`."""
    made = flask.Blueprint("page", __name__)
    made.before_request(lambda: _guard(here()))
    made.after_request(lambda response: open_to_caller(here(), response))
    made.add_url_rule(CONTROL, "index", _index, methods=["GET"], provide_automatic_options=False)
    made.add_url_rule(f"{CONTROL}page/<name>", "file", _file, methods=["GET"], provide_automatic_options=False)
    made.add_url_rule(
        f"{CONTROL}reference/<name>",
        "reference",
        lambda name: _sent(FILES, "reference.html", VIEWER_POLICY),  # noqa: ARG005 - its script reads the name
        methods=["GET"],
        provide_automatic_options=False,
    )
    made.add_url_rule("/", "root", lambda: _root(here(), answer), methods=["GET"], provide_automatic_options=False)
    return made


def _guard(gateway: Gateway) -> flask.Response | None:
    refused = refuse_caller(gateway) if flask.request.path.startswith(CONTROL.rstrip("/")) else None
    return shown(refused) if refused else None


def _root(gateway: Gateway, answer: Callable[[], flask.Response]) -> flask.Response:
    """To the page for who browses; for everyone else what the gateway answers."""
    if not browses() or gateway.find("GET", "/").match:
        return answer()
    refused = refuse_caller(gateway)
    return shown(refused) if refused else _redirect(f".{CONTROL}")


def _index() -> flask.Response:
    # without the slash all that the page asks for would be looked for one level too high
    return _sent(FILES, "index.html") if flask.request.path.endswith("/") else _redirect(f".{CONTROL}")


def _file(name: str) -> flask.Response:
    return _sent(VIEWER if name in VIEWER_FILES else FILES, name)


def _redirect(where: str) -> flask.Response:
    """A redirect to a path relative to that of the request: it may stand below another base URL."""
    if flask.request.script_root:  # of a session, whose base URL may come without a final slash
        where = f"{flask.request.script_root}{where.removeprefix('.')}"
    headers = {"location": where, "cache-control": "no-cache", "vary": "Accept"}
    return flask.Response("", status=302, headers=headers)


def _sent(folder: tuple[str, str], name: str, policy: str = POLICY) -> flask.Response:
    """One file of a package, of those kinds that a page needs; 304 where the browser has it."""
    package, below = folder
    kind = TYPES.get(name.rpartition(".")[2])
    found = resources.files(package) / below / name
    if kind is None or not found.is_file():
        flask.abort(404, f"The page has no file {name[:100]!r}.")
    data = found.read_bytes()
    response = flask.Response(data, content_type=kind)
    response.set_etag(hashlib.sha256(data).hexdigest()[:32])
    response.headers.update(
        {
            "cache-control": "no-cache",
            "content-security-policy": policy,
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        }
    )
    response.make_conditional(flask.request)
    return response
