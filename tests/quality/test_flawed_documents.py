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
from threadmock.mockserver.control.exchanges import list_exchanges
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


SHOWN = {"type": "object", "required": ["id", "x"], "properties": {"id": {"type": "string"}, "x": {"type": "string"}}}


def with_answer(folder: Path, x: Any) -> Path:
    """A document whose `/bads` answer with that member, and whose `/goods` do without."""
    bad = {**SHOWN, "properties": {"id": {"type": "string"}, "x": x}}
    paths = {
        path: {
            "post": {"requestBody": {"content": {JSON: {"schema": {"type": "object"}}}}, **answer(schema, "201")},
            "get": answer({"type": "array", "items": schema}),
        }
        for path, schema in (("/bads", bad), ("/goods", SHOWN))
    }
    file = folder / "pad.json"
    file.write_text(json.dumps(document_of(paths)), encoding="utf-8")
    return file


UNFIT = {
    "nothing": {"not": {}},
    "no whole number": {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "two types": {"allOf": [{"type": "string"}, {"type": "integer"}]},
    "closed": {"type": "object", "required": ["y"], "properties": {}, "additionalProperties": False},
    "five of two": {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 5, "uniqueItems": True},
    "pattern and length": {"type": "string", "pattern": "^[A-Z]{9}$", "maxLength": 3},
}


@pytest.mark.parametrize("x", UNFIT.values(), ids=UNFIT)
def test_an_answer_that_nothing_fits_leaves_marked_and_costs_no_other(tmp_path: Path, x: Any) -> None:
    client = Client(make_gateway(str(with_answer(tmp_path, x))))
    (contract,) = client.gateway.contracts
    assert [str(each) for each in contract.operations if each.unanswerable] == ["POST /bads"]
    assert any("POST /bads has no answer that fits" in each for each in contract.warnings)
    bad, good = client.send("POST", "/bads", json={}), client.send("POST", "/goods", json={})
    assert (bad.status, good.status) == (201, 201)
    assert bad.headers["x-threadmock-broken"].startswith("body/")
    assert [client.get("/bads").status, client.get("/goods").status] == [200, 200]
    for each in (good, client.get("/bads"), client.get("/goods")):
        assert "x-threadmock-broken" not in each.headers
    assert "nothing fits: body/" in list_exchanges(client.gateway)["exchanges"][0]["reason"]


def test_what_no_answer_can_conform_to_is_not_tested_and_said(tmp_path: Path) -> None:
    status, out = invoke("verify", str(with_answer(tmp_path, {"not": {}})), "--dry-run")
    assert status == 0
    assert "POST /bads: not tested, no answer can conform: pad.json#" in out
    assert "POST /goods: writes" in out
