"""Faults of what all wire forms share: the agent, the queue, what is stored, and who is told of it."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from support.run_server.core import POLL, Service
from support.run_server.faults.fault import wrap
from support.run_server.http import Request
from support.run_server.records import Beat, Message, Run


def store_other_text(server: Any) -> None:
    """What is stored is not what was said."""

    def say(stored: Callable[..., None], run: Run, message: Message) -> None:
        changed = replace(message, text=f"{message.text}!") if message.role == "assistant" else message
        stored(run, changed)

    wrap(server.service, "say", say)


def store_nothing(server: Any) -> None:
    """What the agent says is not stored."""
    wrap(server.service, "say", lambda stored, run, message: message.role == "assistant" or stored(run, message))


def store_elsewhere(server: Any) -> None:
    """What the agent says is stored on the thread that was made before, too."""

    def say(stored: Callable[..., None], run: Run, message: Message) -> None:
        stored(run, message)
        known = list(server.service.threads.values())
        before = known[: known.index(run.thread)] if run.thread in known else []
        for other in before[-1:] if message.role == "assistant" else ():
            other.messages.append(message)
            if other.steps:
                server.service.amend(other, messages=tuple(other.messages))

    wrap(server.service, "say", say)


def change_beats(change: Callable[[Run, Beat], Beat | None]) -> Callable[[Any], None]:
    """A fault of what is told as it happens. change: makes another beat, or none, of one."""

    def plant(server: Any) -> None:
        def follow(told: Callable[..., Iterator[Beat]], run: Run, *given: Any) -> Iterator[Beat]:
            for beat in told(run, *given):
                if (made := change(run, beat)) is not None:
                    yield made

        wrap(server.service, "follow", follow)

    return plant


def _lose(_: Run, beat: Beat) -> Beat | None:
    return None if beat.kind == "part" and beat.data["index"] == 1 else beat


def _spell(_: Run, beat: Beat) -> Beat | None:
    if beat.kind != "part" or beat.data["index"] != 1:
        return beat
    return replace(beat, data={**beat.data, "text": beat.data["text"].upper()})


lose_word = change_beats(_lose)
spell_word = change_beats(_spell)
hide_failure = change_beats(lambda _, beat: None if beat.kind == "failed" else beat)


def send_at_the_end(server: Any) -> None:
    """A stream is sent as a whole when the run is over."""
    wrap(server.service, "follow", lambda told, run, *given: iter(list(told(run, *given))))


def never_end(*ends: str) -> Callable[[Any], None]:
    """A fault: streams of runs that ended so stay open, with a heartbeat now and then, until the client leaves."""

    def plant(server: Any) -> None:
        def chunks(
            told: Callable[..., Iterator[bytes]], request: Request, run: Run, *given: Any, **how: Any
        ) -> Iterator[bytes]:
            yield from told(request, run, *given, **how)
            while run.status in ends and not (request.closed() or server.service.closed):
                yield b": heartbeat\n\n"
                _hang(server.service, lambda: True)

        wrap(server, "stream" if hasattr(server, "stream") else "chunks", chunks)

    return plant


def _hang(service: Service, over: Callable[[], bool]) -> None:
    """Wait until something is over, and for a moment at least."""
    with service.changed:
        service.changed.wait(POLL)
        while not over() and not service.closed:
            service.changed.wait(POLL)


def keep_waiters(server: Any) -> None:
    """Who waits for a run that is cancelled is not told."""

    def wait(waited: Callable[..., bool], run: Run, closed: Callable[[], bool] = lambda: False) -> bool:
        over = run.over
        done = waited(run, closed)
        if not over:
            _hang(server.service, lambda: closed() or run.status != "cancelled")
        return done

    wrap(server.service, "wait", wait)


def cancel_nothing(server: Any) -> None:
    """A cancel is accepted, and the run goes on."""
    wrap(server.service, "stop", lambda _, run, **how: not run.over)


def queue_backwards(server: Any) -> None:
    """Of those that wait, the one that came last goes first."""

    def begin(begun: Callable[..., None], thread: Any) -> None:
        if thread.active is None:
            thread.queue.reverse()
        begun(thread)
        if thread.active is not None:
            thread.queue.sort(key=lambda run: run.created)

    wrap(server.service, "begin_next", begin)


def skip_queued(server: Any) -> None:
    """A run that had to wait is told to be done, and is not carried out."""

    def speak(spoken: Callable[..., None], service: Service, run: Run) -> None:
        if run.more.get("waited"):
            service.beat(run, "begun")
            service.finish(run, "success", "ended")
        else:
            spoken(service, run)

    def submit(submitted: Callable[..., None], run: Run, *given: Any) -> None:
        run.more["waited"] = run.thread.busy
        submitted(run, *given)

    wrap(server.service, "speak", speak)
    wrap(server.service, "submit", submit)


def ignore_policy(*policies: str) -> Callable[[Any], None]:
    """A fault: a run waits for its turn, whatever policy was asked for."""

    def plant(server: Any) -> None:
        def submit(submitted: Callable[..., None], run: Run, policy: str = "enqueue") -> None:
            submitted(run, "enqueue" if policy in policies else policy)

        wrap(server.service, "submit", submit)

    return plant


def mix_texts(server: Any) -> None:
    """Two runs at one time, on two threads, hear what one of them was told."""

    def speak(spoken: Callable[..., None], service: Service, run: Run) -> None:
        with service.changed:
            others = [t.active for t in service.threads.values() if t.active is not None and t.active is not run]
            other = next((each for each in others if each.text), None)
        if other is not None and run.heard:
            run.heard = [*run.heard[:-1], replace(run.heard[-1], text=other.text)]
        spoken(service, run)

    wrap(server.service, "speak", speak)


def keep_runs(server: Any) -> None:
    """Runs of a thread that was deleted are there still."""

    def removed(remove: Callable[..., None], thread: Any) -> None:
        remove(thread)
        if not thread.temporary:
            server.outlived[thread.id] = thread

    server.outlived = {}
    wrap(server.service, "remove_thread", removed)
    with contextlib.suppress(AttributeError):
        wrap(server, "run", _found(server))


def _found(server: Any) -> Callable[..., Run]:
    def find(found: Callable[..., Run], request: Any) -> Run:
        for run in getattr(server.outlived.get(request.keys.get("thread_id")), "runs", ()):
            if run.id == request.keys.get("run_id"):
                return run
        return found(request)

    return find
