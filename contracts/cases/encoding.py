"""Values to bytes: forms, query strings and the text of parameters."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from threadmock.specs.contract import Parameter
from threadmock.specs.operations.parameters import without_style
from threadmock.specs.schemas.declared import types_of
from threadmock.specs.wire.strictjson import dump_json

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
BOUNDARY = "threadmock-part-boundary"
_MARKS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,200}")


def text_of(value: Any) -> str:
    """A scalar as a form, path or query carries it; anything else as JSON."""
    return value if isinstance(value, str) else dump_json(value).decode()


def pairs_of(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and text of each member, one pair per item of an array."""
    return [
        (name, text_of(item))
        for name, member in value.items()
        for item in (member if isinstance(member, list) else [member])
    ]


def encode_form(media_type: str, value: Mapping[str, Any]) -> tuple[str, bytes]:
    """Content type and body of a form: urlencoded, or multipart with a boundary that the data does not hold."""
    pairs = pairs_of(value)
    if media_type == URLENCODED:
        return URLENCODED, urlencode(pairs).encode()
    parts = [(name.replace('"', "%22").encode(), text.encode()) for name, text in pairs]
    boundary = BOUNDARY
    while any(boundary.encode() in data for part in parts for data in part):
        boundary += "x"
    lines = [
        b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (boundary.encode(), name, text)
        for name, text in parts
    ]
    return f"{MULTIPART}; boundary={boundary}", b"".join(lines) + b"--%b--\r\n" % boundary.encode()


def styled(parameter: Parameter, text: str) -> str:
    """The text of a path parameter in its style (OpenAPI 3.1.0, 4.8.12): `.5` for label, `;id=5` for matrix.

    An exploded list, `3,4`, is `.3.4` or `;id=3;id=4`.
    """
    prefix = {"label": ".", "matrix": f";{parameter.name}="}.get(parameter.style, "")
    exploded = prefix and parameter.explode and "array" in types_of(parameter.schema, parameter.schema.document)
    return prefix + (text.replace(",", prefix) if exploded else text)


def read_back(parameter: Parameter, text: str) -> str:
    """What a server reads that was sent this text in a parameter's style: a list in a path is cut at its marks."""
    return without_style(parameter, styled(parameter, text)) or text


def simple_text(value: Any, *, explode: bool = False) -> str:
    """A value in the style of paths and headers, `simple` (OpenAPI 3.1.0, 4.8.12): `1,2`; `x,1` or exploded `x=1`."""
    if isinstance(value, Mapping):
        return ",".join(f"{name}={text}" if explode else f"{name},{text}" for name, text in pairs_of(value))
    return ",".join(map(text_of, value)) if isinstance(value, list) else text_of(value)


def array_texts(parameter: Parameter | None, value: Sequence[Any]) -> list[str]:
    """The texts by which a query carries an array, each under the parameter's name."""
    texts = [text_of(item) for item in value]
    mark = _MARKS.get(parameter.style) if parameter and not parameter.explode else None
    return [mark.join(texts)] if mark and texts else texts


def object_pairs(parameter: Parameter, value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and text of each pair by which a query carries an object in its style (OpenAPI 3.1.0, 4.8.12)."""
    if parameter.style == "deepObject":
        return [pair for name, member in value.items() for pair in _deep_pairs(f"{parameter.name}[{name}]", member)]
    if parameter.explode:
        return pairs_of(value)
    return [(parameter.name, ",".join(part for pair in pairs_of(value) for part in pair))]


def _deep_pairs(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        return [pair for inner, member in value.items() for pair in _deep_pairs(f"{name}[{inner}]", member)]
    if isinstance(value, list):
        return [pair for member in value for pair in _deep_pairs(f"{name}[]", member)]
    return [(name, text_of(value))]


def encode_query(query: Mapping[str, str | Sequence[str]]) -> str:
    """The text after "?"; a sequence gives one pair per item."""
    return urlencode(query, doseq=True, quote_via=quote)


def is_plain_name(text: str) -> bool:
    """Whether a path parameter needs no encoding and is of common length."""
    return _PLAIN_NAME.fullmatch(text) is not None
