"""The things that a provider has from the start."""

from collections.abc import Iterator

from threadmock.mockserver.rules.recipes import compile_recipe, store_made
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.state.store import Shelf, Store
from threadmock.mockserver.world import World
from threadmock.specs.contract import Contract
from threadmock.specs.members import dig
from threadmock.specs.schemas.formats import write_date_time
from threadmock.specs.wire.messages import Request


def store_initial(contract: Contract, world: World) -> Iterator[tuple[Shelf, str]]:
    """Store the contract's initial things; shelf and key of each. A key among the members is the thing's key."""
    if not contract.profile.initial or not contract.operations:
        return
    now = world.clock.tick()
    for made in contract.profile.initial:
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
        )
        recipe = compile_recipe(made)
        thing = recipe.members.make(scope)
        key = str(dig(thing, recipe.member))
        shelf = (contract.name, made.resource)
        scope.key = key
        store_made(scope, recipe, shelf, thing)
        yield from _with_what_lies_below(world.store, shelf, key)


def _with_what_lies_below(store: Store, shelf: Shelf, key: str) -> Iterator[tuple[Shelf, str]]:
    yield shelf, key
    for below in [each for each in store.shelves() if each[2:] == (shelf[1], key)]:
        for inner, _ in store.items(below):
            yield from _with_what_lies_below(store, below, inner)
