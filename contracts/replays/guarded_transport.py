"""Requests recorded before, sent through a target: its guard, ledger, run budget and rate hold for them, too."""

from collections.abc import Callable

from threadmock.contracts.cases.case import Case
from threadmock.contracts.target.created_things import may_make
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.errors import BudgetSpent, TransportError, Unreachable
from threadmock.contracts.transport.stream_limits import PLAIN, Stop
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.members import ABSENT
from threadmock.specs.operations.routing import Router
from threadmock.specs.wire.messages import Request, Response
from threadmock.specs.wire.strictjson import JsonError, parse_json


class GuardedTransport:
    """A transport in front of a target. The operation of each request is found by its method and path.

    over: whether no more is to be sent.
    """

    def __init__(self, contract: Contract, target: Target, *, over: Callable[[], bool] = lambda: False) -> None:
        self.over = over
        self._target = target
        self._router = Router(contract.operations)
        self._any = contract.operations[0]

    def send(self, request: Request, *, deadline: float, stop: Stop = PLAIN) -> Response:  # noqa: ARG002
        """As Transport.send; the deadline is the target's own. NotSent where its guard or its run budget refuses."""
        if self.over():
            raise BudgetSpent("the time for sending findings once more is over")
        operation = self._operation(request)
        case = Case(operation, request, "valid", "sent again", "scenario", value=_value(request), stop=stop)
        exchange = self._target.send_prepared(case)
        if exchange.response is None:
            raise (Unreachable if exchange.unreachable else TransportError)(exchange.problem)
        return exchange.response

    def close(self) -> None:
        """Close the target."""
        self._target.close()

    def _operation(self, request: Request) -> Operation:
        found = self._router.find(request.method, request.path)
        if found.operation is not None:
            return found.operation
        # a method that nobody documents: where it is taken all the same, it does what another one of the path does
        others = [other for method in found.allowed if (other := self._router.find(method, request.path).operation)]
        return next((other for other in others if may_make(other)), others[0] if others else self._any)


def _value(request: Request) -> object:
    try:
        return parse_json(request.body, duplicate_keys="last") if request.body else ABSENT
    except JsonError:
        return ABSENT
