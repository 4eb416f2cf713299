"""The suite on a real agent server: clean where it is held to what was observed, and else no more than what a table has."""

from collections.abc import Iterator, Mapping
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

# Seen to be enough for every row that can be reached. A run takes such a server a third of a second, so that what starts
# runs is asked less, on its own: in one go the last operations would find the allowance spent.
PLAIN = ["--seed", "7", "--max-requests", "60", "--max-examples", "10", "--allow-runs", "120"]
RUNS = ["--seed", "8", "--max-requests", "24", "--max-examples", "5", "--allow-runs", "320"]
NAME = "langsmith"
# The server has two graphs, so that runs have to say which.
AGENT = ["--agent", "agent"]


@pytest.fixture
def departures() -> Departures:
    """What the table says."""
    return load_departures(Path(__file__).with_name("departures.yaml"))


def verified(url: str, folder: Path, departures: Departures, layer: str, *more: str) -> dict[str, Any]:
    """What the reports of the suite hold of all operations on this address that are selected, together.

    more: options of both runs.
    """
    chosen = [o for o in load(NAME, layer=layer).operations if o.operation_id not in departures.not_selected]
    runs = [o.operation_id for o in chosen if o.rule.action == "run"]
    others = [o.operation_id for o in chosen if o.rule.action != "run"]
    reports = [
        verify(url, folder / "others", others, [*PLAIN, "--as", layer, *more]),
        verify(url, folder / "runs", runs, [*RUNS, "--as", layer, *more]),
    ]
    names = ("findings", "operations", "crashes")
    return {name: [each for report in reports for each in report[name]] for name in names}


def verify(url: str, folder: Path, operations: list[str], options: list[str]) -> Mapping[str, Any]:
    """The report of one run of the suite."""
    done = verification.verify(url, folder, NAME, operations, *options)
    assert done.status in (0, 1), done.output[-3000:]
    assert not done.report["unreachable"]
    return done.report


def untested(operation: Mapping[str, Any], departures: Departures) -> bool:
    """Whether an operation was not tested, and the table does not say why."""
    return (
        bool(operation["untested"] or not operation["exchanges"]) and operation["operation"] not in departures.untested
    )


def of(report: Mapping[str, Any], severity: str) -> Iterator[Mapping[str, Any]]:
    """The findings of a severity."""
    return (finding for finding in report["findings"] if finding["severity"] == severity)


def test_nothing_is_found_where_the_observed_layer_is_asked(real: str, tmp_path: Path, departures: Departures) -> None:
    report = verified(real, tmp_path, departures, "observed", *AGENT)
    assert not report["crashes"]
    assert [told(finding) for finding in of(report, "failure")] == []
    unexplained = [f for f in of(report, "unconfirmed") if not departures.rows_of(f, "unconfirmed")]
    assert [told(finding) for finding in unexplained] == []
    assert {each["operation"]: each["untested"] for each in report["operations"] if untested(each, departures)} == {}


def test_nothing_is_found_where_the_graph_has_another_name(tmp_path: Path, departures: Departures) -> None:
    """The assistants are asked, too: the names of graphs come from what the server lists."""
    others = replace(departures, not_selected={})
    with serving(tmp_path, {"echo": "./graphs.py:agent"}) as url:
        report = verified(url, tmp_path, others, "observed")
    assert not report["crashes"]
    assert [told(finding) for finding in of(report, "failure")] == []
    unexplained = [f for f in of(report, "unconfirmed") if not departures.rows_of(f, "unconfirmed")]
    assert [told(finding) for finding in unexplained] == []
    assert {each["operation"]: each["untested"] for each in report["operations"] if untested(each, others)} == {}


def test_what_the_documents_do_not_say_is_in_the_table(real: str, tmp_path: Path, departures: Departures) -> None:
    holds_what_the_table_has(verified(real, tmp_path, departures, "documented", *AGENT), departures)


def test_the_server_in_javascript_differs_from_the_one_in_python_as_its_table_says(
    real_js: str, tmp_path: Path
) -> None:
    table = load_departures(Path(__file__).with_name("departures_js.yaml"))
    report = verify(real_js, tmp_path / "report", list(table.selected), [*PLAIN, "--as", "observed"])
    holds_what_the_table_has(report, table)
    assert not [each for each in report["operations"] if untested(each, table)]


def test_the_server_in_javascript_is_no_other_where_its_graph_has_another_name(tmp_path: Path) -> None:
    table = load_departures(Path(__file__).with_name("departures_js.yaml"))
    with serving_js({"echo": "./graphs.mjs:agent"}) as url:
        report = verify(url, tmp_path / "report", list(table.selected), [*PLAIN, "--as", "observed"])
    holds_what_the_table_has(report, table)
    assert not [each for each in report["operations"] if untested(each, table)]
