"""A provider's agent, compiled: what each beat changes, and the events of each format."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from threadmock.mockserver.rules.conditions import Predicate, compile_when
from threadmock.mockserver.rules.recipes import Members, Recipe, compile_members, compile_recipe
from threadmock.mockserver.rules.sources import Maker, fetch
from threadmock.mockserver.rules.values import compile_setting
from threadmock.specs.behaviour.agent import Agent, Change, Event, Format
from threadmock.specs.behaviour.setting import Setting
from threadmock.specs.contract import Contract
from threadmock.specs.schemas.validation import checker


@dataclass(frozen=True, eq=False)
class CompiledChange:
    """A `Change`, compiled. holds: whether its conditions do."""

    run: Members
    makes: tuple[Recipe, ...]
    latest: Members
    thread: Members
    holds: Predicate


@dataclass(frozen=True, eq=False)
class CompiledEvent:
    """An `Event`, compiled. items: its `each` as it is written.

    number: its position in its format, which distinguishes it from others of one beat.
    """

    name: str
    data: Maker | None
    raw: str
    modes: frozenset[str]
    unless: frozenset[str]
    holds: Predicate
    each: Maker | None
    fits: Callable[[Any], bool] | None
    number: int
    items: Setting | None = None


@dataclass(frozen=True, eq=False)
class CompiledFormat:
    """A `Format`, compiled. events: by kind of beat. numbered: as in `Format`; None where all of its events are.

    nested: whether what happens inside of a node is told; None where that is told as all else.
    """

    rule: Format
    events: Mapping[str, tuple[CompiledEvent, ...]]
    numbered: Maker | None
    nested: Maker | None = None

    def name_of(self, event: "CompiledEvent", nodes: Sequence[str]) -> str:
        """The name of an event that happened inside of these nodes."""
        nested = self.rule.nested
        if nested is None or event.name in (*nested.bare, *nested.always):
            return event.name
        return nested.joint.join((event.name, *nodes))


@dataclass(frozen=True, eq=False)
class CompiledAgent:
    """An `Agent`, compiled. joined: names of the formats in which a run can be joined. For the others see there."""

    rule: Agent
    changes: Mapping[str, tuple[CompiledChange, ...]]
    formats: Mapping[str, CompiledFormat]
    results: Mapping[str, Maker]
    content: Maker | None
    otherwise: Maker | None
    again: Maker | None = None
    step: Maker | None = None
    pending: Maker | None = None
    joined: frozenset[str] = frozenset()

    @property
    def nests(self) -> bool:
        """Whether a part of an agent is told as a graph of its own."""
        return any(each.nested for each in self.formats.values())


@lru_cache(maxsize=64)
def agent_of(contract: Contract) -> CompiledAgent:
    """The compiled agent of a contract. ValueError where it has none."""
    agent = contract.profile.agent
    if agent is None:
        raise ValueError(f"{contract.name} has runs and no `agent` that says how they go")
    given = agent.input
    return CompiledAgent(
        rule=agent,
        changes={kind: tuple(map(_compile_change, changes)) for kind, changes in agent.changes.items()},
        formats={name: _compile_format(each) for name, each in agent.formats.items()},
        results={end: compile_setting(setting) for end, setting in agent.results.items()},
        content=compile_setting(given.content) if given.content else None,
        otherwise=compile_setting(given.otherwise) if given.otherwise else None,
        again=compile_setting(given.again) if given.again else None,
        pending=compile_setting(given.pending) if given.pending else None,
        step=compile_setting(agent.step) if agent.step else None,
        joined=frozenset(_joined(contract, agent)),
    )


def _joined(contract: Contract, agent: Agent) -> Iterator[str]:
    for operation in contract.operations:
        rule = operation.rule.run
        if operation.rule.action == "join" and rule and not rule.follow_thread:
            yield from (each.format or next(iter(agent.formats)) for each in rule.respond if each.how == "stream")


def _compile_change(change: Change) -> CompiledChange:
    return CompiledChange(
        run=compile_members(change.run),
        makes=tuple(map(compile_recipe, change.makes)),
        latest=compile_members(change.latest),
        thread=compile_members(change.thread),
        holds=compile_when(change.when),
    )


def _compile_format(rule: Format) -> CompiledFormat:
    events: dict[str, list[CompiledEvent]] = {}
    for number, event in enumerate(rule.events):
        if not event.optional:
            events.setdefault(event.on, []).append(_compile_event(event, number))
    return CompiledFormat(
        rule,
        {kind: tuple(each) for kind, each in events.items()},
        fetch(rule.numbered) if rule.numbered else None,
        fetch(rule.nested.by) if rule.nested else None,
    )


def _compile_event(event: Event, number: int) -> CompiledEvent:
    return CompiledEvent(
        name=event.name,
        data=compile_setting(event.data) if event.data else None,
        raw=event.raw,
        modes=frozenset(event.modes),
        unless=frozenset(event.unless),
        holds=compile_when(event.when),
        each=compile_setting(event.each) if event.each else None,
        fits=checker(event.schema).valid if event.schema else None,
        number=number,
        items=event.each,
    )
