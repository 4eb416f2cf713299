"""Real servers, each fresh for the tests of a module: the same seed makes the same ids, so that tests have their own."""

from collections.abc import Iterator

import pytest
from agent_server import serving, serving_js


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real agent server."""
    with serving(tmp_path_factory.mktemp("real")) as url:
        yield url


@pytest.fixture(scope="module")
def real_js() -> Iterator[str]:
    """The address of a real agent server of the vendor's in JavaScript."""
    with serving_js() as url:
        yield url
