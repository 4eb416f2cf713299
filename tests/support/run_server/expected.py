"""What a correct run server may be told as unconfirmed, and what is told beside that."""

import re

from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.reporting.report import Report

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


def unexpected(name: str, report: Report) -> list[Finding]:
    """The findings that no row of the table has."""
    return [found for found in report.findings if found.severity != "unconfirmed" or not _listed(name, found)]


def _listed(name: str, found: Finding) -> bool:
    rows = UNCONFIRMED.get(name, ())
    return any((found.check, found.operation) == row[:2] and re.fullmatch(row[2], found.got) for row in rows)


def told(found: Finding) -> str:
    """A finding in one line."""
    return f"{found.severity} {found.check} {found.operation}: {found.expected} | {found.got}"
