"""`threadmock init`: the overlay that it writes loads, says what was inferred, and changes no answer."""

import datetime
import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.command_line import invoke
from support.documents import document_of
from threadmock.contracts.cli.written_overlay import effective_rule, overlay_text
from threadmock.mockserver import create_mock
from threadmock.mockserver.rules.generation import Ungeneratable, generate
from threadmock.mockserver.state.clock import Clock
from threadmock.mockserver.state.ids import Ids
from threadmock.specs import load
from threadmock.specs.behaviour.read_rules import parse_rule
from threadmock.specs.behaviour.written_rules import written_rule
from threadmock.specs.documents.yaml_text import parse_yaml
from threadmock.specs.loader import LAYERS
from threadmock.specs.operations.spelling import as_written
from werkzeug.test import Client

ROOT = Path(__file__).parents[3]
CORPUS = sorted((*(ROOT / "specs/providers").glob("*/openapi.yaml"), *(ROOT / "tests/data").glob("*/openapi.yaml")))
NOON = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)


def written(document, folder):
    """The overlay of a document, as a file."""
    path = folder / "made.overlay.yaml"
    path.write_text(overlay_text(load(document), "x.yaml"), encoding="utf-8")
    return path


def answers(document, *overlays):
    """What a mock answers to one request for each operation, twice; later ones name what earlier ones made."""
    mock = create_mock(document, overlays=overlays, seed=3, auth="off", clock=lambda: NOON)
    client, ids, known, told = Client(mock.wsgi), Ids(5), {}, []
    mount = mock.gateway.mounts[0]
    for operation in (*mount.contract.operations, *mount.contract.operations):
        path, body = operation.path, None
        for parameter in operation.parameters_in("path"):
            made = known.get(parameter.name, known.get("id", generate(parameter.schema, ids, Clock(lambda: NOON))))
            path = path.replace(f"{{{parameter.name}}}", str(made))
        media = operation.body and next(iter(operation.body.content.values()), None)
        if media and media.schema:
            try:
                body = json.dumps(generate(media.schema, ids, Clock(lambda: NOON)))
            except Ungeneratable:
                continue
        headers = {"content-type": media.media_type} if media and body else {}
        answer = client.open(mount.prefix + path, method=operation.method, data=body, headers=headers)
        told.append((str(operation), answer.status, answer.data, sorted(answer.headers)))
        found = answer.get_json(silent=True)
        known |= (
            {name: value for name, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}
        )
    return told


@pytest.mark.parametrize("document", CORPUS, ids=lambda path: path.parent.name)
def test_a_mock_with_the_overlay_answers_as_one_without_it(document, tmp_path):
    overlay = written(document, tmp_path)
    assert answers(document, overlay) == answers(document)


@pytest.mark.parametrize("document", CORPUS, ids=lambda path: path.parent.name)
def test_the_overlay_says_all_that_was_inferred(document, tmp_path):
    before, after = load(document), load(document, overlays=written(document, tmp_path))
    for one, other in zip(before.operations, after.operations, strict=True):
        assert other.rule.inferred is (one.rule.action == "fixed")
        assert effective_rule(other.rule) == effective_rule(one.rule) or one.rule.action == "fixed", one
        assert other.rule.refusals == one.rule.refusals


@pytest.mark.parametrize("folder", [path.parent for path in CORPUS], ids=lambda path: path.name)
@pytest.mark.parametrize("layer", LAYERS)
def test_a_rule_that_was_read_is_written_as_it_was_meant(folder, layer):
    for operation in load(folder, layer).operations:
        data = written_rule(operation.rule)
        again = parse_rule(data, {}, "here", as_written)
        other = {name: getattr(operation.rule, name) for name in ("refusals", "lenient", "spelling", "slashes", "run")}
        assert replace(again, **other) == operation.rule, operation
        assert written_rule(again) == data


def test_a_fixed_operation_gets_a_suggestion_that_is_a_rule(tmp_path):
    reply = {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}}
    document = tmp_path / "api.json"
    document.write_text(
        json.dumps(document_of({"/stats": {"get": {"responses": reply, "summary": "# Odd: 'one'\n- x"}}})),
        encoding="utf-8",
    )
    text = overlay_text(load(document), "api.json")
    assert "# GET /stats: # Odd: 'one'\\n- x\n# GET of something that has no key" in text
    assert "\n# Nothing could be inferred" in text
    uncommented = text.replace("# - target", "- target").replace("#   ", "  ")
    rule = parse_yaml(uncommented, "x")["actions"][-1]["update"]["x-behaviour"]
    assert rule == {
        "action": "read",
        "resource": "stats",
        "key": {"field": "id", "pick": "newest"},
        "missing": "create",
    }


def test_it_writes_beside_the_document_and_never_over_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    document = document_of({"/things": {"post": {"responses": {"201": {"description": "→ 題"}}}}})
    Path("api.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    status, text = invoke("init", "api.json")
    assert (status, "Wrote api.overlay.yaml: " in text) == (0, True)
    assert "threadmock explain api.json --overlay api.overlay.yaml" in text
    assert invoke("explain", "api.json", "--overlay", "api.overlay.yaml")[0] == 0
    Path("api.overlay.yaml").write_text("mine", encoding="utf-8")
    status, text = invoke("init", "api.json")
    assert (status, "api.overlay.yaml is there already" in text) == (2, True)
    assert Path("api.overlay.yaml").read_text(encoding="utf-8") == "mine"
    assert invoke("init", "api.json", "--force")[0] == 0
    assert Path("api.overlay.yaml").read_text(encoding="utf-8").startswith("# What threadmock understood of api.json.")
    status, text = invoke("init", "api.json", "-o", "-")
    assert (status, text) == (0, Path("api.overlay.yaml").read_text(encoding="utf-8"))
    assert invoke("init", "api.json", "-o", "no/such/folder.yaml")[0] == 2


def test_a_folder_gets_the_overlay_that_it_is_read_with(tmp_path):
    (tmp_path / "openapi.json").write_text(
        json.dumps(document_of({"/a": {"get": {"responses": {}}}})), encoding="utf-8"
    )
    assert invoke("init", str(tmp_path))[0] == 0
    assert load(tmp_path).sources[1:] == (str(tmp_path / "behaviour.overlay.yaml"),)
    status, text = invoke("init", "ishvana")
    assert (status, "every operation has a rule already" in text) == (0, True)


ODD = ["/it's", '/a"b', "/a\\b", "/a: b", "/a #b", "/日本", "/{key}/-x"]


@pytest.mark.parametrize("path", ODD)
def test_odd_paths_and_titles_are_targets_and_texts(path, tmp_path):
    key = [{"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}] if "{key}" in path else []
    reply = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "on": {}, "a: b": {}}}
    answer = {"201": {"description": "", "content": {"application/json": {"schema": reply}}}}
    document = document_of({path: {"parameters": key, "post": {"responses": answer, "summary": "a\x7f\u2028b"}}})
    document["info"]["title"] = "'\"\\: # \x7f\u0085"
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    overlay = written(tmp_path / "a.json", tmp_path)
    assert [each.rule.action for each in load(tmp_path / "a.json", overlays=overlay).operations] == [
        each.rule.action for each in load(tmp_path / "a.json").operations
    ]
