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
    with create_mock(contract, seed=1, auth=TOKEN).serve() as url:
        report = verify(
            contract, url, operations=names, allow_runs=100, max_requests=30, max_examples=2, seed=1, stream=said,
            headers={"Authorization": f"Bearer {TOKEN}", "X-Api-Key": TOKEN}, exclude_checks=["hostile_values"],
        )  # fmt: skip
    assert not report.failures, said.getvalue()
    assert report.exit_status in (0, 1), said.getvalue()
    assert "Stopped for safety" not in said.getvalue()
