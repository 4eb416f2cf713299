"""All providers behind one door: prefixes and roots, unknown routes, other methods, limits, the log line."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clients import START, Client, make_gateway
from support.reading import renamed
from threadmock.mockserver.pipeline.gateway import Gateway, Limits
from threadmock.mockserver.server.app import create_app
from threadmock.specs.loader import builtin_names, load
from threadmock.specs.text import log_line
from threadmock.specs.wire.messages import Request

PATHS = {
    "ishvana": "/api/chat/threads",
    "langsmith": "/threads",
    "lighton": "/api/v3/threads",
    "scale": "/v4/applications/a/threads",
    "seekrflow": "/v1/threads",
}
KEY = {"authorization": "Bearer k"}
BODIES: dict[str, Any] = {
    "ishvana": {"title": "T"},
    "scale": {"title": "T", "application_variant_id": "a", "account_id": "b"},
}


@pytest.mark.parametrize("name", builtin_names())
def test_each_provider_answers_below_its_prefix_and_at_its_true_path(client: Any, name: str) -> None:
    asked = client(*builtin_names())
    for prefix in ("", f"/{name}"):
        assert asked.post(prefix + PATHS[name], BODIES.get(name, {}), headers=KEY).status in (200, 201)
    others = [other for other in builtin_names() if other != name]
    assert all(asked.post(f"/{other}{PATHS[name]}", {}, headers=KEY).status == 404 for other in others)
    assert asked.get("/_mock/things").json()["count"] == 2


def test_both_paths_lead_to_the_same_things(client: Any) -> None:
    asked = client(*builtin_names())
    made = asked.post("/threads", {}).json()["thread_id"]
    assert asked.post("/langsmith/threads", {"thread_id": made}).status == 409


def test_documents_that_share_a_route_answer_below_their_prefixes_only(client: Any) -> None:
    one = load("langsmith")
    asked = client(one, renamed(one, "other"), "scale")
    assert ("/threads", "langsmith", "other") in asked.gateway.at_root_conflicts
    assert asked.post("/threads", {}).status == 404
    assert asked.post(PATHS["scale"], BODIES["scale"]).status == 404
    made = asked.post("/langsmith/threads", {}).json()["thread_id"]
    assert asked.post("/other/threads", {"thread_id": made}).status == 200
    assert asked.post("/langsmith/threads", {"thread_id": made}).status == 409


def test_a_name_that_begins_a_path_of_another_hides_nothing(client: Any) -> None:
    asked = client("langsmith", renamed(load("seekrflow"), "threads"))
    assert asked.post("/threads", {}).status == 200
    assert asked.post("/threads/v1/threads", {}, headers=KEY).status == 200


@pytest.mark.parametrize(
    ("path", "nearest"),
    [("/thread", "/threads"), ("/langsmith/thread", "/langsmith/threads"), ("/v1/thread", "/v1/threads"), ("/", None)],
)
def test_an_unknown_route_is_told_the_nearest(client: Any, path: str, nearest: str | None) -> None:
    told = client(*builtin_names()).post(path, {})
    assert told.status == 404
    assert told.headers["content-type"] == "application/problem+json"
    body = told.json()
    assert body["type"] == "urn:threadmock:problem:unknown-route"
    assert body["source"] == "threadmock"
    assert nearest is None or body["nearest"] == nearest


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE"])
def test_another_method_is_405_with_allow(client: Any, method: str) -> None:
    told = client("langsmith").send(method, "/threads")
    assert (told.status, told.headers["allow"]) == (405, "OPTIONS, POST")
    assert told.json()["type"] == "urn:threadmock:problem:unknown-method"


def test_limits_of_body_and_path_are_theirs_alone(client: Any) -> None:
    asked = client("langsmith", limits=Limits(body=10, path=20))
    assert asked.post("/threads", {}).status == 200
    assert asked.post("/threads", {"metadata": {}}).status == 413
    assert asked.get("/" + "a" * 30).status == 414


def test_the_same_seed_and_clock_make_the_same_bytes(door: str) -> None:
    def told() -> list[tuple[int, bytes]]:
        asked = Client(make_gateway(*builtin_names(), seed=42), door)
        answers = [asked.post(PATHS[name], BODIES.get(name, {}), headers=KEY) for name in builtin_names() * 3]
        return [(answer.status, answer.body) for answer in answers]

    first = told()
    assert first == told()
    assert len(set(first)) == len(first)


def test_another_seed_makes_other_ids() -> None:
    ids = {Client(make_gateway("langsmith", seed=seed)).post("/threads", {}).json()["thread_id"] for seed in range(20)}
    assert len(ids) == 20


def test_an_id_that_the_seed_would_make_next_is_not_made_when_it_is_taken() -> None:
    free = Client(make_gateway("langsmith", seed=3))
    coming = [free.post("/threads", {}).json()["thread_id"] for _ in range(3)]
    asked = Client(make_gateway("langsmith", seed=3))
    for taken in coming[:2]:
        asked.post("/threads", {"thread_id": taken})
    told = asked.post("/threads", {})
    assert (told.status, told.json()["thread_id"]) == (200, coming[2])


def test_a_clock_that_jumps_back_keeps_the_order(door: str) -> None:
    moments = iter([START + datetime.timedelta(hours=hour) for hour in (5, 5, 1, 9, 2)])
    asked = Client(make_gateway("langsmith", now=lambda: next(moments)), door)
    stamps = [asked.post("/threads", {}).json()["created_at"] for _ in range(4)]
    assert stamps == sorted(set(stamps))


def lines(*requests: Request, **rest: Any) -> list[str]:
    found: list[str] = []
    gateway = make_gateway("langsmith", "seekrflow", log=found.append, **rest)
    for request in requests:
        gateway.handle(request)
    return found


def test_every_request_is_one_line_with_status_rule_and_reason() -> None:
    json_type = {"content-type": "application/json"}
    found = lines(
        Request("POST", "/threads", headers=json_type, body=b"{}"),
        Request("POST", "/threads", headers=json_type, body=b"["),
        Request("POST", "/v1/threads", headers=json_type, body=b"{}"),
        Request("GET", "/nowhere"),
        Request("GET", "/threads", headers={"host": "evil.example"}),
    )
    assert [line.split(" ms")[0].rsplit(" ", 1)[0] for line in found] == [
        "POST /threads 200",
        "POST /threads 422",
        "POST /v1/threads 401",
        "GET /nowhere 404",
        "GET /threads 421",
    ]
    assert found[0].endswith("[langsmith: create thread] created")
    assert "credentials" in found[2]


def test_a_line_holds_nothing_that_a_terminal_obeys() -> None:
    found: list[str] = []
    gateway = make_gateway("langsmith", "seekrflow", log=found.append)

    @given(st.text(max_size=600), st.text(max_size=30))
    def asked(path: str, method: str) -> None:
        found.clear()
        gateway.handle(Request(method, "/" + path))
        assert len(found) == 1
        assert found[0].isprintable()
        assert len(found[0].splitlines()) == 1

    asked()


@given(st.text())
def test_printable_text_is_printable_and_short(text: str) -> None:
    shown = log_line(text)
    assert shown.isprintable()
    assert shown == text or not text.isprintable() or len(text) > 400


def test_plain_text_is_shown_as_it_is() -> None:
    assert log_line("POST /é/日 200 ok") == "POST /é/日 200 ok"
    assert log_line("a\x1b[2Jb\r\nc\u202ed") == "a\\x1b[2Jb\\r\\nc\\u202ed"


def test_no_secret_is_in_a_line() -> None:
    sent = {"authorization": "Basic hunter2", "x-api-key": "hunter2", "content-type": "application/json"}
    assert "hunter2" not in "".join(lines(Request("POST", "/v1/threads", headers=sent, body=b"{}"), auth="right"))


def test_a_fault_of_our_own_is_a_problem_in_shape_without_a_traceback(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("by nothing")

    asked = client("langsmith")
    monkeypatch.setattr(asked.gateway.pipeline, "answer", fail)
    told = asked.post("/threads", {})
    assert told.status == 500
    assert told.json()["type"] == "urn:threadmock:problem:internal"
    assert b"Traceback" not in told.body
    monkeypatch.undo()
    assert asked.post("/threads", {}).status == 200


def test_a_reply_that_breaks_its_own_contract_never_leaves(client: Any, tmp_path: Path) -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {
            "/things": {
                "post": {
                    "x-behaviour": {
                        "action": "create",
                        "resource": "thing",
                        "key": {"field": "id", "otherwise": "opaque"},
                        "set": {"n": {"value": "no number"}},
                    },
                    "responses": {
                        "200": {
                            "description": "made",
                            "content": {
                                "application/json": {
                                    "schema": {
                                        "type": "object",
                                        "required": ["id"],
                                        "properties": {"id": {"type": "string"}, "n": {"type": "integer"}},
                                    }
                                }
                            },
                        }
                    },
                }
            }
        },
    }
    (tmp_path / "broken.json").write_text(json.dumps(document), encoding="utf-8")
    told = client(tmp_path / "broken.json").post("/things", {})
    assert told.status == 500
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json()["type"] == "urn:threadmock:problem:broken-reply"
    assert "/n" in told.json()["detail"]


def test_the_gateway_is_the_same_behind_flask() -> None:
    gateway = make_gateway("langsmith")
    assert isinstance(gateway, Gateway)
    first, second = Client(gateway, "served"), Client(gateway, "flask")
    made = first.post("/threads", {}).json()["thread_id"]
    assert second.post("/threads", {"thread_id": made}).status == 409


def test_flask_lists_every_documented_route() -> None:
    app = create_app(make_gateway(*builtin_names()))
    rules = {(rule.rule, method) for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    for name in builtin_names():
        path = PATHS[name].replace("/applications/a/", "/applications/<p0>/")
        assert {(path, "POST"), (f"/{name}{path}", "POST")} <= rules
