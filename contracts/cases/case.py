"""One thing to ask an operation: a request, what it is meant to be, and how its bytes come about."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import quote

from threadmock.contracts.cases.encoding import (
    MULTIPART,
    URLENCODED,
    array_texts,
    encode_form,
    encode_query,
    object_pairs,
    simple_text,
    styled,
    text_of,
)
from threadmock.contracts.cases.fresh_keys import fresh_key, spelled
from threadmock.contracts.cases.references import (
    body_schema,
    is_named,
    listed_agent_places,
    named_members,
    placeholder,
    plain_text,
    schema_at,
    unknown_key,
)
from threadmock.contracts.cases.samples import least, most, parameter_value
from threadmock.contracts.cases.shapes import shapes
from threadmock.contracts.transport.stream_limits import PLAIN, Stop
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Media, Operation, first_json, is_structured_xml
from threadmock.specs.evidence import Evidence
from threadmock.specs.members import ABSENT
from threadmock.specs.operations.path_templates import filled
from threadmock.specs.operations.xml_text import xml_text
from threadmock.specs.schemas.validation import Checker, checker
from threadmock.specs.wire.media_types import is_text
from threadmock.specs.wire.messages import Request
from threadmock.specs.wire.strictjson import dump_json

FORMS = (URLENCODED, MULTIPART)
_ANY_STATE = "*"
"""An If-Match that names the present state, whatever it is (RFC 9110, 13.1.1)."""
_BYTES = "application/octet-stream"

Intent = Literal["valid", "invalid", "malformed", "media_type", "credentials", "method", "hostile"]
Part = Literal["example", "coverage", "exploration", "scenario"]
Standing = Literal["", "there", "unknown"]


@dataclass(frozen=True, eq=False)
class Case:
    """One request to send, and what is expected of the response: of a hostile one, that it is no 5xx.

    label: stable and readable; unique within an operation's coverage. value: the JSON value of the body as a server
    reads it (forms and XML typed by the schema), ABSENT where there is none. evidence: of the expectation. where: JSON
    pointer of what was changed. note: the expectation in words, where the intent does not say it. form: the body is a
    form, or XML. content: the evidence of what an accepted response holds, where that is not the expectation's own.
    stop: when the reading of a stream of events ends.
    standing: whether the things that the request names are there, or some is unknown; "" before that was settled.
    The request carries a content type but no credentials: the target adds them by `credentials`.
    """

    operation: Operation
    request: Request
    intent: Intent
    label: str
    part: Part
    value: Any = ABSENT
    credentials: Literal["good", "absent", "wrong"] = "good"
    evidence: Evidence = "documented"
    where: str = ""
    note: str = ""
    form: bool = False
    content: Evidence | None = None
    standing: Standing = ""
    stop: Stop = PLAIN

    def __repr__(self) -> str:
        return f"Case({self.operation}, {self.intent}: {self.label})"


def json_media(operation: Operation) -> Media | None:
    """The first documented media type of the body that is JSON."""
    return first_json(operation.body.content) if operation.body else None


def body_media(operation: Operation) -> Media | None:
    """The media that bodies are written in: JSON, else the first form, else XML."""
    return json_media(operation) or next(iter(form_media(operation)), None)


def form_media(operation: Operation) -> list[Media]:
    """The media beside JSON that carry the members of a value: forms, then XML whose schema tells its elements."""
    content = operation.body.content.values() if operation.body else ()
    forms = [media for media in content if media.media_type in FORMS]
    return forms + [media for media in content if is_structured_xml(media)]


def key_member(operation: Operation) -> str | None:
    """The body member that chooses a new thing's key, where there is one."""
    source = operation.rule.key.source if operation.rule.key and operation.rule.action == "create" else None
    return source.steps[0] if source and source.place == "body" and len(source.steps) == 1 else None


def chosen_key(operation: Operation, fresh: Callable[[], str] = fresh_key) -> Any:
    """A key that nobody has used, for the member by which a client chooses it: what `fresh` gives, or a random number.

    Where the member takes neither, `fresh` in another spelling, or another text in its form; where it takes none of
    those, what `fresh` gives.
    """
    text = fresh()
    judge, member = _key_judge(operation), key_member(operation)
    if judge is None or member is None or judge.accepted(text):
        return text
    numbers = (secrets.randbelow(size) + 1 for size in (2**31 - 1, 2**15 - 1))
    number = next(filter(judge.accepted, numbers), None)
    like = number or spelled(text, judge.accepted)
    return like or unknown_key(operation, Source("body", (member,)), secrets.randbits(62)) or text


def with_own_key(case: Case, fresh: Callable[[Operation], Any] = chosen_key) -> Case:
    """A valid case with a key that nobody has used where its body chooses the sample one; as it is where it does not.

    A sample is the same each time, so that the second request with it would be about a thing that is there.
    """
    operation, member = case.operation, key_member(case.operation)
    if member is None or case.intent != "valid" or case.form or not isinstance(case.value, dict):
        return case
    base, judge = base_value(operation), _key_judge(operation)
    if not isinstance(base, dict) or member not in base or case.value.get(member, ABSENT) != base[member]:
        return case
    key = fresh(operation)
    return redraw(case, **{member: key}) if judge is None or judge.accepted(key) else case


@lru_cache(maxsize=512)
def _key_judge(operation: Operation) -> Checker | None:
    member = key_member(operation)
    schema = schema_at(operation, Source("body", (member,))) if member else None
    return checker(schema) if schema else None


def linked_members(operation: Operation) -> dict[str, str]:
    """Body members that say again what the path says: member to path parameter."""
    schema = body_schema(operation)
    members = shapes(schema).members() if schema else {}
    return {
        member: source.steps[0]
        for member, setting in operation.rule.set.items()
        for source in setting.sources
        if source.place == "path" and member in members
    }


def referring_members(operation: Operation) -> dict[str, tuple[Any, ...]]:
    """Body members that name a thing which must exist: member to the values known to exist.

    Those are from named examples; of what the suite makes itself, and of agents, the placeholder.
    """
    agents = [place.source for place in listed_agent_places(operation) if place.source.place == "body"]
    named = named_members(operation) | {each.steps[0]: (placeholder(operation, each),) for each in agents}
    media = json_media(operation)
    examples = [e for e in media.examples.values() if isinstance(e, dict)] if media else []
    return named | {
        needed.source.steps[0]: tuple(e[needed.source.steps[0]] for e in examples if needed.source.steps[0] in e)
        for needed in operation.rule.requires
        if needed.source.place == "body" and len(needed.source.steps) == 1 and needed.source not in agents
    }


def path_values(operation: Operation) -> dict[str, str]:
    """A plain text for each path parameter."""
    return {p.name: plain_text(operation, p) for p in operation.parameters_in("path")}


def base_value(operation: Operation) -> Any:
    """The smallest valid body value. ABSENT where the operation has no JSON body.

    Members that repeat the path say what `path_values` says; references hold a value that is known to exist.
    """
    return _settled(operation, full=False)


def full_value(operation: Operation) -> Any:
    """A valid body value with every declared member, but for the key and for references of which none is known.

    The same each time. ABSENT where the operation has no JSON body.
    """
    return _settled(operation, full=True)


def _settled(operation: Operation, *, full: bool) -> Any:
    schema = body_schema(operation)
    if schema is None:
        return ABSENT
    value = (most if full else least)(schema, name="body")
    return settle(operation, value) if isinstance(value, dict) else value


def settle(operation: Operation, value: dict[str, Any]) -> dict[str, Any]:
    """A sampled body made safe to send: links agree with the path, references are known ones, no optional key."""
    schema = body_schema(operation)
    required = {name for b in shapes(schema).root() if b.kind == "object" for name in b.required} if schema else set()
    made = dict(value)
    for member, parameter in linked_members(operation).items():
        if member in made:
            made[member] = path_values(operation)[parameter]
    for member, known in referring_members(operation).items():
        if member in made and known:
            made[member] = known[0]
        elif member not in required:
            made.pop(member, None)
    key = key_member(operation)
    if key in made and key not in required:
        del made[key]
    return made


def encode_body(operation: Operation, body: Any, media_type: str | None = None) -> tuple[str, bytes]:
    """Content type and bytes of a body value. ValueError where the value can't be JSON.

    ABSENT: none; where a body has to be sent that is no JSON, a plain one.
    """
    if body is ABSENT and (form := plain_form(operation)):
        media_type, body = form
    if body is ABSENT:
        return plain_body(operation)
    content = operation.body.content if operation.body else {}
    if media_type is None:
        media = body_media(operation)
        media_type = media.media_type if media else next(iter(content), "application/json")
    if media_type in FORMS:
        return encode_form(media_type, body)
    if media_type in content and is_structured_xml(content[media_type]):
        return media_type, xml_text(content[media_type].schema, body).encode()
    return media_type, dump_json(body)


def unwritten(operation: Operation) -> str:
    """Why no body can be written that the operation has to get; "" where one can."""
    body = operation.body
    if body is None or not (body.required and body.content) or body_media(operation) or plain_body(operation)[1]:
        return ""
    return f"its body is {', '.join(body.content)}, of which there is no example"


def plain_body(operation: Operation) -> tuple[str, bytes]:
    """A body of a media type that is neither JSON nor a form: its example, or a text; ("", b"") where none is needed.

    Also where none can be written: of a picture without an example nobody knows which are taken.
    """
    body = operation.body
    if body is None or not body.required or body_media(operation):
        return "", b""
    for media in body.content.values():
        value = next(iter(media.examples.values()), ABSENT)
        if value is ABSENT and is_text(media.media_type):
            value = least(media.schema, name="body") if media.schema else "text"
        if isinstance(value, str | int | float):
            return media.content_type, text_of(value).encode()
        if media.media_type == _BYTES:
            return _BYTES, b"bytes"
    return "", b""


def build_request(  # noqa: PLR0913 - each part of a request has its name
    operation: Operation,
    body: Any = ABSENT,
    *,
    media_type: str | None = None,
    path_values: Mapping[str, str] | None = None,
    query: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Request:
    """The request that carries these values. What is required and not given gets a plain valid value.

    body: JSON value, or ABSENT. media_type: default JSON, else the first documented one. query: name to value or list
    of values; None for the required ones only. headers: added last, any case. ValueError where a body can't be encoded.
    """
    content_type, data = encode_body(operation, body, media_type)
    texts = {p.name: plain_text(operation, p) for p in operation.parameters_in("path")} | dict(path_values or {})
    path = filled(operation.path, {p.name: styled(p, texts[p.name]) for p in operation.parameters_in("path")})
    needed = [p for p in operation.parameters_in("query") if p.required]
    named = {p.name: plain_text(operation, p) if is_named(operation, p) else parameter_value(p) for p in needed}
    asked = named | dict(query or {})
    sent = {
        p.name.lower(): simple_text(parameter_value(p), explode=p.explode)
        for p in operation.parameters_in("header")
        if p.required
    }
    rule = operation.rule.conditional
    if rule and (rule.required or (rule.if_match and "if-match" in sent)):
        sent["if-match"] = _ANY_STATE
    cookies = [p for p in operation.parameters_in("cookie") if p.required]
    if cookies:
        sent["cookie"] = "; ".join(f"{p.name}={quote(simple_text(parameter_value(p)), safe='')}" for p in cookies)
    if content_type:
        sent["content-type"] = content_type
    sent |= {name.lower(): value for name, value in (headers or {}).items()}
    texts_of: dict[str, str | list[str]] = {}
    declared = {p.name: p for p in operation.parameters_in("query")}
    for name, value in asked.items():
        if isinstance(value, Mapping) and name in declared:
            for each, text in object_pairs(declared[name], value):
                texts_of[each] = [*texts_of.get(each, []), text]
        else:
            several = isinstance(value, list)
            texts_of[name] = array_texts(declared.get(name), value) if several else text_of(value)
    return Request(operation.method, path, encode_query(texts_of), sent, data)


def case_with_body(
    operation: Operation, value: Any, label: str, part: Part = "scenario", intent: Intent = "valid"
) -> Case:
    """A JSON case with that body value, at the plain path. ABSENT sends none, or a form where only that is taken."""
    if value is ABSENT and (form := plain_form(operation)):
        media_type, value = form
        request = build_request(operation, value, media_type=media_type)
        return Case(operation, request, intent, label, part, value, form=True)
    other = value is not ABSENT and json_media(operation) is None and bool(form_media(operation))
    return Case(operation, build_request(operation, value), intent, label, part, value, form=other)


def plain_form(operation: Operation) -> tuple[str, dict[str, Any]] | None:
    """Media type and smallest members of a form, or XML, that has to be sent; None where none has, or JSON is taken."""
    body = operation.body
    if body is None or not body.required or json_media(operation):
        return None
    for media in form_media(operation):
        if media.schema and isinstance(value := least(media.schema, name="body"), dict):
            return media.media_type, value
    return None


def plain_value(operation: Operation) -> Any:
    """The smallest body value: of JSON, or of a form or XML where only that is taken; ABSENT where there is none.

    A form of members that no text carries is none.
    """
    media = body_media(operation)
    if media is None or media.schema is None or json_media(operation):
        return base_value(operation)
    made = least(media.schema, name="body")
    if not isinstance(made, dict):
        return ABSENT
    plain = is_structured_xml(media) or not any(isinstance(each, dict | list) for each in made.values())
    return made if plain else ABSENT


def redraw(case: Case, **members: Any) -> Case:
    """The same case with other members in its JSON body; ABSENT takes a member away. TypeError without an object."""
    if not isinstance(case.value, dict) or case.form:
        raise TypeError(f"{case!r} has no JSON object to change")
    value = {name: v for name, v in {**case.value, **members}.items() if v is not ABSENT}
    return replace(case, request=replace(case.request, body=dump_json(value)), value=value)
