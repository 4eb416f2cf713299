"""Streams in this process: resumption at every cut, heartbeats, followers, readers that leave."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.agent_client import MODES, NOBODY, Talk, data, names
from threadmock.mockserver.agents import scheduler
from threadmock.mockserver.rules import conditions, values
from threadmock.mockserver.server.app import create_app
from threadmock.specs.wire.eventstream import EventReader, ServerEvent

SLOW = "pace: 1s\nsteps: [{say: one two three}, {emit: {n: 1}}, {say: four five}]"
LONG_WAIT = "steps: [{wait: 23s}, {say: late}]"


def place(identifier: str | None) -> tuple[int, int]:
    assert identifier is not None
    first, _, second = identifier.partition("-")
    return int(first), int(second)


def resumable(text: str = SLOW, **more: Any) -> tuple[Talk, str, str, list[ServerEvent]]:
    """A run that was watched from its beginning to its end, and all that was seen."""
    talk = Talk(text)
    thread = talk.thread()
    events = talk.stream(thread, "go", MODES, stream_resumable=True, **more)
    return talk, thread, data(events, "metadata")[0]["run_id"], events


# Ids and resumption.


def test_ids_are_there_only_where_a_run_can_be_resumed_and_they_only_grow() -> None:
    _, _, _, events = resumable()
    places = [place(event.id) for event in events]
    assert places == sorted(set(places))
    assert len(events) > 20
    plain = Talk(SLOW)
    assert {event.id for event in plain.stream(plain.thread(), "go", MODES)} == {None}


def test_after_its_end_a_run_is_told_again_from_every_place() -> None:
    talk, thread, run, events = resumable()
    path = f"/threads/{thread}/runs/{run}/stream"
    for start in ("-1", "0", "-"):
        assert talk.open("GET", path, Last_Event_ID=start).rest() == events
    for at, event in enumerate(events):
        assert talk.open("GET", path, Last_Event_ID=str(event.id)).rest() == events[at + 1 :]
    assert talk.open("GET", path).rest() == []
    for odd in ("nope", "", "1-2-3", "9999999999999-0", "-5", "١"):
        assert talk.open("GET", path, Last_Event_ID=odd).rest() == []
    assert talk.scheduler.open_streams == 0


@given(st.integers(0, 40), st.integers(0, 40))
def test_while_it_goes_on_a_run_is_taken_up_where_it_was_left(seen: int, told: int) -> None:
    talk = SHARED.anew(SLOW)
    thread = talk.thread()
    watched = talk.watch(thread, "go", MODES, stream_resumable=True)
    full = talk.open("GET", f"/threads/{thread}/runs/{run_id(talk, thread)}/stream", Last_Event_ID="-1")
    talk.pass_time(told / 8)
    begun = watched.take()
    kept = begun[: max(1, min(seen, len(begun)))]
    watched.leave()
    again = talk.open("GET", f"/threads/{thread}/runs/{run_id(talk, thread)}/stream", Last_Event_ID=str(kept[-1].id))
    assert kept + again.rest() == full.rest()
    assert talk.statuses(thread) == ["success"]


SHARED = Talk()


def run_id(talk: Talk, thread: str) -> str:
    return str(talk.get(f"/threads/{thread}/runs")[0]["run_id"])


@pytest.mark.parametrize("resume", [False, True], ids=["plain", "resumable"])
@pytest.mark.parametrize("last", [None, "-1"])
def test_who_joins_later_sees_what_comes_and_what_was_only_where_it_is_kept(resume: bool, last: str | None) -> None:
    talk = Talk(SLOW)
    thread = talk.thread()
    watched = talk.watch(thread, "go", ["values", "messages-tuple"], stream_resumable=resume)
    before = watched.until("messages", 2)[:]
    headers = {"Last_Event_ID": last} if last else {}
    joined = talk.open("GET", f"/threads/{thread}/runs/{run_id(talk, thread)}/stream", **headers)
    everything = watched.rest()
    found = joined.rest()
    assert found == (everything if resume and last else everything[len(before) :])
    assert found


def test_a_run_that_was_not_kept_tells_nothing_after_its_end() -> None:
    talk = Talk(SLOW)
    thread = talk.thread()
    talk.wait(thread, "go")
    for headers in ({}, {"Last_Event_ID": "-1"}):
        joined = talk.open("GET", f"/threads/{thread}/runs/{run_id(talk, thread)}/stream", **headers)
        assert (joined.status, joined.rest()) == (200, [])


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("stream_mode=values", {"values"}),
        ("stream_mode=updates", {"updates"}),
        ("stream_mode=messages-tuple", {"messages"}),
        ("stream_mode=" + quote('["values","updates"]'), {"values", "updates"}),
        ("stream_mode=" + quote("[broken"), set()),
        ("stream_mode=zzz", set()),
        ("stream_mode=", None),
        ("stream_mode=[]", None),
        ("cancel_on_disconnect=false", None),
    ],
)
def test_who_joins_may_ask_for_fewer_modes(asked: str, shown: set[str] | None) -> None:
    talk, thread, run, events = resumable()
    joined = talk.open("GET", f"/threads/{thread}/runs/{run}/stream", query=asked, Last_Event_ID="-1")
    found = [event for event in joined.rest() if event.name != "metadata"]
    assert found == [event for event in events if event.name != "metadata" and (shown is None or event.name in shown)]
    assert bool(found) is (shown != set())


def test_of_a_run_that_can_not_be_told_again_only_its_end_is_kept_and_who_still_reads_misses_nothing() -> None:
    talk = Talk(SLOW)
    for resume in (False, True):
        thread = talk.thread()
        watched = talk.watch(thread, "go", ["messages-tuple"], stream_resumable=resume)
        watched.until("messages", 2)
        talk.finish()
        (run,) = [run for run in talk.scheduler._over.values() if run.thread and run.thread[1] == thread]
        assert (len(run.history) > 2) is resume
        assert [recorded.beat.kind for recorded in run.history[-2:]] == ["ended", "closed"]
        assert names(watched.rest()).count("messages") == 5
        joined = talk.ask("GET", f"/threads/{thread}/runs/{run.key}/join")
        assert json.loads(joined.body) == talk.state(thread)["values"]


def test_what_is_kept_of_a_token_does_not_grow_with_the_text_before_it() -> None:
    talk = Talk("steps: [{say: {of: ' word', times: 200}}]")
    talk.stream(talk.thread(), "go", ["messages"], stream_resumable=True)
    (run,) = talk.scheduler._over.values()
    sizes = [len(repr(recorded.scope.item)) for recorded in run.history if recorded.beat.kind == "part"]
    assert len(sizes) == 200
    assert max(sizes) < min(sizes) + 20


def test_of_threads_that_are_silent_longest_nothing_is_kept_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "_CHECK_EVERY", 10)
    talk = Talk("steps: [{say: {of: ' word', times: 90}}]")
    talk.scheduler.most_beats = 250
    threads = [talk.thread() for _ in range(4)]
    for thread in threads:
        talk.wait(thread, "go")
    told = [talk.open("GET", f"/threads/{thread}/stream", Last_Event_ID="-") for thread in threads]
    assert [len(each.take()) > 0 for each in told] == [False, False, True, True]
    talk.wait(threads[0], "again")
    assert len(data(told[0].take(), "metadata")) == 2
    assert [event.id for event in told[0].events] == sorted(str(event.id) for event in told[0].events)


def test_nothing_is_compiled_while_runs_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Talk("steps: [{say: one two}, {call: {name: f, result: r}}, {say: three}]")
    thread = talk.thread()
    once, result = names(talk.stream(thread, "go", MODES)), talk.wait(thread, "go")
    assert result["messages"]

    def compiled(*_: Any) -> None:
        raise AssertionError("something is compiled again")

    for module in (conditions, values):
        monkeypatch.setattr(module, "fetch", compiled)
    assert names(talk.stream(thread, "go", MODES)) == once
    assert talk.wait(thread, "go")["messages"]


# Heartbeats.


def test_a_silent_stream_beats_and_one_that_speaks_does_not() -> None:
    talk = Talk(LONG_WAIT)
    watched = talk.watch(talk.thread(), "go")
    watched.rest()
    assert watched.reader.comments == 4
    assert watched.raw.count(b": heartbeat\r\n\r\n") == 4
    assert names(watched.events) == ["metadata", "values", "values"]
    lively = Talk("pace: 4s\nsteps: [{say: a b c d e f}]")
    spoken = lively.watch(lively.thread(), "go", ["messages-tuple"])
    spoken.rest()
    assert spoken.reader.comments == 0


def test_a_run_that_waits_its_turn_beats_before_its_first_event() -> None:
    talk = Talk(LONG_WAIT)
    thread = talk.thread()
    talk.began(thread, "first")
    watched = talk.watch(thread, "second")
    watched.until("metadata")
    assert watched.raw.startswith(b": heartbeat\r\n\r\n" * 4 + b"event: metadata\r\n")


def test_who_waits_for_a_result_is_kept_alive_with_line_ends_that_are_no_part_of_it() -> None:
    talk = Talk(LONG_WAIT)
    thread = talk.thread()
    told = talk.ask("POST", f"/threads/{thread}/runs/wait", talk.body("go"))
    assert told.body.startswith(b"\n" * 4 + b"{")
    assert json.loads(told.body) == talk.state(thread)["values"]
    assert told.headers["content-type"] == "application/json"


# The stream of a thread.


def test_a_thread_tells_of_the_runs_of_others_one_after_another_and_stays_open() -> None:
    talk = Talk()
    thread, other = talk.thread(), talk.thread()
    early, elsewhere = (talk.open("GET", f"/threads/{each}/stream") for each in (thread, other))
    runs = []
    for text in ("a", "/failing b", "c"):
        runs.append(talk.began(thread, text, stream_mode=["values"])["run_id"])
        talk.finish()
    events = early.take()
    told = data(events, "metadata")
    assert [each["run_id"] for each in told] == [run for run in runs for _ in range(2)]
    assert [each.get("status") for each in told] == [None, "run_done"] * 3
    assert names(events).count("error") == 1
    places = [place(event.id) for event in events]
    assert places == sorted(set(places))
    assert (elsewhere.take(), elsewhere.stream.over, early.stream.over) == ([], False, False)
    late = talk.open("GET", f"/threads/{thread}/stream")
    assert late.take() == []
    for at in (0, len(events) // 2, len(events) - 1):
        resumed = talk.open("GET", f"/threads/{thread}/stream", Last_Event_ID=str(events[at].id))
        assert resumed.take() == events[at + 1 :]
        resumed.leave()
    everything = talk.open("GET", f"/threads/{thread}/stream", Last_Event_ID="-")
    assert everything.take() == events
    for each in (early, elsewhere, late, everything):
        each.leave()
    assert talk.scheduler.open_streams == 0


def test_an_id_that_is_none_is_refused_by_the_stream_of_a_thread() -> None:
    talk = Talk()
    thread = talk.thread()
    for odd in ("nope", "1-2-3"):
        told = talk.ask("GET", f"/threads/{thread}/stream", last_event_id=odd)
        assert (told.status, list(told.json())) == (422, ["detail"])


def test_a_thread_tells_of_runs_that_run_at_the_same_time_on_others_nothing() -> None:
    talk = Talk(SLOW)
    threads = [talk.thread() for _ in range(4)]
    followers = [talk.open("GET", f"/threads/{thread}/stream") for thread in threads]
    runs = [talk.began(thread, "go")["run_id"] for thread in threads]
    talk.finish()
    for follower, run in zip(followers, runs, strict=True):
        assert {each["run_id"] for each in data(follower.take(), "metadata")} == {run}


# Readers that leave.


@pytest.mark.parametrize(
    ("path", "asked", "query", "status"),
    [
        ("runs/stream", {"on_disconnect": "cancel"}, "", "interrupted"),
        ("runs/stream", {"on_disconnect": "continue"}, "", "success"),
        ("runs/stream", {}, "", "success"),
        ("runs/wait", {"on_disconnect": "cancel"}, "", "interrupted"),
        ("runs/wait", {}, "", "success"),
        ("stream", {}, "cancel_on_disconnect=true", "interrupted"),
        ("stream", {}, "cancel_on_disconnect=false", "success"),
        ("stream", {}, "", "success"),
        ("join", {}, "cancel_on_disconnect=true", "interrupted"),
        ("join", {}, "", "success"),
    ],
)
def test_where_the_reader_leaves_the_run_ends_only_where_that_was_asked_for(
    path: str, asked: dict[str, Any], query: str, status: str
) -> None:
    talk = Talk(SLOW)
    thread = talk.thread()
    if path.startswith("runs"):
        watched = talk.open("POST", f"/threads/{thread}/{path}", talk.body("go", **asked))
    else:
        run = talk.began(thread, "go")["run_id"]
        watched = talk.open("GET", f"/threads/{thread}/runs/{run}/{path}", query=query)
    talk.pass_time(1.5)
    watched.take()
    watched.leave()
    assert talk.scheduler.open_streams == 0
    assert talk.statuses(thread) == ["interrupted" if status == "interrupted" else "running"]
    talk.finish()
    assert talk.statuses(thread) == [status]
    assert talk.status(thread) == ("interrupted" if status == "interrupted" else "idle")


def test_a_reader_that_has_seen_all_ends_nothing() -> None:
    talk = Talk()
    thread = talk.thread()
    watched = talk.watch(thread, "go", on_disconnect="cancel")
    watched.rest()
    watched.leave()
    assert talk.statuses(thread) == ["success"]


def test_of_two_readers_the_one_that_leaves_takes_nothing_from_the_other() -> None:
    talk = Talk(SLOW)
    thread = talk.thread()
    one = talk.watch(thread, "go", ["messages-tuple"], stream_resumable=True)
    two = talk.open("GET", f"/threads/{thread}/runs/{run_id(talk, thread)}/stream", Last_Event_ID="-1")
    one.until("messages", 2)
    one.leave()
    assert names(two.rest()).count("messages") == 5


def test_through_flask_a_stream_is_the_same() -> None:
    talk = Talk()
    thread = talk.thread()
    client = create_app(talk.gateway).test_client()
    told = client.post(f"/threads/{thread}/runs/stream", json=talk.body("go"), headers={"host": "localhost"})
    assert told.status_code == 200
    assert names(EventReader().feed(told.data)) == ["metadata", "values", "values"]
    assert client.get(f"/threads/{NOBODY}/runs/{NOBODY}/stream", headers={"host": "localhost"}).status_code == 404
    assert talk.scheduler.open_streams == 0
