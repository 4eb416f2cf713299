"""A document with a flaw in one operation: the others work everywhere, and each command says what is left out and why."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.clients import Client, make_gateway
from support.command_line import invoke
from support.documents import JSON, document_of
from threadmock.contracts.settings import UsageError, chosen_operations
from threadmock.mockserver.cli.greeting import greeting
from threadmock.specs.errors import RuleError, SpecError
from threadmock.specs.loader import load

NOTE = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "text": {"type": "string"}}}


def answer(schema: Any, status: str = "200") -> dict[str, Any]:
    return {"responses": {status: {"description": "", "content": {JSON: {"schema": schema}}}}}


KEY = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]}
PATHS = {
    "/notes": {
        "post": {"requestBody": {"content": {JSON: {"schema": {"type": "object"}}}}, **answer(NOTE, "201")},
        "get": answer({"type": "array", "items": NOTE}),
    },
    "/notes/{id}": {"get": {**KEY, **answer(NOTE)}, "delete": {**KEY, **answer({"$ref": "#/components/schemas/Nte"})}},
    "/odd": [],
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("flawed") / "pad.json"
    components = {"schemas": {"Note": NOTE}}
    file.write_text(json.dumps(document_of(PATHS, components=components), indent=1), encoding="utf-8")
    return file


def test_the_mock_serves_the_others_and_says_why_one_is_left_out(path: Path) -> None:
    client = Client(make_gateway(str(path)))
    made = client.send("POST", "/notes", json={"text": "a"})
    key = made.json()["id"]
    assert [made.status, client.get(f"/notes/{key}").status, client.get("/notes").status] == [201, 200, 200]
    for where in (f"/notes/{key}", f"/pad/notes/{key}"):
        refused = client.send("DELETE", where)
        assert (refused.status, refused.json()["type"]) == (501, "urn:threadmock:problem:left-out")
        assert "Did you mean 'Note'?" in refused.json()["detail"]
    assert [client.send(method, "/odd").status for method in ("GET", "PUT")] == [501, 501]
    assert client.send("PUT", f"/notes/{key}").status == 405
    told = "\n".join(greeting(client.gateway, "http://127.0.0.1:4040"))
    assert "left out  DELETE /notes/{id}: pad.json#/paths/~1notes~1{id}/delete/" in told
    assert "2 doubts about the document" in told


@pytest.mark.parametrize("command", [["explain"], ["verify", "--dry-run"]], ids=["explain", "plan"])
def test_what_is_left_out_is_told_with_its_place(path: Path, command: list[str]) -> None:
    status, out = invoke(command[0], str(path), *command[1:])
    assert status == 0
    for line in ("DELETE /notes/{id}", "/odd"):
        told = [each for each in out.splitlines() if each.strip().startswith(line) and "left out" in each]
        assert len(told) == 1
        assert "(line " in told[0]


def test_an_operation_that_is_left_out_cannot_be_chosen(path: Path) -> None:
    contract = load(path)
    with pytest.raises(UsageError, match=r"DELETE /notes/\{id\} is left out: .*Did you mean 'Note'"):
        chosen_operations(contract, ["DELETE /notes/{id}"])
    assert [str(each) for each in chosen_operations(contract, ["GET /notes/{id}"])] == ["GET /notes/{id}"]


def test_what_an_overlay_wrote_costs_the_document_and_names_the_overlay(path: Path, tmp_path: Path) -> None:
    overlay = tmp_path / "more.yaml"
    text = """\
overlay: 1.0.0
info: {title: more, version: "1"}
actions:
  - target: $.paths['/notes'].get
    update: {parameters: [{$ref: "#/components/parameters/None"}]}
"""
    overlay.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match=r"more\.yaml#/actions/0/update/parameters/0 \(line 5\)"):
        load(path, overlays=overlay)
    overlay.write_text(text.replace("{parameters: [{$ref: ", "{x-behaviour: {action: [").replace("}]}", "]}}"))
    with pytest.raises(RuleError, match=r"more\.yaml#"):
        load(path, overlays=overlay)
