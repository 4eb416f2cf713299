"""YAML as a spelling of JSON: the same values, nothing more, with bounds.

Plain scalars follow the core schema of YAML 1.2 for null and the booleans, and the JSON grammar for numbers; all else
is text, so that `no`, `2020-01-01`, `1_000`, `010` and `12:30` stay what was written. Refused, with the line: tags that
are not JSON's, keys that are no text, keys that stand twice, NaN and infinities, an alias inside what it names, several
documents in one stream, and anything beyond the bounds. Aliases count with all that they stand for, before any of it
is built (pyyaml#235).
"""

import math
import re
from array import array
from collections.abc import Callable, Mapping, MutableSequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias

import yaml
from threadmock.specs.documents.pointers import escaped
from threadmock.specs.errors import DocumentError
from threadmock.specs.wire.strictjson import Json

MAX_NODES = 1_000_000
MAX_DEPTH = 200
MAX_DIGITS = 4000

Order: TypeAlias = MutableSequence[int]
"""The line of each node, in document order, a container before what it holds."""

_TOO_DEEP = f"This is nested deeper than {MAX_DEPTH} levels."
_NO_NESTING = "Use `$ref` in place of nesting."
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_TAG = "tag:yaml.org,2002:"
_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}
_MERGE = "<<"


@dataclass(slots=True)
class _Frame:
    """A container that is still open. before: the nodes counted when it began."""

    container: dict[str, Any] | list[Any]
    pointer: str
    anchor: str | None
    before: int
    key: str | None = None
    key_line: int = 0
    height: int = 1
    merged: list[dict[str, Any]] | None = None
    merging: bool = False


@dataclass(frozen=True, slots=True)
class _Anchored:
    value: Any
    size: int
    height: int


@dataclass(slots=True)
class _Composer:
    """Builds one value from parse events.

    lines: filled with pointer → line where given. order: the line of each node; written_out: whether each of them is a
    node of the text, so that the two agree.
    """

    name: str
    first_line: int
    lines: dict[str, int] | None = None
    order: Order = field(default_factory=lambda: array("L"))
    written_out: bool = True
    nodes: int = 0
    frames: list[_Frame] = field(default_factory=list)
    anchors: dict[str, _Anchored | None] = field(default_factory=dict)
    documents: int = 0
    root: Any = None

    def compose(self, text: str) -> Any:
        handlers: Mapping[type, Callable[[Any], None]] = {
            yaml.DocumentStartEvent: self._document,
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.MappingStartEvent: self._open,
            yaml.SequenceStartEvent: self._open,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
        }
        try:
            for event in yaml.parse(text, Loader=_LOADER):
                handler = handlers.get(type(event))
                if handler:
                    handler(event)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = error.problem or error.context or "it can't be read"
            if "nesting depth" in problem:  # newer parsers have a limit of their own, far beyond ours
                raise DocumentError(_TOO_DEEP, where=self._where(mark), fix=_NO_NESTING) from None
            raise DocumentError(
                f"This is no YAML: {problem}.", where=self._where(mark), fix="Correct the text there."
            ) from None
        except yaml.YAMLError as error:
            raise DocumentError(
                f"This is no YAML: {str(error).splitlines()[0]}.", where=self.name, fix="Correct the text."
            ) from None
        return self.root

    def _where(self, mark: Any) -> str:
        return f"{self.name} (line {mark.line + self.first_line})" if mark else self.name

    def _refuse(self, event: Any, what: str, fix: str) -> NoReturn:
        raise DocumentError(what, where=self._where(event.start_mark), fix=fix)

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self._refuse(event, "A second document begins here.", "Keep one document in a file.")

    def _count(self, event: Any, size: int, height: int) -> None:
        self.nodes += size
        if self.nodes > MAX_NODES:
            self._refuse(
                event, f"With its aliases written out this has more than {MAX_NODES} nodes.", "Use fewer aliases."
            )
        if len(self.frames) + height > MAX_DEPTH:
            self._refuse(event, _TOO_DEEP, _NO_NESTING)

    def _awaits_key(self) -> bool:
        return bool(self.frames) and isinstance(self.frames[-1].container, dict) and self.frames[-1].key is None

    def _scalar(self, event: Any) -> None:
        self._count(event, 1, 0)
        if self._awaits_key():
            self._take_key(event)
            return
        value = self._value(event)
        if event.anchor:
            self.anchors[event.anchor] = _Anchored(value, 1, 0)
        self._mark(event)
        self._place(event, value, 0)

    def _take_key(self, event: Any) -> None:
        frame = self.frames[-1]
        value = self._value(event)
        plain_integer = isinstance(value, int) and not isinstance(value, bool)
        if not isinstance(value, str) and not plain_integer:
            self._refuse(event, f"The key {event.value!r} is no text here.", "Put it in quotes.")
        key = str(event.value)
        frame.merging = key == _MERGE and bool(event.implicit[0])
        if key in frame.container or (frame.merging and frame.merged is not None):
            self._refuse(event, f"The key {key!r} stands twice in one mapping.", "Keep one of them.")
        if event.anchor:
            self.anchors[event.anchor] = _Anchored(key, 1, 0)
        frame.key = key
        frame.key_line = event.start_mark.line

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            self._refuse(event, f"No anchor `&{event.anchor}` stands before this alias.", "Name one that does.")
        target = self.anchors[event.anchor]
        if target is None:
            self._refuse(event, f"The alias `*{event.anchor}` stands inside what it names.", "Use `$ref` to recur.")
        if self._awaits_key():
            self._refuse(event, "An alias can't be a key here.", "Write the key out.")
        self._count(event, target.size, target.height)
        self.written_out = self.written_out and target.size == 1
        self._mark(event)
        self._place(event, copied(target.value), target.height)

    def _open(self, event: Any) -> None:
        if self._awaits_key():
            self._refuse(event, "A mapping or list can't be a key here.", "Keys are texts.")
        before = self.nodes
        self._count(event, 1, 1)
        mapping = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (None, "!", _TAG + ("map" if mapping else "seq")):
            self._refuse_tag(event)
        self._mark(event)
        if event.anchor:
            self.anchors[event.anchor] = None
        container: dict[str, Any] | list[Any] = {} if mapping else []
        self.frames.append(_Frame(container, self._pointer(), event.anchor, before))

    def _close(self, event: Any) -> None:
        frame = self.frames.pop()
        if frame.merged and isinstance(frame.container, dict):
            for part in frame.merged:
                for key, value in part.items():
                    frame.container.setdefault(key, value)
        if frame.anchor:
            self.anchors[frame.anchor] = _Anchored(frame.container, self.nodes - frame.before, frame.height)
        self._place(event, frame.container, frame.height)

    def _place(self, event: Any, value: Any, height: int) -> None:
        if not self.frames:
            self.root = value
            return
        frame = self.frames[-1]
        frame.height = max(frame.height, height + 1)
        if isinstance(frame.container, list):
            frame.container.append(value)
            return
        key, frame.key = frame.key or "", None
        if not frame.merging:
            frame.container[key] = value
            return
        frame.merging = False
        self.written_out = False
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, dict) for part in parts):
            self._refuse(event, "The merge key `<<` takes a mapping or a list of mappings.", "Write the members out.")
        frame.merged = parts

    def _value(self, event: Any) -> Any:
        text: str = event.value
        if event.tag is None and not event.implicit[0]:
            return text
        if event.tag in ("!", _TAG + "str"):
            return text
        value = self._plain(event, text)
        if event.tag is not None:
            kind = _KINDS.get(event.tag.removeprefix(_TAG)) if event.tag.startswith(_TAG) else None
            if kind is None:
                self._refuse_tag(event)
            if not kind(value):
                self._refuse(event, f"{text[:40]!r} is not what its tag says.", "Drop the tag.")
        return value

    def _plain(self, event: Any, text: str) -> Any:
        if text in _NULL:
            return None
        if text in _BOOLEAN:
            return _BOOLEAN[text]
        if _NOT_FINITE.fullmatch(text):
            self._refuse(event, f"{text} is no JSON number.", "Put it in quotes if it is meant as text.")
        if not _FLOAT.fullmatch(text):
            return text
        if len(text) > MAX_DIGITS:
            self._refuse(event, f"This number has more than {MAX_DIGITS} digits.", "Put it in quotes if it is text.")
        if _INTEGER.fullmatch(text):
            return int(text)
        number = float(text)
        if math.isinf(number):
            self._refuse(event, f"{text[:40]} is beyond the range of a JSON number.", "Write a smaller number.")
        return number

    def _refuse_tag(self, event: Any) -> NoReturn:
        self._refuse(
            event, f"The tag {event.tag!r} has no meaning in JSON.", "Drop the tag and write the value itself."
        )

    def _pointer(self) -> str:
        if self.lines is None or not self.frames:
            return ""
        frame = self.frames[-1]
        step = str(len(frame.container)) if isinstance(frame.container, list) else frame.key or ""
        return f"{frame.pointer}/{escaped(step)}"

    def _mark(self, event: Any) -> None:
        line = event.start_mark.line
        if self.frames and isinstance(self.frames[-1].container, dict):
            line = self.frames[-1].key_line
        self.order.append(line + self.first_line)
        if self.lines is not None:
            self.lines[self._pointer()] = line + self.first_line


def copied(value: Any) -> Any:
    """A deep copy of JSON: containers new, scalars shared."""
    if isinstance(value, dict):
        made = {}
        for key, child in value.items():
            made[key] = copied(child)
        return made
    if isinstance(value, list):
        items = []
        for child in value:
            items.append(copied(child))  # noqa: PERF401 - a comprehension would take a second frame for each level
        return items
    return value


def parse_yaml(text: str, name: str, *, first_line: int = 1) -> Json:
    """The JSON value that a YAML text spells. name and first_line go into errors: DocumentError with the line."""
    value: Json = _Composer(name, first_line).compose(text)
    return value


def parse_yaml_with_lines(text: str, name: str, *, first_line: int = 1) -> tuple[Json, Order | None]:
    """As `parse_yaml`, with the line of each node in document order; None where aliases or merges stand for nodes."""
    composer = _Composer(name, first_line)
    value: Json = composer.compose(text)
    return value, composer.order if composer.written_out else None


def lines_of(text: str, *, first_line: int = 1) -> dict[str, int]:
    """JSON pointer (no `#`) → line, for every node that is written out. What can't be read has no line.

    JSON is near enough to YAML for this to serve both.
    """
    lines: dict[str, int] = {}
    try:
        _Composer("", first_line, lines).compose(text)
    except DocumentError:
        return lines
    return lines
