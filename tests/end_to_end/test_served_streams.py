"""Streams over a socket: they come as they happen, are taken up again, free what they held, and delay nobody."""

import http.client
import json
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.processes import LONGEST, Serving
from threadmock.specs.wire.eventstream import EventReader, ServerEvent

JSON = {"content-type": "application/json"}
STOPS = """
scripts:
  stops: {steps: [{say: one two three, pace: 0}, {wait: 1h}, {say: never}]}
  counts: {steps: [{say: one two three}, {emit: {n: 1}}, {say: four}]}
  floods: {steps: [{say: {of: " flood", times: 1200}, pace: 0}]}
"""


class Watching:
    """A stream on a connection of its own, read as far as a test wants."""

    def __init__(self, serving: Serving, method: str, path: str, body: Any = None, **headers: str) -> None:
        self.connection = http.client.HTTPConnection(serving.host, serving.port, timeout=LONGEST)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, None if body is None else json.dumps(body), JSON | told)
        self.response = self.connection.getresponse()
        self.headers = {name.lower(): value for name, value in self.response.getheaders()}
        self.reader = EventReader()
        self.events: list[ServerEvent] = []

    def more(self) -> list[ServerEvent]:
        """The events of the next piece; the stream's end is an empty piece."""
        piece = self.response.read1(65536)
        self.events += (found := list(self.reader.feed(piece)))
        if not piece:
            self.connection.close()
        return found

    def until(self, name: str, count: int = 1) -> list[ServerEvent]:
        """All events up to the so-manieth of that name."""
        while sum(event.name == name for event in self.events) < count:
            self.more()
            assert not self.ended, f"the stream ended before {name}"
        return self.events

    @property
    def ended(self) -> bool:
        """Whether the last piece has come."""
        return self.response.isclosed()

    def cut_off(self) -> list[ServerEvent]:
        """All events up to where the connection was cut; a clean end fails."""
        with pytest.raises(http.client.IncompleteRead):
            self.rest()
        self.response.close()
        self.connection.close()
        return self.events

    def rest(self) -> list[ServerEvent]:
        """All events, to the end; a chunked body that was cut raises."""
        while not self.ended:
            self.more()
        assert not self.reader.broken
        return self.events

    def leave(self) -> None:
        """Close the connection, whatever is still to come."""
        assert self.connection.sock is None or self.connection.sock.fileno() >= 0
        self.response.close()
        self.connection.close()


@pytest.fixture
def mock(serving: Callable[..., Serving], tmp_path: Path) -> Serving:
    """A served agent server that begins to speak and then says nothing for an hour."""
    script = tmp_path / "stops.yaml"
    script.write_text(STOPS, encoding="utf-8")
    return serving("langsmith", "--port", "0", "--seed", "7", "--script", str(script))


def ask(serving: Serving, method: str, path: str, body: Any = None, **headers: str) -> Any:
    told = serving.send(method, path, None if body is None else json.dumps(body).encode(), JSON | headers)
    assert told.status < 300, told
    return json.loads(told.body) if told.body.strip() else None


def thread_of(serving: Serving) -> str:
    return str(ask(serving, "POST", "/threads", {})["thread_id"])


def body_of(text: str = "go", *modes: str, **more: Any) -> dict[str, Any]:
    message = {"role": "user", "content": text}
    return {"assistant_id": "agent", "input": {"messages": [message]}, "stream_mode": [*modes] or ["values"], **more}


def statuses(serving: Serving, thread: str) -> list[str]:
    return [run["status"] for run in ask(serving, "GET", f"/threads/{thread}/runs")]


def soon(found: Callable[[], Any]) -> Any:
    """What is true at last; each look is a request, so that nothing is slept away."""
    until = time.monotonic() + LONGEST
    while not (value := found()):
        assert time.monotonic() < until, "it did not come to be"
    return value


def over(serving: Serving) -> int:
    """How many streams the log calls over; a request in between lets it be written."""
    ask(serving, "GET", "/ok")
    return sum("stream over" in line for line in list(serving.log))


def test_events_come_as_they_happen_and_not_in_one_piece(mock: Serving) -> None:
    thread = thread_of(mock)
    watched = Watching(mock, "POST", f"/threads/{thread}/runs/stream", body_of("go", "messages-tuple", "values"))
    assert watched.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert watched.headers["transfer-encoding"] == "chunked"
    assert re.fullmatch(rf"/threads/{thread}/runs/[0-9a-f-]+", watched.headers["content-location"])
    watched.until("messages", 3)
    assert not watched.ended
    assert statuses(mock, thread) == ["running"]
    ask(mock, "POST", f"{watched.headers['content-location']}/cancel?wait=true")
    assert [event.name for event in watched.rest()] == ["metadata", "values", *["messages"] * 3, "values"]
    assert statuses(mock, thread) == ["interrupted"]


def test_each_event_comes_before_the_next_one_is_due(serving: Callable[..., Serving], tmp_path: Path) -> None:
    script = tmp_path / "paced.yaml"
    script.write_text("pace: 20ms\nsteps: [{say: a b c d e f g h i j}]", encoding="utf-8")
    mock = serving("langsmith", "--port", "0", "--script", str(script))
    watched = Watching(mock, "POST", f"/threads/{thread_of(mock)}/runs/stream", body_of("go", "messages-tuple"))
    pieces = 0
    while not watched.ended:
        pieces += bool(watched.more())
    assert len(watched.events) == 11
    assert pieces >= 8  # a busy machine may deliver two at once, never most of them


@pytest.mark.parametrize("seen", [1, 4])
def test_a_stream_that_broke_off_is_taken_up_again(mock: Serving, seen: int) -> None:
    thread = thread_of(mock)
    asked = body_of("/counts go", "values", "messages-tuple", "custom", stream_resumable=True)
    watched = Watching(mock, "POST", f"/threads/{thread}/runs/stream", asked)
    while len(watched.events) < seen:
        watched.more()
    kept = watched.events[:seen]
    watched.leave()
    path = f"{watched.headers['content-location']}/stream"
    again = Watching(mock, "GET", path, Last_Event_ID=str(kept[-1].id)).rest()
    everything = Watching(mock, "GET", path, Last_Event_ID="-1").rest()
    assert kept + again == everything
    assert [event.name for event in everything].count("messages") == 4
    assert statuses(mock, thread) == ["success"]


@pytest.mark.parametrize(("asked", "status"), [({"on_disconnect": "cancel"}, "interrupted"), ({}, "running")])
@pytest.mark.parametrize("way", ["stream", "wait"])
def test_where_the_client_goes_the_stream_is_freed(mock: Serving, way: str, asked: dict[str, str], status: str) -> None:
    thread = thread_of(mock)
    watched = Watching(mock, "POST", f"/threads/{thread}/runs/{way}", body_of(**asked))
    assert statuses(mock, thread) == ["running"]
    watched.leave()
    assert soon(lambda: over(mock)) == 1
    assert statuses(mock, thread) == [status]


def test_who_follows_a_thread_sees_the_runs_of_others(mock: Serving) -> None:
    thread = thread_of(mock)
    follower = Watching(mock, "GET", f"/threads/{thread}/stream", Last_Event_ID="-")
    for text in ("/counts a", "/counts b"):
        Watching(mock, "POST", f"/threads/{thread}/runs/stream", body_of(text)).rest()
    follower.until("metadata", 4)
    assert not follower.ended
    follower.leave()
    assert soon(lambda: over(mock) == 3)


def test_a_reader_that_does_not_read_delays_nobody(mock: Serving) -> None:
    stuck = [
        Watching(mock, "POST", f"/threads/{thread_of(mock)}/runs/stream", body_of("/floods x", "messages"))
        for _ in range(3)
    ]
    for _ in range(3):
        watched = Watching(mock, "POST", f"/threads/{thread_of(mock)}/runs/stream", body_of("/counts x"))
        assert [event.name for event in watched.rest()][-1] == "values"
    partial = [event for event in stuck[0].rest() if event.name == "messages/partial"]
    assert len(partial) == 1200
    assert json.loads(partial[-1].data)[0]["content"] == " flood" * 1200
    for each in stuck[1:]:
        each.leave()
    assert soon(lambda: over(mock) == 6)


def test_plain_requests_are_answered_while_hundreds_of_streams_are_open(mock: Serving) -> None:
    threads = [thread_of(mock) for _ in range(300)]
    watched = [Watching(mock, "POST", f"/threads/{thread}/runs/stream", body_of()) for thread in threads]
    for each in watched:
        each.until("values")
    for thread in threads[:20]:
        assert ask(mock, "GET", f"/threads/{thread}")["status"] == "busy"
        assert ask(mock, "GET", "/_mock/health")["product"] == "threadmock"
    finished = Watching(mock, "POST", f"/threads/{thread_of(mock)}/runs/stream", body_of("/counts x"))
    assert [event.name for event in finished.rest()][-1] == "values"
    assert not any(each.ended for each in watched)
    ask(mock, "POST", "/runs/cancel", {"status": "all"})
    for each in watched:
        assert [event.name for event in each.rest()] == ["metadata", "values", "values"]
    assert soon(lambda: over(mock) == 301)


def test_a_reset_cuts_the_streams_that_are_open(mock: Serving) -> None:
    watched = Watching(mock, "POST", f"/threads/{thread_of(mock)}/runs/stream", body_of())
    watched.until("values", 2)
    ask(mock, "POST", "/_mock/reset", **{"x-threadmock-control": "1"})
    assert len(watched.cut_off()) == 3
    assert soon(lambda: over(mock)) == 1


def test_a_page_of_another_origin_reads_a_stream(mock: Serving) -> None:
    path = f"/threads/{thread_of(mock)}/runs/stream"
    watched = Watching(mock, "POST", path, body_of("/counts x"), origin="http://localhost:3000")
    assert watched.headers["access-control-allow-origin"] in ("*", "http://localhost:3000")
    assert "content-location" in watched.headers["access-control-expose-headers"].lower()
    assert watched.rest()
    refused = mock.send("POST", path, json.dumps(body_of()).encode(), JSON | {"origin": "https://evil.example"})
    assert refused.status == 403


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
def test_a_signal_cuts_open_streams_and_ends_the_process_at_once(mock: Serving, how: int) -> None:
    watched = [Watching(mock, "POST", f"/threads/{thread_of(mock)}/runs/stream", body_of()) for _ in range(5)]
    follower = Watching(mock, "GET", f"/threads/{thread_of(mock)}/stream")
    for each in watched:
        each.until("values", 2)
    waiting = Watching(mock, "POST", f"/threads/{thread_of(mock)}/runs/wait", body_of())
    status, seconds = mock.stop(how)
    assert (status, seconds < 4) == (0, True)  # five seconds are what the server gives who does not end
    for each in watched:
        assert [event.name for event in each.cut_off()] == ["metadata", "values", "values"]
    assert (follower.cut_off(), waiting.cut_off()) == ([], [])
    waiting.leave()
    assert sum("stream over" in line for line in mock.log) == 7


CONTROL = {"X-Threadmock-Control": "1"}


def test_runs_of_sessions_go_on_by_themselves_and_end_with_theirs_alone(mock: Serving) -> None:
    threads = [ask(mock, "POST", f"/_s/{name}/threads", {})["thread_id"] for name in "ab"]
    assert threads[0] == threads[1] == thread_of(mock)
    watched = [
        Watching(mock, "POST", f"/_s/{name}/threads/{thread}/runs/stream", body_of("go", "messages-tuple"))
        for name, thread in zip("ab", threads, strict=True)
    ]
    for each in watched:
        each.until("messages", 3)
    live = Watching(mock, "GET", "/_s/a/_mock/events")
    ask(mock, "POST", "/_s/b/threads", {})
    ask(mock, "POST", "/_s/a/threads", {})
    assert json.loads(live.until("exchange")[-1].data)["number"] == 3  # of its own session alone
    assert ask(mock, "DELETE", "/_mock/sessions/a", **CONTROL)["forgotten"] > 1
    watched[0].cut_off()
    live.rest()
    assert not watched[1].ended
    assert ask(mock, "GET", f"/_s/b/threads/{threads[1]}")["status"] == "busy"
    said = {"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": "/counts go"}]}}
    again = ask(mock, "POST", f"/_s/a/threads/{ask(mock, 'POST', '/_s/a/threads', {})['thread_id']}/runs/wait", said)
    assert [each["content"] for each in again["messages"]] == ["/counts go", "one two three", "four"]
    ask(mock, "POST", "/_s/b/_mock/reset", **CONTROL)
    watched[1].cut_off()


def test_a_session_has_a_date_of_its_own(mock: Serving) -> None:
    still = {"clock": {"at": "2026-01-31T09:00:00Z", "frozen": True}}
    ask(mock, "PATCH", "/_s/a/_mock/settings", still, **CONTROL)
    told = mock.send("POST", "/_s/a/threads", b"{}", JSON)
    assert told.headers["date"] == "Sat, 31 Jan 2026 09:00:00 GMT"
    assert "2026-01-31T09:00:00" in json.loads(told.body)["created_at"]
    assert mock.send("POST", "/_s/b/threads", b"{}", JSON).headers["date"] != told.headers["date"]
