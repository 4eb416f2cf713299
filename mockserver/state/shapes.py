"""What makes the things of a resource what they are: two documents of one shape can show each other's things."""

import hashlib
import json
from collections.abc import Iterable, Mapping

from threadmock.mockserver.state.store import Store
from threadmock.specs.contract import Contract, reply_media

Kind = tuple[str, str]
"""A provider and a resource."""


def shapes_of(contracts: Iterable[Contract]) -> Mapping[Kind, str]:
    """Resource to a digest of its shape: key, parent, and the schemas of answers that show one of its things."""
    shapes: dict[Kind, set[str]] = {}
    for contract in contracts:
        for operation in contract.operations:
            rule = operation.rule
            media = reply_media(operation, operation.success)
            if rule.traits.open or rule.traits.lists or media is None or media.schema is None:
                continue
            key = [rule.key.member, rule.key.otherwise if rule.traits.makes else ""] if rule.key else []
            shape = [key, rule.within.resource if rule.within else "", media.schema.document]
            shapes.setdefault((contract.name, rule.resource), set()).add(json.dumps(shape, sort_keys=True))
    return {kind: _digest(each) for kind, each in shapes.items()}


def _digest(shapes: set[str]) -> str:
    return hashlib.sha256("\n".join(sorted(shapes)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def changed_shapes(before: Iterable[Contract], after: Iterable[Contract]) -> frozenset[Kind]:
    """The resources whose things are no longer what they were, or are no more."""
    old, new = shapes_of(before), shapes_of(after)
    return frozenset(kind for kind, shape in old.items() if new.get(kind) != shape)


def delete_shelves(store: Store, gone: Iterable[Kind]) -> Mapping[Kind, int]:
    """Delete the things of these resources with all below them; how many of each there were."""
    deleted: dict[Kind, int] = {}
    for kind in gone:
        for shelf in [each for each in store.shelves() if each[:2] == kind]:
            for key, _ in list(store.items(shelf)):
                deleted[kind] = deleted.get(kind, 0) + (store.delete(shelf, key) is not None)
    return deleted
