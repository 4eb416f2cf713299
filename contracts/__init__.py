"""Contract tests for conversation-thread APIs: `verify`, `replay`, and `check` for checks of your own.

pytest imports this package wherever threadmock is installed, so that each name is loaded when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadmock.contracts.api import Interrupted, ReplayResult, replay, verify
    from threadmock.contracts.cases.case import Case
    from threadmock.contracts.checks.check import check
    from threadmock.contracts.checks.checked_exchange import CheckedExchange, Problem
    from threadmock.contracts.checks.finding import Finding
    from threadmock.contracts.reporting.report import Report
    from threadmock.contracts.transport.errors import Unreachable
    from threadmock.specs.contract import Operation
    from threadmock.specs.errors import SpecError
    from threadmock.specs.wire.messages import Request, Response

__all__ = [
    "Case",
    "CheckedExchange",
    "Finding",
    "Interrupted",
    "Operation",
    "Problem",
    "ReplayResult",
    "Report",
    "Request",
    "Response",
    "SpecError",
    "Unreachable",
    "check",
    "replay",
    "verify",
]
_MODULES = {
    "Case": "contracts.cases.case",
    "Operation": "specs.contract",
    "Request": "specs.wire.messages",
    "Response": "specs.wire.messages",
    "SpecError": "specs.errors",
    "CheckedExchange": "contracts.checks.checked_exchange",
    "Finding": "contracts.checks.finding",
    "Interrupted": "contracts.api",
    "Problem": "contracts.checks.checked_exchange",
    "ReplayResult": "contracts.api",
    "Report": "contracts.reporting.report",
    "Unreachable": "contracts.transport.errors",
    "check": "contracts.checks.check",
    "replay": "contracts.api",
    "verify": "contracts.api",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"threadmock.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
