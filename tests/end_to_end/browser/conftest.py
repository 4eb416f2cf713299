"""A Chromium, and what drives it: installed once, in `.venvs/npm`."""

import os
import shutil
from pathlib import Path

import pytest
from support.environments import missing, npm_folder

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


@pytest.fixture(scope="session")
def driver() -> Path:
    """The folder in which what drives a browser is installed."""
    return npm_folder()


@pytest.fixture(scope="session")
def browser() -> str:
    """The path of a Chromium."""
    found = os.environ.get("CHROMIUM") or next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        missing("No Chromium is here; CHROMIUM may name one")
    return str(found)
