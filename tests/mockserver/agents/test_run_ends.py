"""Runs that end early: cancelled, rolled back, deleted, or with their thread."""

import threading

import pytest
from support.agent_client import NOBODY, busy, names, run_of

# Cancel.


def test_a_cancelled_run_stops_its_stream_and_keeps_what_was_said(layer: str) -> None:
    talk, thread = busy(layer)
    watched = talk.watch(thread, "a", ["values", "messages-tuple", "updates"])
    watched.until("messages", 5)
    run = run_of(watched.events)
    told = talk.cancel(thread, run)
    assert told.status == (202 if layer == "observed" else 200)
    count = len(watched.events)
    assert len(watched.rest()) == count
    assert (talk.statuses(thread), talk.status(thread)) == (["interrupted"], "interrupted")
    assert talk.texts(thread) == ["a", "one two three four"]
    state = talk.get(f"/threads/{thread}")
    assert (state["values"], state["interrupts"]) == (talk.state(thread)["values"], {})
    assert talk.scheduler.next_due() is None
    assert talk.wait(thread, "b")["messages"][-1]["content"] == "five six"


@pytest.mark.parametrize("query", ["wait=true", "wait=true&action=interrupt"])
def test_who_cancels_and_waits_gets_an_empty_object(query: str, layer: str) -> None:
    talk, thread = busy(layer)
    run = talk.began(thread, "a")["run_id"]
    told = talk.cancel(thread, run, query)
    assert (told.status, told.json()) == (200, {})
    assert talk.statuses(thread) == ["interrupted"]


def test_a_run_that_is_rolled_back_is_gone_with_all_that_it_made(layer: str) -> None:
    talk, thread = busy(layer)
    watched = talk.watch(thread, "a", ["values", "messages-tuple"])
    watched.until("messages", 5)
    assert talk.cancel(thread, run_of(watched.events), "action=rollback").status < 300
    watched.rest()
    assert talk.ask("GET", f"/threads/{thread}/runs/{run_of(watched.events)}").status == 404
    assert (talk.statuses(thread), talk.status(thread), talk.history(thread)) == ([], "idle", [])


def test_where_a_run_is_rolled_back_the_next_one_has_the_thread_at_once() -> None:
    talk, thread = busy()
    first, _ = (talk.began(thread, text) for text in "ab")
    talk.pass_time(1.5)
    assert talk.cancel(thread, first["run_id"], "action=rollback").status < 300
    assert (talk.statuses(thread), talk.status(thread)) == (["running"], "busy")
    talk.finish()
    assert (talk.statuses(thread), talk.status(thread)) == (["success"], "idle")
    assert talk.texts(thread) == ["b", "one two three four", "five six"]


def test_a_run_that_waits_is_rolled_back_and_the_thread_stays_with_its_run() -> None:
    talk, thread = busy()
    _, second = (talk.began(thread, text) for text in "ab")
    talk.pass_time(1.5)
    before = talk.get(f"/threads/{thread}")
    assert talk.cancel(thread, second["run_id"], "action=rollback").status < 300
    assert (talk.statuses(thread), talk.get(f"/threads/{thread}")) == (["running"], before)


def test_a_run_that_waits_is_cancelled_and_the_others_have_their_turns() -> None:
    talk, thread = busy()
    _, second, _ = (talk.began(thread, text) for text in ("a", "b", "c"))
    assert talk.cancel(thread, second["run_id"]).status == 200
    assert (talk.statuses(thread), talk.status(thread)) == (["running", "interrupted", "pending"], "busy")
    talk.finish()
    assert talk.statuses(thread) == ["success", "interrupted", "success"]
    assert "b" not in talk.texts(thread)


@pytest.mark.parametrize("query", ["", "wait=true", "action=rollback"])
def test_what_is_over_or_was_never_there_can_not_be_cancelled(query: str, layer: str) -> None:
    talk, thread = busy(layer)
    talk.wait(thread, "a")
    (run,) = talk.get(f"/threads/{thread}/runs")
    before = talk.history(thread)
    for key in (run["run_id"], NOBODY):
        told = talk.cancel(thread, key, query)
        assert (told.status, list(told.json())) == (404, ["detail"])
    assert (talk.statuses(thread), talk.history(thread)) == (["success"], before)


def test_of_many_that_cancel_at_once_one_does() -> None:
    talk, thread = busy()
    run = talk.began(thread, "a")["run_id"]
    told: list[int] = []
    threads = [threading.Thread(target=lambda: told.append(talk.cancel(thread, run).status)) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(told) == [200] + [404] * 7


def test_who_waits_for_a_run_that_is_cancelled_gets_the_state_so_far() -> None:
    talk, thread = busy()
    run = talk.began(thread, "a")["run_id"]
    waiting = talk.open("GET", f"/threads/{thread}/runs/{run}/join")
    talk.pass_time(3.5)
    talk.cancel(thread, run)
    body = b"".join(waiting.stream)
    assert [message["content"] for message in talk.state(thread)["values"]["messages"]] == ["a", "one two three four"]
    assert b"one two three four" in body


# Several at once.


def test_runs_are_cancelled_by_their_ids_on_their_thread_only(layer: str) -> None:
    talk, thread = busy(layer)
    other = talk.thread()
    ids = [talk.began(where, "a")["run_id"] for where in (thread, thread, thread, other)]
    told = talk.ask("POST", "/runs/cancel", {"thread_id": thread, "run_ids": [ids[0], ids[2], ids[3], NOBODY]})
    assert (told.status, told.body) == (204, b"")
    assert talk.statuses(thread) == ["interrupted", "running", "interrupted"]
    assert talk.statuses(other) == ["running"]
    assert talk.ask("POST", "/runs/cancel", {"thread_id": thread, "run_ids": [ids[0], NOBODY]}).status == 404


@pytest.mark.parametrize(
    ("status", "left"),
    [
        ("pending", ["running", "interrupted"]),
        ("running", ["interrupted", "running"]),
        ("all", ["interrupted", "interrupted"]),
    ],
)
def test_runs_are_cancelled_by_their_status_everywhere(status: str, left: list[str]) -> None:
    talk, thread = busy()
    other = talk.thread()
    for where in (thread, thread, other):
        talk.began(where, "a")
    assert talk.ask("POST", "/runs/cancel", {"status": status}).status == 204
    talk.pass_time(0.5)
    assert talk.statuses(thread) == left
    assert talk.statuses(other) == ["running" if status == "pending" else "interrupted"]


def test_several_are_rolled_back_too_and_nothing_to_cancel_is_a_404() -> None:
    talk, thread = busy()
    talk.began(thread, "a")
    talk.began(thread, "b")
    assert talk.ask("POST", "/runs/cancel", {"status": "all"}, query="action=rollback").status == 204
    assert (talk.statuses(thread), talk.status(thread)) == ([], "idle")
    assert [talk.ask("POST", "/runs/cancel", {"status": each}).status for each in ("all", "pending")] == [404, 404]
    assert talk.ask("POST", "/runs/cancel", {}).status == 422


# Delete.


def test_a_run_under_way_that_is_deleted_ends_its_stream_and_frees_its_thread(layer: str) -> None:
    talk, thread = busy(layer)
    watched = talk.watch(thread, "a", ["values", "messages-tuple"])
    watched.until("messages", 2)
    waits = talk.watch(thread, "b", ["values"])
    deleted = talk.ask("DELETE", f"/threads/{thread}/runs/{run_of(watched.events)}")
    assert deleted.status == (204 if layer == "observed" else 200)
    watched.rest()
    assert talk.statuses(thread)[0] in ("running", "pending")
    waits.rest()
    assert (talk.statuses(thread), talk.status(thread)) == (["success"], "idle")
    assert talk.scheduler.open_streams == 0


def test_a_run_under_way_that_is_deleted_leaves_an_idle_thread_without_what_it_made(layer: str) -> None:
    talk, thread = busy(layer)
    run = talk.began(thread, "a")["run_id"]
    talk.pass_time(1.5)
    assert talk.ask("DELETE", f"/threads/{thread}/runs/{run}").status < 300
    assert (talk.statuses(thread), talk.status(thread), talk.history(thread)) == ([], "idle", [])
    assert talk.scheduler.next_due() is None
    assert talk.ask("DELETE", f"/threads/{thread}/runs/{run}").status == 404


def test_what_is_deleted_ends_at_once_however_long_it_would_have_taken(layer: str) -> None:
    talk, thread = busy(layer, "steps: [{wait: 1h}, {say: late}]")
    watched, waits = talk.watch(thread, "a"), talk.watch(thread, "b")
    assert names(watched.take()) == ["metadata", "values"]
    assert talk.ask("DELETE", f"/threads/{thread}").status < 300
    for each in (watched, waits):
        each.rest()
    assert talk.timer.read() == 0
    assert talk.scheduler.all_under_way() == []


def test_of_a_thread_that_is_deleted_and_made_again_nothing_is_paused_and_nothing_was_told() -> None:
    talk, thread = busy(text="steps: [{interrupt: {n: 1}}, {say: on}]")
    talk.wait(thread, "a")
    follows = talk.open("GET", f"/threads/{thread}/stream", Last_Event_ID="-")
    assert names(follows.take())[0] == "metadata"
    assert talk.ask("DELETE", f"/threads/{thread}").status == 200
    assert follows.rest()
    talk.thread(thread_id=thread)
    assert names(talk.stream(thread, command={"resume": "b"})) == ["metadata", "error"]
    again = talk.open("GET", f"/threads/{thread}/stream", Last_Event_ID="-")
    assert names(again.take()).count("metadata") == 2
    again.leave()


def test_a_thread_that_is_pruned_ends_its_runs() -> None:
    talk, thread = busy(text="steps: [{wait: 1h}, {say: late}]")
    watched = talk.watch(thread, "a")
    assert talk.ask("POST", "/threads/prune", {"thread_ids": [thread]}).json() == {"pruned_count": 1}
    watched.rest()
    assert talk.timer.read() == 0


def test_a_thread_that_is_deleted_ends_all_its_runs_and_streams(layer: str) -> None:
    talk, thread = busy(layer)
    watched, waits = (talk.watch(thread, text, ["values", "messages-tuple"]) for text in "ab")
    watched.until("messages", 2)
    follows = talk.open("GET", f"/threads/{thread}/stream")
    assert talk.ask("DELETE", f"/threads/{thread}").status in (200, 204)
    watched.rest()
    waits.rest()
    follows.leave()
    assert talk.ask("GET", f"/threads/{thread}").status == 404
    assert talk.scheduler.open_streams == 0
    assert talk.scheduler.all_under_way() == []
    talk.thread(thread_id=thread)
    assert (talk.statuses(thread), talk.status(thread)) == ([], "idle")
    assert talk.wait(thread, "x")["messages"][0]["content"] == "x"
