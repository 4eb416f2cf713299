"""Bodies of requests by which something is said: where a run takes its input, what a message looks like."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from threadmock.mockserver.control.messages.stored_messages import message_reader
from threadmock.mockserver.control.messages.thread_resources import thread_resources
from threadmock.mockserver.control.prompt_request import Subject
from threadmock.mockserver.datasets.fill_inference import body_of, compile_create
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.mockserver.pipeline.mounts import Mount
from threadmock.mockserver.rules.generation import completed
from threadmock.mockserver.state.clock import Clock
from threadmock.mockserver.state.ids import Ids
from threadmock.mockserver.state.store import below
from threadmock.specs.behaviour.agent import Respond, RunRule
from threadmock.specs.behaviour.setting import Setting, Source
from threadmock.specs.contract import Operation, first_json
from threadmock.specs.members import ABSENT, dig, nodes, put, steps_of
from threadmock.specs.schemas.declared import all_properties
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker

Places = Mapping[Source, Any]
_TITLE = 80


class NoBody(Exception):  # noqa: N818 - reads as what it is
    """No body of this kind can be made for an operation."""


@dataclass(frozen=True)
class RunWay:
    """One way to start a run. places: of the request, with what stands there; takes_text: whether they hold it."""

    how: str
    places: Places = field(default_factory=dict)
    takes_text: bool = False


def run_way(  # noqa: PLR0913, PLR0917 - what a request is made of
    gateway: Gateway, mount: Mount, operation: Operation, how: str, said: str, subject: Subject | None
) -> RunWay | None:
    """How a run is started that is answered so; None where the operation never answers so, or takes no JSON."""
    run = operation.rule.run
    way = next((each for each in run.respond if each.how == how), None) if run else None
    schema = body_schema(operation)
    if run is None or way is None or (schema is None and operation.body is not None):
        return None
    places = {**_conditions(way), **_policy(run), **_agent(gateway, mount, operation, run, subject)}
    taken = _input(mount, schema, said, {s: v for s, v in places.items() if s.place == "body"}) if schema else None
    return RunWay(how, {**places, **(taken or {})}, taken is not None)


def message_body(gateway: Gateway, mount: Mount, operation: Operation, said: str) -> dict[str, Any] | None:
    """The body of a create that makes a message of the user with this text; None where none can hold it."""
    create = compile_create(mount.plans[operation])
    if create is None:
        return None
    ids, clock = sources_for(gateway)
    words = message_reader(mount.contract, thread_resources(mount.contract).piece).words
    roles = dict.fromkeys(("user", *(word for word, role in words.items() if role == "user")))
    part = {"type": "text", "text": said}
    for content in (said, [part], part):
        for role in roles:
            body = body_of(create, {"role": role, "text": content}, ids, clock)
            if body and any(node == said for node in nodes(body)):
                return body
    return None


def thread_body(gateway: Gateway, mount: Mount, operation: Operation, said: str) -> Any:
    """The least body of a create of threads, with a title where it takes one; None where it takes no body.

    NoBody where none can be made.
    """
    if operation.body is None:
        return None
    create = compile_create(mount.plans[operation])
    for item in ({"title": said[:_TITLE]}, {}):
        body = body_of(create, item, *sources_for(gateway)) if create else None
        if body is not None:
            return body
    raise NoBody


def body_schema(operation: Operation) -> Schema | None:
    """The schema of the JSON that an operation takes; None where it takes none."""
    media = first_json(operation.body.content) if operation.body else None
    return media.schema if media else None


def sources_for(gateway: Gateway) -> tuple[Ids, Clock]:
    """Where made up values come from: apart from those of the mock, so that a look at it changes nothing."""
    world = gateway.world
    asked = world.journal.entries[-1].number if world.journal.entries else 0
    return Ids(zlib.crc32(f"{world.seed} {asked}".encode())), Clock()


def _conditions(way: Respond) -> dict[Source, Any]:
    """Places of a request, and values there with which an operation answers in this way."""
    found: dict[Source, Any] = {}
    for place, steps, value in way.when:
        if place in ("body", "query", "header"):
            present = value.get("present") if isinstance(value, Mapping) else None
            if present is not False:
                found[Source(place, steps)] = True if present else value  # type: ignore[arg-type]  # one of the places
    return found


def _policy(run: RunRule) -> dict[Source, Any]:
    """Where a thread that is busy refuses by default: the policy under which it does not, where there is one."""
    busy = run.busy
    if busy is None or busy.by is None or busy.policy(None).do != "refuse":
        return {}
    return next(({busy.by: policy.name} for policy in busy.policies if policy.do == "wait"), {})


def _agent(
    gateway: Gateway, mount: Mount, operation: Operation, run: RunRule, subject: Subject | None
) -> dict[Source, Any]:
    """The agent that is asked: that of the last run on the thread, else the first that is there."""
    speaker, store = run.agent, gateway.world.store
    if speaker is None or speaker.source.place != "body" or not speaker.resource:
        return {}
    places = [steps_of(member) for member in (speaker.name, *speaker.by) if member]
    agents = store.everywhere(mount.contract.name, speaker.resource)
    shelf = below(subject.shelf, subject.key, operation.rule.resource) if subject else ()
    last = next((dig(each, speaker.source.steps) for each in store.newest(shelf, 0, 1)), ABSENT) if shelf else ABSENT
    if any(dig(agent, at) == last for agent in agents for at in places):
        return {speaker.source: last}
    named = (value for agent in agents for at in places if isinstance(value := dig(agent, at), str) and value)
    return {speaker.source: next(named, next(iter(gateway.world.agents.known), "agent"))}


def _input(mount: Mount, schema: Schema, said: str, beside: Places) -> dict[Source, Any] | None:
    """Where the text stands in the body of a run, and in which form; None where the run does not take it."""
    agent = mount.contract.profile.agent
    if agent is None:
        return None
    word = next((word for word, role in agent.input.roles.items() if role == "user"), "user")
    known = all_properties(schema)
    for source in (*_places(agent.input.content), *_places(agent.input.otherwise)):
        if source.steps[0] not in known:
            continue
        for value in _forms(source, said, word):
            body: dict[str, Any] = {}
            for place, each in {**beside, source: value}.items():
                put(body, place.steps, each)
            made = completed(schema, body, Ids(0), Clock())
            if checker(schema).valid(made) and dig(made, source.steps) == value:
                return {source: value}
    return None


def _forms(source: Source, said: str, word: str) -> list[Any]:
    """The forms in which a place may hold a text, the likeliest first: a name in the plural means messages."""
    part = {"type": "text", "text": said}
    roles = dict.fromkeys((word, "user"))
    messages = [{"role": role, "content": content} for role in roles for content in (said, [part])]
    typed = [{"type": role, "content": said} for role in roles]
    several = [[each] for each in (*messages, *typed)]
    one = [said, *messages, *typed]
    return [*several, *one] if source.steps[-1].endswith("s") else [*one, *several]


def _places(setting: Setting | None) -> Iterator[Source]:
    """The places of a body that a setting reads."""
    while setting is not None:
        for source in setting.sources:
            yield from (each for each in (source, *source.others) if each.place == "body" and each.steps)
        for _, inner in setting.members:
            yield from _places(inner)
        setting = setting.otherwise
