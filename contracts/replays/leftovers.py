"""What a saved request may touch and what it makes, as data: for tests that guard and clean up without a document."""

from typing import Any

from threadmock.contracts.cases.case import base_value
from threadmock.contracts.cases.references import placeholder
from threadmock.contracts.cases.sent_values import UNREADABLE, values_at
from threadmock.contracts.target.created_things import may_make
from threadmock.contracts.target.guard import SAFE_METHODS, naming_places, touches, unowned
from threadmock.contracts.target.list_walk import by_metadata
from threadmock.contracts.target.removal import removal_of
from threadmock.contracts.target.tags import NAME
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.wire.messages import Request

KEY = "\N{BULLET}key"
"""Stands for a thing's key in the body of a removal."""


def touched(contract: Contract, operation: Operation, request: Request) -> list[str] | None:
    """The keys that a request which may write names, as texts; None for one that only reads.

    The path stands for a thing of which there is one: no test makes it.
    """
    if request.method in SAFE_METHODS or not touches(operation):
        return None
    found = [request.path] if unowned(contract, operation) else []
    for place in naming_places(operation):
        values = values_at(operation, request, place.source)
        if values is UNREADABLE:
            continue
        own = str(placeholder(operation, place.source)) if len(place.source.steps) == 1 and not place.many else ""
        found += [str(each) for each in values if isinstance(each, str | int) and str(each) not in ("", own)]
    return list(dict.fromkeys(found))


def made(contract: Contract, operation: Operation, request: Request) -> dict[str, Any] | None:
    """How what a request makes is removed and looked for again; None where it makes nothing that has a key.

    at: the path of its operation. key: the member of an answer that holds the key. chosen: the member of the request's
    body that chooses it. own: the name that stands for the key in the paths of remove and read. remove: method, path
    and body; None where nothing does. sweep: how a list is asked for the run's tag.
    """
    rule = operation.rule
    if request.method in SAFE_METHODS or not may_make(operation) or rule.key is None:
        return None
    ways = removal_of(contract, rule.resource)
    if ways.how == "with":
        return None
    source = rule.key.source if rule.traits.chooses_key else None
    chosen = source.steps[0] if source and source.place == "body" and len(source.steps) == 1 else None
    found: dict[str, Any] = {"at": operation.path, "resource": rule.resource, "key": rule.key.member, "chosen": chosen}
    remove = ways.operation
    own = remove.rule.key.source.steps[0] if remove and remove.rule.key and remove.rule.key.source else ""
    body = None
    if remove is not None and ways.how == "archive":
        value = base_value(remove)
        body = {**(value if isinstance(value, dict) else {}), ways.member: ways.value}
    elif remove is not None and ways.how == "prune" and remove.rule.prune:
        body = {**base_value(remove), remove.rule.prune.keys.steps[0]: [KEY]}
    found |= {"own": own, "archives": ways.how == "archive"}
    found["remove"] = {"method": remove.method, "path": remove.path, "body": body} if remove else None
    found["read"] = ways.read.path if ways.read else None
    listing = ways.listing
    place = by_metadata(listing) if listing else None
    if listing and place and listing.rule.listing and "{" not in listing.path:
        found["sweep"] = {
            "method": listing.method,
            "path": listing.path,
            "body": {place.steps[0]: {NAME: KEY}},
            "items": listing.rule.listing.items,
        }
    return found
