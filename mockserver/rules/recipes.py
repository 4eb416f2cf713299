"""Things made by settings: recipes, members set on what is there, and things made beside the one that was asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.rules.values import Maker, compile_setting, fetch
from threadmock.mockserver.state.store import Shelf, Thing
from threadmock.specs.behaviour.read_settings import steps_of
from threadmock.specs.behaviour.setting import Made, Setting
from threadmock.specs.contract import Contract
from threadmock.specs.members import ABSENT, dig, put
from threadmock.specs.schemas.formats import write_date_time
from threadmock.specs.wire.messages import Request

if TYPE_CHECKING:
    from threadmock.mockserver.actions.plan import Plan
    from threadmock.mockserver.world import World


@dataclass(frozen=True, eq=False)
class Members:
    """Makers of members, each with where its value goes."""

    makers: tuple[tuple[tuple[str, ...], Maker], ...]

    def __bool__(self) -> bool:
        return bool(self.makers)

    def make(self, tx: Transaction) -> dict[str, Any]:
        """A new object of them."""
        return self.onto(tx, {})

    def onto(self, tx: Transaction, before: Mapping[str, Any]) -> dict[str, Any]:
        """An object with them set anew; makers see the transaction as it is, not what was set before."""
        made = dict(before)
        for steps, maker in self.makers:
            value = maker(tx)
            if value is not ABSENT:
                put(made, steps, value)
        return made

    def anew(self, tx: Transaction, before: Mapping[str, Any]) -> dict[str, Any]:
        """An object with them set anew, those inside other objects only where those are there."""
        there = tuple(each for each in self.makers if isinstance(dig(before, each[0][:-1]), Mapping))
        return replace(self, makers=there).onto(tx, before)


def compile_members(settings: Mapping[str, Setting]) -> Members:
    """The makers of a mapping from (dotted) member to setting."""
    return Members(tuple((steps_of(name), compile_setting(setting)) for name, setting in settings.items()))


@dataclass(frozen=True, eq=False)
class Recipe:
    """How a thing is made beside another. parent: resource and reader of its parent's key; None: the thing itself."""

    resource: str
    member: tuple[str, ...]
    make_key: Maker
    opaque: bool
    members: Members
    parent: tuple[str, Maker] | None
    each: Maker | None
    when: Maker | None
    touch: Members


def compile_recipe(made: Made) -> Recipe:
    """A `Made`, ready to be followed."""
    return Recipe(
        made.resource,
        steps_of(made.key.member),
        compile_setting(Setting("generate", made.key.otherwise)),
        made.key.otherwise == "opaque",
        compile_members(made.set),
        (made.within.resource, fetch(made.within.source)) if made.within else None,
        fetch(made.each) if made.each else None,
        fetch(made.when) if made.when else None,
        compile_members(made.touch),
    )


def new_key(tx: Transaction, recipe: Recipe) -> str:
    """A key as the recipe makes one."""
    made: str = tx.world.ids.opaque(recipe.resource) if recipe.opaque else recipe.make_key(tx)
    return made


def new_thing(tx: Transaction, recipe: Recipe) -> dict[str, Any]:
    """The thing of a recipe under the transaction's key, not stored yet."""
    begun: dict[str, Any] = {}
    put(begun, recipe.member, tx.key)
    return recipe.members.onto(tx, begun)


def make_beside(tx: Transaction, recipe: Recipe, *, key: str = "") -> Thing:
    """Make and store one thing. key: its key, where that is known."""
    identifier = key or new_key(tx, recipe)
    own = replace(tx, key=identifier)
    if recipe.parent:
        resource, read = recipe.parent
        shelf: Shelf = (tx.contract.name, recipe.resource, resource, str(read(tx)))
    elif key:
        shelf = (tx.contract.name, recipe.resource)
    else:
        shelf = (tx.contract.name, recipe.resource, tx.operation.rule.resource, tx.key)
        own.parent, own.parent_key = tx.thing, tx.key
    own.latest = next(iter(tx.world.store.newest(shelf, 0, 1)), None)
    thing = new_thing(own, recipe)
    return tx.world.store.insert(shelf, identifier, thing) or thing


def make_all_beside(tx: Transaction, shelf: Shelf) -> None:
    """Follow every recipe of the operation's rule for the thing that was just stored; it changes as they say."""
    for recipe in tx.plan.beside:
        if recipe.when is not None and recipe.when(tx) in (ABSENT, None):
            continue
        items = recipe.each(tx) if recipe.each is not None else [None]
        for item in items if isinstance(items, list) else ():
            own = replace(tx, item=item)
            own.thing = make_beside(own, recipe)
            if recipe.touch:
                tx.thing = tx.world.store.update(shelf, tx.key, partial(recipe.touch.onto, own))


def furnish(contract: Contract, plan: "Plan", world: "World") -> Iterator[tuple[Shelf, str]]:
    """Store what is there before anybody made anything; where. A key among the members is the thing's key."""
    now = world.clock.tick()
    for made in contract.profile.initial:
        tx = Transaction(
            contract, plan.operation, plan, Request("GET", "/"), {}, {}, {}, world, now, write_date_time(now)
        )
        recipe = compile_recipe(made)
        thing = recipe.members.make(tx)
        key = str(dig(thing, recipe.member))
        shelf = (contract.name, made.resource)
        world.store.insert(shelf, key, thing)
        yield shelf, key
