"""What judging needs from outside, and its result."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadmock.contracts.cases.case import Case
    from threadmock.contracts.checks.check import Check
    from threadmock.contracts.checks.finding import Finding
    from threadmock.contracts.target.exchange import Exchange
    from threadmock.contracts.target.prerequisites import Prerequisites
    from threadmock.specs.contract import Contract


@dataclass(eq=False)
class Comparisons:
    """What a scenario compared. made: how often an answer was held against what it should be.

    lacking: reasons why something could not be compared, the first one first. refused: how a request was answered on
    which a comparison would have rested.
    """

    made: int = 0
    lacking: dict[str, None] = field(default_factory=dict)
    refused: str = ""

    def lack(self, reason: str) -> None:
        """Note why something could not be compared."""
        self.lacking[reason] = None

    @property
    def reason(self) -> str:
        """Why nothing was compared; "" where something was."""
        if self.made:
            return ""
        named = "; ".join(list(self.lacking)[:2])
        return named or self.refused or "no answer held anything that could be compared"


@dataclass(frozen=True, eq=False)
class Context:
    """What judging needs from outside.

    send: one case to the target; blocks; may be called from several threads where the target allows it. record: called
    with each exchange that a scenario makes. choose: seeded, so that a run can be repeated. memory: what one check
    keeps for a later exchange, such as keys and references that are known. pause: waits so many seconds. run_pause:
    lets so many seconds of the target's runs pass. prerequisites: creates things for a scenario to use; None where
    nothing can be created. own_checks: those of a project, asked after the others. comparisons: what the scenario
    compared; one that compared nothing has not passed. local: the target is this machine.
    """

    contract: "Contract"
    send: "Callable[[Case], Exchange]"
    record: "Callable[[Exchange, Verdict], object]"
    choose: random.Random
    memory: dict[str, Any] = field(default_factory=dict)
    pause: Callable[[float], None] = time.sleep
    run_pause: Callable[[float], None] = time.sleep
    prerequisites: "Prerequisites | None" = None
    own_checks: "tuple[Check, ...]" = ()
    comparisons: Comparisons = field(default_factory=Comparisons)
    local: bool = True


@dataclass(frozen=True)
class Verdict:
    """The results of all checks of one exchange.

    not_applicable: check name to the reason. broken: how checks of a project failed themselves.
    """

    findings: "tuple[Finding, ...]"
    passed: tuple[str, ...]
    not_applicable: Mapping[str, str]
    broken: tuple[str, ...] = ()
