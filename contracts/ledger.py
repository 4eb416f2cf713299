"""The list of what a run made on a target, so that its owner can find it again."""

from dataclasses import dataclass
from typing import Any

from threadmock.specs.messages import Response, is_json, media_type
from threadmock.specs.model import Operation
from threadmock.specs.strictjson import JsonError, parse_json


@dataclass(frozen=True)
class Created:
    """One thing that an operation made. operation: its slug. identifier: as the target named it."""

    operation: str
    identifier: str


class Ledger:
    """Notes what a target says that it made; each thing once, in order."""

    def __init__(self) -> None:
        self._created: dict[Created, None] = {}

    def note(self, operation: Operation, method: str, response: Response) -> None:
        """Note the thing that a response tells of, if it tells of one."""
        if method in {"HEAD", "OPTIONS", "GET"} or not 200 <= response.status < 300:
            return
        identifier = _identifier(operation, response)
        if identifier is not None:
            self._created[Created(operation.slug, identifier)] = None

    @property
    def created(self) -> tuple[Created, ...]:
        """All of it, oldest first."""
        return tuple(self._created)

    def clear(self) -> None:
        """Forget it, after it was reported."""
        self._created.clear()


def _identifier(operation: Operation, response: Response) -> str | None:
    if not isinstance(response.body, bytes) or not is_json(media_type(response.headers.get("content-type"))):
        return None
    try:
        body: Any = parse_json(response.body, duplicate_keys="last")
    except JsonError:
        return None
    if not isinstance(body, dict):
        return None
    names = (operation.rule.key.member,) if operation.rule.key else ()
    for name in (*names, "id"):
        value = body.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value)
    return None
