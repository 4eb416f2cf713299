"""What the guard makes of operations that nobody declared: searches, removals by a body or of everything, starts of runs."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from support.documents import JSON, document_of
from threadmock.contracts.engine.dry_run import plan
from threadmock.contracts.engine.run import prepare
from threadmock.contracts.options import Settings
from threadmock.contracts.replays.leftovers import touched
from threadmock.contracts.target.guard import Guard, unowned, writes
from threadmock.contracts.target.run_budget import RunBudget, starts_runs
from threadmock.contracts.transport.errors import Forbidden
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.loader import load
from threadmock.specs.wire.messages import Request

THING = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
LIST = {"type": "array", "items": THING}
BODY = {"content": {JSON: {"schema": {"type": "object"}}}}


def contract_of(method: str, path: str, schema: Any = LIST, status: str = "200", **more: Any) -> Contract:
    """A contract of one operation."""
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    parameters = [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names]
    reply = {"description": "", **({"content": {JSON: {"schema": schema}}} if schema else {})}
    node = {"parameters": parameters, "requestBody": BODY, "responses": {status: reply}, **more}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "document.json"
        place.write_text(json.dumps(document_of({path: {method.lower(): node}})), encoding="utf-8")
        return load(str(place))


def one(*given: Any, **more: Any) -> Operation:
    return contract_of(*given, **more).operations[0]


class Owned:
    """Who knows one thing."""

    def owns(self, _: str, value: object) -> bool:
        return value in ("mine", 7)


def passes(
    contract: Contract, body: Any = None, query: str = "", raw: bytes | None = None, *, local: bool = True
) -> bool:
    (operation,) = contract.operations
    data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
    guard = Guard(contract, Owned(), local=local)
    try:
        guard.check(Request(operation.method, operation.path, query, {"content-type": JSON}, data), planned=False)
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize("path", ["/notes/search", "/notes/query", "/notes/_search", "/notes/find", "/notes/lookup/"])
def test_a_search_by_post_is_a_read(path):
    assert not writes(one("POST", path))


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("POST", "/notes", {}),
        ("POST", "/searches", {}),
        ("POST", "/notes/search", {"status": "201"}),
        ("POST", "/notes/search", {"schema": THING}),
        ("DELETE", "/notes/search", {}),
        ("PUT", "/notes/search", {}),
        ("POST", "/notes/search", {"x-behaviour": {"action": "fixed"}}),
    ],
)
def test_what_only_resembles_a_search_is_a_write(method, path, more):
    assert writes(one(method, path, **more))


@pytest.mark.parametrize(
    ("body", "query", "passed"),
    [
        ({"ids": ["mine"]}, "", True),
        ({"ids": [7]}, "", True),
        ({"noteIds": ["mine"]}, "", True),
        ({"filter": {"note_id": "mine"}}, "", True),
        (["mine"], "", True),
        (None, "id=mine", True),
        ({"ids": ["mine", "theirs"]}, "", False),
        ({"ids": []}, "", False),
        ({"ids": None}, "", False),
        ({"older_than": 5}, "", False),
        ({"ids": ["mine"], "user_id": "theirs"}, "", False),
        (None, "", False),
        (None, "id=theirs", False),
        (None, "all=true", False),
    ],
)
@pytest.mark.parametrize("local", [True, False])
def test_a_removal_without_a_key_in_its_path_names_what_is_ours_or_is_not_sent(body, query, passed, local):
    assert passes(contract_of("DELETE", "/notes", None, "204"), body, query, local=local) is passed


def test_a_removal_whose_body_can_not_be_read_is_not_sent():
    assert not passes(contract_of("DELETE", "/notes", None, "204"), raw=b'{"ids": ["mine"')


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/runs"),
        ("POST", "/apps/{app}/jobs"),
        ("PUT", "/jobs/{job_id}"),
        ("POST", "/threads/{id}/runs/wait-run"),
        ("POST", "/crons"),
        ("POST", "/functions/{name}/executions"),
        ("POST", "/builds/{id}/restart"),
        ("POST", "/sites/{id}/deployments"),
        ("POST", "/startExecution"),
        ("POST", "/flows/{id}/trigger"),
    ],
)
def test_what_sounds_like_a_start_waits_to_be_allowed(method, path):
    contract = contract_of(method, path, THING, "201")
    (operation,) = contract.operations
    assert starts_runs(operation)
    assert RunBudget(contract, 0).forbids(operation)
    assert not RunBudget(contract, 3).forbids(operation)


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("GET", "/runs", {}),
        ("POST", "/runs/search", {}),
        ("POST", "/jobs/{job_id}/cancel", {}),
        ("DELETE", "/jobs/{job_id}", {}),
        ("PATCH", "/crons/{id}", {}),
        ("POST", "/trunks", {}),
        ("POST", "/notes", {}),
        ("POST", "/runs", {"x-behaviour": {"action": "create", "key": {"field": "id", "otherwise": "uuid4"}}}),
    ],
)
def test_what_starts_nothing_or_was_declared_does_not(method, path, more):
    assert not starts_runs(one(method, path, THING, "200", **more))


PROFILE = {"type": "object", "properties": {"theme": {"type": "string"}, "locale": {"type": "string"}}}
USER = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}


def operation_of(path: str, schema: Any, status: str = "200", *, asks: bool = True) -> dict[str, Any]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    reply = {"description": "", **({"content": {JSON: {"schema": schema}}} if status != "204" else {})}
    node: dict[str, Any] = {"responses": {status: reply, "404": {"description": ""}}}
    node["parameters"] = [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names]
    return node | ({"requestBody": {"content": {JSON: {"schema": schema}}}} if asks else {})


def write_settings(folder: Path, *paths: str, users: bool = True) -> str:
    """Write a document of things of which there is one at each path, beside users."""
    methods = {
        "get": {"asks": False},
        "put": {},
        "patch": {},
        "delete": {"status": "204", "asks": False},
        "post": {"status": "201"},
    }
    made: dict[str, Any] = {
        path: {method: operation_of(path, PROFILE, **more) for method, more in methods.items()}  # type: ignore[arg-type]
        for path in paths
    }
    if users:
        made["/users"] = {"post": operation_of("/users", USER, "201"), "get": operation_of("/users", LIST, asks=False)}
        made["/users/{id}"] = {"get": operation_of("/users/{id}", USER, asks=False)}
    place = folder / "document.json"
    place.write_text(json.dumps(document_of(made)), encoding="utf-8")
    return str(place)


def sends(contract: Contract, method: str, path: str, *, local: bool) -> bool:
    try:
        Guard(contract, Owned(), local=local).check(
            Request(method, path, "", {"content-type": JSON}, b'{"theme": "dark"}'), planned=False
        )
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
@pytest.mark.parametrize("path", ["/settings", "/me", "/v1/profile", "/{tenant}/settings", "/orgs/{org}/settings"])
def test_a_thing_of_which_there_is_one_is_only_read(method, path, local, tmp_path):
    contract = load(write_settings(tmp_path, path))
    sent = path.replace("{tenant}", "mine").replace("{org}", "mine")
    assert not sends(contract, method, sent, local=local)
    assert sends(contract, "GET", sent, local=local)
    reasons = {each.method: unowned(contract, each) for each in contract.operations if each.path == path}
    assert "it would change" in reasons[method]
    assert reasons["GET"] == ""


@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_thing_of_which_there_is_one_below_our_own_may_be_changed(method, local, tmp_path):
    contract = load(write_settings(tmp_path, "/users/{id}/profile"))
    assert sends(contract, method, "/users/mine/profile", local=local)
    assert not sends(contract, method, "/users/somebodys1/profile", local=local)
    assert not any(unowned(contract, each) for each in contract.operations)


def test_methods_that_the_path_of_such_a_thing_lacks_are_not_tried(tmp_path):
    place = Path(write_settings(tmp_path, "/settings"))
    document = json.loads(place.read_text("utf-8"))
    del document["paths"]["/settings"]["delete"], document["paths"]["/users"]["get"]
    place.write_text(json.dumps(document), encoding="utf-8")
    assert not sends(load(str(place)), "DELETE", "/settings", local=True)
    assert sends(load(str(place)), "PUT", "/users", local=True)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_is_written_without_an_answer_and_at_no_key_is_not_sent(method):
    assert not passes(contract_of(method, "/quota", None, "204"), {"limit": 1})
    assert passes(contract_of("POST", "/greet", None, "204"), {"name": "Ann"})


def test_the_plan_says_what_is_not_sent_and_the_mock_in_process_gets_it(tmp_path):
    document = write_settings(tmp_path, "/settings", "/users/{id}/profile")
    run = prepare(Settings(document, target="http://127.0.0.1:9", dry_run=True))
    told = [line.strip() for line in plan(run) if "not tested" in line]
    why = "not tested, not sent, what it would change may be there already: its path names none of ours"
    assert set(told) == {f"{each} /settings: {why}" for each in ("PUT", "PATCH", "DELETE", "POST")}
    assert not any(each.path == "/settings" and each.method != "GET" for each in run.asked)
    assert len(prepare(Settings(document)).asked) == len(run.asked) + 4


def test_a_saved_request_about_such_a_thing_names_what_no_test_made(tmp_path):
    contract = load(write_settings(tmp_path, "/settings"))
    by_method = {each.method: each for each in contract.operations if each.path == "/settings"}
    assert touched(contract, by_method["PUT"], Request("PUT", "/settings", "", {}, b"{}")) == ["/settings"]
    assert touched(contract, by_method["GET"], Request("GET", "/settings", "", {}, b"")) is None
