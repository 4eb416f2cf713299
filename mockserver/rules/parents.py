"""Where an operation's things are stored: the parents that the request names, whether they exist, and the shelf."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.mockserver.rules.outcome import Refused
from threadmock.mockserver.rules.recipes import Members, Recipe, compile_recipe, create_thing
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.rules.sources import Maker, fetch
from threadmock.specs.behaviour.setting import Within
from threadmock.specs.contract import Operation
from threadmock.specs.members import ABSENT
from threadmock.specs.schemas.declared import nodes_of
from threadmock.specs.schemas.formats import canonical


@dataclass(frozen=True, eq=False)
class Parent:
    """A `Within`, compiled. above: its own parent, where the request names it."""

    resource: str
    read_key: Maker
    must_exist: bool
    is_uuid: bool
    above: "Parent | None"
    make: Recipe | None


def compile_parent(operation: Operation, within: Within | None) -> Parent | None:
    """The parent that a rule names; None where it names none."""
    if within is None:
        return None
    return Parent(
        resource=within.resource,
        read_key=fetch(within.source),
        must_exist=within.must_exist,
        is_uuid=within.source.place == "path" and is_uuid_parameter(operation, within.source.steps[0]),
        above=compile_parent(operation, within.within),
        make=compile_recipe(within.create) if within.create else None,
    )


def is_uuid_parameter(operation: Operation, name: str) -> bool:
    """Whether a path parameter is declared as a UUID."""
    return any(
        parameter.name == name
        and any(node.get("format") == "uuid" for node in nodes_of(parameter.schema, parameter.schema.document))
        for parameter in operation.parameters_in("path")
    )


def enter(scope: Scope, parent: Parent | None) -> Refused | None:
    """Find the shelf of the operation's resource and note its parent; the refusal of a parent that must exist.

    A rule without a parent, or a request that names none, means the resource's own shelf.
    """
    resource = scope.operation.rule.resource
    base = (scope.contract.name, resource)
    if parent is None:
        scope.shelf = base
        return None
    key = _key(scope, parent)
    if key == "":
        scope.shelf = base
        return None
    missing = _look_up(scope, parent, key)
    if missing:
        return missing
    scope.shelf = (*base, parent.resource, key)
    return None


def named_parent(scope: Scope, parent: Parent | None) -> str:
    """The key of the parent that the request names; "" where it names none."""
    return _key(scope, parent) if parent else ""


def _key(scope: Scope, parent: Parent) -> str:
    value = parent.read_key(scope)
    if isinstance(value, list):
        return ".".join(map(str, value))
    return "" if value is ABSENT or value is None else canonical(value) if parent.is_uuid else str(value)


def _look_up(scope: Scope, parent: Parent, key: str) -> Refused | None:
    store, provider = scope.store, scope.contract.name
    if parent.above is None:
        shelf = store.find(provider, parent.resource, key)
    else:
        above = _key(scope, parent.above)
        if missing := _look_up(scope, parent.above, above):
            return missing
        shelf = (provider, parent.resource, parent.above.resource, above)
    scope.parent_key = key
    scope.parent = store.read(shelf, key)
    if scope.parent is None and parent.make is not None:
        scope.parent = create_thing(scope, parent.make, key=key)
    if scope.parent is None and parent.must_exist:
        return Refused("unknown", f"{parent.resource.capitalize()} {key} not found", key=key)
    return None


def touch(scope: Scope, parent: Parent | None, members: Members) -> None:
    """Set members of the parent anew, as the rule says."""
    resource = parent.resource if parent else scope.shelf[2] if len(scope.shelf) > 2 else ""
    if not members or not resource or not scope.parent_key:
        return
    shelf = scope.store.find(scope.contract.name, resource, scope.parent_key)

    def change(before: Mapping[str, Any]) -> Mapping[str, Any]:
        scope.parent = before
        return members.onto(scope, before)

    scope.store.update(shelf, scope.parent_key, change)
