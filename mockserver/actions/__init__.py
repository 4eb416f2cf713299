"""One small module for each action of a rule; the table says which."""

from collections.abc import Callable, Mapping

from threadmock.mockserver.actions import (
    append,
    cancel,
    copy,
    counting,
    create,
    create_many,
    delete,
    fixed,
    join,
    listing,
    prune,
    read,
    run,
    update,
)
from threadmock.mockserver.actions.call import Call
from threadmock.mockserver.rules.outcome import Done, Refused

actions: Mapping[str, Callable[[Call], Done | Refused]] = {
    "create": create.run,
    "create_many": create_many.run,
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
    "run": run.run,
    "join": join.run,
    "cancel": cancel.run,
}
