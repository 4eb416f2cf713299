"""A Chromium, and what drives it: installed once, in `.venvs/npm`."""

from pathlib import Path

import pytest
from support.environments import chromium, npm_folder


@pytest.fixture(scope="session")
def driver() -> Path:
    """The folder in which what drives a browser is installed."""
    return npm_folder()


@pytest.fixture(scope="session")
def browser() -> str:
    """The path of a Chromium."""
    return chromium()
