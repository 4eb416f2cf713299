"""The agent that a run is about: the one that was asked for, else the only one that the target lists."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from threadmock.contracts.cases.case import Case, redraw
from threadmock.contracts.cases.families import lists
from threadmock.contracts.cases.references import AgentPlace, agent_places, schema_at
from threadmock.contracts.target.tags import tags_in
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.schemas.validation import checker

ListItems = Callable[[Operation], list[Any] | None]


@dataclass(frozen=True)
class ChosenAgent:
    """The agent that requests name.

    name: as people say it; "" where a contract speaks of none. members: what is known of it, by member. how: why it is
    this one, for people. given: it was asked for. listed: the names of all that the target lists. empty: it has a list
    that holds none, so that one has to be created before a run can name it.
    """

    name: str = ""
    members: Mapping[str, Any] = field(default_factory=dict)
    how: str = ""
    given: bool = False
    listed: tuple[str, ...] = ()
    empty: bool = False

    def value(self, operation: Operation, place: AgentPlace) -> Any:
        """What a place holds that names the agent; None where that is not known."""
        known = next((self.members[member] for member in place.by if member in self.members), None)
        found = known if known is not None else self.name or None
        schema = schema_at(operation, place.source)
        if isinstance(found, str) and schema is not None and not checker(schema).valid(found) and found.isdecimal():
            return int(found)
        return found

    def named_in(self, case: Case, place: AgentPlace) -> Case:
        """The case with the agent that was asked for, where agents are no things that a target lists."""
        member = place.source.steps[0]
        named = isinstance(case.value, dict) and member in case.value and not case.form
        if not (self.given and named and case.intent == "valid" and place.source.place == "body"):
            return case
        return redraw(case, **{member: self.value(case.operation, place)})

    @property
    def several(self) -> bool:
        """Whether the target lists several, and nobody said which."""
        return not self.given and len(self.listed) > 1


@dataclass(frozen=True)
class _Kind:
    """How a contract speaks of agents. key: the member that identifies one. name: the one that says which it is."""

    resource: str
    key: str
    name: str


def choose_agent(contract: Contract, wanted: str | None, list_items: ListItems) -> ChosenAgent:
    """The agent that a run is about.

    wanted: its name or key, where one was asked for. list_items: all that a list of the target shows, or None.
    """
    kind = _kind(contract)
    if kind is None:
        return (
            ChosenAgent(wanted, how="asked for", given=True) if wanted and speaks_of_agents(contract) else ChosenAgent()
        )
    listing = next(iter(lists(contract, kind.resource)), None)
    items = list_items(listing) if listing is not None else None
    known = [item for item in items or () if isinstance(item, dict) and item.get(kind.name) and not tags_in(item)]
    names = tuple(dict.fromkeys(str(item[kind.name]) for item in known))
    if wanted:
        return _asked_for(wanted, kind, known, names)
    default = _default(contract, kind)
    if len(names) == 1:
        how = "the only one that the target lists"
        return ChosenAgent(names[0], _members(known, kind), how, listed=names)
    if names:
        name = default if default in names else names[0]
        return ChosenAgent(
            name, _members([i for i in known if i[kind.name] == name], kind), "one of several", listed=names
        )
    how = f"the contract's own; the target {'has no list' if items is None else 'lists none'}"
    return ChosenAgent(default, {kind.name: default} if default else {}, how, empty=items is not None)


def speaks_of_agents(contract: Contract) -> bool:
    """Whether any request of a contract names an agent."""
    return any(agent_places(operation) for operation in contract.operations)


def own_agent(contract: Contract) -> str:
    """The name of the agent that a contract has from the beginning; "" where it has none."""
    kind = _kind(contract)
    return _default(contract, kind) if kind else ""


def naming_runs(operations: Iterable[Operation]) -> list[Operation]:
    """Those operations that start a run of an agent that the request names, of agents that are things."""
    return [o for o in operations if o.rule.traits.starts_run and any(place.resource for place in agent_places(o))]


def _kind(contract: Contract) -> _Kind | None:
    """From a run that says by what an agent is found, else from what else names one."""
    for operation in contract.operations:
        speaker = operation.rule.run.agent if operation.rule.run else None
        if speaker is not None and speaker.resource and speaker.by:
            return _Kind(speaker.resource, _key(contract, speaker.resource), speaker.name or speaker.by[-1])
    for operation in contract.operations:
        for place in agent_places(operation):
            if place.resource and place.by:
                return _Kind(place.resource, _key(contract, place.resource), place.by[-1])
    return None


def _key(contract: Contract, resource: str) -> str:
    found = (o.rule.key.member for o in contract.operations if o.rule.resource == resource and o.rule.key)
    return next(found, "")


def _default(contract: Contract, kind: _Kind) -> str:
    for made in contract.profile.initial:
        setting = made.set.get(kind.name) if made.resource == kind.resource else None
        if setting is not None and setting.kind == "value":
            return str(setting.value)
    return ""


def _members(items: Sequence[Mapping[str, Any]], kind: _Kind) -> dict[str, Any]:
    """What is known of the one agent of a name; of several things of that name, only that."""
    if len(items) == 1:
        return dict(items[0])
    return {kind.name: items[0][kind.name]}


def _asked_for(wanted: str, kind: _Kind, known: Sequence[Mapping[str, Any]], names: tuple[str, ...]) -> ChosenAgent:
    named = [item for item in known if str(item[kind.name]) == wanted]
    if by_key := [item for item in known if str(item.get(kind.key, "")) == wanted]:
        return ChosenAgent(wanted, dict(by_key[0]), "asked for", given=True, listed=names)
    if named:
        return ChosenAgent(wanted, _members(named, kind), "asked for", given=True, listed=names)
    how = f"asked for, though the target lists: {', '.join(names)}" if names else "asked for"
    member = kind.key if _is_uuid(wanted) and kind.key else kind.name
    return ChosenAgent(wanted, {member: wanted}, how, given=True, listed=names)


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
