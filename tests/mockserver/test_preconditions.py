"""A document with If-Match, 412 and 428: a change names the state that it is meant for."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.clients import Client, make_gateway
from threadmock.contracts import verify

TEXT = {"type": "string"}
NOTE = {"type": "object", "required": ["id", "text"], "properties": {"id": {"type": "integer"}, "text": TEXT}}
NEW = {"type": "object", "required": ["text"], "properties": {"text": TEXT}}


def shown(status: str, **more: Any) -> dict[str, Any]:
    return {status: {"description": "", "content": {"application/json": {"schema": NOTE}}, **more}}


def bare(*statuses: str) -> dict[str, Any]:
    return {status: {"description": ""} for status in statuses}


def notes(tmp_path: Path, *statuses: str, header: bool = True, required: bool = False, name: str = "If-Match") -> Path:
    key = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    match = [{"name": name, "in": "header", "required": required, "schema": TEXT}] if header else []
    body = {"required": True, "content": {"application/json": {"schema": NEW}}}
    tag = {"headers": {"ETag": {"schema": TEXT}}}
    paths = {
        "/notes": {"post": {"requestBody": body, "responses": {**shown("201", **tag), **bare("400")}}},
        "/notes/{id}": {
            "get": {"parameters": [key], "responses": {**shown("200", **tag), **bare("404")}},
            "put": {"parameters": [key, *match], "requestBody": body, "responses": {**shown("200", **tag), **bare("400", "404", *statuses)}},
            "delete": {"parameters": [key, *match], "responses": bare("204", "400", "404", *statuses)},
        },
    }  # fmt: skip
    file = tmp_path / "notes.json"
    file.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}))
    return file


def change(client: Client, method: str = "PUT", path: str = "/notes/1", **headers: str) -> int:
    body = {"json": {"text": "new"}} if method == "PUT" else {}
    return client.send(
        method, path, headers={name.replace("_", "-"): text for name, text in headers.items()}, **body
    ).status


@pytest.mark.parametrize("required", [True, False])
def test_a_change_needs_the_present_state(tmp_path: Path, required: bool) -> None:
    client = Client(make_gateway(str(notes(tmp_path, "412", "428", required=required))))
    tag = client.post("/notes", {"text": "one"}).headers["etag"]
    assert change(client) == 428
    assert change(client, "DELETE") == 428
    assert change(client, if_match='"other"') == 412
    assert client.get("/notes/1").json()["text"] == "one"
    assert change(client, if_match=tag) == 200
    assert change(client, if_match=tag) == 412
    assert change(client, "DELETE", if_match=tag) == 412
    assert change(client, path="/notes/9", if_match=tag) == 404
    assert change(client, path="/notes/9") == 404
    assert change(client, "DELETE", if_match=client.get("/notes/1").headers["etag"]) == 204


def test_without_the_status_or_the_header_no_state_is_needed(tmp_path: Path) -> None:
    for statuses, header in ((("412",), True), (("428",), False), ((), True)):
        client = Client(make_gateway(str(notes(tmp_path, *statuses, header=header))))
        client.post("/notes", {"text": "one"})
        assert change(client) == 200


def test_what_must_not_be_there_yet_is_refused_where_it_is(tmp_path: Path) -> None:
    client = Client(make_gateway(str(notes(tmp_path, "412", name="If-None-Match"))))
    client.post("/notes", {"text": "one"})
    assert change(client, if_none_match="*") == 412
    assert change(client, if_none_match='"other"') == 200


@pytest.mark.parametrize("statuses", [("412", "428"), ("412",), ("428",)])
def test_the_suite_names_the_state_and_finds_nothing_on_the_mock(tmp_path: Path, statuses: tuple[str, ...]) -> None:
    report = verify(notes(tmp_path, *statuses, required="428" in statuses), seed=3, max_examples=5)
    assert report.failures == (), str(report)
    assert report.findings == (), str(report)
    assert [each.operation_id for each in report.operations if each.untested] == []
