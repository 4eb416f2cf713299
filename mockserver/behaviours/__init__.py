"""One small module per kind of rule; the table says which."""

from collections.abc import Callable, Mapping

from threadmock.mockserver.behaviours import append, copy, counting, create, delete, fixed, listing, prune, read, update
from threadmock.mockserver.rendering import Refused
from threadmock.mockserver.transaction import Done, Transaction

Behaviour = Callable[[Transaction], Done | Refused]

behaviours: Mapping[str, Behaviour] = {
    "create": create.run,
    "read": read.run,
    "list": listing.run,
    "count": counting.run,
    "update": update.run,
    "replace": update.run,
    "delete": delete.run,
    "append": append.run,
    "copy": copy.run,
    "prune": prune.run,
    "fixed": fixed.run,
    "transition": fixed.run,
    "stream": fixed.run,
}
