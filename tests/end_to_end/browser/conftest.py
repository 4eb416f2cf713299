"""A Chromium, and what drives it: installed once, below `.venvs/browser`."""

import os
import shutil
from pathlib import Path

import pytest
from support.environments import alone, ends_well, missing

SOURCES = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def install(folder: Path) -> None:
    """What the page is made of and driven by, where it is not there in just these versions."""
    folder.mkdir(exist_ok=True)
    lock = (SOURCES / "package-lock.json").read_text(encoding="utf-8")
    stamp = folder / "installed.json"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == lock:
        return
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCES / name, folder)
    npm = shutil.which("npm")
    done, said = (
        ends_well(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
        if npm
        else (False, "npm is not here")
    )
    if not done:
        missing(f"What the page is made of could not be installed: {said}")
    stamp.write_text(lock, encoding="utf-8")


@pytest.fixture(scope="session")
def driver() -> Path:
    """The folder in which what drives a browser is installed."""
    if shutil.which("node") is None:
        missing("node is not here, so no page can be driven")
    with alone("browser") as folder:
        install(folder / "browser")
    return folder / "browser"


@pytest.fixture(scope="session")
def browser() -> str:
    """The path of a Chromium."""
    found = os.environ.get("CHROMIUM") or next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        missing("No Chromium is here; CHROMIUM may name one")
    return str(found)
