"""Things that their owner and a name tell apart, as on a code forge: made at one path, read at `/{owner}/{name}`."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.clients import Client, make_gateway
from support.documents import document_of
from support.paths import DATA
from threadmock.contracts import verify

TEXT = {"type": "string"}
FORGE = DATA / "services" / "github_like.yaml"
NONE = {"404": {"description": "There is none."}}


def holding(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def answered(status: str, schema: Any) -> dict[str, Any]:
    return {status: {"description": "", **holding(schema)}}


def paths(owner: str, made_at: str, read_at: str, *sent: str) -> dict[str, Any]:
    """Paths of repositories, each with a text member `owner` or the like. sent: what a create has to name."""
    members = {"id": {"type": "integer"}, "name": TEXT, owner: TEXT, "about": TEXT}
    shown = {"type": "object", "required": [*members], "properties": members}
    body = {"type": "object", "required": [*sent], "properties": {**dict.fromkeys(sent, TEXT), "about": TEXT}}
    change = {"type": "object", "properties": {"about": TEXT}}
    names = [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in (owner, "name")]
    return {
        made_at: {
            "post": {"requestBody": {"required": True, **holding(body)}, "responses": answered("201", shown)},
            "get": {"responses": answered("200", {"type": "array", "items": shown})},
        },
        read_at: {
            "parameters": names,
            "get": {"responses": answered("200", shown) | NONE},
            "patch": {"requestBody": holding(change), "responses": answered("200", shown) | NONE},
            "delete": {"responses": {"204": {"description": ""}} | NONE},
        },
    }


FORMS = {
    "of_the_user": paths("owner", "/user/repos", "/repos/{owner}/{name}", "name"),
    "in_the_body": paths("namespace", "/repositories", "/repositories/{namespace}/{name}", "namespace", "name"),
}


@pytest.fixture(params=[*FORMS, "an_object"])
def document(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A document of each form; in the last one the owner is an object with a `login`."""
    if request.param not in FORMS:
        return FORGE
    path = tmp_path / f"{request.param}.json"
    path.write_text(json.dumps(document_of(FORMS[request.param])), encoding="utf-8")
    return path


@pytest.mark.parametrize("seed", range(3))
def test_every_operation_is_tested_and_nothing_is_found(document, seed):
    report = verify(document, seed=seed, max_examples=1, max_requests=25)
    assert [str(each.operation) for each in report.operations if each.untested or not each.exchanges] == []
    assert report.findings == (), str(report)


def test_a_change_that_is_lost_is_found_where_an_owner_stands_in_the_path(document):
    report = verify(document, seed=1, checks=["update_visible"], faults=["lost-update"])
    assert {each.check for each in report.findings} == {"update_visible"}, str(report)


def test_a_thing_is_read_below_the_owner_that_it_shows_and_below_no_other(document):
    client = Client(make_gateway(document))
    at = {"of_the_user": "/user/repos", "in_the_body": "/repositories"}.get(document.stem, "/user/repos")
    made = client.post(at, {"name": "tool", "namespace": "acme"}).json()
    owner = made["namespace"] if document.stem == "in_the_body" else made["owner"]
    owner = owner if isinstance(owner, str) else owner["login"]
    place = at if document.stem == "in_the_body" else "/repos"
    assert client.get(f"{place}/{owner}/tool").json() == made
    assert client.get(f"{place}/somebody/tool").status == 404


def test_what_an_organisation_makes_shows_it_as_the_owner():
    made = Client(make_gateway(FORGE)).post("/orgs/acme/repos", {"name": "tool"}).json()
    assert made["owner"]["login"] == "acme"
    assert isinstance(made["owner"]["id"], int)


def test_what_is_named_by_texts_is_shown_as_objects():
    client = Client(make_gateway(FORGE))
    owner = client.post("/user/repos", {"name": "tool"}).json()["owner"]["login"]
    issues = f"/repos/{owner}/tool/issues"
    made = client.post(issues, {"title": "t", "labels": ["bug", "late"]}).json()
    assert [each["name"] for each in made["labels"]] == ["bug", "late"]
    client.post(issues, {"title": "other", "labels": ["late"]})
    assert [each["number"] for each in client.get(issues, query="labels=bug").json()] == [1]
    changed = client.send("PATCH", f"{issues}/1", json={"labels": ["late"]}).json()
    assert [each["name"] for each in changed["labels"]] == ["late"]
    assert client.send("PATCH", f"{issues}/1", json={"title": "u"}).json()["labels"] == changed["labels"]
