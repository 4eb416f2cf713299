"""Media types (RFC 9110, 8.3): what one carries, what a range stands for, which documented one a header names."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

EVENT_STREAM = "text/event-stream"
JSON = "application/json"
_Entry = TypeVar("_Entry")
_LINES = frozenset(
    (
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/json-lines",
    )
)
_TEXTS = frozenset(
    (
        "application/javascript",
        "application/ecmascript",
        "application/graphql",
        "application/sql",
        "application/toml",
        "application/x-sh",
        "application/pem-certificate-chain",
        "application/x-pem-file",
        "application/jwt",
    )
)
_YAML = frozenset(("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/vnd.yaml"))
_OF_RANGES: Mapping[str, str] = {
    "*": JSON,
    "application": JSON,
    "text": "text/plain",
    "image": "image/png",
    "audio": "audio/wav",
    "video": "video/mp4",
    "font": "font/woff2",
}


def is_range(kind: str) -> bool:
    """Whether it names several types, as `*/*`, `image/*` and `application/*+json` do."""
    return "*" in kind


def is_lines(kind: str) -> bool:
    """Whether each line is a JSON value of its own."""
    return kind in _LINES


def is_yaml(kind: str) -> bool:
    """Whether it carries YAML, of which JSON is a part (YAML 1.2.2, 1.3)."""
    return kind in _YAML or kind.endswith("+yaml")


def is_xml(kind: str) -> bool:
    """Whether it carries XML (RFC 7303)."""
    return kind in ("application/xml", "text/xml") or kind.endswith("+xml")


def is_text(kind: str) -> bool:
    """Whether a body of it is one text: neither a stream of events, nor XML, nor YAML."""
    main = kind.startswith("text/") and kind != EVENT_STREAM
    return (main or kind in _TEXTS) and not is_xml(kind) and not is_yaml(kind)


def is_stream(kind: str) -> bool:
    """Whether a body of it comes bit by bit: events, or values line by line."""
    return kind == EVENT_STREAM or is_lines(kind)


def concrete(kind: str, *, binary: bool = False) -> str:
    """The type that a documented type leaves as: itself, or one of its range. binary: its schema is of bytes."""
    if not is_range(kind):
        return kind
    main, _, subtype = kind.partition("/")
    suffix = subtype.rpartition("+")[2] if "+" in subtype else ""
    if suffix == "xml":
        return "application/xml"
    if binary and main in ("*", "application") and not suffix:
        return "application/octet-stream"
    return _OF_RANGES.get(main, JSON)


def covers(documented: str, kind: str) -> bool:
    """Whether a documented type or range holds a type, both without parameters."""
    if documented == kind:
        return True
    if not is_range(documented) or "/" not in kind or "," in kind:
        return False
    main, _, subtype = documented.partition("/")
    if main not in ("*", kind.partition("/")[0]):
        return False
    suffix = subtype.rpartition("+")[2] if "+" in subtype else ""
    return not suffix or kind.endswith((f"+{suffix}", f"/{suffix}"))


@lru_cache(maxsize=512)
def read_parameters(text: str) -> tuple[str, frozenset[tuple[str, str]]]:
    """The type without parameters, in lower case, and its parameters; `q` is none of them."""
    kind, *parts = text.split(";")
    pairs = (part.partition("=") for part in parts if "=" in part)
    found = ((name.strip().lower(), value.strip().strip('"').lower()) for name, _, value in pairs)
    return kind.strip().lower(), frozenset(pair for pair in found if pair[0] != "q")


def documented_entry(content: Mapping[str, _Entry], kind: str, header: str | None) -> _Entry | None:
    """The entry of documented types, ranges included, that a header's type falls under.

    kind: the header's type without parameters. Where entries differ in parameters only, the one whose parameters the
    header has.
    """
    if header and ";" in header and len(content) > 1:
        given = read_parameters(header)[1]
        for name, entry in content.items():
            own, parameters = read_parameters(name)
            if own == kind and parameters and parameters <= given:
                return entry
    exact = content.get(kind)
    if exact is not None or "/" not in kind or "," in kind:
        return exact
    ranges = sorted(
        (name for name in content if is_range(name) and covers(name, kind)), key=lambda name: name.count("*")
    )
    return content[ranges[0]] if ranges else None
