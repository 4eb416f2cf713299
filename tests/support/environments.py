"""Client libraries that need an environment of their own, installed below `.venvs/` where they are missing."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.paths import ROOT

try:
    import fcntl
except ImportError:  # Windows: its tests run one after the other
    fcntl = None  # type: ignore[assignment]

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def ends_well(*command: str, **options: Any) -> tuple[bool, str]:
    """Whether a command ends well, and the end of what it said."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900, **options)
    return ended.returncode == 0, (ended.stdout + ended.stderr)[-1500:]


def missing(reason: str) -> None:
    """What cannot be installed fails in CI and skips elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextlib.contextmanager
def alone(name: str) -> Iterator[Path]:
    """The folder `.venvs/`, in which no other process installs what has this name: tests run in several processes."""
    folder = ROOT / ".venvs"
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        if fcntl:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def python_with(name: str, module: str, *packages: str, interpreter: str = sys.executable) -> str:
    """The Python of `.venvs/NAME-VERSION`, in which packages are installed.

    module: of theirs, to see whether they are. interpreter: the Python that the environment is made with.
    """
    shown = subprocess.run(
        [interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=True,
    )
    name = f"{name}-{shown.stdout.strip()}"
    with alone(name) as folder:
        return _python_in(folder / name, module, packages, interpreter)


def _python_in(folder: Path, module: str, packages: tuple[str, ...], interpreter: str) -> str:
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if python.exists() and ends_well(str(python), "-c", f"import {module}")[0]:
        return str(python)
    made, said = ends_well(interpreter, "-m", "venv", "--clear", str(folder))
    if made:
        made, said = ends_well(str(python), "-m", "pip", "install", "--quiet", *packages)
    if not made:
        missing(f"{' '.join(packages)} could not be installed: {said}")
    return str(python)


def npm_folder() -> Path:
    """The folder `.venvs/npm`, in which all JavaScript that tests run is installed, in just the versions of its lock file."""
    return npm_installed("npm", ROOT / "tests" / "end_to_end" / "npm")


def npm_installed(name: str, sources: Path) -> Path:
    """The folder `.venvs/NAME`, in which what the lock file of a folder lists is installed, once for all test runs."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None:
        missing("node is not here, so no JavaScript can run")
    lock = (sources / "package-lock.json").read_text(encoding="utf-8")
    with alone(name) as venvs:
        folder = venvs / name
        stamp = folder / "installed.json"
        if stamp.exists() and stamp.read_text(encoding="utf-8") == lock:
            return folder
        folder.mkdir(exist_ok=True)
        for part in ("package.json", "package-lock.json"):
            shutil.copy(sources / part, folder)
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund")
        done, said = ends_well(npm, "ci", *quiet, cwd=folder) if npm else (False, "npm is not here")
        if not done:
            missing(f"The JavaScript that tests run could not be installed: {said}")
        stamp.write_text(lock, encoding="utf-8")
    return folder


def chromium() -> str:
    """The path of a Chromium; CHROMIUM may name one."""
    found = os.environ.get("CHROMIUM") or next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        missing("No Chromium is here; CHROMIUM may name one")
    return str(found)


@contextlib.contextmanager
def beside_libraries(*sources: Path) -> Iterator[list[Path]]:
    """Copies of scripts in a folder of their own, beside the libraries that they import."""
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=npm_folder()))
    try:
        yield [Path(shutil.copy(source, folder)) for source in sources]
    finally:
        shutil.rmtree(folder)


def script(*command: str, without: str = "", timeout: float = 120) -> str:
    """What a script printed. without: the beginning of names of environment variables that it must not see."""
    env = {name: value for name, value in os.environ.items() if not without or not name.startswith(without)}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout, env=env)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
