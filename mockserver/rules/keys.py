"""Keys of things: where a request names one, and the one form in which it is compared."""

from dataclasses import dataclass
from typing import Any

from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.rules.sources import Maker
from threadmock.specs.members import ABSENT
from threadmock.specs.schemas.formats import canonical


@dataclass(frozen=True, eq=False)
class KeyReader:
    """How an operation's key is read. read: None where requests name none. is_uuid: whether keys compare as UUIDs."""

    read: Maker | None
    is_uuid: bool

    def canonical(self, value: Any) -> str:
        """The one form of a key."""
        return canonical(value) if self.is_uuid else str(value)

    def asked(self, scope: Scope) -> str:
        """The key that the request names; "" where it names none."""
        value = self.read(scope) if self.read else ABSENT
        return "" if value is ABSENT or value is None else self.canonical(value)
