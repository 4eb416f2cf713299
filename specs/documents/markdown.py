"""Find the OpenAPI document that a Markdown documentation page embeds in a fenced block.

Fences as in CommonMark 0.31, 4.5: three or more backticks or tildes; closed by at least as many of the same, or by the
end of the page. Only blocks whose info string begins with yaml, yml or json count.
"""

import re
from dataclasses import dataclass

_OPENING = re.compile(r"^(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^\n]*)$")
_FENCE = re.compile(r"^[ \t]*(?:`{3}|~{3})", re.MULTILINE)
_FORMATS = frozenset({"yaml", "yml", "json"})
_TOP_MEMBER = r"""["']?(?:openapi|swagger|overlay)["']?[ \t]*:[ \t]*["']?[0-9]"""
_AT_TOP = re.compile(rf"^(?:\ufeff)?{_TOP_MEMBER}", re.MULTILINE)
_IN_OBJECT = re.compile(rf"^\s*\{{.*?{_TOP_MEMBER}", re.DOTALL)


@dataclass(frozen=True)
class Fence:
    """One fenced block. content: its text without the fence's own indentation; first_line: of the content, from 1."""

    info: str
    content: str
    first_line: int


def fences(text: str) -> list[Fence]:
    """Every fenced block of YAML or JSON, in order."""
    found = []
    lines = text.split("\n")
    position = 0
    while position < len(lines):
        opening = _OPENING.match(lines[position].rstrip("\r"))
        position += 1
        if opening is None or ("`" in opening["fence"] and "`" in opening["info"]):
            continue
        start = position
        closing = re.compile(rf"^[ \t]*{re.escape(opening['fence'][0])}{{{len(opening['fence'])},}}[ \t]*\r?$")
        while position < len(lines) and not closing.match(lines[position]):
            position += 1
        word = re.split(r"[\s{]", opening["info"].strip(), maxsplit=1)[0].lower()
        if word in _FORMATS and start < position:
            width = len(opening["indent"])
            content = "".join(_dedented(line, width) + "\n" for line in lines[start:position])
            found.append(Fence(opening["info"].strip(), content, start + 1))
        position += 1
    return found


def _dedented(line: str, width: int) -> str:
    return line[:width].lstrip(" \t") + line[width:] if width else line


def holds_document(text: str) -> bool:
    """Whether a text has `openapi`, `swagger` or `overlay` with a version at its top, as YAML or JSON."""
    return _AT_TOP.search(text) is not None or _IN_OBJECT.match(text) is not None


def embedded(text: str) -> list[Fence]:
    """The blocks of a page that hold a document; empty where the text is a document itself and no page."""
    first = _FENCE.search(text)
    if first is None or holds_document(text[: first.start()]):
        return []
    found = [fence for fence in fences(text) if holds_document(fence.content)]
    if not found:
        return []
    lines = text.split("\n")
    for fence in found:
        for number in range(fence.first_line - 1, fence.first_line - 1 + fence.content.count("\n")):
            lines[number] = ""
    return [] if holds_document("\n".join(lines)) else found
