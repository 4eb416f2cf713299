"""Faults of the Agent Server: what it shows of states, runs and lists."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from support.run_server.faults import shared
from support.run_server.faults.fault import Fault, reroute, wrap
from support.run_server.http import Answer, Refused, Request
from support.run_server.langsmith_bodies import RUN_STATUSES
from support.run_server.records import Run, Thread

Json = dict[str, Any]
_RUNS = "/threads/{thread_id}/runs"
START, STREAM, WAIT, RUNS = f"POST {_RUNS}", f"POST {_RUNS}/stream", f"POST {_RUNS}/wait", f"GET {_RUNS}"
ONE, JOIN, REST = f"GET {_RUNS}/{{run_id}}", f"GET {_RUNS}/{{run_id}}/join", f"GET {_RUNS}/{{run_id}}/stream"
CANCEL, LONE_WAIT, LONE_STREAM = f"POST {_RUNS}/{{run_id}}/cancel", "POST /runs/wait", "POST /runs/stream"
HISTORY, DELETE_THREAD = "GET /threads/{thread_id}/history", "DELETE /threads/{thread_id}"


def _without_last(values: Json) -> Json:
    return {**values, "messages": values["messages"][:-1]} if values.get("messages") else values


def state_lags(server: Any) -> None:
    """The state lacks the last message."""
    wrap(server, "state_of", lambda of, *given: (made := of(*given)) | {"values": _without_last(made["values"])})


def thread_lags(server: Any) -> None:
    """The values of a thread lack the last message."""
    wrap(server, "shown_thread", lambda of, thread: (made := of(thread)) | {"values": _without_last(made["values"])})


def result_lags(server: Any) -> None:
    """Who waits for a run that ended gets values without its last message."""
    wrap(server, "result", lambda of, run: _without_last(of(run)))


def history_skips(server: Any) -> None:
    """The history lacks the step with what was heard."""
    wrap(
        server,
        "history",
        lambda of, *given: [each for each in of(*given) if each["next"] != ["agent"] or each["interrupts"]],
    )


def history_backwards(server: Any) -> None:
    """The history begins with the oldest step."""
    wrap(server, "history", lambda of, thread, limit, *rest: of(thread, 10**6, *rest)[::-1][: max(limit, 0)])


def history_cut(server: Any) -> None:
    """The history lacks the newest step."""
    wrap(server, "history", lambda of, thread, limit, *rest: of(thread, limit + 1, *rest)[1:])


def keep_lone_threads(server: Any) -> None:
    """The thread of a stateless run stays."""
    wrap(server.service, "ended", lambda *_: None)


def _open_shared(server: Any) -> None:
    def open_thread(opened: Callable[..., Thread], key: str | None = None, **more: Any) -> Thread:
        thread = opened(key, **more)
        before = next((each for each in reversed(server.kept) if each is not thread), None)
        if key is None and before is not None and not more.get("metadata"):
            thread.messages.extend(before.messages[-1:])
        server.kept.append(thread)
        return thread

    server.kept = []
    wrap(server.service, "open_thread", open_thread)


def share_lone_threads(server: Any) -> None:
    """A stateless run begins with what the thread before was told last."""
    _open_shared(server)


def list_all_runs(server: Any) -> None:
    """The runs of all threads are listed on each."""

    def runs_of(_: Any, thread: Thread) -> list[Run]:
        every = [run for each in server.service.threads.values() for run in each.runs if not each.temporary]
        return sorted(every, key=lambda run: run.created, reverse=True)

    wrap(server, "runs_of", runs_of)


def list_oldest_first(server: Any) -> None:
    """The runs of a thread are listed oldest first."""
    wrap(server, "runs_of", lambda of, thread: of(thread)[::-1])


def list_any_status(server: Any) -> None:
    """A list of runs does not look at the status that was asked for."""

    def instead(answer: Callable[[Request], Answer], request: Request) -> Answer:
        if request.asked("status") in RUN_STATUSES:
            request.query = [pair for pair in request.query if pair[0] != "status"]
        return answer(request)

    reroute(server, "GET", "/threads/{thread_id}/runs", instead)


def list_deleted_runs(server: Any) -> None:
    """A run that was deleted is listed still."""
    server.gone = []
    wrap(server.service, "forget", lambda forget, run: (server.gone.append(run), forget(run)))
    wrap(server, "runs_of", lambda of, thread: [*of(thread), *(run for run in server.gone if run.thread is thread)])


def cancelled_as_success(server: Any) -> None:
    """A run that was cancelled is shown as a success."""
    wrap(server, "run_status", lambda of, run: "success" if run.status == "cancelled" else of(run))


def run_never_done(server: Any) -> None:
    """A run that is done is shown as running."""
    wrap(server, "run_status", lambda of, run: "running" if run.status == "success" else of(run))


def thread_stays_busy(server: Any) -> None:
    """A thread whose run is done is busy."""
    wrap(server, "status_of", lambda of, thread: "busy" if thread.rest == "success" else of(thread))


def paused_as_idle(server: Any) -> None:
    """A thread that waits for an answer is shown as idle."""
    wrap(server, "status_of", lambda of, thread: "idle" if thread.rest == "paused" and not thread.busy else of(thread))


def failed_as_idle(server: Any) -> None:
    """A thread whose run failed is shown as idle."""
    wrap(server, "status_of", lambda of, thread: "idle" if thread.rest == "error" and not thread.busy else of(thread))


def question_not_stored(server: Any) -> None:
    """The state and the thread do not show what a run asks."""
    bare: Json = {"tasks": [], "interrupts": []}
    wrap(server, "state_of", lambda of, *given: of(*given) | bare)
    wrap(server, "shown_thread", lambda of, thread: of(thread) | {"interrupts": {}})


def question_of_state_differs(server: Any) -> None:
    """The state shows another question than the stream."""

    def state_of(of: Callable[..., Json], *given: Any) -> Json:
        made = of(*given)
        return made | {"interrupts": [{**each, "value": "Really?"} for each in made["interrupts"]]}

    wrap(server, "state_of", state_of)


def question_not_told(server: Any) -> None:
    """The stream does not show what a run asks."""
    shared.change_beats(lambda _, beat: None if beat.kind == "paused" else beat)(server)


def answer_altered(server: Any) -> None:
    """An answer arrives in capitals."""

    def speak(spoken: Callable[..., None], service: Any, run: Run) -> None:
        run.answer = run.answer.upper() if isinstance(run.answer, str) else run.answer
        spoken(service, run)

    wrap(server.service, "speak", speak)


def answer_taken_twice(server: Any) -> None:
    """A question that was answered may be answered again."""

    def step(made: Callable[..., Any], run: Run | None, thread: Thread, source: str, **more: Any) -> Any:
        if run is not None and run.resumes:
            more |= {"next": ("agent",)}
        return made(run, thread, source, **more)

    wrap(server.service, "step", step)


def rollback_keeps_input(server: Any) -> None:
    """A run that was taken away leaves what it was told."""

    def undo(undone: Callable[..., None], run: Run) -> None:
        undone(run)
        for message in run.heard if run.before is not None else ():
            server.service.say(run, message)
        if run.before is not None:
            server.service.step(None, run.thread, "update", next=(), task="")

    wrap(server.service, "undo", undo)


def rollback_keeps_run(server: Any) -> None:
    """A run that was taken away is there still."""

    def undo(undone: Callable[..., None], run: Run) -> None:
        undone(run)
        run.thread.runs.append(run)

    wrap(server.service, "undo", undo)


def unknown_run_found(server: Any) -> None:
    """An unknown run is answered with another one of its thread."""

    def run(found: Callable[[Request], Run], request: Request) -> Run:
        try:
            return found(request)
        except Refused as refused:
            others = server.thread(request).runs if refused.status == 404 else ()
            if not others or request.method != "GET":
                raise
            return replace(others[-1], id=request.keys["run_id"])

    wrap(server, "run", run)


def runs_of_unknown_thread(server: Any) -> None:
    """The runs of an unknown thread are an empty list."""

    def instead(answer: Callable[[Request], Answer], request: Request) -> Answer:
        try:
            return answer(request)
        except Refused as refused:
            if refused.status == 404:
                return Answer([])
            raise

    reroute(server, "GET", "/threads/{thread_id}/runs", instead)


def join_null(server: Any) -> None:
    """Who joins a run that is over gets null."""

    def instead(answer: Callable[[Request], Answer], request: Request) -> Answer:
        over = server.run(request).over
        told = answer(request)
        return replace(told, value=None) if over else told

    reroute(server, "GET", "/threads/{thread_id}/runs/{run_id}/join", instead)


def join_first_run(server: Any) -> None:
    """Who joins a run gets what the first one of the thread left."""

    def result(of: Callable[..., Json], run: Run) -> Json:
        return of(run.thread.runs[0] if run.thread.runs else run)

    wrap(server, "result", result)


def wait_hides_error(server: Any) -> None:
    """Who waits for a run that fails gets its values."""

    def result(of: Callable[..., Json], run: Run) -> Json:
        made = of(run)
        return {} if "__error__" in made else made

    wrap(server, "result", result)


STATES = tuple(
    Fault("langsmith", plant.__name__, str(plant.__doc__), plant, operations)
    for plant, operations in (
        (state_lags, (STREAM,)),
        (thread_lags, (STREAM,)),
        (result_lags, (WAIT,)),
        (history_skips, (STREAM,)),
        (history_backwards, (HISTORY,)),
        (history_cut, (STREAM,)),
        (keep_lone_threads, (LONE_WAIT,)),
        (share_lone_threads, (LONE_WAIT,)),
        (list_all_runs, (RUNS,)),
        (list_oldest_first, (RUNS,)),
        (list_any_status, (RUNS,)),
        (list_deleted_runs, (RUNS,)),
        (cancelled_as_success, (CANCEL,)),
        (run_never_done, (STREAM,)),
        (thread_stays_busy, (STREAM,)),
        (paused_as_idle, (STREAM,)),
        (failed_as_idle, (STREAM,)),
        (question_not_stored, (STREAM,)),
        (question_of_state_differs, (STREAM,)),
        (question_not_told, (STREAM,)),
        (answer_altered, (STREAM,)),
        (answer_taken_twice, (STREAM,)),
        (rollback_keeps_input, (CANCEL,)),
        (rollback_keeps_run, (START,)),
        (unknown_run_found, (ONE,)),
        (runs_of_unknown_thread, (RUNS,)),
        (join_null, (JOIN,)),
        (join_first_run, (JOIN,)),
        (wait_hides_error, (STREAM,)),
    )
)
