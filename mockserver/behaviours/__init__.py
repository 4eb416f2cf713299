"""One small module per kind of rule; the table says which."""

from collections.abc import Callable, Mapping

from threadmock.mockserver.behaviours import create, delete, fixed, listing, read, update
from threadmock.mockserver.rendering import Refused
from threadmock.mockserver.transaction import Done, Transaction

Behaviour = Callable[[Transaction], Done | Refused]

behaviours: Mapping[str, Behaviour] = {
    "create": create.run,
    "read": read.run,
    "list": listing.run,
    "update": update.run,
    "replace": update.run,
    "delete": delete.run,
    "fixed": fixed.run,
    "append": create.run,
    "transition": fixed.run,
    "stream": fixed.run,
}
