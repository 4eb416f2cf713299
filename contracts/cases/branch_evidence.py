"""On what a valid value's acceptance rests, where a schema offers a choice and one of its branches is only assumed."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from threadmock.contracts.cases.shapes import subschema
from threadmock.specs.evidence import Evidence, weakest, weakness
from threadmock.specs.members import nodes
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker

_MAX_DEPTH = 20


def choice_evidence(schema: Schema, value: Any) -> Evidence:
    """The weakest evidence among the branches of unions that the value needs.

    Of several branches that take it, the best counts. A value that needs no marked branch is documented.
    """
    return _walk(schema, schema.document, value, 0) if _is_marked(schema) else "documented"


@lru_cache(maxsize=256)
def _is_marked(schema: Schema) -> bool:
    """Whether any node of the schema carries `x-evidence`."""
    return any(isinstance(node, Mapping) and "x-evidence" in node for node in nodes(schema.document))


def _walk(schema: Schema, node: Any, value: Any, depth: int) -> Evidence:
    node = schema.resolve(node)
    if not isinstance(node, Mapping) or depth > _MAX_DEPTH:
        return "documented"
    found: list[Evidence] = []
    for keyword in ("anyOf", "oneOf"):
        branches = node.get(keyword, ())
        taken = [b for b in branches if checker(subschema(schema, b)).valid(value)] if branches else []
        if taken:
            weights = [weakest(_own(b), _walk(schema, b, value, depth + 1)) for b in taken]
            found.append(min(weights, key=weakness.__getitem__))
    found.extend(_walk(schema, branch, value, depth + 1) for branch in node.get("allOf", ()))
    declared = node.get("properties", {})
    if isinstance(value, dict):
        known = ((declared[name], child) for name, child in value.items() if name in declared)
        found.extend(_walk(schema, inner, child, depth + 1) for inner, child in known)
    if isinstance(value, list) and "items" in node:
        found.extend(_walk(schema, node["items"], child, depth + 1) for child in value[:50])
    return weakest(*found)


def _own(branch: Any) -> Evidence:
    mark = branch.get("x-evidence") if isinstance(branch, Mapping) else None
    return mark if isinstance(mark, str) and mark in weakness else "documented"  # type: ignore[return-value]  # mypy can't see the test above
