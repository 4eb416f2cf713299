"""Names in brackets, `a[b]=1&c[]=2&d[0][e]=3`, as forms and `deepObject` queries write objects and arrays.

OpenAPI 3.1.0, 4.8.12 has one level of `deepObject`; deeper names, indices and `[]` are written as servers read them.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from threadmock.specs.operations.text_values import typed_field
from threadmock.specs.schemas.declared import nodes_of, types_of
from threadmock.specs.schemas.schema import Schema

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")
_STEP = re.compile(r"\[([^\[\]]*)\]")
_DEEPEST = 32


class _Texts(list[str]):
    """The texts that were sent under one name."""


def steps_of_name(name: str) -> list[str]:
    """`a[b][]` → ["a", "b", ""]; a name without brackets, or that is nested too deep, is one step."""
    found = _NAME.fullmatch(name)
    steps = [found[1], *_STEP.findall(found[2])] if found else [name]
    return steps if len(steps) <= _DEEPEST else [name]


def unfolded(schema: Schema, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The object that the pairs of a form stand for, typed as the schema has it. A name that it declares is no path."""
    declared = {name for part in nodes_of(schema, schema.document) for name in part.get("properties", {})}
    tree: dict[str, Any] = {}
    for name, text in pairs:
        _insert(tree, [name] if name in declared else steps_of_name(name), text)
    return {name: _value(schema, _member(schema, schema.document, name), branch) for name, branch in tree.items()}


def _insert(tree: dict[str, Any], steps: Sequence[str], text: str) -> None:
    node = tree
    for at, step in enumerate(steps[:-1]):
        inner: Any = node.setdefault(step, {})
        if step == "":
            inner = _item_for(node, steps[at + 1])
        elif not isinstance(inner, dict):
            inner = node[step] = {}
        node = inner
    last = node.setdefault(steps[-1], _Texts())
    if isinstance(last, _Texts):
        last.append(text)
    elif isinstance(last, list):
        last.append(_Texts([text]))


def _item_for(node: dict[str, Any], following: str) -> dict[str, Any]:
    """The item that a step `[]` with more behind it means: the last one, unless that has the member already."""
    items = node[""] if isinstance(node[""], list) and not isinstance(node[""], _Texts) else []
    node[""] = items
    if not items or not isinstance(items[-1], dict) or following in items[-1]:
        items.append({})
    last: dict[str, Any] = items[-1]
    return last


def _value(schema: Schema, node: Any, branch: Any) -> Any:
    types = types_of(schema, node)
    if isinstance(branch, _Texts):
        if "array" in types and ("string" not in types or len(branch) > 1):
            return [typed_field(text, types_of(schema, _items(schema, node))) for text in branch]
        return typed_field(branch[-1], types)
    if isinstance(branch, list):
        return [_value(schema, node, each) for each in branch]
    if list(branch) == [""]:
        items = branch[""]
        listed = [_Texts([text]) for text in items] if isinstance(items, _Texts) else items
        return [_value(schema, _items(schema, node), each) for each in listed]
    indices = all(step.isascii() and step.isdigit() and len(step) < 10 for step in branch)
    if indices and (
        "array" in types or ("object" not in types and sorted(map(int, branch)) == list(range(len(branch))))
    ):
        return [_value(schema, _items(schema, node), branch[step]) for step in sorted(branch, key=int)]
    return {name: _value(schema, _member(schema, node, name), inner) for name, inner in branch.items()}


def _member(schema: Schema, node: Any, name: str) -> Any:
    """What a schema says of a member: where it is declared, else of any other."""
    parts = list(nodes_of(schema, node))
    declared = [part["properties"][name] for part in parts if name in part.get("properties", {})]
    return {"anyOf": declared or [part["additionalProperties"] for part in parts if "additionalProperties" in part]}


def _items(schema: Schema, node: Any) -> Any:
    return {"anyOf": [part["items"] for part in nodes_of(schema, node) if "items" in part]}
