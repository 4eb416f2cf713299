"""Documents of ordinary services, drawn: things below things, keys, envelopes, pages, ways to change, verbs, credentials."""

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

JSON = "application/json"
TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
SINGULARS = {
    "boards": "board",
    "cards": "card",
    "orders": "order",
    "invoices": "invoice",
    "teams": "team",
    "notes": "note",
}
KEYS = {"text": TEXT, "uuid": {"type": "string", "format": "uuid"}, "integer": WHOLE}
PAGES = {"none": (), "offset": ("limit", "offset"), "page": ("page", "per_page"), "cursor": ("limit", "cursor")}
ENVELOPE = {
    "total": WHOLE,
    "count": WHOLE,
    "has_more": {"type": "boolean"},
    "next_cursor": {"type": ["string", "null"]},
}
VERBS = {"close": ("status", "closed"), "cancel": ("status", "cancelled"), "archive": ("archived", True)}


@dataclass(frozen=True)
class Level:
    """One resource of a document. key: the member that is the key; parameter: what paths call it.

    wrapped: the member of answers that holds one thing, or "". search: a list beside the collection, or "". single:
    what there is one of below each thing, or "".
    """

    resource: str
    key: str
    parameter: str
    kind: str
    shows_parent: bool
    closed: bool
    change: str
    verb: str
    deleted: bool
    envelope: str
    told: tuple[str, ...]
    pages: str
    wrapped: str
    search: str
    single: str


@dataclass(frozen=True)
class Made:
    """A drawn document. flat: items are at the top, not below their parents."""

    tree: dict[str, Any]
    levels: tuple[Level, ...]
    flat: bool
    slash: str


@st.composite
def documents(draw: Any) -> Made:
    """A document with up to three resources, each below the one before."""
    names = draw(st.permutations(list(SINGULARS)))[: draw(st.integers(1, 3))]
    levels = tuple(draw(_levels(name)) for name in names)
    if len({level.parameter for level in levels}) < len(levels):  # a path may not have two of one name
        levels = tuple(replace(level, parameter=f"{SINGULARS[level.resource]}_id") for level in levels)
    version = draw(st.sampled_from(["3.0.3", "3.1.0"]))
    flat, slash = draw(st.booleans()), draw(st.sampled_from(["", "", "", "/"]))
    secured = draw(st.sampled_from(["", "bearer", "key"]))
    paths: dict[str, Any] = {}
    for depth in range(len(levels)):
        paths |= _paths(levels[: depth + 1], flat=flat, slash=slash)
    tree: dict[str, Any] = {
        "openapi": version,
        "info": {"title": "Drawn", "version": "1"},
        "paths": paths if version == "3.1.0" else _older(paths),
    }
    if secured:
        schemes = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        }
        tree |= {"security": [{secured: []}], "components": {"securitySchemes": {secured: schemes[secured]}}}
    return Made(tree, levels, flat, slash)


@st.composite
def _levels(draw: Any, resource: str) -> Level:
    singular = SINGULARS[resource]
    key = draw(st.sampled_from(["id", f"{singular}_id", f"{singular}Id", "uuid", "key"]))
    # what a path calls the key is its member's name, or says whose key it is
    plain = [f"{singular}_id", f"{singular}Id"]
    parameter = draw(st.sampled_from([*plain, *([key] if key not in ("id", *plain) else [])]))
    envelope = draw(st.sampled_from(["", "items", "data", resource]))
    pages = draw(st.sampled_from(sorted(PAGES)))
    return Level(
        resource=resource,
        key=key,
        parameter=parameter,
        kind=draw(st.sampled_from(sorted(KEYS))),
        shows_parent=draw(st.booleans()),
        closed=draw(st.booleans()),
        change=draw(st.sampled_from(["PATCH", "PUT", "POST", ""])),
        verb=draw(st.sampled_from(["", *VERBS])),
        deleted=draw(st.booleans()),
        envelope=envelope,
        told=tuple(draw(st.lists(st.sampled_from(sorted(ENVELOPE)), unique=True))) if envelope else (),
        pages=pages,
        wrapped=draw(st.sampled_from(["", "", "data", singular])),
        search=draw(st.sampled_from(["", "search", "by-title/{title}", "count"])),
        single=draw(st.sampled_from(["", "settings", "profile"])),
    )


def shows_parent(levels: tuple[Level, ...]) -> bool:
    """Whether a thing shows whose it is: under a name that says so."""
    return len(levels) > 1 and levels[-1].shows_parent and levels[-2].parameter not in ("uuid", "key")


def item_path(levels: tuple[Level, ...], *, flat: bool) -> str:
    """The path of one thing, with parameters."""
    shown = levels[-1:] if flat else levels
    return "".join(f"/{level.resource}/{{{level.parameter}}}" for level in shown)


def list_path(levels: tuple[Level, ...], *, flat: bool) -> str:
    """The path of the things of one parent."""
    above = item_path(levels[:-1], flat=flat) if len(levels) > 1 else ""
    return f"{above}/{levels[-1].resource}"


def _parameters(levels: tuple[Level, ...], path: str) -> list[Any]:
    return [
        {"name": level.parameter, "in": "path", "required": True, "schema": KEYS[level.kind]}
        for level in levels
        if f"{{{level.parameter}}}" in path
    ]


def _reply(schema: Any, status: str = "200") -> dict[str, Any]:
    shown = {"description": "", **({"content": {JSON: {"schema": schema}}} if schema else {})}
    return {status: shown, "404": {"description": "not there"}}


def _paths(levels: tuple[Level, ...], *, flat: bool, slash: str) -> dict[str, Any]:
    level, item, many = levels[-1], item_path(levels, flat=flat), list_path(levels, flat=flat)
    asked = {"title": TEXT, "tags": {"type": "array", "items": TEXT}}
    state = {"status": {"type": "string", "enum": ["open", "closed", "cancelled"]}, "archived": {"type": "boolean"}}
    shown = {level.key: KEYS[level.kind], **asked, **state, "created_at": {"type": "string", "format": "date-time"}}
    if shows_parent(levels):
        shown[levels[-2].parameter] = KEYS[levels[-2].kind]
    thing = {"type": "object", "required": [*shown], "properties": shown}
    sent = {"type": "object", "required": ["title"], "properties": asked}
    sent |= {"additionalProperties": False} if level.closed else {}
    body = {"required": True, "content": {JSON: {"schema": sent}}}
    loose = {"required": True, "content": {JSON: {"schema": {**sent, "required": []}}}}
    page: Any = {"type": "array", "items": thing}
    if level.envelope:
        told = {name: ENVELOPE[name] for name in level.told}
        page = {"type": "object", "required": [level.envelope, *told], "properties": {level.envelope: page, **told}}
    query = [{"name": n, "in": "query", "schema": TEXT if n == "cursor" else WHOLE} for n in PAGES[level.pages]]
    gone = {
        "type": "object",
        "required": [level.key, "deleted"],
        "properties": {level.key: KEYS[level.kind], "deleted": {"type": "boolean"}},
    }
    shown_one: Any = thing
    if level.wrapped:
        around = {level.wrapped: thing, "success": {"type": "boolean"}}
        shown_one = {"type": "object", "required": [*around], "properties": around}
    one = {
        "get": {"responses": _reply(shown_one)},
        "delete": {"responses": _reply(gone) if level.deleted else _reply(None, "204")},
    }
    if level.change:
        given = body if level.change == "PUT" else loose
        one[level.change.lower()] = {"requestBody": given, "responses": _reply(shown_one)}
    several = {
        "post": {"requestBody": body, "responses": _reply(shown_one, "201")},
        "get": {"parameters": query, "responses": _reply(page)},
    }
    paths = {many + slash: several, item + slash: one}
    if level.verb:
        paths[f"{item}/{level.verb}{slash}"] = {"post": {"responses": _reply(shown_one)}}
    if level.single:
        single = {"type": "object", "properties": {"theme": TEXT, "size": WHOLE}, "required": ["theme"]}
        sent_one = {"required": True, "content": {JSON: {"schema": single}}}
        paths[f"{item}/{level.single}{slash}"] = {
            "get": {"responses": _reply(single)},
            "put": {"requestBody": sent_one, "responses": _reply(single)},
        }
    if level.search:
        asked_for = [{"name": "q", "in": "query", "schema": TEXT}] if level.search == "search" else []
        asked_for += [{"name": "title", "in": "path", "required": True, "schema": TEXT}] if "{" in level.search else []
        counted = {"type": "object", "required": ["count"], "properties": {"count": WHOLE}}
        answer = counted if level.search == "count" else {"type": "array", "items": thing}
        paths[f"{many}/{level.search}{slash}"] = {"get": {"parameters": asked_for, "responses": _reply(answer)}}
    return {path: {"parameters": _parameters(levels, path), **methods} for path, methods in paths.items()}


def _older(node: Any) -> Any:
    """The same in OpenAPI 3.0, which has `nullable`."""
    if isinstance(node, list):
        return [_older(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {name: _older(each) for name, each in node.items()}
    if isinstance(made.get("type"), list):
        made |= {"type": next(each for each in made["type"] if each != "null"), "nullable": True}
    return made
