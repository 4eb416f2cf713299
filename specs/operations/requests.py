"""A request's body: bytes to a value, and what is wrong with it. JSON, XML, urlencoded and multipart forms."""

import io
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl

from threadmock.specs.contract import Body, Media, Operation
from threadmock.specs.operations.brackets import unfolded
from threadmock.specs.operations.replies import text_value
from threadmock.specs.operations.spelling import respell
from threadmock.specs.operations.xml_values import XmlError, read_xml
from threadmock.specs.schemas.declared import is_binary, properties
from threadmock.specs.schemas.validation import Violation, checker
from threadmock.specs.wire.media_types import documented_entry, is_text, is_xml
from threadmock.specs.wire.messages import Request, is_json, media_type
from threadmock.specs.wire.strictjson import JsonError, parse_json
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import MultiPartParser
from werkzeug.http import parse_options_header

MAX_FIELDS = 1000
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
Trouble = Literal["", "malformed", "media_type", "invalid"]


@dataclass(frozen=True)
class BodyReading:
    """What a request's body holds.

    present: whether there is a body; value is None where there is none. media: the documented media type that it came
    as. trouble: "" where it is valid, "malformed" where no value could be read, "media_type" where its type is not
    documented, "invalid" where the schema refuses it.
    """

    present: bool
    value: Any
    media: Media | None
    trouble: Trouble = ""
    violations: tuple[Violation, ...] = ()


NO_BODY = BodyReading(present=False, value=None, media=None)


def _refusal(trouble: Trouble, keyword: str, message: str, location: tuple[str | int, ...] = ()) -> BodyReading:
    where = "media_type" if trouble == "media_type" else "json" if trouble == "malformed" else "body"
    return BodyReading(True, None, None, trouble, (Violation(where, keyword, location, message),))


def read_body(operation: Operation, request: Request) -> BodyReading:
    """Read and judge the body of a request by what the operation documents and what its rule is lenient about.

    Leniency "media_type": any type is read as JSON; "plain_text": text/plain is, as which browsers send a text whose
    type nobody gave them (Fetch standard, "extract a body"); "duplicate_keys": the last one wins; "empty_key": an empty
    text for the key is as if it were absent. Names in the other spelling are taken where the rule's spelling says so.
    """
    body = operation.body
    if body is None:
        return NO_BODY
    sent = request.headers.get("content-type")
    carried = media_type(sent)
    if not request.body and not (carried == FORMS[0] and carried in body.content):  # such a form may be empty
        return _missing(body) if body.required else NO_BODY
    lenient = [leniency.what for leniency in operation.rule.lenient]
    media = documented_entry(body.content, carried, sent)
    if media is None and ("media_type" in lenient or ("plain_text" in lenient and carried == "text/plain")):
        media, carried = body.content.get("application/json"), "application/json"
    if media is None:
        known = ", ".join(body.content)
        return _refusal("media_type", "media_type", f"{sent or 'no content type'} is not one of: {known}")
    if is_json(carried):
        return _read_json(operation, media, request.body, lenient)
    return _reader_of(carried, media)(operation, media, sent or "", request.body)


_Read = Callable[[Operation, Media, str, bytes], BodyReading]


def _reader_of(carried: str, media: Media) -> _Read:
    """What reads bodies of a type that is not JSON."""
    if carried in FORMS:
        return _read_form
    if is_xml(carried):
        return _read_xml
    return _read_text if is_text(carried) and not is_json(media.media_type) else _read_nothing


def _read_nothing(_operation: Operation, media: Media, _sent: str, _data: bytes) -> BodyReading:
    return BodyReading(True, None, media)


def _missing(body: Body) -> BodyReading:
    message = "the request has no body, and one is required"
    return BodyReading(
        True, None, None, "malformed", (Violation("json", "missing", (), message, body.pointer, body.evidence),)
    )


def _read_text(operation: Operation, media: Media, sent: str, data: bytes) -> BodyReading:
    """A body that is one text: itself, or the number or boolean that its schema says it is."""
    charset = parse_options_header(sent)[1].get("charset", "utf-8")
    try:
        text = data.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return _refusal("malformed", "text", f"the body is no text in {charset[:40]}")
    return _judge(operation, media, text_value(media, text))


def _read_xml(operation: Operation, media: Media, sent: str, data: bytes) -> BodyReading:
    if media.schema is not None and is_binary(media.schema):
        return BodyReading(True, None, media)
    try:
        value = read_xml(data, media.schema, parse_options_header(sent)[1].get("charset", ""))
    except XmlError as error:
        return _refusal("malformed", "xml", str(error))
    return _judge(operation, media, value)


def _read_json(operation: Operation, media: Media, data: bytes, lenient: Collection[str]) -> BodyReading:
    try:
        value = parse_json(data, duplicate_keys="last" if "duplicate_keys" in lenient else "refuse")
    except JsonError as error:
        return _refusal("malformed", error.kind, str(error))
    key = operation.rule.key
    if "empty_key" in lenient and key and isinstance(value, dict) and value.get(key.member) == "":
        del value[key.member]
    return _judge(operation, media, value)


def _judge(operation: Operation, media: Media, value: Any) -> BodyReading:
    if media.schema is None:
        return BodyReading(True, value, media)
    if operation.rule.spelling.accepts_both:
        value = respell(value, properties(media.schema))
    judge = checker(media.schema)
    if judge.valid(value):
        return BodyReading(True, value, media)
    return BodyReading(True, value, media, "invalid", tuple(judge.violations(value)))


def _read_form(operation: Operation, media: Media, sent: str, data: bytes) -> BodyReading:
    try:
        if media_type(sent) == FORMS[0]:
            pairs = parse_qsl(data.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
        else:
            pairs = _multipart(sent, data)
    except (ValueError, RequestEntityTooLarge) as error:
        return _refusal("malformed", "form", f"the form can't be read: {error}")
    return _judge(operation, media, unfolded(media.schema, pairs) if media.schema else dict(pairs))


def _in_memory(**_: object) -> io.BytesIO:
    """Where a file goes: it stays in memory, as the body does that it came in. The default would leave files open."""
    return io.BytesIO()


def _multipart(sent: str, data: bytes) -> list[tuple[str, str]]:
    boundary = parse_options_header(sent)[1].get("boundary", "")
    if not boundary or not boundary.isascii():
        raise ValueError("the content type names no boundary")
    parser = MultiPartParser(
        _in_memory,  # type: ignore[arg-type]  # called with keywords that we have no use for
        max_form_memory_size=None,
        max_form_parts=MAX_FIELDS,
    )
    form, files = parser.parse(io.BytesIO(data), boundary.encode(), len(data))
    pairs = [(name, value) for name, values in form.lists() for value in values]
    pairs.extend((name, upload.read().decode("utf-8", "replace")) for name, upload in files.items(multi=True))
    if f"--{boundary}--".encode() not in data:
        raise ValueError("the closing boundary is missing")
    if any(not isinstance(name, str) for name, _ in pairs):
        raise ValueError("a part has no name")
    return pairs
