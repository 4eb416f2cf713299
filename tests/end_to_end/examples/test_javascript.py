"""The examples for users of JavaScript, run as their READMEs say, with what their lock files list."""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.environments import chromium, npm_installed
from support.paths import ROOT

EXAMPLES = ROOT / "examples"
HELPERS = [EXAMPLES / name / "threadmock.js" for name in ("playwright", "vitest")]
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
PICTURE = "two sessions give the same picture; another seed or time gives another one"


def run(name: str, folder: Path, *command: str, env: Mapping[str, str]) -> tuple[int, str]:
    """A command in a copy of an example, beside what it needs: the exit status, and what was printed.

    The copy keeps the folder of the example as it is: nothing is installed or written there.
    """
    modules = npm_installed(f"example-{name}", EXAMPLES / name) / "node_modules"
    made_here = shutil.ignore_patterns("node_modules", "test-results", "playwright-report")
    shutil.copytree(EXAMPLES / name, folder, ignore=made_here)
    (folder / "node_modules").symlink_to(modules)
    programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    ended = subprocess.run(
        ["npx", "--no-install", *command],
        cwd=folder,
        env={**os.environ, "PATH": programs, "NO_COLOR": "1", **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    return ended.returncode, (ended.stdout + ended.stderr)[-8000:]


def specs(suite: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All tests of a suite in a report of Playwright."""
    yield from suite.get("specs", ())
    for inner in suite.get("suites", ()):
        yield from specs(inner)


def run_playwright(folder: Path, *only: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a run of the example came to: exit status, counts, the errors of each test, the digest of the picture."""
    report = folder.parent / f"{folder.name}.json"
    settings = {"CHROMIUM": chromium(), "PLAYWRIGHT_JSON_OUTPUT_NAME": str(report), **(env or {})}
    status, said = run("playwright", folder, "playwright", "test", *only, "--reporter=json", env=settings)
    assert report.exists(), said
    told = json.loads(report.read_text(encoding="utf-8"))
    found: dict[str, Any] = {"status": status, "stats": told["stats"], "errors": {}, "workers": set(), "picture": None}
    for spec in specs(told):
        results = [result for test in spec["tests"] for result in test["results"]]
        found["errors"][spec["title"]] = [
            COLOUR.sub("", error["message"]) for result in results for error in result["errors"]
        ]
        found["workers"] |= {result["parallelIndex"] for result in results}
        for attached in (each for result in results for each in result["attachments"] if each["name"] == "chat"):
            content = base64.b64decode(attached["body"])
            assert content.startswith(b"\x89PNG")
            found["picture"] = hashlib.sha256(content).hexdigest()
    return found


@pytest.mark.browser
@pytest.mark.slow
def test_two_workers_of_playwright_do_not_see_each_other_unless_they_share_a_session(tmp_path: Path) -> None:
    ordinary = run_playwright(tmp_path / "all")
    stats = ordinary["stats"]
    failed = {title: errors for title, errors in ordinary["errors"].items() if errors}
    assert (ordinary["status"], failed) == (0, {})
    assert (stats["skipped"], stats["unexpected"], stats["flaky"]) == (0, 0, 0)
    assert stats["expected"] == len(ordinary["errors"]) == told_count("playwright") > 0
    assert ordinary["workers"] == {0, 1}

    shared = run_playwright(tmp_path / "shared", "isolation", "screenshot", env={"SHARED_SESSION": "1"})
    errors = shared["errors"]
    assert shared["status"] == 1
    assert "Received: 2" in "".join(errors["ann sees only what ann did"] + errors["ben sees only what ben did"])
    assert "Received: 404" in "".join(errors["a reset leaves other sessions alone"])
    assert [title for title, found in errors.items() if not found] == [PICTURE]
    # each run has a server of its own
    assert shared["picture"] == ordinary["picture"] is not None


@pytest.mark.sdk
@pytest.mark.slow
def test_all_tests_of_vitest_pass(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    options = ("--reporter=json", f"--outputFile={report}")
    status, said = run("vitest", tmp_path / "vitest", "vitest", "run", *options, env={})
    assert status == 0, said
    told = json.loads(report.read_text(encoding="utf-8"))
    assert told["success"]
    assert told["numPassedTests"] == told["numTotalTests"] == told_count("vitest") > 0
    assert (told["numFailedTests"], told["numPendingTests"], told["numTodoTests"]) == (0, 0, 0)


def told_count(name: str) -> int:
    """How many tests pass by the README of an example."""
    text = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if " passed (" in line and "Files" not in line)
    return int(next(word for word in line.split() if word.isdigit()))


def test_the_helper_is_the_same_in_both_examples_and_short() -> None:
    first, second = (helper.read_bytes() for helper in HELPERS)
    assert first == second
    assert 30 < len(first.splitlines()) <= 45


@pytest.mark.parametrize("name", ["playwright", "vitest"])
def test_what_an_example_needs_is_pinned(name: str) -> None:
    needs = json.loads((EXAMPLES / name / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    locked = json.loads((EXAMPLES / name / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {part: locked[f"node_modules/{part}"]["version"] for part in needs} == needs


def test_the_examples_use_the_versions_that_other_tests_use() -> None:
    used = json.loads((ROOT / "tests/end_to_end/npm/package.json").read_text(encoding="utf-8"))
    both = used["dependencies"] | used["devDependencies"]
    needs = [
        json.loads((EXAMPLES / name / "package.json").read_text(encoding="utf-8")) for name in ("playwright", "vitest")
    ]
    assert needs[0]["devDependencies"]["@playwright/test"] == both["playwright-core"]
    assert needs[1]["devDependencies"]["@langchain/langgraph-sdk"] == both["@langchain/langgraph-sdk"]


def test_the_list_of_examples_names_each() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    there = [path.name for path in EXAMPLES.iterdir() if path.name != "README.md"]
    assert [name for name in there if f"({name}" not in text] == []
