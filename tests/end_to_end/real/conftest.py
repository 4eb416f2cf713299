"""A real server, fresh for each test: the same seed makes the same ids, which two runs on one server would share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_server import serving, serving_js


@pytest.fixture
def real(tmp_path: Path) -> Iterator[str]:
    """The address of a real agent server."""
    with serving(tmp_path) as url:
        yield url


@pytest.fixture
def real_js() -> Iterator[str]:
    """The address of a real agent server of the vendor's in JavaScript."""
    with serving_js() as url:
        yield url
