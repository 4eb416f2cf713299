"""A second run on a busy thread, delays, and runs that go on from an earlier state."""

import threading

import pytest
from support.agent_client import NOBODY, Talk, busy, data, names, run_of

# Reject.


def test_a_second_run_is_refused_where_it_wants_to_be_and_the_first_goes_on(layer: str) -> None:
    talk, thread = busy(layer)
    first = talk.watch(thread, "a", ["messages-tuple"])
    first.until("messages", 2)
    for path in ("", "/stream", "/wait"):
        told = talk.ask("POST", f"/threads/{thread}/runs{path}", talk.body("b", multitask_strategy="reject"))
        assert (told.status, list(told.json())) == (409, ["detail"])
    assert (talk.statuses(thread), talk.status(thread)) == (["running"], "busy")
    assert names(first.rest()).count("messages") == 6
    assert talk.texts(thread) == ["a", "one two three four", "five six"]
    assert talk.wait(thread, "b", multitask_strategy="reject")["messages"][-1]["content"] == "five six"


def test_of_many_that_start_at_once_and_would_rather_be_refused_just_one_runs() -> None:
    talk, thread = busy()
    told: list[int] = []
    ready = threading.Barrier(16)

    def start() -> None:
        ready.wait()
        told.append(talk.start(thread, "x", multitask_strategy="reject").status)

    threads = [threading.Thread(target=start) for _ in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(told) == [200] + [409] * 15
    assert talk.statuses(thread) == ["running"]
    talk.finish()
    assert talk.statuses(thread) == ["success"]


# Enqueue.


def test_runs_wait_for_their_turn_and_have_it_in_the_order_in_which_they_came(layer: str) -> None:
    talk = Talk("steps: [{say: 'heard $text', pace: 1s}]", layer=layer)
    thread = talk.thread()
    runs = [talk.began(thread, f"n{n}", **({} if n % 2 else {"multitask_strategy": "enqueue"})) for n in range(5)]
    talk.pass_time(0.5)
    assert talk.statuses(thread) == ["running"] + ["pending"] * 4
    seen = []
    while talk.scheduler.next_due() is not None:
        talk.pass_time(0.25)
        statuses = talk.statuses(thread)
        assert statuses.count("running") <= 1
        assert talk.status(thread) == ("busy" if set(statuses) != {"success"} else "idle")
        seen.append(statuses.count("success"))
    assert seen == sorted(seen)
    assert talk.texts(thread) == [text for n in range(5) for text in (f"n{n}", f"heard n{n}")]
    order = [state["metadata"]["run_id"] for state in talk.history(thread)[::-1]]
    assert list(dict.fromkeys(order)) == [run["run_id"] for run in runs]


def test_a_run_that_waits_streams_nothing_until_it_begins_and_then_holds_the_first_ones_answer() -> None:
    talk, thread = busy()
    first, second = talk.watch(thread, "a", ["values"]), talk.watch(thread, "b", ["values"])
    talk.pass_time(3)
    assert second.take() == []
    first.rest()
    assert talk.status(thread) == "busy"
    assert len(data(second.rest(), "values")[0]["messages"]) == 4
    assert talk.status(thread) == "idle"


def test_after_a_failure_or_a_question_the_next_in_line_has_its_turn() -> None:
    for name, status in (("failing", "error"), ("human", "success")):
        talk = Talk()
        thread = talk.thread()
        talk.began(thread, f"/{name} x")
        talk.began(thread, "y")
        talk.finish()
        assert (talk.statuses(thread), talk.status(thread)) == ([status, "success"], "idle")
        assert talk.texts(thread)[-1] == "You said: y"


# Interrupt and rollback.


def test_an_interrupting_run_ends_the_first_and_keeps_what_it_made(layer: str) -> None:
    talk, thread = busy(layer)
    first = talk.watch(thread, "a", ["values", "messages-tuple"])
    first.until("messages", 5)
    second = talk.watch(thread, "b", ["values"], multitask_strategy="interrupt")
    assert names(first.rest())[-1] == "messages"
    assert (talk.statuses(thread), talk.status(thread)) == (["interrupted", "running"], "busy")
    events = second.rest()
    assert [message["content"] for message in data(events, "values")[0]["messages"]] == ["a", "one two three four", "b"]
    assert (talk.statuses(thread), talk.status(thread)) == (["interrupted", "success"], "idle")


def test_a_run_that_rolls_back_leaves_nothing_of_the_first(layer: str) -> None:
    talk, thread = busy(layer)
    talk.wait(thread, "kept")
    before = talk.history(thread)
    first = talk.watch(thread, "a", ["values", "messages-tuple"])
    first.until("messages", 5)
    gone = run_of(first.events)
    second = talk.watch(thread, "b", ["values"], multitask_strategy="rollback")
    assert names(first.rest())[-1] == "messages"
    assert len(data(second.rest(), "values")[0]["messages"]) == 4
    assert talk.texts(thread) == ["kept", "one two three four", "five six", "b", "one two three four", "five six"]
    assert talk.ask("GET", f"/threads/{thread}/runs/{gone}").status == 404
    assert talk.statuses(thread) == ["success", "success"]
    history = talk.history(thread)
    assert history[-len(before) :] == before
    assert gone not in {state["metadata"]["run_id"] for state in history}


@pytest.mark.parametrize("how", ["interrupt", "rollback"])
def test_runs_that_wait_are_ended_along_with_the_one_that_runs(how: str) -> None:
    talk, thread = busy()
    for text in ("a", "b", "c"):
        talk.began(thread, text)
    talk.pass_time(1.5)
    talk.wait(thread, "d", multitask_strategy=how)
    assert talk.statuses(thread) == (["interrupted"] * 3 if how == "interrupt" else []) + ["success"]
    assert talk.texts(thread)[-3:] == ["d", "one two three four", "five six"]
    assert ("a" in talk.texts(thread)) is (how == "interrupt")


# Later, and from earlier.


def test_a_run_that_is_to_wait_is_pending_and_holds_the_thread_until_then() -> None:
    talk, thread = busy()
    watched = talk.watch(thread, "a", ["values"], after_seconds=60)
    talk.began(thread, "b")
    talk.pass_time(59)
    assert watched.take() == []
    assert (talk.statuses(thread), talk.status(thread)) == (["pending", "pending"], "busy")
    talk.pass_time(1.5)
    assert names(watched.take()) == ["metadata", "values"]
    talk.finish()
    assert talk.statuses(thread) == ["success", "success"]


@pytest.mark.parametrize("seconds", [0, -5, 0.0])
def test_a_delay_of_nothing_or_less_is_none(seconds: float) -> None:
    talk, thread = busy()
    assert names(talk.watch(thread, "a", after_seconds=seconds).until("values")) == ["metadata", "values"]
    assert talk.timer.read() == 0


@pytest.mark.parametrize("named", ["checkpoint", "checkpoint_id"])
def test_a_run_goes_on_from_the_state_that_it_names(named: str) -> None:
    talk = Talk()
    thread = talk.thread()
    talk.wait(thread, "one")
    chosen = talk.history(thread)[0]["checkpoint"]
    talk.wait(thread, "two")
    follows = {"checkpoint": chosen} if named == "checkpoint" else {"checkpoint_id": chosen["checkpoint_id"]}
    events = talk.stream(thread, "three", ["values", "checkpoints"], **follows)
    assert [len(each["messages"]) for each in data(events, "values")] == [3, 4]
    assert talk.texts(thread) == ["one", "You said: one", "three", "You said: three"]
    first = talk.history(thread)[2]
    assert first["parent_checkpoint"]["checkpoint_id"] == chosen["checkpoint_id"]
    assert len(talk.history(thread)) == 9


def test_a_thread_that_is_not_there_is_made_where_the_request_says_so() -> None:
    talk = Talk()
    told = talk.start(NOBODY, "a", if_not_exists="create")
    assert (told.status, told.json()["thread_id"]) == (200, NOBODY)
    talk.finish()
    assert talk.texts(NOBODY) == ["a", "You said: a"]
    other = NOBODY.replace("6", "7")
    assert [talk.start(other, "a", **more).status for more in ({}, {"if_not_exists": "reject"})] == [404, 404]
    assert talk.ask("GET", f"/threads/{other}").status == 404
