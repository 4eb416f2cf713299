"""What a script does wrong on purpose: streams that are cut, spoilt or silent, and requests that are refused."""

import contextlib
import http.client
import json
import socket
import sys

import pytest
from support.agent_client import Talk, names
from threadmock.mockserver.agents.script_files import parse_scripts
from threadmock.mockserver.agents.scripts import Scripts
from threadmock.mockserver.agents.streams import StreamCut
from threadmock.mockserver.mock import create_mock
from threadmock.mockserver.server.connections import cut_connection
from threadmock.specs.documents.yaml_text import parse_yaml

CUT = "pace: 0\nsteps:\n- say: one two\n- disconnect: 1\n- say: three four\n"


def test_a_stream_is_cut_after_so_many_more_events_and_the_run_goes_on() -> None:
    talk = Talk(CUT)
    thread = talk.thread()
    reading = talk.watch(thread, "x", ["messages-tuple"], stream_resumable=True)
    with pytest.raises(StreamCut):
        reading.rest()
    assert names(reading.events) == ["metadata", *["messages"] * 3]
    talk.finish()
    assert talk.texts(thread)[1:] == ["one two", "three four"]
    run = json.loads(reading.events[0].data)["run_id"]
    last = reading.events[-1].id
    again = talk.open("GET", f"/threads/{thread}/runs/{run}/stream", last_event_id=last).rest()
    assert names(again).count("messages") == 1
    assert talk.scheduler.open_streams == 0


def test_a_script_without_a_disconnect_is_not_cut() -> None:
    talk = Talk(CUT.replace("- disconnect: 1\n", ""))
    assert names(talk.watch(talk.thread(), "x", ["messages-tuple"]).rest()).count("messages") == 4


def test_what_is_malformed_goes_out_as_it_is() -> None:
    talk = Talk("pace: 0\nsteps:\n- malformed: 'data: {\"broken'\n- say: $text\n")
    reading = talk.watch(talk.thread(), "x", ["messages-tuple"])
    reading.take()
    assert b'\r\n\r\ndata: {"broken\r\n\r\nevent: messages' in reading.raw


def test_a_stall_is_silence_without_heartbeats_and_a_wait_is_not() -> None:
    for word, silent in (("stall", True), ("wait", False)):
        talk = Talk(f"pace: 0\nsteps:\n- say: one\n- {word}: 1m\n- say: two\n")
        reading = talk.watch(talk.thread(), "x", ["messages-tuple"])
        reading.take()
        assert (reading.stream.heartbeat == b"") is silent
        talk.pass_time(61)
        reading.take()
        assert reading.stream.heartbeat
        reading.leave()


REFUSED = "replies:\n- when: {text: much}\n  steps: [{refuse: 429, retry_after: 1.5s, reason: Too many.}]\n- steps: [{say: hi}]\n"


def test_a_request_is_refused_with_the_time_to_wait_and_nothing_begins() -> None:
    talk = Talk(REFUSED)
    thread = talk.thread()
    for path in (f"/threads/{thread}/runs/stream", f"/threads/{thread}/runs", "/runs/wait"):
        told = talk.ask("POST", path, talk.body("too much"))
        assert (told.status, told.headers["retry-after"], told.json()) == (429, "2", {"detail": "Too many."})
    assert (talk.statuses(thread), talk.status(thread)) == ([], "idle")
    assert len(talk.ask("POST", "/threads/search", {}).json()) == 1
    assert talk.start(thread, "hello").status == 200


@pytest.mark.skipif(sys.platform == "win32", reason="the system does not tell of the connections of a process")
def test_a_page_that_is_cut_off_sees_no_clean_end() -> None:
    """Over a socket: a script's disconnect, a reset, and a server that stops."""
    made, _ = parse_scripts(
        f"scripts: {{cut: {{{_flow(CUT)}}}, slow: {{pace: 1s, steps: [{{say: one two three}}]}}}}", "own.yaml"
    )
    mock = create_mock("langsmith", script=Scripts({each.name: each for each in made}, "cut"))

    opened = contextlib.ExitStack()

    def begun(url: str, name: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
        body = json.dumps({"assistant_id": name, "input": {"messages": "x"}, "stream_mode": ["messages-tuple"]})
        connection.request("POST", "/runs/stream", body, {"content-type": "application/json"})
        response = connection.getresponse()
        opened.callback(connection.close)
        opened.callback(response.close)
        return response

    with opened:
        with mock.serve() as url:
            cut = begun(url, "cut")
            with pytest.raises(http.client.IncompleteRead) as left:
                cut.read()
            assert left.value.partial.count(b"event: messages") <= 3
            reset = begun(url, "slow")
            reset.read1(10)
            mock.reset()
            with pytest.raises(http.client.IncompleteRead):
                reset.read()
            stopped = begun(url, "slow")
            stopped.read1(10)
        with pytest.raises(http.client.IncompleteRead):
            stopped.read()


def _flow(script: str) -> str:
    """A script as JSON without its braces."""
    return json.dumps(parse_yaml(script, "own.yaml"))[1:-1]


def test_a_reset_cuts_what_is_open_and_does_not_end_it_well() -> None:
    talk = Talk("pace: 1s\nsteps:\n- say: one two three\n")
    thread = talk.thread()
    reading = talk.watch(thread, "x", ["messages-tuple"])
    followed = talk.open("GET", f"/threads/{thread}/stream")
    waited = talk.open("POST", f"/threads/{thread}/runs/wait", talk.body("y"))
    reading.take()
    talk.gateway.reset()
    for each in (reading, followed, waited):
        with pytest.raises(StreamCut):
            each.take()
        each.leave()
    assert talk.scheduler.open_streams == 0


def test_a_run_that_ended_before_a_reset_ends_well() -> None:
    talk = Talk("pace: 0\nsteps:\n- say: one\n")
    reading = talk.watch(talk.thread(), "x", ["messages-tuple"])
    talk.finish()
    talk.gateway.reset()
    assert names(reading.rest()) == ["metadata", "messages"]


def test_a_connection_is_shut_by_the_address_of_its_peer_and_no_other_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        one, other = (socket.create_connection(server.getsockname(), timeout=10) for _ in range(2))
        ours = [server.accept()[0] for _ in range(2)]
        host, port = one.getsockname()
        assert cut_connection(f"{host}:{port}")
        assert one.recv(1) == b""
        ours[1].sendall(b"x")
        assert other.recv(1) == b"x"
        for each in (one, other, *ours):
            each.close()
        assert not cut_connection(f"{host}:{port}")
