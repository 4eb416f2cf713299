"""How a text reaches a provider's agent: where in a request its rule reads it, or what has to be created before."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from threadmock.contracts.cases.case import base_value
from threadmock.contracts.cases.families import makers
from threadmock.contracts.cases.references import body_schema
from threadmock.contracts.cases.samples import least
from threadmock.contracts.cases.shapes import Shapes, shapes
from threadmock.specs.behaviour.agent import Agent, Respond
from threadmock.specs.behaviour.setting import Setting, Source
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.members import ABSENT, put
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker

_CONTENT = ("content", "text", "parts")
_USER = "user"


@dataclass(frozen=True)
class AgentInput:
    """What a request holds so that the agent gets a text. places: by place of the body.

    piece: members of a thing that has to be created below the thread first, where the agent reads that; {} for nothing.
    """

    places: Mapping[Source, Any] = field(default_factory=dict)
    piece: Mapping[str, Any] = field(default_factory=dict)


def agent_input(contract: Contract, operation: Operation, text: str) -> AgentInput | None:
    """How a request of an operation carries a text; None where nobody knows."""
    agent = contract.profile.agent
    if agent is None:
        return None
    word = next((word for word, role in agent.input.roles.items() if role == _USER), _USER)
    for setting in (agent.input.content, agent.input.otherwise):
        for found in _input_places(setting):
            if isinstance(found, str):
                piece = {found: text} if found else _whole_piece(contract, agent, text, word)
                return AgentInput(piece=piece) if piece else None
            if (value := _input_value(operation, found, text, word)) is not ABSENT:
                return AgentInput({found: value})
    return None


def _whole_piece(contract: Contract, agent: Agent, text: str, word: str) -> Mapping[str, Any]:
    """Members of a thing below the thread that is a message as it stands; {} where no request makes one."""
    for maker in makers(contract, agent.piece, [agent.thread]):
        schema = body_schema(maker)
        made = _message(schema, schema.document, text, word) if schema and maker.rule.run is None else None
        if isinstance(made, dict) and checker(schema).valid(made):  # type: ignore[arg-type]  # there is one
            return made
    return {}


def _input_places(setting: Setting | None) -> Iterator[Source | str]:
    """The places of a body that a setting reads, and names of members of the newest thing below the thread.

    "" for all of that thing.
    """
    while setting is not None:
        if setting.kind == "latest":
            yield setting.steps[0] if setting.steps else ""
        for source in setting.sources:
            yield from (each for each in (source, *source.others) if each.place == "body" and each.steps)
        for _, inner in setting.members:
            yield from _input_places(inner)
        setting = setting.otherwise


def _input_value(operation: Operation, source: Source, text: str, word: str) -> Any:
    """The value of a place that carries a text; ABSENT where the body has no such member."""
    schema = body_schema(operation)
    if schema is None or source.steps[0] not in shapes(schema).members():
        return ABSENT
    folded, node = shapes(schema), _node(shapes(schema), source.steps)
    branches = {branch.kind: branch for branch in folded.branches(node)} if node is not None else {}
    if "string" in branches:
        return text
    if "array" in branches:
        items = branches["array"].keywords.get("items")
        return [_message(schema, items, text, word)]
    if "object" in branches:
        return _message(schema, node, text, word)
    # Any value may stand there: the name says whether it is one text or a list of messages.
    return [{"role": word, "content": text}] if source.steps[-1].endswith("s") else text


def _node(folded: Shapes, steps: Iterable[str]) -> Any:
    node: Any = folded.schema.document
    for step in steps:
        found = (branch.properties.get(step) for branch in folded.branches(node) if branch.kind == "object")
        node = next((each for each in found if each is not None), None)
        if node is None:
            return None
    return node


def _message(schema: Schema, node: Any, text: str, word: str) -> Any:
    """A message of the user, as the schema has messages."""
    plain = {"role": word, "content": text}
    if not isinstance(node, Mapping):
        return plain
    own = shapes(schema).alone(node)
    sample = least(own, name="message")
    candidates: list[Any] = [plain, text]
    if isinstance(sample, dict):
        parts = [{"type": "text", "text": text}]
        candidates += [
            {**sample, **role, name: value}
            for role in ({"role": word}, {"type": word}, {})
            for name in _CONTENT
            for value in (text, parts)
        ]
    return next((each for each in candidates if checker(own).valid(each)), plain)


def put_at(body: Any, places: Mapping[Source, Any]) -> Any:
    """A body with these values in it; what is no object stays as it is."""
    if not isinstance(body, dict):
        return body
    made = dict(body)
    for source, value in places.items():
        put(made, source.steps, value)
    return made


def input_anywhere(contract: Contract, text: str) -> dict[Source, Any]:
    """Where an object that no schema describes holds a text."""
    agent = contract.profile.agent
    for setting in (agent.input.content, agent.input.otherwise) if agent else ():
        for found in _input_places(setting):
            if isinstance(found, Source):
                return {found: [{"role": _USER, "content": text}] if found.steps[-1].endswith("s") else text}
    return {}


def way_to_respond(operation: Operation, how: str) -> tuple[Respond, dict[Source, Any]] | None:
    """The first way in which an operation answers so, and what a request has to hold; None where it never does."""
    run = operation.rule.run
    for way in run.respond if run else ():
        if way.how == how:
            return way, dict(conditions(way.when))
    return None


def conditions(when: Iterable[tuple[str, tuple[str, ...], Any]]) -> Iterator[tuple[Source, Any]]:
    """Places of a request, and values there with which conditions hold."""
    for place, steps, value in when:
        if place in ("body", "query", "header"):
            present = value.get("present") if isinstance(value, Mapping) else None
            if present is not False:
                yield Source(place, steps), True if present else value  # type: ignore[arg-type]  # one of the places


def modes_of(contract: Contract, operation: Operation, way: Respond) -> dict[Source, Any]:
    """What a request holds to see all that a format has; {} where nobody can choose, or where all is seen anyway."""
    run, agent = operation.rule.run, contract.profile.agent
    if run is None or run.modes is None or agent is None or not agent.formats:
        return {}
    form = agent.formats[way.format or next(iter(agent.formats))]
    known = list(dict.fromkeys(mode for event in form.events for mode in event.modes))
    schema = body_schema(operation)
    if not known or schema is None or run.modes.place != "body":
        return {}
    node = _node(shapes(schema), run.modes.steps)
    own = shapes(schema).alone(node) if node is not None else None
    taken = [mode for mode in known if own is None or checker(own).valid([mode])]
    return {run.modes: taken} if taken else {}


def body_with_text(contract: Contract, operation: Operation, text: str) -> Any:
    """The smallest body of an operation that starts a run at once, with a text for the agent where it holds that.

    Where a thread that is busy refuses by default, it asks for a policy under which it does not.
    """
    said, way = agent_input(contract, operation, text), way_to_respond(operation, "at_once")
    places = {**(said.places if said else {}), **(way[1] if way else {}), **_waiting_policy(operation)}
    return put_at(base_value(operation), {source: value for source, value in places.items() if source.place == "body"})


def _waiting_policy(operation: Operation) -> dict[Source, Any]:
    busy = operation.rule.run.busy if operation.rule.run else None
    if busy is None or busy.by is None or busy.policy(None).do != "refuse":
        return {}
    return next(({busy.by: policy.name} for policy in busy.policies if policy.do == "wait"), {})
