"""Member names on the wire: as written or in camelCase, and the twin of a name in the other spelling."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from threadmock.specs.contract import Body, Media, Operation, Reply
from threadmock.specs.schemas.declared import nodes_of
from threadmock.specs.schemas.schema import Schema

_SUBSCHEMA_MAPS = ("properties", "$defs", "patternProperties", "dependentSchemas")
_MEMBER_MAPS = ("properties", "dependentSchemas")
_SUBSCHEMA_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SUBSCHEMAS = ("items", "additionalProperties", "unevaluatedProperties", "not", "if", "then", "else", "contains")


def camel(name: str) -> str:
    """`project_id` → `projectId`. A leading underscore stays."""
    return re.sub(r"(?<=[A-Za-z0-9])_+([A-Za-z0-9])", lambda m: m[1].upper(), name)


def as_written(name: str) -> str:
    """`project_id` → `project_id`."""
    return name


def speller(*layers: Any) -> Callable[[str], str]:
    """How member names are spelled on the wire, by `spelling` of the last `x-behaviour` that has one.

    layers: of the document, of the operation. What breaks the vocabulary counts as written: others say what is wrong.
    """
    declared = [layer["spelling"] for layer in layers if isinstance(layer, Mapping) and "spelling" in layer]
    last = declared[-1] if declared else None
    return camel if isinstance(last, Mapping) and last.get("wire") == "camelCase" else as_written


def snake(name: str) -> str:
    """`projectId` → `project_id`."""
    return re.sub(r"(?<=[A-Za-z0-9])([A-Z])", lambda m: "_" + m[1].lower(), name)


def twin(name: str) -> str:
    """The same name in the other spelling; the name itself where there is none."""
    return camel(name) if "_" in name.strip("_") else snake(name)


def spell_schema(node: Any) -> Any:
    """A schema whose declared member names are in camelCase. Names of definitions stay."""
    if not isinstance(node, Mapping):
        return node
    made: dict[str, Any] = dict(node)
    for keyword in _SUBSCHEMA_MAPS:
        if isinstance(node.get(keyword), Mapping):
            made[keyword] = {
                (camel(name) if keyword in _MEMBER_MAPS else name): spell_schema(child)
                for name, child in node[keyword].items()
            }
    for keyword in _SUBSCHEMA_LISTS:
        if isinstance(node.get(keyword), list):
            made[keyword] = [spell_schema(child) for child in node[keyword]]
    for keyword in _SUBSCHEMAS:
        if keyword in node:
            made[keyword] = spell_schema(node[keyword])
    if isinstance(node.get("required"), list):
        made["required"] = [camel(name) for name in node["required"]]
    if isinstance(node.get("dependentRequired"), Mapping):
        made["dependentRequired"] = {
            camel(name): [camel(other) for other in others] for name, others in node["dependentRequired"].items()
        }
    return made


def _spell_content(content: Mapping[str, Media]) -> dict[str, Media]:
    return {
        name: replace(
            media,
            schema=spelled_schema(media.schema) if media.schema else None,
            examples={label: spell_value(value, media.schema) for label, value in media.examples.items()},
        )
        for name, media in content.items()
    }


def spelled_schema(schema: Schema) -> Schema:
    """The schema with its declared member names in camelCase."""
    return replace(schema, document=spell_schema(schema.document))


def spell_value(value: Any, schema: Schema | None) -> Any:
    """An example with the member names that its schema declares in camelCase; names in open containers stay."""
    return _spell_by(value, schema, [schema.document]) if schema else value


def _spell_by(value: Any, schema: Schema, nodes: list[Any]) -> Any:
    parts = [part for node in nodes for part in nodes_of(schema, node)]
    if isinstance(value, list):
        items = [part["items"] for part in parts if "items" in part]
        return [_spell_by(child, schema, items) for child in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for name, child in value.items():
        declared = [part["properties"][name] for part in parts if name in part.get("properties", {})]
        others = [part["additionalProperties"] for part in parts if "additionalProperties" in part]
        made[camel(name) if declared else name] = _spell_by(child, schema, declared or others)
    return made


def spell_operation(operation: Operation) -> Operation:
    """The operation with its bodies as on a camelCase wire. Parameters keep their names; its rule has the wire's."""
    body = operation.body
    replies: dict[str, Reply] = {
        status: replace(reply, content=_spell_content(reply.content)) for status, reply in operation.replies.items()
    }
    spelled: Body | None = replace(body, content=_spell_content(body.content)) if body else None
    return replace(operation, body=spelled, replies=replies)


def respell(value: Any, declared: Mapping[str, Any]) -> Any:
    """An object whose undeclared names are replaced by their twins, where the twin is declared and not there itself."""
    if not isinstance(value, dict) or all(name in declared for name in value):
        return value
    made: dict[str, Any] = {}
    for name, child in value.items():
        other = twin(name)
        made[other if name not in declared and other in declared and other not in value else name] = child
    return made
