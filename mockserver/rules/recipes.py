"""Things made by settings: recipes, members set on what is there, and what is created along with another thing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from threadmock.mockserver.rules.as_node import CompiledAsNode, compile_as_node
from threadmock.mockserver.rules.outcome import Unfit
from threadmock.mockserver.rules.scope import Scope, shelf_below
from threadmock.mockserver.rules.sources import Maker, fetch
from threadmock.mockserver.rules.values import compile_setting
from threadmock.mockserver.state.store import Shelf, Thing, below
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
    as_node: CompiledAsNode | None = None


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
        as_node=compile_as_node(made.as_node),
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


def create_thing(scope: Scope, recipe: Recipe, *, key: str = "", shelf: Shelf = ()) -> Thing:
    """Make one thing and store it. key: its key, where that is known; shelf: where to, if not where its like are."""
    own = replace(scope, key=key or new_key(scope, recipe))
    if not (shelf or recipe.parent or key):
        own.parent, own.parent_key = scope.thing, scope.key
    shelf = shelf or _shelf_of(scope, recipe, key)
    own.latest = next(iter(scope.store.newest(shelf, 0, 1)), None)
    return store_made(own, recipe, shelf, new_thing(own, recipe))


def _shelf_of(scope: Scope, recipe: Recipe, key: str) -> Shelf:
    """Where a recipe's things are: below the parent that it names; of a known key alone; else below the scope's."""
    if recipe.parent:
        resource, read = recipe.parent
        return (scope.contract.name, recipe.resource, resource, str(read(scope)))
    return (scope.contract.name, recipe.resource) if key else shelf_below(scope, recipe.resource)


def store_made(scope: Scope, recipe: Recipe, shelf: Shelf, thing: Thing) -> Thing:
    """Store a recipe's thing under the scope's key, and make what is made below it. The thing that is there then."""
    there = scope.store.insert(shelf, scope.key, thing)
    if there is not None:
        return there
    for inner in recipe.also:
        own = replace(scope, thing=None, parent=thing, parent_key=scope.key, latest=None)
        own.key = new_key(own, inner)
        store_made(own, inner, below(shelf, scope.key, inner.resource), new_thing(own, inner))
    return thing


def create_also(scope: Scope, recipes: Iterable[Recipe], shelf: Shelf) -> None:
    """Create what a rule creates along with the thing that was just stored; recipes may change that thing, too.

    Unfit where one of them can't be made; then none is, and the thing is as it was.
    """
    for recipe in recipes:
        if recipe.when is not None and recipe.when(scope) in (ABSENT, None):
            continue
        items = recipe.each(scope) if recipe.each is not None else [None]
        if recipe.as_node is not None:
            _create_states(scope, recipe, recipe.as_node, items, shelf)
            continue
        for item in items if isinstance(items, list) else ():
            own = replace(scope, item=item)
            own.thing = create_thing(own, recipe)
            if recipe.touch:
                scope.thing = scope.store.update(shelf, scope.key, partial(recipe.touch.onto, own))


def _create_states(scope: Scope, recipe: Recipe, as_node: CompiledAsNode, items: Any, shelf: Shelf) -> None:
    """Create states as if nodes had made them, one after the other: all of them, or none."""
    store, before = scope.store, scope.thing
    states = shelf_below(scope, recipe.resource)
    there = {key for key, _ in store.items(states)}
    try:
        for number, item in enumerate(items if isinstance(items, list) else ()):
            own = replace(scope, item=item, parent=scope.thing, latest=next(iter(store.newest(states, 0, 1)), None))
            given = item if isinstance(item, Mapping) else {}
            own.item = {**given, **as_node.read(own), "later" if number else "first": True}
            own.thing = scope.thing
            own.thing = create_thing(own, recipe)
            scope.thing = store.update(shelf, scope.key, partial(recipe.touch.onto, own))
    except Unfit:
        for key in [key for key, _ in store.items(states) if key not in there]:
            store.delete(states, key)
        if before is not None:
            scope.thing = store.update(shelf, scope.key, lambda _: before)
        raise
