"""Keys of things: one form for each, and the parents that must exist."""

import uuid
from typing import Any

from threadmock.mockserver.rendering import Refused
from threadmock.mockserver.transaction import ABSENT, Transaction, find_parent


def canonical_key(tx: Transaction, value: Any) -> str:
    """The one form of a key: a UUID in lower case with dashes (RFC 9562, 4), any other text as it is."""
    text = str(value)
    if not tx.plan.uuid_key or tx.world.faults.skips("canonical"):
        return text
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return text


def unknown_parent(tx: Transaction) -> Refused | None:
    """The refusal where the rule names a parent that must exist and does not."""
    within = tx.operation.rule.within
    if within is None or not within.must_exist or find_parent(tx) is not None:
        return None
    key = tx.path_values.get(within.source.steps[0], "")
    return Refused("unknown", f"{within.resource.capitalize()} {key} not found", key=key)


def asked_key(tx: Transaction) -> str:
    """The key that the request names; "" where it names none."""
    value = tx.plan.read_key(tx) if tx.plan.read_key else ABSENT
    return "" if value is ABSENT else canonical_key(tx, value)


def not_found(tx: Transaction, key: str) -> Refused:
    """The refusal of a key that nothing has."""
    return Refused("unknown", f"{(tx.operation.rule.resource or 'thing').capitalize()} {key} not found", key=key)
