"""The rule that would have an operation keep state where nothing could be inferred: for a user to complete."""

from typing import Any

from threadmock.contracts.cli.effective_rules import effective_rule
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.operations.inferred.places import subject_of
from threadmock.specs.operations.inferred.shapes import is_list
from threadmock.specs.operations.inferred.words import SEARCHES

_OF_ONE = {"GET": "read", "PUT": "replace", "PATCH": "update", "DELETE": "delete", "POST": "update"}


def suggested_rule(contract: Contract, operation: Operation) -> dict[str, Any]:
    """A rule that fits the method and the path, as data."""
    place, own = subject_of(operation.path), _OF_ONE.get(operation.method)
    if place.key and own:
        key = {"field": "id", "from": f"path.{place.key}"}
        return {"action": own, "resource": operation.rule.resource, "key": key}
    return _of_what_lies_above(contract, operation) or _alone(operation)


def _of_what_lies_above(contract: Contract, operation: Operation) -> dict[str, Any] | None:
    """A change of the thing, or a list of the things, at the path above."""
    above = operation.path.rstrip("/").rpartition("/")[0]
    for other in contract.operations:
        key = other.rule.key
        if other.path != above or not other.rule.resource:
            continue
        if key and key.source and operation.method == "POST":
            return {**effective_rule(other.rule), "action": "update", "set": {}, "evidence": "assumed"}
        found, items = is_list(operation, expected=True)
        if other.rule.action == "list" and found and operation.method in ("GET", "POST"):
            return {"action": "list", "resource": other.rule.resource, "list": {"items": items} if items else {}}
    return None


def _alone(operation: Operation) -> dict[str, Any]:
    """A rule by the method and the answer."""
    last, method = operation.path.rstrip("/").rpartition("/")[2], operation.method
    found, items = is_list(operation, expected=True)
    rest: dict[str, Any] = {"key": {"field": "id", "pick": "newest"}, "missing": "create"}
    action = _OF_ONE.get(method, "fixed")
    if method == "POST" and last not in SEARCHES:
        action, rest = "create", {"key": {"field": "id"}}
    elif method == "DELETE":
        action, rest = "prune", {"prune": {"keys": "body.ids" if operation.body else "query.ids"}}
    elif method in ("GET", "POST") and found:
        action, rest = "list", {"list": {"items": items} if items else {}}
    elif method not in ("GET", "PUT", "PATCH"):
        return {"action": "fixed", "reply": {"value": {}}}
    return {"action": action, "resource": operation.rule.resource, **rest}
