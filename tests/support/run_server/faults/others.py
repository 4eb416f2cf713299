"""Faults of the other wire forms."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from support.run_server.faults import shared
from support.run_server.faults.fault import Fault, wrap
from support.run_server.http import Answer
from support.run_server.records import Beat, Message, Run, Thread

Json = dict[str, Any]
Plants = tuple[tuple[str, str, Callable[[Any], None], tuple[str, ...]], ...]
_RUN = "POST /v1/threads/{thread_id}/runs/stream"
_START, _RUNS = "POST /v1/threads/{thread_id}/runs", "GET /v1/threads/{thread_id}/runs"
_CANCEL = "POST /v1/threads/{thread_id}/runs/{run_id}/cancel"
_ATTACH, _DELETE = "GET /v1/threads/{thread_id}/runs/{run_id}/attach", "DELETE /v1/threads/{thread_id}"
_TURN, _TURNS = "POST /api/v3/threads/{id}/turns", "GET /api/v3/threads/{id}/turns"
_FIRST_TURN, _CHANGE = "POST /api/v3/threads/turns", "PATCH /api/v3/threads/{id}"
_CHAT, _ROOM = "POST /api/chat/enhanced/stream", "POST /api/chat/writers-room/stream"
_PROCESS = "POST /v4/applications/{application_variant_id}/threads/{thread_id}/process"


def status_stays(method: str, shown: str, *, of: str = "success") -> Callable[[Any], None]:
    """A fault: what ended so is shown with another status."""

    def plant(server: Any) -> None:
        def status(told: Callable[..., str], thing: Any) -> str:
            ended = thing.status if isinstance(thing, Run) else thing.rest
            return shown if ended == of else told(thing)

        wrap(server, method, status)

    return plant


def shown_with(method: str, change: Callable[[Json], Json]) -> Callable[[Any], None]:
    """A fault: what is shown has other members."""

    def plant(server: Any) -> None:
        wrap(server, method, lambda shown, *given: (made := shown(*given)) | change(made))

    return plant


def change_told(change: Callable[[Json], Json | None]) -> Callable[[Any], None]:
    """A fault of the data of events. change: makes other data, or none."""

    def plant(server: Any) -> None:
        def events_of(told: Callable[..., Iterator[Json]], run: Run, beat: Beat) -> Iterator[Json]:
            for event in told(run, beat):
                if (made := change(event)) is not None:
                    yield made

        wrap(server, "events_of", events_of)

    return plant


def list_all(method: str) -> Callable[[Any], None]:
    """A fault: the runs of all threads are listed on each."""

    def plant(server: Any) -> None:
        def all_of(_: Any, thread: Thread) -> list[Run]:
            return sorted((r for t in server.service.threads.values() for r in t.runs), key=lambda run: run.created)

        wrap(server, method, all_of)

    return plant


def attach_late(server: Any) -> None:
    """Who attaches to a run misses its beginning."""

    def follow(told: Callable[..., Iterator[Beat]], run: Run, start: int = 0, *closed: Any) -> Iterator[Beat]:
        return told(run, min(4, len(run.beats)) if run.over else start, *closed)

    wrap(server.service, "follow", follow)


def no_done(server: Any) -> None:
    """A stream ends without its last line."""
    wrap(server, "chunks", lambda told, *given: (chunk for chunk in told(*given) if b"[DONE]" not in chunk))


def hear_oldest(server: Any) -> None:
    """A run answers the first message of its thread."""

    def submit(submitted: Callable[..., None], run: Run, *given: Any) -> None:
        spoken = [message for message in run.thread.messages if message.role == "user"]
        run.heard = spoken[:1] or run.heard
        submitted(run, *given)

    wrap(server.service, "submit", submit)


def turn_says_less(server: Any) -> None:
    """A turn that is listed lacks its answer."""
    wrap(server, "turns_of", lambda of, thread: [_silent(run) for run in of(thread)])


def _silent(run: Run) -> Run:
    return replace(run, said=[])


def turn_other_answer(server: Any) -> None:
    """A turn that is listed has another answer than it was answered with."""
    wrap(
        server,
        "turns_of",
        lambda of, thread: [replace(run, said=[_louder(each) for each in run.said]) for run in of(thread)],
    )


def _louder(message: Message) -> Message:
    return replace(message, text=message.text.upper())


def question_lost(server: Any) -> None:
    """A turn does not hold what was asked."""
    wrap(server, "messages_of", lambda of, run: of(run)[1:])


def background_waits(server: Any) -> None:
    """A turn in the background is answered when it is done."""

    def submit(submitted: Callable[..., None], run: Run, *given: Any) -> None:
        submitted(run, *given)
        server.service.wait(run)

    wrap(server.service, "submit", submit)


def background_never_done(server: Any) -> None:
    """A turn is done in the background, and is shown as running for ever."""
    wrap(server, "shown_turn", lambda of, run: of(run) | ({"status": "running"} if run.over else {}))


def answered_early(server: Any) -> None:
    """A turn is answered before it is done, as if it were."""

    def wait(_: Any, run: Run, *given: Any) -> bool:
        run.more["early"] = True
        return True

    wrap(server.service, "wait", wait)
    wrap(server, "shown_turn", lambda of, run: of(run) | {"status": "completed"})


def store_once(server: Any) -> None:
    """Of a room, only one is stored."""
    wrap(
        server,
        "messages_of",
        lambda of, thread: [m for m in of(thread) if m.raw.get("agent_used") in (None, "general")],
    )


def history_differs(server: Any) -> None:
    """A list of messages shows other texts than were told."""
    wrap(server, "messages_of", lambda of, thread: [_louder(m) if m.role == "assistant" else m for m in of(thread)])


def messages_backwards(server: Any) -> None:
    """Messages are listed in another order than they were said."""
    wrap(server, "messages_of", lambda of, thread: of(thread)[::-1])


def entries_other_input(server: Any) -> None:
    """What was processed is stored with another input."""
    wrap(server, "shown_entry", lambda of, run: of(run) | {"input": {"input": "something else"}})


_SEEKRFLOW: Plants = (
    ("lose_word", "A word is missing in what is told.", shared.lose_word, (_RUN,)),
    ("store_other_text", "What is stored is not what was told.", shared.store_other_text, (_RUN,)),
    ("store_nothing", "What the agent says is not stored.", shared.store_nothing, (_RUN,)),
    ("store_elsewhere", "What the agent says is stored on another thread, too.", shared.store_elsewhere, (_RUN,)),
    ("run_never_done", "A run that is done is shown as running.", status_stays("status_of", "running"), (_RUN,)),
    ("thread_stays_locked", "A thread stays locked.", shown_with("shown_thread", lambda _: {"status": "locked"}), (_RUN,)),
    ("locked_accepts", "A second run on a locked thread waits.", shared.ignore_policy("reject"), (_START,)),
    ("cancel_nothing", "A cancel is accepted, and the run goes on.", shared.cancel_nothing, (_CANCEL,)),
    ("attach_late", str(attach_late.__doc__), attach_late, (_ATTACH,)),
    ("send_at_the_end", "A stream is sent as a whole at the end.", shared.send_at_the_end, (_RUN,)),
    ("never_end", "A stream stays open.", shared.never_end("success"), (_RUN,)),
    ("list_all_runs", "The runs of all threads are listed on each.", list_all("runs_of"), (_RUNS,)),
    ("failed_as_success", "A run whose stream told a failure is shown as a success.", status_stays("status_of", "completed", of="error"), (_RUN,)),
    ("hide_failure", "A stream does not tell that its run failed.", shared.hide_failure, (_RUN,)),
    ("no_done", str(no_done.__doc__), no_done, (_RUN,)),
    ("hear_oldest", str(hear_oldest.__doc__), hear_oldest, (_RUN,)),
    ("keep_runs", str(shared.keep_runs.__doc__), shared.keep_runs, (_DELETE,)),
    ("mix_texts", str(shared.mix_texts.__doc__), shared.mix_texts, (_RUN,)),
)  # fmt: skip
_LIGHTON: Plants = (
    ("lose_word", "A word is missing in what is told.", shared.lose_word, (_TURN,)),
    ("turn_says_less", str(turn_says_less.__doc__), turn_says_less, (_TURN,)),
    ("turn_other_answer", str(turn_other_answer.__doc__), turn_other_answer, (_TURN,)),
    ("question_lost", str(question_lost.__doc__), question_lost, (_TURN,)),
    ("turn_never_done", "A turn that is done is shown as running.", background_never_done, (_TURN,)),
    ("thread_stays_running", "A thread stays running.", status_stays("status_of_thread", "running"), (_TURN,)),
    ("cancel_nothing", "A cancel is accepted, and the turn goes on.", shared.cancel_nothing, (_CHANGE,)),
    ("background_waits", str(background_waits.__doc__), background_waits, (_TURN,)),
    ("answered_early", str(answered_early.__doc__), answered_early, (_TURN,)),
    ("failed_as_success", "A turn with an error is shown as completed.", shown_with("shown_turn", lambda m: {"status": "completed"} if m["error"] else {}), (_TURN,)),
    ("thread_of_other", "A turn names another thread.", shown_with("shown_turn", lambda _: {"thread": "0190d2c3-0000-7000-8000-000000000001"}), (_TURN,)),
    ("list_all_turns", "The turns of all threads are listed on each.", list_all("turns_of"), (_TURNS,)),
    ("send_at_the_end", "A stream is sent as a whole at the end.", shared.send_at_the_end, (_TURN,)),
    ("never_end", "A stream stays open.", shared.never_end("success"), (_TURN,)),
    ("first_turn_answer_lost", "A turn that is listed lacks its answer.", turn_says_less, (_FIRST_TURN,)),
)  # fmt: skip
_ISHVANA: Plants = (
    ("lose_word", "A chunk is missing.", shared.lose_word, (_CHAT,)),
    ("index_stands", "All chunks have one index.", change_told(lambda e: {**e, "index": 0} if "index" in e else e), (_CHAT,)),
    ("store_elsewhere", "What is said is stored on another thread, too.", shared.store_elsewhere, (_CHAT,)),
    ("store_nothing", "What is said is not stored.", shared.store_nothing, (_CHAT,)),
    ("history_differs", str(history_differs.__doc__), history_differs, (_CHAT,)),
    ("never_complete", "A stream ends without saying so.", change_told(lambda e: None if e["type"] == "complete" else e), (_CHAT,)),
    ("hide_failure", "A stream does not tell that it failed.", shared.hide_failure, (_CHAT,)),
    ("send_at_the_end", "A stream is sent as a whole at the end.", shared.send_at_the_end, (_CHAT,)),
    ("count_stands", "A thread does not count its messages.", shown_with("shown_thread", lambda _: {"message_count": 0}), (_CHAT,)),
    ("room_of_one", str(store_once.__doc__), store_once, (_ROOM,)),
    ("messages_backwards", str(messages_backwards.__doc__), messages_backwards, (_CHAT,)),
)  # fmt: skip
_SCALE: Plants = (
    ("lose_word", "A piece of the output is missing.", shared.lose_word, (_PROCESS,)),
    ("entry_lost", "What was processed is not listed.", lambda s: wrap(s, "entries_of", lambda *_: []), (_PROCESS,)),
    ("list_all_entries", "What was processed on all threads is listed on each.", list_all("entries_of"), (_PROCESS,)),
    ("entry_other_output", "What is stored is not what was answered.", shown_with("shown_entry", lambda m: {"output": {"response": m["output"]["response"].upper()}}), (_PROCESS,)),
    ("entry_other_input", str(entries_other_input.__doc__), entries_other_input, (_PROCESS,)),
    ("failure_stored_as_success", "What failed is stored as a success.", status_stays("status_of", "SUCCESS", of="error"), (_PROCESS,)),
    ("answer_hides_failure", "What failed is answered as if it had not.", lambda s: wrap(s, "fail", lambda _, run: Answer(s.result(run))), (_PROCESS,)),
    ("result_of_other", "A result has the id of nothing.", shown_with("result", lambda _: {"id": "0190d2c3-0000-7000-8000-000000000001"}), (_PROCESS,)),
    ("send_at_the_end", "A stream is sent as a whole at the end.", shared.send_at_the_end, (_PROCESS,)),
    ("never_end", "A stream stays open.", shared.never_end("success"), (_PROCESS,)),
)  # fmt: skip
OTHERS = tuple(
    Fault(form, *each)
    for form, plants in (("seekrflow", _SEEKRFLOW), ("lighton", _LIGHTON), ("ishvana", _ISHVANA), ("scale", _SCALE))
    for each in plants
)
