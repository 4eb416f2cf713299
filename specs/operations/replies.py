"""A response against what the document says: status, media type, strict JSON, schema with formats, headers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from threadmock.specs.contract import Media, Operation, Reply, is_structured_xml, reply_media
from threadmock.specs.members import ABSENT
from threadmock.specs.operations.parameters import check_value, value_of
from threadmock.specs.operations.text_values import typed
from threadmock.specs.operations.xml_values import XmlError, read_xml
from threadmock.specs.schemas.declared import properties, types_of
from threadmock.specs.schemas.validation import Violation, checker
from threadmock.specs.wire.media_types import documented_entry, is_text, is_xml
from threadmock.specs.wire.messages import Request, Response, is_json, media_type
from threadmock.specs.wire.strictjson import JsonError, parse_json

_TEXT_TYPES = frozenset(("string", "integer", "number", "boolean"))
_BODILESS = (204, 205, 304)  # RFC 9110, 15.3.5, 15.3.6, 15.4.5


def find_media(reply: Reply, content_type: str | None) -> Media | None:
    """The documented media type of a reply that a Content-Type value names, ranges included.

    What names none may be anything (RFC 9110, 8.3), which `*/*` documents.
    """
    if content_type is None:
        return reply.content.get("*/*")
    return documented_entry(reply.content, media_type(content_type), content_type)


def check_response(operation: Operation, request: Request, response: Response) -> list[Violation]:
    """All that contradicts the document, or [] where it conforms. Never raises. Of a stream only its head is judged."""
    reply = operation.reply(response.status)
    if reply is None:
        known = ", ".join(operation.replies) or "none"
        message = f"status {response.status} is not documented (documented: {known})"
        return [Violation("status", "status", (), message, f"{operation.pointer}/responses")]
    found = check_headers(reply, response)
    return found if request.method == "HEAD" else found + check_content(reply, response)


def check_content(reply: Reply, response: Response) -> list[Violation]:
    """What is wrong with the media type and body, by the reply that documents them. Of a stream: with its media type.

    A body breaks its schema where both engines refuse it.
    """
    if response.status in _BODILESS:
        return _check_bodiless(reply, response)
    if not reply.content:
        return []
    pointer = f"{reply.pointer}/content"
    sent = response.headers.get("content-type")
    media = find_media(reply, sent)
    if media is None:
        known = ", ".join(reply.content)
        message = f"{sent or 'no content type'} is not one of: {known}"
        return [Violation("media_type", "media_type", (), message, pointer, reply.evidence)]
    if not isinstance(response.body, bytes):
        return []
    kind = media_type(sent)
    if is_structured_xml(media) and is_xml(kind):
        return _check_xml(media, response.body, pointer)
    check = _check_json if is_json(kind) else _check_text if is_text(kind) else _check_nothing
    return check(media, response.body, pointer)


def fits(media: Media, example: Any) -> bool:
    """Whether an example is one of its media: of JSON a value, of XML a value or its text, of others anything."""
    if media.schema is None or not (is_json(media.media_type) or is_structured_xml(media)):
        return True
    if isinstance(example, str) and not is_json(media.media_type):
        try:
            example = read_xml(example.encode("utf-8", "replace"), media.schema)
        except XmlError:
            return False
    return checker(media.schema).valid(example)


def text_value(media: Media, text: str) -> Any:
    """The value of a body that is one text: itself, or the number or boolean that its schema says it is."""
    return text if media.schema is None else typed(text, types_of(media.schema, media.schema.document))


def _check_nothing(*_: object) -> list[Violation]:
    return []


def _check_text(media: Media, body: bytes, _: str) -> list[Violation]:
    """What a schema of texts, numbers or booleans says of a text: of others it is not known how they are written."""
    if media.schema is None or not _TEXT_TYPES.issuperset(types_of(media.schema, media.schema.document) or ("object",)):
        return []
    try:
        value = text_value(media, body.decode())
    except UnicodeDecodeError:
        return []
    judge = checker(media.schema)
    return judge.violations(value) if not judge.valid(value) and judge.refused(value) else []


def _check_bodiless(reply: Reply, response: Response) -> list[Violation]:
    if not isinstance(response.body, bytes) or not response.body:
        return []
    return [Violation("body", "no_body", (), f"a {response.status} has no body (RFC 9110, 15)", reply.pointer)]


def _check_json(media: Media, body: bytes, pointer: str) -> list[Violation]:
    try:
        value = parse_json(body)
    except JsonError as error:
        return [Violation("json", error.kind, (), str(error), pointer)]
    if media.schema is None:
        return []
    judge = checker(media.schema)
    return judge.violations(value) if not judge.valid(value) and judge.refused(value) else []


def _check_xml(media: Media, body: bytes, pointer: str) -> list[Violation]:
    """What a schema says of XML: assumed, for many servers write its names by other rules than OpenAPI's."""
    try:
        value = read_xml(body, media.schema)
    except XmlError as error:
        return [Violation("xml", "syntax", (), str(error), pointer, "assumed")]
    if media.schema is None:
        return []
    judge = checker(media.schema)
    found = judge.violations(value) if not judge.valid(value) and judge.refused(value) else []
    return [replace(violation, evidence="assumed") for violation in found]


def answer_members(operation: Operation) -> Mapping[str, Any]:
    """Declared members of what a success answers with: name to schema node."""
    media = reply_media(operation, operation.success)
    return properties(media.schema) if media else {}


def answer_of(operation: Operation, response: Response | None) -> Any:
    """The value of a response, of JSON or of XML by its schema; ABSENT where it holds none that can be read."""
    if response is None or not isinstance(response.body, bytes):
        return ABSENT
    found = _in_xml(operation, response, response.body)
    if found is not ABSENT:
        return found
    try:
        return parse_json(response.body, duplicate_keys="last") if response.body else ABSENT
    except JsonError:
        return ABSENT


def _in_xml(operation: Operation, response: Response, body: bytes) -> Any:
    """What a response in XML holds by the schema of its status; ABSENT where it is none that can be read."""
    if not is_xml(media_type(response.headers.get("content-type"))):
        return ABSENT
    reply = operation.reply(response.status)
    media = find_media(reply, response.headers.get("content-type")) if reply else None
    if media is None or not is_structured_xml(media):
        return ABSENT
    try:
        return read_xml(body, media.schema)
    except XmlError:
        return ABSENT


def check_headers(reply: Reply, response: Response) -> list[Violation]:
    """What is wrong with the headers that the reply declares."""
    found: list[Violation] = []
    for name, header in reply.headers.items():
        text = response.headers.get(name)
        if text is None:
            if header.required:
                message = f"the header {name} is missing"
                found.append(Violation("header", "required", (name,), message, header.pointer, header.evidence))
            continue
        value = value_of(header, [text])
        violations = check_value(header, value)
        if violations and checker(header.schema).refused(value):
            found.extend(violations)
    return found
