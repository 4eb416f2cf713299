"""Correct servers that answer otherwise than the mock does have no finding from what is asked of runs."""

import json
import random
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.agent_input import body_with_text
from threadmock.contracts.checks import Context, Reading, judge_reading
from threadmock.contracts.checks.survival import prompt_applies
from threadmock.contracts.engine.run import Run, prepare
from threadmock.contracts.options import Settings
from threadmock.contracts.target.exchange import Exchange
from threadmock.contracts.target.open_target import MOCK_TOKEN
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.errors import TimedOut
from threadmock.contracts.transport.stream_limits import PLAIN, Stop
from threadmock.contracts.transport.wsgi import WsgiTransport
from threadmock.mockserver import create_mock
from threadmock.mockserver.agents.timer import JumpingTimer
from threadmock.specs.wire.messages import Request, Response

SEEDS = range(1, 4)
STREAM, WAIT = "POST /threads/{thread_id}/runs/stream", "POST /threads/{thread_id}/runs/wait"
START = "POST /threads/{thread_id}/runs"
LATER, RUNS = "the request asks for a run that begins later", "an agent takes the time that it takes"
Change = Callable[[Request, Response], Response]


class Changed(WsgiTransport):
    """A mock in this process whose answers are changed. A change may raise what a transport raises."""

    def __init__(self, app: Any, change: Change) -> None:
        super().__init__(app)
        self._change = change

    def send(self, request: Request, *, deadline: float, stop: Stop = PLAIN) -> Response:
        return self._change(request, super().send(request, deadline=deadline, stop=stop))


def changed_run(change: Change, seed: int = 1) -> Run:
    """A run of the suite on a mock whose answers are changed."""
    run = prepare(Settings("langsmith", seed=seed, layer="observed"))
    given, timer = run.target.given, JumpingTimer()
    run.target.close()
    mock = create_mock(run.contract, seed=seed, auth=MOCK_TOKEN, timer=timer)
    run.target = Target(Changed(mock.wsgi, change), "a variant", given=given, run_pause=timer.advance)
    return run


def found(run: Run, phases: Iterable[str]) -> list[tuple[str, str]]:
    """What these scenarios find on all operations, each of which has compared something."""
    wanted, findings, silent = set(phases), [], []
    for slug, phase in run.items():
        if phase in wanted:
            outcome = run.perform(slug, phase)
            assert not outcome.crash
            findings += [(finding.check, finding.got) for finding, _ in outcome.findings]
            silent += [] if outcome.findings or outcome.tallies[phase].passed else [(phase, slug)]
    run.target.close()
    assert silent == []
    return findings


def gone_later(times: int) -> Change:
    """A server on which what was taken away is there a moment longer: it is read so many times more."""
    seen: dict[str, tuple[Response, int]] = {}

    def change(request: Request, response: Response) -> Response:
        if request.method != "GET" or "/runs/" not in request.path or request.path.split("/")[-2] != "runs":
            return response
        if response.status == 200:
            seen[request.path] = response, times
            return response
        before, left = seen.get(request.path, (response, 0))
        if response.status == 404 and left:
            seen[request.path] = before, left - 1
            return before
        return response

    return change


@pytest.mark.parametrize("seed", SEEDS)
def test_a_rollback_may_take_a_moment(seed: int) -> None:
    assert found(changed_run(gone_later(2), seed), ["busy", "cancel"]) == []


def test_a_run_that_is_never_taken_away_is_found() -> None:
    assert {check for check, _ in found(changed_run(gone_later(1000)), ["busy", "cancel"])} == {"busy", "cancel"}


def listed_for(times: int) -> Change:
    """A server that lists what a run without a thread is told, while it is under way: so many times after its start."""
    told: list[bytes] = []

    def change(request: Request, response: Response) -> Response:
        if (request.method, request.path) == ("POST", "/runs") and response.status == 200:
            told[:] = [request.body or b""] * times
        if request.path != "/threads/search" or response.status != 200 or not told:
            return response
        threads = [*json.loads(response.body), {"values": json.loads(told.pop())}]
        return replace(response, body=json.dumps(threads).encode())

    return change


@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_run_without_a_thread_is_told_may_be_listed_for_a_moment(seed: int) -> None:
    assert [each for each in found(changed_run(listed_for(3), seed), ["alone"]) if each[0] == "alone"] == []


def test_what_a_run_without_a_thread_was_told_and_is_always_listed_is_found() -> None:
    assert "alone" in {check for check, _ in found(changed_run(listed_for(1000)), ["alone"])}


def mounted(_: Request, response: Response) -> Response:
    """A server behind a mount point: the place of a run is told as it is seen from there."""
    headers = {n: f"/mounted{v}" if n.endswith("location") else v for n, v in response.headers.items()}
    return replace(response, headers=headers)


def test_the_place_of_a_run_may_be_told_with_a_mount_point() -> None:
    assert found(changed_run(mounted), ["run_location"]) == []


def without_parents(_: Request, response: Response) -> Response:
    """A server whose events do not tell the steps of a graph from the graph, where both have one name."""
    if not isinstance(response.body, bytes) or "event-stream" not in response.headers.get("content-type", ""):
        return response
    return replace(response, body=re.sub(rb',"parent_ids":\[[^]]*\]', b"", response.body))


def test_the_step_of_a_graph_that_has_its_name_is_no_other_run() -> None:
    assert found(changed_run(without_parents), ["run_location"]) == []


def more_said(_: Request, response: Response) -> Response:
    """A server that says more of a question while it streams than it stores."""
    if not isinstance(response.body, bytes) or "event-stream" not in response.headers.get("content-type", ""):
        return response
    marked = response.body.replace(b'"id":"', b'"asked_by":null,"id":"') if b"__interrupt__" in response.body else b""
    return replace(response, body=marked or response.body)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_question_may_be_told_with_more_than_is_stored(seed: int) -> None:
    assert found(changed_run(more_said, seed), ["questions", "interrupt_resume"]) == []


def asked(run: Run, name: str, change: Change, **members: Any) -> Exchange:
    """How a run with these members is answered."""
    operation = next(each for each in run.operations if str(each) == name)
    stage = run.prerequisites(operation).prerequisites
    keys = {"thread": stage.make("thread").key}
    body = {**body_with_text(run.contract, operation, "hello"), **members}
    exchange = run.target.exchange(stage.resolve(case_about(operation, keys, "a run", value=body)))
    assert exchange.response is not None
    return replace(exchange, response=change(exchange.request, exchange.response))


def with_feedback(at: int) -> Change:
    """A server that tells where feedback can be sent, as its event of that number."""

    def change(_: Request, response: Response) -> Response:
        assert isinstance(response.body, bytes)
        events = response.body.split(b"\r\n\r\n")
        told = b"event: feedback\r\ndata: " + json.dumps({"stars": "https://feedback.example/1"}).encode()
        events.insert(at if at >= 0 else len(events) - 1, told)
        return replace(response, body=b"\r\n\r\n".join(events))

    return change


def judged(run: Run, exchange: Exchange) -> set[str]:
    """The checks that find something in an exchange."""
    context = Context(run.contract, run.target.exchange, lambda *_: None, random.Random(1))
    return {finding.check for finding in judge_reading(Reading(context, exchange)).findings}


@pytest.mark.parametrize("at", [1, 2, -1])
def test_feedback_may_be_told_where_its_keys_were_named_and_only_there(at: int) -> None:
    run = prepare(Settings("langsmith", seed=1, layer="observed"))
    assert judged(run, asked(run, STREAM, with_feedback(at), feedback_keys=["stars"])) == set()
    assert "event_names" in judged(run, asked(run, STREAM, with_feedback(at)))
    run.target.close()


@pytest.mark.parametrize(
    ("name", "seconds", "reason"), [(START, 3, LATER), (START, 0, RUNS), (WAIT, 0, RUNS), (STREAM, 0, RUNS)]
)
def test_who_waits_for_a_run_or_asks_for_it_later_is_not_answered_slowly(name: str, seconds: int, reason: str) -> None:
    run = prepare(Settings("langsmith", seed=1, layer="observed"))
    late = replace(asked(run, name, lambda _, response: response, after_seconds=seconds), elapsed=9.0)
    context = Context(run.contract, run.target.exchange, lambda *_: None, random.Random(1))
    assert prompt_applies(Reading(context, late)) == reason
    run.target.close()


class Silent(WsgiTransport):
    """A server that never answers who waits for a run on another connection while it is cancelled."""

    cancelled = threading.Event()

    def send(self, request: Request, *, deadline: float, stop: Stop = PLAIN) -> Response:
        if request.path.endswith("/join") and threading.current_thread() is not threading.main_thread():
            assert self.cancelled.wait(30)
            raise TimedOut("nothing came in time")
        response = super().send(request, deadline=deadline, stop=stop)
        if request.path.endswith("/cancel"):
            self.cancelled.set()
        return response


def test_who_waits_in_vain_for_a_run_that_was_cancelled_is_reported() -> None:
    run = prepare(Settings("langsmith", seed=1, layer="observed"))
    given, timer = run.target.given, JumpingTimer()
    run.target.close()
    mock = create_mock(run.contract, seed=1, auth=MOCK_TOKEN, timer=timer)
    run.target = Target(Silent(mock.wsgi), "a silent one", given=given, run_pause=timer.advance)
    assert {check for check, _ in found(run, ["cancel_waiters"])} == {"cancel_waiters"}


@pytest.mark.parametrize(("faults", "checks"), [((), set()), (("stream-held-back",), {"stream_begins"})])
@pytest.mark.parametrize("provider", ["ishvana", "scale"])
def test_where_nothing_reads_a_run_a_stream_begins_before_the_answer_is_stored(
    provider: str, faults: tuple[str, ...], checks: set[str]
) -> None:
    """The target's clock is the one that the runs go by: they take seconds that nobody waits for."""
    run = prepare(Settings(provider, seed=1, layer="observed"))
    given, timer = run.target.given, JumpingTimer()
    run.target.close()
    mock = create_mock(run.contract, seed=1, auth=MOCK_TOKEN, timer=timer, faults=faults)
    run.target = Target(
        WsgiTransport(mock.wsgi), "one that takes time", given=given, run_pause=timer.advance, clock=timer.read
    )
    assert {check for check, _ in found(run, ["stream_begins"])} == checks
