"""Documents as they are published, with the habits of their generators: nothing is found on their mock, all is asked."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.documents import JSON, OK, document_of
from threadmock.contracts import verify

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
FASTAPI = {
    "type": "object",
    "required": ["loc", "msg", "type"],
    "properties": {"loc": {"type": "array", "items": TEXT}, "msg": TEXT, "type": TEXT},
}
THING = {"type": "object", "required": ["name"], "properties": {"id": NUMBER, "name": TEXT}}
CHOSEN = {**THING, "required": ["id", "name"]}
CODED = {**CHOSEN, "properties": {"id": {"type": "string", "pattern": "^[a-z]{3}-[0-9]{4}$"}, "name": TEXT}}


def reply(schema: dict[str, Any], *others: str) -> dict[str, Any]:
    return {"description": "", "content": {name: {"schema": schema} for name in (*others, JSON)}}


def body(schema: dict[str, Any], *others: str) -> dict[str, Any]:
    return {"required": True, "content": {name: {"schema": schema} for name in (JSON, *others)}}


def parameter(name: str, where: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": where, "required": True, "schema": schema, **more}


DETAILS = reply({"type": "object", "properties": {"detail": {"type": "array", "items": FASTAPI}}})
LETTERS = {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "a required query beside a body": {
        "/a": {"post": {"parameters": [parameter("q", "query", TEXT)], "requestBody": body(THING), "responses": {**OK, "422": {"description": ""}}}}
    },
    "XML among the bodies": {"/a": {"post": {"requestBody": body(THING, "application/xml"), "responses": {**OK, "400": {"description": ""}}}}},
    "XML before JSON in the answer": {
        "/a": {"post": {"requestBody": body(THING), "responses": {"200": reply(THING, "application/xml"), "400": {"description": ""}}}},
        "/a/{id}": {"get": {"parameters": [parameter("id", "path", NUMBER)], "responses": {"200": reply(THING, "application/xml"), "404": {"description": ""}}}},
    },
    "401 and 404, and no status for a wrong request": {
        "/a": {"post": {"requestBody": body(THING), "responses": {**OK, "401": {"description": ""}, "404": {"description": ""}}}}
    },
    "errors alone": {"/a": {"get": {"parameters": [parameter("q", "query", TEXT)], "responses": {"403": {"description": ""}}}}},
    "a key of a few names": {
        "/a/{name}": {"put": {"parameters": [parameter("name", "path", {"enum": ["one", "two"]})], "requestBody": body(THING), "responses": {"200": reply(THING)}}}
    },
    "a whole number that the client chooses": {
        "/a": {"post": {"requestBody": body(THING), "responses": {"200": reply({**THING, "required": ["id"]}), "400": {"description": ""}}}}
    },
    "a whole number that the client has to choose": {
        "/a": {"post": {"requestBody": body(CHOSEN), "responses": {"201": reply(CHOSEN), "400": {"description": ""}, "409": {"description": ""}}}},
        "/a/{id}": {"get": {"parameters": [parameter("id", "path", NUMBER)], "responses": {"200": reply(CHOSEN), "404": {"description": ""}}}},
    },
    "a whole number that the client has to choose, and no status for one that is taken": {
        "/a": {"post": {"requestBody": body(CHOSEN), "responses": {"200": reply(CHOSEN), "400": {"description": ""}}}}
    },
    "a text of a form that the client has to choose": {
        "/a": {"post": {"requestBody": body(CODED), "responses": {"201": reply(CODED), "400": {"description": ""}, "409": {"description": ""}}}}
    },
    "a list in one text": {"/a": {"get": {"parameters": [parameter("kinds", "query", LETTERS, style="form", explode=False)], "responses": {**OK, "400": {"description": ""}}}}},
    "a redirect": {"/a/{id}": {"get": {"parameters": [parameter("id", "path", TEXT)], "responses": {"302": {"description": ""}, "404": {"description": ""}}}}},
    "places as texts": {"/a": {"post": {"requestBody": body({"type": "array", "items": THING}), "responses": {**OK, "422": DETAILS}}}},
    "an object or a list": {
        "/a": {"post": {"requestBody": body({"type": "object", "required": ["x"], "properties": {"x": {"oneOf": [{"type": "array", "items": TEXT}, {"type": "object", "properties": {"y": TEXT}}]}}}), "responses": {**OK, "400": {"description": ""}}}}
    },
    "errors of branches that are alike": {
        "/a/{id}": {"get": {"parameters": [parameter("id", "path", TEXT)], "responses": {"200": reply({"type": "object", "properties": {"id": TEXT}}), "404": reply({"oneOf": [{"type": "object", "required": ["title"], "properties": {"title": TEXT}}, {"type": "object", "required": ["title"], "properties": {"title": TEXT, "x": TEXT}}]})}}}
    },
    "a create that tells no key": {
        "/pets": {"post": {"responses": {"201": {"description": ""}, "default": reply(THING)}}, "get": {"responses": {"200": reply({"type": "array", "items": THING})}}},
        "/pets/{petId}": {"get": {"parameters": [parameter("petId", "path", TEXT)], "responses": {"200": reply(THING)}}},
    },
    "a whole number in the path and a text in the thing": {
        "/pets": {"get": {"responses": {"200": reply({"type": "array", "items": {"type": "object", "properties": {"id": TEXT}}})}}},
        "/pets/{id}": {"get": {"parameters": [parameter("id", "path", NUMBER)], "responses": {"200": reply({"type": "object", "properties": {"id": TEXT}})}}},
    },
    "a list of what nothing fits": {
        "/pets": {"get": {"responses": {"200": reply({"type": "array", "items": {"type": "object", "required": ["id"], "properties": {"id": {"not": {}}}}})}}},
        "/pets/{id}": {"get": {"parameters": [parameter("id", "path", NUMBER)], "responses": {"200": reply({"type": "object"})}}},
    },
    "a change of the thing that the body names": {
        "/pet": {
            "post": {"requestBody": body(THING), "responses": {"405": {"description": ""}}},
            "put": {"requestBody": body({**THING, "required": ["id", "name"]}), "responses": {"200": reply({**THING, "required": ["id"]}, "application/xml"), "400": {"description": ""}, "404": {"description": ""}}},
        },
        "/pet/{petId}": {"get": {"parameters": [parameter("petId", "path", NUMBER)], "responses": {"200": reply(THING), "400": {"description": ""}, "404": {"description": ""}}}},
    },
    "a parent's name of another form": {
        "/shops/{shopId}/items": {"post": {"parameters": [parameter("shopId", "path", TEXT)], "requestBody": body(THING), "responses": {"201": reply(THING)}}},
        "/shops/{shopId}/items/{id}": {"get": {"parameters": [parameter("shopId", "path", TEXT), parameter("id", "path", NUMBER)], "responses": {"200": reply({**THING, "required": ["shop_id"], "properties": {"id": NUMBER, "shop_id": {"type": "string", "format": "uuid"}}})}}},
    },
}  # fmt: skip


@pytest.mark.parametrize("what", DOCUMENTS)
def test_nothing_is_found_on_the_mock_of_a_published_document(what: str, tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document_of(DOCUMENTS[what], version="3.0.3")), encoding="utf-8")
    report = verify(path, seed=3, max_examples=5, max_requests=60)
    assert report.failures == (), str(report)
    assert [each.operation_id for each in report.operations if each.untested] == []


def test_a_key_that_the_path_does_not_take_fails_nobody(tmp_path: Path) -> None:
    """The client may choose any whole number, and the thing is read by small ones alone."""
    few = {"type": "integer", "minimum": 1, "maximum": 10}
    paths = {
        "/orders": {"post": {"requestBody": body(THING), "responses": {"200": reply({**THING, "required": ["id"]}), "400": {"description": ""}}}},
        "/orders/{id}": {"get": {"parameters": [parameter("id", "path", few)], "responses": {"200": reply(THING), "400": {"description": ""}, "404": {"description": ""}}}},
    }  # fmt: skip
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document_of(paths)), encoding="utf-8")
    assert verify(path, seed=3, max_examples=5, max_requests=60).failures == ()
