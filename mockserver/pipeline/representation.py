"""The bytes of a reply in the media type that was chosen: JSON, lines, events, text, XML, or a small valid file."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from threadmock.mockserver.pipeline.problems import MEDIA_TYPE
from threadmock.mockserver.rules.generation import Ungeneratable, possible, sample
from threadmock.mockserver.rules.outcome import Refused
from threadmock.mockserver.samples.files import decoded, file_of, is_file_of
from threadmock.mockserver.world import World
from threadmock.specs.contract import Media, Operation, Parameter, Reply, first_json
from threadmock.specs.members import ABSENT
from threadmock.specs.operations.inferred.refusals import REFUSAL_STATUSES
from threadmock.specs.operations.replies import find_media
from threadmock.specs.operations.xml_text import xml_text
from threadmock.specs.schemas.declared import is_binary, nodes_of, types_of
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.eventstream import encode_event
from threadmock.specs.wire.media_types import EVENT_STREAM, is_lines, is_text, is_xml, is_yaml
from threadmock.specs.wire.messages import Request, Response, base_url, is_json
from threadmock.specs.wire.strictjson import dump_json, parse_json

_REDIRECTS = (301, 302, 303, 307, 308)
_OWN_TROUBLE = 500
_SHOWN = ("examples", "default", "const", "enum")
_EVENT = frozenset(("data", "event", "id", "retry"))


def represent(media: Media, told: Any, world: World, sent: Any = None) -> tuple[str, bytes]:
    """Content type and body of a reply.

    told: what the reply is to hold, ABSENT where that is left to the document. sent: the request's body, whose members
    a made reply repeats. What the type or its schema does not take is replaced by an example of the document, else by
    a value of its schema.
    """
    value = (
        told
        if told is not ABSENT and _fits(media, told)
        else _shown(media, told if told is not ABSENT else sent, world)
    )
    return _content_type(media, value), encode(media, value)


def _fits(media: Media, value: Any) -> bool:
    kind = media.media_type
    if media.schema is None:
        return is_json(kind) or is_yaml(kind) or is_xml(kind) or isinstance(value, str)
    if is_binary(media.schema) and not is_text(kind):
        return False
    return checker(media.schema).valid(value)


def _shown(media: Media, given: Any, world: World) -> Any:
    """The first example of the media, else what was sent where that is all that the schema asks for, else a sample."""
    if media.examples:
        return next(iter(media.examples.values()))
    schema = media.items if media.items is not None and media.schema is None else media.schema
    if schema is None or (is_binary(schema) and not is_text(media.media_type)):
        return ABSENT
    usual = _BY_KIND.get(media.media_type, "")
    if usual and checker(schema).valid(usual):
        return usual
    if isinstance(given, str) and is_text(media.media_type) and checker(schema).valid(given):
        return given
    try:
        return sample(schema, world.ids, world.clock, given if isinstance(given, Mapping) else None)
    except Ungeneratable as error:
        return _of_any_branch(schema, world) if error.nearest is None else error.nearest


def _of_any_branch(schema: Schema, world: World) -> Any:
    """A value of one of the branches of which exactly one is to fit: many documents have branches that are alike."""
    branches = schema.document.get("oneOf", ())
    definitions = schema.document.get("$defs", {})
    whole = Schema({"$defs": definitions, "anyOf": branches}, schema.pointer, schema.direction)
    return possible(whole, world.ids, world.clock) if branches else None


def declared_headers(reply: Reply, status: int, request: Request, world: World) -> dict[str, str]:
    """A value for every header that the reply declares as required; a redirect has its Location in any case."""
    made = {}
    for name, header in reply.headers.items():
        if name == "location" and status in _REDIRECTS:
            continue
        if header.required:
            value = possible(header.schema, world.ids, world.clock, name)
            made[name] = value if isinstance(value, str) else dump_json(value).decode()
    if status in _REDIRECTS:
        made["location"] = _location(reply.headers.get("location"), request, world)
    return made


def _location(header: Parameter | None, request: Request, world: World) -> str:
    """Where a redirect leads: what the document shows, else this very server, so that nobody is led elsewhere."""
    here = f"{base_url(request)}/"
    if header is None:
        return here
    made = possible(header.schema, world.ids, world.clock)
    shown = any(part.get(word) for part in nodes_of(header.schema, header.schema.document) for word in _SHOWN)
    fits = checker(header.schema).valid
    return str(made) if shown and fits(made) else next((each for each in (here, "/") if fits(each)), str(made))


def documented_refusal(refused: Refused, operation: Operation, world: World) -> Response | None:
    """What the document shows for a refusal that no rule has a body for; None where it documents no status of it."""
    if refused.kind in operation.rule.refusals or refused.body is not None or refused.status is not None:
        return None
    for status in REFUSAL_STATUSES.get(refused.kind, ()):
        reply = operation.replies.get(str(status))
        if reply is None or not reply.content:
            continue
        media = _usual_media(reply)
        content_type, body = represent(media, refused.reason if is_text(media.media_type) else ABSENT, world)
        return Response(status, {"content-type": content_type}, body)
    return None


def in_documented_type(problem: Response, refused: Refused, operation: Operation, world: World) -> Response:
    """A problem document in the media type that the document gives its status; as it is where that has none.

    A trouble of the mock's own (5xx) stays what it is.
    """
    reply = operation.reply(problem.status)
    if problem.status >= _OWN_TROUBLE or reply is None or not reply.content or find_media(reply, MEDIA_TYPE):
        return problem
    media = _usual_media(reply)
    told: Any = refused.reason if is_text(media.media_type) else ABSENT
    if is_json(media.media_type):
        told = parse_json(problem.content)
    content_type, body = represent(media, told, world)
    return replace(problem, headers={**problem.headers, "content-type": content_type}, body=body)


def _usual_media(reply: Reply) -> Media:
    """The JSON of a reply with content, else the first of its media."""
    return first_json(reply.content) or next(iter(reply.content.values()))


def encode(media: Media, value: Any) -> bytes:
    """A value in a media type. ABSENT: a small valid body of the type."""
    kind = media.media_type
    if kind == EVENT_STREAM:
        return _events(media.schema, value)
    if is_lines(kind):
        return b"".join(dump_json(each) + b"\n" for each in _several(media, value))
    if is_json(kind) or (is_yaml(kind) and not isinstance(value, str)):
        return dump_json(None if value is ABSENT else value)
    if is_xml(kind):
        value = _BY_KIND.get(kind, value) if value is ABSENT else value
        shown = isinstance(value, str) and value.lstrip().startswith("<")
        return (value if shown else xml_text(media.schema, {} if value is ABSENT else value)).encode()
    if is_text(kind) or is_yaml(kind):
        return _text(kind, value).encode(_charset(media), "backslashreplace")
    return _bytes(kind, value)


def _several(media: Media, value: Any) -> Iterable[Any]:
    """The values of the lines: those of an array, unless a line is an array itself."""
    if value is ABSENT:
        return ()
    whole = media.schema is None or "array" in types_of(media.schema, media.schema.document)
    return value if isinstance(value, list) and whole else [value]


def _events(schema: Schema | None, value: Any) -> bytes:
    """Events as a stream: a text that is one already, each item of an array, or one."""
    if value is ABSENT:
        return encode_event("", "{}")
    if isinstance(value, str) and value.lstrip().startswith(("data:", "event:", "id:", ":")):
        return f"{value.rstrip()}\n\n".encode()
    listed = isinstance(value, list) and (schema is None or "array" in types_of(schema, schema.document))
    return b"".join(_event(each) for each in (value if listed else [value]))


def _event(value: Any) -> bytes:
    """One event. An object of `data` and an event's other fields names those; else all of it is the data."""
    if isinstance(value, Mapping) and "data" in value and _EVENT.issuperset(value):
        return encode_event(str(value.get("event", "")), _data(value["data"]), _identifier(value))
    return encode_event("", _data(value))


def _identifier(value: Mapping[str, Any]) -> str | None:
    return str(value["id"]) if value.get("id") is not None else None


def _data(value: Any) -> str:
    return value if isinstance(value, str) else dump_json(value).decode()


def _text(kind: str, value: Any) -> str:
    if value is ABSENT:
        return _BY_KIND.get(kind, "threadmock")
    if kind == "text/csv" and isinstance(value, list | Mapping):
        return _rows(value)
    return value if isinstance(value, str) else dump_json(value).decode()


def _rows(value: Any) -> str:
    """An array of objects as rows below a head; of arrays as rows."""
    rows = value if isinstance(value, list) else [value]
    names = list(dict.fromkeys(name for row in rows if isinstance(row, Mapping) for name in row))
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    if names:
        writer.writerow(names)
    for row in rows:
        cells = (
            [row.get(name) for name in names] if isinstance(row, Mapping) else row if isinstance(row, list) else [row]
        )
        writer.writerow(["" if cell is None else _data(cell) for cell in cells])
    return buffer.getvalue()


def _bytes(kind: str, value: Any) -> bytes:
    """A declared example where it is a file of its type, else a small valid file."""
    if isinstance(value, str):
        for data in (decoded(value), value.encode("utf-8", "backslashreplace")):
            if data is not None and is_file_of(data, kind):
                return data
    elif value is not ABSENT and value is not None:
        return dump_json(value)
    return file_of(kind)


def _charset(media: Media) -> str:
    """The charset that the documented type names; UTF-8 where it names none that is known."""
    _, _, named = media.parameters.lower().partition("charset=")
    name = named.partition(";")[0].strip(' "')
    try:
        "".encode(name)
    except LookupError:
        return "utf-8"
    return name or "utf-8"


def _content_type(media: Media, value: Any) -> str:
    """The documented type; with its charset where a text needs one to be read."""
    needs = isinstance(value, str) and not value.isascii() and is_text(media.media_type)
    return (
        f"{media.content_type}; charset=utf-8"
        if needs and "charset" not in media.parameters.lower()
        else media.content_type
    )


_BY_KIND: Mapping[str, str] = {
    "image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>\n',
    "text/html": "<!DOCTYPE html>\n<title>threadmock</title>\n<p>threadmock</p>\n",
    "text/csv": "id,name\r\n1,threadmock\r\n",
    "text/markdown": "# threadmock\n",
    "text/css": "p { color: inherit }\n",
    "text/javascript": "export {};\n",
    "application/javascript": "export {};\n",
}
