"""A real page in a real browser: the published React hooks, cross-origin, against the served mock.

`useStream` of the SDK speaks the classic endpoints, that of the newer package the commands and event streams of a
thread. The page is built by this module, below `.venvs/browser`.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.environments import alone, ends_well, missing
from support.processes import Serving, start

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SOURCES = Path(__file__).parent
BUILT = ("dist/classic.js", "dist/v2.js")
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
STEPS = {
    "thread made, its id in the address",
    "the question is shown once",
    "one answer is shown",
    "at least 3 different texts on the way to the answer",
    "the texts came over time",
    "a reload shows the same messages",
    "a second turn comes below the first",
    "a reload during a run: the whole answer is shown in the end",
    "stop ends the stream: no further text comes",
    "the stopped run is cancelled, not finished",
    "the interrupt's value is shown",
    "a reload shows the interrupt again",
    "resumed: the interrupt is gone and an answer is there",
    "the thread is idle after the resume",
}


def build(folder: Path) -> None:
    """The page, where what it is made of is not there in just these versions, and the driver."""
    folder.mkdir(exist_ok=True)
    lock = (SOURCES / "package-lock.json").read_text(encoding="utf-8")
    stamp = folder / "installed.json"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != lock:
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
    shutil.copytree(SOURCES / "src", folder / "src", dirs_exist_ok=True)
    for name in ("classic.html", "v2.html", "drive.mjs"):
        shutil.copy(SOURCES / name, folder)
    done, said = ends_well(str(shutil.which("npm")), "run", "build", cwd=folder)
    assert done, said
    assert all((folder / name).stat().st_size > 100_000 for name in BUILT)


@pytest.fixture(scope="session")
def page() -> Path:
    """The folder of the built page and its driver."""
    if shutil.which("node") is None:
        missing("node is not here, so no page can be built")
    with alone("browser") as folder:
        build(folder / "browser")
    return folder / "browser"


@pytest.fixture(scope="session")
def browser() -> str:
    """The path of a Chromium."""
    found = os.environ.get("CHROMIUM") or next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        missing("No Chromium is here; CHROMIUM may name one")
    return str(found)


@pytest.fixture(params=["documented", "observed"])
def server(request: pytest.FixtureRequest) -> Iterator[Serving]:
    """The mock of an agent server whose agents take their time."""
    agents = SOURCES / "agents.yaml"
    serving = start("langsmith", "--as", str(request.param), "--port", "0", "--script", str(agents))
    serving.wait_until_listening()
    yield serving
    serving.end()


@pytest.mark.parametrize("hook", ["classic", "v2"])
def test_the_published_hook_streams_reloads_stops_and_resumes(
    hook: str, server: Serving, page: Path, browser: str
) -> None:
    command = ("node", "drive.mjs", "--api", server.url, "--hook", hook, "--chromium", browser, "--requests", "none")
    command += ("--slow", "slow", "--timeout", "60000")
    ended = subprocess.run(command, cwd=page, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode in (0, 1), ended.stderr
    saw: Any = json.loads(ended.stdout)
    assert saw["faults"] == []
    assert {name for name, holds in saw["checks"].items() if holds} == STEPS, saw["texts"]
    assert ended.returncode == 0
