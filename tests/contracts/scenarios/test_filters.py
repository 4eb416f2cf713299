"""Filters, asked of one operation alone: nothing is known yet of what the create takes."""

import pytest
from threadmock.contracts.engine.run import prepare
from threadmock.contracts.options import Settings
from threadmock.specs.loader import load

COUNTS = [each.operation_id for each in load("langsmith").operations if each.rule.action == "count"]


@pytest.mark.parametrize("counting", COUNTS)
def test_a_count_on_the_mock_has_no_finding_where_it_is_asked_first(counting: str) -> None:
    run = prepare(Settings("langsmith", seed=1))
    (slug,) = (each.slug for each in run.operations if each.operation_id == counting)
    outcome = run.perform(slug, "filters")
    run.target.close()
    assert not outcome.crash
    assert outcome.tallies["filters"].verdict == "pass"
    assert outcome.causes == {}
