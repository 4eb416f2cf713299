"""A correct run server that shares no code with ours has no finding, whichever wire form it speaks."""

import datetime
import re
from pathlib import Path

import pytest
from support.run_server.forms import FORMS, judge

pytestmark = pytest.mark.slow

SEEDS = range(1, 21)
TODAY = SEEDS[datetime.datetime.now(datetime.UTC).toordinal() % len(SEEDS)]
"""In CI one of the seeds each day."""
_PART = r"required: .* is a required property"
UNCONFIRMED: dict[str, tuple[tuple[str, str, str], ...]] = {
    "langsmith": (
        # a list with `select` shows parts of things, for which the document has no schema
        ("schema", "search_threads_threads_search_post", _PART),
        ("schema", "list_runs_http_threads__thread_id__runs_get", _PART),
        ("schema", "search_assistants_assistants_search_post", _PART),
        ("schema", "get_latest_thread_state_threads__thread_id__state_get", _PART),
        ("schema", "get_thread_state_at_checkpoint_threads__thread_id__state__checkpoint_id__get", _PART),
        # texts that are no boolean: the document refuses them, a real server was seen to take any
        ("valid_accepted", "join_run_http_threads__thread_id__runs__run_id__join_get", "status 422 .*"),
        ("valid_accepted", "stream_run_http_threads__thread_id__runs__run_id__join_get", "status 422 .*"),
        ("valid_accepted", "cancel_run_http_threads__thread_id__runs__run_id__cancel_post", "status 422 .*"),
    ),
}
"""What may be told as unconfirmed, and nothing else: check, operation, what was got."""


def findings(name: str, folder: Path, seed: int, requests: int, examples: int, runs: int) -> list[str]:
    """The findings that no row of the table has."""
    report = judge(name, folder, seed=seed, max_requests=requests, max_examples=examples, allow_runs=runs)
    rows = UNCONFIRMED.get(name, ())
    return [
        f"{found.severity} {found.check} {found.operation}: {found.expected} | {found.got}"
        for found in report.findings
        if found.severity != "unconfirmed"
        or not any((found.check, found.operation) == row[:2] and re.fullmatch(row[2], found.got) for row in rows)
    ]


@pytest.mark.parametrize("name", FORMS)
def test_a_correct_run_server_has_no_finding(name: str, tmp_path: Path) -> None:
    assert findings(name, tmp_path, TODAY, 40, 5, 120) == []
