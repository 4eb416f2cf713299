"""`/_mock/exchanges`, `/_mock/expect` and `/_mock/events`: what was asked, chosen, expected, and told as it happens."""

import http.client
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.clients import Client, make_gateway
from support.reading import read_events
from threadmock.mockserver import create_mock
from threadmock.mockserver.agents.timer import JumpingTimer
from threadmock.mockserver.control.exchanges import list_exchanges
from threadmock.mockserver.control.live import MOST_READERS, live_events
from threadmock.mockserver.state.journal import MAX_EXCHANGES, Journal
from threadmock.specs.wire.messages import Request, Response
from werkzeug.test import Client as WsgiClient

CONTROL = {"x-threadmock-control": "1"}
RUN = {"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": "hello"}]}}


@pytest.fixture
def asked(client: Callable[..., Client]) -> Client:
    """A mock that got five requests: three are served, one is refused, one is for no route."""
    made = client("langsmith")
    made.post("/threads", {"metadata": {"user": "a", "n": 1}})
    made.post("/threads", {"metadata": {"user": "b", "tags": ["x", {"y": 2}]}})
    made.post("/threads", {"thread_id": "bad"})
    made.post("/threads/search", {"limit": 3})
    made.get("/nowhere", query="a=1&a=2")
    return made


def chosen(asked: Client, query: str) -> list[int]:
    told = asked.get("/_mock/exchanges", query=query)
    assert told.status == 200, told.body
    return [each["number"] for each in told.json()["exchanges"]]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [1, 2, 3, 4, 5]),
        ("operation=POST /threads", [1, 2, 3]),
        ("operation=POST%20%2Fthreads&status=2xx", [1, 2]),
        ("status=422", [3]),
        ("path=/threads", [1, 2, 3]),
        ("path=/threads*", [1, 2, 3, 4]),
        ("unexpected=true", [5]),
        ("unexpected=false&limit=1", [4]),
        ("provider=langsmith", [1, 2, 3, 4]),
        ("after=3", [4, 5]),
        ("after=2&limit=2", [3, 4]),
        ("after=99", []),
        ("after=0&limit=2", [1, 2]),
        ("limit=2", [4, 5]),
    ],
)
def test_a_query_chooses_exchanges(asked: Client, query: str, numbers: list[int]) -> None:
    assert chosen(asked, query) == numbers


def test_each_tells_when_how_long_and_for_which_operation(asked: Client) -> None:
    noted = asked.get("/_mock/exchanges").json()["exchanges"]
    assert noted[0]["at"].startswith("2026-01-02T03:04:")
    assert noted[0]["ms"] >= 0
    assert [each["operation"] for each in noted] == [*["POST /threads"] * 3, "POST /threads/search", None]
    assert [each["unexpected"] for each in noted] == [False] * 4 + [True]
    assert noted[0]["operation_id"]


@pytest.mark.parametrize(
    ("query", "where", "word"),
    [
        ("operatoin=x", "operatoin", "operation"),
        ("operation=POST /thread", "operation", "POST /threads"),
        ("provider=x", "provider", "langsmith"),
        ("status=9000", "status", "4XX"),
        ("unexpected=yes", "unexpected", "true"),
        ("after=-1", "after", "whole"),
        ("limit=0", "limit", "1 to"),
        ("limit=1.5", "limit", "whole"),
    ],
)
def test_a_query_that_can_not_be_read_is_refused(asked: Client, query: str, where: str, word: str) -> None:
    for path in ("/_mock/exchanges", "/_mock/events"):
        told = asked.get(path, query=query)
        assert (told.status, told.json()["where"], word in told.json()["detail"]) == (400, where, True)


def test_they_are_forgotten_and_numbers_go_on(asked: Client) -> None:
    assert asked.send("DELETE", "/_mock/exchanges", headers=CONTROL).json() == {"forgotten": 5}
    asked.get("/nowhere")
    assert chosen(asked, "") == [6]
    assert asked.get("/_mock/things").json()["count"] == 2


def test_another_method_is_unexpected_and_a_preflight_is_not(asked: Client) -> None:
    asked.send("PUT", "/threads")
    asked.send("OPTIONS", "/threads", headers={"origin": "http://localhost", "access-control-request-method": "POST"})
    noted = asked.get("/_mock/exchanges", query="after=5").json()["exchanges"]
    assert [(each["status"], each["unexpected"]) for each in noted] == [(405, True), (noted[1]["status"], False)]


def test_of_a_stream_what_was_sent_is_kept() -> None:
    asked = Client(make_gateway("langsmith", timer=JumpingTimer()))
    told = asked.post("/runs/stream", RUN)
    [noted] = list_exchanges(asked.gateway)["exchanges"]
    assert (noted["stream"], noted["answer"].encode()) == (True, told.body)


# What a test expects.


def expected(asked: Client, **members: Any) -> Any:
    told = asked.post("/_mock/expect", members, headers=CONTROL)
    assert told.status == 200, told.body
    return told.json()


@pytest.mark.parametrize(
    ("members", "count"),
    [
        ({"operation": "POST /threads"}, 3),
        ({"operation": "POST /threads", "status": 200}, 2),
        ({"operation": "POST /threads", "status": "4XX", "times": {"exactly": 1}}, 1),
        ({"operation": "POST /threads", "times": {"at_least": 2, "at_most": 3}}, 3),
        ({"operation": "POST /threads", "body": {"metadata": {"user": "a"}}}, 1),
        ({"operation": "POST /threads", "body": {"metadata": {"tags": ["x", {}]}}}, 1),
        ({"operation": "POST /threads/search", "body": {"limit": 3}}, 1),
        ({"operation": "POST /threads/search", "body": {"limit": 4}, "times": {"at_most": 0}}, 0),
        ({"path": "/nowhere", "query": {"a": [1, "2"]}}, 1),
        ({"path": "/*", "times": {"exactly": 5}}, 5),
    ],
)
def test_what_came_is_met(asked: Client, members: dict[str, Any], count: int) -> None:
    assert expected(asked, **members) == {"met": True, "count": count}


def test_what_did_not_come_is_told_with_the_nearest_first(asked: Client) -> None:
    told = expected(asked, operation="POST /threads", body={"metadata": {"user": "b", "n": 1, "tags": ["x", {"y": 2}]}})
    assert (told["met"], told["count"]) == (False, 0)
    assert [each["number"] for each in told["came"]] == [2, 1, 3, 4, 5]
    assert told["came"][0]["differs"] == ["body.metadata.n: absent"]
    assert told["came"][1]["differs"] == ["body.metadata.user: 'a', not 'b'", "body.metadata.tags: absent"]
    assert json.loads(told["came"][0]["body"])["metadata"]["user"] == "b"


def test_too_many_are_told_themselves(asked: Client) -> None:
    told = expected(asked, operation="POST /threads", times={"at_most": 1})
    assert (told["met"], told["count"], [each["number"] for each in told["came"]]) == (False, 3, [3, 2, 1])


def test_true_is_no_number_and_arrays_are_of_one_length(asked: Client) -> None:
    assert not expected(asked, operation="POST /threads", body={"metadata": {"n": True}})["met"]
    assert not expected(asked, operation="POST /threads", body={"metadata": {"tags": ["x"]}})["met"]
    assert expected(asked, operation="POST /threads", body={"metadata": {"n": 1.0}})["met"]


def test_where_nothing_came_nothing_is_told() -> None:
    asked = Client(make_gateway("langsmith"))
    told = expected(asked, operation="POST /threads")
    assert (told["met"], told["count"], told["came"]) == (False, 0, [])
    assert told["detail"].endswith("Nothing else came.")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "operation"),
        ({"operation": "POST /thread"}, "operation"),
        ({"operation": 1}, "operation"),
        ({"path": ""}, "path"),
        ({"path": "/", "bdy": {}}, "bdy"),
        ({"path": "/", "query": []}, "body"),
        ({"path": "/", "status": "x"}, "status"),
        ({"path": "/", "times": 1}, "times"),
        ({"path": "/", "times": {}}, "times"),
        ({"path": "/", "times": {"exactly": 1, "at_least": 1}}, "times"),
        ({"path": "/", "times": {"at_least": 2, "at_most": 1}}, "times.at_most"),
        ({"path": "/", "times": {"atleast": 2}}, "times.atleast"),
    ],
)
def test_an_expectation_that_can_not_be_read_is_refused(body: Any, where: str) -> None:
    told = Client(make_gateway("langsmith")).post("/_mock/expect", body, headers=CONTROL)
    assert told.status == 400
    assert told.json()["where"] in (where, "query" if body.get("query") == [] else where)


def test_form_fields_are_a_body_too(asked: Client) -> None:
    asked.send("POST", "/form", headers={"content-type": "application/x-www-form-urlencoded"}, body=b"a=1&b=x%20y")
    assert expected(asked, path="/form", body={"b": "x y"})["met"]


# As it happens.


def test_a_reader_in_process_gets_what_happens_after_a_number() -> None:
    asked = Client(make_gateway("langsmith"))
    for _ in range(3):
        asked.post("/threads", {})
    answer = WsgiClient(asked.app).get("/_mock/events?after=1&operation=POST /threads", buffered=False)
    assert answer.headers["content-type"] == "text/event-stream"
    events = read_events(next(iter(answer.response)))
    answer.close()
    assert [(event.name, event.id) for event in events] == [("exchange", "2"), ("exchange", "3")]
    assert json.loads(events[0].data)["operation"] == "POST /threads"
    assert asked.gateway.world.journal.readers == 0


def test_a_reader_may_begin_with_all_that_is_kept() -> None:
    gateway = make_gateway("langsmith")
    gateway.handle(Request("GET", "/nowhere"))
    stream: Any = live_events(gateway, Request("GET", "/_mock/events", "after=0")).body
    assert [event.id for event in read_events(next(stream))] == ["1"]
    stream.close()


def test_a_mock_that_was_served_can_be_followed_in_process_afterwards() -> None:
    mock = create_mock("langsmith", seed=7)
    with mock.serve():
        pass
    stream: Any = live_events(mock.gateway, Request("GET", "/_mock/events")).body
    mock.gateway.handle(Request("GET", "/nowhere"))
    assert len(read_events(next(stream))) == 1
    stream.close()


def test_what_was_forgotten_before_it_could_be_sent_is_counted() -> None:
    gateway = make_gateway("langsmith")
    for _ in range(MAX_EXCHANGES + 10):
        gateway.handle(Request("GET", "/nowhere"))
    stream: Any = live_events(gateway, Request("GET", "/_mock/events", "after=1")).body
    first = read_events(next(stream))[0]
    assert (first.name, json.loads(first.data)) == ("lost", {"count": 9})
    stream.close()


def test_what_was_cleared_is_not_lost() -> None:
    gateway = make_gateway("langsmith")
    stream: Any = live_events(gateway, Request("GET", "/_mock/events")).body
    gateway.handle(Request("GET", "/nowhere"))
    gateway.world.journal.clear()
    gateway.handle(Request("GET", "/nowhere"))
    assert [event.name for event in read_events(next(stream))] == ["exchange"]
    stream.close()


def test_so_many_readers_follow_and_no_more() -> None:
    gateway = make_gateway("langsmith")
    streams: list[Any] = [live_events(gateway, Request("GET", "/_mock/events")).body for _ in range(MOST_READERS)]
    refused = live_events(gateway, Request("GET", "/_mock/events"))
    assert (refused.status, refused.headers["retry-after"]) == (503, "5")
    streams[0].close()
    assert live_events(gateway, Request("GET", "/_mock/events")).status == 200


def test_a_closed_journal_ends_its_readers() -> None:
    gateway = make_gateway("langsmith")
    stream: Any = live_events(gateway, Request("GET", "/_mock/events")).body
    gateway.world.journal.close()
    assert list(stream) == []


def test_an_entry_without_listeners_notifies_nobody() -> None:
    journal = Journal()
    heard: list[int] = []
    journal.listeners.add(lambda: heard.append(len(journal.entries)))
    journal.note(Request("GET", "/"), Response(200), "", "", "")
    assert heard == [1]


class Reader:
    """A reader of live events over a socket, on a thread of its own."""

    def __init__(self, host: str, headers: dict[str, str]) -> None:
        self.connection = http.client.HTTPConnection(host, timeout=20)
        self.connection.request("GET", "/_mock/events", headers=headers)
        self.answer = self.connection.getresponse()

    def events(self, count: int) -> list[Any]:
        """The next so many events; fewer where it ends before."""
        found: list[Any] = []
        lines: list[bytes] = []
        while len(found) < count and (line := self.answer.readline()):
            lines.append(line)
            if line == b"\n":
                found += read_events(b"".join(lines))
                lines = []
        return found


def ask(host: str, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(host, timeout=20)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {**CONTROL, "content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.fixture
def served() -> Iterator[str]:
    with create_mock("langsmith", seed=7, speed=0).serve() as url:
        yield url.removeprefix("http://")


def test_over_a_socket_several_readers_get_the_same_and_a_reset_does_not_end_them(served: str) -> None:
    readers = [Reader(served, {}) for _ in range(3)]
    assert {reader.answer.status for reader in readers} == {200}
    ask(served, "POST", "/threads", {})
    ask(served, "POST", "/_mock/reset")
    ask(served, "GET", "/nowhere")
    for reader in readers:
        events = [json.loads(event.data) for event in reader.events(2)]
        assert [(each["path"], each["unexpected"]) for each in events] == [("/threads", False), ("/nowhere", True)]
        reader.connection.close()


def test_over_a_socket_a_reader_goes_on_behind_the_last_event_that_it_has(served: str) -> None:
    for _ in range(3):
        ask(served, "GET", "/nowhere")
    reader = Reader(served, {"last-event-id": "1"})
    newest = json.loads(ask(served, "GET", "/_mock/exchanges")[1])["exchanges"][-1]["number"]
    assert [event.id for event in reader.events(newest - 1)] == [str(n) for n in range(2, newest + 1)]
    reader.connection.close()


def test_over_a_socket_a_stranger_reads_nothing(served: str) -> None:
    reader = Reader(served, {"origin": "http://elsewhere.example"})
    assert reader.answer.status == 403
    reader.connection.close()


def test_the_events_end_when_the_server_stops() -> None:
    with create_mock("langsmith", seed=7).serve() as url:
        reader = Reader(url.removeprefix("http://"), {})
        found: list[Any] = []
        rest = threading.Thread(target=lambda: found.append(reader.events(10)))
        rest.start()
    rest.join(20)
    assert found == [[]]
    reader.connection.close()


def test_a_chunk_of_many_entries_is_bounded() -> None:
    gateway = make_gateway("langsmith")
    for _ in range(150):
        gateway.handle(Request("GET", "/nowhere"))
    stream: Any = live_events(gateway, Request("GET", "/_mock/events", "after=1")).body
    sizes = [len(read_events(piece)) for piece in itertools.islice(stream, 3)]
    assert sizes == [64, 64, 21]
    stream.close()
