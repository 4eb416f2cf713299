"""Documents of any media type: nothing is found on their mock, every declared type is asked for, every body can be sent."""

import json
from typing import Any

import pytest
from threadmock.contracts import verify
from threadmock.contracts.cases.case import build_request, plain_body
from threadmock.contracts.generation.coverage import coverage
from threadmock.mockserver.pipeline import answer
from threadmock.specs.loader import load

TEXT = {"type": "string"}
THING = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "pattern": "^[a-z]{3}$"}}}
OTHER = {"type": "object", "required": ["plain"], "properties": {"plain": {"type": "boolean"}}}
JSON = "application/json"
REFUSED = {"422": {"description": "", "content": {"text/plain": {"schema": TEXT}}}}


def reply(**content: Any) -> dict[str, Any]:
    return {"200": {"description": "", "content": content}}


def body(**content: Any) -> dict[str, Any]:
    return {"required": True, "content": content}


DOCUMENTS: dict[str, Any] = {
    "texts": {
        "/a": {"get": {"responses": reply(**{"text/plain": {"example": "pong"}})}},
        "/b": {"post": {"requestBody": body(**{"text/plain": {"schema": {**TEXT, "minLength": 3}}}), "responses": {**reply(**{"text/plain": {"schema": TEXT}}), **REFUSED}}},
    },
    "files": {
        "/a": {"get": {"responses": reply(**{"image/png": {"schema": {**TEXT, "format": "binary"}}})}},
        "/b": {"put": {"requestBody": body(**{"application/octet-stream": {}}), "responses": {"204": {"description": ""}}}},
        "/c": {"put": {"requestBody": body(**{"image/png": {}}), "responses": {"204": {"description": ""}}}},
    },
    "several types": {
        "/a": {"get": {"responses": reply(**{"application/vnd.api+json": {"schema": THING}, JSON: {"schema": OTHER}, "application/xml": {"schema": THING}})}},
        "/b": {"post": {"requestBody": body(**{JSON: {"schema": THING}}), "responses": reply(**{"text/event-stream": {"schema": {"type": "object"}}, JSON: {"schema": OTHER}})}},
    },
    "ranges": {"/a": {"get": {"responses": reply(**{"*/*": {"schema": THING}})}}, "/b": {"get": {"responses": reply(**{"text/*": {"schema": TEXT}})}}},
    "redirects": {"/a": {"get": {"responses": {"302": {"description": "", "headers": {"Location": {"required": True, "schema": TEXT}}}}}}, "/b": {"get": {"responses": {"304": {"description": ""}}}}},
    "brackets": {
        "/a": {"get": {"parameters": [{"name": "filter", "in": "query", "style": "deepObject", "required": True, "schema": OTHER}], "responses": {"200": {"description": ""}, "422": {"description": ""}}}},
        "/b": {"post": {"requestBody": body(**{"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"n": {"type": "integer"}, "x": OTHER}}}}), "responses": {**reply(**{JSON: {"schema": {"type": "object", "properties": {"n": {"type": "integer"}}}}}), "422": {"description": ""}}}},
    },
}  # fmt: skip


def written(tmp_path: Any, paths: Any) -> Any:
    path = tmp_path / "document.json"
    path.write_text(
        json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}), encoding="utf-8"
    )
    return path


@pytest.mark.parametrize("what", DOCUMENTS)
def test_nothing_is_found_on_the_mock_of_a_document_of_any_media_type(what: str, tmp_path: Any) -> None:
    report = verify(written(tmp_path, DOCUMENTS[what]), seed=7, max_examples=10)
    assert report.failures == (), str(report)
    assert report.findings == (), str(report)
    untested = [each.operation for each in report.operations if each.untested]
    assert untested == (["put-c"] if what == "files" else [])  # nobody knows which pictures are taken


def test_nobody_is_asked_for_a_certificate_that_no_request_holds(tmp_path: Any) -> None:
    schemes = {"tls": {"type": "mutualTLS"}, "key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    node = {"responses": {"200": {"description": ""}, "401": {"description": ""}}}
    paths = {f"/{name}": {"get": {**node, "security": [{name: []}]}} for name in schemes}
    path = written(tmp_path, paths)
    tree = json.loads(path.read_text(encoding="utf-8")) | {"components": {"securitySchemes": schemes}}
    path.write_text(json.dumps(tree), encoding="utf-8")
    assert verify(path, seed=7, max_examples=5).failures == ()
    tls, key = load(path).operations
    asked = [[case for case in coverage(each) if case.intent == "credentials"] for each in (tls, key)]
    assert [bool(each) for each in asked] == [False, True]


def test_each_declared_type_is_asked_for_once(tmp_path: Any) -> None:
    first, second = load(written(tmp_path, DOCUMENTS["several types"])).operations
    for operation in (first, second):
        asked = [case.request.headers["accept"] for case in coverage(operation) if case.label.startswith("accept ")]
        assert asked == [media.content_type for media in operation.replies["200"].content.values()]


def test_a_type_whose_body_is_of_another_is_found(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, {"/a": DOCUMENTS["several types"]["/a"]})
    told = (JSON, b'{"plain":"no boolean"}')
    monkeypatch.setattr(answer, "represent", lambda *_: told)
    assert verify(path, seed=7, max_examples=10).failures


def test_a_body_that_has_to_be_sent_is_sent_in_its_own_type(tmp_path: Any) -> None:
    bodies = {
        "text": ({"text/plain": {"schema": {**TEXT, "minLength": 3}}}, True),
        "number": ({"text/plain": {"schema": {"type": "integer"}}}, True),
        "example": ({"application/xml": {"example": "<a/>"}}, True),
        "bytes": ({"application/octet-stream": {}}, True),
        "picture": ({"image/png": {}}, False),
        "json": ({"text/plain": {}, JSON: {"schema": THING}}, False),
    }
    paths = {
        f"/{name}": {"put": {"requestBody": body(**content), "responses": {}}} for name, (content, _) in bodies.items()
    }
    for operation in load(written(tmp_path, paths)).operations:
        content, sent = bodies[operation.path[1:]]
        assert (plain_body(operation) != ("", b"")) is sent
        assert (build_request(operation).headers.get("content-type") in content) is sent
