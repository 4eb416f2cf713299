"""A refusal leaves in the media type that the document gives its status, with a body that its schema takes."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.documents import JSON, document_of
from threadmock.mockserver import create_mock
from werkzeug.test import Client, TestResponse

TEXT = {"type": "string"}
THING = {"type": "object", "required": ["id"], "properties": {"id": TEXT}}
ODD = {"type": "object", "required": ["oops"], "properties": {"oops": {"type": "integer"}}}
PROBLEM = "application/problem+json"
CONTENTS: dict[str, dict[str, Any]] = {
    "JSON without schema": {JSON: {}},
    "JSON of its own": {JSON: {"schema": ODD}},
    "JSON of a vendor": {"application/vnd.odd+json": {"schema": ODD}},
    "a list": {JSON: {"schema": {"type": "array", "items": TEXT}}},
    "text": {"text/plain": {"schema": TEXT}},
    "a page": {"text/html": {}},
    "XML": {"application/xml": {"schema": ODD}},
    "problems": {PROBLEM: {}},
}


def client_of(folder: Path, refusals: dict[str, Any]) -> Client:
    replies = {"200": {"description": "", "content": {JSON: {"schema": THING}}}, **refusals}
    key = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    many = {"name": "n", "in": "query", "schema": {"type": "integer"}}
    body = {"required": True, "content": {JSON: {"schema": THING}}}
    document = document_of(
        {
            "/things": {"post": {"parameters": [many], "requestBody": body, "responses": replies}},
            "/things/{id}": {"get": {"parameters": [key], "responses": replies}},
            "/safe": {"get": {"security": [{"k": []}], "responses": replies}},
        },
        components={"securitySchemes": {"k": {"type": "http", "scheme": "bearer"}}},
    )
    path = folder / "api.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return Client(create_mock(path).wsgi)


def refusals_of(client: Client) -> list[TestResponse]:
    return [
        client.post("/things?n=x", json={"id": "a"}),
        client.post("/things", json={"id": 1}),
        client.post("/things", data=b"{", content_type=JSON),
        client.post("/things", data=b"x", content_type="image/png"),
        client.get("/things/7"),
        client.get("/things/7", headers={"accept": "image/png"}),
        client.get("/safe"),
    ]


@pytest.mark.parametrize("statuses", [("400", "401", "404", "406", "415", "422"), ("4XX",), ("default",)])
@pytest.mark.parametrize("what", CONTENTS)
def test_a_refusal_has_the_documented_media_type(what, statuses, tmp_path):
    content = CONTENTS[what]
    ((media_type, form),) = content.items()
    answers = refusals_of(client_of(tmp_path, {key: {"description": "", "content": content} for key in statuses}))
    assert all(400 <= answer.status_code < 500 for answer in answers)
    assert {answer.mimetype for answer in answers} == {media_type}
    for answer in answers:
        assert answer.data
        if media_type.endswith("json"):
            jsonschema.validate(json.loads(answer.data), form.get("schema", {}))


@pytest.mark.parametrize("refusals", [{}, {"404": {"description": "no body is documented"}}])
def test_a_refusal_without_a_documented_body_is_a_problem(refusals, tmp_path):
    assert {answer.mimetype for answer in refusals_of(client_of(tmp_path, refusals))} == {PROBLEM}
