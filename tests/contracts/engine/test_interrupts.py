"""An interrupt counts wherever it falls, also where Python drops what is raised."""

import contextlib
import gc
import signal
import threading
from types import SimpleNamespace

import pytest
from threadmock.contracts.engine.interrupts import handle_like_ctrl_c, interrupt, watched_interrupts


@pytest.fixture(autouse=True)
def interrupts(monkeypatch: pytest.MonkeyPatch):
    """Interrupts are heeded as in a program that somebody started by hand."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_in_a_callback_of_the_garbage_collector_is_not_lost() -> None:
    def fall(phase: str, _: object) -> None:
        if phase == "start":
            gc.callbacks.remove(fall)
            signal.raise_signal(signal.SIGINT)

    reached = []

    def work() -> None:
        with watched_interrupts() as heed:
            gc.callbacks.append(fall)
            gc.collect()
            reached.append("collected")
            heed()
            reached.append("heeded")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert reached == ["collected"]


def test_the_end_of_the_block_heeds_it_too() -> None:
    def work() -> None:
        with watched_interrupts(), contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        work()


def test_without_an_interrupt_nothing_happens_and_elsewhere_nothing_is_changed() -> None:
    with watched_interrupts() as heed:
        heed()
    seen = []

    def elsewhere() -> None:
        with watched_interrupts() as heed:
            heed()
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_one_that_falls_on_an_instruction_without_a_line_comes_a_moment_later(name: str) -> None:
    restore = handle_like_ctrl_c()
    reached = []

    def work() -> None:
        interrupt(getattr(signal, name), SimpleNamespace(f_lineno=None))
        reached.append("went on")
        threading.Event().wait(60)

    try:
        with pytest.raises(KeyboardInterrupt):
            work()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(getattr(signal, name))
    finally:
        restore()
    assert reached == ["went on"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
