"""The control interface under `/_mock/`: health, reset, what is stored, the exchanges; and the documents.

Who may use it is said in `control_access`: no foreign origin, and no other machine without a token.
"""

import json
from collections.abc import Callable
from typing import Any

import flask
from flask.blueprints import BlueprintSetupState
from threadmock.mockserver.control.bodies import ControlError, NotThere, flag, members, text, whole
from threadmock.mockserver.control.document import control_document
from threadmock.mockserver.control.exchanges import clear_exchanges, expect, list_exchanges
from threadmock.mockserver.control.live import live_events
from threadmock.mockserver.control.next import add_next, clear_next, list_next
from threadmock.mockserver.control.served import served
from threadmock.mockserver.control.settings import change_settings, show_settings
from threadmock.mockserver.control.snapshots import (
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
from threadmock.mockserver.server.sessions import Reloading, SessionRefused, Sessions
from threadmock.mockserver.server.wsgi import gateway_of, read_request
from threadmock.specs import version
from threadmock.specs.errors import SpecError
from threadmock.specs.wire.messages import Request, Response
from threadmock.specs.wire.strictjson import JsonError, dump_json, parse_json
from werkzeug.routing import BaseConverter

EVENTS = "/_mock/events"
MAX_BODY = 1024 * 1024
MOST_UPLOAD = 16 * 1024 * 1024
MOST_SEED = 2**63 - 1
_MAX_LISTED = 1000


def health(gateway: Gateway, reloading: Reloading) -> dict[str, object]:
    """What shows that this is threadmock, and which documents it serves."""
    return {
        "product": "threadmock",
        "version": version,
        "instance": identity(),
        "status": "ready",
        "seed": gateway.world.seed,
        "session": gateway.session or None,
        "reload": {"watching": reloading.watching, "broken": reloading.broken or None},
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
    try:
        data = dump_json(body)
    except UnicodeEncodeError:  # half of a surrogate pair, of a path that is no UTF-8: as an escape it is JSON
        data = json.dumps(body).encode()
    return flask.Response(data, status=status, content_type="application/json")


def here() -> Gateway:
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


def _base() -> str:
    """The URL of the mock, as this caller knows it."""
    return flask.request.url_root.rstrip("/")


def _events(sessions: Sessions) -> flask.Response:
    """The live events for a reader in this process; `serve` sends them without a thread."""
    made = live_events(here(), read_request(flask.request.environ, -1), sessions.known)
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
    # Loaded only here: few servers are asked for one of these, and all want to answer soon.
    from threadmock.mockserver.control.conversation import show_thread  # noqa: PLC0415
    from threadmock.mockserver.control.prompt import say  # noqa: PLC0415
    from threadmock.mockserver.control.threads import list_threads  # noqa: PLC0415

    made, kept = flask.Blueprint("control", __name__), sessions.snapshots
    made.before_request(lambda: _guard(here()))
    made.after_request(lambda response: open_to_caller(here(), response))
    made.record_once(_know_keys)

    def rule(method: str, path: str, name: str, work: Callable[..., object]) -> None:
        made.add_url_rule(path, name, lambda **at: _answer(lambda: work(**at)), methods=[method])

    rule("GET", "/health", "health", lambda: health(here(), sessions.reloading))
    rule("GET", "/served", "served", lambda: served(here(), _base()))
    rule("POST", "/reset", "reset", lambda: _reset(here()))
    rule("GET", "/openapi.json", "document", lambda: control_document(here()))
    rule("GET", "/things", "things", lambda: stored(here()))
    rule("GET", "/threads", "threads", lambda: list_threads(here(), _query()))
    rule("GET", "/threads/<provider>/<any_text:key>", "thread", lambda **at: show_thread(here(), **at))
    rule("POST", "/say", "say", lambda: say(here(), _sent()))
    rule("GET", "/exchanges", "exchanges", lambda: list_exchanges(here(), _query(), sessions.known))
    rule("DELETE", "/exchanges", "clear", lambda: clear_exchanges(here()))
    rule("POST", "/expect", "expect", lambda: expect(here(), _sent()))
    rule("GET", "/settings", "settings", lambda: show_settings(here()))
    rule("PATCH", "/settings", "change", lambda: change_settings(here(), _sent()))
    rule("GET", "/next", "next", lambda: list_next(here()))
    rule("POST", "/next", "add_next", lambda: add_next(here(), _sent()))
    rule("DELETE", "/next", "clear_next", lambda: clear_next(here()))
    rule("GET", "/sessions", "sessions", sessions.listed)
    rule("POST", "/sessions", "add_session", lambda: _add(sessions, _sent()))
    rule("DELETE", "/sessions/<name>", "end_session", lambda name: _end(sessions, name))
    rule("GET", "/snapshots", "snapshots", lambda: list_snapshots(kept))
    rule("POST", "/snapshots", "add_snapshot", lambda: add_snapshot(kept, here(), _sent()))
    rule("GET", "/snapshots/<name>", "snapshot", lambda name: show_snapshot(kept, name))
    rule("DELETE", "/snapshots/<name>", "remove_snapshot", lambda name: remove_snapshot(kept, name))
    restore = "/snapshots/<name>/restore"
    rule("POST", restore, "restore", lambda name: restore_snapshot(kept, here(), name, _sent_document()))
    made.add_url_rule(EVENTS.removeprefix("/_mock"), "events", lambda: _events(sessions), methods=["GET"])
    return made


def _sent_document() -> object:
    """The body of an upload; None where there is none."""
    flask.request.max_content_length = MOST_UPLOAD
    return _sent() if flask.request.get_data() else None


def _add(sessions: Sessions, asked: object) -> object:
    name = text(members(asked, ("name",)).get("name"), "name")
    try:
        made = sessions.add(name)
    except SessionRefused as refused:
        raise ControlError(str(refused), where="name", status=refused.status) from None
    if made is None:
        fix = f"Ask it, or end it with DELETE /_mock/sessions/{name}."
        raise ControlError(f"There is a session {name!r}.", where="name", fix=fix, status=409)
    return made


def _end(sessions: Sessions, name: str) -> object:
    forgotten = sessions.end(name)
    if forgotten is None:
        raise NotThere(f"No session is named {name[:100]!r}.", where="name", fix="GET /_mock/sessions lists them.")
    return {"forgotten": forgotten}


class AnyText(BaseConverter):
    """A key in a path: any text, slashes too."""

    regex = r"[\s\S]+"
    part_isolating = False


def _know_keys(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["any_text"] = AnyText


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
