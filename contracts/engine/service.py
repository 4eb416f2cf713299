"""Which operations a target serves at all, by what it answers the first valid request: of others nothing is asked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice

from threadmock.contracts.cases.case import Case
from threadmock.contracts.target.exchange import Exchange
from threadmock.contracts.target.unknown_route import DENIED, NO_METHOD, UnknownRoute, is_foreign, said

REFUSALS = 3
"""So many refusals of valid requests, all of them, say that an operation lets us in nowhere."""
Send = Callable[[Case], Exchange]


@dataclass(eq=False)
class Service:
    """What is known of the operations of a target, by their slugs.

    unserved: those that it does not serve, or lets nobody in to, each with what it answered. served: those that it
    serves.
    """

    route: UnknownRoute
    unserved: dict[str, str] = field(default_factory=dict)
    served: set[str] = field(default_factory=set)

    def reason(self, exchange: Exchange, further: Iterable[Case], send: Send) -> str:
        """Why nothing more is to be sent to an operation; "" where there is no reason.

        Judged once, by the first valid request that should have succeeded. further: other valid requests of the
        operation; send: sends one of them.
        """
        case, response = exchange.case, exchange.response
        slug = case.operation.slug
        usual = (case.intent, case.credentials) == ("valid", "good") and case.standing != "unknown"
        if slug in self.served or not usual or response is None or exchange.nothing_said:
            return self.unserved.get(slug, "")
        reason = self._unserved(exchange, send)
        if not reason and response.status in DENIED:
            reason = self._denied(exchange, further, send)
        if reason:
            self.unserved[slug] = reason
        else:
            self.served.add(slug)
        return reason

    def _unserved(self, exchange: Exchange, send: Send) -> str:
        operation, response = exchange.case.operation, exchange.response
        if response is None:
            return ""
        status = response.status
        if status in NO_METHOD and operation.method not in response.headers.get("allow", "").upper().split(", "):
            return f"not served: {said(exchange)}"
        refusal = 300 <= status < 500 and status not in DENIED
        page = status < 300 and is_foreign(operation, response)
        if not (refusal or page) or not self.route.same(exchange):
            return ""
        # what was just made may show late
        again = send(exchange.case)
        return f"not served: {said(exchange)}, as a path that nobody has" if self.route.same(again) else ""

    @staticmethod
    def _denied(exchange: Exchange, further: Iterable[Case], send: Send) -> str:
        """Why an operation lets us in nowhere: it refused several valid requests, whatever they said."""
        others = list(islice((case for case in further if case.intent == "valid"), REFUSALS))
        asked = [case for case in others if case.request != exchange.case.request] or [exchange.case]
        answers = [send(case) for case in (asked * REFUSALS)[: REFUSALS - 1]]
        if not all(each.response is not None and each.response.status in DENIED for each in answers):
            return ""
        return f"not let in: {said(exchange)}, as were {REFUSALS} valid requests in all; check the credentials"
