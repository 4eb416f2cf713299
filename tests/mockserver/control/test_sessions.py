"""Sessions: isolated mocks on one server, by a header or by the URL."""

import asyncio
import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clients import DOORS, Client, Told, make_gateway
from support.paths import DATA
from threadmock.mockserver import create_mock
from threadmock.mockserver.agents.streams import StreamCut
from threadmock.mockserver.agents.timer import JumpingTimer
from threadmock.mockserver.datasets import fill as fill_module
from threadmock.mockserver.server.app import wsgi_application
from threadmock.mockserver.server.run_driver import RunDriver
from threadmock.mockserver.server.sessions import SessionRefused, Sessions
from threadmock.mockserver.state.journal import MAX_BODY, Journal, JournalBudget
from threadmock.specs.errors import SpecError
from threadmock.specs.loader import load
from threadmock.specs.wire.messages import Request, Response

CONTROL = {"x-threadmock-control": "1"}
MOMENT = datetime.datetime(2026, 1, 31, 9, tzinfo=datetime.UTC)
THINGS = DATA / "things.yaml"


class Asked:
    """A client of one session: by the header, or by its base URL."""

    def __init__(self, client: Client, name: str, *, by_url: bool = False) -> None:
        self.client, self.base = client, f"/_s/{name}" if by_url else ""
        self.headers = {} if by_url or not name else {"X-Threadmock-Session": name}

    def send(self, method: str, path: str, json: Any = None, **headers: str) -> Told:
        sent = {**self.headers, **CONTROL, **headers}
        more = {} if json is None else {"json": json}
        return self.client.send(method, self.base + path, headers=sent, **more)


def count(asked: Asked) -> int:
    return int(asked.send("GET", "/_mock/things").json()["count"])


@pytest.mark.parametrize("by_url", [False, True], ids=["header", "url"])
@pytest.mark.parametrize("door", DOORS)
def test_each_has_a_store_settings_waiting_answers_and_a_journal_of_its_own(door: str, *, by_url: bool) -> None:
    client = Client(make_gateway("langsmith"), door)
    one, other, server = Asked(client, "one", by_url=by_url), Asked(client, "other", by_url=by_url), Asked(client, "")
    assert one.send("POST", "/threads", {}).status == 200
    one.send("PATCH", "/_mock/settings", {"speed": 3, "faults": ["trim"]})
    one.send("POST", "/_mock/next", {"operation": "POST /threads", "status": 503})
    assert [count(each) for each in (one, other, server)] == [1, 0, 0]
    assert [each.send("GET", "/_mock/settings").json()["speed"] for each in (one, other, server)] == [3, 1, 1]
    assert [each.send("GET", "/_mock/health").json()["faults"] for each in (one, other)] == [["trim"], []]
    assert other.send("POST", "/threads", {}).status == 200
    assert one.send("POST", "/threads", {}).status == 503
    told = [
        [entry["status"] for entry in each.send("GET", "/_mock/exchanges").json()["exchanges"]]
        for each in (one, other, server)
    ]
    assert told == [[200, 503], [200], []]
    assert one.send("POST", "/_mock/reset", {"settings": True}).json()["forgotten"] == 1
    assert [count(each) for each in (one, other, server)] == [0, 1, 0]


def test_header_and_url_lead_to_the_same_session(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    made = Asked(asked, "a").send("POST", "/threads", {}).json()["thread_id"]
    by_url = Asked(asked, "a", by_url=True)
    assert (
        by_url.send("GET", f"/threads/{made}").status == by_url.send("GET", f"/langsmith/threads/{made}").status == 200
    )
    assert Asked(asked, "").send("GET", f"/threads/{made}").status == 404
    assert by_url.send("GET", "/langsmith/openapi.json").status == 200


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["", "a", "b"]),
        st.sampled_from(
            [
                ("POST", "/threads", {}),
                ("POST", "/threads", {"metadata": {"n": 1}}),
                ("POST", "/threads/search", {}),
                ("POST", "/_mock/reset", {"seed": 3}),
                ("PATCH", "/_mock/settings", {"clock": {"advance": "1h"}}),
                ("POST", "/_mock/next", {"operation": "POST /threads", "status": 503}),
                ("DELETE", "/_mock/next", None),
                (
                    "POST",
                    "/runs/wait",
                    {"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": "hi"}]}},
                ),
                ("GET", "/_mock/things", None),
                ("GET", "/nowhere", None),
            ]
        ),
    ),
    max_size=12,
)


@settings(max_examples=25)
@given(OPERATIONS)
def test_a_session_answers_as_a_server_that_nobody_else_asks(operations: list[Any]) -> None:
    def fresh() -> Client:
        return Client(make_gateway("langsmith", now=MOMENT, timer=JumpingTimer(), data="typical"))

    shared, alone = fresh(), {name: fresh() for name in ("", "a", "b")}
    for name, (method, path, body) in operations:
        told = Asked(shared, name).send(method, path, body)
        expected = Asked(alone[name], "").send(method, path, body)
        assert (told.status, told.body, told.headers) == (expected.status, expected.body, expected.headers)


def test_it_begins_with_the_settings_of_the_start_and_faults_that_remember_nothing(
    client: Callable[..., Client],
) -> None:
    asked = client("langsmith", speed=2, faults=["trim"])
    Asked(asked, "").send("PATCH", "/_mock/settings", {"speed": 9, "faults": []})
    told = Asked(asked, "new").send("GET", "/_mock/settings").json()
    assert (told["speed"], told["faults"]) == (2, ["trim"])
    sessions = Sessions(asked.gateway)
    assert sessions.find("new").world.faults.memories is not asked.gateway.world.start.faults.memories


@pytest.mark.parametrize("name", ["", "-a", "a b", "ä", "a" * 65, "a%2Fb"])
def test_what_is_no_name_is_refused(client: Callable[..., Client], name: str) -> None:
    asked = client("langsmith")
    if name and name.isascii():
        told = asked.get("/threads", headers={"x-threadmock-session": name})
        assert (told.status, told.json()["title"]) == (400, "No name of a session")
    assert asked.get(f"/_s/{name}/threads").status == 400
    assert asked.get("/_mock/sessions").json()["sessions"] == []


def test_two_names_are_refused_and_one_twice_is_not(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    told = asked.post("/_s/a/threads", {}, headers={"x-threadmock-session": "b"})
    assert (told.status, told.json()["title"]) == (400, "Two sessions are named")
    assert asked.post("/_s/a/threads", {}, headers={"x-threadmock-session": "a"}).status == 200


@pytest.mark.parametrize(("base", "prefix"), [("/_s/a", ""), ("", ""), ("/_s/a", "/langsmith")])
def test_a_redirect_leads_back_to_the_session(client: Callable[..., Client], base: str, prefix: str) -> None:
    told = client("langsmith", layer="observed").post(f"{base}{prefix}/threads/", {})
    assert (told.status, told.headers["location"]) == (307, f"http://127.0.0.1:4040{base}{prefix}/threads")


@pytest.mark.parametrize("driven", [True, False])
@pytest.mark.parametrize("kind", ["stream", "wait"])
def test_a_run_that_a_late_request_begins_in_a_session_that_ended_is_cut(kind: str, *, driven: bool) -> None:
    sessions = Sessions(make_gateway("langsmith"))
    gateway, loop = sessions.find("one"), asyncio.new_event_loop()
    driver = RunDriver(gateway.world.scheduler, loop, lambda function: function()) if driven else None
    sessions.end("one")
    if driver:
        driver.stop()
    loop.close()
    said = {"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": "hi"}]}}
    headers = {"content-type": "application/json", "content-length": str(len(json.dumps(said)))}
    body: Any = gateway.handle(Request("POST", f"/runs/{kind}", "", headers, json.dumps(said).encode())).body
    with pytest.raises(StreamCut):
        body.take()
    assert sessions.find("one") is not gateway


def limited(most: int = 3) -> tuple[Sessions, list[float]]:
    times = [0.0]
    return Sessions(make_gateway("langsmith"), most=most, idle=60, read_time=lambda: times[0]), times


def test_beyond_the_cap_a_session_is_refused_with_507_and_one_that_ended_makes_room() -> None:
    sessions, _ = limited()
    client = Client(sessions.default)
    client.app = wsgi_application(sessions.default, sessions)
    for name in "abc":
        assert Asked(client, name).send("POST", "/threads", {}).status == 200
    origin = {"origin": "http://localhost:5173"}
    told = client.post("/threads", {}, headers={"x-threadmock-session": "d", **origin})
    assert (told.status, told.headers["access-control-allow-origin"]) == (507, "http://localhost:5173")
    assert "DELETE /_mock/sessions/NAME" in told.json()["detail"]
    assert Asked(client, "a").send("GET", "/_mock/health").status == 200  # those that live go on
    assert client.send("DELETE", "/_mock/sessions/b", headers=CONTROL).json() == {"forgotten": 1}
    assert client.send("DELETE", "/_mock/sessions/b", headers=CONTROL).status == 404
    assert Asked(client, "d").send("POST", "/threads", {}).status == 200
    assert [each["name"] for each in client.get("/_mock/sessions").json()["sessions"]] == ["d", "c", "a"]


def test_one_that_nobody_asked_for_long_makes_room_and_one_that_is_followed_does_not() -> None:
    sessions, times = limited()
    ended: list[str] = []
    sessions.ended.append(lambda gateway: ended.append(gateway.session))
    kept, idle = sessions.find("kept"), sessions.find("idle")
    kept.world.journal.readers += 1
    times[0] = 30
    sessions.find("used")
    times[0] = 61
    assert sessions.find("new") is not idle
    assert ended == ["idle"]
    assert [each["name"] for each in sessions.listed()["sessions"]] == ["new", "used", "kept"]
    with pytest.raises(SessionRefused):
        sessions.find("one more")


def test_the_exchanges_of_another_session_are_read_by_its_name(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    Asked(asked, "a").send("POST", "/threads", {})
    found = asked.get("/_mock/exchanges", query="session=a").json()["exchanges"]
    assert [entry["path"] for entry in found] == ["/threads"]
    assert Asked(asked, "b").send("GET", "/_mock/exchanges").json()["exchanges"] == []
    told = asked.get("/_mock/exchanges", query="session=nobody")
    assert (told.status, told.json()["where"]) == (400, "session")
    assert "nobody" not in asked.get("/_mock/sessions").body.decode()


def test_in_python_a_session_is_a_mock_of_its_own() -> None:
    mock = create_mock("langsmith", seed=1)
    session = mock.session("a")
    session.settings(speed=4)
    session.next("POST /threads", status=503)
    client = Client(mock.gateway)
    client.app = session.wsgi
    assert client.post("/threads", {}).status == 503
    assert client.post("/threads", {}).status == 200
    assert (session.expect("POST /threads", times={"exactly": 2}), mock.exchanges()) == (2, [])
    assert (len(session.things()), mock.things(), mock.settings()["speed"]) == (1, [], 1)
    assert mock.session("a").things() == session.things()
    assert session.end() == 1
    assert mock.session("a").things() == []
    with pytest.raises(SpecError, match="is no name of a session"):
        mock.session("no name")


def entry(journal: Journal, size: int) -> None:
    journal.note(Request("POST", "/x", body=b"x" * size), Response(200), "", "", "")


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2 * MAX_BODY)), max_size=60))
@settings(max_examples=60)
def test_journals_together_keep_no_more_than_the_budget(notes: list[tuple[int, int]]) -> None:
    budget = JournalBudget(10 * MAX_BODY)
    journals = [Journal(budget=budget) for _ in range(4)]
    for which, size in notes:
        entry(journals[which], size)
        kept = sum(len(each.request.body) for journal in journals for each in journal.entries)
        assert kept <= 10 * MAX_BODY
        assert journals[which].entries  # the newest is there


def test_the_journal_that_was_silent_longest_forgets_first() -> None:
    budget = JournalBudget(3 * MAX_BODY)
    silent, other = Journal(budget=budget), Journal(budget=budget)
    entry(silent, MAX_BODY)
    for _ in range(2):
        entry(other, MAX_BODY)
    assert (len(silent.entries), len(other.entries), silent.forgotten) == (0, 2, 1)


def test_a_log_line_names_the_session() -> None:
    lines: list[str] = []
    client = Client(make_gateway("langsmith", log=lines.append))
    Asked(client, "a").send("POST", "/threads", {})
    Asked(client, "").send("POST", "/threads", {})
    assert [line.partition("POST")[0] for line in lines] == ["a: ", ""]


def test_things_that_a_provider_has_from_the_start_are_not_counted() -> None:
    client = Client(make_gateway("langsmith", THINGS))
    Asked(client, "a").send("POST", "/things", {"name": "x"})
    [told] = client.get("/_mock/sessions").json()["sessions"]
    assert (told["things"], told["exchanges"]) == (1, 1), json.dumps(told)


@pytest.mark.parametrize("stranger", [{"origin": "https://evil.example"}, {"host": "evil.example"}])
@pytest.mark.parametrize("door", DOORS)
def test_a_stranger_makes_no_session(door: str, stranger: dict[str, str]) -> None:
    client = Client(make_gateway("langsmith"), door)
    for path, more in [("/_s/a/threads", {}), ("/threads", {"x-threadmock-session": "a"}), ("/_s/a/_mock/health", {})]:
        assert client.send("POST", path, headers={**stranger, **more}).status in (403, 421)
        client.send("OPTIONS", path, headers={**stranger, **more, "access-control-request-method": "POST"})
    assert client.get("/_mock/sessions").json()["sessions"] == []


def test_a_page_of_a_loopback_origin_may_use_one(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    origin = {"origin": "http://localhost:5173"}
    asks = {**origin, "access-control-request-method": "POST", "access-control-request-headers": "x-threadmock-session"}
    told = asked.send("OPTIONS", "/threads", headers=asks)
    assert "x-threadmock-session" in told.headers["access-control-allow-headers"]
    told = asked.post("/threads", {}, headers={**origin, "x-threadmock-session": "a"})
    assert (told.status, told.headers["access-control-allow-origin"]) == (200, "http://localhost:5173")


def test_one_may_be_made_before_anybody_asks_it(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    told = asked.post("/_mock/sessions", {"name": "a"}, headers=CONTROL)
    assert (told.status, told.json()["things"], told.json()["exchanges"]) == (200, 0, 0)
    assert asked.post("/_mock/sessions", {"name": "a"}, headers=CONTROL).status == 409
    for sent in ({}, {"name": "a b"}, {"name": 1}, [], {"name": "b", "more": 1}):
        assert asked.post("/_mock/sessions", sent, headers=CONTROL).status == 400
    assert asked.get("/_s/a/_mock/health").json()["session"] == "a"
    assert asked.get("/_mock/health").json()["session"] is None


def test_data_is_made_once_for_all_sessions_also_after_a_reset_with_another_seed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []
    fill = fill_module.fill_from
    monkeypatch.setattr(
        fill_module, "fill_from", lambda contract, *rest: made.append(contract.name) or fill(contract, *rest)
    )
    mock = create_mock("langsmith", data="typical", seed=7, clock=MOMENT)
    first = mock.session("first").things()
    mock.reset(8)
    assert made == ["langsmith"] * 2
    assert mock.session("second").things() == mock.session("third").things() == first
    assert made == ["langsmith"] * 2


def test_after_a_reload_a_session_begins_without_what_others_made() -> None:
    mock = create_mock("langsmith", seed=7)
    client = Client(mock.gateway)
    client.app = mock.wsgi
    Asked(client, "a").send("POST", "/threads", {})
    client.post("/threads", {})
    mock.sessions.replace(lambda old: old.succeed([load("langsmith")], None))
    assert [count(Asked(client, name)) for name in ("", "a", "new", "newer")] == [1, 1, 0, 0]
    assert Asked(client, "newer").send("POST", "/threads", {}).status == 200
    Asked(client, "a").send("POST", "/_mock/reset")
    assert [count(Asked(client, name)) for name in ("", "a", "new", "newer", "newest")] == [1, 0, 0, 1, 0]
