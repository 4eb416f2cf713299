"""Seeded values for a schema: examples of the document first, else made from types, names, formats and bounds."""

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from threadmock.mockserver.samples.containers import (
    CHOSEN_WORDS,
    IMPLIED_TYPES,
    alternatives,
    brought,
    depending,
    item_nodes,
    with_brought,
)
from threadmock.mockserver.samples.named_values import WORDS, Sources
from threadmock.mockserver.samples.pattern_texts import texts_for
from threadmock.mockserver.samples.scalars import distinct, number_of_node, text_of_node
from threadmock.mockserver.state.clock import Clock
from threadmock.mockserver.state.ids import Ids
from threadmock.specs.members import ABSENT
from threadmock.specs.schemas.folding import folded
from threadmock.specs.schemas.patterns import searches
from threadmock.specs.schemas.schema import Schema, definition_name
from threadmock.specs.schemas.validation import checker

_MAX_DEPTH = 12
_DEEPEST = 50
_OPTIONAL_DEPTH = 5
_MOST_NODES = 300
_MOST_NAMES = 100
_MOST_TRIES = 20
_MOST_MADE = 20_000
_NEW_NODE = 10
_ANYTHING: Mapping[str, Any] = {}


class Ungeneratable(ValueError):  # noqa: N818 - reads as what it is
    """No value could be built that the schema accepts. The message says what to add to the document.

    nearest: the value that came closest.
    """

    def __init__(self, message: str, nearest: Any = None) -> None:
        super().__init__(message)
        self.nearest = nearest


class _TooManyNodes(Exception):  # noqa: N818 - no error: the way out of a search
    """A value has more nodes, or needs more tries, than one answer may take."""


def generate(schema: Schema, ids: Ids, clock: Clock, name: str = "") -> Any:
    """A value that the schema accepts, with the members that have to be there. name: of the member that it is for."""
    return _made(schema, Sources(ids, clock), name, {}, whole=False)


def possible(schema: Schema, ids: Ids, clock: Clock, name: str = "") -> Any:
    """As `generate`; where no value can be built, the one that came closest."""
    try:
        return generate(schema, ids, clock, name)
    except Ungeneratable as error:
        return error.nearest


def completed(schema: Schema, given: Mapping[str, Any], ids: Ids, clock: Clock) -> Any:
    """What is given, with all else that has to be there; as it is where that can't be."""
    if checker(schema).valid(given):
        return given
    try:
        made = _made(schema, Sources(ids, clock), "", given, whole=False)
    except Ungeneratable:
        return given
    whole = {**made, **given} if isinstance(made, dict) else made
    return whole if checker(schema).valid(whole) else made


def sample(schema: Schema, ids: Ids, clock: Clock, given: Mapping[str, Any] | None = None) -> Any:
    """A plausible value that the schema accepts, optional members included.

    given: members that it should hold wherever the schema has them and takes their values.
    """
    return _made(schema, Sources(ids, clock), "", given or {}, whole=True)


def _made(schema: Schema, sources: Sources, name: str, given: Mapping[str, Any], *, whole: bool) -> Any:
    fits = checker(schema).valid
    told = f"No value could be built for {schema.pointer}. Add an example to the document."
    if _TooManyNodes in schema.derived:
        raise Ungeneratable(told, copy.deepcopy(schema.derived[_TooManyNodes]))
    value, ended = None, False
    first = dict.fromkeys(((bool(given), whole), (False, whole), (False, False)))
    ways = [*((*each, _MAX_DEPTH) for each in first), (False, False, _DEEPEST)]
    for given_here, whole_here, deepest in ways:
        generator = _Generator(schema, sources, given if given_here else {}, whole=whole_here, deepest=deepest)
        try:
            for value in generator.values(schema.document, 0, name):
                if fits(value):
                    return value
        except _TooManyNodes:
            ended = True
    if ended:
        schema.derived[_TooManyNodes] = value
    raise Ungeneratable(told, value)


@dataclass(frozen=True, eq=False)
class _Node:
    """A node, folded, with what is asked of it again and again. constants: values of the document, in order."""

    node: Any
    schema: Schema
    constants: tuple[Any, ...]
    branches: tuple[Any, ...]

    @property
    def tried(self) -> bool:
        """Whether a value that is made for the node may be one that it does not take."""
        return bool(self.branches) or (isinstance(self.node, Mapping) and not CHOSEN_WORDS.isdisjoint(self.node))

    def fits(self, value: Any) -> bool:
        """Whether the node takes a value."""
        if not isinstance(self.node, Mapping):
            return self.node is not False
        judge: Callable[[Any], bool] | None = self.schema.derived.get((_Node, id(self.node)))
        if judge is None:
            definitions = self.schema.document.get("$defs", {})
            judge = checker(Schema({"$defs": definitions, **self.node}, "", self.schema.direction)).valid
            self.schema.derived[_Node, id(self.node)] = judge
        return judge(value)


def _node_of(schema: Schema, node: Any) -> _Node:
    """The prepared node, made once for each node of a schema."""
    known: dict[int, tuple[Any, _Node]] = schema.derived.setdefault("nodes", {})
    there = known.get(id(node))
    if there is not None:
        return there[1]
    plain = folded(schema, node)
    constants: list[Any] = []
    branches: list[Any] = []
    if isinstance(plain, Mapping):
        constants.extend([plain["const"]] if "const" in plain else ())
        if "enum" in plain:
            constants.extend([plain["default"]] if "default" in plain else ())
            constants.extend(plain["enum"])
        else:
            examples = plain.get("examples")
            constants.extend(examples if isinstance(examples, list) else ())
            constants.extend([plain["default"]] if "default" in plain else ())
        branches.extend(alternatives(plain))
    made = _Node(plain, schema, tuple(constants), tuple(branches))
    if constants:
        made = _Node(plain, schema, tuple(value for value in constants if made.fits(value)), made.branches)
    known[id(node)] = (node, made)
    return made


@dataclass
class _Generator:
    """Makes one value. whole: with optional members, as long as there are not too many nodes.

    cost: nodes so far, those that had to be prepared first counted more than once. deepest: where null ends a value.
    """

    schema: Schema
    sources: Sources
    given: Mapping[str, Any]
    whole: bool
    deepest: int
    nodes: int = 0
    cost: int = 0
    above: list[str] = field(default_factory=list)

    def values(self, node: Any, depth: int, name: str) -> Iterator[Any]:
        """Values for a node, the likeliest first."""
        known = len(self.schema.derived.get("nodes", ()))
        entered = self._enter(node)
        prepared = _node_of(self.schema, node)
        self.cost += 1 + _NEW_NODE * (len(self.schema.derived["nodes"]) - known)
        self.nodes += 1
        if self.cost > _MOST_MADE:
            raise _TooManyNodes
        if prepared.node is False or depth > self.deepest:
            yield None
        elif not isinstance(prepared.node, Mapping):
            yield self._of_anything(name)
        else:
            yield from (copy.deepcopy(value) for value in prepared.constants if self._agrees(value, depth))
            if "const" not in prepared.node:
                for branch in self._ordered(prepared.branches, depth):
                    yield self.value(branch, depth, name)
                yield from self._tried(prepared.node, depth, name)
        del self.above[len(self.above) - entered :]

    def value(self, node: Any, depth: int, name: str) -> Any:
        """A value for a node. Where the node leaves a choice, the first choice that it accepts."""
        prepared = _node_of(self.schema, node)
        last = None
        for last in self.values(node, depth, name):
            if not prepared.tried or prepared.fits(last):
                return last
        return last

    def _tried(self, node: Mapping[str, Any], depth: int, name: str) -> Iterator[Any]:
        """A value of the node's type; others where the node says what it must not be."""
        value = None
        for value in self._typed(node, depth, name):
            yield value
        for _ in range(_MOST_TRIES if "not" in node else 0):
            value = distinct(value, [value], self.sources)
            yield value

    def _enter(self, node: Any) -> int:
        """Note the definitions that a node names, so that an optional member does not come back to them."""
        names = []
        while isinstance(node, Mapping) and isinstance(node.get("$ref"), str):
            names.append(node["$ref"])
            node = self.schema.document["$defs"].get(definition_name(node["$ref"]))
        self.above.extend(names)
        return len(names)

    def _agrees(self, value: Any, depth: int) -> bool:
        """Whether a value of the document may stand for a whole that was given in part: one that tells the same."""
        if depth or not self.given or not isinstance(value, Mapping):
            return True
        return all(value.get(name) == told for name, told in self.given.items() if name in value)

    def _ordered(self, branches: tuple[Any, ...], depth: int) -> Iterator[Any]:
        """The branches; first those whose constants are as given."""
        if depth or not self.given or len(branches) < 2:
            yield from branches
            return
        yield from sorted(branches, key=self._differs)

    def _differs(self, branch: Any) -> int:
        """How far a branch is from what is given: a value that it refuses counts more than members that it lacks."""
        node = _node_of(self.schema, branch).node
        members = node.get("properties", {}) if isinstance(node, Mapping) else {}
        refused = (
            name for name, told in self.given.items() if name in members and not self._takes(members[name], told)
        )
        return sum(name not in members for name in self.given) + (len(self.given) + 1) * sum(1 for _ in refused)

    def _takes(self, node: Any, value: Any) -> bool:
        return _node_of(self.schema, node).fits(value)

    def _of_anything(self, name: str) -> Any:
        if not self.whole:
            return None
        return text_of_node({}, name, self.sources) if name else {}

    def _typed(self, node: Mapping[str, Any], depth: int, name: str) -> Iterator[Any]:
        kind = node.get("type")
        if isinstance(kind, list):
            kind = next((each for each in kind if each != "null"), "null")
        if kind is None:
            kind = next((kind for word, kind in IMPLIED_TYPES.items() if word in node), None)
        if kind == "object":
            yield self._object(node, depth, name)
        elif kind == "array":
            yield from self._arrays(node, depth, name)
        elif kind in ("integer", "number"):
            yield number_of_node(node, kind, name, self.sources, plausible=self.whole)
        elif kind == "string":
            yield text_of_node(node, name, self.sources)
        else:
            yield self._of_anything(name) if kind is None else False if kind == "boolean" else None

    def _object(self, node: Mapping[str, Any], depth: int, name: str) -> Any:
        """An object, with what its members bring along."""
        made = self._members(node, depth)
        names = brought(node, made)
        if not names:
            return made
        whole = self.schema.derived.setdefault(("brought", id(node), names), with_brought(node, names))
        return made if _node_of(self.schema, whole).node is False else self.value(whole, depth, name)

    def _members(self, node: Mapping[str, Any], depth: int) -> dict[str, Any]:
        declared = node.get("properties", {})
        given = {} if depth else self.given
        made: dict[str, Any] = {}
        needed = list(dict.fromkeys(node.get("required", ())))
        wanted = [each for each in declared if each in needed or each in given or self._wanted(declared[each], depth)]
        for name in [*(each for each in wanted if each in needed or self._is_name(node, each)), *needed]:
            self._member(node, made, name, depth, given)
        while (lacking := depending(node, made)) is not None:
            self._member(node, made, lacking, depth, given)
        spare = (name for name in declared if declared[name] is not False and self._is_name(node, name))
        for name in itertools.chain(spare, self._free_names(node)):
            if len(made) >= node.get("minProperties", 0):
                break
            self._member(node, made, name, depth, given)
        return made

    def _member(
        self, node: Mapping[str, Any], made: dict[str, Any], name: str, depth: int, given: Mapping[str, Any]
    ) -> None:
        if name in made:
            return
        inner = self._member_node(node, name)
        told = given.get(name, ABSENT)
        made[name] = told if told is not ABSENT and self._takes(inner, told) else self.value(inner, depth + 1, name)

    def _member_node(self, node: Mapping[str, Any], name: str) -> Any:
        """The node of a member: declared by its name, by a pattern, or as any other."""
        declared = node.get("properties", {})
        matching = [inner for pattern, inner in node.get("patternProperties", {}).items() if searches(pattern, name)]
        if matching and name in declared:
            return self.schema.derived.setdefault((id(node), name), {"allOf": [declared[name], *matching]})
        if matching or name in declared:
            return declared[name] if name in declared else matching[0]
        others = node.get("additionalProperties", node.get("unevaluatedProperties", _ANYTHING))
        return others if isinstance(others, Mapping) else _ANYTHING

    def _is_name(self, node: Mapping[str, Any], name: str) -> bool:
        return "propertyNames" not in node or self._takes(node["propertyNames"], name)

    def _free_names(self, node: Mapping[str, Any]) -> Iterator[str]:
        """Names for members that nobody declared, as far as the node takes such."""
        patterns = node.get("patternProperties", {})
        closed = False in (node.get("additionalProperties"), node.get("unevaluatedProperties"))
        if "propertyNames" in node:
            for text in self._names(node["propertyNames"]):
                if self._is_name(node, text) and not (closed and not any(searches(each, text) for each in patterns)):
                    yield text
        for pattern in patterns if closed else ():
            yield from itertools.islice(texts_for(pattern, self.sources.rng), _MOST_NAMES)
        for number in range(0 if closed else _MOST_NAMES * 10):
            yield f"{WORDS[number % len(WORDS)]}{number // len(WORDS) or ''}"

    def _names(self, node: Any) -> Iterator[str]:
        """Texts that the node of `propertyNames` may take, with repeats."""
        prepared = _node_of(self.schema, node)
        yield from (each for each in prepared.constants if isinstance(each, str))
        for branch in prepared.branches:
            yield from self._names(branch)
        if isinstance(prepared.node, Mapping) and not prepared.constants and not prepared.branches:
            for _ in range(_MOST_NAMES):
                yield text_of_node(prepared.node, "", self.sources)

    def _wanted(self, node: Any, depth: int) -> bool:
        """Whether an optional member is made: one that can be told, and not again what stands around it."""
        if not self.whole or depth >= _OPTIONAL_DEPTH or self.nodes > _MOST_NODES or node is False:
            return False
        if not isinstance(node, Mapping):
            return True
        plain = _node_of(self.schema, node).node
        hidden = "writeOnly" if self.schema.direction == "response" else "readOnly"
        if not isinstance(plain, Mapping) or plain.get("deprecated") is True or plain.get(hidden) is True:
            return False
        return not self._returns(node)

    def _returns(self, node: Any) -> bool:
        """Whether a node leads at once to a definition that stands around it."""
        while isinstance(node, Mapping):
            if isinstance(node.get("$ref"), str):
                if node["$ref"] in self.above:
                    return True
                node = self.schema.document["$defs"].get(definition_name(node["$ref"]))
                continue
            branches = [*node.get("allOf", ()), *node.get("anyOf", ()), *node.get("oneOf", ())]
            if any(self._returns(each) for each in branches if isinstance(each, Mapping) and "$ref" in each):
                return True
            node = node.get("items")
        return False

    def _arrays(self, node: Mapping[str, Any], depth: int, name: str) -> Iterator[list[Any]]:
        """Arrays, one for each way to hold what has to be held."""
        items = node.get("items")
        more = self.whole and isinstance(items, Mapping) and depth < _OPTIONAL_DEPTH
        more = more and not self._returns(items) and self.nodes <= _MOST_NODES
        ways = self.schema.derived.setdefault(("items", id(node), more), [*item_nodes(node, more=more)])
        singular = name.removesuffix("s")
        for inner_nodes in ways:
            made: list[Any] = []
            for inner in inner_nodes:
                value = self.value(inner, depth + 1, singular)
                if node.get("uniqueItems") is True and value in made:
                    value = self._other(inner, made, depth, singular)
                made.append(value)
            yield made

    def _other(self, inner: Any, taken: list[Any], depth: int, name: str) -> Any:
        """A further item that differs from those before."""
        fits = _node_of(self.schema, inner)
        value = None
        for _ in range(_MOST_TRIES):
            for value in self.values(inner, depth + 1, name):
                if value not in taken and fits.fits(value):
                    return value
            changed = distinct(value, taken, self.sources)
            if changed not in taken and fits.fits(changed):
                return changed
        return value
