"""OpenAPI schemas as JSON Schema 2020-12: the same meaning, nothing left outside, nothing lost."""

import json
import re
from pathlib import Path

import pytest
from support.converting import converted, dialect, takes
from threadmock.specs.documents.document import parse_document, read_document
from threadmock.specs.errors import DocumentError, SchemaError
from threadmock.specs.schemas.dialect import Dialect


def refusal(node: object, version: str = "3.1.0", **schemas: object) -> str:
    with pytest.raises(SchemaError) as caught:
        converted(node, version, **schemas)
    assert "#/" in caught.value.where
    return str(caught.value)


def test_schemas_are_self_contained_and_hold_only_what_they_reach():
    made = converted(
        {"$ref": "#/components/schemas/A"},
        A={"properties": {"b": {"$ref": "#/components/schemas/B"}}},
        B={"type": "string"},
        Unused={},
    )
    assert made == {
        "$ref": "#/$defs/A",
        "$defs": {"A": {"properties": {"b": {"$ref": "#/$defs/B"}}}, "B": {"type": "string"}},
    }


def test_a_schema_is_made_once():
    made = dialect()
    node = {"type": "string"}
    assert made.schema(node, "#/a", "request") is made.schema(node, "#/a", "request")
    assert made.schema(node, "#/a", "request") is not made.schema(node, "#/a", "response")
    assert made.schema({"type": "integer"}, "#/a", "request").document == {"type": "integer"}


def test_boolean_and_empty_schemas_work():
    assert takes(converted(True), 1)
    assert not takes(converted(False), 1)
    assert takes(converted({}), 1)
    assert takes(converted({"properties": {"a": True}, "additionalProperties": False}), {"a": 1})


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"nullable": True}, {}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"nullable": True, "enum": ["a"]}, {"enum": ["a", None]}),
        ({"type": "string", "nullable": True, "enum": ["a", None]}, {"type": ["string", "null"], "enum": ["a", None]}),
        (
            {"nullable": True, "allOf": [{"type": "string"}], "title": "t", "x-evidence": "assumed"},
            {"anyOf": [{"allOf": [{"type": "string"}]}, {"type": "null"}], "title": "t", "x-evidence": "assumed"},
        ),
        (
            {"nullable": True, "$ref": "#/components/schemas/A"},
            {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}], "$defs": {"A": {"type": "string"}}},
        ),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"minimum": 1, "exclusiveMinimum": False}, {"minimum": 1}),
        ({"maximum": 1, "exclusiveMaximum": True}, {"exclusiveMaximum": 1}),
        ({"exclusiveMaximum": True}, {}),
        ({"type": "string", "example": "x"}, {"type": "string", "example": "x", "examples": ["x"]}),
        (
            {"$ref": "#/components/schemas/A", "description": "d", "minLength": 3, "x-evidence": "observed"},
            {"$ref": "#/$defs/A", "x-evidence": "observed", "$defs": {"A": {"type": "string"}}},
        ),
        ({"const": 1, "patternProperties": {"a": {}}, "type": "integer"}, {"type": "integer"}),
    ],
)
def test_openapi_3_0_is_said_in_2020_12(node, expected):
    assert converted(node, "3.0.3", A={"type": "string"}) == expected


def test_siblings_of_a_reference_apply_in_3_1():
    made = converted({"$ref": "#/components/schemas/A", "default": "x", "maxLength": 1}, A={"type": "string"})
    assert made == {"$ref": "#/$defs/A", "default": "x", "maxLength": 1, "$defs": {"A": {"type": "string"}}}
    assert not takes(made, "xx")


def test_nullable_in_3_1_is_a_warning_and_nothing_else():
    made = dialect(schemas={"A": {"type": "string", "nullable": True}})
    for direction in ("request", "response", "request"):
        schema = made.schema({"$ref": "#/components/schemas/A"}, f"#/{direction}", direction)
        assert not takes(dict(schema.document), None)
    place, says = "api.json#/components/schemas/A/nullable (line 7)", "`nullable` is no keyword of OpenAPI 3.1"
    assert made.warnings == [f"{place}: {says}; it is kept and not honoured. Write the type as a list with 'null'."]


def test_vendor_keywords_and_annotations_are_carried():
    node = {
        "type": "string", "can_patch": False, "x-evidence": {"type": "observed"}, "x-ref": {"$ref": "#/nowhere"},
        "title": "t", "description": "d", "default": "a", "examples": ["b"], "deprecated": True, "contentEncoding": "base64",
        "$comment": "c", "readOnly": True, "format": "uuid", "xml": {}, "externalDocs": {"url": "x"},
    }  # fmt: skip
    made = dialect()
    assert made.schema(node, "#/node", "request").document == node
    assert made.warnings == [
        "api.json#/node/can_patch (line 1): `can_patch` is no keyword of OpenAPI 3.1; it is kept and not honoured."
    ]


def test_values_that_look_like_schemas_are_left_alone():
    node = {
        "enum": [{"$ref": "#/a", "nullable": True}],
        "default": {"$ref": "#/b"},
        "examples": [{"$ref": "#/c"}],
        "properties": {"$ref": {"type": "string"}, "nullable": {"type": "boolean"}, "required": {"default": [1]}},
    }
    assert converted(node) == node


@pytest.mark.parametrize("direction", ["request", "response"])
def test_members_of_the_other_direction_are_not_required(direction):
    node = {
        "type": "object",
        "required": ["id", "secret", "name", "shared"],
        "properties": {
            "id": {"type": "string", "readOnly": True},
            "secret": {"$ref": "#/components/schemas/Secret"},
            "name": {"type": "string"},
            "shared": {"allOf": [{"$ref": "#/components/schemas/Shared"}]},
        },
    }
    made = converted(node, "3.1.0", direction, Secret={"writeOnly": True}, Shared={"readOnly": True})
    assert made["required"] == (["secret", "name"] if direction == "request" else ["id", "name", "shared"])


def test_what_is_required_beside_the_properties_is_loosened_too():
    base = {"type": "object", "properties": {"id": {"readOnly": True}, "name": {}}}
    beside = converted({"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["id", "name"]}]}, Base=base)
    assert beside["allOf"][1] == {"required": ["name"]}
    above = converted({**base, "allOf": [{"required": ["id"]}]})
    assert above["allOf"] == [{}]


def test_where_asking_for_less_would_mean_something_else_nothing_is_loosened():
    base = {"properties": {"id": {"readOnly": True}}}
    for keyword in ("not", "if"):
        assert converted({**base, keyword: {"required": ["id"]}})[keyword] == {"required": ["id"]}
        assert converted({keyword: {**base, "required": ["id"]}})[keyword]["required"] == ["id"]
    assert converted({**base, "oneOf": [{"required": ["id"]}, {"required": ["b"]}]})["oneOf"][0] == {"required": ["id"]}


@pytest.mark.parametrize(
    ("node", "says"),
    [
        ({"type": "strin"}, "Did you mean 'string'"),
        ({"type": []}, "empty list"),
        ({"type": {}}, "no type"),
        ({"pattern": 3}, "must be a text"),
        ({"properties": {"a": {"minLength": "x"}}}, "#/node/properties/a/minLength"),
        ({"properties": []}, "must map names to schemas"),
        ({"allOf": []}, "at least one schema"),
        ({"allOf": {}}, "at least one schema"),
        ({"items": [{}]}, "A schema must be an object"),
        ({"required": True}, "list of member names"),
        ({"required": [1]}, "list of member names"),
        ({"$ref": 3}, "must be a text"),
        ({"enum": "abc"}, "#/node/enum"),
        (None, "must be an object"),
        ("text", "must be an object"),
    ],
)
def test_what_cannot_be_honoured_is_refused_with_its_place(node, says):
    assert says in refusal(node)


FLAWS = [
    ({"type": "string", "$dynamicRef": "#a"}, "names nothing that is read", {"type": "string"}),
    ({"type": "string", "$recursiveRef": "#"}, "names nothing that is read", {"type": "string"}),
    ({"type": "string", "$recursiveAnchor": True}, "`$recursiveAnchor` is not read", {"type": "string"}),
    ({"type": "string", "$id": "https://example.com/a"}, "`$id` is not read", {"type": "string"}),
    ({"type": "string", "$schema": "http://json-schema.org/draft-07/schema#"}, "JSON Schema 2020-12", {"type": "string"}),
    ({"pattern": "("}, "can't be read", {}),
    ({"pattern": "[z-a]"}, "can't be read", {}),
    ({"patternProperties": {"(": {}, "a": {}}}, "can't be read", {"patternProperties": {"a": {}}}),
    ({"minimum": 1, "exclusiveMinimum": True}, "`exclusiveMinimum` is a number", {"exclusiveMinimum": 1}),
    ({"maximum": 1, "exclusiveMaximum": False}, "`exclusiveMaximum` is a number", {"maximum": 1}),
    ({"required": ["id", "name", "id"]}, "'id' is listed twice", {"required": ["id", "name"]}),
    ({"type": "string", "enum": []}, "`enum` is empty", {"type": "string", "not": {}}),
]  # fmt: skip


@pytest.mark.parametrize(("node", "says", "left"), FLAWS, ids=[says for _, says, _ in FLAWS])
@pytest.mark.parametrize("member", [False, True], ids=["itself", "a member"])
def test_a_harmless_flaw_is_warned_of_and_costs_its_keyword(node, says, left, member):
    made = dialect()
    around = {"type": "object", "properties": {"a": node}} if member else node
    found = made.schema(around, "#/node", "request").document
    assert found == ({"type": "object", "properties": {"a": left}} if member else left)
    (warning,) = [each for each in made.warnings if says in each]
    assert warning.startswith("api.json#/node")


@pytest.mark.parametrize("pattern", ["(?=a)b", "^(?!x)[a-z]+$", r"^\p{L}+$", r"^(?<year>\d{4})$", r"(a)\1", "(?<=a)b"])
def test_patterns_of_ecma_262_are_kept(pattern):
    made = dialect()
    assert made.schema({"pattern": pattern}, "#/node", "request").document == {"pattern": pattern}
    assert made.warnings == []


@pytest.mark.parametrize("word", [{"$recursiveRef": "#"}, {"$dynamicRef": "#tree"}])
def test_a_reference_of_another_draft_means_the_schema_around_it(word):
    tree = {"type": "object", "required": ["of"], "properties": {"of": {"type": "array", "items": word}}}
    made = converted({"$ref": "#/components/schemas/Tree"}, Tree={"$dynamicAnchor": "tree", **tree})
    assert takes(made, {"of": [{"of": []}]})
    assert not takes(made, {"of": [{}]})
    assert not takes(made, {"of": [1]})


def test_an_error_inside_a_component_names_the_component():
    message = refusal({"$ref": "#/components/schemas/A"}, A={"properties": {"b": {"maxLength": -1}}})
    assert "api.json#/components/schemas/A/properties/b/maxLength (line 8)" in message


def test_the_dialect_of_2020_12_may_be_named():
    assert converted({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "string"}) == {
        "type": "string"
    }
    assert dialect(jsonSchemaDialect="https://spec.openapis.org/oas/3.1/dialect/base").version == "3.1"
    assert dialect(jsonSchemaDialect="https://spec.openapis.org/oas/3.1/dialect/base").warnings == []
    (warning,) = dialect(jsonSchemaDialect="http://json-schema.org/draft-07/schema#").warnings
    assert "#/jsonSchemaDialect" in warning
    assert warning.endswith("'http://json-schema.org/draft-07/schema#' is read as JSON Schema 2020-12")


@pytest.mark.parametrize(
    ("tree", "says"),
    [
        ({"swagger": "2.0"}, "OpenAPI 2.0"),
        ({"openapi": "3.3.0"}, "OpenAPI '3.3.0' is not read"),
        ({"openapi": "4.0.0"}, "is not read"),
        ({"openapi": 3.1}, "Write it as a text"),
        ({"openapi": "3.10"}, "is not read"),
        ({"overlay": "1.0.0"}, "This is an overlay"),
        ({"title": "x"}, "no `openapi` member"),
    ],
)
def test_other_versions_are_named(tree, says):
    document = parse_document(json.dumps(tree).encode(), Path("api.json"))
    with pytest.raises(DocumentError, match=re.escape(says)):
        Dialect(document, document.tree)


@pytest.mark.parametrize(
    ("written", "version"), [("3.0.3", "3.0"), ("3.1.1", "3.1"), ("3.1.0-rc1", "3.1"), ("3.0", "3.0"), ("3.2.0", "3.1")]
)
def test_versions_are_recognised(written, version):
    assert dialect(written).version == version


def test_references_see_the_tree_after_the_overlays():
    document = parse_document(b'{"openapi": "3.1.0"}', Path("api.json"))
    tree = {"openapi": "3.1.0", "components": {"schemas": {"A": {"type": "string"}}}}
    made = Dialect(document, tree)
    assert made.schema({"$ref": "#/components/schemas/A"}, "#/x", "request").document["$defs"] == {
        "A": {"type": "string"}
    }


def test_schemas_of_several_files_get_names_of_their_own(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "api.json").write_text(
        '{"openapi": "3.1.0", "components": {"schemas": {"A": {"$ref": "sub/a.yaml#/components/schemas/A"}, "W": {"$ref": "sub/a.yaml"}}}}'
    )
    (tmp_path / "sub" / "a.yaml").write_text(
        "type: object\ncomponents:\n  schemas:\n    A: {properties: {b: {$ref: '#/components/schemas/B'}, c: {$ref: '../api.json#/components/schemas/A'}}}\n    B: {type: integer}\n"
    )
    document = read_document(tmp_path / "api.json")
    made = Dialect(document, document.tree)
    schema = made.schema({"$ref": "#/components/schemas/A"}, "#/x", "request")
    assert schema.document["$defs"] == {
        "A": {"$ref": "#/$defs/A_2"},
        "A_2": {"properties": {"b": {"$ref": "#/$defs/B"}, "c": {"$ref": "#/$defs/A"}}},
        "B": {"type": "integer"},
    }
    assert made.origin("B") == "sub/a.yaml#/components/schemas/B"
    assert not takes(dict(schema.document), {"c": {"b": "x"}})
    whole = made.schema({"$ref": "#/components/schemas/W"}, "#/w", "request")
    assert whole.document["$defs"]["a.yaml"]["type"] == "object"
    assert [warning.split(" ")[0] for warning in made.warnings] == ["a.yaml#/components"]


def test_a_dangling_reference_offers_the_nearest_name():
    with pytest.raises(DocumentError, match=r"api\.json#/node.*names 'Tread'.*Did you mean 'Thread'\?"):
        converted({"$ref": "#/components/schemas/Tread"}, Thread={})


def test_a_remote_reference_is_refused():
    with pytest.raises(DocumentError, match="nothing is fetched"):
        converted({"$ref": "http://169.254.169.254/latest"})


def test_other_things_are_dereferenced_through_any_number_of_steps():
    made = dialect(components={"parameters": {"A": {"$ref": "#/components/parameters/B"}, "B": {"name": "b"}}})
    assert made.dereference({"$ref": "#/components/parameters/A"}, "#/x") == (
        {"name": "b"},
        "#/components/parameters/B",
    )
    assert made.dereference({"name": "c"}, "#/x") == ({"name": "c"}, "#/x")
    assert made.dereference(3, "/x") == (3, "#/x")


def test_dereferencing_in_a_circle_is_refused():
    made = dialect(
        components={
            "parameters": {"A": {"$ref": "#/components/parameters/B"}, "B": {"$ref": "#/components/parameters/A"}}
        }
    )
    with pytest.raises(DocumentError, match="go round"):
        made.dereference({"$ref": "#/components/parameters/A"}, "#/x")


def test_unsafe_names_do_not_take_the_names_of_others():
    made = dialect(schemas={"a b": {"type": "integer"}, "a_b": {"type": "string"}})
    assert made.schema({"$ref": "#/components/schemas/a_b"}, "#/x", "request").document["$ref"] == "#/$defs/a_b"
    assert made.schema({"$ref": "#/components/schemas/a%20b"}, "#/y", "request").document["$ref"] == "#/$defs/a_b_2"
