"""Server-sent events as bytes and back (WHATWG HTML, 9.2 "Server-sent events").

No text can break out of its field: a line break inside data becomes a further data line, and names, ids and comments
lose line breaks and NUL.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BREAK = re.compile(r"\r\n|\r|\n")
_UNFIT = re.compile(r"[\r\n\0]+")


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event as a reader sees it. name: its event field, "" where it has none; id: None where it has none."""

    name: str
    data: str
    id: str | None = None
    retry: int | None = None


def encode_event(name: str, data: str, identifier: str | None = None, newline: str = "\n") -> bytes:
    """One event: event, data, id, an empty line. Text that is no Unicode is replaced."""
    lines = [f"event: {_UNFIT.sub(' ', name)}"] if name else []
    lines += [f"data: {line}" for line in _BREAK.split(data)]
    if identifier is not None:
        lines.append(f"id: {_UNFIT.sub(' ', identifier)}")
    return (newline.join(lines) + newline * 2).encode("utf-8", "replace")


def encode_comment(text: str, newline: str = "\n") -> bytes:
    """A comment, which readers pass over, with an empty line after it."""
    return f": {_UNFIT.sub(' ', text)}{newline}{newline}".encode("utf-8", "replace")


class EventReader:
    """Reads a stream piece by piece, however it was cut. Not safe from several threads.

    comments: how many came. broken: what is wrong with the framing, in the order met.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._begun = False
        self._after_cr = False
        self._lines: list[str] = []
        self.comments = 0
        self.broken: list[str] = []

    def feed(self, data: bytes) -> Iterator[ServerEvent]:
        """The events that are whole now."""
        for line in self._split(data):
            event = self._take(line)
            if event is not None:
                yield event

    @property
    def unfinished(self) -> str:
        """What has come after the last empty line: no event, as the specification says."""
        rest = self._rest.decode("utf-8", "replace")
        return "\n".join([*self._lines, rest] if rest else self._lines)

    def _split(self, data: bytes) -> Iterator[bytes]:
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        buffer = self._rest + data
        start = 0
        for found in re.finditer(rb"\r\n|\r|\n", buffer):
            yield buffer[start : found.start()]
            start = found.end()
            self._after_cr = found.end() == len(buffer) and found[0] == b"\r"
        self._rest = buffer[start:]

    def _take(self, line: bytes) -> ServerEvent | None:
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            self.broken.append("a line is not UTF-8")
            text = line.decode("utf-8", "replace")
        if not self._begun:
            text = text.removeprefix("\ufeff")
            self._begun = True
        if text:
            if text.startswith(":"):
                self.comments += 1
            else:
                self._lines.append(text)
            return None
        lines, self._lines = self._lines, []
        return self._event(lines) if lines else None

    def _event(self, lines: list[str]) -> ServerEvent | None:
        name, data, identifier, retry = "", [], None, None
        for line in lines:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                name = value
            elif field == "data":
                data.append(value)
            elif field == "id":
                identifier = value if "\0" not in value else identifier
            elif field == "retry" and value.isascii() and value.isdigit():
                retry = int(value[:18])
            else:
                self.broken.append(f"{field[:40]!r} is no field of an event")
        if not data:
            if name:
                self.broken.append(f"the event {name[:40]!r} has no data: readers pass it over")
            return None
        return ServerEvent(name, "\n".join(data), identifier, retry)
