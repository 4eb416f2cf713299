"""Where an operation's things lie: the parents that the request names, whether they are there, and the shelf."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from threadmock.mockserver.rules.keys import canonical
from threadmock.mockserver.rules.outcome import Refused
from threadmock.mockserver.rules.recipes import Recipe, compile_recipe, make_beside
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.rules.values import Maker, fetch
from threadmock.specs.behaviour.setting import Within
from threadmock.specs.contract import Operation
from threadmock.specs.members import ABSENT
from threadmock.specs.schemas.declared import nodes_of


@dataclass(frozen=True, eq=False)
class Parent:
    """One parent, ready to be looked up; above: its own parent, where the request names it."""

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
        within.resource,
        fetch(within.source),
        within.must_exist,
        within.source.place == "path" and is_uuid_parameter(operation, within.source.steps[0]),
        compile_parent(operation, within.within),
        compile_recipe(within.create) if within.create else None,
    )


def is_uuid_parameter(operation: Operation, name: str) -> bool:
    """Whether a path parameter is declared as a UUID."""
    return any(
        parameter.name == name
        and any(node.get("format") == "uuid" for node in nodes_of(parameter.schema, parameter.schema.document))
        for parameter in operation.parameters_in("path")
    )


def enter(tx: Transaction) -> Refused | None:
    """Find the shelf of the operation's resource and note its parent; the refusal of a parent that must be there.

    A rule without a parent, or a request that names none, means the resource's own shelf.
    """
    resource = tx.operation.rule.resource
    parent = tx.plan.parent
    base = (tx.contract.name, resource)
    if parent is None:
        tx.shelf = base
        return None
    key = _key(tx, parent)
    if key == "":
        tx.shelf = base
        return None
    missing = _look_up(tx, parent, key)
    if missing:
        return missing
    tx.shelf = (*base, parent.resource, key)
    return None


def named_parent(tx: Transaction) -> str:
    """The key of the parent that the request names; "" where it names none."""
    return _key(tx, tx.plan.parent) if tx.plan.parent else ""


def _key(tx: Transaction, parent: Parent) -> str:
    value = parent.read_key(tx)
    return "" if value is ABSENT or value is None else canonical(value) if parent.is_uuid else str(value)


def _look_up(tx: Transaction, parent: Parent, key: str) -> Refused | None:
    store, provider = tx.world.store, tx.contract.name
    if parent.above is None:
        home = store.find(provider, parent.resource, key)
    else:
        above = _key(tx, parent.above)
        if missing := _look_up(tx, parent.above, above):
            return missing
        home = (provider, parent.resource, parent.above.resource, above)
    tx.parent_key = key
    tx.parent = store.read(home, key)
    if tx.parent is None and parent.make is not None:
        tx.parent = make_beside(tx, parent.make, key=key)
    if tx.parent is None and parent.must_exist:
        return Refused("unknown", f"{parent.resource.capitalize()} {key} not found", key=key)
    return None


def touch(tx: Transaction) -> None:
    """Change the parent as the rule says."""
    parent = tx.plan.parent
    if not tx.plan.touch or parent is None or not tx.parent_key:
        return
    home = tx.world.store.find(tx.contract.name, parent.resource, tx.parent_key)

    def change(before: Mapping[str, Any]) -> Mapping[str, Any]:
        tx.parent = before
        return tx.plan.touch.onto(tx, before)

    tx.world.store.update(home, tx.parent_key, change)
