"""Runs pytest on generated files in a process of its own, without the plugins of this run."""

import os
import subprocess
import sys
from pathlib import Path

_APART = [sys.executable, "-I", "-m", "pytest", "-q"]
_WITHOUT = ("threadmock", "langsmith_plugin", "cacheprovider")


def run_pytest(path: Path, *options: str, timeout: int = 120, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it on a file or a folder. variables: of its environment; timeout: in seconds."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    plugins = [option for name in _WITHOUT for option in ("-p", f"no:{name}")]
    return subprocess.run(
        [*_APART, *plugins, *options, str(path)], cwd=path if path.is_dir() else path.parent, env=env | variables,
        capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
