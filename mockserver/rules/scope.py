"""What settings and conditions may read while one request is served: the request, the store, and what was found."""

import datetime
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from threadmock.mockserver.rules.declared_agents import Agents
from threadmock.mockserver.state.ids import Ids
from threadmock.mockserver.state.store import Shelf, Store, Thing, below
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.wire.messages import Request

NO_AGENTS = Agents()


@dataclass(slots=True)
class Scope:
    """A valid request, and what settings may use to make members of things and of replies.

    body: the request's object, {} where it has none. parameters: name to value, as their schemas type them.
    moment and stamp: the one instant of this request, as a time in UTC and as RFC 3339 text. The members from `shelf`
    on are set by the action: key of the thing, the thing itself, its parent with its key, the newest thing on the same
    shelf, that as it was before a beat of a run, the item of a loop, and what is to be told of a page or a count, by
    name. sent: the body as it is, where it is no object. agents: those that are known, whoever declared them.
    """

    contract: Contract
    operation: Operation
    request: Request
    body: Mapping[str, Any]
    path_values: Mapping[str, str]
    parameters: Mapping[str, Any]
    store: Store
    ids: Ids
    moment: datetime.datetime
    stamp: str
    shelf: Shelf = ()
    key: str = ""
    thing: Thing | None = None
    parent: Thing | None = None
    parent_key: str = ""
    latest: Thing | None = None
    earlier: Thing | None = None
    item: Any = None
    tally: Mapping[str, Any] = field(default_factory=dict)
    sent: Any = None
    agents: Agents = NO_AGENTS


def shelf_below(scope: Scope, resource: str) -> Shelf:
    """The shelf of a resource's things below the thing that the operation is about."""
    own = scope.operation.rule.resource
    shelf = scope.shelf if scope.shelf[1:2] == (own,) else (scope.contract.name, own)
    return below(shelf, scope.key, resource)


_ALL = operator.attrgetter(*Scope.__slots__)


def copied(scope: Scope) -> Scope:
    """Another one with the same members; `dataclasses.replace` takes five times as long."""
    return Scope(*_ALL(scope))
