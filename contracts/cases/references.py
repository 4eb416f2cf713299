"""Which places of a request name things that must be there, and what stands there until real ones are put in."""

import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from threadmock.contracts.cases.encoding import simple_text, text_of
from threadmock.contracts.cases.fresh_keys import keys_like, note_invented, unknown_keys
from threadmock.contracts.cases.samples import least, parameter_value
from threadmock.contracts.cases.shapes import Shapes, shapes, subschema
from threadmock.specs.behaviour.setting import Source, Within
from threadmock.specs.contract import Operation, Parameter, first_json
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker

_NAMESPACE = uuid.UUID("9b1f6d0e-6c1b-4f0a-9c55-7d1f3f0f2a11")
_PLACES = frozenset({"path", "query", "body"})


@dataclass(frozen=True)
class Reference:
    """One place that names a thing. strict: a thing that is not there is refused.

    own: it names the thing that the operation is about, not a parent of it.
    """

    resource: str
    source: Source
    strict: bool
    own: bool = False


def references(operation: Operation) -> tuple[Reference, ...]:
    """The places that name things, outermost parent first, the operation's own thing last."""
    return _names(operation)


@lru_cache(maxsize=512)
def _names(operation: Operation) -> tuple[Reference, ...]:
    rule = operation.rule
    found = [*_parents(rule.within)]
    key = rule.key.source if rule.key and rule.traits.names_thing else None
    if key and rule.key and _is_plain(key) and key not in {name.source for name in found}:
        found.append(Reference(rule.resource, key, rule.missing == "refuse", own=True))
    return tuple(found)


def _parents(within: Within | None) -> list[Reference]:
    if within is None:
        return []
    above = _parents(within.within)
    strict = within.must_exist and within.create is None
    return [*above, Reference(within.resource, within.source, strict)] if _is_plain(within.source) else above


def _is_plain(source: Source) -> bool:
    return source.place in _PLACES and len(source.steps) == 1


def needs_some(operation: Operation) -> bool:
    """Whether a thing must lie below the parent that the request does not name: the newest one, or the only one."""
    rule = operation.rule
    key = rule.key if rule.traits.names_thing and rule.missing == "refuse" else None
    if key is None or any(name.own for name in references(operation)):
        return False
    return bool(key.pick) or key.source in {name.source for name in references(operation)}


def cursors(operation: Operation) -> tuple[Source, ...]:
    """The places that name a thing where a page begins or ends, or one that a new thing follows."""
    listing, key = operation.rule.listing, operation.rule.key
    found = [listing.after, listing.before] if listing else []
    found += [key.source] if key and operation.rule.traits.follows_key else []
    return tuple(source for source in found if source)


def named_members(operation: Operation) -> dict[str, tuple[Any, ...]]:
    """Body members that name a thing: member to the one value that stands for a thing that will be there.

    () for those of which no value can be known before there are things, such as cursors.
    """
    found: dict[str, tuple[Any, ...]] = {
        source.steps[0]: () for source in cursors(operation) if source.place == "body" and len(source.steps) == 1
    }
    return found | {
        name.source.steps[0]: (placeholder(operation, name.source),)
        for name in references(operation)
        if name.source.place == "body"
    }


@dataclass(frozen=True)
class AgentPlace:
    """One place that names an agent: in a body, in each of its items where it is an array, in a path or a query.

    by: the members of an agent of which it holds one, best first. resource: of agents that are things, which a target
    may list; "" where they are none: which names others have nobody can know. statuses: for one that is not there.
    """

    source: Source
    by: tuple[str, ...] = ()
    resource: str = ""
    statuses: tuple[int, ...] = ()


def agent_places(operation: Operation) -> tuple[AgentPlace, ...]:
    """The places of a request that name an agent."""
    return _agent_places(operation)


@lru_cache(maxsize=512)
def _agent_places(operation: Operation) -> tuple[AgentPlace, ...]:
    run, found = operation.rule.run, []
    speaker = run.agent if run and operation.rule.traits.starts_run and not run.commands else None
    if speaker is not None and speaker.source.place == "body":
        by = (*speaker.by, *([speaker.name] if speaker.name else ()))
        found.append(AgentPlace(speaker.source, by, speaker.resource, (speaker.unknown_key, speaker.unknown_name)))
    found += [
        AgentPlace(each.source, each.agent, each.resource, each.statuses)
        for each in operation.rule.requires
        if each.agent
    ]
    return tuple(place for place in found if _is_plain(place.source))


def listed_agent_places(operation: Operation) -> tuple[AgentPlace, ...]:
    """Those of agents that are things: a target may list them."""
    return tuple(place for place in agent_places(operation) if place.resource)


def placeholder(operation: Operation, source: Source) -> Any:
    """What stands in a place until a real key is put in: a valid value, and for UUIDs one that nothing else has.

    A text for a path or a query, a JSON value for a body.
    """
    return _placeholder(operation, source)


@lru_cache(maxsize=1024)
def _placeholder(operation: Operation, source: Source) -> Any:
    name = source.steps[0]
    if source.place == "body":
        schema = schema_at(operation, source)
        return _standing(schema, name) if schema else f"{name}-text"
    parameter = parameter_of(operation, source)
    return plain_text(operation, parameter) if parameter else f"{name}-text"


def plain_text(operation: Operation, parameter: Parameter) -> str:
    """A plain text for a parameter: where it names a thing, the placeholder."""
    if is_named(operation, parameter):
        standing = _standing(parameter.schema, parameter.name.replace("_", "-"))
        if standing in ([], ""):  # an empty text is no part of a path
            standing = parameter_value(parameter)
        return simple_text(standing, explode=parameter.explode) if isinstance(standing, list) else text_of(standing)
    return simple_text(parameter_value(parameter), explode=parameter.explode)


def is_named(operation: Operation, parameter: Parameter) -> bool:
    """Whether a parameter names a thing."""
    sources = [name.source for name in references(operation)]
    sources += [place.source for place in listed_agent_places(operation)]
    return any(source.place == parameter.location and source.steps[0] == parameter.name for source in sources)


def _standing(schema: Schema, name: str) -> Any:
    made = str(uuid.uuid5(_NAMESPACE, name))
    branches = Shapes(schema).root()
    if any(branch.keywords.get("format") == "uuid" for branch in branches):
        return made
    if (value := least(schema, name=name)) != []:
        return value
    # An empty list names nothing.
    one = [f"{name}-text"]
    return one if checker(schema).accepted(one) else value


def as_named(operation: Operation, source: Source, key: Any) -> Any:
    """A key as a place takes it: of one that is a path of labels (`a.b`), a list where the place holds a list."""
    return key.split(".") if isinstance(key, str) and _is_list(operation, source) else key


def named_key(operation: Operation, source: Source, values: list[Any]) -> str | int | None:
    """The key that a place names with these values, of a list all of them, with dots between; None for no key."""
    if not values or not isinstance(values[0], str | int):
        return None
    return ".".join(map(str, values)) if len(values) > 1 and _is_list(operation, source) else values[0]


def _is_list(operation: Operation, source: Source) -> bool:
    schema = schema_at(operation, source) if source.place in ("query", "body") and len(source.steps) == 1 else None
    return schema is not None and {branch.kind for branch in Shapes(schema).root()} - {"null"} == {"array"}


def unknown_key(operation: Operation, source: Source, number: int) -> Any:
    """A key that nothing has: random, valid. number: random, of 62 bits. None where no such value was found.

    Where the schema takes none of our own forms, a valid one is written with other letters and digits.
    """
    schema = schema_at(operation, source)
    candidates = unknown_keys(number)
    if schema is None:
        return candidates[0]
    judge = checker(schema)
    found = next((value for value in candidates if judge.accepted(value)), None)
    standing = placeholder(operation, source) if found is None else None
    if not isinstance(standing, str):
        return found
    likely = (key for key in keys_like(standing, number) if key != standing and judge.accepted(key))
    if (borrowed := next(likely, None)) is not None:
        note_invented(borrowed)
    return borrowed


def schema_at(operation: Operation, source: Source) -> Schema | None:
    """The schema of a place of the request."""
    if source.place == "body":
        schema = body_schema(operation)
        node = shapes(schema).members().get(source.steps[0]) if schema else None
        return subschema(schema, node) if schema and node is not None else None
    parameter = parameter_of(operation, source)
    return parameter.schema if parameter else None


def parameter_of(operation: Operation, source: Source) -> Parameter | None:
    """The declared parameter of a place."""
    found = (p for p in operation.parameters if p.location == source.place and p.name == source.steps[0])
    return next(found, None)


def body_schema(operation: Operation) -> Schema | None:
    """The schema of the JSON body; None where there is none."""
    media = first_json(operation.body.content) if operation.body else None
    return media.schema if media else None


def undescribed(operation: Operation) -> str:
    """Why nothing can be said of a response: it is nothing but events, which no rule describes; "" where it is not."""
    reply = operation.reply(operation.success)
    events = bool(reply and reply.content) and set(reply.content if reply else ()) == {"text/event-stream"}
    return "no rule says which events they answer with" if events and operation.rule.run is None else ""
