"""Text from outside, made fit for a terminal, a log, a shell line or an XML file."""

import io
import re
import sys

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
_ILLEGAL_XML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010fffd]")


_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#(?:\[|vso\[))", re.MULTILINE)
"""How a line commands a continuous integration service: `::error::`; anywhere in it `##[group]`, `##vso[task]`."""


def write_any_text() -> None:
    """Let standard output and error spell out what their encoding lacks, such as Japanese on a cp1252 console.

    Without it such a text ends the command with UnicodeEncodeError.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _escape(found: re.Match[str]) -> str:
    point = ord(found[0])
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def printable(text: str) -> str:
    """The text with control characters, bidirectional overrides and surrogates spelled out; line breaks are kept.

    What continuous integration services would take for a command of a line is spelled out, too.
    """
    return _COMMAND.sub(_disarmed, _CONTROL.sub(_escape, text))


def _disarmed(found: re.Match[str]) -> str:
    return "\\x23" if found[0] == "#" else f"{found[1]}\\x3a"


def one_line(text: str) -> str:
    """Printable, and without line breaks or tabs."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def xml_text(text: str) -> str:
    """The text with the characters spelled out that XML 1.0 can't carry (2.2)."""
    return _ILLEGAL_XML.sub(_escape, text)


def log_line(text: str, limit: int = 400) -> str:
    """One line of nothing but printable characters, which blanks other than the plain one are not; cut at a limit."""
    text = cut(text, limit)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, whole code points, with an ellipsis where something was left out."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shorten(text: str, limit: int) -> str:
    """At most about `limit` characters: the beginning, and how much is left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}… ({len(text) - limit:,} more characters)"
