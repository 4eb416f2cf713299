"""Findings that are sent once more: within the time, through the guard, and never a reason to leave anything behind."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.hostile_server import hostile, reply
from support.verify_process import HEEDING, MAIN, asked, count, done
from threadmock.contracts.engine.confirmation import repeat
from threadmock.contracts.engine.run import Run, prepare
from threadmock.contracts.options import Settings
from threadmock.contracts.replays.guarded_transport import GuardedTransport
from threadmock.contracts.target.open_target import http_target
from threadmock.contracts.transport.errors import BudgetSpent
from threadmock.contracts.transport.rate import MOST_REFUSALS, Pacer
from threadmock.specs.loader import load
from threadmock.specs.wire.messages import Request


def broken(report: Path) -> tuple[Run, list]:
    """A run that has found something."""
    run = prepare(Settings("langsmith", seed=3, report=report, faults=("truncate",), operations=("POST /threads",)))
    outcome = run.perform(run.operations[0].slug, "coverage")
    assert outcome.findings
    return run, [finding for finding, _ in outcome.findings]


def test_what_shows_again_is_told_so_and_nothing_is_begun_when_the_time_is_over(tmp_path: Path) -> None:
    run, findings = broken(tmp_path)
    assert repeat(run, findings) == {finding.key: "yes" for finding in findings}
    moments = iter(range(0, 10_000, 121))
    assert repeat(run, findings, clock=lambda: float(next(moments))) == {}
    run._until = run.clock() - 1
    assert repeat(run, findings) == {}
    run.target.close()


def test_no_request_is_carried_when_the_time_is_over() -> None:
    contract = load("langsmith")
    carrier = GuardedTransport(contract, http_target(contract, "http://127.0.0.1:9"), over=lambda: True)
    with pytest.raises(BudgetSpent, match="the time"):
        carrier.send(Request("GET", "/threads"), deadline=1)
    carrier.close()


def test_a_target_that_wants_to_be_left_alone_is(tmp_path: Path) -> None:
    run, findings = broken(tmp_path)
    run.target.close()

    def script(talk):
        while talk.request():
            talk.send(reply(b"", "429 Too Many Requests"))

    with hostile(script) as server:
        run.target = http_target(run.contract, server.url)
        run.target.pacer = Pacer(sleep=lambda _: None)
        repeat(run, [replace(finding, where=f"/{number}") for finding in findings for number in range(9)])
        run.target.close()
    assert "left alone" in run.gone
    assert len(server.requests) <= 2 * MOST_REFUSALS


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE"])
def test_a_method_that_nobody_documents_counts_as_what_the_path_makes(method: str) -> None:
    contract = load("seekrflow")
    carrier = GuardedTransport(contract, http_target(contract, "http://127.0.0.1:9"))
    found = carrier._operation(Request(method, "/v1/threads"))
    assert str(found) == "POST /v1/threads"
    carrier.close()


@pytest.mark.slow
def test_whatever_breaks_meanwhile_what_was_made_is_removed_and_all_is_told(serving, tmp_path: Path) -> None:
    server, ledger = serving("langsmith", "--port", "0", "--fault", "truncate"), tmp_path / "ledger.jsonl"
    before = count(server)
    wrong = """
from threadmock.contracts.engine import confirmation
def fail(*_, **__):
    raise RuntimeError("this is wrong")
confirmation.repeat = fail
"""
    ended = done([*asked(server.url, ledger), "--report", "out"], tmp_path, main=HEEDING + wrong + MAIN)
    assert "this is wrong" in ended.stdout
    assert "0 left behind" in ended.stdout
    assert "FAIL echo" in ended.stdout
    assert json.loads((tmp_path / "out/report.json").read_text())["findings"]
    assert count(server) == before
