"""The real seekrai client against the mock, in a virtual environment of its own: it pins httpx and brings pyarrow."""

import datetime
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from processes import Serving

pytestmark = [pytest.mark.sdk, pytest.mark.slow]
# A range, so that pip may step back to a release whose own pins the index can meet.
PACKAGE = "seekrai>=0.35,<0.36"
ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).parent / "seekrai_script.py"


def succeeds(*command: str) -> tuple[bool, str]:
    """Whether a command ends well, and the end of what it said."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    return ended.returncode == 0, (ended.stdout + ended.stderr)[-1500:]


@pytest.fixture(scope="session")
def seekrai_python() -> str:
    """The Python of `.venvs/seekrai`, made where it is missing. In CI a failure to make it fails, elsewhere it skips."""
    version = ".".join(map(str, sys.version_info[:2]))
    folder = ROOT / ".venvs" / f"seekrai-{version}"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if python.exists() and succeeds(str(python), "-c", "import seekrai")[0]:
        return str(python)
    made, said = succeeds(sys.executable, "-m", "venv", "--clear", str(folder))
    if made:
        made, said = succeeds(str(python), "-m", "pip", "install", "--quiet", PACKAGE)
    if not made:
        reason = f"{PACKAGE} could not be installed: {said}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return str(python)


@pytest.mark.parametrize("prefix", ["", "/seekrflow"], ids=["root", "prefix"])
def test_the_client_creates_threads_and_is_refused_with_a_wrong_key(
    seekrai_python: str, serving: Callable[..., Serving], prefix: str
) -> None:
    server = serving("seekrflow", "--port", "0", "--auth", "key-1")
    env = {name: value for name, value in os.environ.items() if not name.startswith("SEEKR_")}
    command = [seekrai_python, str(SCRIPT), server.url + prefix, "key-1"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=env)
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    first, second = told["threads"]
    assert first["meta_data"] == {"topic": "billing", "n": 1}
    assert second["meta_data"] == {}
    assert first["id"] != second["id"]
    assert {each["status"] for each in told["threads"]} == {"available"}
    assert {each["object"] for each in told["threads"]} == {"thread"}
    moments = [datetime.datetime.fromisoformat(each["created_at"]) for each in told["threads"]]
    assert moments[0] < moments[1]
    assert told["refused"]
