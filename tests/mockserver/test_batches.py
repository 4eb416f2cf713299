"""Creates of several things by one request: each is made, listed, read and removed as if it were made alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.clients import Client, make_gateway
from threadmock.contracts import verify
from threadmock.specs.loader import load

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
PET = {"type": "object", "required": ["id", "name", "createdAt"], "properties": {"id": NUMBER, "name": TEXT, "createdAt": {"type": "string", "format": "date-time"}}}  # fmt: skip
NEW = {"type": "object", "required": ["name"], "properties": {"name": {**TEXT, "minLength": 1}}}
CODED = {**PET, "properties": {**PET["properties"], "id": TEXT}}  # type: ignore[dict-item]
CHOSEN = {"type": "object", "required": ["id", "name"], "properties": {"id": TEXT, "name": TEXT}}


def array(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1}


def envelope(name: str, item: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "required": [name, *more], "properties": {name: array(item), **more}}


def shown(schema: Any, status: str) -> dict[str, Any]:
    return {status: {"description": "", "content": {"application/json": {"schema": schema}}}}


def kennel(
    tmp_path: Path, path: str, body: Any, answer: Any, *, new: Any = NEW, pet: Any = PET, base: str = ""
) -> Path:
    """Pets, which are made one by one, too, where the path of several is another."""
    refused = {"400": {"description": ""}, "409": {"description": ""}}
    many = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {**(shown(answer, "201") if answer else {"201": {"description": ""}}), **refused},
    }
    one = {"requestBody": {"required": True, "content": {"application/json": {"schema": new}}}, "responses": {**shown(pet, "201"), **refused}}  # fmt: skip
    owner = [{"name": "owner", "in": "path", "required": True, "schema": TEXT}] if base else []
    key = [*owner, {"name": "id", "in": "path", "required": True, "schema": pet["properties"]["id"]}]
    gone = {"404": {"description": ""}}
    paths: dict[str, Any] = {
        f"{base}/pets": {"parameters": owner, "post": one, "get": {"responses": shown({"type": "array", "items": pet}, "200")}},
        f"{base}/pets/{{id}}": {"parameters": key, "get": {"responses": {**shown(pet, "200"), **gone}}, "delete": {"responses": {"204": {"description": ""}, **gone}}},
    }  # fmt: skip
    paths.setdefault(base + path, {"parameters": owner})["post"] = many
    file = tmp_path / "kennel.json"
    file.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}))
    return file


FORMS: dict[str, tuple[str, Any, Any]] = {
    "an array at the collection": ("/pets", array(NEW), array(PET)),
    "an array at batch": ("/pets/batch", array(NEW), array(PET)),
    "an array at bulk": ("/pets/bulk", array(NEW), array(PET)),
    "envelopes": ("/pets/batch", envelope("pets", NEW), envelope("pets", PET)),
    "an envelope that counts": ("/pets/bulk", envelope("items", NEW), envelope("created", PET, count=NUMBER, errors=array(TEXT))),
    "an array in, an envelope out": ("/pets/batch", array(NEW), envelope("data", PET)),
    "no answer": ("/pets/batch", array(NEW), None),
}  # fmt: skip


@pytest.mark.parametrize("base", ["", "/owners/{owner}"])
@pytest.mark.parametrize("form", FORMS)
def test_each_item_is_made(form: str, base: str, tmp_path: Path) -> None:
    path, body, answer = FORMS[form]
    client = Client(make_gateway(str(kennel(tmp_path, path, body, answer, base=base))))
    at = base.replace("{owner}", "ann")
    names = [{"name": "Rex"}, {"name": "Tom"}]
    made = client.post(at + path, names if body["type"] == "array" else {next(iter(body["properties"])): names})
    assert made.status == 201
    if answer is not None:
        told = (
            made.json()
            if answer["type"] == "array"
            else next(each for each in made.json().values() if each and isinstance(each, list))
        )
        assert [(pet["id"], pet["name"]) for pet in told] == [(1, "Rex"), (2, "Tom")]
    assert [pet["name"] for pet in client.get(f"{at}/pets").json()] in (["Rex", "Tom"], ["Tom", "Rex"])
    assert client.get(f"{at}/pets/2").json()["name"] == "Tom"
    assert client.send("DELETE", f"{at}/pets/1").status == 204
    assert [pet["id"] for pet in client.get(f"{at}/pets").json()] == [2]


def test_a_wrong_item_is_refused_and_none_is_made(tmp_path: Path) -> None:
    client = Client(make_gateway(str(kennel(tmp_path, "/pets/batch", array(NEW), array(PET)))))
    assert client.post("/pets/batch", [{"name": "Rex"}, {"name": ""}]).status == 400
    assert client.post("/pets/batch", {"name": "Rex"}).status == 400
    assert client.get("/pets").json() == []


def test_a_key_that_is_taken_undoes_the_items_before_it(tmp_path: Path) -> None:
    file = kennel(tmp_path, "/pets/bulk", array(CHOSEN), array(CODED), new=CHOSEN, pet=CODED)
    client = Client(make_gateway(str(file)))
    assert client.post("/pets/bulk", [{"id": "a", "name": "Rex"}, {"id": "b", "name": "Tom"}]).status == 201
    assert client.post("/pets/bulk", [{"id": "c", "name": "Pip"}, {"id": "b", "name": "Tim"}]).status == 409
    assert client.post("/pets/bulk", [{"id": "d", "name": "Pip"}, {"id": "d", "name": "Tim"}]).status == 409
    assert sorted(pet["id"] for pet in client.get("/pets").json()) == ["a", "b"]


@pytest.mark.parametrize("form", FORMS)
def test_the_suite_finds_nothing_on_the_mock(form: str, tmp_path: Path) -> None:
    file = kennel(tmp_path, *FORMS[form])
    report = verify(file, seed=3, max_examples=5, max_requests=60)
    assert report.failures == (), str(report)
    rules = {f"{each.method} {each.path}": each.rule.action for each in load(file).operations}
    assert rules[f"POST {FORMS[form][0]}"] == "create_many"
