"""Documents as people write them: the suite has nothing to find on their own mock, and one operation costs no other."""

import json
from pathlib import Path

import pytest
from support.documents import JSON
from threadmock.contracts import verify

TEXT = {"type": "string"}
DETAIL = {"description": "bad", "content": {JSON: {"schema": {"type": "object", "properties": {"detail": TEXT}}}}}


def body(media_type: str, schema: dict) -> dict:
    return {"required": True, "content": {media_type: {"schema": schema}}}


def shown(**members: dict) -> dict:
    schema = {"type": "object", "required": ["id"], "properties": {"id": TEXT, **members}}
    return {"description": "ok", "content": {JSON: {"schema": schema}}}


def charge(media_type: str, **more: dict) -> dict:
    asked = {
        "type": "object",
        "required": ["amount"],
        "properties": {"amount": {"type": "integer"}, "note": TEXT, **more},
    }
    replies = {"200": shown(amount={"type": "integer"}, note=TEXT), "422": DETAIL}
    return {"requestBody": body(media_type, asked), "responses": replies}


DOCUMENTS = {
    "a form whose members the answer shows": {"/charges": {"post": charge("application/x-www-form-urlencoded")}},
    "an upload": {"/files": {"post": charge("multipart/form-data", file={"type": "string", "format": "binary"})}},
    "a body that takes no other members": {
        "/agents": {
            "post": {
                "requestBody": body(JSON, {"type": "object", "additionalProperties": False, "required": ["name"], "properties": {"name": TEXT}}),
                "responses": {"200": shown(name=TEXT, version={"type": "integer"}, made={"type": "string", "format": "date-time"}), "422": DETAIL},
            }
        }
    },
}  # fmt: skip


def written(folder: Path, paths: dict) -> Path:
    tree = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "security": [{"key": []}],
        "paths": paths,
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }
    for item in paths.values():
        for operation in item.values():
            operation["responses"].setdefault("401", DETAIL)
    path = folder / "document.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    return path


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("paths", DOCUMENTS.values(), ids=DOCUMENTS)
def test_nothing_is_found_on_the_mock_of_an_ordinary_document(paths, seed, tmp_path):
    report = verify(written(tmp_path, json.loads(json.dumps(paths))), seed=seed, max_examples=30)
    assert report.failures == (), str(report)
    assert [each.operation_id for each in report.operations if each.untested] == []


def test_what_a_discriminator_refuses_is_unconfirmed(tmp_path):
    pet = {"type": "object", "required": ["kind"], "properties": {"kind": TEXT}, "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}}}  # fmt: skip
    paths = {"/pets": {"post": {"requestBody": body(JSON, pet), "responses": {"200": shown(kind=TEXT), "422": DETAIL}}}}
    report = verify(written(tmp_path, paths), seed=1, max_examples=30, faults=["refuse-long"])
    refused = [each for each in report.findings if each.check == "valid_accepted"]
    assert refused
    assert {each.severity for each in refused} == {"unconfirmed"}
    del pet["discriminator"]
    report = verify(written(tmp_path, paths), seed=1, max_examples=30, faults=["refuse-long"])
    assert "valid_accepted" in {each.check for each in report.failures}


@pytest.mark.parametrize(
    ("paths", "fault"),
    [(DOCUMENTS["a form whose members the answer shows"], "wrong-type"), (DOCUMENTS["an upload"], "open-door")],
)
def test_a_fault_is_found_there_all_the_same(paths, fault, tmp_path):
    report = verify(written(tmp_path, json.loads(json.dumps(paths))), seed=1, max_examples=30, faults=[fault])
    assert report.failures


def test_an_operation_of_which_no_valid_request_is_known_is_named_and_the_others_are_tested(tmp_path):
    open_ended = {"type": "object", "additionalProperties": {}, "minProperties": 100}
    hard = {"type": "object", "required": ["tags", "file"], "properties": {"tags": open_ended, "file": {"type": "string", "pattern": r"(?:\.jpg|\.png)$"}}}  # fmt: skip
    paths = {
        "/good": {"post": charge(JSON)},
        "/hard": {"post": {"requestBody": body(JSON, hard), "responses": {"200": {"description": "ok"}}}},
    }
    report = verify(written(tmp_path, paths), seed=1, max_examples=10)
    assert report.failures == ()
    assert "no valid request can be made: #/paths/~1hard/post/requestBody" in str(report)
    assert [each.operation_id for each in report.operations if each.exchanges] == ["post-/good"]
