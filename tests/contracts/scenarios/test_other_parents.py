"""Things that are made below a parent of one name and read below one of another."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.documents import JSON, document_of
from threadmock.contracts.scenarios import scenarios
from threadmock.specs.loader import load

REPO = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
CONTENT = {"content": {JSON: {"schema": REPO}}}
NAMES = {"owner": "nothing makes a repos below the parents that its path names", "": ""}


def node(path: str, status: str, **more: Any) -> dict[str, Any]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    content = CONTENT if status != "204" else {}
    return {
        "parameters": [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names],
        "responses": {status: {"description": "", **content}, "404": {"description": ""}},
        **more,
    }


@pytest.mark.parametrize("scenario", ["read_your_writes", "life_cycle"])
@pytest.mark.parametrize(("parent", "reason"), NAMES.items(), ids=["a parent that no create names", "no parent"])
def test_what_can_not_be_made_where_it_is_read_is_not_asked_for(
    scenario: str, parent: str, reason: str, tmp_path: Path
) -> None:
    one = f"/repos/{{{parent}}}/{{repo}}" if parent else "/repos/{repo}"
    paths = {
        "/user/repos": {"post": node("/user/repos", "201", requestBody={"required": True, **CONTENT})},
        one: {"get": node(one, "200"), "delete": node(one, "204")},
    }
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document_of(paths)), encoding="utf-8")
    contract = load(str(path))
    (reading,) = [each for each in contract.operations if each.method == "GET"]
    assert scenarios[scenario].applies(contract, reading) == reason
