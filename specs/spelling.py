"""Member names on the wire: as written or in camelCase, and the twin of a name in the other spelling."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from threadmock.specs.agents import Agent
from threadmock.specs.behaviour import Rule, Source
from threadmock.specs.model import Body, Media, Operation, Reply, Schema
from threadmock.specs.parameters import nodes_of
from threadmock.specs.profile import Fill

_SUBSCHEMA_MAPS = ("properties", "$defs", "patternProperties", "dependentSchemas")
_MEMBER_MAPS = ("properties", "dependentSchemas")
_SUBSCHEMA_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SUBSCHEMAS = ("items", "additionalProperties", "unevaluatedProperties", "not", "if", "then", "else", "contains")


def camel(name: str) -> str:
    """`project_id` → `projectId`. A leading underscore stays."""
    return re.sub(r"(?<=[A-Za-z0-9])_+([A-Za-z0-9])", lambda m: m[1].upper(), name)


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


_STORED = ("body", "stored", "parent")
_NAMES = {"member", "items", "total", "by", "next", "previous"}
_PATHS = {"steps", "at", "strategy"}
_BY_MEMBER = {"set", "touch", "empty", "item", "merge", "nulls", "run", "latest", "thread"}


def _spell(node: Any) -> Any:
    """A record of a rule with every member name of bodies in camelCase; dotted names step by step."""
    if isinstance(node, Source):
        return replace(node, steps=tuple(map(camel, node.steps))) if node.place in ("body", "item") else node
    if isinstance(node, tuple):
        return tuple(map(_spell, node))
    if not is_dataclass(node) or isinstance(node, type):
        return node
    made: dict[str, Any] = {}
    for name in (each.name for each in fields(node)):
        value = getattr(node, name)
        if name in _NAMES and isinstance(value, str):
            made[name] = camel(value)
        elif name in _PATHS and isinstance(value, tuple):
            made[name] = tuple(map(camel, value))
        elif name in _BY_MEMBER and isinstance(value, Mapping):
            made[name] = {camel(member): _spell(inner) for member, inner in value.items()}
        elif name == "members":
            made[name] = tuple((camel(member), _spell(inner)) for member, inner in value)
        elif is_dataclass(value) or isinstance(value, tuple):
            made[name] = _spell(value)
    return replace(node, **made)


def spell_rule(rule: Rule) -> Rule:
    """The rule with every member name of bodies in camelCase."""
    spelled: Rule = _spell(rule)
    return replace(
        spelled,
        copies={name: {camel(m): _spell(inner) for m, inner in each.items()} for name, each in rule.copies.items()},
        conditions=tuple(
            replace(c, when=tuple((w, tuple(map(camel, s)) if w in _STORED else s, v) for w, s, v in c.when))
            for c in rule.conditions
        ),
        refusals={
            kind: replace(refusal, body=_spell_template(refusal.body)) for kind, refusal in rule.refusals.items()
        },
    )


def spell_fill(fill: Fill) -> Fill:
    """A fill of a camelCase wire. A neutral file's own members are single words, so they stay as they are."""
    spelled: Fill = _spell(fill)
    return spelled


def spell_agent(agent: Agent) -> Agent:
    """An agent of a camelCase wire. What a beat tells is in single words, so it stays as it is."""
    spelled: Agent = _spell(agent)
    return replace(
        spelled,
        changes={kind: tuple(map(_spell, each)) for kind, each in agent.changes.items()},
        formats={
            name: replace(each, events=tuple(_spell(event) for event in each.events))
            for name, each in agent.formats.items()
        },
        results={end: _spell(each) for end, each in agent.results.items()},
    )


def _spell_template(template: Any) -> Any:
    if isinstance(template, dict):
        return {camel(name): _spell_template(child) for name, child in template.items()}
    return [_spell_template(child) for child in template] if isinstance(template, list) else template


def _spell_content(content: Mapping[str, Media]) -> dict[str, Media]:
    return {
        name: replace(
            media,
            schema=_spelled(media.schema),
            examples={label: spell_value(value, media.schema) for label, value in media.examples.items()},
        )
        for name, media in content.items()
    }


def _spelled(schema: Schema | None) -> Schema | None:
    return replace(schema, document=spell_schema(schema.document)) if schema else None


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
    """The operation as it is spoken on a camelCase wire. Parameters keep their names."""
    body = operation.body
    replies: dict[str, Reply] = {
        status: replace(reply, content=_spell_content(reply.content)) for status, reply in operation.replies.items()
    }
    spelled: Body | None = replace(body, content=_spell_content(body.content)) if body else None
    return replace(operation, body=spelled, replies=replies, rule=spell_rule(operation.rule))


def respell(value: Any, declared: Mapping[str, Any]) -> Any:
    """An object whose undeclared names are replaced by their twins, where the twin is declared and not there itself."""
    if not isinstance(value, dict) or all(name in declared for name in value):
        return value
    made: dict[str, Any] = {}
    for name, child in value.items():
        other = twin(name)
        made[other if name not in declared and other in declared and other not in value else name] = child
    return made
