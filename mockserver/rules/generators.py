"""Values that the mock makes by itself, by the words of the vocabulary."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from threadmock.mockserver.rules.scope import Scope
from threadmock.specs.members import ABSENT
from threadmock.specs.wire.strictjson import dump_json

GENERATORS: Mapping[str, Callable[[Scope], Any]] = {
    "now": lambda scope: scope.stamp,
    "now_seconds": lambda scope: int(scope.moment.timestamp()),
    "now_milliseconds": lambda scope: int(scope.moment.timestamp() * 1000),
    "today": lambda scope: scope.moment.date().isoformat(),
    "uuid4": lambda scope: scope.ids.uuid4(),
    "uuid7": lambda scope: scope.ids.uuid7(scope.moment),
    "uuid6": lambda scope: scope.ids.uuid6(scope.moment),
    "opaque": lambda scope: scope.ids.opaque(scope.operation.rule.resource),
    "number": lambda scope: str(scope.ids.number(scope.operation.rule.resource)),
    "number_below": lambda scope: str(scope.ids.number("/".join((scope.operation.rule.resource, *scope.shelf[2:])))),
    "key": lambda scope: scope.key,
    "parent_key": lambda scope: scope.parent_key,
    "etag": lambda scope: ABSENT if scope.thing is None else etag_of(scope.thing),
}


def etag_of(thing: Any) -> str:
    """A strong entity tag (RFC 9110, 8.8.3): the same for the same thing."""
    return f'"{hashlib.blake2s(dump_json(thing), digest_size=8).hexdigest()}"'
