"""Overlays that are named beside a document: the mock, `serve`, `explain` and the fixture take them alike."""

import json

import pytest
from support.command_line import invoke
from threadmock.contracts.fixture import MockOptions, read_options
from threadmock.mockserver import create_mock
from threadmock.specs import load
from threadmock.specs.errors import SpecError
from werkzeug.test import Client

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "A", "version": "1"},
    "paths": {"/a": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {}}}}}}},
}


def overlay(path, value):
    rule = {"x-behaviour": {"action": "fixed", "reply": {"value": value}}}
    made = {
        "overlay": "1.0.0",
        "info": {"title": "x", "version": "1"},
        "actions": [{"target": "$.paths['/a'].get", "update": rule}],
    }
    path.write_text(json.dumps(made), encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path):
    document = tmp_path / "a.json"
    document.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return document, overlay(tmp_path / "one.yaml", "one"), overlay(tmp_path / "two.yaml", "two")


def test_a_mock_takes_overlays_in_order(files):
    document, one, two = files
    assert Client(create_mock(document, overlays=one).wsgi).get("/a").json == "one"
    assert Client(create_mock(document, overlays=[one, two]).wsgi).get("/a").json == "two"
    assert Client(create_mock(document, overlays=[two, str(one)]).wsgi).get("/a").json == "one"


def test_a_built_in_provider_takes_an_overlay_too(tmp_path):
    path = tmp_path / "mine.yaml"
    target = f"$.paths['{load('scale').operations[0].path}']"
    made = {"overlay": "1.0.0", "info": {"title": "x", "version": "1"}, "actions": [{"target": target, "remove": True}]}
    path.write_text(json.dumps(made), encoding="utf-8")
    mock = create_mock("scale", overlays=path)
    assert len(mock.gateway.mounts[0].contract.operations) < len(load("scale").operations)


@pytest.mark.parametrize("sources", [(), ("scale", "ishvana")], ids=["none", "several"])
def test_an_overlay_is_of_one_document(files, sources):
    with pytest.raises(SpecError, match=r"Name the one that it is for\."):
        create_mock(*sources, overlays=files[1])


def test_a_contract_has_its_overlays(files):
    with pytest.raises(SpecError, match="Give them to `load`"):
        create_mock(load(files[0]), overlays=files[1])


def test_commands_take_overlays_alike(files):
    document, one, two = files
    status, text = invoke("explain", str(document), "--overlay", str(one), "--overlay", str(two))
    assert (status, "0 with an inferred rule" in text, str(two) in text) == (0, True, True)
    for verb in ("serve", "explain", "verify"):
        status, text = invoke(verb, str(document), "--overlay", str(document.parent / "none.yaml"))
        assert (status, "There is no such file." in text) == (2, True), verb
    assert invoke("explain", "--overlay", str(one))[0] == 2


def test_the_fixture_starts_a_mock_with_overlays():
    options = read_options({"providers": "a.json", "overlays": "one.yaml two.yaml"})
    assert options == MockOptions(providers=("a.json",), overlays=("one.yaml", "two.yaml"))
    assert {"--overlay=one.yaml", "--overlay=two.yaml"} < set(options.arguments())
