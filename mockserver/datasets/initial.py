"""The things that a provider has from the start."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from threadmock.mockserver.actions.plan import member_schema, shown_schema
from threadmock.mockserver.rules.declared_agents import as_item
from threadmock.mockserver.rules.generation import Ungeneratable, generate, sample
from threadmock.mockserver.rules.keys import compile_key
from threadmock.mockserver.rules.recipes import compile_recipe, store_made
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.state.store import Shelf, Store
from threadmock.mockserver.world import World
from threadmock.specs.behaviour.setting import Made
from threadmock.specs.contract import Contract, Operation, reply_media
from threadmock.specs.errors import SpecError
from threadmock.specs.members import ABSENT, dig, put, steps_of
from threadmock.specs.schemas.declared import properties, required, types_of
from threadmock.specs.schemas.formats import write_date_time
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.wire.messages import Request


def store_initial(contract: Contract, world: World) -> Iterator[tuple[Shelf, str]]:
    """Store the contract's initial things; shelf and key of each. A key among the members is the thing's key."""
    things = list(_things(contract, world))
    if not things or not contract.operations:
        return
    now = world.clock.tick()
    for made, item in things:
        scope = Scope(
            contract=contract,
            operation=contract.operations[0],
            request=Request("GET", "/"),
            body={},
            path_values={},
            parameters={},
            store=world.store,
            ids=world.ids,
            moment=now,
            stamp=write_date_time(now),
            item=item,
        )
        recipe = compile_recipe(made)
        try:
            thing = _whole(scope, made, recipe.members.make(scope), world)
        except Ungeneratable as error:
            if made.set:
                raise SpecError(f"The initial {made.resource} can't be made: {error}") from None
            continue  # one that nobody declared: the list begins empty
        key = str(dig(thing, recipe.member))
        shelf = (contract.name, made.resource)
        scope.key = key
        store_made(scope, recipe, shelf, thing)
        yield from _with_what_lies_below(world.store, shelf, key)


def _things(contract: Contract, world: World) -> Iterator[tuple[Made, Any]]:
    """What there is, with the item that its settings read: agents that a user declares stand in place of our own."""
    agent, agents = contract.profile.agent, world.scripts.declared
    declared = agent.declared if agent else ()
    replaced = {made.resource for made in declared} if agents else set()
    yield from ((made, None) for made in contract.profile.initial if made.resource not in replaced)
    yield from ((made, as_item(each)) for each in agents.values() for made in declared)


def _with_what_lies_below(store: Store, shelf: Shelf, key: str) -> Iterator[tuple[Shelf, str]]:
    yield shelf, key
    for below in [each for each in store.shelves() if each[2:] == (shelf[1], key)]:
        for inner, _ in store.items(below):
            yield from _with_what_lies_below(store, below, inner)


def _whole(scope: Scope, made: Made, thing: dict[str, Any], world: World) -> Mapping[str, Any]:
    """The thing with what its schema asks for beside; a plausible one with a new key, where nothing is set."""
    shown, schema = _shown(scope.contract, made.resource)
    if shown is None or schema is None:
        return thing
    steps, own = steps_of(made.key.member), properties(schema).get(made.key.member)
    members = {name: member_schema(schema, node) for name, node in properties(schema).items()}
    if not thing:
        found = sample(schema, world.ids, world.clock)
        thing = dict(found) if isinstance(found, Mapping) else {}
    if dig(thing, steps) is ABSENT or not made.set:
        types = types_of(schema, own)
        numbers = bool(types & {"integer", "number"}) and "string" not in types
        key = replace(made.key, otherwise="number" if numbers else "opaque")
        make = compile_key(scope.contract, shown, key, members)
        value = make(replace(scope, operation=shown, shelf=(scope.contract.name, made.resource)))
        put(thing, steps, int(value) if numbers else value)
    lacking = [name for name in properties(schema) if name in required(schema) - thing.keys()]
    return {**thing, **{name: generate(members[name], world.ids, world.clock, name) for name in lacking}}


def _shown(contract: Contract, resource: str) -> tuple[Operation | None, Schema | None]:
    """An operation that shows things of a resource, and the schema of one; a read rather than a list."""
    for action in ("read", "list"):
        for each in contract.operations:
            media = (
                reply_media(each, each.success)
                if (each.rule.resource, each.rule.action) == (resource, action)
                else None
            )
            if media is not None and media.schema is not None:
                return each, shown_schema(media.schema, each.rule)
    return None, None
