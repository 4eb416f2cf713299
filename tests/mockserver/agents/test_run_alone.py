"""Runs without a thread of their own: temporary threads, batches; and limits, probes, what is noted and what is reset."""

import json
import re

import pytest
from support.agent_client import HEADERS, NOBODY, Talk, data, is_uuid, names, said
from support.clients import make_gateway
from threadmock.mockserver.agents import scheduler
from threadmock.mockserver.agents.streams import StreamCut
from threadmock.specs.wire.messages import Request

SLOW = "steps: [{wait: 10s}, {say: 'late $text'}]"
BODY = {"assistant_id": "agent", "input": said("tea")}


def threads(talk: Talk) -> list[str]:
    return [each["thread_id"] for each in talk.ask("POST", "/threads/search", {"limit": 1000}).json()]


# Stateless runs.


@pytest.mark.parametrize("path", ["/runs", "/runs/wait", "/runs/stream"])
@pytest.mark.parametrize("completion", [None, "delete", "keep"])
def test_a_temporary_thread_vanishes_with_its_run_unless_it_is_to_be_kept(
    path: str, completion: str | None, layer: str
) -> None:
    talk = Talk(layer=layer)
    body = BODY | ({"on_completion": completion} if completion else {})
    told = talk.ask("POST", path, body)
    assert told.status == 200
    run = re.search(r"/runs/([0-9a-f-]+)$", told.headers["content-location"])
    assert run
    assert is_uuid(run[1])
    talk.finish()
    kept = threads(talk)
    assert len(kept) == (completion == "keep")
    for thread in kept:
        assert (talk.texts(thread), talk.statuses(thread)) == (["tea", "You said: tea"], ["success"])
        assert talk.get(f"/threads/{thread}/runs/{run[1]}")["thread_id"] == thread
    if not kept:
        assert [shelf for shelf in talk.world.store.shelves() if shelf[1] in ("run", "checkpoint", "thread")] == []


def test_what_a_stateless_run_comes_to_is_told_as_that_of_any_other() -> None:
    talk = Talk()
    waited = json.loads(talk.ask("POST", "/runs/wait", BODY).body)
    assert [message["content"] for message in waited["messages"]] == ["tea", "You said: tea"]
    events = talk.open("POST", "/runs/stream", BODY | {"stream_mode": ["values", "updates"]}).rest()
    assert names(events) == ["metadata", "values", "updates", "values"]
    assert [len(each["messages"]) for each in data(events, "values")] == [1, 2]


@pytest.mark.parametrize("text", ["/failing x", "/human x", "/empty x"])
def test_a_temporary_thread_vanishes_however_its_run_ends(text: str) -> None:
    talk = Talk()
    talk.ask("POST", "/runs/wait", BODY | {"input": said(text)})
    talk.ask("POST", "/runs/stream", BODY | {"input": said(text)})
    assert threads(talk) == []
    kept = {(shelf[0], shelf[1]) for shelf in talk.world.store.shelves()}
    assert kept == {("langsmith", "assistant"), ("langsmith", "assistant_version")}
    assert not talk.scheduler._paused


def test_a_stateless_run_that_is_cancelled_vanishes_too() -> None:
    talk = Talk(SLOW)
    watched = talk.open("POST", "/runs/stream", BODY)
    watched.take()
    (thread,) = threads(talk)
    (run,) = talk.get(f"/threads/{thread}/runs")
    assert talk.cancel(thread, run["run_id"]).status == 200
    watched.rest()
    assert threads(talk) == []


def test_stateless_runs_do_not_wait_for_each_other() -> None:
    talk = Talk(SLOW)
    watched = [talk.open("POST", "/runs/stream", BODY) for _ in range(5)]
    talk.pass_time(10.5)
    assert [names(each.rest())[-1] for each in watched] == ["values"] * 5
    assert talk.timer.read() == 10.5


@pytest.mark.parametrize("path", ["/runs", "/runs/wait", "/runs/stream"])
def test_only_a_run_on_a_thread_can_be_resumed(path: str) -> None:
    talk = Talk()
    told = talk.ask("POST", path, {"assistant_id": "agent", "command": {"resume": "yes"}})
    assert (told.status, list(told.json())) == (400, ["detail"])
    assert threads(talk) == []


def test_a_batch_is_several_runs_each_for_itself(layer: str) -> None:
    talk = Talk(layer=layer)
    batch = [BODY | {"input": said(f"n{n}"), "metadata": {"n": n}, "on_completion": "keep"} for n in range(3)]
    told = talk.ask("POST", "/runs/batch", batch)
    assert told.status == 200
    assert [run["metadata"]["n"] for run in told.json()] == [0, 1, 2]
    assert len({run["thread_id"] for run in told.json()}) == 3
    talk.finish()
    assert [talk.texts(run["thread_id"])[-1] for run in told.json()] == [f"You said: n{n}" for n in range(3)]


@pytest.mark.parametrize("batch", [[], {}, [{"input": {}}], ["x"], None], ids=repr)
def test_a_batch_that_is_none_starts_nothing(batch: object) -> None:
    talk = Talk()
    assert talk.ask("POST", "/runs/batch", batch).status == 422
    assert threads(talk) == []


# Whom a run asks.


def test_an_agent_is_named_by_its_id_or_its_graph_and_a_script_may_have_its_name(layer: str) -> None:
    talk = Talk(layer=layer)
    made = talk.ask("POST", "/assistants", {"graph_id": "tool", "name": "mine"}).json()
    thread = talk.thread()
    by_name = talk.began(thread, "x", assistant_id="agent")
    by_id = talk.began(thread, "x", assistant_id=by_name["assistant_id"])
    scripted = talk.wait(thread, "x", assistant_id=made["assistant_id"])
    assert by_id["assistant_id"] == by_name["assistant_id"]
    assert scripted["messages"][-1]["content"].startswith("Order 1042")
    assert talk.start(thread, "x", assistant_id=NOBODY).status == 404


@pytest.mark.parametrize("body", [{}, {"assistant_id": None}, {"assistant_id": 7}], ids=repr)
def test_a_run_needs_somebody_to_ask(body: dict[str, object]) -> None:
    talk = Talk()
    thread = talk.thread()
    for path in (f"/threads/{thread}/runs", f"/threads/{thread}/runs/stream", "/runs", "/runs/wait"):
        assert talk.ask("POST", path, body).status == 422
    assert (talk.statuses(thread), talk.status(thread)) == ([], "idle")


# What a message may be.


@pytest.mark.parametrize(
    ("sent", "heard"),
    [
        ({"messages": [{"role": "user", "content": "tea"}]}, "tea"),
        ({"messages": [{"type": "human", "content": "tea", "id": "h1"}]}, "tea"),
        ({"messages": [["user", "tea"]]}, "tea"),
        ({"messages": "tea"}, "tea"),
        ({"messages": {"role": "user", "content": "tea"}}, "tea"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "tea"}]}]}, "tea"),
        ({"messages": [{"role": "user", "content": "no"}, {"role": "user", "content": "tea"}]}, "tea"),
        ({"messages": [{"role": "user", "content": "tea"}, {"role": "assistant", "content": "milk"}]}, "tea"),
        ({"messages": [{"role": "user", "content": ""}]}, ""),
        ("tea", "tea"),
    ],
    ids=repr,
)
def test_what_a_user_says_is_heard_in_every_form(sent: object, heard: str) -> None:
    talk = Talk("steps: [{say: '<$text>'}]")
    thread = talk.thread()
    talk.wait(thread, input=sent)
    assert talk.texts(thread)[-1] == f"<{heard}>"


@pytest.mark.parametrize(
    "sent",
    [7, True, [], {}, [1], {"messages": None}, {"messages": [None, 1, {}]}, {"messages": [{"role": 7, "content": 8}]}],
    ids=repr,
)
def test_no_input_breaks_a_run(sent: object) -> None:
    talk = Talk()
    thread = talk.thread()
    told = talk.ask("POST", f"/threads/{thread}/runs/stream", {"assistant_id": "agent", "input": sent})
    assert told.status == 200
    assert talk.status(thread) in ("idle", "error")
    assert talk.ask("GET", f"/threads/{thread}/state").status == 200


# Limits.


def test_over_the_cap_of_streams_a_new_one_is_refused_and_what_is_open_goes_on() -> None:
    talk = Talk(SLOW)
    talk.scheduler.most_streams = 3
    thread = talk.thread()
    watched = [talk.watch(talk.thread(), "a") for _ in range(3)]
    run = talk.began(thread, "b")["run_id"]
    for method, path, body in (
        ("POST", f"/threads/{thread}/runs/stream", BODY),
        ("POST", f"/threads/{thread}/runs/wait", BODY),
        ("POST", "/runs/stream", BODY),
        ("GET", f"/threads/{thread}/runs/{run}/stream", None),
        ("GET", f"/threads/{thread}/runs/{run}/join", None),
        ("GET", f"/threads/{thread}/stream", None),
    ):
        told = talk.ask(method, path, body)
        assert (told.status, told.headers["content-type"]) == (503, "application/problem+json")
    assert talk.status(thread) == "busy"
    assert [names(each.rest())[-1] for each in watched] == ["values"] * 3
    assert talk.scheduler.open_streams == 0
    assert names(talk.stream(thread, "c"))[0] == "metadata"


def test_a_run_that_can_not_be_streamed_is_not_started_either() -> None:
    talk = Talk(SLOW)
    talk.scheduler.most_streams = 0
    thread = talk.thread()
    assert talk.ask("POST", f"/threads/{thread}/runs/stream", BODY).status == 503
    assert talk.ask("POST", "/runs/wait", BODY).status == 503
    assert (talk.statuses(thread), talk.status(thread), threads(talk)) == ([], "idle", [thread])


def test_over_the_cap_of_runs_a_new_one_is_refused_and_nothing_is_kept_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "MOST_UNDER_WAY", 2)
    talk = Talk(SLOW)
    thread = talk.thread()
    for text in "ab":
        talk.began(thread, text)
    other = talk.thread()
    for path in (f"/threads/{other}/runs", f"/threads/{other}/runs/stream", "/runs"):
        told = talk.ask("POST", path, BODY)
        assert (told.status, told.headers["content-type"]) == (507, "application/problem+json")
    assert (talk.statuses(other), talk.status(other)) == ([], "idle")
    assert set(threads(talk)) == {thread, other}
    talk.finish()
    assert talk.start(other, "c").status == 200


# Probes, the journal, the log, a reset.


@pytest.mark.parametrize("end", ["/stream", "/join"])
@pytest.mark.parametrize("over", [False, True], ids=["live", "over"])
def test_a_head_request_opens_nothing_and_stops_nothing(end: str, over: bool) -> None:
    talk = Talk(SLOW)
    thread = talk.thread()
    run = talk.began(thread, "a")["run_id"]
    if over:
        talk.finish()
    told = talk.ask("HEAD", f"/threads/{thread}/runs/{run}{end}", query="cancel_on_disconnect=true")
    assert (told.status, told.body) == (200, b"")
    assert told.headers["content-type"].startswith("text/event-stream" if end == "/stream" else "application/json")
    assert talk.scheduler.open_streams == 0
    assert talk.statuses(thread) == ["success" if over else "running"]
    assert talk.ask("HEAD", f"/threads/{thread}/stream").status == 200
    assert talk.scheduler.open_streams == 0


def test_a_stream_is_noted_when_it_begins_and_logged_when_it_ends() -> None:
    lines: list[str] = []
    talk = Talk(log=lines.append)
    thread = talk.thread()
    watched = talk.watch(thread, "tea")
    assert re.search(rf"^POST /threads/{thread}/runs/stream 200 .* streaming$", lines[-1])
    entry = talk.world.journal.entries[-1].as_json()
    assert (entry["status"], entry["stream"], entry["answer"], entry["reason"]) == (200, True, "", "streaming")
    assert "tea" in entry["body"]
    count = len(watched.rest())
    assert re.search(rf"^POST /threads/{thread}/runs/stream 200 .* stream over: {count} pieces$", lines[-1])
    before = len(lines)
    watched.leave()
    assert len(lines) == before


def test_a_stream_that_is_left_is_logged_as_over_once() -> None:
    lines: list[str] = []
    talk = Talk(SLOW, log=lines.append)
    watched = talk.watch(talk.thread(), "tea")
    watched.take()
    watched.leave()
    watched.leave()
    assert [line for line in lines if "stream over: 2 pieces" in line] == lines[-1:]


def test_a_reset_cuts_every_stream_and_forgets_every_run() -> None:
    talk = Talk(SLOW)
    thread = talk.thread()
    run = talk.began(talk.thread(), "b")
    watched, waits = talk.watch(thread, "a"), talk.watch(thread, "b")
    joins = talk.open("GET", f"/threads/{run['thread_id']}/runs/{run['run_id']}/join")
    follows = talk.open("GET", f"/threads/{thread}/stream")
    watched.take()
    talk.gateway.reset()
    for each in (watched, waits, follows, joins):
        with pytest.raises(StreamCut):
            each.rest()
    assert names(watched.events) == ["metadata", "values"]
    assert talk.scheduler.open_streams == 0
    assert (talk.scheduler.all_under_way(), talk.scheduler.next_due(), talk.timer.read()) == ([], None, 0)
    talk.thread(thread_id=thread)
    assert talk.texts(thread) == []
    assert talk.wait(thread, "c")["messages"][-1]["content"] == "late c"


def test_of_a_run_that_ended_long_ago_what_is_stored_is_told() -> None:
    talk = Talk()
    talk.scheduler.most_kept = 1
    thread = talk.thread()
    run = talk.began(thread, "a", stream_resumable=True)["run_id"]
    talk.finish()
    talk.wait(talk.thread(), "b")
    values = talk.state(thread)["values"]
    assert json.loads(talk.ask("GET", f"/threads/{thread}/runs/{run}/join").body) == values
    rejoined = talk.open("GET", f"/threads/{thread}/runs/{run}/stream", Last_Event_ID="-1")
    assert rejoined.rest() == []


def test_what_is_wrong_with_a_provider_that_has_no_agent_is_no_concern_of_others() -> None:
    gateway = make_gateway("langsmith", "scale")
    told = gateway.handle(Request("POST", "/langsmith/threads", "", HEADERS, b"{}"))
    assert told.status == 200
