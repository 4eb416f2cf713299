"""What a schema declares: its members, the required ones, its types."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from threadmock.specs.members import nodes
from threadmock.specs.schemas.schema import Schema

_MAX_NODES = 200
_UNIONS = ("oneOf", "anyOf")


_JSON_TYPES: Mapping[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def nodes_of(schema: Schema, node: Any) -> Iterator[Mapping[str, Any]]:
    """A schema node and all that it combines for the same value, through references and unions; at most _MAX_NODES."""
    waiting, seen = [node], 0
    while waiting and seen < _MAX_NODES:
        seen += 1
        node = waiting.pop(0)
        if not isinstance(node, Mapping):
            continue
        yield node
        if "$ref" in node:
            waiting.append(schema.resolve({"$ref": node["$ref"]}))
        for keyword in ("allOf", "anyOf", "oneOf"):
            waiting.extend(node.get(keyword, ()))


def part_of(schema: Schema, node: Mapping[str, Any]) -> Schema:
    """A node of a schema as a schema of its own, with the definitions of the whole."""
    document = dict(node)
    if "$defs" in schema.document:
        document["$defs"] = schema.document["$defs"]
    return Schema(document, schema.pointer, schema.direction)


def types_of(schema: Schema, node: Any) -> frozenset[str]:
    """The JSON types that a schema node names, through references and unions; empty where it names none.

    Where a node has no `type`, the values that it lists name theirs.
    """
    found: set[str] = set()
    for part in nodes_of(schema, node):
        named = part.get("type")
        if named is None:
            listed = [*part.get("enum", ()), *([part["const"]] if "const" in part else ())]
            found.update(_JSON_TYPES[type(value)] for value in listed if type(value) in _JSON_TYPES)
        else:
            found.update([named] if isinstance(named, str) else named)
    return frozenset(found)


def has_discriminator(schema: Schema) -> bool:
    """Whether a member chooses among schemas by `discriminator` (OpenAPI 3.1.0, 4.8.25), somewhere in a schema."""
    if has_discriminator not in schema.derived:
        found = any(isinstance(n, Mapping) and "discriminator" in n for n in nodes(schema.document))
        schema.derived[has_discriminator] = found
    return bool(schema.derived[has_discriminator])


def is_binary(schema: Schema) -> bool:
    """Whether the schema is one of bytes: a text of format `binary`, or of a media type that is no text."""
    for part in nodes_of(schema, schema.document):
        if part.get("format") == "binary":
            return True
        kind = part.get("contentMediaType")
        if isinstance(kind, str) and "contentEncoding" not in part and not kind.startswith("text/"):
            return True
    return False


def item_types(schema: Schema, node: Any) -> frozenset[str]:
    """The JSON types of the items of an array node."""
    parts = (types_of(schema, part["items"]) for part in nodes_of(schema, node) if "items" in part)
    return frozenset().union(*parts)


def object_nodes(schema: Schema) -> Sequence[Mapping[str, Any]]:
    """The nodes that together say what an object looks like.

    Through references, `allOf`, and a union that is one schema or null. Where that node stands in the middle of others
    comes first: a member that two of them declare is the later one's.
    """
    if object_nodes not in schema.derived:
        schema.derived[object_nodes] = tuple(_object_nodes(schema))
    known: Sequence[Mapping[str, Any]] = schema.derived[object_nodes]
    return known


def _object_nodes(schema: Schema) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    waiting: list[Any] = [schema.document]
    while waiting and len(found) < 200:
        node = waiting.pop(0)
        if not isinstance(node, Mapping):
            continue
        found.append(node)
        if "$ref" in node:
            waiting.append(schema.resolve({"$ref": node["$ref"]}))
        waiting.extend(node.get("allOf", ()))
        for keyword in ("anyOf", "oneOf"):
            others = [part for part in node.get(keyword, ()) if types_of(schema, part) != {"null"}]
            if len(others) == 1:
                waiting.extend(others)
    return found


def properties(schema: Schema | None) -> Mapping[str, Any]:
    """The declared members of an object schema, through references and `allOf`; {} where it declares none.

    Also of a schema that is nullable by a union with null.
    """
    if schema is None:
        return {}
    if properties not in schema.derived:
        found: dict[str, Any] = {}
        for node in object_nodes(schema):
            found.update(node.get("properties", {}))
        schema.derived[properties] = found
    known: Mapping[str, Any] = schema.derived[properties]
    return known


def sendable(schema: Schema | None) -> Mapping[str, Any]:
    """The declared members that a request may hold: those that are not `readOnly` (OpenAPI 3.0.3, 4.7.24.1)."""
    if schema is None:
        return {}
    if sendable not in schema.derived:
        found = {name: node for name, node in properties(schema).items() if not is_read_only(schema, node)}
        schema.derived[sendable] = found
    known: Mapping[str, Any] = schema.derived[sendable]
    return known


def is_read_only(schema: Schema, node: Any) -> bool:
    """Whether a member is the server's."""
    return any(part.get("readOnly") is True for part in nodes_of(schema, node))


def alternatives(schema: Schema | None) -> list[Any]:
    """The nodes among which a discriminator of an object schema chooses; [] where it has none."""
    nodes = object_nodes(schema) if schema else ()
    return [part for node in nodes if "discriminator" in node for word in _UNIONS for part in node.get(word, ())]


def all_properties(schema: Schema | None) -> Mapping[str, Any]:
    """As `properties`, with those of all the schemas among which a discriminator chooses."""
    found = dict(properties(schema))
    if schema is None:
        return found
    for part in alternatives(schema):
        branch = Schema({"$defs": schema.document.get("$defs", {}), **part}, "", schema.direction)
        for name, node in properties(branch).items():
            known = found.get(name, node)
            found[name] = node if known == node else {"anyOf": [*_listed(known), node]}
    return found


def _listed(node: Any) -> list[Any]:
    return list(node["anyOf"]) if isinstance(node, Mapping) and list(node) == ["anyOf"] else [node]


def required(schema: Schema) -> frozenset[str]:
    """The members that an object schema asks for, through references and `allOf`."""
    return frozenset(name for node in object_nodes(schema) for name in node.get("required", ()))
