"""Where an operation's things are stored: the parents that the request names, whether they exist, and the shelf."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.mockserver.rules.outcome import Refused
from threadmock.mockserver.rules.recipes import Members, Recipe, compile_recipe, create_thing
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.rules.sources import Maker, fetch
from threadmock.mockserver.state.store import Shelf, above, below, is_below
from threadmock.specs.behaviour.setting import Within
from threadmock.specs.contract import Operation
from threadmock.specs.members import ABSENT
from threadmock.specs.schemas.declared import nodes_of
from threadmock.specs.schemas.formats import canonical


@dataclass(frozen=True, eq=False)
class Parent:
    """A `Within`, compiled. name: what the request calls its key. above: its own parent, where the request names it."""

    resource: str
    name: str
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
        name=within.source.steps[-1],
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
    found = _look_up(scope, parent, key)
    if isinstance(found, Refused):
        return found
    scope.shelf = below(found, key, resource)
    return None


def named_parent(scope: Scope, parent: Parent | None) -> str:
    """The key of the parent that the request names; "" where it names none."""
    return _key(scope, parent) if parent else ""


def _key(scope: Scope, parent: Parent) -> str:
    value = parent.read_key(scope)
    if isinstance(value, list):
        return ".".join(map(str, value))
    return "" if value is ABSENT or value is None else canonical(value) if parent.is_uuid else str(value)


def _look_up(scope: Scope, parent: Parent, key: str) -> Shelf | Refused:
    """The shelf of a parent; the refusal of one that must be there and is not."""
    store, provider = scope.store, scope.contract.name
    if parent.above is None:
        shelf = store.find(provider, parent.resource, key)
    else:
        outer = _key(scope, parent.above)
        found = _look_up(scope, parent.above, outer)
        if isinstance(found, Refused):
            return found
        shelf = located(scope, parent.above, key, below(found, outer, parent.resource))
    scope.parent_key = key
    scope.parent = store.read(shelf, key)
    if scope.parent is None and parent.make is not None:
        scope.parent = create_thing(scope, parent.make, key=key)
    if scope.parent is None and parent.must_exist:
        return Refused("unknown", f"{parent.resource.capitalize()} {key} not found", key=key)
    return shelf


def located(scope: Scope, parent: Parent, key: str, shelf: Shelf) -> Shelf:
    """Where the thing with this key is: below its parent, else wherever it shows that it is that parent's.

    What is made at `/user/repos` or `/orgs/{org}/repos` is read at `/repos/{owner}/{repo}`. shelf: that of the parent.
    """
    if parent.must_exist or scope.store.read(shelf, key) is not None:
        return shelf
    wanted = _key(scope, parent)
    for each in (shelf[:2], *reversed(scope.store.homes(scope.contract.name, shelf[1], key))):
        thing = scope.store.read(each, key)
        if thing is not None and (wanted in each[3::2] or (not is_below(each) and _shows(thing, parent, wanted))):
            return each
    return shelf


def _shows(thing: Mapping[str, Any], parent: Parent, wanted: str) -> bool:
    """Whether a thing may be the parent's by the member that bears the parent's name, where it has one."""
    found = next((thing[name] for name in (parent.name, parent.resource) if name in thing), ABSENT)
    if isinstance(found, Mapping):
        return any(str(value) == wanted for value in found.values())
    return found is ABSENT or str(found) == wanted


def touch(scope: Scope, parent: Parent | None, members: Members) -> None:
    """Set members of the parent anew, as the rule says."""
    resource = parent.resource if parent else scope.shelf[2] if is_below(scope.shelf) else ""
    if not members or not resource or not scope.parent_key:
        return
    is_own = scope.shelf[2:4] == (resource, scope.parent_key)
    shelf = above(scope.shelf) if is_own else scope.store.find(scope.contract.name, resource, scope.parent_key)

    def change(before: Mapping[str, Any]) -> Mapping[str, Any]:
        scope.parent = before
        return members.onto(scope, before)

    scope.store.update(shelf, scope.parent_key, change)
