"""Ctrl-C that is not lost: Python drops a KeyboardInterrupt that is raised in a callback of its garbage collector.

Hypothesis has such a callback, and collects garbage before each example: of ten interrupts of a run one fell there.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def watched_interrupts() -> Iterator[Callable[[], None]]:
    """Note interrupts. The yielded function raises KeyboardInterrupt where one came; so does the end of the block.

    Nothing is done outside the main thread, or where somebody else handles interrupts.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    came = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        came.set()
        signal.default_int_handler(number, frame)

    def check() -> None:
        if came.is_set():
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
    check()
