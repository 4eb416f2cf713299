"""Threads, runs, their queue, and what is stored of them: shared by all wire forms.

Everything happens under one lock; whoever waits for something waits on the same condition.
"""

import contextlib
import itertools
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from support.run_server.records import Beat, Busy, Message, Run, Step, Thread

POLL = 0.05


class Service:
    """All threads and runs. speak: the agent; see `agent`."""

    def __init__(self, speak: Callable[["Service", Run], None]) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.threads: dict[str, Thread] = {}
        self.speak = speak
        self.closed = False
        self._last = datetime.now(UTC)
        self._numbers = itertools.count(1)

    def now(self) -> str:
        """A moment that is later than all before."""
        with self.changed:
            self._last = max(datetime.now(UTC), self._last + timedelta(microseconds=1))
            return self._last.isoformat(timespec="microseconds")

    def new_key(self) -> str:
        """A UUID that is greater than those before."""
        millis = int(time.time() * 1000) & (1 << 48) - 1
        made = millis << 80 | 7 << 76 | (next(self._numbers) & 0xFFF) << 64 | 1 << 63 | secrets.randbits(62)
        return str(uuid.UUID(int=made))

    def open_thread(self, key: str | None = None, **more: Any) -> Thread:
        """A new thread."""
        with self.changed:
            now = self.now()
            thread = Thread(key or self.new_key(), now, now, more)
            self.threads[thread.id] = thread
            return thread

    def remove_thread(self, thread: Thread) -> None:
        """Take a thread away, with its runs."""
        with self.changed:
            for run in [*thread.queue, *([thread.active] if thread.active else [])]:
                self.finish(run, "cancelled")
            thread.gone = True
            self.threads.pop(thread.id, None)

    def run(self, key: str) -> Run | None:
        """A run of any thread; None where there is none."""
        with self.changed:
            return next((run for thread in self.threads.values() for run in thread.runs if run.id == key), None)

    def submit(self, run: Run, policy: str = "enqueue") -> None:
        """Begin a run, or let it wait for its turn. Busy where the policy says so."""
        with self.changed:
            thread = run.thread
            under_way = [*([thread.active] if thread.active else []), *thread.queue]
            if under_way and policy == "reject":
                raise Busy
            run.updated = run.created
            thread.runs.append(run)
            thread.queue.append(run)
            thread.updated = self.now()
            for other in under_way if policy in ("interrupt", "rollback") else ():
                self.stop(other, remove=policy == "rollback")
            self.begin_next(thread)

    def begin_next(self, thread: Thread) -> None:
        """Let the run that waits longest begin."""
        if thread.active is None and thread.queue and not self.closed:
            thread.active = thread.queue.pop(0)
            threading.Thread(target=self._work, args=(thread.active,), daemon=True).start()

    def _work(self, run: Run) -> None:
        if run.delay and self.pause(run, run.delay):
            return
        with self.changed:
            if run.over:
                return
            thread = run.thread
            run.status, run.started = "running", self.now()
            run.updated = run.started
            run.before = len(thread.steps), list(thread.messages), thread.rest
        self.speak(self, run)

    def pause(self, run: Run, seconds: float) -> bool:
        """Wait, unless the run is over before; whether it is."""
        until = time.monotonic() + seconds
        with self.changed:
            while not run.over and (left := until - time.monotonic()) > 0:
                self.changed.wait(left)
            return run.over

    def beat(self, run: Run, kind: str, **data: Any) -> None:
        """Note that something happened, and tell who follows the run."""
        with self.changed:
            run.beats.append(Beat(kind, run.thread.latest, int(time.time() * 1000), data))
            self.changed.notify_all()

    def step(self, run: Run | None, thread: Thread, source: str, **more: Any) -> Step:
        """Keep what a thread holds now in its history."""
        with self.changed:
            last = thread.latest
            made = Step(
                self.new_key(), last.id if last else "", last.number + 1 if last else -1, source,
                tuple(thread.messages), self.now(), run.id if run else "", more=last.more if last else {},
            )  # fmt: skip
            thread.steps.append(replace(made, **more))
            return thread.steps[-1]

    def amend(self, thread: Thread, **more: Any) -> None:
        """Change what a thread holds, without a new step."""
        with self.changed:
            thread.steps[-1] = replace(thread.steps[-1], **more)

    def say(self, run: Run, message: Message) -> None:
        """Add a message to a thread; one with the same id takes the place of the other."""
        with self.changed:
            kept = run.thread.messages
            at = next((at for at, each in enumerate(kept) if each.id == message.id), len(kept))
            kept[at : at + 1] = [message]

    def finish(self, run: Run, status: str, kind: str = "", **data: Any) -> bool:
        """End a run, once; the next may begin. Whether it was not over before."""
        with self.changed:
            if run.over:
                return False
            thread = run.thread
            run.status, run.ended = status, self.now()
            run.updated = thread.updated = run.ended
            thread.rest = status
            if run in thread.queue:
                thread.queue.remove(run)
            if thread.active is run:
                thread.active = None
            self.beat(run, kind or status, **data)
            self.begin_next(thread)
            self.ended(run)
            return True

    def ended(self, run: Run) -> None:
        """What else happens when a run is over: a thread that was made for it alone goes."""
        if run.thread.temporary:
            self.remove_thread(run.thread)

    def stop(self, run: Run, *, remove: bool = False) -> bool:
        """Cancel a run; remove: and take away all that it left. Whether it was under way."""
        with self.changed:
            if run.over:
                return False
            if not remove:
                return self.finish(run, "cancelled")
            self.undo(run)
            self.ended(run)
            return True

    def undo(self, run: Run) -> None:
        """Take a run away that is under way, and all that it left on its thread."""
        thread = run.thread
        if run.before is not None:
            count, messages, rest = run.before
            del thread.steps[count:]
            thread.messages[:] = messages
        else:
            rest = thread.rest
        run.status, run.ended = "cancelled", self.now()
        run.removed = True
        if run in thread.queue:
            thread.queue.remove(run)
        if thread.active is run:
            thread.active = None
        if run in thread.runs:
            thread.runs.remove(run)
        thread.rest = rest
        self.beat(run, "removed")
        self.begin_next(thread)

    def forget(self, run: Run) -> None:
        """Take a run away, and leave what it said."""
        with self.changed:
            self.stop(run)
            if run in run.thread.runs:
                run.thread.runs.remove(run)

    def wait(self, run: Run, closed: Callable[[], bool] = lambda: False) -> bool:
        """Wait until a run is over; False where the client has gone before."""
        with self.changed:
            while not run.over:
                if closed() or self.closed:
                    return False
                self.changed.wait(POLL)
            return True

    def follow(self, run: Run, start: int = 0, closed: Callable[[], bool] = lambda: False) -> Iterator[Beat]:
        """What happens in a run, as it happens, until it is over or the client has gone."""
        at = start
        while True:
            with self.changed:
                while at >= len(run.beats):
                    if run.over or self.closed or closed():
                        return
                    self.changed.wait(POLL)
                beats = run.beats[at:]
            yield from beats
            at += len(beats)

    def close(self) -> None:
        """End all runs."""
        with self.changed:
            self.closed = True
            for thread in list(self.threads.values()):
                for run in list(thread.runs):
                    with contextlib.suppress(Exception):
                        self.stop(run)
            self.changed.notify_all()
