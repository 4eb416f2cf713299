"""Strategies of whole JSON values: objects, arrays, unions and recursion, composed over the leaves."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from threadmock.contracts.cases.drawn import freeform
from threadmock.contracts.cases.drawn.leaves import leaf
from threadmock.contracts.cases.shapes import Branch, Shapes, shapes, subschema
from threadmock.specs.errors import SchemaError
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.strictjson import depth_of, dump_json

MAX_DEPTH = 90
MAX_ITEMS = 3


def values(schema: Schema) -> st.SearchStrategy[Any]:
    """JSON values that the schema takes, by both engines. Made once per schema.

    SchemaError where nothing can be drawn, such as a member that must hold itself.
    """
    found: st.SearchStrategy[Any] | None = schema.derived.get(values)
    if found is None:
        found = schema.derived[values] = bodies(schema)
    return found


def bodies(schema: Schema, leave_out: Collection[str] = ()) -> st.SearchStrategy[Any]:
    """As `values`, without these members at the top; such a value need not be valid until they are put in."""
    builder = _Builder(schema)
    made = builder.root(leave_out)
    if not _drawable(made):
        raise SchemaError(
            "no finite value fits this schema.",
            where=schema.pointer,
            fix="Look for a required member that holds itself.",
        )
    if builder.recursive:
        made = made.filter(lambda value: depth_of(value) <= MAX_DEPTH)
    return made if leave_out else made.filter(checker(schema).valid)


def _drawable(made: st.SearchStrategy[Any]) -> bool:
    try:
        made.validate()
    except InvalidArgument:
        return False
    return not made.is_empty


_MOST_OPEN = 60
"""So deep are nodes built inside of each other: parts that are folded together may lead to new ones without end."""


class _Builder:
    """Builds each node once; a reference becomes a deferred strategy, so that recursion ends in Hypothesis's hands."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.shapes: Shapes = shapes(schema)
        self.named: dict[str | int, st.SearchStrategy[Any]] = {}  # by reference, else by the node itself
        self.open: set[str | int] = set()
        self.recursive = False
        self.lists = 0

    def root(self, leave_out: Collection[str]) -> st.SearchStrategy[Any]:
        return _any_of([self.branch(self.schema.document, branch, leave_out) for branch in self.shapes.root()])

    def node(self, node: Any) -> st.SearchStrategy[Any]:
        if not isinstance(node, Mapping):
            return self.fresh(node)
        alone = isinstance(node.get("$ref"), str) and len(node) == 1
        name = node["$ref"] if alone else id(node)
        if name in self.open:
            self.recursive = True
            return st.deferred(lambda: self.named[name])
        if len(self.open) >= _MOST_OPEN:
            self.recursive = True
            return st.nothing()
        if not alone or name not in self.named:
            self.open.add(name)
            self.named[name] = self.fresh(node)
            self.open.discard(name)
        return self.named[name]

    def fresh(self, node: Any) -> st.SearchStrategy[Any]:
        return _any_of([self.branch(node, branch, ()) for branch in self.shapes.branches(node)])

    def branch(self, node: Any, branch: Branch, leave_out: Collection[str]) -> st.SearchStrategy[Any]:
        composers: Mapping[str, Callable[[], st.SearchStrategy[Any]]] = {
            "object": lambda: self.object(branch, leave_out),
            "array": lambda: self.array(branch),
            "any": lambda: freeform.json_values,
        }
        made = composers[branch.kind]() if branch.kind in composers else leaf(self.schema, branch)
        if branch.exact or leave_out:
            return made
        return made.filter(checker(subschema(self.schema, node)).valid)

    def object(self, branch: Branch, leave_out: Collection[str]) -> st.SearchStrategy[Any]:
        others = branch.keywords.get("additionalProperties", True)
        fewest, most = branch.keywords.get("minProperties", 0), branch.keywords.get("maxProperties")
        if branch.free and not fewest and most is None:
            return freeform.objects
        declared = {name: self.node(node) for name, node in branch.properties.items() if name not in leave_out}
        missing = [name for name in branch.required if name not in branch.properties and name not in leave_out]
        required = {name: declared[name] for name in branch.required if name in declared}
        required |= {name: self.node(others) for name in missing}
        optional = {name: made for name, made in declared.items() if name not in required}
        made: st.SearchStrategy[Any] = st.fixed_dictionaries(required, optional=optional)
        if others is not False:
            made = st.tuples(made, self.others(others, {*branch.properties, *required}, fewest)).map(_joined)
        if not fewest and most is None:
            return made
        return made.filter(lambda value: fewest <= len(value) <= (len(value) if most is None else most))

    def others(self, others: Any, names: Collection[str], fewest: int) -> st.SearchStrategy[dict[str, Any]]:
        if not self.shapes.branches(others):
            return st.just({})
        if others in (True, {}) and not fewest:
            return freeform.undeclared(names)
        free = freeform.undeclared_names(names)
        return st.dictionaries(st.sampled_from(free), self.node(others), max_size=max(2, fewest + 1))

    def array(self, branch: Branch) -> st.SearchStrategy[Any]:
        words = branch.keywords
        fewest = words.get("minItems", 0)
        # Lists within lists get shorter: their depth matters, not their number.
        self.lists += 1
        most: int = min(words.get("maxItems", fewest + MAX_ITEMS), fewest + max(1, MAX_ITEMS + 1 - self.lists))
        first = words.get("prefixItems", ())
        rest = max(0, fewest - len(first))
        items = self.node(words.get("items", True))
        self.lists -= 1
        if not self.shapes.branches(words.get("items", True)):
            most = fewest
        unique = dump_json if words.get("uniqueItems") else None
        if first:
            head = st.tuples(*(self.node(node) for node in first))
            tail = st.lists(items, min_size=rest, max_size=max(rest, most - len(first)))
            return st.tuples(head, tail).map(lambda pair: [*pair[0], *pair[1]]).filter(checker_of(self.schema, words))
        made = st.lists(items, min_size=fewest, max_size=most, unique_by=unique)
        return made.filter(checker_of(self.schema, words)) if unique else made


def checker_of(schema: Schema, keywords: Mapping[str, Any]) -> Callable[[Any], bool]:
    """Whether a value fits these keywords, by the fast engine."""
    return checker(subschema(schema, keywords)).valid


def _joined(pair: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    return {**pair[1], **pair[0]} if pair[1] else pair[0]


def _any_of(made: list[st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    return made[0] if len(made) == 1 else st.one_of(made)
