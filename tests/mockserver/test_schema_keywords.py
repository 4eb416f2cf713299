"""Each keyword of JSON Schema 2020-12 that OpenAPI 3.1 has: the document loads, the mock's answer is valid by plain jsonschema."""

import json
from pathlib import Path

import jsonschema
import pytest
from support.documents import JSON, document_of
from threadmock.mockserver import create_mock
from threadmock.specs.loader import load
from werkzeug.test import Client

COMPONENTS = {
    "Text": {"type": "string"},
    "Holder": {"$defs": {"Five": {"type": "integer", "minimum": 5}}},
    "Tagged": {"$anchor": "tagged", "type": "integer", "minimum": 7},
    "Tree": {
        "$dynamicAnchor": "node",
        "type": "object",
        "required": ["v"],
        "properties": {"v": {"type": "integer"}, "below": {"type": "array", "items": {"$dynamicRef": "#node"}}},
    },
}
SCHEMAS = {
    "a reference with words beside it": {"$ref": "#/components/schemas/Text", "minLength": 2, "maxLength": 3},
    "a list of types": {"type": ["integer", "null"], "minimum": 3},
    "a constant": {"const": {"a": [1]}},
    "a union with null": {"anyOf": [{"type": "null"}, {"type": "string", "minLength": 4}]},
    "members that nobody else named": {
        "type": "object",
        "allOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}],
        "properties": {"b": {"type": "integer"}},
        "required": ["b"],
        "unevaluatedProperties": False,
    },
    "members that others ask for": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "required": ["a"],
        "dependentRequired": {"a": ["b"]},
    },
    "a condition": {
        "type": "object",
        "properties": {"k": {"enum": ["x", "y"]}},
        "required": ["k"],
        "if": {"properties": {"k": {"const": "x"}}},
        "then": {"required": ["v"], "properties": {"v": {"type": "integer"}}},
        "else": {"required": ["w"]},
    },
    "a definition below a component": {
        "type": "object",
        "required": ["t"],
        "properties": {"t": {"$ref": "#/components/schemas/Holder/$defs/Five"}},
    },
    "an anchor": {"type": "object", "required": ["t"], "properties": {"t": {"$ref": "#tagged"}}},
    "a tree by dynamic references": {"$ref": "#/components/schemas/Tree"},
    "anything": True,
    "a member that can't be": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "no": False}},
    "examples": {"type": "string", "examples": ["shown"]},
    "an encoding": {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
    "names of members": {"type": "object", "propertyNames": {"pattern": "^a"}, "minProperties": 1},
    "members by pattern": {"patternProperties": {"^x-": {"type": "integer"}}, "type": "object", "additionalProperties": False, "minProperties": 1},
    "exclusive bounds": {"type": "number", "exclusiveMinimum": 3, "exclusiveMaximum": 4},
    "a pattern that looks around": {"type": "string", "pattern": "^(?!-0?\\d)\\d{2}$"},
    "a pattern with an escaped slash": {"type": "string", "pattern": "^a\\/b$"},
}  # fmt: skip


def written(folder: Path, schema: object) -> Path:
    reply = {"200": {"description": "", "content": {JSON: {"schema": schema}}}}
    document = document_of({"/shown": {"get": {"responses": reply}}}, components={"schemas": COMPONENTS})
    path = folder / "api.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_an_answer_is_valid_by_a_plain_validator(schema, tmp_path):
    answer = Client(create_mock(written(tmp_path, schema)).wsgi).get("/shown")
    assert answer.status_code == 200
    plain = {
        "$defs": {"T": COMPONENTS["Tagged"]},
        "components": {"schemas": COMPONENTS},
        "$ref": "#/shown",
        "shown": schema,
    }
    assert list(jsonschema.Draft202012Validator(plain).iter_errors(json.loads(answer.data))) == []


@pytest.mark.parametrize(
    "pattern", [r"^\p{Lu}{3}$", r"^(?<year>\d{4})-\d\d$", r"^\u{61}{2}$", r"^\cA$", "^[^]$", r"^[^]{2}\/$"]
)
def test_patterns_that_only_ecma_262_has_are_asserted_and_met(pattern, tmp_path):
    path = written(tmp_path, {"type": "string", "pattern": pattern})
    assert load(path).warnings == ()
    assert Client(create_mock(path).wsgi).get("/shown").status_code == 200


def test_an_anchor_that_is_nowhere_is_named(tmp_path):
    with pytest.raises(Exception, match=r"'nowhere' is no JSON pointer.*no `\$anchor` has that name"):
        load(written(tmp_path, {"$ref": "#nowhere"}))
