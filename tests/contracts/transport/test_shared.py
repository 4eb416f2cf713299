"""What the processes of a run share: a rate and a count; with real processes."""

import subprocess
import sys
import threading

import pytest
from threadmock.contracts.transport.shared import SharedCount, SharedRate, new_folder

WORKER = """
import sys, time
from pathlib import Path
from threadmock.contracts.transport.shared import SharedCount, SharedRate

folder, kind = Path(sys.argv[1]), sys.argv[2]
if kind == "rate":
    rate = SharedRate(folder, 100.0)
    for _ in range(10):
        rate.take()
        print(time.monotonic())
elif kind == "count":
    print(sum(SharedCount(folder / "runs", 25).take() for _ in range(10)))
"""


def workers(folder, kind, count=4):
    started = [
        subprocess.Popen([sys.executable, "-c", WORKER, str(folder), kind], stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    outputs = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0] * count
    return outputs


def test_processes_keep_one_rate_together(tmp_path):
    moments = sorted(float(moment) for output in workers(tmp_path, "rate") for moment in output.split())
    assert len(moments) == 40
    # 40 turns at 100 a second: the first at once, the last not before 0.39 seconds
    assert moments[-1] - moments[0] > 0.35


def test_processes_take_no_more_than_all_may(tmp_path):
    assert sum(map(int, workers(tmp_path, "count"))) == 25
    assert SharedCount(tmp_path / "runs", 25).used == 25


class Hands:
    """A clock that only moves when somebody waits."""

    def __init__(self):
        self.now = 1000.0

    def read(self):
        return self.now

    def pause(self, seconds):
        self.now += seconds


def rate(folder, per_second, hands, **more):
    return SharedRate(folder, per_second, clock=hands.read, pause=hands.pause, **more)


def test_turns_are_a_gap_apart_and_a_pause_saves_up_no_more_than_a_burst(tmp_path):
    hands = Hands()
    made = rate(tmp_path, 2.0, hands, burst=3)
    waits = [made.take() for _ in range(5)]
    assert waits == pytest.approx([0, 0, 0, 0.5, 0.5])
    hands.pause(60)
    assert [made.take() for _ in range(4)] == pytest.approx([0, 0, 0, 0.5])


def test_whoever_is_held_back_holds_back_all(tmp_path):
    hands = Hands()
    rate(tmp_path, 10.0, hands).hold_back(30)
    assert rate(tmp_path, 10.0, hands).take() == pytest.approx(30)


def test_a_turn_that_would_take_too_long_is_not_taken(tmp_path):
    hands = Hands()
    made = rate(tmp_path, 1.0, hands)
    made.hold_back(100)
    assert made.take(most=5) == -1
    assert hands.now == 1000
    assert made.take() == pytest.approx(100)


def test_threads_of_one_process_take_turns_too(tmp_path):
    count = SharedCount(tmp_path / "runs", 10)
    taken = []
    threads = [threading.Thread(target=lambda: taken.extend(count.take() for _ in range(5))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 10


def test_a_count_without_a_limit_only_counts(tmp_path):
    count = SharedCount(tmp_path / "all", None)
    assert all(count.take() for _ in range(5))
    assert count.take(3)
    assert count.used == 8


def test_the_folder_is_for_its_owner_only():
    folder = new_folder()
    try:
        assert folder.stat().st_mode & 0o077 == 0 or sys.platform == "win32"
    finally:
        folder.rmdir()
