"""Prerequisites: things that a request must name are created beforehand, through the contract's own creates.

A case holds placeholders where it names things; they are replaced by real keys when it is sent. What is sent to make
things is no case of the operation under test: it is not judged, and has a budget of its own.
"""

import contextlib
import random
import threading
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any

from threadmock.contracts.cases.about_things import destroys, ends_thing, linked_to
from threadmock.contracts.cases.agent_input import agent_input, body_with_text
from threadmock.contracts.cases.case import Case, base_value, case_with_body, chosen_key, key_member, plain_value
from threadmock.contracts.cases.encoding import text_of
from threadmock.contracts.cases.families import demanded, demanded_below, makers, named_by, other_names, parents
from threadmock.contracts.cases.placeholders import add_placeholder, fill_placeholder, name_parents
from threadmock.contracts.cases.references import (
    AgentPlace,
    Reference,
    agent_places,
    cursors,
    named_key,
    needs_some,
    placeholder,
    references,
    schema_at,
    unknown_key,
)
from threadmock.contracts.cases.request_values import value_in
from threadmock.contracts.target.accepted_members import AcceptedMembers
from threadmock.contracts.target.agents import ChosenAgent, choose_agent
from threadmock.contracts.target.answers import CreatedThing, describe_response, items_in, json_of, read_thing
from threadmock.contracts.target.exchange import Exchange
from threadmock.contracts.target.run_budget import RUNS_OFF, starts_runs
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.members import ABSENT, dotted
from threadmock.specs.wire.strictjson import dump_json

MOST_FAILURES = 2
_GONE = (404, 410)
SLOWLY = "/slow Say something."
"""The text for a run that is a prerequisite: with our own scripts it goes on for a while."""


class NotCreated(NotSent):
    """What the request has to name could not be made."""


class Prerequisites:
    """The things that the cases of one operation name. Safe to use from several threads.

    send: one case to the target, counted against a budget of its own. choose: where random keys come from. forbidden:
    operations that may not be asked. agent: says which one requests name; None to look at what the target lists.
    accepted: what is known of the optional members that creates take.
    """

    def __init__(  # noqa: PLR0913 - the outside, injected by name
        self,
        contract: Contract,
        send: Callable[[Case], Exchange],
        choose: random.Random,
        *,
        forbidden: Callable[[Operation], bool] | None = None,
        agent: Callable[[], ChosenAgent] | None = None,
        accepted: AcceptedMembers | None = None,
    ) -> None:
        self.contract = contract
        self._send = send
        self._choose = choose
        self._forbidden = forbidden or (lambda _: False)
        self._accepted = accepted or AcceptedMembers()
        self._things: dict[tuple[str, frozenset[str], frozenset[tuple[str, str]]], CreatedThing] = {}
        self._failures: dict[str, list[str]] = {}
        self._made: dict[tuple[str, str], CreatedThing] = {}
        self._agent = agent or partial(choose_agent, contract, None, self._listed)
        self._chosen: ChosenAgent | None = None
        self._changing = threading.RLock()
        self._near: Operation | None = None

    def near(self, operation: Operation) -> "Prerequisites":
        """The same for an operation whose things lie where its own path says, though nothing makes what lies above."""
        own = copy(self)
        own._near = operation  # noqa: SLF001 - of this class
        return own

    def _above(self, resource: str) -> frozenset[str]:
        """What the operation's own path names above a thing of a resource."""
        near = self._near
        return frozenset(parents(near)) if near and near.rule.resource == resource else frozenset()

    def _makers(self, resource: str, within: Iterable[str] = ()) -> list[Operation]:
        """The operations that make a thing below these parents and may be asked."""
        found = [maker for maker in makers(self.contract, resource, within) if not self._forbidden(maker)]
        above = self._above(resource)
        return [maker for maker in found if above <= set(parents(maker))] or found

    def _nothing_makes(self, resource: str) -> str:
        dear = any(map(starts_runs, makers(self.contract, resource)))
        return f"nothing makes a {resource}" + (f" ({RUNS_OFF})" if dear else "")

    def lacking(self, operation: Operation) -> str:
        """Why an operation can't be tested beyond unknown ids; "" where what it names can be made."""
        given: list[str] = []
        for name in references(operation):
            if name.strict and not self._makers(name.resource, given):
                return self._nothing_makes(name.resource)
            given.append(name.resource)
        if needs_some(operation) and not self._makers(operation.rule.resource, given):
            return self._nothing_makes(operation.rule.resource)
        return ""

    def resolve(self, case: Case) -> Case:
        """The case with real keys for its placeholders, and whether all that it names is there. NotSent where not."""
        operation = case.operation
        case, known_agent = self._with_agent(self._accepted.with_new_texts(case))
        if case.standing:
            return case
        with self._changing:
            given: dict[str, Any] = {}
            unknown = not known_agent or any(value_in(case, source) is not ABSENT for source in cursors(operation))
            unfilled: list[Reference] = []
            for name in references(operation):
                case, known = self._fill(case, name, given)
                unfilled += [] if known else [name]
            around = self._around(given)
            case = name_parents(case, around)
            unknown = unknown or any(
                each.resource not in around or text_of(value_in(case, each.source)) != text_of(around[each.resource])
                for each in unfilled
            )
            if needs_some(operation) and not unknown:
                unknown = not self._makers(operation.rule.resource, given)
                if not unknown:
                    self.get(operation.rule.resource, given)
        return replace(case, standing="unknown" if unknown else "there" if given else "")

    def _around(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What else is known of where things lie: resource to key."""
        things = (self._made.get((resource, str(key))) for resource, key in given.items())
        return {each: key for made in things if made for each, key in made.parents.items() if each not in given}

    def _fill(self, case: Case, name: Reference, given: dict[str, Any]) -> tuple[Case, bool]:
        """The case with a real key in one place, and whether the thing named there is known to be there."""
        operation = case.operation
        value, standing = value_in(case, name.source), placeholder(operation, name.source)
        if value is ABSENT:
            return case, True
        loose = not (name.strict or _is_guessed(operation))
        repeated = value if isinstance(value, list) and name.source.place == "query" else [value]
        if str(standing) not in map(str, repeated):
            return case, loose
        if self._makers(name.resource, given):
            thing = self.get(name.resource, given, demanded(operation, name, self._value_of))
            key = given[name.resource] = thing.key
            if name.own and (member := named_by(self.contract, operation)):
                key = dotted(thing.shown, member)
                if not isinstance(key, str | int):
                    return case, False
        elif name.strict:
            key = self.unknown_key(operation, name)
            key = standing if key is None else key
            loose = False
        else:
            return case, loose
        case = fill_placeholder(case, name.source, standing, key, linked_to(operation, name))
        return case, name.resource in given or loose

    def _with_agent(self, case: Case) -> tuple[Case, bool]:
        """The case with a real agent where its placeholder stood, and whether the agents that it names are known."""
        known = True
        for place in agent_places(case.operation):
            if not place.resource:
                case = self.chosen.named_in(case, place)
            elif isinstance(case.value, list):
                case, found = self._with_agents(case, place)
                known = known and found
            else:
                standing, value = placeholder(case.operation, place.source), value_in(case, place.source)
                if value is not ABSENT and text_of(value) == text_of(standing):
                    case = fill_placeholder(case, place.source, standing, self.agent(case.operation, place))
                else:
                    known = known and value is ABSENT
        return case, known

    def _with_agents(self, case: Case, place: AgentPlace) -> tuple[Case, bool]:
        """The case with the agent in each item of its body."""
        if case.intent != "valid" or not all(isinstance(item, dict) for item in case.value):
            return case, False
        name = self.agent(case.operation, place)
        value = [{**item, place.source.steps[0]: name} for item in case.value]
        return replace(case, value=value, request=replace(case.request, body=dump_json(value))), True

    def agent(self, operation: Operation, place: AgentPlace | None = None) -> Any:
        """What requests of an operation hold to name the agent.

        place: where; None for what the parameters of a command hold. One is created where the target lists none.
        """
        speaker = operation.rule.run.agent if operation.rule.run else None
        if place is None:
            by = (*speaker.by, speaker.name) if speaker else ()
            place = AgentPlace(
                speaker.source if speaker else Source("body", ("agent",)), by, speaker.resource if speaker else ""
            )
        chosen = self.chosen
        if chosen.empty and not chosen.given and operation.rule.traits.starts_run:
            with contextlib.suppress(NotCreated):
                return self.get(place.resource, {}).key
        found = chosen.value(operation, place)
        return placeholder(operation, place.source) if found is None else found

    @property
    def chosen(self) -> ChosenAgent:
        """The agent that requests name."""
        with self._changing:
            if self._chosen is None:
                self._chosen = self._agent()
            return self._chosen

    def _listed(self, operation: Operation) -> list[Any] | None:
        """The things that the first page of a list shows; None where there is none."""
        exchange = self._send(case_with_body(operation, base_value(operation), "the agents"))
        return items_in(operation.rule.listing, json_of(exchange))

    def unknown_key(self, operation: Operation, name: Reference) -> Any:
        """A valid key that nothing has; None where none was found."""
        return unknown_key(operation, name.source, self._choose.getrandbits(62))

    def get(self, resource: str, within: Mapping[str, Any], members: Mapping[str, Any] | None = None) -> CreatedThing:
        """The thing of a resource below these parents that cases share; made, with these members, where there is none.

        NotSent where it could not be made.
        """
        place = (resource, self._above(resource), frozenset((parent, str(key)) for parent, key in within.items()))
        with self._changing:
            if place not in self._things:
                self._things[place] = self._dear(resource, within) or self.make(
                    resource, within, {**self.demands(resource), **(members or {})}
                )
            return self._things[place]

    def _dear(self, resource: str, within: Mapping[str, Any]) -> CreatedThing | None:
        """A thing that costs a run, and lies in these parents and others."""
        dear = any(maker.rule.traits.starts_run for maker in self._makers(resource))
        found = (thing for thing in self._things.values() if dear and thing.resource == resource)
        return next((thing for thing in found if within.items() <= thing.parents.items()), None)

    def make(
        self, resource: str, within: Mapping[str, Any] | None = None, members: Mapping[str, Any] | None = None
    ) -> CreatedThing:
        """A new thing, with these members in its request where they may be there. NotSent where it could not be."""
        within = within or {}
        known = self._failures.setdefault(resource, [])
        if len(known) >= MOST_FAILURES:
            raise NotCreated(known[-1])
        reason = self._nothing_makes(resource)
        for maker in self._makers(resource, within):
            for given in [self.usable(maker, members or {}), {}][: 2 if members else 1]:
                exchange, parents = self._create(maker, within, given)
                made = read_thing(self.contract, exchange, parents)
                if made is not None:
                    self._made[resource, str(made.key)] = made
                    return made
            reason = f"{maker} was answered {describe_response(exchange)}"
        known.append(f"no {resource} could be made: {reason}")
        raise NotCreated(known[-1])

    def _create(
        self, maker: Operation, within: Mapping[str, Any], members: Mapping[str, Any]
    ) -> tuple[Exchange, dict[str, Any]]:
        """Ask for a thing; with other texts once more, where one is there with the same."""
        case, parents = self.request(maker, within, members)
        exchange = self._send(self._accepted.with_new_texts(case))
        if self._accepted.note_create(exchange):
            exchange = self._send(self._accepted.with_new_texts(case))
            self._accepted.note_create(exchange)
        return exchange, parents

    def usable(self, maker: Operation, members: Mapping[str, Any]) -> dict[str, Any]:
        """The members without such as the create refuses, which is found out where it is not known. NotSent."""
        base = base_value(maker)
        if not isinstance(base, dict) or self._forbidden(maker):
            return dict(members)
        more = {name: value for name, value in members.items() if name not in base or base[name] != value}
        # A run that is started to try something costs what a run costs.
        if maker.rule.action == "create":
            with self._changing:
                self._accepted.learn(maker, more, lambda given: self._send(self.request(maker, {}, given)[0]))
        taken = self._accepted.without_refused(maker, more)
        return {name: taken.get(name, base.get(name)) for name in members if name in taken or name in base}

    def request(
        self, maker: Operation, within: Mapping[str, Any], members: Mapping[str, Any] | None = None
    ) -> tuple[Case, dict[str, Any]]:
        """A request that makes a thing below these parents, and all the parents that it has. NotSent."""
        value = base_value(maker) if maker.rule.run is None else body_with_text(self.contract, maker, SLOWLY)
        value = plain_value(maker) if value is ABSENT and members else value
        chosen = key_member(maker)
        if isinstance(value, dict):
            sample = value.get(chosen) if chosen else None
            value = {**value, **self._accepted.without_refused(maker, members or {})}
            # a second thing of the same name is refused, or nobody knows which of them is meant
            names = [name for name in other_names(self.contract, maker.rule.resource) if name in value]
            value |= {name: own for name in names if (own := self._of_its_own(maker, name)) is not None}
            if chosen and chosen in value and value[chosen] == sample:
                value[chosen] = chosen_key(maker)
        case = case_with_body(maker, value, f"a {maker.rule.resource or 'thing'} to be used")
        parents: dict[str, Any] = {}
        loose: list[Reference] = []
        for name in references(maker):
            standing = placeholder(maker, name.source)
            if value_in(case, name.source) is ABSENT:
                if name.resource not in within and not self._makers(name.resource, parents):
                    continue
                # An optional parent is named, too, so that the thing is found below it.
                case = add_placeholder(case, name.source, standing)
            if name.own:
                key = self.unknown_key(maker, name)
                if key is None:  # one of a few names that the document lists: the first of them stands there already
                    continue
            elif name.resource in within or self._makers(name.resource, parents):
                key = within.get(name.resource) or self.get(name.resource, parents).key
                parents[name.resource] = key
            else:
                loose.append(name)
                continue
            case = fill_placeholder(case, name.source, standing, key, linked_to(maker, name))
        around = self._around({**within, **parents})
        case, parents = name_parents(case, around), {**parents, **around}
        for name in loose:  # nothing makes it: the thing lies where its request says
            named = value_in(case, name.source)
            parents[name.resource] = named_key(maker, name.source, named if isinstance(named, list) else [named])
        self._create_input(maker, parents)
        return replace(self._with_agent(case)[0], standing="there"), parents

    def _create_input(self, maker: Operation, parents: Mapping[str, Any]) -> None:
        """Create the input of a run, where its agent reads what lies below the thread."""
        agent = self.contract.profile.agent
        said = agent_input(self.contract, maker, SLOWLY) if maker.rule.run else None
        if said and said.piece and agent:
            self.make(agent.piece, parents, said.piece)

    def demands(self, resource: str) -> dict[str, Any]:
        """Members that a thing has to hold, so that every operation below it is met by it."""
        made = demanded_below(self.contract, resource, self._value_of)
        for member in other_names(self.contract, resource):
            found = (self._of_its_own(maker, member) for maker in self._makers(resource))
            own = next((value for value in found if value is not None), None)
            made |= {} if own is None else {member: own}
        return made

    def _of_its_own(self, maker: Operation, member: str) -> Any:
        """A value of a member that no other thing has; None where the create does not take the member."""
        place = Source("body", (member,))
        return unknown_key(maker, place, self._choose.getrandbits(62)) if schema_at(maker, place) else None

    def _value_of(self, member: str) -> Any:
        """The value of a member: of the agent, else in what a provider has from the beginning; else any text."""
        if member in self.chosen.members:
            return self.chosen.members[member]
        for made in self.contract.profile.initial:
            if member in made.set and made.set[member].kind == "value":
                return made.set[member].value
        return f"{member}-text"

    def note_effect(self, exchange: Exchange) -> bool:
        """Note what an exchange did to the things that its case named. Whether things were given up."""
        case = exchange.case
        self._accepted.note_create(exchange)
        status = exchange.response.status if exchange.response else 0
        accepted = 200 <= status < 300
        with self._changing:
            if case.standing == "there" and status in _GONE and case.intent == "valid":
                given_up = bool(self._things)
                self._things.clear()
                return given_up
            if accepted and (destroys(case) or ends_thing(case)):
                resource = case.operation.rule.resource
                ended = [at for at, each in self._things.items() if resource in (each.resource, *each.parents)]
                for place in ended:
                    del self._things[place]
                return bool(ended)
        return False


def _is_guessed(operation: Operation) -> bool:
    rule = operation.rule
    return rule.inferred or (rule.within is not None and rule.within.evidence == "assumed")
