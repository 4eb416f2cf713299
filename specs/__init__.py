"""What the documents say: OpenAPI documents and behaviour overlays, read into frozen records.

    >>> from threadmock.specs import load
    >>> contract = load("./notebooks")  # a folder, a single document, or one of builtin_names()
    >>> contract.title
    'Notebooks'
    >>> operation = contract.operations[0]
    >>> str(operation), operation.rule.action, operation.success
    ('POST /notebooks', 'create', 201)

Public are the names in `__all__`; each is loaded when it is first asked for. `load` raises `SpecError`, whose text says
what is wrong, in which file and line, and what to do about it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadmock.specs.contract import Contract, Operation
    from threadmock.specs.errors import SpecError
    from threadmock.specs.loader import builtin_names, load

    version: str
    """The version of the installed distribution; "unknown" where threadmock is used without being installed."""

__all__ = ["Contract", "Operation", "SpecError", "builtin_names", "load", "version"]

_HOMES = {
    "Contract": "contract",
    "Operation": "contract",
    "SpecError": "errors",
    "builtin_names": "loader",
    "load": "loader",
}


def __getattr__(name: str) -> Any:
    if name == "version":
        found = _version()
    elif name in _HOMES:
        found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    metadata = import_module("importlib.metadata")
    try:
        found: str = metadata.version("threadmock")
    except metadata.PackageNotFoundError:
        return "unknown"
    return found
