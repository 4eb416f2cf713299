"""What the guard makes of operations that nobody declared: searches, removals by a body or of everything, starts of runs."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from support.documents import JSON, document_of
from threadmock.contracts.target.guard import Guard, writes
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
