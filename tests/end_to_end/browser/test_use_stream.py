"""A real page in a real browser: the published React hooks, cross-origin, against the served mock.

`useStream` of the SDK speaks the classic endpoints, that of the newer package the commands and event streams of a
thread. The page is built by this module, in `.venvs/npm`.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.environments import alone, ends_well
from support.processes import Serving, start

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SOURCES = Path(__file__).parent
BUILT = ("dist/classic.js", "dist/v2.js")
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
    """The page, and what drives it."""
    shutil.copytree(SOURCES / "src", folder / "src", dirs_exist_ok=True)
    for name in ("classic.html", "v2.html", "drive.mjs"):
        shutil.copy(SOURCES / name, folder)
    done, said = ends_well(str(shutil.which("npm")), "run", "build", cwd=folder)
    assert done, said
    assert all((folder / name).stat().st_size > 100_000 for name in BUILT)


@pytest.fixture(scope="session")
def page(driver: Path) -> Path:
    """The folder of the built page and its driver."""
    with alone("npm"):
        build(driver)
    return driver


@pytest.fixture
def server(layer: str) -> Iterator[Serving]:
    """The mock of an agent server whose agents take their time."""
    agents = SOURCES / "agents.yaml"
    serving = start("langsmith", "--as", layer, "--port", "0", "--script", str(agents))
    serving.wait_until_listening()
    yield serving
    serving.end()


@pytest.mark.parametrize(("hook", "layer"), [("classic", "observed"), ("v2", "documented")])
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
