"""Contract tests for conversation-thread APIs: `verify`, `replay`, and `check` for checks of your own.

pytest imports this package wherever threadmock is installed, so that each name is loaded when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadmock.contracts.api import Interrupted, ReplayResult, replay, verify
    from threadmock.contracts.checks.check import check
    from threadmock.contracts.checks.checked_exchange import CheckedExchange, Problem
    from threadmock.contracts.checks.finding import Finding
    from threadmock.contracts.reporting.report import Report
    from threadmock.contracts.transport.errors import Unreachable

__all__ = [
    "CheckedExchange",
    "Finding",
    "Interrupted",
    "Problem",
    "ReplayResult",
    "Report",
    "Unreachable",
    "check",
    "replay",
    "verify",
]
_MODULES = {
    "CheckedExchange": "checks.checked_exchange",
    "Finding": "checks.finding",
    "Interrupted": "api",
    "Problem": "checks.checked_exchange",
    "ReplayResult": "api",
    "Report": "reporting.report",
    "Unreachable": "transport.errors",
    "check": "checks.check",
    "replay": "api",
    "verify": "api",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
