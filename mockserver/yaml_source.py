"""Read a file that was written by hand, YAML or JSON. Errors name the place and what to write instead."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from threadmock.specs.documents.json_text import check_bounds, parse_json
from threadmock.specs.documents.yaml_text import lines_of, parse_yaml
from threadmock.specs.errors import SpecError, UnknownName, nearest

MAX_BYTES = 16 * 1024 * 1024
MAX_TEXT = 8 * 1024 * 1024
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LONG_TEXT = ("of", "times")


class DataError(SpecError):
    """A file of threads and messages, or of scripts, that can't be used."""


def open_source(source: str, what: str, shipped: tuple[str, ...]) -> Path:
    """The path of a file. SpecError where there is none; what and shipped: what else might have been meant."""
    path = Path(source)
    try:
        if path.is_file():
            return path
        folder = path.is_dir()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"This can't be opened: {reason}.", where=source[:200], fix="Check the path.") from None
    if folder:
        raise DataError("This is a folder.", where=source, fix="Name a file in it.")
    if path.suffix or len(path.parts) > 1:
        raise DataError("There is no such file.", where=source, fix="Check the path.")
    raise UnknownName(f"{what}, and no file,", source, shipped)


def read_tree(path: Path, text: str | None = None) -> tuple[Any, str]:
    """What a file holds, YAML or JSON, and its text. text: instead of the file's own. SpecError."""
    text = _read_text(path) if text is None else text
    tree = parse_json(text, path.name)[0] if text.lstrip()[:1] in ("{", "[") else parse_yaml(text, path.name)
    check_bounds(tree, path.name)
    return tree, text


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DataError(f"The file can't be read: {error.strerror}.", where=str(path)) from None
    if len(data) > MAX_BYTES:
        limit = f"The file is larger than {MAX_BYTES // 1024 // 1024} MiB."
        raise DataError(limit, where=str(path), fix="Write `repeat`, or `text: {of: …, times: …}`, for what repeats.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        where = f"{path.name} (line {line})"
        raise DataError(f"Byte {error.start} is not UTF-8.", where=where, fix="Save the file as UTF-8.") from None


@dataclass(frozen=True)
class FileReader:
    """Reads parts of one file; every error names the place in it."""

    file: str
    text: str

    @cached_property
    def _lines(self) -> Mapping[str, int]:
        return lines_of(self.text)

    def place(self, pointer: str) -> str:
        """`file.yaml#/threads/2 (line 7)`."""
        above = pointer
        while above and above not in self._lines:
            above = above.rpartition("/")[0]
        line = self._lines.get(above)
        return f"{self.file}#{pointer} (line {line})" if line else f"{self.file}#{pointer}"

    def fail(self, what: str, at: str, fix: str) -> NoReturn:
        """DataError with its place."""
        raise DataError(what, where=self.place(at), fix=fix)

    def mapping(self, node: Any, known: tuple[str, ...], at: str, what: str) -> Mapping[str, Any]:
        """The node, where it is an object with no other members."""
        if not isinstance(node, Mapping):
            self.fail(f"{what} is an object.", at, f"Its members may be {', '.join(known)}.")
        for name in node:
            if name not in known:
                self.fail(f"{what} has no member {name!r}.", at, nearest(str(name), known))
        return node

    def object(self, node: Any, at: str) -> Mapping[str, Any]:
        """The node, where it is an object; its members are free."""
        return node if isinstance(node, Mapping) else self.fail("This is no object.", at, "Write names with values.")

    def texts(self, node: Any, at: str, fix: str = "Write it in quotes.") -> str:
        """The node, where it is a text."""
        return node if isinstance(node, str) else self.fail("This is no text.", at, fix)

    def items(self, node: Any, at: str) -> list[Any]:
        """The node, where it is a list."""
        return node if isinstance(node, list) else self.fail("This is no list.", at, "Begin each item with `- `.")

    def number(self, node: Any, at: str) -> int:
        """The node, where it is a whole number above 0."""
        if not isinstance(node, int) or isinstance(node, bool) or not 1 <= node <= MAX_TEXT:
            self.fail("This is no number of times.", at, "Write a whole number above 0.")
        return node

    def duration(self, node: Any, at: str) -> datetime.timedelta:
        """Seconds as a number, or a text such as `1h30m`."""
        fix = "Write seconds, or a text such as 90s, 1h30m, 2d (ms, s, m, h, d, w)."
        try:
            if isinstance(node, int | float) and not isinstance(node, bool) and node >= 0:
                return datetime.timedelta(seconds=node)
            if isinstance(node, str) and re.fullmatch(rf"(?:{_PART.pattern})+", node):
                pairs = [(float(amount), _UNITS[unit]) for amount, unit in _PART.findall(node)]
                return sum((datetime.timedelta(**{unit: much}) for much, unit in pairs), datetime.timedelta())
        except OverflowError:
            return self.fail("This is too long a time.", at, fix)
        return self.fail("This is no time.", at, fix)

    def long_text(self, node: Any, at: str) -> str:
        """A text, or `{of: TEXT, times: N}`."""
        if isinstance(node, str):
            return node
        if not isinstance(node, Mapping):
            self.fail("This is no text.", at, "Write it in quotes, or as `{of: …, times: …}`.")
        known = self.mapping(node, _LONG_TEXT, at, "A repeated text")
        part, times = self.texts(known.get("of"), f"{at}/of"), self.number(known.get("times"), f"{at}/times")
        if len(part) * times > MAX_TEXT:
            self.fail(f"A text has at most {MAX_TEXT} characters.", at, "Repeat it less often.")
        return part * times

    def tool(self, node: Any, names: tuple[str, ...], at: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """A call of a tool, which may have these members, and its arguments."""
        known = self.mapping(node, names, at, "A call")
        if "name" not in known:
            self.fail("A call needs the name of a tool.", at, "Add `name`.")
        arguments = known.get("arguments", {})
        if not isinstance(arguments, Mapping):
            self.fail("`arguments` is an object.", f"{at}/arguments", "Write them as names with values.")
        return known, arguments
