"""Runs of every provider on a deployment: what they make is known by what is answered, streamed and listed."""

import io

import pytest
from threadmock.contracts import verify
from threadmock.mockserver import create_mock
from threadmock.specs.loader import builtin_names, load

TOKEN = "right"


@pytest.mark.parametrize("provider", builtin_names())
def test_operations_about_runs_touch_what_the_run_made_and_say_nothing_wrong(provider):
    contract, said = load(provider), io.StringIO()
    names = [str(each) for each in contract.operations if each.rule.run and not each.rule.run.follow_thread]
    with create_mock(contract, seed=1, auth=TOKEN, speed=0.05).serve() as url:
        report = verify(
            contract, url, operations=names, allow_runs=100, max_requests=30, max_examples=2, seed=1, stream=said,
            headers={"Authorization": f"Bearer {TOKEN}", "X-Api-Key": TOKEN}, exclude_checks=["hostile_values"],
        )  # fmt: skip
    assert not report.failures, said.getvalue()
    assert report.exit_status in (0, 1), said.getvalue()
    assert "Stopped for safety" not in said.getvalue()


def test_scenarios_use_operations_that_were_not_selected_and_the_report_names_them():
    wait, said = "POST /threads/{thread_id}/runs/wait", io.StringIO()
    with create_mock("langsmith", seed=1, auth=TOKEN, speed=0).serve() as url:
        report = verify(
            "langsmith", url, operations=[wait], allow_runs=8, seed=1, stream=said, headers={"X-Api-Key": TOKEN},
            checks=["wait_equals_stream", "views", "turns"],
        )  # fmt: skip
    document = report.to_json()
    (tested,) = document["operations"]
    assert {tested["checks"][name]["verdict"] for name in ("wait_equals_stream", "views", "turns")} == {"pass"}
    assert "get_thread_threads__thread_id__get" in tested["helped_by"]
    assert "With the help of (not selected, so not tested): " in said.getvalue()
    assert "GET /threads/{thread_id}" in said.getvalue()
    assert document["runs"]["used"] <= 8
    assert "NOT TESTED" not in said.getvalue()


def test_what_helps_counts_as_spent_where_it_starts_runs():
    join = "GET /threads/{thread_id}/runs/{run_id}/join"
    with create_mock("langsmith", seed=1, auth=TOKEN, speed=0).serve() as url:
        report = verify(
            "langsmith", url, operations=[join], allow_runs=2, seed=1, headers={"X-Api-Key": TOKEN},
            checks=["wait_equals_stream"], max_requests=40, max_examples=2,
        )  # fmt: skip
    runs = report.to_json()["runs"]
    assert 0 < runs["used"] <= 2
    assert 0 < {each["item"]: each["started"] for each in runs["items"]}["wait_equals_stream"] <= 2
    assert any(each.startswith("stream_run") for each in report.to_json()["operations"][0]["helped_by"])
