"""What the stream of a thread shows: its runs, each as it was asked to be shown, their beginnings and ends, changes."""

import json
from typing import Any

import pytest
from support.reading import read_events
from threadmock.mockserver import create_mock
from threadmock.mockserver.agents.streams import Stream
from threadmock.mockserver.agents.timer import JumpingTimer
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.specs.wire.eventstream import ServerEvent
from threadmock.specs.wire.messages import Request, Response

THREAD = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
HELLO = {"messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def gateway() -> Gateway:
    made = create_mock("langsmith", seed=7, timer=JumpingTimer()).gateway
    post(made, "/threads", {"thread_id": THREAD})
    return made


def post(gateway: Gateway, path: str, body: Any) -> Response:
    headers = {"content-type": "application/json"}
    return gateway.handle(Request("POST", path, "", headers, json.dumps(body).encode()))


def follow(gateway: Gateway, query: str = "", headers: dict[str, str] | None = None) -> Stream:
    response = gateway.handle(Request("GET", f"/threads/{THREAD}/stream", query, headers or {}))
    assert response.status == 200
    assert isinstance(response.body, Stream)
    return response.body


def run(gateway: Gateway, modes: list[str]) -> None:
    body = {"assistant_id": "agent", "input": HELLO, "stream_mode": modes}
    response = post(gateway, f"/threads/{THREAD}/runs/stream", body)
    assert b"".join(response.body)


def taken(stream: Stream) -> list[ServerEvent]:
    found: list[bytes] = []
    while pieces := stream.take():
        found += pieces
    return read_events(b"".join(found))


def names(events: list[ServerEvent]) -> list[str]:
    return [event.name for event in events]


def test_each_run_is_shown_in_the_modes_that_it_was_asked_for(gateway: Gateway) -> None:
    stream = follow(gateway)
    run(gateway, ["updates"])
    run(gateway, ["values"])
    one = ["metadata", "updates", "metadata"]
    other = ["metadata", "values", "values", "metadata"]
    assert names(taken(stream)) == one + other


def test_the_life_of_runs_is_told_without_what_they_say(gateway: Gateway) -> None:
    stream = follow(gateway, "stream_modes=lifecycle")
    run(gateway, ["values", "updates"])
    begun, ended = taken(stream)
    assert json.loads(begun.data)["attempt"] == 1
    assert json.loads(ended.data)["status"] == "run_done"


def test_a_change_of_state_is_told_to_who_asks_for_it_and_to_nobody_else(gateway: Gateway) -> None:
    streams = {word: follow(gateway, f"stream_modes={word}") for word in ("state_update", "run_modes", "lifecycle")}
    both = follow(gateway, "stream_modes=state_update&stream_modes=lifecycle")
    run(gateway, ["values"])
    assert post(gateway, f"/threads/{THREAD}/state", {"values": {"note": "x"}}).status == 200
    (changed,) = taken(streams["state_update"])
    assert changed.name == "state_update"
    told = json.loads(changed.data)
    assert told["thread_id"] == THREAD
    assert told["state"]["values"]["note"] == "x"
    assert "state_update" not in names(taken(streams["run_modes"])) + names(taken(streams["lifecycle"]))
    assert names(taken(both)) == ["metadata", "metadata", "state_update"]


def test_the_ids_of_a_threads_stream_go_up_over_all_its_runs_and_any_of_them_is_a_place_to_go_on_from(
    gateway: Gateway,
) -> None:
    stream = follow(gateway)
    for _ in range(3):
        run(gateway, ["values", "updates"])
    events = taken(stream)
    places = [tuple(map(int, str(event.id).split("-"))) for event in events]
    assert places == sorted(set(places))
    for at, event in enumerate(events):
        assert taken(follow(gateway, headers={"last-event-id": str(event.id)})) == events[at + 1 :]
    assert taken(follow(gateway, headers={"last-event-id": "-"})) == events


def test_the_real_servers_spelling_of_several_modes_is_understood_in_its_layer() -> None:
    made = create_mock("langsmith", layer="observed", seed=7, timer=JumpingTimer()).gateway
    post(made, "/threads", {"thread_id": THREAD})
    stream = follow(made, "stream_modes=lifecycle,state_update")
    run(made, ["values"])
    assert post(made, f"/threads/{THREAD}/state", {"values": {"note": "x"}}).status == 200
    assert names(taken(stream)) == ["metadata", "metadata", "state_update"]


def test_much_that_is_not_shown_keeps_nothing_that_is_shown_waiting(gateway: Gateway) -> None:
    stream = follow(gateway)
    body = {"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": "/long tale"}]}}
    response = post(gateway, f"/threads/{THREAD}/runs/stream", body | {"stream_mode": ["values"]})
    streamed = read_events(b"".join(response.body))
    shown = [event for event in taken(stream) if event.name == "values"]
    assert [event.data for event in shown] == [event.data for event in streamed if event.name == "values"]
    assert len(shown) > 1
