"""The bounded reading of streams that may never end, in process and over a socket."""

import itertools
import socket
import threading
from dataclasses import replace
from typing import Self

import pytest
from threadmock.contracts.cases.case import Case
from threadmock.contracts.target.open_target import http_target, mock_target
from threadmock.contracts.target.target import RUN_DEADLINE, Target
from threadmock.contracts.transport.errors import TimedOut
from threadmock.contracts.transport.http import HttpTransport
from threadmock.contracts.transport.stream_limits import FOLLOWING, GLANCE, PLAIN, Stop, Watch, shortened
from threadmock.contracts.transport.urls import read_target
from threadmock.contracts.transport.wsgi import WsgiTransport
from threadmock.specs.loader import load
from threadmock.specs.wire.messages import Request, Response

EVENTS = {"content-type": "text/event-stream; charset=utf-8"}


def watch(stop: Stop, *chunks: bytes) -> list[str]:
    made = Watch(stop, itertools.count().__next__)
    return [made.take(chunk) for chunk in chunks]


def test_a_stream_ends_after_so_many_events_however_they_are_cut() -> None:
    assert watch(Stop(events=2), b"data: 1\n", b"\ndata: 2", b"\n\n") == ["", "", "2 events had come"]


def test_a_stream_ends_after_the_event_that_was_waited_for() -> None:
    stop = Stop(when=lambda event: event.name == "end")
    assert watch(stop, b"data: 1\n\n", b"event: end\ndata: 2\n\n") == ["", "the event that was waited for had come"]


def test_a_stream_ends_after_so_many_bytes() -> None:
    assert watch(Stop(size=10), b"data: 1\n\n", b"d") == ["", "10 bytes had come"]


def test_heartbeats_and_empty_pieces_are_silence_until_the_next_event() -> None:
    stop = Stop(silences=2)
    assert watch(stop, b": beat\n\n", b"data: 1\n\n", b": beat\n\n", b"") == [
        "",
        "",
        "",
        "nothing more came but heartbeats",
    ]


def test_a_stream_ends_when_its_time_is_over() -> None:
    assert watch(Stop(seconds=3), b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n")[-1] == "3 seconds were over"


def endless(headers, closed=None):
    def app(environ, start_response):
        start_response("200 OK", list(headers.items()))
        try:
            for number in itertools.count():
                yield b"data: %d\n\n" % number
        finally:
            if closed is not None:
                closed.append(True)

    return app


def test_a_stream_that_never_ends_is_left_in_process_and_the_response_says_so() -> None:
    closed: list[bool] = []
    response = WsgiTransport(endless(EVENTS, closed)).send(Request("GET", "/"), deadline=10, stop=Stop(events=3))
    assert (response.body, response.cut, closed) == (b"data: 0\n\ndata: 1\n\ndata: 2\n\n", "3 events had come", [True])


def test_only_streams_of_events_are_left_before_their_end() -> None:
    clock = itertools.count().__next__
    transport = WsgiTransport(endless({"content-type": "application/json"}), clock=clock)
    with pytest.raises(TimedOut):
        transport.send(Request("GET", "/"), deadline=50, stop=Stop(events=3))


class Server:
    """Sends a head and some pieces to whoever comes, then waits until they leave; pieces with a terminator end it."""

    def __init__(self, *pieces: bytes) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.left = threading.Event()
        self._pieces = pieces
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            connection.recv(65536)
            head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
            connection.sendall(head)
            for piece in self._pieces:
                connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            while connection.recv(65536):
                pass
        self.left.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._thread.join(5)


@pytest.mark.parametrize(
    ("stop", "reason"),
    [(Stop(events=2), "2 events had come"), (Stop(seconds=0.2), "0.2 seconds were over")],
    ids=["events", "seconds"],
)
def test_a_stream_that_never_ends_is_left_over_a_socket_and_the_response_says_so(stop: Stop, reason: str) -> None:
    with Server(b"data: 1\n\n", b"data: 2\n\n") as server:
        transport = HttpTransport(read_target(f"http://127.0.0.1:{server.port}"))
        response = transport.send(Request("GET", "/"), deadline=10, stop=stop)
        assert (response.body, response.cut) == (b"data: 1\n\ndata: 2\n\n", reason)
        assert server.left.wait(5)
        transport.close()


def test_a_whole_stream_is_read_to_its_end_over_a_socket() -> None:
    with Server(b"data: 1\n\n", b"") as server:
        transport = HttpTransport(read_target(f"http://127.0.0.1:{server.port}"))
        response = transport.send(Request("GET", "/"), deadline=10)
        assert (response.body, response.cut) == (b"data: 1\n\n", "")
        transport.close()


def test_the_deadline_of_an_exchange_counts_for_streams_too() -> None:
    with Server(b"data: 1\n\n") as server:
        transport = HttpTransport(read_target(f"http://127.0.0.1:{server.port}"))
        with pytest.raises(TimedOut):
            transport.send(Request("GET", "/"), deadline=0.2)
        transport.close()


def test_runs_have_more_time_than_other_exchanges_and_streams_of_threads_are_left_soon() -> None:
    contract = load("langsmith")
    seen = {}

    class Noting:
        def send(self, request, *, deadline, stop):
            seen[request.path] = deadline, stop.seconds
            raise TimedOut("noted")

        def close(self) -> None:
            """Nothing is held."""

    target = mock_target(contract, 1)
    target.transport = Noting()
    from threadmock.contracts.cases.case import case_with_body  # noqa: PLC0415 - beside its use

    for operation in contract.operations:
        case = case_with_body(operation, {}, "any")
        target.exchange(replace(case, request=Request(operation.method, operation.path)))
    assert seen["/threads"] == (10.0, 45.0)
    assert seen["/threads/{thread_id}/runs/stream"] == (RUN_DEADLINE, 45.0)
    assert seen["/threads/{thread_id}/stream"] == (RUN_DEADLINE, 1.0)


def test_the_streams_of_threads_are_glanced_at_where_they_were_followed_for_long() -> None:
    contract, now, seen = load("langsmith"), [0.0], []

    class Slow:
        def send(self, request, *, deadline, stop):
            seen.append(stop.seconds)
            now[0] += stop.seconds
            return Response(200, {"content-type": "text/event-stream"}, b"", "over")

        def close(self) -> None:
            """Nothing is held."""

    target = Target(Slow(), "slow", clock=lambda: now[0])
    streams = [each for each in contract.operations if each.rule.run and each.rule.run.follow_thread]
    for operation in streams:
        case = Case(operation, Request(operation.method, operation.path), "valid", "any", "coverage")
        for _ in range(100):
            target.exchange(case)
        target.exchange(replace(case, stop=FOLLOWING))
    assert seen == ([1.0] * 5 + [GLANCE.seconds] * 95 + [1.0]) * len(streams)
    assert now[0] < 15 * len(streams)


def test_a_target_is_asked_for_no_run_unless_that_is_allowed() -> None:
    contract = load("langsmith")
    assert http_target(contract, "http://127.0.0.1:9").run_budget.limit == 0
    assert http_target(contract, "http://127.0.0.1:9", allow_runs=3).run_budget.limit == 3


def test_streams_that_never_end_are_read_for_less_and_less_time_after_the_second() -> None:
    read = [shortened(PLAIN, cuts) for cuts in range(8)]
    assert read[0] == read[1] == PLAIN
    assert [stop.seconds for stop in read] == sorted((stop.seconds for stop in read), reverse=True)
    assert (read[-1].seconds, read[-1].silences) == (5.0, 1)
    assert sum(stop.seconds for stop in read) < 4 * PLAIN.seconds
