"""Each fault that is planted in the run server is caught, by a check that is known, but for those of a list with reasons."""

import contextlib
import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.run_server.agent import EchoAgent
from support.run_server.expected import told, unexpected
from support.run_server.faults import FAULTS
from support.run_server.faults.caught import CAUGHT, NOT_CAUGHT
from support.run_server.forms import FORMS, judge
from support.run_server.http import serve
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


@pytest.mark.parametrize("title", [title for title, reason in NOT_CAUGHT.items() if "clock" in reason])
def test_a_fault_that_is_listed_as_not_caught_is_not(title: str, tmp_path: Path) -> None:
    assert findings(title, tmp_path, *ALL) == [], "it is caught now: take it off the list"


@pytest.mark.parametrize("title", [title for title, reason in NOT_CAUGHT.items() if "clock" in reason])
def test_a_fault_that_is_not_caught_changes_what_is_answered_all_the_same(title: str) -> None:
    assert first_said(title, lambda _: None) == "while it goes on"
    assert first_said(title, FAULTS[title].plant) == "when it is over"


def first_said(title: str, plant: Callable[[Any], None]) -> str:
    """When a long run is answered with its first byte. Of a fault that is caught a finding shows that it changes something."""
    spoken = FORMS[FAULTS[title].form]
    server = spoken.make(EchoAgent(slow=0.5))
    plant(server)
    with (
        serve(server) as url,
        contextlib.closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)) as asked,
    ):

        def post(path: str, body: dict[str, Any]) -> http.client.HTTPResponse:
            asked.request("POST", path, json.dumps(body), {"content-type": "application/json", **spoken.headers})
            return asked.getresponse()

        if spoken.provider == "ishvana":
            answer = post("/api/chat/enhanced/stream", {"message": "/slow hello"})
        elif spoken.provider == "lighton":
            thread = json.loads(post("/api/v3/threads", {}).read())["id"]
            answer = post(f"/api/v3/threads/{thread}/turns", {"query": "/slow hello", "background": True})
        else:
            made = {"title": "a", "application_variant_id": "v", "account_id": "b"}
            thread = json.loads(post("/v4/applications/v/threads", made).read())["id"]
            path = f"/v4/applications/v/threads/{thread}/process"
            answer = post(path, {"inputs": {"input": "/slow hello"}, "stream": True})
        assert answer.read(1)
        over = all(run.over for thread in server.service.threads.values() for run in thread.runs)
        return "when it is over" if over else "while it goes on"


def test_nearly_all_of_at_least_sixty_faults_are_caught() -> None:
    assert not CAUGHT.keys() & NOT_CAUGHT.keys()
    assert CAUGHT.keys() | NOT_CAUGHT.keys() == FAULTS.keys()
    assert len(FAULTS) >= FEWEST
    assert {fault.form for fault in FAULTS.values()} == {"langsmith", "seekrflow", "lighton", "ishvana", "scale"}
    assert len(NOT_CAUGHT) <= MOST_MISSED * len(FAULTS)
    assert all(NOT_CAUGHT.values())
