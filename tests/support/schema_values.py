"""Values near a schema: mostly what it asks for, here and there something else. Only for tests of the engines."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from threadmock.specs.contract import Contract
from threadmock.specs.loader import builtin_names, load
from threadmock.specs.schemas.schema import Schema

FORMATS = {
    "uuid": st.uuids().map(str),
    "date-time": st.datetimes(timezones=st.timezones()).map(lambda moment: moment.replace(second=0).isoformat()),
    "date": st.dates().map(str),
}
ODD_TEXTS = st.sampled_from(
    ["", "\0", "é", "e\u0301", "\U0001f600", "0", "true", "null", "2024-01-01T00:00:00Z", "x" * 300]
)
ODD_NUMBERS = st.sampled_from([0, -1, 1.0, 0.1, 2**53 + 1, 2**63, -(2**64), 10**30, 1e300, -0.0])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-1e6, 1e6) | ODD_NUMBERS | ODD_TEXTS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def contracts() -> Iterator[Contract]:
    """Every contract that we ship, in both layers."""
    for name in builtin_names():
        for layer in ("documented", "observed"):
            yield load(name, layer=layer)


def shipped_schemas() -> dict[str, Schema]:
    """Every schema of every operation that we ship, each once: bodies, replies, parameters, headers. Id to schema."""
    found: dict[str, Schema] = {}
    for contract in contracts():
        for operation in contract.operations:
            at = f"{contract.name}-{contract.layer}-{operation.slug}"
            for media in operation.body.content.values() if operation.body else ():
                found[f"{at}-request-{media.media_type}"] = media.schema
            for parameter in operation.parameters:
                found[f"{at}-{parameter.location}-{parameter.name}"] = parameter.schema
            for status, reply in operation.replies.items():
                for media in reply.content.values():
                    found[f"{at}-{status}-{media.media_type}"] = media.schema
                for name, header in reply.headers.items():
                    found[f"{at}-{status}-header-{name}"] = header.schema
    kept: dict[str, Schema] = {}
    seen: set[str] = set()
    for name, schema in found.items():
        if schema is not None and (text := json.dumps(schema.document, sort_keys=True)) not in seen:
            seen.add(text)
            kept[name] = schema
    return kept


@st.composite
def near_values(draw: Any, schema: Schema, node: Any = None, depth: int = 0) -> Any:
    """A value near a node of a schema."""
    node = schema.document if node is None else node
    if not isinstance(node, dict) or depth > 6 or draw(st.integers(0, 11)) == 11:
        return draw(JUNK)
    if "$ref" in node:
        return draw(near_values(schema, schema.resolve(node), depth))
    for keyword in ("anyOf", "oneOf", "allOf"):
        if keyword in node:
            return draw(near_values(schema, draw(st.sampled_from(node[keyword])), depth))
    if "enum" in node or "const" in node:
        return draw(st.sampled_from(node.get("enum", [node.get("const")])))
    kinds = node.get("type", "object" if "properties" in node else None)
    kind = draw(st.sampled_from(kinds)) if isinstance(kinds, list) else kinds
    return draw(_of_kind(schema, node, kind, depth))


def _of_kind(schema: Schema, node: dict[str, Any], kind: str | None, depth: int) -> st.SearchStrategy[Any]:
    if kind == "object":
        return _objects(schema, node, depth)
    if kind == "array":
        return st.lists(near_values(schema, node.get("items", {}), depth + 1), max_size=3)
    if kind == "string":
        bounds = [node[word] + step for word in ("minLength", "maxLength") if word in node for step in (-1, 0, 1)]
        sized = st.sampled_from([max(size, 0) for size in bounds] or [3]).map(lambda size: "ä" * size)
        return FORMATS.get(node.get("format"), sized) | ODD_TEXTS
    if kind in ("integer", "number"):
        bounds = [node[word] + step for word in ("minimum", "maximum") if word in node for step in (-1, 0, 1)]
        return st.sampled_from(bounds or [0]) | st.integers() | ODD_NUMBERS
    return {"boolean": st.booleans(), "null": st.none()}.get(kind or "", JUNK)


@st.composite
def _objects(draw: Any, schema: Schema, node: dict[str, Any], depth: int) -> Any:
    properties = node.get("properties", {})
    skipped = draw(st.sets(st.sampled_from(sorted(properties)), max_size=len(properties))) if properties else set()
    if draw(st.booleans()):
        skipped -= set(node.get("required", ()))
    made = {
        name: draw(near_values(schema, inner, depth + 1)) for name, inner in properties.items() if name not in skipped
    }
    if draw(st.integers(0, 5)) == 5 or not properties:
        made |= draw(
            st.dictionaries(
                st.text(max_size=4), near_values(schema, node.get("additionalProperties", {}), depth + 1), max_size=2
            )
        )
    return made
