"""Answers requests: a stateful mock of whatever a contract describes.

from threadmock.mockserver import create_mock

with create_mock("openapi.yaml").serve() as url:
...
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadmock.mockserver.mock import Mock, create_mock

__all__ = ["Mock", "create_mock"]


def __getattr__(name: str) -> Any:
    """The public names, loaded when they are first asked for: importing a part of the package stays cheap (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from threadmock.mockserver import mock  # noqa: PLC0415

    return getattr(mock, name)


def __dir__() -> list[str]:
    return __all__
