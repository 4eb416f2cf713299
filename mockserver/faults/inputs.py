"""Planted deviations of odd requests: the server fails, lets them pass, or refuses what it should take."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from threadmock.mockserver.actions.plan import Plan
from threadmock.mockserver.fault_points import Fault, FaultView
from threadmock.mockserver.faults.hooks import every
from threadmock.specs.contract import json_media
from threadmock.specs.schemas.declared import nodes_of, properties
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.messages import Request, Response
from threadmock.specs.wire.strictjson import JsonError, dump_json, parse_json

_FAILED = Response(500, {"content-type": "text/plain"}, b"Internal Server Error")
_LARGE = re.compile(rb"(?<![\w.-])-?[1-9]\d{18,}(?![\w.-])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LEVELS = 6


def _sent(view: FaultView) -> Any:
    try:
        return parse_json(view.request.body, duplicate_keys="last")
    except JsonError:
        return None


def _schema(view: FaultView) -> Schema | None:
    body = view.operation.body
    return next((media.schema for kind, media in body.content.items() if "json" in kind), None) if body else None


def _overflow(response: Response, view: FaultView) -> Response:
    """A 500 where a number does not fit into 64 bits, in the body or in the query."""
    return _FAILED if _LARGE.search(view.request.body + b" " + view.request.query.encode()) else response


def _control(response: Response, view: FaultView) -> Response:
    """A 500 where the path holds a control character."""
    return _FAILED if _CONTROL.search(view.request.path) else response


def _unreadable(response: Response, view: FaultView) -> Response:
    """A 500 for every read and list, from a request on that holds null, until something is deleted."""
    rule = view.operation.rule
    if response.status >= 300:
        return response
    if rule.traits.destroys:
        view.memory.clear()
    elif (rule.traits.makes or rule.traits.changes) and isinstance(sent := _sent(view), dict) and None in sent.values():
        view.memory["resource"] = rule.resource
    elif rule.traits.only_reads and view.memory.get("resource") == rule.resource:
        return _FAILED
    return response


def _any_parent(plan: Plan) -> Plan:
    """A plan by which a parent that is not there does not matter; a run makes it."""
    if not plan.operation.rule.traits.makes:
        return plan
    parent = replace(plan.parent, must_exist=False) if plan.parent else None
    run = replace(plan.run, makes_thread=lambda _: True) if plan.run and plan.run.alone else plan.run
    return replace(plan, parent=parent, run=run)


def _body_first(response: Response, view: FaultView) -> Response:
    """The body is looked at before the credentials: a stranger is told what is wrong with it."""
    schema = _schema(view)
    if response.status != 401 or schema is None or checker(schema).valid(_sent(view)):
        return response
    return replace(response, status=422)


def _lax(request: Request, view: FaultView) -> Request:
    """Texts of numbers and booleans count as such, inside of objects and arrays."""
    schema = _schema(view)
    view.request = request
    sent = _sent(view)
    if schema is None or not isinstance(sent, dict | list):
        return request
    read = _read_texts(schema, schema.document, sent, 0)
    return request if read == sent else replace(request, body=dump_json(read))


def _read_texts(schema: Schema, node: Any, value: Any, level: int) -> Any:
    nodes = [each for each in nodes_of(schema, node) if isinstance(each, Mapping)]
    if isinstance(value, dict) and level < _LEVELS:
        inner = {name: member for each in nodes for name, member in each.get("properties", {}).items()}
        return {n: _read_texts(schema, inner[n], v, level + 1) if n in inner else v for n, v in value.items()}
    if isinstance(value, list) and level < _LEVELS:
        items = next((each["items"] for each in nodes if "items" in each), None)
        return [_read_texts(schema, items, each, level + 1) for each in value] if items is not None else value
    kinds = {kind for each in nodes for kind in _types(each)}
    if level > 1 and isinstance(value, str) and kinds & {"boolean", "integer", "number"} and "string" not in kinds:
        return _value_of(value)
    return value


def _types(node: Mapping[str, Any]) -> list[str]:
    found = node.get("type", [])
    return [found] if isinstance(found, str) else list(found)


def _value_of(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text


def _page(response: Response, view: FaultView) -> Response:
    """A page of HTML where the body can't be read, with the status that is right."""
    if not 400 <= response.status < 500 or _sent(view) is not None or not view.request.body:
        return response
    page = b"<!doctype html><title>Bad Request</title><h1>Bad Request</h1>"
    return Response(response.status, {"content-type": "text/html; charset=utf-8"}, page)


def _spelled(shown: Any, _: FaultView) -> Any:
    """Booleans as texts, below the first two levels of what is shown."""

    def spell(value: Any, level: int) -> Any:
        if level == 0:
            return every(lambda leaf: str(leaf).lower() if isinstance(leaf, bool) else leaf, value)
        if isinstance(value, dict):
            return {name: spell(each, level - 1) for name, each in value.items()}
        return [spell(each, level - 1) for each in value] if isinstance(value, list) else value

    return spell(shown, 2)


def _spelled_in_reads(shown: Any, view: FaultView) -> Any:
    """The same in what reads and lists show."""
    return _spelled(shown, view) if view.operation.rule.traits.only_reads else shown


def _no_null(response: Response, view: FaultView) -> Response:
    """A refusal of every null, also where it may stand."""
    sent, media = _sent(view), json_media(view.operation, view.operation.success)
    if response.status >= 300 or not isinstance(sent, dict) or media is None:
        return response
    declared = properties(_schema(view))
    if not any(value is None and name in declared for name, value in sent.items()):
        return response
    statuses = [int(code) for code in view.operation.replies if code.isdigit() and code >= "400"]
    return Response(max(statuses, default=422), {"content-type": "application/json"}, b'{"detail": "null"}')


FAULTS = (
    Fault("overflow", "A number beyond 64 bits is a 500.", ("hostile_values",), response=_overflow),
    Fault("crash-on-control", "A control character in a path is a 500.", ("hostile_values",), response=_control),
    Fault("unreadable", "Once null was taken, reads and lists are a 500.", ("readable",), response=_unreadable),
    Fault("any-parent", "A thing can be made below a parent that is not there.", ("unknown_id",), plan=_any_parent),
    Fault("body-first", "The body is looked at before the credentials.", ("credentials",), response=_body_first),
    Fault("lax-types", "Texts of numbers and booleans count as such.", ("invalid_refused",), request=_lax),
    Fault("error-page", "Bodies that can't be read get a page of HTML.", ("media_type",), response=_page),
    Fault("spelled-booleans", "Booleans deep inside come back as texts.", ("echo",), shown=_spelled),
    Fault("spelled-in-reads", "Reads show deep booleans as texts.", ("read_your_writes",), shown=_spelled_in_reads),
    Fault("refuse-null", "Null is refused, also where it may stand.", ("valid_accepted",), response=_no_null),
)
