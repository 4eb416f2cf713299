"""The version of the installed distribution."""

import importlib.metadata


def version() -> str:
    """The version, "unknown" where threadmock is used without being installed."""
    try:
        return importlib.metadata.version("threadmock")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
