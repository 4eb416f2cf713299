"""One case, sent, and what came."""

import datetime
from dataclasses import dataclass

from threadmock.contracts.cases.case import Case
from threadmock.contracts.transport.rate import UNAVAILABLE
from threadmock.contracts.transport.redaction import NOTHING_SECRET, Masking
from threadmock.specs.wire.messages import Request, Response

MOCK_URL = "http://127.0.0.1:4040"


@dataclass(frozen=True, eq=False)
class Exchange:
    """One case, sent.

    request: as sent, with credentials. response: None where none came that could be judged; problem then says why.
    elapsed: seconds. wrong_credentials_known: a good credential is known, so a "wrong" one really is wrong.
    base_url and masking: for what is written about it. timed_out: the deadline passed before the whole answer came.
    inconclusive: why nothing can be said of the target, though no response came; "" where something can.
    unreachable: nobody was there.
    """

    case: Case
    request: Request
    response: Response | None
    problem: str
    elapsed: float
    sent_at: datetime.datetime
    received_at: datetime.datetime
    wrong_credentials_known: bool = False
    base_url: str = MOCK_URL
    masking: Masking = NOTHING_SECRET
    timed_out: bool = False
    inconclusive: str = ""
    unreachable: bool = False

    @property
    def nothing_said(self) -> str:
        """Why the exchange says nothing of the operation, whatever was asked; "" where it does."""
        status = self.response.status if self.response else 0
        return self.inconclusive or (
            f"status {status}: the target asked to be left alone" if status in UNAVAILABLE else ""
        )
