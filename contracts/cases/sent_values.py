"""What a request that is about to be sent holds in a place, read as leniently as the most lenient server would."""

import json
import re
from collections.abc import Iterator
from typing import Any

from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Operation
from threadmock.specs.operations.parameters import parse_query, unstyled
from threadmock.specs.operations.path_templates import values_in
from threadmock.specs.operations.xml_values import XmlError, read_xml
from threadmock.specs.wire.media_types import documented_entry, is_xml
from threadmock.specs.wire.messages import Request, media_type

UNREADABLE: list[Any] = ["a body that can't be read"]
"""Stands for the values of a place that can't be read."""


_NAMESPACE = re.compile(r"""\sxmlns(:[\w.-]+)?=("[^"<]*"|'[^'<]*')""")
"""Names and no addresses: nobody calls them (Namespaces in XML 1.0, 1)."""


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with all its members, doubled ones too: which of them counts is up to the server."""


def values_at(operation: Operation, request: Request, source: Source) -> list[Any]:
    """Every value in a place, and in those where the same is looked for next; lists are opened.

    UNREADABLE where the body names the place and can't be read.
    """
    found: list[Any] = []
    for place in (source, *source.others):
        values = _values(operation, request, place)
        if values is UNREADABLE:
            return UNREADABLE
        found += values
    return found


def _values(operation: Operation, request: Request, source: Source) -> list[Any]:
    if source.place == "path":
        groups, _ = unstyled(operation, values_in(operation.path, request.path, behind="/*"))
        return [groups[source.steps[0]]] if source.steps[0] in groups else []
    if source.place == "query":
        return [value for name, value in parse_query(request.query) if name == source.steps[0]]
    if source.place == "header":
        value = request.headers.get(source.steps[0].lower())
        return [] if value is None else [value]
    in_body = source.place == "body" or (source.place == "item" and source.steps)
    return _in_body(operation, request, source) if in_body else []


def _in_body(operation: Operation, request: Request, source: Source) -> list[Any]:
    if not request.body:
        return []
    steps = source.steps
    if "content-encoding" in request.headers:
        return UNREADABLE
    try:
        value = read_leniently(request.body)
    except (ValueError, RecursionError):
        if (values := _in_xml(operation, request)) is not None:
            return list(_opened(_dig(values, steps)))
        return _in_form(request.body, steps[0]) if steps else UNREADABLE
    return list(_opened(_dig([value], steps)))


def _in_xml(operation: Operation, request: Request) -> list[Any] | None:
    """What a body in XML holds, by its schema and by its names alone; None where it is none that can be read."""
    sent = request.headers.get("content-type")
    if not is_xml(media_type(sent)):
        return None
    media = documented_entry(operation.body.content if operation.body else {}, media_type(sent), sent)
    try:
        return [_paired(read_xml(request.body, schema)) for schema in {media.schema if media else None, None}]
    except XmlError:
        return None


def _paired(value: Any) -> Any:
    if isinstance(value, dict):
        return _Pairs((name, _paired(each)) for name, each in value.items())
    return [_paired(each) for each in value] if isinstance(value, list) else value


def _in_form(body: bytes, name: str) -> list[Any]:
    text = body.decode("utf-8", "replace")
    if re.fullmatch(r"[!-~]*", text) and "=" in text and not text.startswith(("{", "[", "--")):
        return [value for key, value in parse_query(text) if key == name]
    return UNREADABLE if any(spelling in text for spelling in spellings(name)) else []


def read_leniently(body: bytes) -> Any:
    """The JSON of a body, with a byte order mark, in any Unicode encoding, with NaN. ValueError, RecursionError."""
    text = body.decode(json.detect_encoding(body), "surrogatepass").lstrip("\ufeff")
    return json.loads(text, object_pairs_hook=_Pairs, strict=False)


def texts_of(body: bytes) -> Iterator[str]:
    """Every text of a JSON body, member names left out; of another, the whole but for the namespaces of XML."""
    try:
        waiting = [read_leniently(body)]
    except (ValueError, RecursionError):
        yield _NAMESPACE.sub("", body.decode("utf-8", "replace"))
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, _Pairs):
            waiting += [inner for _, inner in value]
        elif isinstance(value, list):
            waiting += value


def _dig(values: list[Any], steps: tuple[str, ...]) -> list[Any]:
    for step in steps:
        known = spellings(step)
        values = [inner for value in _objects(values) for name, inner in value if name in known]
    return values


def _objects(values: list[Any]) -> Iterator[_Pairs]:
    """The objects among values; those of a list count, too: a body may be one of several requests."""
    for value in values:
        if isinstance(value, _Pairs):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, _Pairs))


def _opened(values: list[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, _Pairs):
            yield {}
        elif isinstance(value, list):
            yield from (({} if isinstance(item, list) else item) for item in value)
        else:
            yield value


def spellings(name: str) -> tuple[str, str]:
    """A member's name as it is written, and in camelCase: some servers take both."""
    head, *rest = name.split("_")
    return name, head + "".join(part[:1].upper() + part[1:] for part in rest)
