"""The control interface under `/_mock/`: health, reset, what is stored, the exchanges; and the documents.

Who may use it is said in `control_access`: no foreign origin, and no other machine without a token.
"""

from collections.abc import Callable
from typing import Any

import flask
from threadmock.mockserver.control.bodies import ControlError, NotThere, flag, members, whole
from threadmock.mockserver.control.document import control_document
from threadmock.mockserver.control.exchanges import clear_exchanges, expect, list_exchanges
from threadmock.mockserver.control.live import live_events
from threadmock.mockserver.control.next import add_next, clear_next, list_next
from threadmock.mockserver.control.settings import change_settings, show_settings
from threadmock.mockserver.control.snapshots import (
    Snapshots,
    add_snapshot,
    list_snapshots,
    remove_snapshot,
    restore_snapshot,
    show_snapshot,
)
from threadmock.mockserver.pipeline.cors import allow_origin
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.pipeline.problems import problem
from threadmock.mockserver.server.control_access import refuse_control
from threadmock.mockserver.server.instance import identity
from threadmock.mockserver.server.sessions import Sessions
from threadmock.mockserver.server.wsgi import gateway_of, read_request
from threadmock.specs import version
from threadmock.specs.errors import SpecError
from threadmock.specs.wire.messages import Request, Response
from threadmock.specs.wire.strictjson import JsonError, dump_json, parse_json

EVENTS = "/_mock/events"
MAX_BODY = 1024 * 1024
MOST_UPLOAD = 16 * 1024 * 1024
MOST_SEED = 2**63 - 1
_MAX_LISTED = 1000


def health(gateway: Gateway) -> dict[str, object]:
    """What shows that this is threadmock, and which documents it serves."""
    return {
        "product": "threadmock",
        "version": version,
        "instance": identity(),
        "status": "ready",
        "seed": gateway.world.seed,
        "faults": [fault.name for fault in gateway.world.faults.active],
        "providers": [
            {
                "name": mount.contract.name,
                "title": mount.contract.title,
                "version": mount.contract.version,
                "layer": mount.contract.layer,
                "sha256": mount.contract.digest,
                "operations": len(mount.contract.operations),
                "at_root": mount.at_root,
            }
            for mount in gateway.mounts
        ],
    }


def stored(gateway: Gateway) -> dict[str, object]:
    """What is stored, without the initial things, shelf by shelf; of each the first _MAX_LISTED things."""
    shelves, count = [], 0
    for shelf in gateway.world.store.shelves():
        items = gateway.world.store.items(shelf)
        things = [thing for key, thing in items if (shelf, key) not in gateway.initial]
        if things:
            count += len(things)
            shelves.append({"shelf": list(shelf), "count": len(things), "things": things[:_MAX_LISTED]})
    return {"count": count, "shelves": shelves}


def _json(body: object, status: int = 200) -> flask.Response:
    return flask.Response(dump_json(body), status=status, content_type="application/json")


def _here() -> Gateway:
    """The mock of the session that the request is for."""
    return gateway_of(flask.request.environ)


def refuse_caller(gateway: Gateway) -> Response | None:
    """The refusal of a caller that may not use the control interface so, or the response to a preflight; or None."""
    environ = flask.request.environ
    return refuse_control(gateway.access, read_request(environ, -1), environ.get("REMOTE_ADDR"))


def _guard(gateway: Gateway) -> flask.Response | None:
    refused = refuse_caller(gateway)
    return _from(refused) if refused else None


def _from(response: Response) -> flask.Response:
    return flask.Response(response.content, status=response.status, headers=list(response.headers.items()))


def _reset(gateway: Gateway) -> object:
    asked = members(_sent(), ("seed", "settings")) if flask.request.get_data() else {"settings": False}
    if not asked:
        raise ControlError("Nothing is said.", where="body", fix='Send no body, or {"seed": 7, "settings": true}.')
    seed = whole(asked["seed"], "seed", 0, MOST_SEED) if "seed" in asked else None
    forgotten = gateway.reset(seed, settings=flag(asked.get("settings", False), "settings"))
    return {"forgotten": forgotten, "seed": gateway.world.seed}


def _answer(work: Callable[[], object]) -> flask.Response:
    """What a piece of work comes to; a problem document where what was asked can't be done."""
    try:
        return _json(work())
    except SpecError as error:
        asked = f"{flask.request.method} {flask.request.path}"
        parts: dict[str, Any] = {"what": error.what, "where": error.where or None, "fix": error.fix or None}
        status = error.status if isinstance(error, ControlError) else 400
        return _from(problem(status, f"{asked} can't be done", str(error), kind="control", **parts))


def _sent() -> object:
    """The body as JSON. ControlError."""
    try:
        return parse_json(flask.request.get_data())
    except JsonError as error:
        raise ControlError(f"The body is no JSON: {error}.", where="body", fix="Send a JSON object.") from None


def _query() -> str:
    return flask.request.query_string.decode("latin-1")


def _events(sessions: Sessions) -> flask.Response:
    """The live events for a reader in this process; `serve` sends them without a thread."""
    made = live_events(_here(), read_request(flask.request.environ, -1), sessions.known)
    return flask.Response(made.body, status=made.status, headers=list(made.headers.items()))


def follow(sessions: Sessions, gateway: Gateway, request: Request, address: str) -> Response:
    """The live events, or the refusal of a stranger, with the CORS headers for the page that asked.

    address: the client's, without a port.
    """
    refused = refuse_control(gateway.access, request, address)
    made = refused or live_events(gateway, request, sessions.known)
    origin = request.headers.get("origin")
    if origin and gateway.access.origins.allow(origin):
        return Response(made.status, {**made.headers, **allow_origin(origin)}, made.body)
    return made


def control(sessions: Sessions) -> flask.Blueprint:
    """The blueprint of the control interface."""
    made = flask.Blueprint("control", __name__)
    made.before_request(lambda: _guard(_here()))
    made.after_request(lambda response: open_to_caller(_here(), response))
    made.add_url_rule("/health", "health", lambda: _json(health(_here())), methods=["GET"])
    made.add_url_rule("/reset", "reset", lambda: _answer(lambda: _reset(_here())), methods=["POST"])
    made.add_url_rule("/openapi.json", "document", lambda: _json(control_document(_here())), methods=["GET"])
    made.add_url_rule("/things", "things", lambda: _json(stored(_here())), methods=["GET"])
    made.add_url_rule(
        "/exchanges",
        "exchanges",
        lambda: _answer(lambda: list_exchanges(_here(), _query(), sessions.known)),
        methods=["GET"],
    )
    made.add_url_rule("/exchanges", "clear", lambda: _answer(lambda: clear_exchanges(_here())), methods=["DELETE"])
    made.add_url_rule("/expect", "expect", lambda: _answer(lambda: expect(_here(), _sent())), methods=["POST"])
    made.add_url_rule(EVENTS.removeprefix("/_mock"), "events", lambda: _events(sessions), methods=["GET"])
    made.add_url_rule("/settings", "settings", lambda: _answer(lambda: show_settings(_here())), methods=["GET"])
    made.add_url_rule(
        "/settings", "change", lambda: _answer(lambda: change_settings(_here(), _sent())), methods=["PATCH"]
    )
    made.add_url_rule("/next", "next", lambda: _answer(lambda: list_next(_here())), methods=["GET"])
    made.add_url_rule("/next", "add_next", lambda: _answer(lambda: add_next(_here(), _sent())), methods=["POST"])
    made.add_url_rule("/next", "clear_next", lambda: _answer(lambda: clear_next(_here())), methods=["DELETE"])
    made.add_url_rule("/sessions", "sessions", lambda: _json(sessions.listed()), methods=["GET"])
    made.add_url_rule(
        "/sessions/<name>", "end_session", lambda name: _answer(lambda: _end(sessions, name)), methods=["DELETE"]
    )
    _add_snapshots(made, sessions.snapshots)
    return made


def _add_snapshots(made: flask.Blueprint, kept: Snapshots) -> None:
    one, restore = "/snapshots/<name>", "/snapshots/<name>/restore"

    def rule(method: str, path: str, name: str, work: Callable[..., object]) -> None:
        made.add_url_rule(path, name, lambda **at: _answer(lambda: work(**at)), methods=[method])

    rule("GET", "/snapshots", "snapshots", lambda: list_snapshots(kept))
    rule("POST", "/snapshots", "add_snapshot", lambda: add_snapshot(kept, _here(), _sent()))
    rule("GET", one, "snapshot", lambda name: show_snapshot(kept, name))
    rule("DELETE", one, "remove_snapshot", lambda name: remove_snapshot(kept, name))
    rule("POST", restore, "restore", lambda name: restore_snapshot(kept, _here(), name, _sent_document()))


def _sent_document() -> object:
    """The body of an upload; None where there is none."""
    flask.request.max_content_length = MOST_UPLOAD
    return _sent() if flask.request.get_data() else None


def _exchanges(sessions: Sessions) -> object:
    return list_exchanges(_here(), _query(), sessions.known)


def _end(sessions: Sessions, name: str) -> object:
    forgotten = sessions.end(name)
    if forgotten is None:
        raise NotThere(f"No session is named {name[:100]!r}.", where="name", fix="GET /_mock/sessions lists them.")
    return {"forgotten": forgotten}


def documents(gateway: Gateway) -> flask.Blueprint:
    """The blueprint of the documents as they are served, each at /NAME/openapi.json."""
    made = flask.Blueprint("documents", __name__)
    made.before_request(lambda: _guard(gateway))
    made.after_request(lambda response: open_to_caller(gateway, response))
    for mount in gateway.mounts:
        document = mount.contract.document
        made.add_url_rule(
            f"{mount.prefix}/openapi.json",
            mount.contract.name,
            lambda document=document: _json(document),
            methods=["GET"],
        )
    return made


def open_to_caller(gateway: Gateway, response: flask.Response) -> flask.Response:
    """The response with the CORS headers for the page that asked, where its origin is allowed."""
    origin = flask.request.headers.get("Origin")
    if origin and gateway.access.origins.allow(origin):
        response.headers.update(allow_origin(origin))
    return response
