"""Keys of things: one form for each, and the refusal of those that nothing has."""

import uuid
from typing import Any

from threadmock.mockserver.rules.outcome import Refused
from threadmock.mockserver.rules.scope import Transaction
from threadmock.mockserver.state.store import Shelf
from threadmock.specs.members import ABSENT


def canonical(value: Any) -> str:
    """A UUID in lower case with dashes (RFC 9562, 4), any other text as it is."""
    text = str(value)
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return text


def canonical_key(tx: Transaction, value: Any) -> str:
    """The one form of a key."""
    return canonical(value) if tx.plan.uuid_key and not tx.world.faults.skips("canonical") else str(value)


def asked_key(tx: Transaction) -> str:
    """The key that the request names; "" where it names none."""
    value = tx.plan.read_key(tx) if tx.plan.read_key else ABSENT
    return "" if value is ABSENT or value is None else canonical_key(tx, value)


def home_of(tx: Transaction, key: str) -> Shelf:
    """The shelf on which a thing with this key lies: below the parent that the request names, else wherever it is."""
    return tx.shelf if tx.plan.parent else tx.world.store.find(tx.contract.name, tx.operation.rule.resource, key)


def not_found(tx: Transaction, key: str) -> Refused:
    """The refusal of a key that nothing has."""
    return Refused("unknown", f"{(tx.operation.rule.resource or 'thing').capitalize()} {key} not found", key=key)
