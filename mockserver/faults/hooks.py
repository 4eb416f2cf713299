"""What planted deviations do: small functions over a request, a thing, a reply's body, a response."""

import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from threadmock.mockserver.fault_points import Dropped, FaultView
from threadmock.specs.contract import json_media
from threadmock.specs.schemas.declared import properties
from threadmock.specs.schemas.formats import is_date_time, read_date_time, write_date_time
from threadmock.specs.wire.messages import Request, Response
from threadmock.specs.wire.strictjson import dump_json

Leaf = Callable[[Any], Any]


def every(leaf: Leaf, value: Any) -> Any:
    """The value with a function over every leaf."""
    if isinstance(value, dict):
        return {name: every(leaf, child) for name, child in value.items()}
    if isinstance(value, list):
        return [every(leaf, child) for child in value]
    return leaf(value)


def on_text(change: Callable[[str], str]) -> Callable[[dict[str, Any], FaultView], dict[str, Any]]:
    """A thing whose echoed texts, at any depth, have been changed."""
    return on_echo(lambda leaf: change(leaf) if isinstance(leaf, str) else leaf)


def on_echo(leaf: Leaf) -> Callable[[dict[str, Any], FaultView], dict[str, Any]]:
    """A thing in which every leaf that the client sent has been changed."""

    def hook(thing: dict[str, Any], view: FaultView) -> dict[str, Any]:
        key = view.operation.rule.key
        sent = view.value if isinstance(view.value, dict) else {}
        return {
            name: every(leaf, value) if name in sent and not (key and name == key.member) else value
            for name, value in thing.items()
        }

    return hook


def without_nulls(thing: dict[str, Any], view: FaultView) -> dict[str, Any]:
    """A thing whose objects have lost every member that was null."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: strip(child) for name, child in value.items() if child is not None}
        return [strip(child) for child in value] if isinstance(value, list) else value

    sent = view.value if isinstance(view.value, dict) else {}
    return {name: strip(value) if name in sent else value for name, value in thing.items()}


def shift_time(
    members: tuple[str, ...], delta: datetime.timedelta
) -> Callable[[dict[str, Any], FaultView], dict[str, Any]]:
    """A thing whose moments, in members whose names begin in this way, are shifted."""

    def hook(thing: dict[str, Any], _: FaultView) -> dict[str, Any]:
        made = dict(thing)
        for name, value in thing.items():
            if name.lower().startswith(members) and isinstance(value, str) and is_date_time(value):
                made[name] = write_date_time(read_date_time(value) + delta)
        return made

    return hook


def on_objects(change: Callable[[dict[str, Any], FaultView], dict[str, Any]]) -> Callable[[Any, FaultView], Any]:
    """A body that was changed where it is an object, and in each object of it where it is a list."""

    def hook(shown: Any, view: FaultView) -> Any:
        if isinstance(shown, list):
            return [change(item, view) if isinstance(item, dict) else item for item in shown]
        return change(shown, view) if isinstance(shown, dict) else shown

    return hook


def naive_time(shown: dict[str, Any], view: FaultView) -> dict[str, Any]:
    """A body whose date-times have lost their offset."""
    declared = _reply_members(view)
    return {
        name: value[:19] if isinstance(value, str) and _format(declared.get(name)) == "date-time" else value
        for name, value in shown.items()
    }


def without_required(shown: dict[str, Any], view: FaultView) -> dict[str, Any]:
    """A body without its last required member."""
    media = json_media(view.operation, view.operation.success)
    node = media.schema.resolve(media.schema.document) if media and media.schema else {}
    if media and media.schema and "items" in node:
        node = media.schema.resolve(node["items"])
    wanted = node.get("required", ())
    return {name: value for name, value in shown.items() if not wanted or name != wanted[-1]}


def number_first(shown: dict[str, Any], _: FaultView) -> dict[str, Any]:
    """A body whose first member is a number."""
    return {name: (7 if index == 0 else value) for index, (name, value) in enumerate(shown.items())}


def trusting(thing: dict[str, Any], view: FaultView) -> dict[str, Any]:
    """A thing that took from the client what only the server sets."""
    sent = view.value if isinstance(view.value, dict) else {}
    return thing | {name: value for name, value in sent.items() if name in _reply_members(view)}


def undefaulted(thing: dict[str, Any], view: FaultView) -> dict[str, Any]:
    """A thing whose absent members hold anything but their documented default."""
    sent = view.value if isinstance(view.value, dict) else {}
    made = dict(thing)
    for name, node in _request_members(view).items():
        if name in made and name not in sent and isinstance(node, Mapping) and "default" in node:
            other = [option for option in node.get("enum", ()) if option != node["default"]]
            made[name] = other[0] if other else _another(node["default"])
    return made


def unsettled(thing: dict[str, Any], view: FaultView) -> dict[str, Any]:
    """A thing whose members with a fixed value hold another one that the schema takes."""
    made = dict(thing)
    declared = _reply_members(view)
    for name, setting in view.operation.rule.set.items():
        if setting.kind == "count":
            made[name] = made.get(name, 0) + 1
        if setting.kind == "value" and name in made:
            options = (declared.get(name) or {}).get("enum", ()) if isinstance(declared.get(name), Mapping) else ()
            other = [option for option in options if option != setting.value]
            made[name] = other[0] if other else _another(setting.value)
    return made


def _another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    return f"{value}-other" if isinstance(value, str) else value


def _reply_members(view: FaultView) -> Mapping[str, Any]:
    media = json_media(view.operation, view.operation.success)
    members = properties(media.schema if media else None)
    return {name: media.schema.resolve(node) for name, node in members.items()} if media and media.schema else {}


def _request_members(view: FaultView) -> Mapping[str, Any]:
    body = view.operation.body
    return next((properties(media.schema) for media in body.content.values()), {}) if body else {}


def _format(node: Any) -> str:
    return str(node.get("format", "")) if isinstance(node, Mapping) else ""


def drops(every_nth: int) -> Callable[[Response, FaultView], Response]:
    """No answer at all, every so many requests."""

    def hook(response: Response, view: FaultView) -> Response:
        view.memory["seen"] = seen = view.memory.get("seen", 0) + 1
        if seen % every_nth == 0:
            raise Dropped
        return response

    return hook


def crashes_on(marks: tuple[bytes, ...]) -> Callable[[Response, FaultView], Response]:
    """A 500 for every body that holds one of these runs of bytes."""

    def hook(response: Response, view: FaultView) -> Response:
        if any(mark in view.request.body for mark in marks):
            return Response(500, {"content-type": "text/plain"}, b"Internal Server Error")
        return response

    return hook


def stalls_on(size: int, seconds: float) -> Callable[[Response, FaultView], Response]:
    """An answer that comes late where the body is larger than so many bytes."""

    def hook(response: Response, view: FaultView) -> Response:
        if len(view.request.body) > size:
            view.pause(seconds)
        return response

    return hook


def status(found: tuple[int, ...], instead: int) -> Callable[[Response, FaultView], Response]:
    """Another status for some; `found` empty means every success."""

    def hook(response: Response, _: FaultView) -> Response:
        wanted = response.status in found if found else response.status < 300
        return replace(response, status=instead) if wanted else response

    return hook


def headers(change: Mapping[str, str | None]) -> Callable[[Response, FaultView], Response]:
    """Other headers; None takes one away."""

    def hook(response: Response, _: FaultView) -> Response:
        made = {**response.headers, **{name: value for name, value in change.items() if value is not None}}
        return replace(response, headers={name: v for name, v in made.items() if change.get(name, "") is not None})

    return hook


def without_declared_headers(response: Response, view: FaultView) -> Response:
    """No header that the document declares."""
    reply = view.operation.reply(response.status)
    declared = reply.headers if reply else {}
    return replace(response, headers={n: v for n, v in response.headers.items() if n not in declared})


def double_key(response: Response, _: FaultView) -> Response:
    """An object with its first key twice."""
    if not isinstance(response.body, bytes) or response.content[:2] != b'{"':
        return response
    value = json.loads(response.content)
    first = next(iter(value))
    return replace(response, body=b"{" + dump_json({first: value[first]})[1:-1] + b"," + response.content[1:])


def not_a_number(response: Response, _: FaultView) -> Response:
    """A member that is NaN, which is no JSON."""
    if not isinstance(response.body, bytes) or response.status >= 300:
        return response
    return replace(response, body=b'{"load": NaN, ' + response.content[1:])


def refuses_long(size: int) -> Callable[[Response, FaultView], Response]:
    """A refusal of every body with more than so many bytes, though none is documented."""

    def hook(response: Response, view: FaultView) -> Response:
        if len(view.request.body) <= size or response.status >= 300:
            return response
        statuses = [int(code) for code in view.operation.replies if code.isdigit() and code >= "400"]
        return Response(max(statuses, default=400), {"content-type": "application/json"}, b'{"detail": "too long"}')

    return hook


def wrong_error_body(response: Response, _: FaultView) -> Response:
    """Errors in a shape of their own."""
    return replace(response, body=b'{"oops": true}') if response.status >= 400 else response


def any_credential(request: Request, view: FaultView) -> Request:
    """Any credential counts as the right one."""
    sent = dict(request.headers)
    for alternative in view.operation.security:
        for scheme in alternative:
            name = scheme.name.lower() if scheme.kind == "apiKey" else "authorization"
            if sent.get(name):
                word = "" if scheme.kind == "apiKey" else (scheme.scheme or "bearer").capitalize() + " "
                sent[name] = word + view.auth
    return replace(request, headers=sent)
