"""A correct run server that shares no code with ours has no finding, whichever wire form it speaks."""

import datetime
from pathlib import Path

import pytest
from support.run_server.expected import told, unexpected
from support.run_server.forms import FORMS, judge

pytestmark = pytest.mark.slow

SEEDS = range(1, 21)
TODAY = SEEDS[datetime.datetime.now(datetime.UTC).toordinal() % len(SEEDS)]
"""In CI one of the seeds each day."""


NAMES = [name for name in FORMS if name != ("langsmith" if TODAY % 2 else "langsmith observed")]
"""Of the two layers of one provider, one each day."""


@pytest.mark.parametrize("name", NAMES)
def test_a_correct_run_server_has_no_finding(name: str, tmp_path: Path) -> None:
    report = judge(name, tmp_path, seed=TODAY, max_requests=40, max_examples=5, allow_runs=100)
    assert [told(found) for found in unexpected(name, report)] == []
