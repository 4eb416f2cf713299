"""Requests and responses against their schemas: values in, violations out. Never raises on what it judges.

Two engines: `jsonschema_rs` answers fast, `jsonschema` is the independent second judge. A suite that calls a body
invalid needs both to refuse it; where they differ the body is no case.
"""

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jsonschema
import jsonschema_rs
from jsonschema import validators
from threadmock.specs.documents.pointers import escaped, pointer_of, unescaped
from threadmock.specs.evidence import Evidence, weakest, weakness
from threadmock.specs.members import nodes
from threadmock.specs.schemas.formats import FORMAT_CHECKER
from threadmock.specs.schemas.patterns import check_pattern, fast_engine
from threadmock.specs.schemas.schema import Schema

MAX_VIOLATIONS = 50
_MAX_UNIONS = 5
_LARGE = 5000
_HEAVY = 5000
MOST_COMPILED = 300_000
"""Nodes of large schemas that are compiled at one time: about 100 MB."""
_Reference: Any = validators.extend(jsonschema.Draft202012Validator, {"pattern": check_pattern})  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Violation:
    """One thing that is wrong with a message.

    where: body, path, query, header, status, media_type or json. keyword: the schema keyword that refused, or a word
    of ours ("missing", "syntax", …). location: steps from the top of that part. schema_pointer: JSON pointer of the
    keyword in the vendor's document. evidence: of the weakest schema node that the refusal rests on.
    """

    where: str
    keyword: str
    location: tuple[str | int, ...]
    message: str
    schema_pointer: str = ""
    evidence: Evidence = "documented"

    @property
    def pointer(self) -> str:
        """The location as a JSON pointer (RFC 6901)."""
        return pointer_of(self.location)


class Checker:
    """Both engines for one schema. Safe from several threads."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.compiled: jsonschema_rs.Draft202012Validator | None = None

    @property
    def _fast(self) -> jsonschema_rs.Draft202012Validator:
        """Compiled when it is first asked: a schema may lead to most of a large document."""
        engine = self.compiled
        if engine is None:
            engine = self.compiled = fast_engine(self.schema.document)
        if self._nodes >= _HEAVY:
            _shelf.put(self, self._nodes)
        return engine

    @cached_property
    def _nodes(self) -> int:
        return sum(1 for _ in nodes(self.schema.document))

    @cached_property
    def valid(self) -> Callable[[Any], bool]:
        """Whether the fast engine takes a value."""
        return self._fast.is_valid if self._nodes < _HEAVY else self._valid_while_compiled

    def _valid_while_compiled(self, value: Any) -> bool:
        return self._fast.is_valid(value)

    @cached_property
    def reference(self) -> Any:
        """The second engine, built when it is first asked: the mock never needs it."""
        return _Reference(dict(self.schema.document), format_checker=FORMAT_CHECKER)

    def accepted(self, value: Any) -> bool:
        """Whether both engines take the value."""
        return self._verdict(value) is True and self._reference_verdict(value) is True

    def refused(self, value: Any) -> bool:
        """Whether both engines refuse the value. False where one of them can't judge it: such a value is no case."""
        return self._verdict(value) is False and self._reference_verdict(value) is False

    def _verdict(self, value: Any) -> bool | None:
        try:
            return self.valid(value)
        except ValueError:  # half of a surrogate pair
            return None

    def _reference_verdict(self, value: Any) -> bool | None:
        try:
            return bool(self.reference.is_valid(value))
        except (RecursionError, OverflowError):  # too deep; an integer that no float can hold, against a `multipleOf`
            return None

    def violations(self, value: Any, where: str = "body") -> list[Violation]:
        """Everything that the fast engine finds, at most MAX_VIOLATIONS, in schema order; of a large value the first.

        A member that is missing, or the one member too many, is the end of the location.
        """
        found: list[Violation] = []
        for error in self._errors(value):
            found.extend(self._violation(nearest, value, where) for nearest in _nearest(error))
            if len(found) >= MAX_VIOLATIONS:
                break
        return found[:MAX_VIOLATIONS]

    def _errors(self, value: Any) -> Iterable[jsonschema_rs.ValidationError]:
        # The engine makes all errors before it hands out the first: seconds, for a list of 100,000 wrong items.
        if not _is_large(value):
            return self._fast.iter_errors(value)
        try:
            self._fast.validate(value)
        except jsonschema_rs.ValidationError as error:
            return (error,)
        return ()

    def _violation(self, error: jsonschema_rs.ValidationError, value: Any, where: str) -> Violation:
        path = list(error.evaluation_path)
        keyword = next((str(step) for step in reversed(path) if isinstance(step, str)), "schema")
        location: tuple[str | int, ...] = _location(value, error.instance_path)
        missing = getattr(error.kind, "property", None)
        unexpected: list[str] = getattr(error.kind, "unexpected", None) or []
        if isinstance(missing, str):
            location = (*location, missing)
        elif len(unexpected) == 1:
            location = (*location, unexpected[0])
        evidence, pointer = self._trace(path)
        return Violation(where, keyword, location, error.message, pointer, evidence)

    def _trace(self, path: list[Any]) -> tuple[Evidence, str]:
        """The weakest evidence along a schema path, and the pointer of its end in the vendor's document."""
        node: Any = self.schema.document
        pointer = self.schema.pointer
        found: list[Evidence] = []
        for step in path:
            following = str(step)
            if isinstance(node, Mapping):
                found.extend(_evidence_of(node, following))
            if following == "$ref" and isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
                name = node["$ref"].removeprefix("#/$defs/")
                pointer = self.schema.origins.get(unescaped(name), f"#/components/schemas/{name}")
                node = self.schema.resolve(node)
                continue
            pointer = f"{pointer}/{escaped(following)}"
            node = _child(node, step)
        return weakest(*found), pointer


class _Shelf:
    """The large schemas that are compiled, and how many nodes they have. Beyond the bound the longest unused one goes.

    In a web of schemas each answer leads to all of them: compiled for two hundred operations that is gigabytes.
    """

    def __init__(self) -> None:
        self._sizes: weakref.WeakKeyDictionary[Checker, int] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def put(self, used: Checker, size: int) -> None:
        """Note that a checker was used just now."""
        with self._lock:
            self._sizes.pop(used, None)
            while self._sizes and sum(self._sizes.values()) + size > MOST_COMPILED:
                oldest = next(iter(self._sizes))
                oldest.compiled = None
                del self._sizes[oldest]
            self._sizes[used] = size


_shelf = _Shelf()


def _is_large(value: Any) -> bool:
    """Whether a value has more than _LARGE members and items, all levels together."""
    waiting, seen = [value], 0
    while waiting and seen <= _LARGE:
        node = waiting.pop()
        children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        seen += len(children)
        if seen <= _LARGE:
            waiting.extend(children)
    return seen > _LARGE


def _nearest(error: jsonschema_rs.ValidationError, depth: int = 0) -> Iterator[jsonschema_rs.ValidationError]:
    """Of a refused union, the errors of the one branch that the value was meant for: it is of that branch's type."""
    branches = getattr(error.kind, "context", None)
    if branches and depth < _MAX_UNIONS:
        meant = [branch for branch in branches if branch and not any(_misses(inner, error) for inner in branch)]
        if len(meant) == 1:
            for inner in meant[0]:
                yield from _nearest(inner, depth + 1)
            return
    yield error


def _misses(inner: jsonschema_rs.ValidationError, outer: jsonschema_rs.ValidationError) -> bool:
    """Whether an error of a branch shows that the value is another kind of thing altogether.

    A member that must be one constant tells alternatives apart, as a discriminator does.
    """
    keyword = next((step for step in reversed(inner.evaluation_path) if isinstance(step, str)), "")
    below = len(inner.instance_path) - len(outer.instance_path)
    if below:
        return below == 1 and keyword == "const"
    branches = getattr(inner.kind, "context", None)
    if branches:
        return all(any(_misses(part, outer) for part in branch) for branch in branches)
    return keyword in ("type", "const", "enum", "not", "anyOf", "oneOf", "allOf", "$ref")


def _location(value: Any, path: Iterable[str | int]) -> tuple[str | int, ...]:
    """The instance path of an error. The engine writes the member "007" as 7 and leaves out the empty name."""
    found: list[str | int] = []
    for step in path:
        while isinstance(value, dict) and _member(value, step) is None and "" in value:
            found.append("")
            value = value[""]
        name = _member(value, step) if isinstance(value, dict) else None
        found.append(step if name is None else name)
        value = _child(value, found[-1])
    return tuple(found)


def _member(node: Mapping[str, Any], step: str | int) -> str | None:
    if str(step) in node:
        return str(step)
    if isinstance(step, str):
        return None
    return next(
        (name for name in node if name.isascii() and name.isdigit() and (name.lstrip("0") or "0") == str(step)), None
    )


def _evidence_of(node: Mapping[str, Any], keyword: str) -> list[Evidence]:
    """What a node says of the way through one of its keywords. The mapping form covers all that is below a keyword."""
    mark = node.get("x-evidence")
    word = mark.get(keyword) if isinstance(mark, Mapping) else mark
    return [word] if isinstance(word, str) and word in weakness else []  # type: ignore[list-item]  # checked here


def _child(node: Any, step: Any) -> Any:
    if isinstance(node, Mapping):
        name = _member(node, step)
        return None if name is None else node[name]
    if isinstance(node, list) and isinstance(step, int) and step < len(node):
        return node[step]
    return None


def checker(schema: Schema) -> Checker:
    """The Checker of a schema, made once."""
    found: Checker | None = schema.derived.get(Checker)
    if found is None:
        found = schema.derived[Checker] = Checker(schema)
    return found
