"""Things made by settings: recipes, members set on what is there, and what is created along with another thing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.rules.sources import Maker, fetch
from threadmock.mockserver.rules.values import compile_setting
from threadmock.mockserver.state.store import Shelf, Thing
from threadmock.specs.behaviour.setting import Made, Setting
from threadmock.specs.members import ABSENT, dig, put, steps_of


@dataclass(frozen=True, eq=False)
class Members:
    """Makers of members, each with the (dotted) name of its member."""

    makers: tuple[tuple[tuple[str, ...], Maker], ...]

    def __bool__(self) -> bool:
        return bool(self.makers)

    def make(self, scope: Scope) -> dict[str, Any]:
        """A new object of them."""
        return self.onto(scope, {})

    def onto(self, scope: Scope, before: Mapping[str, Any]) -> dict[str, Any]:
        """An object with them set anew; makers read the scope as it is, not what was set before."""
        made = dict(before)
        for steps, maker in self.makers:
            value = maker(scope)
            if value is not ABSENT:
                put(made, steps, value)
        return made

    def anew(self, scope: Scope, before: Mapping[str, Any]) -> dict[str, Any]:
        """An object with them set anew, those inside other objects only where those are there."""
        there = tuple(each for each in self.makers if isinstance(dig(before, each[0][:-1]), Mapping))
        return replace(self, makers=there).onto(scope, before)


def compile_members(settings: Mapping[str, Setting]) -> Members:
    """The makers of a mapping from (dotted) member to setting."""
    return Members(tuple((steps_of(name), compile_setting(setting)) for name, setting in settings.items()))


@dataclass(frozen=True, eq=False)
class Recipe:
    """How a thing is created along with another. parent: resource and reader of its parent's key; None: that thing."""

    resource: str
    member: tuple[str, ...]
    make_key: Maker
    opaque: bool
    members: Members
    parent: tuple[str, Maker] | None
    each: Maker | None
    when: Maker | None
    touch: Members
    also: tuple["Recipe", ...] = ()


def compile_recipe(made: Made) -> Recipe:
    """A `Made`, compiled."""
    return Recipe(
        resource=made.resource,
        member=steps_of(made.key.member),
        make_key=compile_setting(Setting("generate", made.key.otherwise)),
        opaque=made.key.otherwise == "opaque",
        members=compile_members(made.set),
        parent=(made.within.resource, fetch(made.within.source)) if made.within else None,
        each=fetch(made.each) if made.each else None,
        when=fetch(made.when) if made.when else None,
        touch=compile_members(made.touch),
        also=tuple(map(compile_recipe, made.also)),
    )


def new_key(scope: Scope, recipe: Recipe) -> str:
    """A key as the recipe makes one."""
    made: str = scope.ids.opaque(recipe.resource) if recipe.opaque else recipe.make_key(scope)
    return made


def new_thing(scope: Scope, recipe: Recipe) -> dict[str, Any]:
    """The thing of a recipe with the scope's key, not stored yet."""
    begun: dict[str, Any] = {}
    put(begun, recipe.member, scope.key)
    return recipe.members.onto(scope, begun)


def create_thing(scope: Scope, recipe: Recipe, *, key: str = "") -> Thing:
    """Make one thing and store it. key: its key, where that is known."""
    identifier = key or new_key(scope, recipe)
    own = replace(scope, key=identifier)
    if recipe.parent:
        resource, read = recipe.parent
        shelf: Shelf = (scope.contract.name, recipe.resource, resource, str(read(scope)))
    elif key:
        shelf = (scope.contract.name, recipe.resource)
    else:
        shelf = (scope.contract.name, recipe.resource, scope.operation.rule.resource, scope.key)
        own.parent, own.parent_key = scope.thing, scope.key
    own.latest = next(iter(scope.store.newest(shelf, 0, 1)), None)
    return store_made(own, recipe, shelf, new_thing(own, recipe))


def store_made(scope: Scope, recipe: Recipe, shelf: Shelf, thing: Thing) -> Thing:
    """Store a recipe's thing under the scope's key, and make what is made below it. The thing that is there then."""
    there = scope.store.insert(shelf, scope.key, thing)
    if there is not None:
        return there
    for inner in recipe.also:
        below: Shelf = (scope.contract.name, inner.resource, recipe.resource, scope.key)
        own = replace(scope, thing=None, parent=thing, parent_key=scope.key, latest=None)
        own.key = new_key(own, inner)
        store_made(own, inner, below, new_thing(own, inner))
    return thing


def create_also(scope: Scope, recipes: Iterable[Recipe], shelf: Shelf) -> None:
    """Create what a rule creates along with the thing that was just stored; recipes may change that thing, too."""
    for recipe in recipes:
        if recipe.when is not None and recipe.when(scope) in (ABSENT, None):
            continue
        items = recipe.each(scope) if recipe.each is not None else [None]
        for item in items if isinstance(items, list) else ():
            own = replace(scope, item=item)
            own.thing = create_thing(own, recipe)
            if recipe.touch:
                scope.thing = scope.store.update(shelf, scope.key, partial(recipe.touch.onto, own))
