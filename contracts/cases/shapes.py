"""A schema read as alternatives: one plain branch for each way in which a value can match.

References, unions and `allOf` are folded in, one level at a time, so that recursion is the reader's to bound.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from threadmock.specs.errors import SchemaError
from threadmock.specs.schemas.declared import is_read_only
from threadmock.specs.schemas.schema import Schema, definition_name
from threadmock.specs.wire.strictjson import dump_json

MAX_BRANCHES = 32
MAX_FOLDS = 50
TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_KEYWORDS_OF = {
    "object": ("properties", "required", "additionalProperties", "minProperties", "maxProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
_UNFOLDED = frozenset((
    "not", "if", "dependentRequired", "dependentSchemas", "patternProperties", "propertyNames", "contains",
    "unevaluatedProperties", "unevaluatedItems",
))  # fmt: skip
_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


@dataclass(frozen=True, eq=False)
class Branch:
    """One way to match. kind: a JSON type name, "enum" or "any". keywords: assertions without unions or references.

    exact: whether the keywords say all that the schema says here; else a value has to be checked.
    """

    kind: str
    keywords: Mapping[str, Any]
    exact: bool = True

    @property
    def properties(self) -> Mapping[str, Any]:
        """Declared members in document order: name to schema node."""
        found: Mapping[str, Any] = self.keywords.get("properties", {})
        return found

    @property
    def required(self) -> tuple[str, ...]:
        """Names that must be there, in document order."""
        return tuple(self.keywords.get("required", ()))

    @property
    def free(self) -> bool:
        """Whether any object will do."""
        kept = self.properties or self.required or self.keywords.get("additionalProperties", True) not in (True, {})
        return self.kind == "object" and not kept


@dataclass(frozen=True)
class _Fold:
    """A plain schema, and whether it is all that was said."""

    plain: Mapping[str, Any]
    exact: bool = True


class Shapes:
    """The branches of every node of one schema, each folded once."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._known: dict[int, tuple[Any, tuple[Branch, ...]]] = {}
        self._own: dict[int, tuple[Any, Schema]] = {}

    def branches(self, node: Any) -> tuple[Branch, ...]:
        """The branches of a node, in document order; () where nothing matches.

        SchemaError where the node refers to itself without end.
        """
        found = self._known.get(id(node))
        if found is None:
            made = tuple(branch for fold in self._folds(node, 0) for branch in _by_type(fold))
            # The node is kept with its branches: an id is only good while its object lives.
            found = self._known[id(node)] = (node, made)
        return found[1]

    def alone(self, node: Any) -> Schema:
        """A node as a schema of its own, made once."""
        found = self._own.get(id(node))
        if found is None:
            document = dict(node) if isinstance(node, Mapping) else {} if node else {"not": {}}
            made = replace(self.schema, document={**document, "$defs": self.schema.document.get("$defs", {})})
            found = self._own[id(node)] = (node, made)
        return found[1]

    def root(self) -> tuple[Branch, ...]:
        """The branches of the whole schema."""
        return self.branches(self.schema.document)

    def members(self) -> dict[str, Any]:
        """Declared members of the body over all of its object branches: name to schema node."""
        return {
            name: node for branch in self.root() if branch.kind == "object" for name, node in branch.properties.items()
        }

    def _folds(self, node: Any, depth: int) -> list[_Fold]:
        if depth > MAX_FOLDS:
            raise SchemaError("the schema refers to itself without end", where=self.schema.pointer)
        if node is False:
            return []
        if not isinstance(node, Mapping):
            return [_Fold({})]
        plain = {k: v for k, v in node.items() if k not in ("$ref", "anyOf", "oneOf", "allOf", "$defs")}
        if self.schema.direction == "request" and "properties" in plain:
            hidden = {name for name, child in plain["properties"].items() if is_read_only(self.schema, child)}
            if hidden:  # else the same object: readers know a node by its identity
                plain["properties"] = {n: child for n, child in plain["properties"].items() if n not in hidden}
        if "const" in plain:
            plain["enum"] = [plain.pop("const")]
        folds = [_Fold(plain, not _UNFOLDED & plain.keys())]
        for part in self._parts(node, depth + 1):
            folds = [both for left in folds for right in part if (both := _merge(left, right))][:MAX_BRANCHES]
        return folds

    def _parts(self, node: Mapping[str, Any], depth: int) -> Iterator[list[_Fold]]:
        if "$ref" in node:
            # One step at a time: `Schema.resolve` goes all the way, and a circle of references has no end.
            name = definition_name(str(node["$ref"]))
            yield self._folds(self.schema.document["$defs"][name], depth)
        for child in node.get("allOf", ()):
            yield self._folds(child, depth)
        if "anyOf" in node:
            yield [fold for child in node["anyOf"] for fold in self._folds(child, depth)]
        if "oneOf" in node:
            groups = [self._folds(child, depth) for child in node["oneOf"]]
            apart = _types_apart(groups)
            yield [replace(fold, exact=fold.exact and apart) for group in groups for fold in group]


def shapes(schema: Schema) -> Shapes:
    """The Shapes of a schema, made once."""
    found: Shapes | None = schema.derived.get(Shapes)
    if found is None:
        found = schema.derived[Shapes] = Shapes(schema)
    return found


def subschema(schema: Schema, node: Any) -> Schema:
    """A node of a schema as a schema of its own, made once per node."""
    return schema if node is schema.document else shapes(schema).alone(node)


def plain_name(name: str) -> str:
    """A member name without case and separators: `project_id`, `projectId` and `Project-Id` are one name."""
    return name.lower().replace("_", "").replace("-", "")


def kind_of(value: Any) -> str:
    """The JSON type of a value. An integral float is an integer, as JSON Schema has it."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    return {float: "number", str: "string", list: "array", dict: "object"}[type(value)]


def _types(plain: Mapping[str, Any]) -> list[str]:
    named = plain.get("type", TYPES)
    return [named] if isinstance(named, str) else list(named)


def _types_apart(groups: list[list[_Fold]]) -> bool:
    taken: set[str] = set()
    for group in groups:
        own = {"number" if name == "integer" else name for fold in group for name in _types(fold.plain)}
        if own & taken:
            return False
        taken |= own
    return True


def _by_type(fold: _Fold) -> Iterator[Branch]:
    plain = fold.plain
    if "enum" in plain:
        yield Branch("enum", plain, exact=False)
        return
    if "type" in plain:
        names = _types(plain)
    else:
        names = [name for name, words in _KEYWORDS_OF.items() if any(word in plain for word in words)]
    if not names:
        yield Branch("any", plain, fold.exact)
    for name in names:
        if not (name == "integer" and "number" in names):
            yield Branch(name, plain, fold.exact)


def _merge(left: _Fold, right: _Fold) -> _Fold | None:
    """Both at once; None where no value can be both."""
    if not left.plain or not right.plain:
        return _Fold(left.plain or right.plain, left.exact and right.exact)
    made = {**right.plain, **left.plain}
    exact = left.exact and right.exact
    for keyword in left.plain.keys() & right.plain.keys():
        ours, theirs = left.plain[keyword], right.plain[keyword]
        combine = _COMBINE.get(keyword)
        if combine:
            made[keyword] = combine(ours, theirs)
        elif ours != theirs and keyword in ("pattern", "format", "multipleOf"):
            exact = False
    if made.get("type") == [] or made.get("enum") == []:
        return None
    closed = any(fold.plain.get("additionalProperties", True) not in (True, {}) for fold in (left, right))
    if closed and left.plain.get("properties") != right.plain.get("properties"):
        exact = False
    return _Fold(made, exact)


def _common_types(left: Any, right: Any) -> list[str]:
    ours, theirs = _types({"type": left}), _types({"type": right})
    common = [name for name in ours if name in theirs or (name == "integer" and "number" in theirs)]
    if "integer" in theirs and "number" in ours and "integer" not in common:
        common.append("integer")
    return common


def _common_values(left: list[Any], right: list[Any]) -> list[Any]:
    theirs = {dump_json(value) for value in right}
    return [value for value in left if dump_json(value) in theirs]


def _both_nodes(left: Any, right: Any) -> Any:
    return left if left == right else {"allOf": [left, right]}


def _all_members(left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _both_nodes(left[name], right[name]) if name in left and name in right else {**left, **right}[name]
        for name in (*left, *(n for n in right if n not in left))
    }


def _all_names(left: list[str], right: list[str]) -> list[str]:
    return [*left, *(name for name in right if name not in left)]


_COMBINE: Mapping[str, Callable[[Any, Any], Any]] = {
    "type": _common_types,
    "enum": _common_values,
    "required": _all_names,
    "properties": _all_members,
    "items": _both_nodes,
    "additionalProperties": _both_nodes,
    "uniqueItems": lambda ours, theirs: ours or theirs,
    **dict.fromkeys(_LOWER_BOUNDS, max),
    **dict.fromkeys(_UPPER_BOUNDS, min),
}
