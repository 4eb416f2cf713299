"""`Prefer: code=…` and `Prefer: example=…`: the answer that the caller chose, and nothing is stored."""

from typing import Any

import pytest
from threadmock.specs.loader import LAYERS, builtin_names, load
from threadmock.specs.operations.replies import check_response
from threadmock.specs.wire.messages import Request, Response

PATHS = {
    "ishvana": "/api/chat/threads",
    "langsmith": "/threads",
    "lighton": "/api/v3/threads",
    "scale": "/v4/applications/a/threads",
    "seekrflow": "/v1/threads",
}
KEY = {"authorization": "Bearer k", "x-api-key": "k"}


def ask(asked: Any, name: str, prefer: str, body: Any = None) -> Any:
    return asked.post(PATHS[name], body or {}, headers={**KEY, "prefer": prefer})


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("name", builtin_names())
def test_every_documented_status_can_be_forced_in_its_documented_shape(client: Any, name: str, layer: str) -> None:
    operation = load(name, layer=layer).operations[0]
    asked = client(name, layer=layer)
    for status in operation.replies:
        if int(status) == operation.success:
            continue
        told = ask(asked, name, f"code={status}")
        assert told.status == int(status)
        assert told.headers["preference-applied"] == f"code={status}"
        assert check_response(operation, Request("POST", "/"), Response(told.status, told.headers, told.body)) == []
    assert asked.get("/_mock/things").json()["count"] == 0


def test_the_documented_conflict_tells_that_it_was_forced(client: Any) -> None:
    told = ask(client("langsmith"), "langsmith", "code=409")
    assert told.status == 409
    assert list(told.json()) == ["detail"]
    assert "Prefer" in told.json()["detail"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 429, 451, 500, 502, 503, 599])
def test_any_other_error_can_be_forced_as_problem_json(client: Any, status: int) -> None:
    told = ask(client("scale"), "scale", f"code={status}")
    assert told.status == status
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json()["type"].startswith("urn:threadmock:")


@pytest.mark.parametrize(
    "code", ["100", "199", "201", "204", "302", "600", "999", "0", "99", "-1", "abc", "20", "4090", "٤٠٩"]
)
def test_a_preference_that_can_not_be_met_says_which_can(client: Any, code: str) -> None:
    asked = client("langsmith")
    told = ask(asked, "langsmith", f"code={code}")
    assert told.status == 400
    assert told.headers["content-type"] == "application/problem+json"
    assert "409" in told.json()["detail"]
    assert asked.get("/_mock/things").json()["count"] == 0


def test_the_success_status_is_what_happens_anyway(client: Any) -> None:
    asked = client("langsmith")
    assert ask(asked, "langsmith", "code=200").json()["thread_id"]
    assert asked.get("/_mock/things").json()["count"] == 1


def test_a_preference_that_nobody_knows_is_passed_over(client: Any) -> None:
    assert ask(client("langsmith"), "langsmith", "respond-async, wait=5").status == 200


def test_a_forced_answer_needs_no_valid_request_and_no_credentials(client: Any) -> None:
    told = client("seekrflow").send("POST", "/v1/threads", headers={"prefer": "code=422"}, body=b"{")
    assert told.status == 422


def test_a_named_example_is_answered_and_nothing_is_stored(client: Any, data: Any) -> None:
    asked = client(data / "things.yaml")
    told = asked.post("/things", {"name": "n"}, headers={"prefer": "example=second"})
    assert told.status == 201
    assert told.json() == {"id": "thing-2", "name": "Second", "created_at": "2026-01-01T00:00:00Z"}
    assert told.headers["preference-applied"] == 'example="second"'
    assert asked.get("/_mock/things").json()["count"] == 0


def test_an_unknown_example_is_told_the_nearest(client: Any, data: Any) -> None:
    told = client(data / "things.yaml").post("/things", {"name": "n"}, headers={"prefer": "example=secnd"})
    assert told.status == 400
    assert "second" in told.json()["detail"]


def test_an_example_where_there_is_none_says_so(client: Any) -> None:
    told = ask(client("langsmith"), "langsmith", "example=basic")
    assert told.status == 400
    assert "no named examples" in told.json()["detail"]
