"""`/_mock/next`: the answers that the next requests get, in process, through every door and over a socket."""

import http.client
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.clients import Client, make_gateway
from support.documents import OK, document_of
from threadmock.mockserver import create_mock
from threadmock.mockserver.agents.streams import StreamCut
from threadmock.mockserver.agents.timer import JumpingTimer
from werkzeug.test import Client as WsgiClient

CONTROL = {"x-threadmock-control": "1"}
RUN = {"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": "hello"}]}}


def queue(asked: Client, **members: Any) -> Any:
    told = asked.post("/_mock/next", members, headers=CONTROL)
    assert told.status == 200, told.body
    return told.json()


def test_the_next_request_gets_it_and_the_one_after_its_own(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    queue(asked, operation="POST /threads", status=503)
    told = asked.post("/threads", {})
    assert (told.status, told.headers["retry-after"]) == (503, "1")
    assert told.json() == {"detail": "Asked for as the next answer: 503"}
    assert asked.post("/threads", {}).status == 200
    assert asked.get("/_mock/things").json()["count"] == 1


def test_times_says_for_how_many_requests_and_other_operations_are_left_alone(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    queue(asked, operation="POST /threads", status=429, times=2)
    assert asked.post("/threads/search", {}).status == 200
    assert [asked.post("/threads", {}).status for _ in range(3)] == [429, 429, 200]


def test_an_operation_id_will_do_and_they_come_in_their_order(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    named = next(o for o in asked.gateway.contracts[0].operations if str(o) == "POST /threads").operation_id
    for status in (500, 418):
        queue(asked, operation=named, status=status)
    assert [asked.post("/threads", {}).status for _ in range(3)] == [500, 418, 200]


def test_a_documented_status_comes_as_a_refusal_of_it_does(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    key = {"thread_id": "01970000-0000-7000-8000-000000000001"}
    asked.post("/threads", key)
    real = asked.post("/threads", key)
    queue(asked, operation="POST /threads", status=409)
    told = asked.post("/threads", {})
    assert told.status == real.status == 409
    assert told.headers["content-type"] == real.headers["content-type"]
    assert told.json().keys() == real.json().keys()


@pytest.mark.parametrize(
    ("provider", "layer", "path"),
    [
        ("langsmith", "documented", "/threads"),
        ("langsmith", "observed", "/threads"),
        ("seekrflow", "documented", "/v1/threads"),
    ],
)
def test_a_status_that_no_refusal_has_comes_in_the_shape_that_says_why(provider: str, layer: str, path: str) -> None:
    mock = create_mock(provider, layer=layer)
    mock.next(f"POST {path}", status=503)
    told = WsgiClient(mock.wsgi).post(path, json={}, headers={"authorization": "Bearer key-1"})
    assert (told.status_code, told.json) == (503, {"detail": "Asked for as the next answer: 503"})


def test_a_status_of_a_document_without_shapes_is_a_problem_document(tmp_path: Any) -> None:
    (tmp_path / "a.yaml").write_text(json.dumps(document_of({"/things": {"get": {"responses": {"200": OK}}}})))
    asked = Client(make_gateway(tmp_path / "a.yaml"))
    queue(asked, operation="GET /things", status=503)
    told = asked.get("/things")
    assert (told.status, told.headers["content-type"]) == (503, "application/problem+json")
    assert told.headers["retry-after"] == "1"


def test_body_and_headers_are_sent_as_they_are(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    queue(asked, operation="POST /threads", status=502, body="Bad gateway", headers={"X-Cache": "MISS"})
    told = asked.post("/threads", {})
    assert (told.status, told.body, told.headers["x-cache"]) == (502, b"Bad gateway", "MISS")
    assert told.headers["content-type"] == "text/plain; charset=utf-8"
    queue(asked, operation="POST /threads", body={"thread_id": 5})
    told = asked.post("/threads", {})
    assert (told.status, told.json(), told.headers["content-type"]) == (200, {"thread_id": 5}, "application/json")


def test_without_status_and_body_the_ordinary_answer_has_other_headers(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    queue(asked, operation="POST /threads", headers={"x-region": "eu"})
    told = asked.post("/threads", {})
    assert (told.status, told.headers["x-region"]) == (200, "eu")
    assert asked.get("/_mock/things").json()["count"] == 1


def test_retry_after_is_the_callers_where_it_is_given(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    queue(asked, operation="POST /threads", status=503, headers={"Retry-After": "30"})
    assert asked.post("/threads", {}).headers["retry-after"] == "30"


def test_what_waits_is_listed_and_forgotten(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    first = queue(asked, operation="POST /threads", status=503, times=2, delay_ms=0)
    sent = {"operation": "POST /threads", "times": 2, "status": 503, "delay_ms": 0}
    assert first == {"number": 1, "provider": "langsmith", **sent}
    queue(asked, operation="POST /threads", drop_after_bytes=3)
    asked.post("/threads", {})
    waiting = asked.get("/_mock/next").json()["waiting"]
    assert [(each["number"], each["times"]) for each in waiting] == [(1, 1), (2, 1)]
    assert asked.send("DELETE", "/_mock/next", headers=CONTROL).json() == {"forgotten": 2}
    assert asked.get("/_mock/next").json() == {"waiting": []}
    assert asked.post("/threads", {}).status == 200


def test_a_reset_forgets_them(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    queue(asked, operation="POST /threads", status=503, delay_ms=5)
    asked.send("POST", "/_mock/reset", headers=CONTROL)
    assert asked.get("/_mock/next").json() == {"waiting": []}
    assert not asked.gateway.world.slow


@pytest.mark.parametrize(
    ("body", "where", "word"),
    [
        ({"status": 503}, "operation", "missing"),
        ({"operation": "POST /thread", "status": 503}, "operation", "POST /threads"),
        ({"operation": "POST /threads", "provider": "langsmit", "status": 503}, "provider", "langsmith"),
        ({"operation": "POST /threads", "stats": 503}, "stats", "status"),
        ({"operation": "POST /threads"}, "body", "delay_ms"),
        ({"operation": "POST /threads", "status": "503"}, "status", "'503'"),
        ({"operation": "POST /threads", "status": True}, "status", "true"),
        ({"operation": "POST /threads", "status": 99}, "status", "200 to 599"),
        ({"operation": "POST /threads", "status": 204, "body": {}}, "body", "204"),
        ({"operation": "POST /threads", "status": 503, "times": 0}, "times", "1 to"),
        ({"operation": "POST /threads", "delay_ms": -1}, "delay_ms", "0 to"),
        ({"operation": "POST /threads", "drop_after_bytes": 1.5}, "drop_after_bytes", "1.5"),
        ({"operation": "POST /threads", "drop_after_bytes": 1, "drop_after_events": 1}, "drop_after_events", "one"),
        ({"operation": "POST /threads", "headers": []}, "headers", "array"),
        ({"operation": "POST /threads", "headers": {"a b": "c"}}, "headers", "a b"),
        ({"operation": "POST /threads", "headers": {"a": "b\r\nc: d"}}, "headers.a", "one line"),
        ({"operation": "POST /threads", "headers": {"Content-Length": "3"}}, "headers.Content-Length", "sets"),
        ([], "body", "array"),
        ("x", "body", "object"),
        (None, "body", "null"),
    ],
)
def test_what_can_not_be_met_is_said_with_its_place(body: Any, where: str, word: str) -> None:
    asked = Client(make_gateway("langsmith"))
    told = asked.post("/_mock/next", body, headers=CONTROL)
    problem = told.json()
    assert (told.status, told.headers["content-type"]) == (400, "application/problem+json")
    assert problem["where"] == where
    assert word in problem["detail"]
    assert asked.get("/_mock/next").json() == {"waiting": []}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 5000, b'{"a": NaN}'])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    told = Client(make_gateway("langsmith")).send("POST", "/_mock/next", headers=CONTROL, body=body)
    assert (told.status, told.json()["where"]) == (400, "body")


def test_a_change_needs_the_control_header() -> None:
    told = Client(make_gateway("langsmith")).post("/_mock/next", {"operation": "POST /threads", "status": 503})
    assert told.status == 403


def test_an_operation_of_several_providers_needs_its_provider(tmp_path: Any) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(
            json.dumps(document_of({"/things": {"get": {"responses": {"200": OK}}}}))
        )
    asked = Client(make_gateway(tmp_path / "one.yaml", tmp_path / "two.yaml"))
    body = {"operation": "GET /things", "status": 503}
    told = asked.post("/_mock/next", body, headers=CONTROL)
    assert (told.status, "one, two" in told.json()["detail"]) == (400, True)
    queue(asked, **body, provider="two")
    assert [asked.get(f"/{name}/things").status for name in ("one", "two", "two")] == [200, 503, 200]


def test_no_more_than_a_bounded_number_waits() -> None:
    asked = Client(make_gateway("langsmith"))
    body = {"operation": "POST /threads", "status": 503}
    told = [asked.post("/_mock/next", body, headers=CONTROL).status for _ in range(1001)]
    assert (set(told[:1000]), told[1000]) == ({200}, 400)


def test_a_delay_is_waited_for_by_the_worlds_own_pause(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    waited: list[float] = []
    asked.gateway.world.pause = waited.append
    queue(asked, operation="POST /threads", delay_ms=1500)
    assert [asked.post("/threads", {}).status for _ in range(2)] == [200, 200]
    assert waited == [1.5]
    assert not asked.gateway.world.slow


def test_the_journal_says_why() -> None:
    asked = Client(make_gateway("langsmith"))
    queue(asked, operation="POST /threads", status=503)
    asked.post("/threads", {})
    [noted] = asked.get("/_mock/exchanges").json()["exchanges"]
    assert (noted["status"], noted["rule"], noted["reason"]) == (503, "", "next answer 1")


# Streams, and connections that are cut.


def pieces(asked: Client, **members: Any) -> tuple[list[bytes], bool]:
    """The pieces of a run's stream that a reader in this process gets, at most 20, and whether it was cut."""
    queue(asked, operation="POST /runs/stream", **members)
    answer = WsgiClient(asked.app).post("/runs/stream", json=RUN, buffered=False)
    found: list[bytes] = []
    try:
        for piece in itertools.islice(answer.response, 20):
            found += [piece] if piece else []
    except StreamCut:
        return found, True
    finally:
        answer.close()
    return found, False


@pytest.fixture
def streaming() -> Client:
    return Client(make_gateway("langsmith", timer=JumpingTimer()))


def test_a_stream_is_cut_after_so_many_events(streaming: Client) -> None:
    found, cut = pieces(streaming, drop_after_events=2)
    assert (b"".join(found).count(b"event: "), cut) == (2, True)


def test_a_stream_is_cut_after_so_many_bytes(streaming: Client) -> None:
    found, cut = pieces(streaming, drop_after_bytes=30)
    assert (len(b"".join(found)), cut) == (30, True)


def test_a_stream_falls_silent_after_so_many_events_and_does_not_end(streaming: Client) -> None:
    found, cut = pieces(streaming, stall_after_events=2)
    assert (b"".join(found).count(b"event: "), cut) == (2, False)
    assert streaming.gateway.world.scheduler.open_streams == 0  # its reader left


def test_a_body_in_events_is_cut_between_them(streaming: Client) -> None:
    body = "event: a\ndata: 1\n\nevent: b\ndata: 2\n\n"
    found, cut = pieces(streaming, body=body, headers={"content-type": "text/event-stream"}, drop_after_events=1)
    assert (b"".join(found), cut) == (b"event: a\ndata: 1\n\n", True)


def test_events_of_an_answer_that_has_none_are_no_limit(streaming: Client) -> None:
    queue(streaming, operation="POST /threads", drop_after_events=1)
    assert streaming.post("/threads", {}).status == 200


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    with create_mock("langsmith", seed=7, speed=0).serve() as url:
        yield url.removeprefix("http://")


def ask(host: str, method: str, path: str, body: Any = None) -> tuple[int, Any, bytes]:
    """Status, headers and body of one exchange over a socket."""
    connection = http.client.HTTPConnection(host, timeout=20)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {**CONTROL, "content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def test_over_a_socket_the_next_answer_is_the_one_that_was_asked_for(served: str) -> None:
    assert ask(served, "POST", "/_mock/next", {"operation": "POST /threads", "status": 429})[0] == 200
    status, headers, _ = ask(served, "POST", "/threads", {})
    assert (status, headers["retry-after"]) == (429, "1")
    assert ask(served, "POST", "/threads", {})[0] == 200


@pytest.mark.parametrize("count", [0, 7])
def test_over_a_socket_the_connection_is_cut_within_the_body(served: str, count: int) -> None:
    ask(served, "POST", "/_mock/next", {"operation": "POST /threads", "drop_after_bytes": count})
    with pytest.raises((http.client.IncompleteRead, ConnectionError)) as raised:
        ask(served, "POST", "/threads", {})
    if isinstance(raised.value, http.client.IncompleteRead):
        assert len(raised.value.partial) == count


def test_over_a_socket_a_stream_is_cut_after_its_events(served: str) -> None:
    ask(served, "POST", "/_mock/next", {"operation": "POST /runs/stream", "drop_after_events": 1})
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        ask(served, "POST", "/runs/stream", RUN)
    status, _, body = ask(served, "POST", "/runs/stream", RUN)
    assert (status, body.count(b"event: ") > 2) == (200, True)


def test_a_late_answer_keeps_nobody_else_waiting() -> None:
    mock = create_mock("langsmith", seed=7)
    going_on, waits = threading.Event(), threading.Event()

    def pause(_: float) -> None:
        waits.set()
        assert going_on.wait(20)

    mock.gateway.world.pause = pause
    with mock.serve() as url:
        host = url.removeprefix("http://")
        ask(host, "POST", "/_mock/next", {"operation": "POST /threads", "delay_ms": 60_000})
        found: list[int] = []
        late = threading.Thread(target=lambda: found.append(ask(host, "POST", "/threads", {})[0]))
        late.start()
        assert waits.wait(20)
        assert ask(host, "POST", "/threads", {})[0] == 200
        assert found == []
        going_on.set()
        late.join(20)
    assert found == [200]
