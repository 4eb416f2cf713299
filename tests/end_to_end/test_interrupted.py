"""A run on a deployment that is killed, stopped or wrong, with real processes: nothing of it stays there."""

import json
import re
import signal
from pathlib import Path

import pytest
from support.verify_process import HEEDING, MAIN, asked, begin, count, done, until

SUPPORT = Path(__file__).parents[1] / "support"
BARE = "import sys; sys.modules |= dict.fromkeys(['hypothesis', 'pytest', 'threadmock.contracts.scenarios']); "
"""What finds a dead run's things works although Hypothesis, pytest and the scenarios can't be imported."""
MANY = 40
"""So many things take more than a second to be removed, at thirty a second."""


def test_what_a_killed_run_made_is_removed_by_cleanup(serving, tmp_path):
    server, ledger = serving("langsmith", "--port", "0"), tmp_path / "ledger.jsonl"
    before = count(server)
    process = begin(asked(server.url, ledger, "--", "-v"), tmp_path)
    head = until(process, "create_thread_threads_post  coverage")
    process.send_signal(signal.SIGKILL)
    with process:
        process.wait(20)
    assert head[0].startswith("Target: ")
    assert head[1] == f"Ledger: {ledger}\n"
    assert count(server) > before + 10
    cleaned = done(["cleanup", str(ledger)], tmp_path, main=BARE + MAIN)
    assert cleaned.returncode == 0, cleaned.stdout + cleaned.stderr
    assert "0 left behind" in cleaned.stdout
    assert count(server) == before
    again = done(["cleanup", str(ledger)], tmp_path)
    assert (again.returncode, "0 things removed" in again.stdout) == (0, True)


def test_ctrl_c_stops_the_run_and_cleans_up(serving, tmp_path):
    server, ledger = serving("langsmith", "--port", "0"), tmp_path / "ledger.jsonl"
    before = count(server)
    process = begin(asked(server.url, ledger), tmp_path)
    until(process, "create_thread_threads_post  coverage")
    process.send_signal(signal.SIGINT)
    with process:
        text = process.stdout.read()
        status = process.wait(60)
    assert "Clean-up: " in text, text
    assert "0 left behind" in text
    assert status == 130, text
    assert count(server) == before


def test_ctrl_c_while_findings_are_sent_once_more_cleans_up_all_the_same(serving, tmp_path):
    server, ledger = serving("langsmith", "--port", "0", "--fault", "truncate"), tmp_path / "ledger.jsonl"
    before = count(server)
    interrupted = """
import signal
from threadmock.contracts.replays import replayer
send = replayer._send
def stopped(transport, steps, requests, *, first):
    send(transport, steps, requests, first=first)
    signal.raise_signal(signal.SIGINT)
replayer._send = stopped
"""
    ended = done(asked(server.url, ledger), tmp_path, main=HEEDING + interrupted + MAIN)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "Sending each finding once more." in ended.stdout
    assert "FAIL echo" in ended.stdout
    assert "0 left behind" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr
    assert count(server) == before


def test_an_interrupt_of_an_instruction_that_stands_on_no_line_is_an_interrupt(serving, tmp_path):
    server, ledger = serving("langsmith", "--port", "0"), tmp_path / "ledger.jsonl"
    before = count(server)
    interrupted = """
from threadmock.contracts.engine import run
class Recorder(run.Recorder):
    def note_refused_members(self):
        raise KeyboardInterrupt
code = Recorder.note_refused_members.__code__
Recorder.note_refused_members.__code__ = code.replace(co_linetable=bytes([0xF8] * len(code.co_code)))
run.Recorder = Recorder
"""
    ended = done(asked(server.url, ledger), tmp_path, main=HEEDING + interrupted + MAIN)
    assert ended.returncode == 130, ended.stdout + ended.stderr
    assert "0 left behind" in ended.stdout
    assert count(server) == before


def test_an_interrupt_of_the_first_of_several_processes_ends_the_others_before_it_cleans_up(serving, tmp_path):
    server, ledger = serving("langsmith", "--port", "0"), tmp_path / "ledger.jsonl"
    before = count(server)
    process = begin(asked(server.url, ledger, "--", "-n", "2"), tmp_path)
    until(process, "create_thread_threads_post  coverage")
    process.send_signal(signal.SIGINT)
    with process:
        said = process.stdout.read()
        process.wait(60)
    assert "0 left behind" in said
    assert count(server) == before


def test_ctrl_c_twice_stops_at_once_and_the_ledger_stays(serving, tmp_path):
    server, ledger = serving("langsmith", "--port", "0"), tmp_path / "ledger.jsonl"
    before = count(server)
    # So slow that the second one comes in the middle of the clean-up.
    process = begin(asked(server.url, ledger, "--rate", "30"), tmp_path)
    until(process, "Ledger: ")
    with ledger.open() as written:
        lines = 0
        while lines < MANY:
            lines += written.read().count('"made"')
            assert process.poll() is None
    process.send_signal(signal.SIGINT)
    until(process, "Cleaning up")
    process.send_signal(signal.SIGINT)
    with process:
        text = process.stdout.read()
        status = process.wait(60)
    assert status == 130, text
    assert f"threadmock cleanup {ledger}" in text
    assert "Traceback" not in text
    assert done(["cleanup", str(ledger)], tmp_path).returncode == 0
    assert count(server) == before


def test_keep_leaves_what_was_made_and_says_how_it_goes(serving, tmp_path):
    server, ledger = serving("langsmith", "--port", "0"), tmp_path / "ledger.jsonl"
    before = count(server)
    kept = done(asked(server.url, ledger, "--keep", "--max-requests", "30"), tmp_path)
    assert kept.returncode == 0, kept.stdout
    assert f"To remove them: threadmock cleanup {ledger}" in kept.stdout
    assert count(server) > before
    assert done(["cleanup", str(ledger), "--target", server.url + "/langsmith"], tmp_path).returncode == 0
    assert count(server) == before


def test_a_scenario_that_touches_what_is_not_ours_is_stopped_and_is_our_own_fault(serving, tmp_path):
    server, ledger = serving("langsmith", "--port", "0"), tmp_path / "ledger.jsonl"
    theirs = "22222222-2222-4222-8222-222222222222"
    body = json.dumps({"thread_id": theirs}).encode()
    assert server.send("POST", "/threads", body, {"content-type": "application/json"}).status == 200
    main = "from trespassing import main; main()"
    wrong = done(asked(server.url, ledger, "--checks", "trespass"), tmp_path, main, PYTHONPATH=str(SUPPORT))
    assert wrong.returncode == 4, wrong.stdout + wrong.stderr
    # whose thing it was is told, and not which: it is somebody else's
    told = (
        r"DELETE /threads/{thread_id} was sent: path.thread_id names 'not-of-this-run-\d+', which this run did not make"
    )
    assert re.search(told, wrong.stdout)
    assert theirs not in wrong.stdout + wrong.stderr
    assert "Stopped for safety. Where the target returned this id" in wrong.stdout
    assert server.send("GET", f"/threads/{theirs}").status == 200


def test_a_plan_sends_nothing_and_says_what_becomes_of_what_is_made(tmp_path):
    plan = done(
        ["verify", "langsmith", "--target", "http://127.0.0.1:1", "--dry-run", "--allow-runs", "9", "--rate", "5"],
        tmp_path,
    )
    assert plan.returncode == 0, plan.stderr
    assert "Nothing is sent." in plan.stdout
    assert "POST /threads: writes, at most 900 requests" in plan.stdout
    assert "POST /threads/search: reads" in plan.stdout
    assert "removed by DELETE /threads/{thread_id}, verified by GET /threads/{thread_id}" in plan.stdout
    assert "carries the run's tag in metadata" in plan.stdout
    assert "removed by DELETE /assistants/{assistant_id}" in plan.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("option", "value"), [("--rate", "0"), ("--rate", "-1"), ("--rate", "nan")])
def test_a_rate_that_is_none_is_a_usage_error(option, value, tmp_path):
    assert done(["verify", "langsmith", "--target", "http://127.0.0.1:1", option, value], tmp_path).returncode == 2


def test_a_ledger_that_is_there_is_not_written_over(serving, tmp_path):
    server, ledger = serving("langsmith", "--port", "0"), tmp_path / "ledger.jsonl"
    ledger.write_text("something\n")
    wrong = done(asked(server.url, ledger), tmp_path)
    assert wrong.returncode == 2
    assert "is there already" in wrong.stdout + wrong.stderr
    assert ledger.read_text() == "something\n"


def test_several_processes_write_to_one_ledger_and_all_of_it_goes(serving, tmp_path):
    server, ledger = serving("langsmith", "--port", "0"), tmp_path / "ledger.jsonl"
    before = count(server)
    both = done(asked(server.url, ledger, "--max-requests", "40", "--", "-n", "2"), tmp_path)
    assert both.returncode == 0, both.stdout + both.stderr
    numbers = {json.loads(line).get("intent", "").partition("-")[0] for line in ledger.read_text().splitlines()}
    assert len(numbers - {""}) == 2
    assert "0 left behind" in both.stdout
    assert count(server) == before
