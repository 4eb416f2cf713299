"""`create_mock`: a mock in this process, asked as WSGI or on a port, of a built-in provider and of a user's document."""

import concurrent.futures
import contextlib
import datetime
import doctest
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import threadmock.mockserver
from click.testing import CliRunner
from support.documents import OK, document_of
from support.paths import DATA, ROOT
from support.reading import read_events
from threadmock.mockserver import Mock, create_mock
from threadmock.mockserver.cli.serve import serve
from threadmock.mockserver.fault_points import Dropped
from threadmock.mockserver.server import app
from threadmock.mockserver.server.app import create_app
from threadmock.mockserver.state.memory import MemoryStore
from threadmock.specs.errors import SpecError
from threadmock.specs.loader import builtin_names, load
from werkzeug.test import Client

THINGS = DATA / "things.yaml"
SOURCES = {"built-in": ("langsmith", "/threads", {}), "own": (THINGS, "/things", {"name": "a"})}
JSON = {"content-type": "application/json"}


def body(text: str = "hello there", **members: Any) -> dict[str, Any]:
    return {"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": text}]}, **members}


def fetch(url: str, value: Any = None, method: str | None = None, **headers: str) -> tuple[int, Any]:
    """Status and JSON of one exchange; no proxy is asked."""
    data = None if value is None else json.dumps(value).encode()
    named = {name.replace("_", "-"): each for name, each in headers.items()}
    request = urllib.request.Request(url, data, JSON | named, method=method)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"null")


@contextlib.contextmanager
def connected(url: str) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=20)
    try:
        yield connection
    finally:
        connection.close()


def until(holds: Any, seconds: float = 10.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.01)


@pytest.fixture(params=SOURCES)
def own(request: pytest.FixtureRequest) -> tuple[Mock, str, Any]:
    """A mock, the path of its creates, and a body for them."""
    source, path, draft = SOURCES[request.param]
    return create_mock(source, seed=7), path, draft


# The application.


def test_the_application_answers_and_the_mock_shows_what_it_was_asked_and_stored(own: tuple[Mock, str, Any]) -> None:
    mock, path, draft = own
    client = Client(mock.wsgi)
    made = client.post(path, json=draft, headers={"authorization": "Bearer secret"})
    assert made.status_code in (200, 201)
    [shelf] = mock.things()
    assert (shelf["count"], shelf["things"]) == (1, [made.json])
    [exchange] = mock.exchanges()
    assert (exchange["method"], exchange["path"], exchange["status"]) == ("POST", path, made.status_code)
    assert json.loads(exchange["answer"]) == made.json
    assert exchange["headers"]["authorization"] == "***"


def test_what_a_mock_shows_is_nobodys_handle_on_what_it_stores(own: tuple[Mock, str, Any]) -> None:
    mock, path, draft = own
    Client(mock.wsgi).post(path, json=draft)
    before = mock.things()
    mock.things()[0]["things"][0].clear()
    assert mock.things() == before


def test_the_application_is_one_and_the_same(own: tuple[Mock, str, Any]) -> None:
    mock, _, _ = own
    assert mock.wsgi is mock.wsgi


def test_every_path_is_below_the_name_too_and_the_control_interface_is_there() -> None:
    client = Client(create_mock(THINGS, seed=3).wsgi)
    assert client.get("/things/things").json == client.get("/things").json == []
    assert client.get("/_mock/health").json["seed"] == 3


@pytest.mark.parametrize("path", ["/a<b", "/a<b>", "/<int:a>/c"])
def test_a_path_that_reads_like_a_route_of_flask_is_served(tmp_path: Path, path: str) -> None:
    (tmp_path / "api.json").write_text(json.dumps(document_of({path: {"get": {"responses": OK}}})))
    mock = create_mock(tmp_path / "api.json")
    for door in (mock.wsgi, create_app(mock.gateway)):
        assert Client(door).get(f"/api{path}").status_code == 200
        assert Client(door).get("/api/elsewhere").status_code == 404


def test_flasks_routes_are_made_when_something_asks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    monkeypatch.setattr(app, "create_app", lambda *given: made.append(given[0]) or create_app(*given))
    mock = create_mock("lighton", auth="off")
    client = Client(mock.wsgi)
    assert client.get("/lighton/api/v3/threads").status_code == 200
    assert made == []
    assert [client.get("/_mock/things").status_code, client.get("/elsewhere").status_code] == [200, 404]
    assert made == [mock.gateway]


def test_a_contract_is_a_source_and_keeps_its_layer() -> None:
    mock = create_mock(load("langsmith", layer="observed"))
    assert Client(mock.wsgi).get("/_mock/health").json["providers"][0]["layer"] == "observed"


def test_without_a_source_all_built_in_providers_are_served() -> None:
    listed = Client(create_mock().wsgi).get("/_mock/health").json["providers"]
    assert [each["name"] for each in listed] == list(builtin_names())


# Seeds, resets, and mocks beside each other.


def ids(mock: Mock, path: str, draft: Any, count: int = 3) -> list[str]:
    made = [Client(mock.wsgi).post(path, json=draft).json for _ in range(count)]
    return [each.get("thread_id") or each["id"] for each in made]


def test_a_reset_gives_the_same_ids_again_and_another_seed_gives_others(own: tuple[Mock, str, Any]) -> None:
    mock, path, draft = own
    first = ids(mock, path, draft)
    assert len(set(first)) == 3
    assert mock.reset() == 3
    assert (mock.things(), mock.exchanges(), mock.seed) == ([], [], 7)
    assert ids(mock, path, draft) == first
    mock.reset(seed=8)
    assert mock.seed == 8
    other = ids(mock, path, draft)
    assert not set(other) & set(first)
    mock.reset()
    assert ids(mock, path, draft) == other


def test_what_was_there_from_the_start_is_there_after_a_reset_and_is_not_listed() -> None:
    mock = create_mock("langsmith")
    client = Client(mock.wsgi)
    found = client.post("/assistants/search", json={}).json
    assert found
    assert mock.things() == []
    mock.reset()
    assert [each["graph_id"] for each in client.post("/assistants/search", json={}).json] == [
        each["graph_id"] for each in found
    ]


def test_mocks_share_nothing(own: tuple[Mock, str, Any]) -> None:
    mock, path, draft = own
    other = create_mock(*[mount.contract for mount in mock.gateway.mounts], seed=7)
    first = ids(mock, path, draft)
    assert (other.things(), other.exchanges()) == ([], [])
    assert ids(other, path, draft) == first
    mock.reset()
    assert other.things()[0]["count"] == 3


def test_a_seed_may_be_drawn() -> None:
    drawn = {create_mock(THINGS, seed=None).seed for _ in range(5)}
    assert len(drawn) == 5
    assert create_mock(THINGS).seed == 0


# Options.


def test_the_time_is_the_one_that_was_given_and_can_be_advanced() -> None:
    start = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    mock = create_mock("langsmith", clock=lambda: start)
    client = Client(mock.wsgi)
    made = client.post("/threads", json={"ttl": {"ttl": 90, "strategy": "delete"}}).json
    assert made["created_at"].startswith("2030-01-02T03:04:05")
    path = f"/threads/{made['thread_id']}"
    mock.clock.advance(datetime.timedelta(minutes=89))
    assert client.get(path).status_code == 200
    mock.clock.advance(datetime.timedelta(minutes=2))
    assert client.get(path).status_code == 404
    assert client.post("/threads", json={}).json["created_at"].startswith("2030-01-02T04:35:05")
    with pytest.raises(ValueError, match="back"):
        mock.clock.advance(-datetime.timedelta(seconds=1))


@pytest.mark.parametrize("as_path", [False, True], ids=["name", "file"])
def test_a_script_says_what_it_was_given_to_say(tmp_path: Path, *, as_path: bool) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("steps: [{say: mine}]", encoding="utf-8")
    mock = create_mock("langsmith", script=file if as_path else "empty", speed=0)
    answer = Client(mock.wsgi).post("/runs/wait", json=body()).json
    texts = [message["content"] for message in answer["messages"][1:]]
    assert texts == (["mine"] if as_path else [])


@pytest.mark.parametrize("as_path", [False, True], ids=["name", "file"])
def test_a_mock_begins_with_the_data_it_was_given(tmp_path: Path, *, as_path: bool) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("threads: [{title: One}, {title: Two}]", encoding="utf-8")
    mock = create_mock("langsmith", data=file if as_path else "typical")
    counts = {tuple(shelf["shelf"]): shelf["count"] for shelf in mock.things()}
    threads = counts["langsmith", "thread"]
    assert threads == 2 if as_path else threads > 2
    assert mock.reset() == sum(counts.values())
    assert {tuple(shelf["shelf"]): shelf["count"] for shelf in mock.things()} == counts


def test_credentials_are_asked_for_as_was_said() -> None:
    statuses = {
        auth: [
            Client(create_mock("seekrflow", auth=auth).wsgi).get("/v1/threads", headers=headers).status_code
            for headers in ({}, {"authorization": "Bearer other"}, {"authorization": "Bearer mine"})
        ]
        for auth in ("off", "present", "mine")
    }
    assert {auth: [status == 200 for status in found] for auth, found in statuses.items()} == {
        "off": [True, True, True],
        "present": [False, True, True],
        "mine": [False, False, True],
    }


def test_planted_faults_are_there_and_one_without_a_response_raises(own: tuple[Mock, str, Any]) -> None:
    mock, path, draft = own
    contracts = [mount.contract for mount in mock.gateway.mounts]
    faulty = Client(create_mock(*contracts, faults=["other-status", "no-answer"]).wsgi)
    assert [faulty.post(path, json=draft).status_code for _ in range(8)] == [202] * 8
    with pytest.raises(Dropped):
        faulty.post(path, json=draft)


def test_pages_logs_and_stores_are_those_that_were_given() -> None:
    lines: list[str] = []
    kept = MemoryStore()
    mock = create_mock(THINGS, origins=["https://page.example"], log=lines.append, store=kept)
    client = Client(mock.wsgi)
    origins = [
        client.post("/things", json={"name": "a"}, headers={"origin": origin}).status_code
        for origin in ("https://page.example", "https://other.example")
    ]
    assert origins == [201, 403]
    assert [line.split()[:3] for line in lines if "may not call" not in line] == [
        ["POST", "/things", "201"],
        ["POST", "/things", "403"],
    ]
    assert list(kept.shelves().values()) == [1]


def test_a_foreign_host_is_refused_unless_it_is_not_looked_at() -> None:
    statuses = [
        Client(create_mock(THINGS, guard_host=guard).wsgi).get("/things", headers={"host": "mock.example"}).status_code
        for guard in (True, False)
    ]
    assert statuses == [421, 200]


# What can't be used.

WRONG: dict[str, tuple[tuple[str, ...], dict[str, Any], list[str]]] = {
    "a provider": (("langsmiht",), {}, ["langsmiht"]),
    "a file": (("no/such.yaml",), {}, ["no/such.yaml"]),
    "a fault": (("scale",), {"faults": ["no-anser"]}, ["scale", "--fault", "no-anser"]),
    "a script": (("scale",), {"script": "ecko"}, ["scale", "--script", "ecko"]),
    "a data set": (("scale",), {"data": "typicl"}, ["scale", "--data", "typicl"]),
    "one name twice": (("scale", "scale"), {}, ["scale", "scale"]),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said_as_the_command_line_says_it(what: str) -> None:
    sources, options, arguments = WRONG[what]
    with pytest.raises(SpecError) as found:
        create_mock(*sources, **options)
    shown = CliRunner().invoke(serve, [*arguments, "--port", "0"], terminal_width=1000)
    assert shown.exit_code == 2
    assert str(found.value) in shown.output


@pytest.mark.parametrize("options", [{"layer": "guessed"}, {"auth": ""}, {"speed": -0.1}, {"speed": 1001.0}])
def test_an_option_that_is_none_is_a_spec_error(options: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        create_mock(THINGS, **options)


def test_data_that_end_in_the_future_are_a_spec_error(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("threads: [{title: One, created: '2999-01-01T00:00:00Z'}]", encoding="utf-8")
    with pytest.raises(SpecError, match=r"mine\.yaml#/threads/0 \(line 1\)"):
        create_mock("langsmith", data=file)


def test_two_contracts_of_one_name_are_told_apart_by_nobody() -> None:
    with pytest.raises(SpecError, match="the contract 'things' would both be named"):
        create_mock(THINGS, load(THINGS))


# On a port.


def test_a_mock_is_served_as_long_as_the_block_runs(own: tuple[Mock, str, Any]) -> None:
    mock, path, draft = own
    with mock.serve() as url:
        status, made = fetch(url + path, draft)
        assert status in (200, 201)
        assert mock.things()[0]["things"] == [made]
        assert Client(mock.wsgi).get(f"{path}/{made.get('thread_id') or made['id']}").json == made
        mock.reset()
        assert fetch(url + path, draft)[1].keys() == made.keys()
        assert fetch(f"{url}/_mock/health")[1]["seed"] == 7
        assert fetch(f"{url}/nowhere")[0] == 404
    with pytest.raises(urllib.error.URLError):
        fetch(url + path, draft)
    assert mock.things()[0]["count"] == 1


def test_the_port_may_be_chosen_and_is_free_again_afterwards() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for _ in range(2):
        with create_mock(THINGS).serve(port) as url:
            assert url == f"http://127.0.0.1:{port}"
            assert fetch(f"{url}/things") == (200, [])
    with socket.create_server(("127.0.0.1", port)) as other:
        assert other.getsockname()[1] == port


def test_a_port_that_is_taken_is_an_os_error() -> None:
    with create_mock(THINGS).serve() as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"), create_mock(THINGS).serve(port):
            pass


def test_a_mock_is_served_once_at_a_time_and_again_later() -> None:
    mock = create_mock(THINGS)
    with mock.serve() as url:
        with pytest.raises(RuntimeError, match="served already"), mock.serve():
            pass
        assert fetch(f"{url}/things") == (200, [])
    with mock.serve() as url:
        assert fetch(f"{url}/things") == (200, [])


def test_the_server_ends_where_the_block_fails() -> None:
    serving = create_mock(THINGS).serve()
    url = serving.__enter__()
    assert fetch(f"{url}/things") == (200, [])
    assert not serving.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    with pytest.raises(urllib.error.URLError):
        fetch(f"{url}/things")


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists what a process has open")
def test_nothing_of_a_server_is_left() -> None:
    before = set(threading.enumerate())
    with create_mock(THINGS).serve() as url:
        fetch(f"{url}/things")
    files = open_files()
    for _ in range(5):
        with create_mock(THINGS).serve() as url:
            fetch(f"{url}/things")
    until(lambda: set(threading.enumerate()) <= before)
    assert open_files() <= files


def test_two_mocks_are_served_at_once_and_share_nothing(own: tuple[Mock, str, Any]) -> None:
    mock, path, draft = own
    other = create_mock(*[mount.contract for mount in mock.gateway.mounts], seed=7)
    with mock.serve() as url, other.serve() as another:
        first = fetch(url + path, draft)[1]
        assert other.things() == []
        second = fetch(another + path, draft)[1]
        assert [first.get("thread_id"), first.get("id")] == [second.get("thread_id"), second.get("id")]
    assert [each.things()[0]["count"] for each in (mock, other)] == [1, 1]


def test_many_requests_at_once_are_all_answered() -> None:
    mock = create_mock("langsmith")
    with mock.serve() as url, concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: fetch(f"{url}/threads", {})[1]["thread_id"], range(64)))
    assert len(set(made)) == 64
    assert mock.things()[0]["count"] == 64


# Streams and runs on a port.


def test_a_stream_comes_whole_and_its_connection_is_used_again() -> None:
    with create_mock("langsmith", speed=0).serve() as url, connected(url) as connection:
        for _ in range(2):
            connection.request("POST", "/runs/stream", json.dumps(body(stream_mode=["values"])), JSON)
            answer = connection.getresponse()
            events = read_events(answer.read())
            assert answer.getheader("content-type", "").startswith("text/event-stream")
            assert [events[0].name, events[-1].name] == ["metadata", "values"]
            assert json.loads(events[-1].data)["messages"][-1]["content"] == "You said: hello there"


def test_events_come_one_by_one() -> None:
    with create_mock("langsmith", script="long").serve() as url, connected(url) as connection:
        connection.request("POST", "/runs/stream", json.dumps(body(stream_mode=["messages-tuple"])), JSON)
        answer = connection.getresponse()
        assert answer.read1(100)
        assert fetch(f"{url}/threads", {})[0] == 200


def test_open_streams_and_waits_end_with_the_block() -> None:
    mock = create_mock("langsmith", script="long", speed=1000)
    with contextlib.ExitStack() as stack:
        with mock.serve() as url:
            stream, wait = stack.enter_context(connected(url)), stack.enter_context(connected(url))
            stream.request("POST", "/runs/stream", json.dumps(body(stream_mode=["values"])), JSON)
            streamed = stream.getresponse()
            assert streamed.read1(20)
            wait.request("POST", "/runs/wait", json.dumps(body()), JSON)
            until(lambda: len(mock.gateway.world.scheduler.all_under_way()) == 2)
            began = time.monotonic()
        assert time.monotonic() - began < 5
        # cut, and no clean end: nobody is to take what came for the whole
        with pytest.raises(http.client.IncompleteRead):
            streamed.read()
        assert wait.getresponse().status == 200
    assert mock.gateway.world.scheduler.open_streams == 0


def test_a_run_goes_on_by_itself_while_the_mock_is_served() -> None:
    mock = create_mock("langsmith", script="echo", speed=0.1)
    scheduler = mock.gateway.world.scheduler
    with mock.serve() as url:
        thread = fetch(f"{url}/threads", {})[1]["thread_id"]
        assert fetch(f"{url}/threads/{thread}/runs", body())[0] == 200
        until(lambda: not scheduler.all_under_way())
        assert fetch(f"{url}/threads/{thread}")[1]["status"] == "idle"


def test_a_reader_that_leaves_cancels_its_run_where_it_asked_for_that() -> None:
    mock = create_mock("langsmith", script="long", speed=1000)
    with mock.serve() as url:
        with connected(url) as connection:
            asked = body(stream_mode=["values"], on_disconnect="cancel")
            connection.request("POST", "/runs/stream", json.dumps(asked), JSON)
            answer = connection.getresponse()
            assert answer.read1(20)
            answer.close()
        until(lambda: not mock.gateway.world.scheduler.all_under_way())


def test_a_planted_fault_cuts_the_connection() -> None:
    with create_mock(THINGS, faults=["no-answer"]).serve() as url, connected(url) as connection:
        for _ in range(7):
            connection.request("GET", "/things")
            assert connection.getresponse().read() == b"[]"
        connection.request("GET", "/things")
        assert connection.getresponse().read() == b"[]"
        connection.request("GET", "/things")
        with pytest.raises((http.client.HTTPException, OSError)):
            connection.getresponse().read()


# The package.


def test_the_public_names_are_these_and_are_loaded_when_they_are_asked_for() -> None:
    assert threadmock.mockserver.__all__ == ["Mock", "MockControl", "MockSession", "MockSnapshot", "create_mock"]
    assert all(getattr(threadmock.mockserver, name).__name__ == name for name in threadmock.mockserver.__all__)
    assert set(threadmock.mockserver.__all__) <= set(dir(threadmock.mockserver))
    with pytest.raises(AttributeError, match="no attribute 'Mok'"):
        threadmock.mockserver.Mok  # noqa: B018 - asked for on purpose
    code = "import sys, threadmock.mockserver; print([n for n in sys.modules if n.startswith(('threadmock', 'flask'))])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "['threadmock', 'threadmock.mockserver']"


def test_the_example_of_the_docstring_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(DATA)
    tried = doctest.testmod(threadmock.mockserver)
    assert (tried.failed, tried.attempted) == (0, 6)


def test_every_public_name_has_a_docstring() -> None:
    public = [create_mock, Mock, *(each for name, each in vars(Mock).items() if not name.startswith("_"))]
    assert all(each.__doc__ for each in public)


def refusal(*sources: Any, **options: Any) -> str:
    with pytest.raises(SpecError) as error:
        create_mock(*sources, **options)
    return str(error.value)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"seed": "x"}, "`seed` is a whole number, 0 or more, not 'x'. Give None for a random one."),
        ({"seed": -1}, "`seed` is a whole number, 0 or more, not -1."),
        ({"seed": True}, "`seed` is a whole number, 0 or more, not True."),
        ({"speed": "x"}, "`speed` is a number from 0 to 1000, not 'x'."),
        ({"speed": float("nan")}, "`speed` is a number from 0 to 1000, not nan."),
        ({"faults": [7]}, "`faults` takes texts, not 7."),
        ({"faults": 7}, "`faults` takes texts, not 7."),
        ({"origins": [None]}, "`origins` takes texts, not None."),
    ],
)
def test_an_option_of_another_type_is_refused_with_what_to_do(options: dict[str, Any], text: str) -> None:
    assert refusal(THINGS, **options).startswith(text)


@pytest.mark.parametrize("source", [None, ["langsmith"], 7])
def test_a_source_of_another_type_is_refused_with_what_to_do(source: Any) -> None:
    expected = f"A source is a name, a path or a Contract, not {source!r}. Give several as several arguments"
    assert refusal(source).startswith(expected)


def test_a_source_that_is_given_twice_is_named_as_such() -> None:
    assert refusal("langsmith", "langsmith") == "'langsmith' is given twice. Name it once."
    done = CliRunner().invoke(serve, ["langsmith", "langsmith"])
    assert (done.exit_code, "'langsmith' is given twice." in done.output) == (2, True)


def test_a_text_is_a_list_of_one() -> None:
    draft = {"name": "x" * 200}
    made = Client(create_mock(THINGS, faults="truncate").wsgi).post("/things", json=draft)
    assert len(made.json["name"]) == 100
    client = Client(create_mock(THINGS, origins="https://chat.example").wsgi)
    shown = client.get("/things", headers={"origin": "https://chat.example"})
    assert shown.headers["access-control-allow-origin"] == "https://chat.example"
    assert client.get("/things", headers={"origin": "https://other.example"}).status_code == 403


def test_a_port_and_a_seed_that_can_not_be_are_refused() -> None:
    mock = create_mock(THINGS)
    for port in (99999, 65536, -1, "x"):
        text = f"`port` must be 0-65535, not {port!r}. Give 0 for any free one."
        with pytest.raises(SpecError) as error, mock.serve(port):
            pass
        assert str(error.value) == text
    with pytest.raises(SpecError, match="`seed` is a whole number"):
        mock.reset(seed=-1)
    done = CliRunner().invoke(serve, ["--seed", "-1"])
    assert (done.exit_code, "-1 is not in the range x>=0" in done.output) == (2, True)


USER = """
from pathlib import Path
from typing import reveal_type

from threadmock.mockserver import Mock, create_mock

mock: Mock = create_mock(Path("openapi.yaml"), "other", seed=None, faults=["x"], speed=0)
with mock.serve(port=0) as url:
    reveal_type(url)
reveal_type(mock.reset(seed=7))
reveal_type(mock.exchanges())
create_mock(7)
"""


@pytest.mark.slow
def test_a_users_file_is_checked_by_strict_mypy(tmp_path: Path) -> None:
    (tmp_path / "path" / "threadmock").mkdir(parents=True)
    for package in ("specs", "mockserver"):
        (tmp_path / "path" / "threadmock" / package).symlink_to(ROOT / package)
    (tmp_path / "user.py").write_text(USER, encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache" / "user"), "user.py"],
        env=os.environ | {"MYPYPATH": str(tmp_path / "path")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    said = found.stdout
    assert 'Revealed type is "str"' in said
    assert 'Revealed type is "int"' in said
    assert 'Revealed type is "list[dict[str, Any]]"' in said
    errors = [line for line in said.splitlines() if ": error:" in line]
    assert len(errors) == 1, said
    assert 'Argument 1 to "create_mock" has incompatible type "int"' in errors[0]


def test_the_global_random_source_is_left_alone() -> None:
    random.seed(1)
    create_mock(THINGS, seed=None)
    assert random.random() == pytest.approx(0.13436424411240122)
