"""Creates whose body has to choose the key: each request of a scenario chooses one of its own."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify, request
from support.documents import JSON, document_of
from threadmock.contracts.checks import Context
from threadmock.contracts.scenarios import scenarios
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.wsgi import WsgiTransport
from threadmock.specs.loader import load

THING = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer", "minimum": 1}, "name": {"type": "string"}},
}
CONTENT = {"content": {JSON: {"schema": THING}}}
POST = {
    "requestBody": {"required": True, **CONTENT},
    "responses": {"201": {"description": "", **CONTENT}, "409": {"description": ""}},
}


class Shelf:
    """Things under the keys that their clients choose. bug: `one key` answers all with one; `once` takes one thing."""

    def __init__(self, bug: str = "") -> None:
        self.bug, self.keys = bug, set[Any]()
        self.app = Flask("shelf")
        self.app.add_url_rule("/a", view_func=self.create, methods=["POST"])

    def create(self) -> Any:
        sent = request.get_json()
        if sent["id"] in self.keys or (self.bug == "once" and self.keys):
            return jsonify({}), 409
        self.keys.add(sent["id"])
        return jsonify({**sent, "id": 1} if self.bug == "one key" else sent), 201


def found_on(shelf: Shelf, scenario: str, folder: Path) -> list[str]:
    """The checks whose findings a scenario has, its own first, then those of its exchanges."""
    path = folder / "document.json"
    path.write_text(json.dumps(document_of({"/a": {"post": POST}})), encoding="utf-8")
    contract, told = load(str(path)), list[str]()
    target = Target(WsgiTransport(shelf.app.wsgi_app), "here")
    context = Context(
        contract,
        target.exchange,
        lambda _, verdict: told.extend(finding.check for finding in verdict.findings),
        random.Random(1),
        {},
    )
    own = [finding.check for finding in scenarios[scenario].run(context, contract.operations[0])]
    return [*own, *told]


@pytest.mark.parametrize("scenario", ["repeat", "ids_distinct", "isolation", "at_once"])
def test_each_request_has_a_key_of_its_own(scenario: str, tmp_path: Path) -> None:
    shelf = Shelf()
    assert found_on(shelf, scenario, tmp_path) == []
    assert len(shelf.keys) > 3


@pytest.mark.parametrize("scenario", ["ids_distinct", "at_once"])
def test_one_key_for_all_is_found(scenario: str, tmp_path: Path) -> None:
    assert scenario in found_on(Shelf("one key"), scenario, tmp_path)


def test_a_request_that_works_only_once_is_found(tmp_path: Path) -> None:
    assert "repeat" in found_on(Shelf("once"), "repeat", tmp_path)
