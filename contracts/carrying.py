"""Requests written down before, sent through a target: its guard, ledger, purse and pace count for them, too."""

from threadmock.contracts.cases import ABSENT, Case
from threadmock.contracts.errors import TransportError, Unreachable
from threadmock.contracts.stopping import PLAIN, Stop
from threadmock.contracts.targets import Target
from threadmock.specs.messages import Request, Response
from threadmock.specs.model import Contract, Operation
from threadmock.specs.routing import Router
from threadmock.specs.strictjson import JsonError, parse_json


class Carrier:
    """A transport in front of a target. The operation of each request is found by its method and path."""

    def __init__(self, contract: Contract, target: Target) -> None:
        self._target = target
        self._router = Router(contract.operations)
        self._any = contract.operations[0]

    def send(self, request: Request, *, deadline: float, stop: Stop = PLAIN) -> Response:  # noqa: ARG002
        """As Transport.send; the deadline is the target's own. NotSent where its guard or its purse holds it back."""
        operation = self._operation(request)
        case = Case(operation, request, "valid", "sent again", "scenario", value=_value(request), stop=stop)
        exchange = self._target.carry(case)
        if exchange.response is None:
            raise (Unreachable if exchange.unreachable else TransportError)(exchange.problem)
        return exchange.response

    def close(self) -> None:
        """Close the target."""
        self._target.close()

    def _operation(self, request: Request) -> Operation:
        found = self._router.find(request.method, request.path)
        if found.operation is None and found.allowed:
            found = self._router.find(found.allowed[0], request.path)
        return found.operation or self._any


def _value(request: Request) -> object:
    try:
        return parse_json(request.body, duplicate_keys="last") if request.body else ABSENT
    except JsonError:
        return ABSENT
