"""Conditions on the request and on what is stored, compiled once for each rule, beat and event."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.rules.sources import fetch
from threadmock.mockserver.state.store import Thing
from threadmock.specs.behaviour.conditions import agrees, asks_of_store
from threadmock.specs.behaviour.rule import Condition
from threadmock.specs.behaviour.setting import Source, When
from threadmock.specs.members import ABSENT, dig, spread, steps_of

_YES = ("true", "yes", "1")
"""How clients spell a true in a query where the document lets a text stand for it."""

Test = Callable[[Scope, Thing | None], bool]
"""Whether a condition holds. The thing is what `stored` means."""
Predicate = Callable[[Scope], bool]


@dataclass(frozen=True, eq=False)
class CompiledCondition:
    """A `Condition`, compiled.

    tests: all of its parts but those on listed things. listed: member and wanted value of those. filters: sources that
    the condition names itself: listed things are looked for before these filters.
    """

    rule: Condition
    tests: tuple[Test, ...]
    listed: tuple[tuple[tuple[str, ...], Any], ...]
    filters: frozenset[Source]

    def holds(self, scope: Scope, thing: Thing | None) -> bool:
        """Whether all of its tests hold, of one of the items where it is about items."""
        some = self.rule.some
        if some is None:
            return all(test(scope, thing) for test in self.tests)
        whole = scope.body if some.place == "body" else scope.parameters
        items = (replace(scope, item=item) for item in spread(whole, some.steps))
        return any(all(test(own, thing) for test in self.tests) for own in items)


def compile_condition(rule: Condition) -> CompiledCondition:
    """A condition of a refusal."""
    return CompiledCondition(
        rule,
        tests=tuple(compile_test(*part) for part in rule.when if part[0] != "listed"),
        listed=tuple((steps, value) for place, steps, value in rule.when if place == "listed"),
        filters=frozenset(Source(place, steps) for place, steps, _ in rule.when if place in ("body", "query")),  # type: ignore[arg-type]
    )


def compile_when(when: When) -> Predicate:
    """Whether all conditions hold of a scope; `stored` is its thing, `parent` its parent."""
    tests = tuple(compile_test(*part) for part in when)
    if not tests:
        return lambda _: True
    if len(tests) == 1:
        only = tests[0]
        return lambda scope: only(scope, scope.thing)
    return lambda scope: all(test(scope, scope.thing) for test in tests)


def compile_test(place: str, steps: tuple[str, ...], wanted: Any) -> Test:
    """Whether the value at one place is what is wanted."""
    find = _finder(place, steps)
    agreed = _agreement(wanted)
    if place != "stored":
        return lambda scope, thing: agreed(scope, find(scope, thing))
    return lambda scope, thing: thing is not None and agreed(scope, find(scope, thing))


def _finder(place: str, steps: tuple[str, ...]) -> Callable[[Scope, Thing | None], Any]:
    if place == "stored":
        return lambda _, thing: dig(thing, steps)
    if place == "parent":
        return lambda scope, _: ABSENT if scope.parent is None else dig(scope.parent, steps)
    read = fetch(Source(place, steps))  # type: ignore[arg-type]  # the vocabulary has checked the place
    return lambda scope, _: read(scope)


def _agreement(wanted: Any) -> Callable[[Scope, Any], bool]:
    """Whether a value that was found is what is wanted."""
    if known := asks_of_store(wanted):
        places = [(resource, steps_of(member)) for resource, _, member in (each.partition(".") for each in known)]

        def is_unknown(scope: Scope, found: Any) -> bool:
            if found is ABSENT:
                return False
            everywhere, name = scope.store.everywhere, scope.contract.name
            return not any(
                dig(each, steps) == found for resource, steps in places for each in everywhere(name, resource)
            )

        return is_unknown

    def is_wanted(_: Scope, found: Any) -> bool:
        if wanted is True and isinstance(found, str):
            return found.lower() in _YES
        return agrees(None if found is ABSENT else found, wanted, there=found is not ABSENT)

    return is_wanted
