"""Which things a request names besides those that were made for it: by drawn keys, of which nobody knows a thing."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.contracts.cases.case import Case, linked_members
from threadmock.contracts.cases.references import listed_agent_places, references
from threadmock.contracts.cases.request_values import members_of, path_values
from threadmock.specs.members import nodes
from threadmock.specs.operations.parameters import parse_query
from threadmock.specs.wire.messages import Request

_NAMING = re.compile(r"(^|_|-|(?<=[a-z]))(id|ids|Id|Ids|ID|IDs|uuid|key|keys)$")


def named_things(case: Case, request: Request) -> set[tuple[str, str]]:
    """Keys in the body, at any depth, the query and the path: name and value. request: as it was sent.

    Not those of things that are there, nor the key that a new thing is to have.
    """
    operation, key = case.operation, case.operation.rule.key
    there = {name.source.steps[0] for name in references(operation)} if case.standing == "there" else set()
    agents = {place.source.steps[-1] for place in listed_agent_places(operation)}
    own = key.source.steps[-1] if key and key.source and operation.rule.action == "create" else ""
    skipped = {*there, *agents, *linked_members(operation), own}
    named = [*parse_query(request.query), *path_values(operation, case.request).items(), *_members(members_of(case))]
    return {
        (name, str(value))
        for name, value in named
        if _NAMING.search(name) is not None and name not in skipped
        if isinstance(value, str | int | list) and not isinstance(value, bool) and value != []
    }


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    """Every member of a value, at any depth."""
    for node in nodes(value):
        if isinstance(node, Mapping):
            yield from ((str(name), child) for name, child in node.items())
