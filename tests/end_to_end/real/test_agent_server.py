"""The suite on a real agent server: clean where it is held to what was observed, and else no more than what a table has."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agent_server import serving, serving_js
from departures import Departures, holds_what_the_table_has, load_departures
from support import verification
from support.verification import told
from threadmock.specs.loader import load

pytestmark = [pytest.mark.real, pytest.mark.slow]

# Seen to be enough for every row that can be reached. A run takes such a server half a second.
PLAIN = ["--max-requests", "60", "--max-examples", "10"]
RUNS = ["--allow-runs", "60"]
NAME = "langsmith"
# The server has two graphs, so that runs have to say which.
AGENT = ["--agent", "agent"]
CONVERSATION = (
    "POST /threads", "GET /threads/{thread_id}", "GET /threads/{thread_id}/state", "POST /threads/{thread_id}/runs",
    "POST /threads/{thread_id}/runs/stream", "POST /threads/{thread_id}/runs/wait", "POST /threads/{thread_id}/commands",
)  # fmt: skip


@pytest.fixture
def departures() -> Departures:
    """What the table says."""
    return load_departures(Path(__file__).with_name("departures.yaml"))


def verify(url: str, folder: Path, operations: Sequence[str], options: Sequence[str]) -> Mapping[str, Any]:
    """The report of one run of the suite."""
    done = verification.verify(url, folder, NAME, operations, *PLAIN, *options)
    assert done.status in (0, 1), done.output[-3000:]
    assert not done.report["unreachable"]
    return done.report


def untested(operation: Mapping[str, Any], departures: Departures) -> bool:
    """Whether an operation was not tested, and the table does not say why."""
    return (
        bool(operation["untested"] or not operation["exchanges"]) and operation["operation"] not in departures.untested
    )


def asked(departures: Departures, layer: str) -> list[str]:
    """The operations that are selected."""
    return [o.operation_id for o in load(NAME, layer=layer).operations if o.operation_id not in departures.not_selected]


def holds_nothing(report: Mapping[str, Any], departures: Departures) -> None:
    """No finding, and nothing unconfirmed but what the table tells; every operation was tested."""
    assert not report["crashes"]
    assert [told(finding) for finding in report["findings"] if finding["severity"] == "failure"] == []
    unexplained = [finding for finding in report["findings"] if not departures.rows_of(finding, "unconfirmed")]
    assert [told(finding) for finding in unexplained] == []
    assert {each["operation"]: each["untested"] for each in report["operations"] if untested(each, departures)} == {}


def test_nothing_is_found_in_conversations_with_one_of_two_graphs(
    real: str, tmp_path: Path, departures: Departures
) -> None:
    options = ("--seed", "8", "--as", "observed", "--allow-runs", "30", *AGENT)
    holds_nothing(verify(real, tmp_path / "report", CONVERSATION, options), departures)


def test_nothing_is_found_where_the_graph_has_another_name(tmp_path: Path, departures: Departures) -> None:
    """The assistants are asked, too: the names of graphs come from what the server lists."""
    others = replace(
        departures, not_selected={name: why for name, why in departures.not_selected.items() if "graphs" not in why}
    )
    with serving(tmp_path, {"echo": "./graphs.py:agent"}) as url:
        options = ("--seed", "7", "--as", "observed", *RUNS)
        holds_nothing(verify(url, tmp_path / "report", asked(others, "observed"), options), others)


def test_what_the_documents_do_not_say_is_in_the_table(real: str, tmp_path: Path, departures: Departures) -> None:
    options = ("--seed", "7", "--as", "documented", *RUNS, *AGENT)
    report = verify(real, tmp_path / "report", asked(departures, "documented"), options)
    holds_what_the_table_has(report, departures)


def test_the_server_in_javascript_differs_from_the_one_in_python_as_its_table_says(
    real_js: str, tmp_path: Path
) -> None:
    table = load_departures(Path(__file__).with_name("departures_js.yaml"))
    options = ("--seed", "7", "--as", "observed", "--allow-runs", "30")
    report = verify(real_js, tmp_path / "report", table.selected, options)
    holds_what_the_table_has(report, table)
    assert not [each for each in report["operations"] if untested(each, table)]


def test_the_server_in_javascript_is_no_other_where_its_graph_has_another_name(tmp_path: Path) -> None:
    table = load_departures(Path(__file__).with_name("departures_js.yaml"))
    options = ("--seed", "7", "--as", "observed", "--allow-runs", "5", "--max-requests", "20")
    with serving_js({"echo": "./graphs.mjs:agent"}) as url:
        report = verify(url, tmp_path / "report", ("POST /threads", "POST /threads/{thread_id}/runs/wait"), options)
    assert not report["crashes"]
    assert [told(each) for each in report["findings"] if not table.rows_of(each, each["severity"])] == []
    assert not [each for each in report["operations"] if untested(each, table)]
