"""Faults of the Agent Server: its streams, headers, and what becomes of runs that wait, or are left."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from support.run_server.faults import shared
from support.run_server.faults.fault import Fault, reroute, wrap
from support.run_server.faults.langsmith import CANCEL, DELETE_THREAD, LONE_STREAM, REST, RUNS, START, STREAM
from support.run_server.http import Answer, Request
from support.run_server.langsmith_events import WireEvent, events_of
from support.run_server.records import Run


def change_events(change: Callable[[int, WireEvent], WireEvent | None]) -> Callable[[Any], None]:
    """A fault of events. change: makes another event, or none, of one with its number."""

    def plant(server: Any) -> None:
        def events(told: Callable[..., Iterator[WireEvent]], request: Request, run: Run) -> Iterator[WireEvent]:
            for at, event in enumerate(told(request, run)):
                if (made := change(at, event)) is not None:
                    yield made

        wrap(server, "events", events)

    return plant


def _shrunk(_: int, event: WireEvent) -> WireEvent:
    if event.name != "messages/partial" or len(event.data[0]["content"]) < 12:
        return event
    return replace(event, data=[{**event.data[0], "content": event.data[0]["content"][:8]}])


def piece_for_whole(server: Any) -> None:
    """A partial message holds the last word only."""
    last = [""]

    def change(_: int, event: WireEvent) -> WireEvent:
        if event.name != "messages/partial":
            return event
        whole = event.data[0]["content"]
        piece, last[0] = whole.removeprefix(last[0]), whole
        return replace(event, data=[{**event.data[0], "content": piece}])

    change_events(change)(server)


def _without_answer(_: int, event: WireEvent) -> WireEvent:
    messages = event.data.get("messages") if event.name == "values" else None
    if not messages or messages[-1]["type"] != "ai":
        return event
    return replace(event, data={**event.data, "messages": messages[:-1]})


def _id_again(at: int, event: WireEvent) -> WireEvent:
    head, _, number = event.id.partition("-")
    return replace(event, id=f"{head}-{int(number) - 2}") if event.id and at == 3 else event


def _id_down(_: int, event: WireEvent) -> WireEvent:
    head, _, number = event.id.partition("-")
    return replace(event, id=f"{head}-{1000 - int(number)}") if event.id else event


def _other_run(_: int, event: WireEvent) -> WireEvent:
    if event.name != "metadata":
        return event
    return replace(event, data={**event.data, "run_id": "0190d2c3-0000-7000-8000-000000000001"})


def send_unasked(server: Any) -> None:
    """Updates are sent, whatever modes were asked for."""

    def events(_: Any, request: Request, run: Run) -> Iterator[WireEvent]:
        wanted = ("", "updates", *run.more["modes"])
        for beat in server.service.follow(run, 0, request.closed):
            yield from (event for event in events_of(run, beat) if event.mode in wanted)

    wrap(server, "events", events)


def _updates_louder(_: int, event: WireEvent) -> WireEvent:
    if event.name != "updates" or "agent" not in event.data:
        return event
    (message,) = event.data["agent"]["messages"]
    return replace(event, data={"agent": {"messages": [{**message, "content": message["content"].upper()}]}})


def resume_repeats(server: Any) -> None:
    """Who comes back after an event gets that event again."""
    _shift(server, -1)


def resume_skips(server: Any) -> None:
    """Who comes back after an event misses the next one."""
    _shift(server, 1)


def _shift(server: Any, by: int) -> None:
    def stream(
        told: Callable[..., Iterator[bytes]], request: Request, run: Run, start: int, **how: Any
    ) -> Iterator[bytes]:
        came_back = request.headers.get("last-event-id") is not None and start > 0
        return told(request, run, max(start + by, 0) if came_back else start, **how)

    wrap(server, "stream", stream)


def leave_nothing(server: Any) -> None:
    """A run whose reader went away goes on, although it was to be cancelled."""
    _leaves(server, leaves=False)


def leave_always(server: Any) -> None:
    """A run whose reader went away is cancelled, whatever was asked."""
    _leaves(server, leaves=True)


def _leaves(server: Any, *, leaves: bool) -> None:
    def stream(told: Callable[..., Iterator[bytes]], *given: Any, **how: Any) -> Iterator[bytes]:
        return told(*given, **{**how, "leaves": leaves})

    wrap(server, "stream", stream)


def no_location(server: Any) -> None:
    """A run is answered without saying where it is."""
    wrap(server, "headers_of", lambda of, run, how: {n: v for n, v in of(run, how).items() if n != "content-location"})


def location_of_other(server: Any) -> None:
    """A run is answered with a place where it is not."""

    def headers_of(of: Callable[..., dict[str, str]], run: Run, how: str) -> dict[str, str]:
        return {name: value.replace(run.id, run.thread.id) for name, value in of(run, how).items()}

    wrap(server, "headers_of", headers_of)


def failed_as_success(server: Any) -> None:
    """A run whose stream told a failure is shown as a success."""
    wrap(server, "run_status", lambda of, run: "success" if run.status == "error" else of(run))


def stateless_resume(server: Any) -> None:
    """A run on a thread begins with an empty state: what was said before is lost."""

    def submit(submitted: Callable[..., None], run: Run, *given: Any) -> None:
        if not run.resumes and not run.thread.busy:
            run.thread.messages.clear()
        submitted(run, *given)

    wrap(server.service, "submit", submit)


def second_start(server: Any) -> None:
    """The run of a background start is carried out twice."""

    def instead(answer: Callable[[Request], Answer], request: Request) -> Answer:
        told = answer(request)
        if told.status == 200:
            answer(request)
        return told

    reroute(server, "POST", "/threads/{thread_id}/runs", instead)


_PLANTS: tuple[tuple[str, str, Callable[[Any], None], tuple[str, ...]], ...] = (
    ("lose_word", "A word is missing in what is told as it is said.", shared.lose_word, (STREAM,)),
    ("spell_word", "A word is told otherwise than it is stored.", shared.spell_word, (STREAM,)),
    ("store_other_text", "What is stored is not what was told.", shared.store_other_text, (STREAM,)),
    ("store_nothing", "What the agent says is not stored.", shared.store_nothing, (STREAM,)),
    ("store_elsewhere", "What the agent says is stored on another thread, too.", shared.store_elsewhere, (STREAM,)),
    ("partial_shrinks", "A partial message becomes shorter.", change_events(_shrunk), (STREAM,)),
    ("piece_for_whole", "A partial message holds the last word only.", piece_for_whole, (STREAM,)),
    ("last_values_lag", "The last state of a stream lacks the answer.", change_events(_without_answer), (STREAM,)),
    ("id_again", "Two events have one id.", change_events(_id_again), (REST,)),
    ("ids_descend", "The ids of events descend.", change_events(_id_down), (REST,)),
    ("metadata_of_other_run", "A stream begins with the id of another run.", change_events(_other_run), (STREAM,)),
    ("mode_missing", "Updates are never sent.", change_events(lambda _, e: None if e.name == "updates" else e), (STREAM,)),
    ("mode_unasked", str(send_unasked.__doc__), send_unasked, (STREAM,)),
    ("updates_other_text", "An update holds another text than the state.", change_events(_updates_louder), (STREAM,)),
    ("tasks_never_end", "Tasks begin, and never end.", change_events(lambda _, e: None if e.name == "tasks" and "result" in e.data else e), (STREAM,)),
    ("send_at_the_end", "A stream is sent as a whole at the end.", shared.send_at_the_end, (STREAM,)),
    ("never_end", "The stream of a run that ended stays open.", shared.never_end("success"), (STREAM,)),
    ("stream_outlives_cancel", "The stream of a cancelled run stays open.", shared.never_end("cancelled"), (CANCEL,)),
    ("keep_waiters", str(shared.keep_waiters.__doc__), shared.keep_waiters, (CANCEL,)),
    ("cancel_nothing", str(shared.cancel_nothing.__doc__), shared.cancel_nothing, (CANCEL,)),
    ("queue_backwards", str(shared.queue_backwards.__doc__), shared.queue_backwards, (START,)),
    ("skip_queued", str(shared.skip_queued.__doc__), shared.skip_queued, (START,)),
    ("never_reject", "A run that is to be refused waits.", shared.ignore_policy("reject"), (START,)),
    ("never_interrupt", "A run that is to interrupt waits.", shared.ignore_policy("interrupt"), (START,)),
    ("failed_as_success", str(failed_as_success.__doc__), failed_as_success, (STREAM,)),
    ("hide_failure", "A stream does not tell that its run failed.", shared.hide_failure, (STREAM,)),
    ("mix_texts", str(shared.mix_texts.__doc__), shared.mix_texts, (START,)),
    ("keep_runs", str(shared.keep_runs.__doc__), shared.keep_runs, (DELETE_THREAD,)),
    ("resume_repeats", str(resume_repeats.__doc__), resume_repeats, (REST,)),
    ("resume_skips", str(resume_skips.__doc__), resume_skips, (REST,)),
    ("leave_nothing", str(leave_nothing.__doc__), leave_nothing, (STREAM,)),
    ("leave_always", str(leave_always.__doc__), leave_always, (STREAM,)),
    ("no_location", str(no_location.__doc__), no_location, (START,)),
    ("location_of_other", str(location_of_other.__doc__), location_of_other, (START,)),
    ("forget_conversation", str(stateless_resume.__doc__), stateless_resume, (STREAM,)),
    ("start_twice", str(second_start.__doc__), second_start, (RUNS,)),
    ("lone_other_text", "What a stateless run leaves is not what it said.", shared.store_other_text, (LONE_STREAM,)),
)  # fmt: skip
STREAMS = tuple(Fault("langsmith", *each) for each in _PLANTS)
