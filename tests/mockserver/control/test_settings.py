"""`/_mock/settings`: what may change while a mock runs, all or nothing, for the next request or run."""

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest
from support.clients import Client, make_gateway
from test_exchanges import ask
from threadmock.mockserver import create_mock
from threadmock.mockserver.agents.timer import JumpingTimer
from threadmock.specs.errors import SpecError
from threadmock.specs.wire.messages import Request

CONTROL = {"x-threadmock-control": "1"}
INLINE = {"steps": [{"say": "Inline answer."}]}


def body(text: str = "hello") -> dict[str, Any]:
    return {"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": text}]}}


def change(asked: Client, **members: Any) -> Any:
    told = asked.send("PATCH", "/_mock/settings", json=members, headers=CONTROL)
    assert told.status == 200, told.body
    return told.json()


def test_they_are_shown_as_they_are_at_the_start(client: Callable[..., Client]) -> None:
    assert client("langsmith", speed=2, faults=["trim"], script="tool").get("/_mock/settings").json() == {
        "script": "tool",
        "speed": 2,
        "latency": None,
        "auth": "present",
        "faults": ["trim"],
        "agents": {},
        "clock": {"at": "2026-01-02T03:04:05.000000+00:00", "frozen": False},
    }


def test_a_script_by_name_and_a_whole_one_count_for_the_next_run() -> None:
    asked = Client(make_gateway("langsmith", timer=JumpingTimer()))
    assert change(asked, script="tool")["script"] == "tool"
    assert b"tool_calls" in asked.post("/runs/wait", body()).body
    assert change(asked, script=INLINE)["script"] == "script"
    assert "Inline answer." in asked.post("/runs/wait", body()).body.decode()
    assert change(asked, script={"name": "mine", **INLINE})["script"] == "mine"
    assert change(asked, script="echo")["script"] == "echo"
    assert "Inline answer." in asked.post("/runs/wait", body("/mine now")).body.decode()  # it stays known


def test_a_run_under_way_goes_on_by_the_script_that_it_has() -> None:
    asked = Client(make_gateway("langsmith", script="slow", timer=JumpingTimer()))
    thread = asked.post("/threads", {}).json()["thread_id"]
    run = asked.post(f"/threads/{thread}/runs", body()).json()["run_id"]
    change(asked, script=INLINE, speed=0)
    assert "Inline answer." not in asked.get(f"/threads/{thread}/runs/{run}/join").body.decode()


def test_credentials_change_and_a_token_is_not_shown(client: Callable[..., Client]) -> None:
    asked = client("langsmith", auth="off")
    assert change(asked, auth="secret")["auth"] == "***"
    assert asked.post("/threads", {}, headers={"x-api-key": "other"}).status == (401 if _asks(asked) else 200)
    assert change(asked, auth="***")["auth"] == "***"
    assert asked.gateway.world.auth == "secret"
    assert change(asked, auth="off")["auth"] == "off"


def _asks(asked: Client) -> bool:
    return any(operation.security for operation in asked.gateway.contracts[0].operations)


def test_faults_are_planted_and_taken_away(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    draft = {"metadata": {"a": " x "}}
    assert change(asked, faults=["trim"])["faults"] == ["trim"]
    assert asked.post("/threads", draft).json()["metadata"]["a"] == "x"
    assert asked.get("/_mock/health").json()["faults"] == ["trim"]
    assert change(asked, faults=[])["faults"] == []
    assert asked.post("/threads", draft).json()["metadata"]["a"] == " x "
    assert asked.get("/_mock/things").json()["count"] == 2


def test_latency_is_waited_for_by_the_worlds_pause_and_its_jitter_repeats(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    waited: list[float] = []
    asked.gateway.world.pause = waited.append
    assert change(asked, latency={"ms": 200, "jitter": 50})["latency"] == {"ms": 200, "jitter": 50}
    for _ in range(5):
        asked.post("/threads", {})
    assert len(set(waited)) == 5
    assert all(0.15 <= each <= 0.25 for each in waited)
    asked.send("POST", "/_mock/reset", headers=CONTROL)
    for _ in range(5):
        asked.post("/threads", {})
    assert waited[:5] == waited[5:]
    assert change(asked, latency=None)["latency"] is None
    asked.post("/threads", {})
    assert len(waited) == 10
    assert not asked.gateway.world.slow


def test_ids_do_not_depend_on_latency() -> None:
    plain, late = (Client(make_gateway("langsmith")) for _ in range(2))
    late.gateway.world.pause = lambda _: None
    change(late, latency={"ms": 1, "jitter": 1})
    assert plain.post("/threads", {}).json()["thread_id"] == late.post("/threads", {}).json()["thread_id"]


def test_a_reset_leaves_them_and_puts_back_those_of_the_start_where_it_is_told_to(
    client: Callable[..., Client],
) -> None:
    asked = client("langsmith")
    before = asked.get("/_mock/settings").json()
    after = change(
        asked,
        script="tool",
        speed=0.5,
        latency={"ms": 0, "jitter": 0.5},
        auth="off",
        faults=["trim"],
        clock={"at": "2030-01-01T00:00:00Z", "frozen": True},
    )
    asked.send("POST", "/_mock/reset", headers=CONTROL)
    assert asked.get("/_mock/settings").json() == after
    told = asked.send("POST", "/_mock/reset", json={"settings": True}, headers=CONTROL)
    assert told.json()["seed"] == 7
    restored = asked.get("/_mock/settings").json()
    assert {**restored, "clock": None} == {**before, "clock": None}
    assert restored["clock"]["frozen"] is False
    assert asked.post("/threads", {"metadata": {"a": " "}}).json()["metadata"]["a"] == " "


@pytest.mark.parametrize(
    ("members", "where", "word"),
    [
        ({"scrpt": "tool"}, "scrpt", "script"),
        ({"script": "tol"}, "script", "tool"),
        ({"script": "/etc/passwd"}, "script", "no script"),
        ({"script": 1}, "script", "steps"),
        ({"script": {"steps": [{"sya": "x"}]}}, "script.json", "say"),
        ({"script": {}}, "script.json", "replies"),
        ({"speed": -1}, "speed", "0 to 1000"),
        ({"speed": "1"}, "speed", "'1'"),
        ({"latency": 200}, "latency", "200"),
        ({"latency": {"jitter": 5}}, "latency.ms", "missing"),
        ({"latency": {"ms": 1, "jiter": 5}}, "latency.jiter", "jitter"),
        ({"auth": ""}, "auth", "text"),
        ({"auth": None}, "auth", "null"),
        ({"faults": "trim"}, "faults", "array"),
        ({"faults": ["trm"]}, "", "trim"),
        ({"faults": [1]}, "faults[0]", "1"),
        ({"faults": ["trim", "trim"]}, "faults", "twice"),
        ({"clock": {}}, "clock", "advance"),
        ({"clock": {"at": "tomorrow"}}, "clock.at", "2026-01-31T09:00:00Z"),
        ({"clock": {"at": "9000-01-01T00:00:00Z"}}, "clock.at", "9000"),
        ({"clock": {"frozen": 1}}, "clock.frozen", "true"),
        ({"clock": {"advance": "2 hours"}}, "clock.advance", "2h"),
        ({"clock": {"advance": -5}}, "clock.advance", "0 to"),
        ({"clock": {"advance": "1h", "frozen": True}}, "clock.advance", "alone"),
        ({"clock": {"atx": 1}}, "clock.atx", "at"),
    ],
)
def test_a_change_that_can_not_be_made_changes_nothing_of_the_rest(members: Any, where: str, word: str) -> None:
    asked = Client(make_gateway("langsmith"))
    before = asked.get("/_mock/settings").json()
    sent = {"speed": 3, "auth": "off", "faults": ["trim"], **members}
    told = asked.send("PATCH", "/_mock/settings", json=sent, headers=CONTROL)
    assert (told.status, told.headers["content-type"]) == (400, "application/problem+json")
    assert (told.json().get("where") or "").startswith(where)
    assert word in told.json()["detail"]
    assert asked.get("/_mock/settings").json() == before


# The clock.


def created(asked: Client) -> str:
    return str(asked.post("/threads", {}).json()["created_at"])


def test_the_clock_is_put_and_stands_still(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    told = change(asked, clock={"at": "2026-01-31T10:00:00+01:00", "frozen": True})
    assert told["clock"] == {"at": "2026-01-31T09:00:00.000000+00:00", "frozen": True}
    assert created(asked).startswith("2026-01-31T09:00:00.0000")
    change(asked, clock={"advance": "1d2h"})
    assert created(asked).startswith("2026-02-01T11:00:00.0000")
    assert change(asked, clock={"at": "2020-01-01T00:00:00Z"})["clock"]["frozen"]
    assert created(asked).startswith("2020-01-01T00:00:00.0000")


def test_the_clock_goes_on_from_where_it_was_put() -> None:
    moments = iter(datetime.datetime(2026, 1, 1, 0, n, tzinfo=datetime.UTC) for n in range(60))
    clock = create_mock("langsmith", clock=lambda: next(moments)).clock
    clock.put(datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC), frozen=False)
    first, second = clock.tick(), clock.tick()
    assert (first.year, second - first) == (2030, datetime.timedelta(minutes=1))


def test_what_expires_obeys_the_clock() -> None:
    asked = Client(make_gateway("langsmith"))
    change(asked, clock={"frozen": True})
    draft = {"ttl": {"strategy": "delete", "ttl": 60}}
    thread = asked.post("/threads", draft).json()["thread_id"]
    change(asked, clock={"advance": "59m"})
    assert asked.get(f"/threads/{thread}").status == 200
    change(asked, clock={"advance": "2m"})
    assert asked.get(f"/threads/{thread}").status == 404


def test_runs_that_wait_for_their_time_go_on_when_the_clock_does() -> None:
    asked = Client(make_gateway("langsmith", timer=JumpingTimer()))
    thread = asked.post("/threads", {}).json()["thread_id"]
    run = asked.post(f"/threads/{thread}/runs", {**body(), "after_seconds": 3600}).json()["run_id"]
    change(asked, clock={"advance": "59m"})
    assert asked.get(f"/threads/{thread}/runs/{run}").json()["status"] == "pending"
    change(asked, clock={"advance": "2m"})
    assert asked.get(f"/threads/{thread}/runs/{run}").json()["status"] != "pending"


PROVIDERS = ("langsmith", "seekrflow", "lighton", "ishvana", "scale")


def conversation(asked: Client) -> list[tuple[int, Any, bytes]]:
    """The answers of two threads and three runs, with their streams and state."""
    told = [asked.post("/threads", {}) for _ in range(2)]
    thread = told[0].json()["thread_id"]
    told += [asked.post(f"/threads/{thread}/runs/stream", body(text)) for text in ("one", "/tool two")]
    told.append(asked.post(f"/threads/{thread}/runs/wait", body("three")))
    told += [asked.get(f"/threads/{thread}/{part}") for part in ("state", "history", "runs")]
    told.append(asked.post("/threads/search", {}))
    return [(each.status, each.headers, each.body) for each in told]


def test_with_a_seed_and_a_frozen_clock_every_byte_of_two_runs_is_equal() -> None:
    at = datetime.datetime(2026, 1, 31, 9, tzinfo=datetime.UTC)
    clients = [Client(create_mock("langsmith", seed=5, clock=at, speed=0).gateway) for _ in range(2)]
    first, second = (conversation(each) for each in clients)
    assert first == second
    assert {status for status, _, _ in first} == {200}
    clients[0].send("POST", "/_mock/reset", headers=CONTROL)
    assert conversation(clients[0]) == second


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_repeats_its_creates_and_lists(name: str) -> None:
    at = datetime.datetime(2026, 1, 31, 9, tzinfo=datetime.UTC)
    found = []
    for _ in range(2):
        gateway = create_mock(name, seed=5, clock=at, speed=0, data="typical", auth="off").gateway
        answers = []
        for operation in gateway.contracts[0].operations:
            if operation.method in ("GET", "POST") and "{" not in operation.path:
                sent = {"content-type": "application/json"}
                answer = gateway.handle(Request(operation.method, operation.path, "", sent, b"{}"))
                if isinstance(answer.body, bytes):
                    answers.append((str(operation), answer.status, answer.headers, answer.body))
        found.append(answers)
    assert found[0] == found[1]
    assert found[0]


def test_a_moment_without_a_zone_is_no_clock() -> None:
    with pytest.raises(SpecError, match="time zone"):
        create_mock("langsmith", clock=datetime.datetime(2026, 1, 31))  # noqa: DTZ001 - the error is what is tested


def read_all(host: str) -> list[Any]:
    """Status, the headers and the body of a few exchanges over a socket."""
    import http.client  # noqa: PLC0415 - only here

    found = []
    for path, sent in (("/threads", {}), ("/runs/stream", body()), ("/threads/search", {})):
        connection = http.client.HTTPConnection(host, timeout=20)
        connection.request("POST", path, json.dumps(sent), {"content-type": "application/json"})
        answer = connection.getresponse()
        found.append((answer.status, sorted(answer.headers.items()), answer.read()))
        connection.close()
    return found


@pytest.fixture
def two_runs(serving: Any) -> list[Any]:
    """What two processes answer to the same requests."""
    arguments = ("langsmith", "--port", "0", "--seed", "3", "--speed", "0", "--clock", "2026-01-31T09:00:00Z")
    return [read_all(serving(*arguments).url.removeprefix("http://")) for _ in range(2)]


def test_two_processes_with_a_seed_and_a_clock_answer_the_same_bytes(two_runs: list[Any]) -> None:
    assert two_runs[0] == two_runs[1]
    assert dict(two_runs[0][0][1])["date"] == "Sat, 31 Jan 2026 09:00:00 GMT"
    assert b"2026-01-31T09:00:00" in two_runs[0][0][2]


def test_over_a_socket_settings_change_what_comes_next() -> None:
    with create_mock("langsmith", seed=7, speed=0).serve() as url:
        host = url.removeprefix("http://")
        status, told = ask(host, "PATCH", "/_mock/settings", {"script": INLINE, "faults": ["trim"]})
        assert (status, json.loads(told)["script"]) == (200, "script")
        assert b"Inline answer." in ask(host, "POST", "/runs/wait", body())[1]
        assert json.loads(ask(host, "POST", "/threads", {"metadata": {"a": " x"}})[1])["metadata"] == {"a": "x"}
        assert ask(host, "PATCH", "/_mock/settings", {"speed": "x"})[0] == 400


def test_a_clock_that_moves_on_over_a_socket_wakes_the_runs() -> None:
    with create_mock("langsmith", seed=7, speed=0).serve() as url:
        host = url.removeprefix("http://")
        thread = json.loads(ask(host, "POST", "/threads", {})[1])["thread_id"]
        ask(host, "POST", f"/threads/{thread}/runs", {**body(), "after_seconds": 3600})
        assert ask(host, "PATCH", "/_mock/settings", {"clock": {"advance": "2h"}})[0] == 200
        assert ask(host, "GET", f"/threads/{thread}/runs?limit=1")[0] == 200
        assert ask(host, "POST", f"/threads/{thread}/runs/wait", body("after it"))[0] == 200  # not an hour later


def names_of_agents(asked: Client) -> list[str]:
    return sorted(each["graph_id"] for each in asked.post("/assistants/search", {}).json())


def test_agents_are_declared_while_it_runs_and_listed_at_once(layer: str) -> None:
    asked = Client(make_gateway("langsmith", layer=layer, timer=JumpingTimer()))
    before = names_of_agents(asked)
    declared = {"helper": {"script": "tool", "description": "Looks things up."}, "writer": {}}
    assert change(asked, agents=declared)["agents"] == declared
    assert names_of_agents(asked) == ["helper", "writer"]
    assert b"tool_calls" in asked.post("/runs/wait", {**body(), "assistant_id": "helper"}).body
    assert asked.post("/runs/wait", {**body(), "assistant_id": "nobody"}).status in (404, 422)
    thread = asked.post("/threads", {}).json()["thread_id"]
    assert change(asked, agents={})["agents"] == {}
    assert names_of_agents(asked) == before
    assert asked.get(f"/threads/{thread}").status == 200  # what was made stays
    change(asked, agents=declared)
    asked.send("POST", "/_mock/reset", json={"settings": True}, headers=CONTROL)
    assert names_of_agents(asked) == before


def test_a_script_that_is_sent_declares_agents_too() -> None:
    asked = Client(make_gateway("langsmith", timer=JumpingTimer()))
    told = change(asked, script={**INLINE, "agents": {"mine": {}}})
    assert (told["script"], told["agents"]) == ("script", {"mine": {}})
    assert names_of_agents(asked) == ["mine"]
    assert change(asked, script="echo")["agents"] == {"mine": {}}


@pytest.mark.parametrize(
    "agents", [[], 1, "helper", {"a": {"script": "nothing"}}, {"a": 1}, {"a": {"edges": [["x", "y"]]}}]
)
def test_agents_that_can_not_be_are_refused_and_nothing_is_changed(client: Callable[..., Client], agents: Any) -> None:
    asked = client("langsmith")
    before = names_of_agents(asked)
    told = asked.send("PATCH", "/_mock/settings", json={"agents": agents, "speed": 3}, headers=CONTROL)
    assert (told.status, "agents" in told.json()["detail"]) == (400, True)
    assert (names_of_agents(asked), asked.get("/_mock/settings").json()["speed"]) == (before, 1)
