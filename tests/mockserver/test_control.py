"""The control interface under /_mock/ and the documents: identity, reset, what is stored, what was asked."""

import json
from typing import Any

import pytest
from threadmock.specs.loader import builtin_names, load

FORCE = {"x-threadmock-control": "1"}


def test_health_proves_who_answers_and_which_documents(client: Any) -> None:
    told = client(*builtin_names(), seed=11).get("/_mock/health").json()
    assert (told["product"], told["status"], told["seed"]) == ("threadmock", "ready", 11)
    assert len(told["instance"]) == 16
    assert told["version"]
    assert {each["name"]: each["sha256"] for each in told["providers"]} == {n: load(n).digest for n in builtin_names()}
    assert all(each["at_root"] for each in told["providers"])
    assert [each["operations"] for each in told["providers"]] == [len(load(n).operations) for n in builtin_names()]


def test_a_reset_empties_everything_and_begins_the_ids_anew(client: Any) -> None:
    asked = client("langsmith")
    first = asked.post("/threads", {}).json()["thread_id"]
    told = asked.send("POST", "/_mock/reset", headers=FORCE)
    assert (told.status, told.json()) == (200, {"forgotten": 1, "seed": 7})
    assert asked.get("/_mock/things").json() == {"count": 0, "shelves": []}
    assert asked.get("/_mock/exchanges").json() == {"exchanges": []}
    assert asked.post("/threads", {}).json()["thread_id"] == first


def test_a_reset_may_choose_the_seed(client: Any) -> None:
    asked = client("langsmith")
    first = asked.post("/threads", {}).json()["thread_id"]
    assert asked.send("POST", "/_mock/reset", headers=FORCE, json={"seed": 8}).json()["seed"] == 8
    assert asked.get("/_mock/health").json()["seed"] == 8
    assert asked.post("/threads", {}).json()["thread_id"] != first


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"{}", b'{"seed": "7"}', b'{"seed": true}', b'{"seed": 1.5}', b'{"seed": NaN}', b"[" * 5000, b"\xff"],
)
def test_a_reset_that_can_not_be_read_changes_nothing(client: Any, body: bytes) -> None:
    asked = client("langsmith")
    asked.post("/threads", {})
    told = asked.send("POST", "/_mock/reset", headers=FORCE, body=body)
    assert told.status == 400
    assert told.headers["content-type"] == "application/problem+json"
    assert asked.get("/_mock/things").json()["count"] == 1


def test_a_change_needs_a_header_that_no_simple_request_of_a_page_has(client: Any) -> None:
    asked = client("langsmith")
    asked.post("/threads", {})
    told = asked.send("POST", "/_mock/reset")
    assert told.status == 403
    assert "X-Threadmock-Control" in told.json()["detail"]
    assert asked.get("/_mock/things").json()["count"] == 1


def test_what_is_stored_is_told_shelf_by_shelf(client: Any) -> None:
    asked = client("langsmith", "scale")
    thread = asked.post("/threads", {"metadata": {"a": "é"}}).json()
    asked.post("/v4/applications/a/threads", {"title": "T", "application_variant_id": "a", "account_id": "b"})
    told = asked.get("/_mock/things").json()
    assert told["count"] == 2
    by_shelf = {tuple(each["shelf"]): each for each in told["shelves"]}
    assert by_shelf["langsmith", "thread"]["things"] == [thread]
    assert by_shelf["scale", "thread", "application_variant", "a"]["count"] == 1


def test_the_last_exchanges_tell_the_rule_that_answered_or_why_none_did(client: Any) -> None:
    asked = client("langsmith")
    asked.post("/threads", {})
    asked.post("/threads", {"thread_id": "bad"})
    asked.get("/nowhere")
    told = asked.get("/_mock/exchanges").json()["exchanges"]
    assert [(each["status"], each["provider"], each["rule"]) for each in told] == [
        (200, "langsmith", "create thread"),
        (422, "langsmith", ""),
        (404, "", ""),
    ]
    assert "bad" in told[1]["reason"]
    assert told[2]["reason"].startswith("no such route")
    assert json.loads(told[0]["answer"])["thread_id"]


def test_no_credential_is_shown(client: Any) -> None:
    asked = client("langsmith")
    for header in ("authorization", "cookie", "x-api-key", "x-other-api-key", "x-auth-token", "proxy-authorization"):
        asked.post("/threads", {}, headers={header: "hunter2"})
    told = asked.get("/_mock/exchanges")
    assert len(told.json()["exchanges"]) == 6
    assert b"hunter2" not in told.body


@pytest.mark.parametrize("path", ["/_mock/nothing", "/_mock//health", "/_mock/../x"])
def test_an_unknown_control_path_is_problem_json(client: Any, path: str) -> None:
    told = client("langsmith").get(path)
    assert told.status == 404
    assert told.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/_mock/reset"), ("POST", "/_mock/health"), ("DELETE", "/_mock/things")]
)
def test_another_method_on_a_control_path_is_405(client: Any, method: str, path: str) -> None:
    told = client("langsmith").send(method, path, headers=FORCE)
    assert told.status == 405
    assert told.headers["content-type"] == "application/problem+json"
    assert told.headers["allow"]


def test_each_document_is_served_as_it_is_obeyed(client: Any) -> None:
    asked = client(*builtin_names())
    for name in builtin_names():
        told = asked.get(f"/{name}/openapi.json")
        assert told.status == 200
        assert told.headers["content-type"] == "application/json"
        assert told.json() == load(name).document


def test_a_document_can_not_take_the_control_paths(client: Any, tmp_path: Any) -> None:
    text = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n  /_mock/health:\n    get: {responses: {'200': {description: mine}}}\n"
    for name in ("mine.yaml", "_mock.yaml"):
        (tmp_path / name).write_text(text.replace("/_mock/health", "/health") if name == "_mock.yaml" else text)
        asked = client(tmp_path / name)
        assert asked.get("/_mock/health").json()["product"] == "threadmock"
