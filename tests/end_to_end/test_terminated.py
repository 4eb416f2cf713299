"""SIGTERM does what Ctrl-C does, in every command that makes things on a target: what they made is removed first."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.habit_server import HabitServer, Threads, serve
from support.verify_process import HEEDING, MAIN, asked, begin, done, environment, until

FOREIGN = 3
pytestmark = pytest.mark.slow
SIGNALS = ["SIGTERM", "SIGHUP"]


@pytest.fixture
def server():
    with serve(Threads()) as running:
        running.preload(FOREIGN)
        yield running


def ended(process: subprocess.Popen[str], name: str) -> tuple[int, str]:
    """The exit status after a signal, and what was said after it."""
    process.send_signal(getattr(signal, name))
    with process:
        said = process.stdout.read()
        return process.wait(60), said


@pytest.mark.parametrize("name", SIGNALS)
def test_a_run_is_cleaned_up_after(name: str, server: HabitServer, tmp_path: Path) -> None:
    process = begin(asked(server.url, tmp_path / "ledger.jsonl"), tmp_path)
    until(process, "create_thread_threads_post  coverage")
    status, said = ended(process, name)
    assert "0 left behind" in said
    assert "Traceback" not in said
    assert status in (130, 1), said  # one: it had found something before
    assert (server.created > 10, len(server.things)) == (True, FOREIGN)


@pytest.mark.parametrize("whole_group", [False, True], ids=["the first process", "all processes"])
def test_a_run_in_several_processes_is_cleaned_up_after(whole_group: bool, server: HabitServer, tmp_path: Path) -> None:
    command = [sys.executable, "-c", HEEDING + MAIN, *asked(server.url, tmp_path / "ledger.jsonl", "--", "-n", "2")]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path, env=environment(),
        start_new_session=True,
    )  # fmt: skip
    until(process, "create_thread_threads_post  coverage")
    if whole_group:
        os.killpg(process.pid, signal.SIGTERM)
    else:
        process.send_signal(signal.SIGTERM)
    with process:
        said = process.stdout.read()
        process.wait(60)
    assert "0 left behind" in said, said
    assert (server.created > 0, len(server.things)) == (True, FOREIGN)


def test_one_of_several_processes_that_is_ended_leaves_nothing(server: HabitServer, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    process = begin(asked(server.url, ledger, "--", "-n", "2"), tmp_path)
    until(process, "create_thread_threads_post  coverage")
    numbers = {json.loads(line).get("intent", "").partition("-")[0] for line in ledger.read_text().splitlines()}
    os.kill(int(min(numbers - {""})), signal.SIGTERM)
    with process:
        said = process.stdout.read()
        process.wait(120)
    assert "0 left behind" in said, said
    assert len(server.things) == FOREIGN


def test_the_plugin_under_pytest_is_cleaned_up_after(server: HabitServer, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "pytest", "--pyargs", "threadmock.contracts", "-p", "no:cacheprovider", "-p", "no:langsmith_plugin", "-v",
        "--contract-provider=langsmith", f"--contract-target={server.url}", "--contract-operations=POST /threads",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path, env=environment()
    )
    for line in process.stdout:
        if "-clock]" in line:
            break
    status, said = ended(process, "SIGTERM")
    assert "0 left behind" in said, said
    assert status == 2
    assert (server.created > 10, len(server.things)) == (True, FOREIGN)


def test_a_clean_up_that_is_ended_goes_on_the_next_time(server: HabitServer, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    done(asked(server.url, ledger, "--keep", "--max-requests", "60"), tmp_path)
    there = len(server.things)
    assert there > FOREIGN + 20
    process = begin(["cleanup", str(ledger), "--rate", "20"], tmp_path)
    until(process, "Target: ")
    while not any(method == "DELETE" for method, _, _ in server.requests[-5:]):
        assert process.poll() is None
    status, said = ended(process, "SIGTERM")
    assert (status, "Traceback" in said) == (130, False)
    assert FOREIGN < len(server.things) < there
    assert done(["cleanup", str(ledger)], tmp_path).returncode == 0
    assert len(server.things) == FOREIGN


def test_a_replay_is_cleaned_up_after(tmp_path: Path) -> None:
    with serve(Threads("ids")) as server:
        server.preload(FOREIGN)
        operations = [f"--operations={each}" for each in ("POST /threads/search", "POST /threads")]
        given = ["verify", "langsmith", "--target", server.url, *operations, "--checks", "filters", "--report", "out"]
        assert done(given, tmp_path).returncode == 1
        finding = next((tmp_path / "out/findings").glob("filters-*.json"))
        assert len(server.things) == FOREIGN
        stopped = """
import signal
from threadmock.contracts.replays import replayer
send = replayer._send
def ended(transport, steps, requests, *, first):
    try:
        return send(transport, steps, requests, first=first)
    finally:
        if steps[0]["request"]["path"].endswith("/search"):
            signal.raise_signal(signal.SIGTERM)
replayer._send = ended
"""
        made = server.created
        replayed = done(["replay", str(finding)], tmp_path, main=HEEDING + stopped + MAIN)
        assert server.created > made
        assert replayed.returncode == 130, replayed.stdout + replayed.stderr
        assert "0 left behind" in replayed.stdout
        assert len(server.things) == FOREIGN
