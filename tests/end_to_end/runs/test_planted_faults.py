"""Each fault that is planted in the run server is caught, by a check that is known, but for those of a list with reasons."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from support.run_server.agent import EchoAgent
from support.run_server.expected import told, unexpected
from support.run_server.faults import FAULTS
from support.run_server.faults.caught import CAUGHT, NOT_CAUGHT
from support.run_server.forms import judge
from threadmock.contracts.scenarios.conversations.table import CONVERSATIONS
from threadmock.contracts.scenarios.runs import open_streams
from threadmock.contracts.scenarios.runs.table import RUNS

pytestmark = pytest.mark.slow

FEWEST, MOST_MISSED = 60, 0.05
STREAMS = ("framing", "event_names", "event_payload", "stream_order", "ids")
OF_STREAMS = ("stream_order", "accumulated")
"""Checks of the coverage part: of single exchanges, or such as are asked of every stream."""
SCENARIOS = "not exploration and not coverage"
ALL = (*(scenario.name for scenario in (*RUNS, *CONVERSATIONS)), *STREAMS)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits in vain waits for a moment only."""
    monkeypatch.setattr(open_streams, "ENOUGH", 2.0)


@dataclass(frozen=True)
class Speed:
    """slow: seconds that a long run takes. haste: how much faster the suite lets runs pass than by itself."""

    slow: float
    haste: float


FAST, PATIENT = Speed(0.5, 20), Speed(2.5, 2)


def findings(title: str, folder: Path, *checks: str, part: str = SCENARIOS, speed: Speed = FAST) -> list[str]:
    """What is found of a server with this fault."""
    fault = FAULTS[title]
    report = judge(
        fault.form,
        folder,
        EchoAgent(pace=0.015, slow=speed.slow),
        fault.plant,
        haste=speed.haste,
        operations=fault.operations,
        checks=checks,
        allow_runs=300,
        max_requests=600 if part == SCENARIOS else 100,
        max_examples=1,
        seed=1,
        pytest_arguments=["-k", part],
    )
    return [told(found) for found in unexpected(fault.form, report) if found.check in checks]


@pytest.mark.parametrize("title", CAUGHT)
def test_a_planted_fault_is_caught(title: str, tmp_path: Path) -> None:
    checks = CAUGHT[title].split("+")
    part = "not exploration" if checks[0] in OF_STREAMS else SCENARIOS
    # a machine with much to do is slower than a run that is to be met while it goes on
    found = findings(title, tmp_path / "fast", *checks, part=part) or findings(
        title, tmp_path / "patient", *checks, part=part, speed=PATIENT
    )
    assert found, FAULTS[title].says


@pytest.mark.parametrize("title", NOT_CAUGHT)
def test_a_fault_that_is_listed_as_not_caught_is_not(title: str, tmp_path: Path) -> None:
    assert findings(title, tmp_path, *ALL) == [], "it is caught now: take it off the list"


def test_nearly_all_of_at_least_sixty_faults_are_caught() -> None:
    assert not CAUGHT.keys() & NOT_CAUGHT.keys()
    assert CAUGHT.keys() | NOT_CAUGHT.keys() == FAULTS.keys()
    assert len(FAULTS) >= FEWEST
    assert {fault.form for fault in FAULTS.values()} == {"langsmith", "seekrflow", "lighton", "ishvana", "scale"}
    assert len(NOT_CAUGHT) <= MOST_MISSED * len(FAULTS)
    assert all(NOT_CAUGHT.values())
