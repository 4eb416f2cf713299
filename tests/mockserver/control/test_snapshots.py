"""Snapshots: what a mock held at one moment, kept by a name, as a document, in a file."""

import datetime
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clients import Client, Told, make_gateway
from support.paths import DATA
from threadmock.mockserver import create_mock
from threadmock.mockserver.agents.script_files import scripts_of
from threadmock.mockserver.agents.timer import JumpingTimer
from threadmock.mockserver.cli.serve import serve
from threadmock.mockserver.cli.watch import Watched
from threadmock.mockserver.control.snapshots import Snapshots
from threadmock.mockserver.datasets.snapshots import read_snapshot, snapshot_document, take_snapshot
from threadmock.specs.errors import SpecError

CONTROL = {"x-threadmock-control": "1"}
MOMENT = datetime.datetime(2026, 1, 31, 9, tzinfo=datetime.UTC)
ASKING = "steps:\n- say: May I?\n  calls: [{name: send, arguments: {}, result: sent, approve: {description: Sends.}}]\n- say: Done.\n"
TWO_QUESTIONS = "steps:\n- say: First.\n- interrupt: {ask: 1}\n- say: 'You said $resume.'\n"


def control(client: Client, method: str, path: str, json: Any = None) -> Told:
    more = {} if json is None else {"json": json}
    return client.send(method, f"/_mock{path}", headers=CONTROL, **more)


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"assistant_id": "agent", "input": {"messages": [{"role": "user", "content": text}]}, **more}


REQUESTS = st.lists(
    st.sampled_from(
        [
            ("POST", "/threads", {}),
            ("POST", "/threads", {"metadata": {"n": 1}, "ttl": {"ttl": 5}}),
            ("POST", "/threads/search", {"limit": 3}),
            ("POST", "/runs/wait", said("hi")),
            ("POST", "/assistants", {"graph_id": "agent"}),
            ("GET", "/_mock/things", None),
        ]
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25)
@given(before=REQUESTS, between=REQUESTS, after=REQUESTS, how=st.sampled_from(["name", "document", "session", "file"]))
def test_after_a_restore_the_same_requests_get_the_same_bytes(before: Any, between: Any, after: Any, how: str) -> None:
    def ask(client: Client, requests: Any, **headers: str) -> list[tuple[int, bytes]]:
        told = [
            client.send(method, path, headers=headers, **({} if body is None else {"json": body}))
            for method, path, body in requests
        ]
        return [(each.status, each.body) for each in told]

    client = Client(make_gateway("langsmith", now=MOMENT, timer=JumpingTimer(), data="typical"))
    ask(client, before)
    assert control(client, "POST", "/snapshots", {"name": "s"}).status == 200
    expected = ask(client, after)
    ask(client, between)
    document = control(client, "GET", "/snapshots/s").json()
    if how == "file":
        gateway = client.gateway
        snapshot = read_snapshot(document, gateway.contracts)
        gateway.restore(snapshot.state, snapshot.initial)
    elif how == "document":
        assert control(client, "POST", "/snapshots/t/restore", document).status == 200
    elif how == "name":
        assert control(client, "POST", "/snapshots/s/restore").status == 200
    more = {"x-threadmock-session": "other"} if how == "session" else {}
    if more:
        assert client.send("POST", "/_mock/snapshots/s/restore", headers={**CONTROL, **more}).status == 200
    assert ask(client, after, **more) == expected


@pytest.mark.parametrize("data", ["typical", "extreme"])
def test_a_document_holds_all_of_it_whatever_is_stored(data: str) -> None:
    gateway = make_gateway("langsmith", "scale", "lighton", "ishvana", "seekrflow", data=data)
    taken = take_snapshot("s", gateway.contracts, gateway.world, gateway.initial)
    read = read_snapshot(json.loads(json.dumps(snapshot_document(taken))), gateway.contracts)
    assert read.state.store.shelves() == taken.state.store.shelves()
    assert (read.state.ids, read.initial, read.shapes, read.count) == (
        taken.state.ids,
        taken.initial,
        taken.shapes,
        taken.count,
    )


def test_a_file_is_what_a_mock_begins_with(tmp_path: Path) -> None:
    client = Client(make_gateway("langsmith"))
    made = client.post("/threads", {"metadata": {"n": 1}}).json()["thread_id"]
    control(client, "POST", "/snapshots", {"name": "s"})
    path = tmp_path / "s.json"
    path.write_bytes(control(client, "GET", "/snapshots/s").body)
    begun = Client(make_gateway("langsmith", data=path, seed=99))
    assert begun.get(f"/threads/{made}").json()["metadata"] == {"n": 1}
    following = begun.post("/threads", {}).json()["thread_id"]
    assert following == client.post("/threads", {}).json()["thread_id"]
    begun.gateway.reset()
    assert begun.post("/threads", {}).json()["thread_id"] == following
    begun.gateway.reset(5)
    assert begun.get(f"/threads/{made}").status == 200
    assert begun.post("/threads", {}).json()["thread_id"] != following
    with pytest.raises(
        SpecError, match=r"s\.json: .*holds things of langsmith, and that is not served\. Serve langsmith"
    ):
        create_mock(DATA / "things.yaml", data=path)
    path.write_text(path.read_text()[:-20])
    with pytest.raises(SpecError, match="The snapshot is broken"):
        create_mock("langsmith", data=path)


def damaged(document: Any, source: random.Random) -> Any:
    """The document with one value, somewhere, replaced or taken out."""
    copied = json.loads(json.dumps(document))
    at = copied
    while True:
        steps = list(at) if isinstance(at, dict) else range(len(at))
        step = source.choice(list(steps))
        if isinstance(at[step], dict | list) and at[step] and source.random() < 0.8:
            at = at[step]
            continue
        if source.random() < 0.3:
            del at[step]
        else:
            at[step] = source.choice([None, -1, "x", [], {}, True, 1.5, [[]]])
        return copied


def test_a_broken_document_is_refused_by_name_or_whole_and_nothing_is_lost() -> None:
    client = Client(make_gateway("langsmith"))
    client.post("/threads", {"metadata": {"n": 1}})
    control(client, "POST", "/snapshots", {"name": "s"})
    document = control(client, "GET", "/snapshots/s").json()
    before, source, refused = client.get("/_mock/things").body, random.Random(1), 0
    for _ in range(300):
        told = control(client, "POST", "/snapshots/t/restore", damaged(document, source))
        assert told.status in (200, 400), told.body
        if told.status == 400:
            refused += 1
            assert "snapshot" in told.json()["detail"]
            assert client.get("/_mock/things").body == before
        else:
            assert control(client, "GET", "/things").status == client.post("/threads/search", {}).status == 200
            assert control(client, "POST", "/snapshots/s/restore").status == 200
            control(client, "DELETE", "/snapshots/t")
    assert refused > 50


@pytest.mark.parametrize(
    "document", [[], {}, 1, {"threads": []}, {"threadmock_snapshot": 2}, {"threadmock_snapshot": 1}]
)
def test_what_is_none_is_refused(client: Callable[..., Client], document: Any) -> None:
    told = control(client("langsmith"), "POST", "/snapshots/t/restore", document)
    assert (told.status, "snapshot" in told.json()["detail"]) == (400, True)


def test_one_of_a_document_that_has_changed_is_refused_where_its_things_fit_no_more(tmp_path: Path) -> None:
    text = (DATA / "things.yaml").read_text()
    client = Client(make_gateway(DATA / "things.yaml"))
    assert client.post("/things", {"name": "x"}).status < 300
    control(client, "POST", "/snapshots", {"name": "s"})
    document = control(client, "GET", "/snapshots/s").json()
    (tmp_path / "things.yaml").write_text(text.replace("openapi: ", "x-note: other\nopenapi: ", 1))
    same = Client(make_gateway(tmp_path / "things.yaml"))
    assert control(same, "POST", "/snapshots/s/restore", document).json() == {"restored": 1}
    for shelf in document["shelves"]:
        for _, thing in shelf["things"]:
            thing.clear()
    document["shapes"] = [[*kind, "another"] for *kind, _ in document["shapes"]]
    told = control(same, "POST", "/snapshots/t/restore", document)
    assert (told.status, "another version of the document" in told.json()["detail"]) == (400, True)
    assert len(same.get("/_mock/things").json()["shelves"]) == 1


@pytest.mark.parametrize(
    "clock",
    [["9999-12-31T23:59:59Z"] * 2, ["2026-01-31T09:00:00Z", "9999-12-31T23:59:59Z"], ["1969-12-31T09:00:00Z"] * 2],
)
def test_a_clock_at_which_no_id_can_be_made_is_refused(client: Callable[..., Client], clock: list[str]) -> None:
    asked = client("langsmith")
    control(asked, "POST", "/snapshots", {"name": "s"})
    document = control(asked, "GET", "/snapshots/s").json()
    told = control(asked, "POST", "/snapshots/t/restore", {**document, "clock": clock})
    assert (told.status, "between the years 1970 and 5000" in told.json()["what"]) == (400, True)
    still = {**document, "clock": ["2026-01-31T09:00:00Z", "0001-01-01T00:00:00Z"]}  # no moment was given yet
    assert control(asked, "POST", "/snapshots/t/restore", still).status == 200
    assert asked.post("/threads", {}).json()["created_at"][:10] == "2026-01-31"


def test_names_are_kept_once_and_removed(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    for name in ("a", "b"):
        assert control(asked, "POST", "/snapshots", {"name": name}).json()["name"] == name
    told = control(asked, "POST", "/snapshots", {"name": "a"})
    assert (told.status, "DELETE /_mock/snapshots/a" in told.json()["detail"]) == (409, True)
    assert [each["name"] for each in control(asked, "GET", "/snapshots").json()["snapshots"]] == ["b", "a"]
    assert control(asked, "DELETE", "/snapshots/a").json() == {"forgotten": 0}
    for method, path in [("GET", "/snapshots/a"), ("DELETE", "/snapshots/a"), ("POST", "/snapshots/a/restore")]:
        assert control(asked, method, path).status == 404
    for sent in ({}, {"name": ""}, {"name": "a/b"}, {"name": 1}, {"name": "x", "more": 1}):
        assert control(asked, "POST", "/snapshots", sent).status == 400


def test_what_was_there_from_the_start_and_was_deleted_is_no_thing_less(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    [first] = asked.post("/assistants/search", {}).json()
    assert control(asked, "POST", "/snapshots", {"name": "whole"}).json()["things"] == 0
    assert asked.send("DELETE", f"/assistants/{first['assistant_id']}").status == 200
    asked.post("/threads", {})
    assert control(asked, "POST", "/snapshots", {"name": "s"}).json()["things"] == 1
    document = {**control(asked, "GET", "/snapshots/s").json(), "initial": [[["langsmith", "thread"], "none"]] * 9}
    assert control(asked, "POST", "/snapshots/t/restore", document).json() == {"restored": 1}


def test_more_than_may_be_kept_is_refused(monkeypatch: pytest.MonkeyPatch, client: Callable[..., Client]) -> None:
    monkeypatch.setattr("threadmock.mockserver.control.snapshots.MOST", 1)
    asked = client("langsmith")
    assert control(asked, "POST", "/snapshots", {"name": "a"}).status == 200
    told = control(asked, "POST", "/snapshots", {"name": "b"})
    assert (told.status, "DELETE /_mock/snapshots/NAME" in told.json()["detail"]) == (507, True)
    assert list(Snapshots()) == []


def test_none_is_taken_while_a_run_goes_on() -> None:
    client = Client(make_gateway("langsmith", script="slow", timer=JumpingTimer()))
    thread = client.post("/threads", {}).json()["thread_id"]
    client.post(f"/threads/{thread}/runs", said("hi"))
    told = control(client, "POST", "/snapshots", {"name": "a"})
    assert (told.status, "1 run is under way" in told.json()["detail"]) == (409, True)
    client.gateway.world.scheduler.timer.advance(600)
    client.get(f"/threads/{thread}")
    assert control(client, "POST", "/snapshots", {"name": "a"}).status == 200


@pytest.mark.parametrize("text", [ASKING, TWO_QUESTIONS], ids=["a call", "a question"])
@pytest.mark.parametrize("how", ["name", "document"])
def test_a_question_can_be_answered_after_a_restore_as_often_as_one_likes(layer: str, text: str, how: str) -> None:
    def talk(*, restored: int) -> list[Any]:
        client = Client(
            make_gateway("langsmith", layer=layer, script=scripts_of(text, "scripts.yaml"), timer=JumpingTimer())
        )
        thread = client.post("/threads", {}).json()["thread_id"]
        client.post(f"/threads/{thread}/runs/wait", said("go"))
        control(client, "POST", "/snapshots", {"name": "s"})
        document = control(client, "GET", "/snapshots/s").json() if how == "document" else None
        seen: list[Any] = []
        for number in range(restored + 1):
            if number:
                assert control(client, "POST", "/snapshots/s/restore", document).status == 200
            client.post(
                f"/threads/{thread}/runs/wait", {"assistant_id": "agent", "command": {"resume": [{"type": "accept"}]}}
            )
            state = client.get(f"/threads/{thread}/state").json()
            messages = state["values"]["messages"]
            seen.append([state["next"], *((each["type"], each["content"]) for each in messages)])
        return seen

    [expected] = talk(restored=0)
    assert expected[0] == []
    assert talk(restored=2) == [expected] * 3


def test_what_expires_still_does_after_a_document_was_restored() -> None:
    clock = {"now": MOMENT}
    client = Client(make_gateway("langsmith", now=lambda: clock["now"]))
    made = client.post("/threads", {"ttl": {"ttl": 1, "strategy": "delete"}}).json()["thread_id"]
    control(client, "POST", "/snapshots", {"name": "s"})
    document = control(client, "GET", "/snapshots/s").json()
    client.gateway.reset()
    assert control(client, "POST", "/snapshots/t/restore", document).json() == {"restored": 1}
    assert client.get(f"/threads/{made}").status == 200
    clock["now"] += datetime.timedelta(minutes=2)
    assert client.get(f"/threads/{made}").status == 404


def test_settings_waiting_answers_and_the_journal_stay(client: Callable[..., Client]) -> None:
    asked = client("langsmith")
    control(asked, "POST", "/snapshots", {"name": "s"})
    control(asked, "PATCH", "/settings", {"speed": 5})
    control(asked, "POST", "/next", {"operation": "POST /threads", "status": 503})
    asked.post("/threads/search", {})
    control(asked, "POST", "/snapshots/s/restore")
    assert control(asked, "GET", "/settings").json()["speed"] == 5
    assert asked.post("/threads", {}).status == 503
    assert len(control(asked, "GET", "/exchanges").json()["exchanges"]) == 2


def test_in_python_a_snapshot_is_taken_put_back_and_written() -> None:
    mock = create_mock("langsmith", seed=1)
    client = Client(mock.gateway)
    client.app = mock.wsgi
    made = client.post("/threads", {}).json()["thread_id"]
    taken = mock.snapshot()
    following = client.post("/threads", {}).json()["thread_id"]
    assert taken.restore() == 1
    assert client.get(f"/threads/{following}").status == 404
    assert client.post("/threads", {}).json()["thread_id"] == following
    again = mock.snapshot()
    assert (again.restore(), taken.restore()) == (2, 2)  # by one name the newest is kept
    other = create_mock("langsmith").session("s")
    assert other.restore(json.loads(json.dumps(again.document()))) == 2
    assert made in str(other.things())
    with pytest.raises(SpecError, match="no snapshot"):
        other.restore({})


def test_in_python_the_document_of_a_snapshot_is_a_copy() -> None:
    mock = create_mock("langsmith", seed=1)
    client = Client(mock.gateway)
    client.app = mock.wsgi
    client.post("/threads", {"metadata": {"n": 1}})
    taken = mock.snapshot()

    def change(document: Any) -> None:
        [shelf] = [each for each in document["shelves"] if each["shelf"] == ["langsmith", "thread"]]
        shelf["things"][0][1]["metadata"]["n"] = 2

    change(taken.document())
    document = taken.document()
    mock.restore(document)
    change(document)
    assert [each["metadata"] for each in client.post("/threads/search", {}).json()] == [{"n": 1}]
    assert taken.document() != document


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"threadmock_snapshot": 1}, "The snapshot is broken: 'shelves' is missing"),
        ({"threadmock_snapshot": 9}, "has the form 9"),
        (None, "that is not served. Serve langsmith"),
    ],
)
def test_serve_says_before_it_listens_what_is_wrong_with_a_snapshot(tmp_path: Path, written: Any, said: str) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps(written or create_mock("langsmith", data="typical").snapshot().document()))
    done = CliRunner().invoke(serve, ["scale", "--port", "0", "--data", str(path)])
    assert (done.exit_code, said in " ".join(done.output.split())) == (2, True), done.output


def test_a_reload_keeps_what_it_has_where_a_snapshot_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    watched = Watched(("langsmith",), "documented", (), None, str(path))
    path.write_text(json.dumps(create_mock("langsmith", data="typical").snapshot().document()))
    assert watched.read().data is not None
    path.write_text('{"threadmock_snapshot": 1}')
    with pytest.raises(SpecError, match=r"s\.json: The snapshot is broken"):
        watched.read()
