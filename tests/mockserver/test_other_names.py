"""A thing that is named by another member than its key: `/articles/by-slug/{slug}`."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.clients import Client, make_gateway
from threadmock.specs.loader import load

TEXT = {"type": "string"}
GONE = {"404": {"description": "none"}}
ARTICLE = {"type": "object", "required": ["id", "slug"], "properties": {"id": {"type": "integer"}, "slug": TEXT, "title": TEXT, "email": TEXT}}  # fmt: skip
CHANGE = {"type": "object", "properties": {"title": TEXT}}


def shown(schema: Any, status: str = "200") -> dict[str, Any]:
    return {status: {"description": "", "content": {"application/json": {"schema": schema}}}}


def body_of(schema: Any) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def named(name: str, schema: Any) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": schema}]


def press(tmp_path: Path, path: str) -> Path:
    """Articles, and one more path to one of them."""
    name = path.rpartition("{")[2].rstrip("}")
    key, other = named("id", {"type": "integer"}), named(name, TEXT)
    new = {**ARTICLE, "required": ["slug"], "properties": {k: v for k, v in ARTICLE["properties"].items() if k != "id"}}  # type: ignore[attr-defined]
    paths = {
        "/articles": {"post": {"requestBody": body_of(new), "responses": shown(ARTICLE, "201")}, "get": {"responses": shown({"type": "array", "items": ARTICLE})}},
        "/articles/{id}": {"get": {"parameters": key, "responses": {**shown(ARTICLE), **GONE}}},
        path: {
            "get": {"parameters": other, "responses": {**shown(ARTICLE), **GONE}},
            "patch": {"parameters": other, "requestBody": body_of(CHANGE), "responses": {**shown(ARTICLE), **GONE}},
            "delete": {"parameters": other, "responses": {"204": {"description": ""}, **GONE}},
        },
    }  # fmt: skip
    file = tmp_path / "press.json"
    file.write_text(json.dumps({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths}))
    return file


PATHS = {
    "/articles/by-slug/{slug}": "slug",
    "/articles/slug/{slug}": "slug",
    "/articles/by_slug/{value}": "slug",
    "/articles/bySlug/{articleSlug}": "slug",
    "/articles/by/slug/{slug}": "slug",
    "/articles/by-email/{email}": "email",
    "/articles/by-email/{address}": "email",
    "/articles/email/{email}": "email",
}


@pytest.mark.parametrize("path", PATHS)
def test_a_thing_is_found_changed_and_removed_by_the_member_that_a_path_names(path: str, tmp_path: Path) -> None:
    client = Client(make_gateway(str(press(tmp_path, path))))
    for number in (1, 2):
        client.post("/articles", {"slug": f"s{number}", "email": f"e{number}@x.org", "title": "t"})
    at = path.partition("{")[0] + ("s2" if PATHS[path] == "slug" else "e2@x.org")
    assert client.get(at).json()["id"] == 2
    assert client.get(path.partition("{")[0] + "2").status == 404
    assert client.get(path.partition("{")[0] + "no@x.org").status == 404
    assert client.send("PATCH", at, json={"title": "new"}).json()["id"] == 2
    assert client.get("/articles/2").json()["title"] == "new"
    assert client.send("DELETE", at).status == 204
    assert [each["id"] for each in client.get("/articles").json()] == [1]
    assert client.get(at).status == 404


def test_the_rule_says_by_which_member(tmp_path: Path) -> None:
    rules = {each.path: each.rule for each in load(press(tmp_path, "/articles/by-slug/{slug}")).operations}
    rule = rules["/articles/by-slug/{slug}"]
    assert rule.key is not None
    assert (rule.resource, rule.key.member, rule.why) == (
        "articles",
        "slug",
        "DELETE of the thing whose slug the path names",
    )
    assert rules["/articles/{id}"].key is not None
    assert rules["/articles/{id}"].key.member == "id"
