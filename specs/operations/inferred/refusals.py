"""The refusals that an operation gets from its documented statuses, where nobody declared them. All assumed."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from threadmock.specs.behaviour.read_settings import Spell, spell_template
from threadmock.specs.behaviour.rule import Refusal
from threadmock.specs.contract import Operation, json_media
from threadmock.specs.schemas.declared import nodes_of, object_nodes, properties, types_of
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.messages import is_json

_ERROR_BODIES: tuple[Any, ...] = (
    {"detail": {"$each": {"loc": "$location", "msg": "$reason", "type": "$code"}}},
    # Older FastAPI documents a place as texts alone.
    {"detail": {"$each": {"loc": "$location_texts", "msg": "$reason", "type": "$code"}}},
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
_PROBES: Mapping[str, Any] = {"$location": ["body", 0, "x"], "$location_texts": ["body", "0", "x"]}
REFUSAL_STATUSES: Mapping[str, tuple[int, ...]] = {
    "invalid": (422, 400),
    "malformed": (400, 422),
    "media_type": (415, 400, 422),
    "not_acceptable": (406,),
    "denied": (401, 403),
    "unknown": (404,),
    "taken": (409,),
    "stale": (412, 428),
    "too_large": (413,),
}


_WRONG = ("invalid", "malformed", "media_type")
_OTHERWISE = frozenset({*range(401, 415), *range(416, 419), *range(423, 427), 421, 428, 429, 431, 451})
"""Client errors that HTTP has for something else than what a request holds (RFC 9110, 15.5; RFC 6585)."""


def _of_no_other_meaning(operation: Operation) -> list[int]:
    """The first documented client error that may be of wrong requests, such as 480."""
    found = [int(s) for s in operation.replies if s.isdigit() and 400 <= int(s) < 500]
    return [status for status in found if status not in _OTHERWISE][:1]


def infer_refusals(operation: Operation, spell: Spell) -> dict[str, Refusal]:
    """A refusal for each kind for which the operation documents a status that we can fill truthfully.

    An exact status comes before 4XX, that before `default`. The body is the first of the usual shapes that the
    documented schema accepts with a probe inside, else one made of what the schema requires.
    """
    found: dict[str, Refusal] = {}
    for kind, statuses in REFUSAL_STATUSES.items():
        exact = [status for status in statuses if str(status) in operation.replies]
        if not exact and kind in _WRONG and not {"default", "4XX"} & operation.replies.keys():
            exact = _of_no_other_meaning(operation)
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
        return _PROBES.get(template, text if template.startswith("$") else template)
    if isinstance(template, list):
        return [_probe(item, text) for item in template]
    if not isinstance(template, Mapping):
        return template
    if "$each" in template:
        return [_probe(template["$each"], text)]
    if "$fields" in template:
        return {"x": _probe(template["$fields"], text)}
    return {name: _probe(child, text) for name, child in template.items()}
