"""Manners: the rate, and how long the target is left alone when it asks."""

import datetime
import io

import pytest
from threadmock.contracts.engine.run import prepare
from threadmock.contracts.options import Settings
from threadmock.contracts.target.open_target import mock_target
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.rate import MOST_PAUSE, MOST_REFUSALS, Pacer, seconds_asked
from threadmock.contracts.transport.shared import SharedRate, WorkerPlace
from threadmock.contracts.transport.wsgi import WsgiTransport
from threadmock.specs.wire.messages import Response

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class Time:
    """A clock that moves only where somebody sleeps."""

    def __init__(self):
        self.moment = 100.0
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(round(seconds, 3))
        self.moment += seconds


def pacer(rate=None):
    time = Time()
    return Pacer(rate, clock=lambda: time.moment, sleep=time.sleep, now=lambda: NOW), time


def test_so_many_requests_a_second_go_and_no_more():
    paced, time = pacer(4)
    for _ in range(9):
        paced.wait()
    assert time.moment == pytest.approx(102.0)


def test_without_a_rate_nobody_waits():
    paced, time = pacer()
    paced.wait()
    paced.wait()
    assert not time.slept


def test_a_read_waits_until_what_was_written_may_show_and_a_write_does_not():
    time = Time()
    paced = Pacer(clock=lambda: time.moment, sleep=time.sleep, settle=2.0)
    paced.wait(reading=True)
    paced.written()
    paced.wait()
    assert not time.slept
    time.moment += 0.5
    paced.wait(reading=True)
    paced.wait(reading=True)
    assert time.slept == [1.5]


class Lagging:
    """An application whose reads come from a copy that learns of writes some seconds late."""

    def __init__(self, contract, time, lag):
        self.first, self.copy = (mock_target(contract, 5).transport._app for _ in range(2))
        self.time, self.lag = time, lag
        self.waiting = []

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read()

        def ask(app, told=start_response):
            return list(app({**environ, "wsgi.input": io.BytesIO(body)}, told))

        if environ["REQUEST_METHOD"] != "GET":
            self.waiting.append((self.time.moment + self.lag, lambda: ask(self.copy, lambda *_: None)))
            return ask(self.first)
        while self.waiting and self.waiting[0][0] <= self.time.moment:
            self.waiting.pop(0)[1]()
        return ask(self.copy)


@pytest.mark.parametrize(("settle", "late"), [(0.0, True), (4.0, False)])
def test_what_shows_late_is_no_finding_where_reads_wait_long_enough(settle, late):
    run, time = prepare(Settings("langsmith", seed=5)), Time()
    given = run.target.given
    run.target = Target(WsgiTransport(Lagging(run.contract, time, 3.0)), "there", given=given)
    run.target.pacer = Pacer(clock=lambda: time.moment, sleep=time.sleep, settle=settle)
    found = [
        finding
        for slug, phase in run.items()
        if phase in ("read_your_writes", "update_visible", "gone_after_delete", "list_contains")
        for finding, _ in run.perform(slug, phase).findings
    ]
    # The id of a run or a cron holds the time of its making: the copy, which makes it later, knows another.
    others = [finding for finding in found if "_run_" not in finding.operation and "_cron_" not in finding.operation]
    lost = [finding for finding in others if (finding.check, finding.case.status) == ("valid_accepted", 404)]
    assert bool(lost) is late


@pytest.mark.parametrize(
    ("value", "pause"),
    [
        ("3", 3),
        ("0", 0),
        ("-5", 0),
        ("31536000", MOST_PAUSE),
        ("99999999999999999999", 1),
        ("Thu, 01 Jan 2026 00:00:07 GMT", 7),
        ("Wed, 01 Jan 2025 00:00:00 GMT", 0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", MOST_PAUSE),
        ("soon", 1),
        ("nan", 1),
        ("1e9", 1),
        ("", 1),
        (None, 1),
    ],
)
def test_a_pause_is_as_long_as_was_asked_within_bounds(value, pause):
    paced, time = pacer()
    assert paced.note_refusal(Response(429, {} if value is None else {"retry-after": value}))
    paced.wait()
    assert time.moment - 100 == pytest.approx(pause)


def test_who_is_asked_again_and_again_is_left_alone_longer_and_then_for_good():
    paced, time = pacer()
    for _ in range(MOST_REFUSALS):
        assert not paced.refused_too_often
        paced.note_refusal(Response(503))
        paced.wait()
    assert paced.refused_too_often
    assert time.slept == [1, 2, 4, 8, 16]
    paced.note_refusal(Response(200))
    assert not paced.refused_too_often


def test_no_retry_after_breaks_anything():
    for value in ("\x00", "Thu, 99 Foo 99999 00:00:00", "1" * 400, "-"):
        seconds_asked(value, NOW)


def sharing(folder, time, rate):
    shared = SharedRate(folder, rate, clock=lambda: time.moment, pause=time.sleep)
    return Pacer(rate, clock=lambda: time.moment, sleep=time.sleep, now=lambda: NOW, shared=shared)


def test_processes_that_share_a_folder_keep_to_one_rate(tmp_path):
    time = Time()
    one, other = sharing(tmp_path, time, 4), sharing(tmp_path, time, 4)
    for _ in range(5):
        one.wait()
        other.wait()
    assert time.moment == pytest.approx(100.0 + 9 / 4)


def test_what_one_process_is_asked_to_wait_all_wait(tmp_path):
    time = Time()
    one, other = sharing(tmp_path, time, float("inf")), sharing(tmp_path, time, float("inf"))
    one.note_refusal(Response(429, {"retry-after": "9"}, b""))
    other.wait()
    assert time.moment == pytest.approx(109.0)


@pytest.mark.parametrize(("workers", "turn"), [(2, -1.0), (1, 0.0)])
def test_a_run_of_several_processes_takes_its_turns_among_all(tmp_path, workers, turn):
    place = WorkerPlace(workers, 0, tmp_path, alone=True)
    run = prepare(Settings("langsmith", target="http://127.0.0.1:9", rate=0.001), at=place)
    run.target.pacer.wait()
    assert SharedRate(tmp_path, 0.001).take(most=1) == turn
    run.target.close()
