"""Server errors are hunted: of a server that fails in fifteen places all are found, and nothing of one that refuses."""

import json
from pathlib import Path

import pytest
from support.command_line import deployment, mock
from support.fragile_server import DOCUMENT, PLACES, Fragile, fragile
from threadmock.contracts import verify
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.engine.run import prepare
from threadmock.contracts.options import Settings

APART = ("readable", "hostile_values")


def found_on(server: Fragile, folder: Path, seed: int) -> list[Finding]:
    """What the scenarios apart find, within the default number of requests."""
    document = folder / "notes.json"
    document.write_text(json.dumps(DOCUMENT))
    run = prepare(Settings(str(document), target=server.url, seed=seed, checks=APART))
    found = []
    for slug, phase in list(run.items()):
        if phase in APART:
            outcome = run.perform(slug, phase)
            assert not outcome.crash
            found += [finding for finding, _ in outcome.findings]
    run.target.close()
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_server_that_fails_in_many_places_is_seen_to_fail_in_all(seed: int, tmp_path: Path) -> None:
    with fragile() as server:
        found = found_on(server, tmp_path, seed)
    assert server.failed == PLACES
    assert {finding.check for finding in found} == set(APART)
    assert len(found) >= 12
    named = [finding.got for finding in found if finding.check == "readable"]
    assert named
    assert all("since POST /notes took labels = null" in got for got in named)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_server_that_refuses_instead_is_never_blamed(seed: int, tmp_path: Path) -> None:
    with fragile(sound=True) as server:
        assert found_on(server, tmp_path, seed) == []
    assert server.failed == set()


@pytest.mark.parametrize("operation", ["POST /threads/prune", "POST /threads/{thread_id}/state/checkpoint"])
def test_a_full_body_that_names_what_may_be_somebody_elses_is_left_out(operation: str) -> None:
    with deployment(mock("langsmith", auth="off")) as url:
        report = verify("langsmith", url, operations=[operation], checks=["hostile_values"], seed=7)
    assert "hostile_values: stopped before" not in str(report)
    assert (report.exit_status == 4, report.findings) == (False, ())
