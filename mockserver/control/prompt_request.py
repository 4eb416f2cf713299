"""A whole request of an operation: its path with the keys of what it names, parameters, credentials and body."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from threadmock.mockserver.control.bodies import ControlError
from threadmock.mockserver.control.messages.thread_resources import parents_of, thread_resources
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.pipeline.mounts import Mount
from threadmock.mockserver.rules.generation import completed, possible
from threadmock.mockserver.state.clock import Clock
from threadmock.mockserver.state.ids import Ids
from threadmock.mockserver.state.store import Shelf, Store, Thing
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Operation, Parameter, Security, first_json
from threadmock.specs.members import put
from threadmock.specs.operations.path_templates import encoded, filled, names_in
from threadmock.specs.operations.spelling import snake
from threadmock.specs.wire.strictjson import dump_json

_TOKEN = "threadmock"  # noqa: S105 - any will do


@dataclass(frozen=True)
class Subject:
    """The thread that a request is about, and the shelf that it lies on."""

    shelf: Shelf
    key: str
    thread: Thing


def build_request(  # noqa: PLR0913 - parts of a request
    gateway: Gateway,
    mount: Mount,
    operation: Operation,
    subject: Subject | None,
    places: Mapping[Source, Any],
    *,
    body: Any = None,
    stream: bool = False,
) -> dict[str, Any]:
    """A request that the mock answers with success. places: values by place; body: instead of those of the body.

    ControlError where it names a parent that is not there.
    """
    keys = _parent_keys(gateway.world.store, mount, operation, subject)
    texts = _path_values(operation, keys, subject)
    query = [(source.steps[0], _text(value)) for source, value in {**places, **keys}.items() if source.place == "query"]
    headers = {source.steps[0]: _text(value) for source, value in places.items() if source.place == "header"}
    query += [pair for each in operation.parameters_in("query") for pair in _needed(each, dict(query))]
    headers |= dict(pair for each in operation.parameters_in("header") for pair in _needed(each, headers))
    secret, secret_query = _credentials(operation, gateway.world.auth)
    headers |= secret
    at = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in (*query, *secret_query))
    sent = _body(operation, {**places, **keys}, body)
    if sent is not None:
        headers["content-type"] = "application/json"
    path = mount.prefix + encoded(filled(operation.path, texts))
    return {
        "method": operation.method,
        "path": f"{path}?{at}" if at else path,
        "headers": headers,
        "body": sent,
        "stream": stream,
    }


def _body(operation: Operation, places: Mapping[Source, Any], given: Any) -> str | None:
    media = first_json(operation.body.content) if operation.body else None
    if media is None:
        return None
    made = dict(given) if isinstance(given, Mapping) else {}
    for source, value in places.items():
        if source.place == "body" and source.steps:
            put(made, source.steps, value)
    return dump_json(completed(media.schema, made, Ids(0), Clock()) if media.schema else made).decode()


def _parent_keys(store: Store, mount: Mount, operation: Operation, subject: Subject | None) -> dict[Source, str]:
    """The keys of the parents that a request names, by place; of those that may be left out only the thread's."""
    thread, made = thread_resources(mount.contract).thread, {}
    above = dict(zip(subject.shelf[2::2], subject.shelf[3::2], strict=True)) if subject else {}
    for parent in parents_of(operation.rule.within):
        if subject and parent.resource == thread:
            made[parent.source] = subject.key
        elif parent.resource in above:
            made[parent.source] = above[parent.resource]
        elif parent.resource != thread and (parent.source.place == "path" or parent.must_exist):
            key = _known_key(store, mount, parent.resource)
            if key is None and parent.must_exist and parent.create is None:
                what = f"{operation} needs a {parent.resource}, and there is none."
                raise ControlError(what, where="provider", fix=f"Make a {parent.resource} first.")
            if key is not None:
                made[parent.source] = key
    return made


def _known_key(store: Store, mount: Mount, resource: str) -> str | None:
    """The key of something that is there, or below which threads lie already, or would by the rules of a fill."""
    name, fill = mount.contract.name, mount.contract.profile.fill
    keys: list[str] = []
    for shelf in store.shelves():
        if shelf[:2] == (name, resource):
            keys += [key for key, _ in store.items(shelf)[-1:]]
        keys += [
            key for kind, key in zip(shelf[2::2], shelf[3::2], strict=True) if shelf[0] == name and kind == resource
        ]
        if keys:
            return keys[0]
    return fill.below[1] if fill and fill.below[0] == resource else None


def _path_values(operation: Operation, keys: Mapping[Source, str], subject: Subject | None) -> dict[str, str]:
    made = {source.steps[0]: key for source, key in keys.items() if source.place == "path"}
    declared = {each.name: each for each in operation.parameters_in("path")}
    for name in names_in(operation.path):
        if name not in made:
            made[name] = _other_value(name, declared.get(name), subject)
    return made


def _other_value(name: str, parameter: Parameter | None, subject: Subject | None) -> str:
    """What stands in a path for something that no rule tells of: what the thread shows or lies below, or a value."""
    if subject:
        shown = subject.thread.get(name)
        if isinstance(shown, str | int) and not isinstance(shown, bool):
            return str(shown)
        spelled = snake(name).removesuffix("_id").removesuffix("_key")
        for resource, key in zip(subject.shelf[2::2], subject.shelf[3::2], strict=True):
            if snake(resource) == spelled:
                return key
    made = possible(parameter.schema, Ids(0), Clock(), name) if parameter else "1"
    return _text(made)


def _needed(parameter: Parameter, there: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """A parameter that has to be there, and is not."""
    if parameter.required and parameter.name.lower() not in map(str.lower, there):
        made = possible(parameter.schema, Ids(0), Clock(), parameter.name)
        for each in made if isinstance(made, list) else [made]:
            yield parameter.name, _text(each)


def _credentials(operation: Operation, auth: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Headers and query parameters with the credentials that an operation asks for, and the mock takes."""
    if auth == "off" or not operation.security:
        return {}, []
    token = _TOKEN if auth == "present" else auth
    chosen = min(operation.security, key=lambda each: any(scheme.location == "cookie" for scheme in each))
    headers: dict[str, str] = {}
    query: list[tuple[str, str]] = []
    for scheme in chosen:
        if scheme.kind == "mutualTLS":
            continue
        if scheme.kind == "apiKey" and scheme.location == "query":
            query.append((scheme.name, token))
        else:
            headers |= dict([_header(scheme, token)])
    return headers, query


def _header(scheme: Security, token: str) -> tuple[str, str]:
    if scheme.kind == "apiKey":
        return ("cookie", f"{scheme.name}={token}") if scheme.location == "cookie" else (scheme.name.lower(), token)
    return "authorization", f"{(scheme.scheme or 'bearer').capitalize()} {token}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else dump_json(value).decode()
