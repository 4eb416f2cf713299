"""A provider's agent, ready to be used: what each beat changes, and the events of each format."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from threadmock.mockserver.rules.conditions import holds
from threadmock.mockserver.rules.recipes import Members, Recipe, compile_members, compile_recipe
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.rules.values import Maker, compile_setting
from threadmock.specs.behaviour.agent import Agent, Change, Event, Format
from threadmock.specs.behaviour.setting import When
from threadmock.specs.contract import Contract
from threadmock.specs.schemas.validation import checker


@dataclass(frozen=True, eq=False)
class Effect:
    """A `Change`, compiled."""

    run: Members
    makes: tuple[Recipe, ...]
    latest: Members
    thread: Members
    when: When


@dataclass(frozen=True, eq=False)
class WireEvent:
    """An `Event`, compiled. number: its place in its format, by which it is told from others of one beat."""

    name: str
    data: Maker | None
    raw: str
    modes: frozenset[str]
    when: When
    each: Maker | None
    fits: Callable[[Any], bool] | None
    number: int


@dataclass(frozen=True, eq=False)
class WireFormat:
    """A `Format`, compiled. events: by kind of beat."""

    rule: Format
    events: Mapping[str, tuple[WireEvent, ...]]


@dataclass(frozen=True, eq=False)
class Cast:
    """An `Agent`, compiled. joined: names of the formats in which a run can be joined."""

    agent: Agent
    effects: Mapping[str, tuple[Effect, ...]]
    formats: Mapping[str, WireFormat]
    results: Mapping[str, Maker]
    content: Maker | None
    otherwise: Maker | None
    again: Maker | None = None
    joined: frozenset[str] = frozenset()


@lru_cache(maxsize=64)
def cast_of(contract: Contract) -> Cast:
    """The cast of a contract. ValueError where it has no agent."""
    agent = contract.profile.agent
    if agent is None:
        raise ValueError(f"{contract.name} has runs and no `agent` that says how they go")
    hears = agent.hears
    return Cast(
        agent,
        {kind: tuple(map(_effect, changes)) for kind, changes in agent.changes.items()},
        {name: _format(each) for name, each in agent.formats.items()},
        {end: compile_setting(setting) for end, setting in agent.results.items()},
        compile_setting(hears.content) if hears.content else None,
        compile_setting(hears.otherwise) if hears.otherwise else None,
        compile_setting(hears.again) if hears.again else None,
        frozenset(_joined(contract, agent)),
    )


def _joined(contract: Contract, agent: Agent) -> Iterator[str]:
    for operation in contract.operations:
        rule = operation.rule.run
        if operation.rule.action == "join" and rule and not rule.follow_thread:
            yield from (way.format or next(iter(agent.formats)) for way in rule.respond if way.how == "stream")


def _effect(change: Change) -> Effect:
    return Effect(
        compile_members(change.run),
        tuple(map(compile_recipe, change.makes)),
        compile_members(change.latest),
        compile_members(change.thread),
        change.when,
    )


def _format(rule: Format) -> WireFormat:
    events: dict[str, list[WireEvent]] = {}
    for number, event in enumerate(rule.events):
        events.setdefault(event.on, []).append(_event(event, number))
    return WireFormat(rule, {kind: tuple(each) for kind, each in events.items()})


def _event(event: Event, number: int) -> WireEvent:
    return WireEvent(
        event.name,
        compile_setting(event.data) if event.data else None,
        event.raw,
        frozenset(event.modes),
        event.when,
        compile_setting(event.each) if event.each else None,
        checker(event.schema).valid if event.schema else None,
        number,
    )


def all_hold(when: When, tx: Transaction) -> bool:
    """Whether all conditions hold of a transaction; `stored` is its thing, `parent` its parent."""
    return all(holds(tx, tx.thing, place, steps, value) for place, steps, value in when)
