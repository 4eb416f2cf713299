"""What must work after a kill stands alone: no module of contracts.target loads Hypothesis, pytest or a scenario."""

import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
import threadmock.contracts.target

MODULES = sorted(
    f"threadmock.contracts.target.{each.name}" for each in pkgutil.iter_modules(threadmock.contracts.target.__path__)
)
LOADED = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
foreign = ("hypothesis", "hypothesis_jsonschema", "pytest", "_pytest", "threadmock.contracts.scenarios")
print(json.dumps(sorted(name for name in sys.modules if name.startswith(foreign))))
"""
PLANTED = {
    "hypothesis": "from hypothesis import strategies",
    "pytest": "import pytest",
    "threadmock.contracts.scenarios": "def f():\n    from threadmock.contracts.scenarios import scenarios\nf()",
}


def loaded_by(modules, path=""):
    """The names of foreign modules that importing these modules loads, in a process of its own."""
    kept = {name: v for name, v in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    ended = subprocess.run(
        [sys.executable, "-c", LOADED, *modules],
        capture_output=True, text=True, check=False, timeout=60, env=kept | {"PYTHONPATH": str(path)},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_the_modules_are_those_of_the_folder():
    assert len(MODULES) > 10
    assert {"threadmock.contracts.target.cleaner", "threadmock.contracts.target.guard"} <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_of_the_target_loads_neither_hypothesis_nor_pytest_nor_a_scenario(module):
    assert loaded_by([module]) == []


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_import_is_seen(name, tmp_path: Path):
    (tmp_path / "planted.py").write_text(PLANTED[name])
    assert name in loaded_by([*MODULES[:1], "planted"], tmp_path)
