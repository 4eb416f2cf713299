"""Signals that end a run: SIGTERM and SIGHUP do what Ctrl-C does, and none of them is lost.

Python drops a KeyboardInterrupt that is raised in a callback of its garbage collector. Hypothesis has such a callback,
and collects garbage before each example: of ten interrupts of a run one fell there. And it may interrupt an
instruction that stands on no line of its file; pytest fails when it shows the traceback of such an interrupt.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
_MOMENT = 0.001
"""Seconds after which a signal comes once more."""


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, but only where the instruction that it interrupts has a line: else a moment later."""
    if frame is not None and frame.f_lineno is None:
        again = threading.Timer(_MOMENT, _send_to_main_thread, (number,))
        again.daemon = True
        again.start()
        return
    signal.default_int_handler(number, frame)


def _send_to_main_thread(number: int) -> None:
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        signal.raise_signal(number)


@contextlib.contextmanager
def ended_like_ctrl_c() -> Iterator[None]:
    """Within the block SIGTERM and SIGHUP raise KeyboardInterrupt: what a run made is removed before its process ends.

    Nothing is done outside the main thread, or where somebody else handles or ignores them.
    """
    restore = handle_like_ctrl_c()
    try:
        yield
    finally:
        restore()


def handle_like_ctrl_c() -> Callable[[], None]:
    """As `ended_like_ctrl_c`, from now on; the function that puts the signals back."""
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    ordinary = {signal.SIGINT: signal.default_int_handler, **dict.fromkeys(_ENDING, signal.SIG_DFL)}
    changed = {number: before for number, before in ordinary.items() if signal.getsignal(number) is before}
    for number in changed:
        signal.signal(number, interrupt)

    def restore() -> None:
        for number, before in changed.items():
            if signal.getsignal(number) is interrupt:
                signal.signal(number, before)

    return restore


@contextlib.contextmanager
def watched_interrupts() -> Iterator[Callable[[], None]]:
    """Note interrupts. The yielded function raises KeyboardInterrupt where one came; so does the end of the block.

    The one that leaves the block is new: each entry of its traceback has a line.

    Nothing is done outside the main thread, or where somebody else handles interrupts.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    raising = (signal.default_int_handler, interrupt)
    watched = {n: before for n in (signal.SIGINT, *_ENDING) if (before := signal.getsignal(n)) in raising}
    came = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        came.set()
        interrupt(number, frame)

    def check() -> None:
        if came.is_set():
            raise KeyboardInterrupt from None

    for number in watched:
        signal.signal(number, note)
    try:
        yield check
    except KeyboardInterrupt:
        came.set()
    finally:
        for number, before in watched.items():
            signal.signal(number, before)
    check()
