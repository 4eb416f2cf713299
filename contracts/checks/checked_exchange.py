"""What a check is given, and what it gives back: one exchange, and the problems that it found in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from threadmock.contracts.cases.case import Case
from threadmock.specs.contract import Operation
from threadmock.specs.evidence import Evidence
from threadmock.specs.wire.messages import Request, Response


class CheckedExchange(Protocol):
    """One request of the suite and its response, as a check sees them. Nothing in it can be changed."""

    @property
    def operation(self) -> Operation:
        """The operation that was asked: its method, path, parameters, documented replies and rule."""

    @property
    def case(self) -> Case:
        """What the suite meant by the request: `case.intent` is valid, invalid, malformed, …; `case.value` the body."""

    @property
    def request(self) -> Request:
        """The request as it was sent, with credentials: method, path, query, headers (lower case) and body."""

    @property
    def response(self) -> Response | None:
        """The response: status, headers (lower case) and body; None where none came."""

    @property
    def status(self) -> int:
        """The status of the response; 0 where none came."""

    @property
    def accepted(self) -> bool:
        """Whether the status is a 2xx."""

    @property
    def json(self) -> Any:
        """The JSON value of the response; None where it holds none."""

    @property
    def seconds(self) -> float:
        """How long the exchange took."""


@dataclass(frozen=True)
class Problem:
    """What a check found in an exchange.

    got: what came, in a few words; what varies from request to request is best quoted, so that problems of one cause
    are counted together. expected: what should have come; "" for what the check asserts. where: JSON pointer into the
    body, name of a header, or "". source: the place that says so; "" for the check's own. evidence: "assumed" for what
    is no failure; None for the check's own. exchanges: how many it rests on. unconditional: by default a finding is no
    stronger than what the request rests on (an odd charset: assumed); True: it always counts in full.
    """

    got: str
    expected: str = ""
    where: str = ""
    source: str = ""
    evidence: Evidence | None = None
    exchanges: int = 1
    unconditional: bool = False


CheckResult: TypeAlias = Iterable["str | Problem"] | str | Problem | None
"""What a check may return: problems, or texts that say what came; nothing where all is well."""


def problems(found: CheckResult) -> Iterable[Problem]:
    """What a check returned, as problems. TypeError for anything else."""
    if found is None:
        return
    for each in (found,) if isinstance(found, str | Problem) else found:
        if not isinstance(each, str | Problem):
            raise TypeError(f"a check yields texts and problems, not {each!r}")
        yield Problem(each) if isinstance(each, str) else each
