"""What can go wrong between a request and its response.

TransportError               no response that could be judged
├── Unreachable              nobody there: name, address, TLS
│   └── WrongTarget          somebody is there, and is not who is meant, or lets nobody in
├── TimedOut                 the deadline of the whole exchange is over
├── TooLarge                 more bytes than we read
├── Dropped                  a connection that was kept ended before a response: nothing can be said
└── BrokenResponse           what came is no HTTP response, or not the one it says it is
NotSent                      we did not send it: no fault of the other side
├── Unsendable               HTTP can't carry it
├── Forbidden                it would write where writing is not allowed
└── BudgetSpent              the exchanges or the time allowed are used up
    └── NotServed            the target does not serve the operation
OwnershipError               we were about to touch what is somebody else's: a fault of ours
"""


class TransportError(Exception):
    """No response that could be judged. Its text is one clause that says what happened."""


class Unreachable(TransportError):  # noqa: N818 - reads as what it is
    """Nobody answers at that address."""


class WrongTarget(Unreachable):
    """Who answers is not what the contract is about, or lets nobody in."""


class TimedOut(TransportError):  # noqa: N818 - reads as what it is
    """The exchange was not over when its deadline was."""


class TooLarge(TransportError):  # noqa: N818 - reads as what it is
    """The response has more bytes than we read."""


class BrokenResponse(TransportError):  # noqa: N818 - reads as what it is
    """What came is no HTTP response, or not the one that its own headers promise."""


class Dropped(TransportError):  # noqa: N818 - reads as what it is
    """A connection that was kept since the last exchange ended: whether the request arrived is not known."""


class NotSent(Exception):  # noqa: N818 - reads as what it is
    """The request was not sent, for a reason of ours."""


class Unsendable(NotSent):
    """No HTTP message can carry the request."""


class Forbidden(NotSent):
    """The request would write to a target where writing is not allowed."""


class BudgetSpent(NotSent):
    """The exchanges or the time allowed are used up."""


class NotServed(BudgetSpent):
    """The target does not serve the operation, or lets nobody in there: nothing more is sent to it."""


TRESPASS = "which this run did not make"


class OwnershipError(Exception):
    """The request names a thing that this run did not make. It was not sent; that it was tried is a fault of ours."""
