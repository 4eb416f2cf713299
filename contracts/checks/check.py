"""The records that checks and scenarios share: Context, Check, Verdict."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from threadmock.contracts.checks.finding import Finding
    from threadmock.contracts.checks.reading import Reading
    from threadmock.specs.evidence import Evidence


@dataclass(frozen=True)
class Check:
    """One question about one exchange.

    asserts: what holds where it passes, one sentence. source: where that comes from. applies: "" or the reason why the
    question can't be asked here. run: the findings. evidence: the strongest that its findings can have.
    """

    name: str
    asserts: str
    source: str
    applies: "Callable[[Reading], str]"
    run: "Callable[[Reading], Iterable[Finding]]"
    evidence: "Evidence" = "documented"
