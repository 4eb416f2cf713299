"""The test beside a saved finding writes only to what it made, and leaves nothing: counted on the server."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.habit_server import HabitServer, Listed, Threads, serve
from support.pytest_apart import run_pytest
from threadmock.contracts import verify
from threadmock.contracts.replays.pytest_file import written_test
from threadmock.contracts.transport.urls import request_target
from threadmock.specs.operations.path_templates import SLASH

FOREIGN = 3
OPERATIONS = {
    Threads: ("langsmith", ["POST /threads", "POST /threads/search", "DELETE /threads/{thread_id}"]),
    Listed: ("seekrflow", ["GET /v1/threads", "DELETE /v1/threads/{thread_id}"]),
}
HABITS = [(Threads, "ids"), (Threads, "keep"), (Threads, "sleepy keep"), (Listed, "listdel order")]


def run(path: Path, url: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return run_pytest(path, *arguments, **{"TARGET": url, "HEADER_AUTHORIZATION": "Bearer right", **more})


def findings(server: HabitServer, folder: Path) -> Path:
    name, operations = OPERATIONS[type(server)]
    more = {"max_requests": 60, "max_examples": 4, "seed": 7, "headers": {"Authorization": "Bearer right"}}
    verify(name, server.url, operations=operations, report=folder / "out", **more)
    return folder / "out/findings"


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "habits"), HABITS)
def test_what_the_tests_of_findings_make_is_removed(kind: type[HabitServer], habits: str, tmp_path: Path) -> None:
    with serve(kind(*habits.split())) as server:
        server.preload(FOREIGN)
        before = dict(server.things)
        folder, made = findings(server, tmp_path), server.created
        assert server.things == before
        done = run(folder, server.url, "-W", "error")
        assert re.search(r"\d+ failed", done.stdout), done.stdout + done.stderr
        assert "error" not in done.stdout.splitlines()[-1]
        assert server.created > made
        assert server.things == before


@pytest.mark.slow
def test_what_stays_is_warned_of(tmp_path: Path) -> None:
    with serve(Threads("ids")) as server:
        folder = findings(server, tmp_path)
        server.habits.add("stuck")
        done = run(next(folder.glob("test_filters*.py")), server.url)
        assert "LEFT BEHIND on " in done.stdout
        assert len(server.things) > 0


FINDING = {
    "finding": {"check": "any", "operation": "GET /notes/{key}", "where": "", "expected": "", "got": ""},
    "target": None,
    "steps": [],
    "values": [],
}
SEGMENTS = st.text(st.characters(codec="utf-8", exclude_characters="/") | st.sampled_from(("ï", "¯", SLASH, ".", "%")))


@pytest.fixture(scope="module")
def generated() -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "generated"}
    exec(written_test(FINDING, "test_it.py"), names)
    return names


@given(parts=st.lists(SEGMENTS, min_size=1, max_size=4))
def test_a_path_is_written_as_it_was_when_the_finding_was_made(generated: dict[str, Any], parts: list[str]) -> None:
    path = "/" + "/".join(parts)
    assert generated["encoded"](path) == request_target(path, "")


@pytest.fixture
def saved(tmp_path: Path):
    with serve(Threads("sleepy")) as server:
        theirs = server.preload(FOREIGN)
        files = findings(server, tmp_path).glob("gone_after_delete-*.json")
        yield server, theirs, json.loads(next(files).read_text())


@pytest.mark.slow
def test_the_guard_lets_nothing_touch_what_the_test_did_not_make(saved, tmp_path: Path) -> None:
    server, theirs, finding = saved
    path = tmp_path / "test_it.py"
    # a value that comes from a list, and not from what made something
    for step in finding["steps"]:
        step.pop("makes", None)
    path.write_text(written_test(finding, path.name))
    before = len(server.requests)
    done = run(path, server.url, "-rs")
    assert "did not make" in done.stdout
    assert "1 skipped" in done.stdout
    assert not [each for each in server.requests[before:] if each[0] == "DELETE"]
    assert set(theirs) <= set(server.things)


@pytest.mark.slow
def test_another_machine_is_not_written_to_until_that_is_said(saved, tmp_path: Path) -> None:
    _, _, finding = saved
    path = tmp_path / "test_it.py"
    path.write_text(written_test(finding, path.name))
    away = "http://192.0.2.1:9"  # of RFC 5737: nobody's
    assert "set ALLOW_WRITES=1" in run(path, away, "-rs").stdout
