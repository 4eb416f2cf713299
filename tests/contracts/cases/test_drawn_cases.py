"""Strategies: whatever is drawn as valid is valid, whatever is drawn as invalid is refused, by both engines."""

import ast
import gc
import weakref
from dataclasses import replace
from pathlib import Path

import pytest
import threadmock.contracts
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_jsonschema import from_schema
from threadmock.contracts.cases.case import body_schema, key_member, linked_members, referring_members
from threadmock.contracts.cases.drawn.objects import values
from threadmock.contracts.cases.shapes import kind_of, plain_name, shapes
from threadmock.contracts.generation.drawn_invalid import invalid_cases
from threadmock.contracts.generation.drawn_valid import _json_cases, valid_cases
from threadmock.specs.errors import SchemaError
from threadmock.specs.loader import load
from threadmock.specs.members import ABSENT
from threadmock.specs.operations.parameters import check_parameters
from threadmock.specs.operations.requests import read_body
from threadmock.specs.operations.routing import Router
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.strictjson import MAX_DEPTH, depth_of, dump_json, parse_json

PROVIDERS = ("langsmith", "scale", "lighton", "seekrflow", "ishvana")
CREATES = [
    pytest.param(operation, contract, id=f"{name}-{layer}")
    for name in PROVIDERS
    for layer in ("documented", "observed")
    for contract in [load(name, layer=layer)]
    for operation in contract.operations
    if operation.rule.action == "create"
]
NODE = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "next": {"$ref": "#/$defs/N"}},
}
SCHEMAS = {
    "anything": {},
    "text": {"type": "string"},
    "short text": {"type": "string", "minLength": 2, "maxLength": 5},
    "pattern": {"type": "string", "pattern": "^[a-z]{2,4}-[0-9]+$", "maxLength": 10},
    "uuid": {"type": "string", "format": "uuid"},
    "date-time": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "email": {"type": "string", "format": "email"},
    "unknown format": {"type": "string", "format": "shoe-size"},
    "bounded integer": {"type": "integer", "minimum": 1, "maximum": 3},
    "integer above": {"type": "integer", "exclusiveMinimum": 10},
    "number": {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
    "multiple": {"type": "integer", "multipleOf": 7},
    "nullable": {"type": ["string", "null"]},
    "enum": {"enum": ["a", 1, None, {"b": []}]},
    "typed enum": {"type": "string", "enum": ["a", 1]},
    "const": {"const": {"a": 1}},
    "typeless with properties": {"properties": {"a": {"type": "string"}}, "required": ["a"]},
    "closed object": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {}},
        "required": ["a"],
        "additionalProperties": False,
    },
    "map of integers": {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 1},
    "required but undeclared": {"type": "object", "required": ["x"], "additionalProperties": {"type": "boolean"}},
    "few members": {"type": "object", "minProperties": 1, "maxProperties": 2},
    "array": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 6},
    "set": {
        "type": "array",
        "items": {"type": "integer", "minimum": 0, "maximum": 9},
        "uniqueItems": True,
        "minItems": 2,
    },
    "tuple": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2, "items": False},
    "all of": {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
            {"type": "object", "properties": {"a": {"minimum": 5}, "b": {"type": "string"}}, "required": ["b"]},
        ]
    },
    "one of, apart": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    "one of, overlapping": {"oneOf": [{"type": "integer", "minimum": 0}, {"type": "integer", "maximum": 5}]},
    "any of beside": {"type": "object", "required": ["k"], "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
    "not": {"type": "integer", "not": {"multipleOf": 2}},
    "not a word": {"type": "object", "properties": {"a": {"type": "string", "not": {"const": ""}}}, "required": ["a"]},
    "if": {
        "type": "object",
        "properties": {"k": {"enum": ["x", "y"]}, "v": {"type": "integer"}},
        "required": ["k"],
        "if": {"properties": {"k": {"const": "x"}}},
        "then": {"required": ["v"]},
    },
    "recursive": {"$ref": "#/$defs/N", "$defs": {"N": NODE}},
    "recursive list": {
        "$ref": "#/$defs/T",
        "$defs": {"T": {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/T"}}}}},
    },
    "reference with a sibling": {
        "$ref": "#/$defs/S",
        "maxLength": 3,
        "$defs": {"S": {"type": "string", "minLength": 1}},
    },
}
ENDLESS = {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/$defs/E"}}}
IMPOSSIBLE = {
    "must hold itself": {"$ref": "#/$defs/E", "$defs": {"E": ENDLESS}},
    "refers to itself": {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}},
    "two types at once": {"allOf": [{"type": "string"}, {"type": "integer"}]},
}
quick = settings(
    max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def valid_bodies(operation):
    """Values of the JSON body, as cases have them."""
    return _json_cases(operation).map(lambda case: case.value)


def drawn(strategy, number=120):
    """What Hypothesis draws, without shrinking."""
    found = []

    @settings(quick, max_examples=number, phases=[Phase.generate])
    @given(strategy)
    def collect(value):
        found.append(value)

    collect()
    return found


def schema(document):
    return Schema(document, "#/x", "request")


@pytest.mark.parametrize("document", SCHEMAS.values(), ids=SCHEMAS)
def test_every_drawn_value_of_a_schema_passes_both_engines(document):
    judge = checker(schema(document))
    found = drawn(values(judge.schema), 100)
    assert found
    for value in found:
        sent = parse_json(dump_json(value))
        assert judge.accepted(sent), value


@pytest.mark.parametrize("document", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_a_schema_that_nothing_fits_is_refused_by_name_when_the_strategy_is_built(document):
    with pytest.raises(SchemaError):
        values(schema(document))


def test_what_is_made_of_a_schema_goes_with_it():
    one = schema({"type": "object", "properties": {"a": {"type": "string"}}})
    values(one)
    assert shapes(one) is shapes(one)
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None


def test_a_strategy_is_built_once_per_schema():
    one = schema({"type": "object", "properties": {"a": {"type": "string"}}})
    assert values(one) is values(one)


@pytest.mark.parametrize(
    "leaf",
    [{"type": kind} for kind in ("string", "integer", "number", "boolean", "null")] + [{"enum": [1, "a"]}],
    ids=str,
)
def test_leaf_schemas_of_hypothesis_jsonschema_still_work_on_the_installed_hypothesis(leaf):
    assert all(checker(schema(leaf)).valid(value) for value in drawn(from_schema(leaf), 30))


def test_only_the_leaves_module_imports_hypothesis_jsonschema():
    root = Path(threadmock.contracts.__file__).parents[1]
    importers = set()
    for file in (root / room for room in ("specs", "mockserver", "contracts")):
        for module in file.rglob("*.py"):
            for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                if any(name.split(".")[0] == "hypothesis_jsonschema" for name in names):
                    importers.add(module.name)
    assert importers == {"leaves.py"}


@pytest.mark.parametrize(("operation", "contract"), CREATES)
def test_every_drawn_valid_case_is_read_as_valid_from_its_bytes(operation, contract):
    router = Router(contract.operations)
    judge = checker(body_schema(operation))
    for case in drawn(valid_cases(operation)):
        reading = read_body(operation, case.request)
        assert (reading.trouble, reading.present) == ("", case.value is not ABSENT), case
        found = router.find(case.request.method, case.request.path)
        assert found.operation is operation
        assert check_parameters(operation, case.request, found.values)[1] == []
        if case.value is not ABSENT:
            assert judge.accepted(reading.value)
            assert reading.value == case.value
            assert depth_of(case.value) <= MAX_DEPTH


@pytest.mark.parametrize(("operation", "contract"), CREATES)
def test_every_drawn_invalid_case_is_refused_by_both_engines_as_bytes(operation, contract):
    strategy = invalid_cases(operation)
    judge = checker(body_schema(operation))
    found = drawn(strategy)
    for case in found:
        assert case.intent == "invalid"
        assert judge.refused(parse_json(case.request.body))
    assert len({case.label for case in found}) > 10


def test_an_operation_without_a_body_has_no_invalid_cases():
    operation = load("langsmith").operations[0]
    bare = replace(operation, body=None)
    assert invalid_cases(bare) is None
    assert all(case.value is ABSENT and case.request.body == b"" for case in drawn(valid_cases(bare), 10))


@pytest.mark.parametrize(("operation", "contract"), CREATES)
def test_undeclared_members_are_drawn_and_are_no_other_spelling_of_declared_ones(operation, contract):
    declared = {plain_name(name): name for name in shapes(body_schema(operation)).members()}
    undeclared = 0
    for value in drawn(valid_bodies(operation)):
        for name in value:
            assert declared.get(plain_name(name), name) == name
            undeclared += plain_name(name) not in declared
    assert undeclared


def test_keys_are_never_drawn_twice_and_are_left_out_about_half_of_the_time():
    operation = load("langsmith").operations[0]
    key = key_member(operation)
    bodies = drawn(valid_bodies(operation), 200)
    keys = [body[key] for body in bodies if key in body]
    assert len(set(keys)) == len(keys)
    assert 0.2 < len(keys) / len(bodies) < 0.8


def test_members_that_repeat_the_path_agree_with_it():
    operation = load("scale").operations[0]
    [(member, _)] = linked_members(operation).items()
    for case in drawn(valid_cases(operation)):
        assert case.request.path == f"/v4/applications/{case.value[member]}/threads"


def test_references_are_known_ones_or_left_out():
    operation = load("lighton").operations[0]
    known = referring_members(operation)
    assert known["agent_id"] == (1,)
    seen = 0
    for case in drawn(valid_cases(operation)):
        if case.value is not ABSENT:
            for member, values_known in known.items():
                assert member not in case.value or case.value[member] in values_known
                seen += member in case.value
    assert seen


def test_an_optional_body_is_sometimes_absent_and_every_media_type_is_drawn():
    operation = load("lighton").operations[0]
    sent = {case.request.headers.get("content-type", "").split(";")[0] for case in drawn(valid_cases(operation))}
    assert sent == {"", *operation.body.content}


def test_texts_drawn_are_hostile():
    texts = "".join(drawn(values(schema({"type": "string"})), 400))
    assert {"\x00", "\u2028", "\u202e", "\u0301", "😀"} <= set(texts)
    assert len(texts) > 100_000


def test_free_form_objects_drawn_are_deep_wide_and_hold_numbers_beyond_exact_doubles():
    found = drawn(values(schema({"type": "object"})), 600)
    assert max(depth_of(value) for value in found) >= 60
    assert max(map(len, found)) >= 1000
    assert any(kind_of(v) == "integer" and abs(v) > 2**53 for value in found for v in value.values())


def test_a_case_with_nul_rests_on_an_assumption():
    operation = load("scale").operations[0]
    found = drawn(valid_cases(operation), 400)
    assert {case.evidence for case in found if b"\\u0000" in case.request.body} == {"assumed"}
    assert {case.evidence for case in found if b"\\u0000" not in case.request.body} == {"documented"}


leaves = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("integer")}, optional={"minimum": st.integers(-9, 0), "maximum": st.integers(0, 9)}
    ),
    st.fixed_dictionaries(
        {"type": st.just("string")}, optional={"minLength": st.integers(0, 3), "maxLength": st.integers(3, 9)}
    ),
    st.sampled_from([{}, {"type": "null"}, {"type": "boolean"}, {"type": ["string", "null"]}, {"enum": ["a", 1]}]),
)
NAMES = ("a", "b", "snake_case", "camelCase")
documents = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)},
            optional={
                "required": st.lists(st.sampled_from(NAMES), unique=True, max_size=2),
                "additionalProperties": st.one_of(st.just(True), inner),
            },
        ),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={"minItems": st.integers(0, 2)}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"oneOf": st.lists(inner, min_size=1, max_size=2)}),
    ),
    max_leaves=6,
)


@settings(quick, max_examples=150)
@given(documents, st.data())
def test_values_of_generated_schemas_pass_both_engines(document, data):
    judge = checker(schema(document))
    try:
        strategy = values(judge.schema)
    except SchemaError:
        return
    value = data.draw(strategy)
    assert judge.accepted(parse_json(dump_json(value)))
