"""A refusal → the provider's own error body, from the template in its overlay, with the reason in it.

Templates are JSON. `$reason`, `$code`, `$key`, `$location` and `$location_texts` are filled in. `{"$each": T}` is a
list with T for every violation, `{"$fields": T}` an object from top-level member to T for every member that is wrong.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from threadmock.mockserver.pipeline import problems
from threadmock.mockserver.rules.outcome import Refused
from threadmock.specs.behaviour.rule import Refusal
from threadmock.specs.schemas.validation import Violation
from threadmock.specs.text import cut
from threadmock.specs.wire.messages import Response, is_json
from threadmock.specs.wire.strictjson import dump_json

_CODES: Mapping[str, str] = {
    "required": "missing",
    "missing": "missing",
    "enum": "enum",
    "const": "literal_error",
    "format": "value_error",
    "maxLength": "string_too_long",
    "minLength": "string_too_short",
    "pattern": "string_pattern_mismatch",
    "minimum": "greater_than_equal",
    "exclusiveMinimum": "greater_than",
    "maximum": "less_than_equal",
    "exclusiveMaximum": "less_than",
    "maxItems": "too_long",
    "minItems": "too_short",
    "additionalProperties": "extra_forbidden",
    "type": "type_error",
    "anyOf": "type_error",
    "oneOf": "type_error",
}
_PLACES: Mapping[str, str] = {"json": "body", "media_type": "header", "status": "body"}
_MARK = re.compile(r"\$(?:reason|code|key)")
_MAX_TEXT = 500


def render(refused: Refused, refusals: Mapping[str, Refusal], headers: Mapping[str, str] | None = None) -> Response:
    """The response of a refusal; problem+json where the provider has no shape of its own for it."""
    refusal = refusals.get(refused.kind) or refusals.get(_FALLBACKS.get(refused.kind, ""))
    if refused.body is not None:
        refusal = Refusal(refused.status or _STATUSES[refused.kind], refused.body, refused.media_type)
    if refusal is None or refusal.body is None:
        status = refused.status or (refusal.status if refusal else _STATUSES[refused.kind])
        return problems.problem(status, _TITLES[refused.kind], refused.reason, headers=headers)
    status = refused.status or refusal.status
    body = fill(refusal.body, refused)
    plain = isinstance(body, str) and not is_json(refusal.media_type)
    data = body.encode() if plain else dump_json(body)
    return Response(status, {"content-type": refusal.media_type, **(headers or {})}, data)


_FALLBACKS: Mapping[str, str] = {
    "malformed": "invalid",
    "refused": "malformed",
    "stale": "malformed",
    "ill_formed": "invalid",
    "unfit": "invalid",
    "failed": "unknown",
}
_STATUSES: Mapping[str, int] = {
    "invalid": 400,
    "ill_formed": 400,
    "unfit": 400,
    "no_route": 404,
    "no_method": 405,
    "malformed": 400,
    "media_type": 415,
    "not_acceptable": 406,
    "denied": 401,
    "unknown": 404,
    "taken": 409,
    "refused": 400,
    "stale": 412,
    "too_large": 413,
    "full": 507,
    "crowded": 503,
    "failed": 500,
    "ungeneratable": 500,
}
_TITLES: Mapping[str, str] = {
    "unfit": "The request can't be met as things are",
    "ill_formed": "A value of the request has not its form",
    "no_route": "There is no such path",
    "no_method": "The path has no such method",
    "invalid": "The request does not conform to its schema",
    "malformed": "The request body can't be read",
    "media_type": "The media type of the request is not documented",
    "not_acceptable": "No documented media type is acceptable",
    "denied": "Credentials are missing or wrong",
    "unknown": "There is no such thing",
    "taken": "The key is taken",
    "refused": "The request can't be met as things are",
    "stale": "The condition of the request does not hold",
    "too_large": "The request body is too large",
    "full": "The store is full",
    "crowded": "Too many streams are open",
    "failed": "The run failed",
    "ungeneratable": "No answer could be built",
}


def fill(template: Any, refused: Refused) -> Any:
    """The template with what is wrong in it."""
    violations = refused.violations or (Violation("body", refused.kind, (), refused.reason),)
    return _fill(template, refused, violations, violations[0])


def _fill(template: Any, refused: Refused, violations: Sequence[Violation], one: Violation) -> Any:
    if isinstance(template, str):
        return _fill_text(template, refused, one)
    if isinstance(template, list):
        return [_fill(item, refused, violations, one) for item in template]
    if not isinstance(template, Mapping):
        return template
    if "$each" in template:
        return [_fill(template["$each"], refused, violations, each) for each in violations]
    if "$fields" in template:
        fields: dict[str, Any] = {}
        for each in violations:
            name = str(each.location[0]) if each.location else "non_field_errors"
            made = _fill(template["$fields"], refused, violations, each)
            fields[name] = fields[name] + made if name in fields and isinstance(made, list) else made
        return fields
    return {name: _fill(child, refused, violations, one) for name, child in template.items()}


def _fill_text(template: str, refused: Refused, one: Violation) -> Any:
    if template == "$location":
        return [_PLACES.get(one.where, one.where), *one.location]
    if template == "$location_texts":
        return [_PLACES.get(one.where, one.where), *map(str, one.location)]
    reason = cut(one.message if refused.violations else refused.reason, _MAX_TEXT)
    texts = {"$reason": reason, "$code": _code(one), "$key": refused.key}
    return _MARK.sub(lambda mark: texts[mark[0]], template)


def _code(violation: Violation) -> str:
    if violation.where == "json":
        return "json_invalid" if violation.keyword != "missing" else "missing"
    return _CODES.get(violation.keyword, violation.keyword)
