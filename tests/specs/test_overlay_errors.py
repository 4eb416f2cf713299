"""What is wrong with an overlay is said with the overlay's file and line, all at once, and with a remedy."""

import json
import re

import pytest
from support.documents import document_of
from threadmock.specs.errors import SpecError
from threadmock.specs.loader import load

THING = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "title": {"type": "string"}}}
REPLY = {"200": {"description": "", "content": {"application/json": {"schema": THING}}}}
BODY = {"content": {"application/json": {"schema": {"type": "object", "properties": {"title": {"type": "string"}}}}}}
KEY = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
PATHS = {
    "/things": {"post": {"requestBody": BODY, "responses": {"201": REPLY["200"]}}},
    "/things/{id}": {
        "parameters": KEY,
        "get": {"responses": REPLY},
        "patch": {"requestBody": BODY, "responses": REPLY},
    },
}
HEAD = "overlay: 1.0.0\ninfo: {title: W, version: '1'}\nactions:\n"
RULE = "- target: $.paths['/things'].post\n  update:\n    x-behaviour:\n      action: create\n      resource: thing\n      key: {field: id}\n"


def complaint(folder, *overlays, document=None):
    """What is said about overlays of these texts."""
    path = folder / "api.json"
    path.write_text(json.dumps(document or document_of(PATHS), indent=1), encoding="utf-8")
    names = []
    for number, text in enumerate(overlays, 1):
        names.append(folder / f"o{number}.yaml")
        names[-1].write_text(text, encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load(path, overlays=names)
    return str(caught.value)


RULES = {
    "a word of nobody": ("      resuorce: x\n", "There is no word 'resuorce' here. Did you mean 'resource'?"),
    "a word at another level": ("      limit: query.limit\n", "It belongs under `list`."),
    "a word below": ("      set: {title: {valeu: x}}\n", "There is no word 'valeu' here. Did you mean 'value'?"),
    "a word far below": (
        "      set: {title: {from: body.title, otherwise: {members: {a: {valeu: 1}}}}}\n",
        "Did you mean 'value'?",
    ),
    "a generator": ("      set: {title: nwo}\n", "'nwo' can't stand here. Did you mean 'now'?"),
    "a place": ("      set: {title: {from: bdoy.title}}\n", "Did you mean 'body.title'?"),
    "one of several places": ("      set: {title: {from: [body.title, boddy.a.b]}}\n", "Did you mean 'body.a.b'?"),
    "another kind of value": ("      set: [title]\n", "Due is a mapping."),
    "a status": ("      errors: {taken: {status: '409'}}\n", "Due is a whole number."),
    "a status that is none": ("      errors: {taken: {status: 900}}\n", "at most 599"),
    "what is missing": ("      within: {resource: shelf}\n", "`from` is missing here."),
    "two kinds of setting": ("      set: {title: {value: 1, from: body.title}}\n", "A setting has one of"),
    "no key for a default policy": (
        "      taken: {default: rais, raise: {status: 409}}\n",
        "The default policy 'rais' is not among the policies. Did you mean 'raise'?",
    ),
    "a word of the whole document": ("      client: {label: x}\n", "`client` is for the whole document."),
    "an unknown parameter": ("      requires: [{from: query.tittle, statuses: [404]}]\n", "no such parameter"),
}


@pytest.mark.parametrize(("text", "said"), RULES.values(), ids=RULES)
def test_a_wrong_rule_is_told_with_the_line_of_the_overlay(tmp_path, text, said):
    told = complaint(tmp_path, HEAD + RULE + text)
    assert said in told
    assert re.search(r"o1\.yaml#/actions/0/update/x-behaviour\S* \(line (6|10)\): ", told)
    assert "api.json" not in told


def test_all_errors_of_all_overlays_come_at_once(tmp_path):
    one = (
        HEAD + "- target: $.paths['/thing'].post\n  update: {}\n" + RULE + "      a: 1\n      merge: {title: swallow}\n"
    )
    two = HEAD + "- {target: $, update: {x-behavior: {}}}\n- target: $\n- {target: '$.x[', update: {}}\n"
    told = complaint(tmp_path, one, two)
    assert told.startswith("6 things are wrong")
    for line in (
        "o1.yaml#/actions/0 (line 4): The target \"$.paths['/thing'].post\" matches nothing. Did you mean '/things'?",
        "o1.yaml#/actions/1/update/x-behaviour/a (line 12): There is no word 'a' here.",
        "o1.yaml#/actions/1/update/x-behaviour/merge/title (line 13): 'swallow' can't stand here.",
        "o2.yaml#/actions/0/update/x-behavior (line 4): 'x-behavior' is not read. Did you mean 'x-behaviour'?",
        "o2.yaml#/actions/1 (line 5): The action neither updates nor removes.",
        "o2.yaml#/actions/2 (line 6): The target '$.x[' is no RFC 9535 JSONPath",
    ):
        assert line in told


def test_files_that_cannot_be_read_are_told_together(tmp_path):
    told = complaint(tmp_path, "a: [1\n", "a: 1\na: 2\n", "- 1\n", json.dumps(document_of(PATHS)))
    assert "o1.yaml (line 2): This is no YAML" in told
    assert "o2.yaml (line 2): The key 'a' stands twice" in told
    assert "o3.yaml: This holds no overlay. It begins with `overlay: 1.0.0`" in told


def test_a_document_in_place_of_an_overlay_is_told(tmp_path):
    assert "There is no `overlay` member here" in complaint(tmp_path, json.dumps(document_of(PATHS)))


@pytest.mark.parametrize("name", ["x-behavior", "x-behaviours", "X-Behaviour", "x_behaviour", "x-behavour"])
def test_another_spelling_is_told_in_overlays_and_documents(tmp_path, name):
    said = f"{name!r} is not read. Did you mean 'x-behaviour'?"
    told = complaint(tmp_path, HEAD + RULE.replace("x-behaviour", name))
    assert f"o1.yaml#/actions/0/update/{name} (line 6): {said}" in told
    own = document_of({**PATHS, "/a": {"get": {"responses": REPLY, name: {"action": "fixed"}}}})
    assert re.search(rf"api\.json#/paths/~1a/get/{name} \(line \d+\): ", complaint(tmp_path, document=own))


PLACES = (
    "$.info",
    "$.paths",
    "$.paths['/things']",
    "$.paths['/things'].post.responses",
    "$.paths['/things'].post.requestBody",
)


@pytest.mark.parametrize("target", PLACES)
def test_a_rule_where_none_is_read_is_told(tmp_path, target):
    told = complaint(tmp_path, HEAD + f"- target: {target}\n  update:\n    x-behaviour: {{action: fixed}}\n")
    assert "o1.yaml#/actions/0/update/x-behaviour (line 6): `x-behaviour` does nothing here." in told


def test_names_of_users_are_no_misspelt_words(tmp_path):
    named = {"x-behavior": {"type": "string"}, "x-behaviour": {"type": "string"}}
    schema = {"type": "object", "properties": named, "example": {"x-behavior": "a"}, "x-order": 1}
    more = {"components": {"schemas": named, "parameters": {"x-behavior": KEY[0]}}}
    document = document_of(
        {
            **PATHS,
            "/a": {
                "get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}
            },
        },
        **more,
    )
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    assert load(tmp_path / "a.json").operations


def test_what_stands_in_the_document_keeps_its_file_and_line(tmp_path):
    rule = {"action": "create", "resource": "thing", "key": {"field": "id"}, "sett": {}}
    paths = {"/things": {"post": {**PATHS["/things"]["post"], "x-behaviour": rule}}}
    overlay = HEAD + "- target: $.paths['/things'].post\n  update: {x-behaviour: {resuorce: x}}\n"
    told = complaint(tmp_path, overlay, document=document_of(paths))
    assert "o1.yaml#/actions/0/update/x-behaviour/resuorce (line 5)" in told
    assert re.search(r"api\.json#/paths/~1things/post/x-behaviour/sett \(line \d+\): There is no word 'sett'", told)


def test_lines_stay_right_where_lists_grow_and_shrink(tmp_path):
    document = document_of(PATHS, tags=[{"name": "a"}, {"name": "b"}])
    overlay = (
        HEAD
        + "- target: $.tags\n  update: {name: c, x-behavior: 1}\n"
        + "- {target: '$.tags[0]', remove: true}\n"
        + "- target: $\n  update:\n    tags:\n    - {name: d, x_behaviour: 1}\n"
    )
    told = complaint(tmp_path, overlay, document=document)
    assert "o1.yaml#/actions/0/update/x-behavior (line 5)" in told
    assert "o1.yaml#/actions/2/update/tags/0/x_behaviour (line 10)" in told


def test_a_later_overlay_that_writes_over_an_earlier_one_is_the_one_at_fault(tmp_path):
    told = complaint(
        tmp_path, HEAD + RULE, HEAD + "- target: $.paths['/things'].post\n  update: {x-behaviour: {key: {feild: id}}}\n"
    )
    assert "o2.yaml#/actions/0/update/x-behaviour/key/feild (line 5)" in told
    assert "o1.yaml" not in told
