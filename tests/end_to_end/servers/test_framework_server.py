"""A server of a framework that validates by types: silent on the correct one, and each bug is told by the check that should."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_stacks import APP, UVICORN, in_python, variables
from support.foreign_threads import ask
from support.server_processes import free_port, running
from support.verification import verify

pytestmark = [pytest.mark.real, pytest.mark.slow]

OPERATIONS = ("POST /v1/threads", "GET /v1/threads", "GET /v1/threads/{thread_id}", "DELETE /v1/threads/{thread_id}")
TOKEN = {"authorization": "Bearer right"}
BOUNDS = ("--max-requests", "200", "--max-examples", "20", "--header", "Authorization: Bearer right")
# Each bug of the server with how many threads are there before, and the checks that may tell it.
BUGS = {
    "order": (120, {"order"}),
    "deleted": (120, {"life_cycle", "state_machine", "gone_after_delete"}),
    "lower": (0, {"echo"}),
    "offset": (120, {"paging"}),
    "lost": (0, {"read_your_writes", "state_machine", "several_clients"}),
}


@contextlib.contextmanager
def serving(bugs: str, folder: Path) -> Iterator[str]:
    """The address of a fresh server with these bugs."""
    port = free_port()
    command = in_python(*UVICORN, "pages:app")(port, folder)
    with running(command, APP, port, variables({"BUGS": bugs}), log=folder / "log", path="/asked") as url:
        yield url


def preload(url: str, count: int) -> list[object]:
    """So many threads of somebody else, oldest first, as they were answered."""
    return [ask(url, "POST", "/v1/threads", {"meta_data": {"number": n}}, TOKEN) for n in range(count)]


def everything(url: str) -> list[object]:
    """Every thread that there is, oldest first."""
    found: list[object] = []
    while page := ask(url, "GET", f"/v1/threads?order=asc&limit=100&offset={len(found)}", headers=TOKEN):
        found += page
    return found


@pytest.mark.parametrize(("foreign", "seed"), [(0, 1), (120, 2)])
def test_the_correct_server_has_no_finding(foreign: int, seed: int, tmp_path: Path) -> None:
    with serving("", tmp_path) as url:
        before = preload(url, foreign)
        done = verify(url, tmp_path / "report", "seekrflow", OPERATIONS, *BOUNDS, "--seed", str(seed))
        assert done.found("failure") == []
        assert (done.status, done.untested()) == (0, [])
        assert everything(url) == before


@pytest.mark.parametrize("bug", BUGS)
def test_each_bug_is_told_whatever_else_is_there(bug: str, tmp_path: Path) -> None:
    foreign, checks = BUGS[bug]
    with serving(bug, tmp_path) as url:
        preload(url, foreign)
        done = verify(url, tmp_path / "report", "seekrflow", OPERATIONS, *BOUNDS, "--seed", "5")
        told = {finding["check"] for finding in done.report["findings"] if finding["severity"] == "failure"}
        assert done.status == 1
        assert told, done.output[-2000:]
        assert told <= checks, done.found("failure")


def test_a_wrong_token_stops_the_run_at_once(tmp_path: Path) -> None:
    wrong = ("--header", "Authorization: Bearer wrong")
    with serving("", tmp_path) as url:
        done = verify(url, tmp_path / "report", "seekrflow", OPERATIONS, *wrong, "--seed", "5")
        assert (done.status, done.report) == (3, {})
        assert "401" in done.output
        assert "Check the credentials" in done.output
        asked = ask(url, "GET", "/asked")
        assert 3 <= asked <= 10
