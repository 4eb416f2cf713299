"""The control interface under `/_mock/`: health, reset, what is stored, the exchanges; and the documents.

Refused to foreign origins; a change needs the header `X-Threadmock-Control`, which no simple cross-site request has.
"""

import json
from collections.abc import Callable
from typing import Any

import flask
from flask.blueprints import BlueprintSetupState
from threadmock.mockserver.control.bodies import ControlError, flag, members, whole
from threadmock.mockserver.control.document import control_document
from threadmock.mockserver.control.exchanges import clear_exchanges, expect, list_exchanges
from threadmock.mockserver.control.live import live_events
from threadmock.mockserver.control.next import add_next, clear_next, list_next
from threadmock.mockserver.control.served import served
from threadmock.mockserver.control.settings import change_settings, show_settings
from threadmock.mockserver.pipeline.cors import allow_origin, is_preflight, origin_allowed, preflight, refuse_foreign
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.pipeline.problems import problem
from threadmock.mockserver.server.instance import identity
from threadmock.mockserver.server.wsgi import read_request
from threadmock.specs import version
from threadmock.specs.errors import SpecError
from threadmock.specs.wire.messages import Request, Response
from threadmock.specs.wire.strictjson import JsonError, dump_json, parse_json
from werkzeug.routing import BaseConverter

HEADER = "X-Threadmock-Control"
EVENTS = "/_mock/events"
MAX_BODY = 1024 * 1024
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
    try:
        data = dump_json(body)
    except UnicodeEncodeError:  # half of a surrogate pair, of a path that is no UTF-8: as an escape it is JSON
        data = json.dumps(body).encode()
    return flask.Response(data, status=status, content_type="application/json")


def refuse_caller(gateway: Gateway) -> Response | None:
    """The refusal of a caller that may not use the control interface so, or the response to a preflight; or None."""
    request = read_request(flask.request.environ, -1)
    refused = refuse_foreign(request, gateway.origins, guard_host=gateway.guard_host)
    changes = request.method not in ("GET", "HEAD", "OPTIONS")
    if refused is None and changes and request.headers.get(HEADER.lower()) != "1":
        detail = f"A change through the control interface needs the header {HEADER}: 1."
        refused = problem(403, "The control header is missing", detail, kind="control-header")
    if refused is None and is_preflight(request):
        refused = preflight(request, ())
    return refused


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
    """The URL of the server, as this caller knows it."""
    return flask.request.host_url.rstrip("/")


def _events(gateway: Gateway) -> flask.Response:
    """The live events for a reader in this process; `serve` sends them without a thread."""
    made = live_events(gateway, read_request(flask.request.environ, -1))
    return flask.Response(made.body, status=made.status, headers=list(made.headers.items()))


def follow(gateway: Gateway, request: Request) -> Response:
    """The live events, or the refusal of a stranger, with the CORS headers for the page that asked."""
    made = refuse_foreign(request, gateway.origins, guard_host=gateway.guard_host) or live_events(gateway, request)
    origin = request.headers.get("origin")
    if origin and origin_allowed(origin, gateway.origins):
        return Response(made.status, {**made.headers, **allow_origin(origin)}, made.body)
    return made


def control(gateway: Gateway) -> flask.Blueprint:
    """The blueprint of the control interface."""
    made = flask.Blueprint("control", __name__)
    made.before_request(lambda: _guard(gateway))
    made.after_request(lambda response: open_to_caller(gateway, response))
    made.add_url_rule("/health", "health", lambda: _json(health(gateway)), methods=["GET"])
    made.add_url_rule("/served", "served", lambda: _json(served(gateway, _base())), methods=["GET"])
    made.add_url_rule("/reset", "reset", lambda: _answer(lambda: _reset(gateway)), methods=["POST"])
    made.add_url_rule("/openapi.json", "document", lambda: _json(control_document(gateway)), methods=["GET"])
    made.add_url_rule("/things", "things", lambda: _json(stored(gateway)), methods=["GET"])
    made.add_url_rule(
        "/exchanges", "exchanges", lambda: _answer(lambda: list_exchanges(gateway, _query())), methods=["GET"]
    )
    made.add_url_rule("/exchanges", "clear", lambda: _answer(lambda: clear_exchanges(gateway)), methods=["DELETE"])
    made.add_url_rule("/expect", "expect", lambda: _answer(lambda: expect(gateway, _sent())), methods=["POST"])
    made.add_url_rule(EVENTS.removeprefix("/_mock"), "events", lambda: _events(gateway), methods=["GET"])
    made.add_url_rule("/settings", "settings", lambda: _answer(lambda: show_settings(gateway)), methods=["GET"])
    made.add_url_rule(
        "/settings", "change", lambda: _answer(lambda: change_settings(gateway, _sent())), methods=["PATCH"]
    )
    made.add_url_rule("/next", "next", lambda: _answer(lambda: list_next(gateway)), methods=["GET"])
    made.add_url_rule("/next", "add_next", lambda: _answer(lambda: add_next(gateway, _sent())), methods=["POST"])
    made.add_url_rule("/next", "clear_next", lambda: _answer(lambda: clear_next(gateway)), methods=["DELETE"])
    _add_threads(made, gateway)
    return made


def _add_threads(made: flask.Blueprint, gateway: Gateway) -> None:
    """Threads as conversations, and the requests by which something is said in them."""
    # Loaded only here: few look at threads so, and all servers want to answer soon.
    from threadmock.mockserver.control.conversation import show_thread  # noqa: PLC0415
    from threadmock.mockserver.control.prompt import say  # noqa: PLC0415
    from threadmock.mockserver.control.threads import list_threads  # noqa: PLC0415

    made.record_once(_know_keys)
    made.add_url_rule("/threads", "threads", lambda: _answer(lambda: list_threads(gateway, _query())), methods=["GET"])
    made.add_url_rule(
        "/threads/<provider>/<any_text:key>",
        "thread",
        lambda provider, key: _answer(lambda: show_thread(gateway, provider, key)),
        methods=["GET"],
    )
    made.add_url_rule("/say", "say", lambda: _answer(lambda: say(gateway, _sent())), methods=["POST"])


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
    if origin and origin_allowed(origin, gateway.origins):
        response.headers.update(allow_origin(origin))
    return response
