"""Path templates such as `/threads/{thread_id}/runs`: the names in them, paths made of them, and paths read by them.

The only place that knows how a parameter is written in a path.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import quote

_PARAMETER = re.compile(r"\{([^{}/]+)\}")
_SAFE = "!$&'()*+,;=:@~"

SEGMENT = "[^/]+"
"""What stands for a parameter in a path: one or more characters, never a slash."""
SLASH = "\udcaf"
"""A slash within a segment of a decoded path, `%2F` in a URL: the byte AF alone, as PEP 383 writes it. In no text."""


def names_in(template: str) -> tuple[str, ...]:
    """The parameters, in order: `/a/{b}/{c-d}` → ("b", "c-d")."""
    return tuple(_PARAMETER.findall(template))


def name_of(segment: str) -> str:
    """The parameter that a segment is, as a whole; "" where it is none."""
    found = _PARAMETER.fullmatch(segment)
    return found[1] if found else ""


def literal(template: str) -> str:
    """The template without its parameters: `/a/x-{b}` → `/a/x-`."""
    return _PARAMETER.sub("", template)


def shape(template: str) -> str:
    """The template with parameters that have no names: `/a/{b}` → `/a/{}`. Two of one shape match the same paths."""
    return _PARAMETER.sub("{}", template)


def within(text: str) -> str:
    """A value as it stands in one segment of a decoded path."""
    return text.replace("/", SLASH) if "/" in text else text


def read_within(text: str) -> str:
    """The value that a segment of a decoded path holds: `within` backwards."""
    return text.replace(SLASH, "/") if SLASH in text else text


def encoded(path: str) -> str:
    """A decoded path as it stands in a URL: each segment by itself, dot segments too, which no client takes away then.

    Bytes that are no UTF-8 stand in the path as in PEP 383. UnicodeEncodeError where it holds another half of a
    surrogate pair.
    """
    return "/".join(
        segment.replace(".", "%2E")
        if segment in {".", ".."}
        else "%2F".join(quote(part, safe=_SAFE, errors="surrogateescape") for part in segment.split(SLASH))
        for segment in path.split("/")
    )


def filled(template: str, values: Mapping[str, str]) -> str:
    """The path with these values, each in its segment; a name without a value stands for itself."""
    return renamed(template, lambda name: within(values.get(name, name)))


def renamed(template: str, replacement: Callable[[str], str]) -> str:
    """The template with something else for each parameter, which is given by its name."""
    return _PARAMETER.sub(lambda found: replacement(found[1]), template)


@lru_cache(maxsize=4096)
def expression(template: str, *, before: str = "", behind: str = "") -> re.Pattern[str]:
    """The template as an expression for decoded paths, with one group for each parameter, in order.

    before, behind: expressions without groups for what may stand around it, such as `/?` for a final slash.
    """
    pieces = _PARAMETER.split(template)
    text = "".join(re.escape(piece) if at % 2 == 0 else f"({SEGMENT})" for at, piece in enumerate(pieces))
    return re.compile(f"{before}{text}{behind}", re.DOTALL)


def values_in(template: str, path: str, *, before: str = "", behind: str = "") -> dict[str, str]:
    """The parameters of a decoded path; {} where it is none of the template's. before, behind: as of `expression`."""
    found = expression(template, before=before, behind=behind).fullmatch(path)
    return dict(zip(names_in(template), map(read_within, found.groups()), strict=True)) if found else {}
