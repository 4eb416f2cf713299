"""The rule and the refusals that an operation gets when nobody declared them: from path shape and schemas.

Everything here is marked inferred and rests on assumption; `threadmock explain` shows it as guessed.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from threadmock.specs.behaviour.read_settings import Spell, spell_template
from threadmock.specs.behaviour.rule import Listing, Refusal, Rule
from threadmock.specs.behaviour.setting import Key, Setting, Source, Within
from threadmock.specs.contract import Operation, json_media
from threadmock.specs.operations.path_templates import name_of, names_in
from threadmock.specs.schemas.declared import nodes_of, object_nodes, properties, types_of
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.messages import is_json

_CREATED = re.compile(r"(created|updated|modified)_?(at|on)?", re.IGNORECASE)
_ERROR_BODIES: tuple[Any, ...] = (
    {"detail": {"$each": {"loc": "$location", "msg": "$reason", "type": "$code"}}},
    {"detail": "$reason"},
    {"message": "$reason"},
    {"error": "$reason"},
    {"error": {"message": "$reason"}},
    {"error": {"code": "$code", "message": "$reason"}},
    {"code": "$code", "message": "$reason"},
    {"errors": ["$reason"]},
    {"errors": {"$each": {"message": "$reason"}}},
)
_FIELD_MAP: Any = {"$fields": ["$reason"]}
_REASONS = ("detail", "message", "msg", "reason", "error", "title", "description")
_CODES = ("code", "type", "error_code", "errorCode", "kind")
_BY_FORMAT: Mapping[str, str] = {
    "uuid": "00000000-0000-0000-0000-000000000000",
    "date-time": "1970-01-01T00:00:00Z",
    "date": "1970-01-01",
    "uri": "about:blank",
    "uri-reference": "about:blank",
}
_DEEPEST = 6
_PAGES: Mapping[str, tuple[str, ...]] = {
    "limit": ("limit", "per_page", "perPage", "page_size", "pageSize", "size"),
    "offset": ("offset", "skip"),
    "page": ("page", "page_number", "pageNumber"),
    "after": ("cursor", "after", "starting_after", "page_token", "pageToken", "next_token", "nextToken"),
}
"""Query parameters by which lists are read in pages, by what they mean."""
_TOLD: Mapping[str, tuple[str, ...]] = {
    "total": ("total", "totalcount", "count", "totalitems", "totalresults"),
    "more": ("hasmore", "hasnext", "more"),
    "size": ("limit", "perpage", "pagesize", "size"),
    "number": ("page", "pagenumber", "currentpage"),
    "ahead": ("offset", "skip"),
    "first": ("firstid",),
    "last": ("lastid",),
    "next": ("nextcursor", "cursor", "nextpagetoken", "nexttoken", "next", "nextpage"),
}
"""Members beside a list's items, without case and underscores, by what they tell."""
REFUSAL_STATUSES: Mapping[str, tuple[int, ...]] = {
    "invalid": (422, 400),
    "malformed": (400, 422),
    "media_type": (415, 400, 422),
    "not_acceptable": (406,),
    "denied": (401, 403),
    "unknown": (404,),
    "taken": (409,),
    "too_large": (413,),
}


def infer_rule(operation: Operation, spell: Spell) -> Rule:
    """The action that the path's shape and the schemas suggest; `fixed` where they suggest none.

    operation: with member names as the document has them; the rule has them as on the wire.
    """
    resource, parameter = _resource(operation.path)
    base = Rule("fixed", resource=resource, within=_within(operation.path), evidence="assumed", inferred=True)
    reply = json_media(operation, operation.success)
    schema = reply.schema if reply else None
    if operation.method == "POST" and parameter is None:
        return _infer_create(operation, schema, base, spell)
    if operation.method == "GET" and parameter is None:
        return _infer_list(operation, schema, base, spell)
    actions: Mapping[str, Any] = {"GET": "read", "PATCH": "update", "PUT": "replace", "DELETE": "delete"}
    if parameter and operation.method in actions:
        key = Key(spell(parameter), Source("path", (parameter,)), "opaque", "assumed")
        return replace(base, action=actions[operation.method], key=key, set=_stamps(schema, spell, updating=True))
    return base


def _resource(path: str) -> tuple[str, str | None]:
    """("threads", "thread_id") for /a/threads/{thread_id}; ("threads", None) for /threads."""
    segments = [segment for segment in path.split("/") if segment]
    names = [segment for segment in segments if not names_in(segment)]
    last = name_of(segments[-1]) if segments else ""
    return (names[-1] if names else path), last or None


def _within(path: str) -> Within | None:
    """The parent of /a/threads/{thread_id}/messages: what the last parameter before the resource's own name is of."""
    segments = [segment for segment in path.split("/") if segment]
    if segments and name_of(segments[-1]):
        segments.pop()
    for index in range(len(segments) - 2, 0, -1):
        parameter = name_of(segments[index])
        if parameter and not names_in(segments[index - 1]):
            return Within(segments[index - 1], Source("path", (parameter,)), must_exist=False, evidence="assumed")
    return None


def _array_member(schema: Schema) -> str | None:
    return next((name for name, node in properties(schema).items() if "array" in types_of(schema, node)), None)


def _infer_list(operation: Operation, reply: Schema | None, base: Rule, spell: Spell) -> Rule:
    """A list whose body is the array, or an object with one array of things and what is told of the page."""
    asked = {parameter.name for parameter in operation.parameters_in("query")}
    found = {word: next((name for name in names if name in asked), "") for word, names in _PAGES.items()}
    limit, offset, page, after = (Source("query", (name,)) if name else None for name in found.values())
    listing = Listing(limit=limit, offset=offset, page=page, after=after)
    if reply and "array" in types_of(reply, reply.document):
        return replace(base, action="list", listing=listing)
    items = _array_member(reply) if reply else None
    if items is None or reply is None:
        return base
    told = {}
    for name, node in properties(reply).items():
        word = next((word for word, names in _TOLD.items() if name.lower().replace("_", "") in names), None)
        types = types_of(reply, node)
        if word == "next" and "string" not in types:
            continue
        if word and name != items:
            told[spell(name)] = Setting("tally", value=word, evidence="assumed")
    members = tuple(told.items())
    setting = Setting("members", members=members, evidence="assumed") if members else None
    return replace(base, action="list", listing=replace(listing, items=spell(items)), reply=setting)


def _infer_create(operation: Operation, reply: Schema | None, base: Rule, spell: Spell) -> Rule:
    # Members that request and reply share need no setting: the mock echoes what fits the reply's schema.
    declared = properties(reply)
    singular = base.resource.removesuffix("s")
    wanted = ("id", f"{singular}_id", f"{singular}Id", "uuid", "key")
    member = next((name for name in wanted if name in declared), None)
    if member is None or reply is None:
        return base
    asked = _asked(operation)
    is_uuid = any(part.get("format") == "uuid" for part in nodes_of(reply, declared[member]))
    types = types_of(reply, declared[member])
    generator = "uuid4" if is_uuid else "number" if "integer" in types and "string" not in types else "opaque"
    source = Source("body", (spell(member),)) if member in asked else None
    repeated = [name for name in names_in(operation.path) if name in declared and name != member]
    parents = {name: Source("path", (name,)) for name in repeated}
    settings = {
        **_stamps(reply, spell, updating=False),
        **{spell(name): Setting("from", sources=(source,), evidence="assumed") for name, source in parents.items()},
    }
    return replace(base, action="create", key=Key(spell(member), source, generator, "assumed"), set=settings)


def _asked(operation: Operation) -> Mapping[str, Any]:
    if operation.body is None:
        return {}
    return next((properties(media.schema) for media in operation.body.content.values()), {})


def _stamps(schema: Schema | None, spell: Spell, *, updating: bool) -> dict[str, Setting]:
    made = {}
    for name, node in properties(schema).items():
        dated = any(part.get("format") == "date-time" for part in (nodes_of(schema, node) if schema else ()))
        if not dated or not _CREATED.fullmatch(name) or (updating and name.lower().startswith("created")):
            continue
        made[spell(name)] = Setting("generate", "now", evidence="assumed")
    return made


def infer_refusals(operation: Operation, spell: Spell) -> dict[str, Refusal]:
    """A refusal for each kind for which the operation documents a status that we can fill truthfully.

    An exact status comes before 4XX, that before `default`. The body is the first of the usual shapes that the
    documented schema accepts with a probe inside, else one made of what the schema requires.
    """
    found: dict[str, Refusal] = {}
    for kind, statuses in REFUSAL_STATUSES.items():
        exact = [status for status in statuses if str(status) in operation.replies]
        for status in exact or statuses[:1]:
            media = json_media(operation, status)
            documented = operation.replies.get(str(status))
            if documented is not None and (not documented.content or (media and media.schema is None)):
                # Nothing says what it holds: the example, else a body of ours.
                shown = next(iter(media.examples.values()), None) if media else None
                name = media.media_type if media and shown is not None else "application/json"
                found[kind] = Refusal(status, shown, name, evidence="assumed")
                break
            if media is None or media.schema is None:
                continue
            body = _fitting_body(media.schema, status)
            if body is not None:
                name = media.media_type if is_json(media.media_type) else "application/json"
                found[kind] = Refusal(status, spell_template(body, spell), name, evidence="assumed")
                break
    return found


def _fitting_body(schema: Schema, status: int) -> Any:
    names = set(properties(schema))
    usual: list[Any] = [template for template in _ERROR_BODIES if set(template) <= names]
    if not names:  # an open object takes any shape: a plain text, unless it is declared as lists by member
        usual = [_FIELD_MAP] if _maps_to_lists(schema) else [{"detail": "$reason"}]
    candidates = [*usual, _made(schema, schema.document, status)]
    return next((template for template in candidates if _fits(schema, template)), None)


def _maps_to_lists(schema: Schema) -> bool:
    nodes = object_nodes(schema)
    return any("array" in types_of(schema, node.get("additionalProperties")) for node in nodes)


def _fits(schema: Schema, template: Any) -> bool:
    # The reference engine compiles nothing: an error may lead to most of a document's schemas.
    judge = checker(schema).reference if template is not None else None
    return judge is not None and all(judge.is_valid(_probe(template, text)) for text in ("x", "x y" * 150))


def _made(schema: Schema, node: Any, status: int, name: str = "", depth: int = 0) -> Any:
    """A template from the schema itself: the members that it requires, and those whose names promise a reason."""
    parts = list(nodes_of(schema, node))
    listed = next((part["enum"][0] for part in parts if part.get("enum")), None)
    constant = next((part["const"] for part in parts if "const" in part), listed)
    types = types_of(schema, node)
    if constant is not None or depth > _DEEPEST:
        return constant
    if "object" in types or any("properties" in part for part in parts):
        wanted = {each for part in parts for each in part.get("required", ())}
        declared = {each: inner for part in parts for each, inner in part.get("properties", {}).items()}
        return {
            each: _made(schema, inner, status, each, depth + 1)
            for each, inner in declared.items()
            if each in wanted or (each in _REASONS and "string" in types_of(schema, inner))
        }
    if "array" in types:
        items = next((part["items"] for part in parts if "items" in part), {"type": "string"})
        return [_made(schema, items, status, name, depth + 1)]
    return _made_scalar(parts, types, status, name)


def _made_scalar(parts: Sequence[Mapping[str, Any]], types: Collection[str], status: int, name: str) -> Any:
    if "string" in types or not types:
        by_format = next((_BY_FORMAT[part["format"]] for part in parts if part.get("format") in _BY_FORMAT), None)
        return by_format or ("$code" if name in _CODES else "$reason")
    if "integer" in types or "number" in types:
        return status
    return None if "null" in types else False


def _probe(template: Any, text: str) -> Any:
    """The template as it would look once filled with one violation."""
    if isinstance(template, str):
        return ["body"] if template == "$location" else text if template.startswith("$") else template
    if isinstance(template, list):
        return [_probe(item, text) for item in template]
    if not isinstance(template, Mapping):
        return template
    if "$each" in template:
        return [_probe(template["$each"], text)]
    if "$fields" in template:
        return {"x": _probe(template["$fields"], text)}
    return {name: _probe(child, text) for name, child in template.items()}
