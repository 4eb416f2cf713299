"""One request on its way through a rule: what was asked, when, and in which world."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from threadmock.mockserver.storage import Shelf, Thing
from threadmock.specs.messages import Request
from threadmock.specs.model import Contract, Operation

if TYPE_CHECKING:
    from threadmock.mockserver.plans import Plan
    from threadmock.mockserver.world import World


class _Absent:
    """The one value that stands for no value: JSON's null is a value."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final[Any] = _Absent()


@dataclass(slots=True)
class Transaction:
    """A valid request, and all that a behaviour may use to serve it.

    body: the request's object, {} where it has none. parameters: name to value, as their schemas type them.
    moment and stamp: the one instant of this transaction, as a time in UTC and as RFC 3339 text.
    """

    contract: Contract
    operation: Operation
    plan: "Plan"
    request: Request
    body: Mapping[str, Any]
    path_values: Mapping[str, str]
    parameters: Mapping[str, Any]
    world: "World"
    moment: datetime.datetime
    stamp: str


@dataclass(slots=True)
class Done:
    """What a behaviour did. shown: what the reply's body holds. note: for the journal."""

    status: int
    shown: Any
    note: str = ""


def shelf_of(tx: Transaction) -> Shelf:
    """The shelf of the operation's resource, below its parent where the rule names one."""
    rule = tx.operation.rule
    base = (tx.contract.name, rule.resource)
    if rule.within is None:
        return base
    parent = tx.path_values.get(rule.within.source.steps[0], "")
    return (*base, rule.within.resource, parent)


def find_parent(tx: Transaction) -> Thing | None:
    """The parent that the rule names, as stored; None where it is not there."""
    within = tx.operation.rule.within
    if within is None:
        return None
    key = tx.path_values.get(within.source.steps[0], "")
    return tx.world.store.read((tx.contract.name, within.resource), key)
