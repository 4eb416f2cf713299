"""Answers requests: a stateful mock of whatever a contract describes.

    >>> import json, urllib.request
    >>> from threadmock.mockserver import create_mock
    >>> mock = create_mock("./notebooks", seed=7, auth="off")  # a folder, a document, or a name of a built-in provider
    >>> with mock.serve() as url:
    ...     made = urllib.request.Request(f"{url}/notebooks", b'{"title": "One"}', {"content-type": "application/json"})
    ...     key = json.load(urllib.request.urlopen(made))["notebook_id"]
    ...     json.load(urllib.request.urlopen(f"{url}/notebooks/{key}"))["title"]
    'One'
    >>> [(exchange["method"], exchange["status"]) for exchange in mock.exchanges()]
    [('POST', 201), ('GET', 200)]
    >>> mock.reset()
    1

Public are the names in `__all__`; each is loaded when it is first asked for. `create_mock` raises `SpecError` of
`threadmock.specs`, whose text says what is wrong, where, and what to do about it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadmock.mockserver.mock import Mock, MockSession, create_mock
    from threadmock.mockserver.mock_control import MockControl, MockSnapshot

__all__ = ["Mock", "MockControl", "MockSession", "MockSnapshot", "create_mock"]
_ELSEWHERE = ("MockControl", "MockSnapshot")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "mock_control" if name in _ELSEWHERE else "mock"
    found = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
