"""Schemas that go round, ask for themselves, contradict themselves or are just very large."""

import itertools
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadmock.specs.documents.document import parse_document
from threadmock.specs.errors import SchemaError
from threadmock.specs.schemas.dialect import Dialect
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.soundness import MAX_CHAIN, contradictions, has_type, standing_cycle, uninhabited
from threadmock.specs.schemas.validation import fast_engine


def ref(name: str) -> dict:
    return {"$ref": f"#/components/schemas/{name}"}


def load(schemas: dict, start: str = "A", version: str = "3.1.0") -> Schema:
    tree = {"openapi": version, "components": {"schemas": schemas}}
    document = parse_document(json.dumps(tree, indent=1).encode(), Path("api.json"))
    return Dialect(document, document.tree).schema(ref(start), "#/node", "request")


def refusal(schemas: dict, start: str = "A", version: str = "3.1.0") -> str:
    with pytest.raises(SchemaError) as caught:
        load(schemas, start, version)
    return str(caught.value)


def required(member: object, **more: object) -> dict:
    return {"type": "object", "required": ["a"], "properties": {"a": member}, **more}


@pytest.mark.parametrize(
    "schemas",
    [
        {"A": ref("A")},
        {"A": ref("B"), "B": ref("A")},
        {"A": {"allOf": [{"type": "object"}, ref("A")]}},
        {"A": {"anyOf": [{"type": "null"}, {"oneOf": [ref("A")]}]}},
        {"A": {"not": ref("A")}},
        {"A": {"if": ref("A"), "then": {}}},
        {"A": {"dependentSchemas": {"x": ref("B")}}, "B": {"allOf": [ref("A")]}},
        {"A": {"properties": {"x": ref("B")}}, "B": ref("C"), "C": ref("B")},
    ],
)
def test_references_that_go_round_in_place_are_refused(schemas):
    assert "go round" in refusal(schemas)


@pytest.mark.parametrize(
    "schemas",
    [
        {"A": required(ref("A"))},
        {"A": required(ref("B")), "B": required(ref("A"))},
        {"A": {"allOf": [{"type": "object"}, required(ref("A"))]}},
        {"A": {"oneOf": [required(ref("A")), required(ref("B"))]}, "B": required(ref("A"))},
        {"A": {"type": "array", "minItems": 1, "items": ref("A")}},
        {"A": {"type": "array", "prefixItems": [{}, ref("A")], "minItems": 2}},
        {"A": {"type": "array", "contains": ref("A")}},
        {"A": {"type": "object", "required": ["x"], "additionalProperties": ref("A")}},
        {
            "A": {
                "type": ["object", "array"],
                "required": ["a"],
                "properties": {"a": ref("A")},
                "minItems": 1,
                "items": ref("A"),
            }
        },
        {"A": {"allOf": [{"properties": {"b": ref("B")}}, ref("B")]}, "B": required(ref("B"))},
    ],
)
def test_what_only_an_infinite_value_satisfies_is_refused(schemas):
    assert "Only an infinite value" in refusal(schemas)


def test_an_optional_member_that_only_an_infinite_value_satisfies_takes_nothing():
    tree = {
        "openapi": "3.1.0",
        "components": {"schemas": {"A": {"properties": {"b": ref("B")}}, "B": required(ref("B"))}},
    }
    document = parse_document(json.dumps(tree, indent=1).encode(), Path("api.json"))
    dialect = Dialect(document, document.tree)
    judge = fast_engine(dialect.schema(ref("A"), "#/node", "request").document)
    assert judge.is_valid({"c": 1})
    assert not judge.is_valid({"b": {"a": 1}})
    (said,) = dialect.warnings
    assert said.startswith("api.json#/components/schemas/B (line 12): only an infinite value could satisfy this")
    with pytest.raises(SchemaError, match="it requires itself"):
        dialect.schema(ref("B"), "#/other", "request")


@pytest.mark.parametrize(
    "schemas",
    [
        {"A": {"type": "object", "properties": {"a": ref("A")}}},
        {"A": {"type": "array", "items": ref("A")}},
        {"A": required({"type": "array", "items": ref("A")})},
        {"A": required({"anyOf": [ref("A"), {"type": "null"}]})},
        {"A": required(ref("A"), type=["object", "string"])},
        {"A": {"oneOf": [{"type": "string"}, required(ref("A"))]}},
        {"A": {"type": "object", "additionalProperties": ref("A")}},
        {"A": required(ref("B")), "B": {"type": "object", "properties": {"a": ref("A")}}},
        {"A": {"type": "array", "contains": ref("A"), "minContains": 0}},
        {"A": {"type": ["object", "array"], "required": ["a"], "properties": {"a": ref("A")}, "items": ref("A")}},
        {"A": required(False), "B": ref("A")},
    ],
)
def test_recursion_that_can_end_loads(schemas):
    assert load(schemas).document["$defs"]


def test_nullable_ends_a_recursion_in_3_0():
    assert load({"A": required({**ref("A"), "nullable": True})}, version="3.0.0")
    assert load({"A": required({"allOf": [ref("A")], "nullable": True})}, version="3.0.0")


def test_a_read_only_member_does_not_ask_for_itself_in_a_request():
    assert load({"A": required({"allOf": [ref("A")], "readOnly": True})})


@pytest.mark.parametrize(
    ("node", "at"),
    [
        ({"minLength": 3, "maxLength": 2}, "minLength"),
        ({"minimum": 3, "maximum": 2.5}, "minimum"),
        ({"minItems": 3, "maxItems": 2}, "minItems"),
        ({"minProperties": 3, "maxProperties": 2}, "minProperties"),
        ({"exclusiveMinimum": 3, "maximum": 3}, "exclusiveMinimum"),
        ({"minimum": 3, "exclusiveMaximum": 3}, "minimum"),
        ({"enum": []}, "enum"),
        ({"type": "string", "enum": [1, None, True]}, "enum"),
        ({"type": "integer", "enum": [1.5, True]}, "enum"),
        ({"type": "string", "const": 1}, "const"),
        ({"multipleOf": 0}, "multipleOf"),
        ({"multipleOf": -2}, "multipleOf"),
        ({"multipleOf": 1e-300}, "multipleOf"),
    ],
)
@pytest.mark.parametrize("around", ["{0}", '{{"properties": {{"x": {0}}}}}', '{{"anyOf": [{{"type": "null"}}, {0}]}}'])
def test_contradictions_are_warned_of_with_their_place_and_cost_that_keyword_alone(node, at, around):
    tree = {"openapi": "3.1.0", "components": {"schemas": {"A": json.loads(around.format(json.dumps(node)))}}}
    document = parse_document(json.dumps(tree, indent=1).encode(), Path("api.json"))
    dialect = Dialect(document, document.tree)
    made = dialect.schema(ref("A"), "#/node", "request")
    (message,) = dialect.warnings
    assert message.startswith("api.json#/components/schemas/A")
    assert f"/{at} (line " in message
    found = made.document["$defs"]["A"]
    left = found["properties"]["x"] if "properties" in found else found.get("anyOf", [None, found])[1]
    expected = {name: value for name, value in node.items() if name != at}
    assert left == ({"not": {}} if node == {"enum": []} else expected)


@pytest.mark.parametrize(
    "node",
    [
        {"minLength": 3, "maxLength": 3},
        {"minimum": 3, "maximum": 3},
        {"type": "integer", "enum": [1.0]},
        {"type": ["string", "null"], "enum": ["a", None]},
        {"type": "string", "enum": ["a", 1]},
        {"multipleOf": 0.01},
        {"maxItems": 1_000_000_000, "maxLength": 10**18},
        {"maxItems": 1e9},
        {"not": {}},
        {"type": "string", "const": "a"},
    ],
)
def test_what_can_be_satisfied_or_is_plainly_meant_loads(node):
    assert load({"A": node}).document["$defs"]["A"] == node


def test_nullable_enums_of_3_0_hold_null():
    made = load({"A": {"type": "string", "nullable": True, "enum": [None]}}, version="3.0.0")
    assert made.document["$defs"]["A"] == {"type": ["string", "null"], "enum": [None]}


@pytest.mark.parametrize(
    "schemas",
    [
        {"A": {"properties": {f"p{n}": {"type": "string"} for n in range(10_000)}}},
        {"A": {"oneOf": [{"const": n} for n in range(1_000)]}},
        {"A": {"required": [f"p{n}" for n in range(10_000)], "properties": {"id": {"readOnly": True}}}},
        {"A": {"allOf": [ref("N0")]}, **{f"N{n}": {"allOf": [ref(f"N{n + 1}")]} for n in range(1_000)}, "N1000": {}},
        {"A": required(ref("N0")), **{f"N{n}": required(ref(f"N{n + 1}")) for n in range(5_000)}, "N5000": {}},
        {
            "A": {"anyOf": [ref(f"N{n}") for n in range(2_000)]},
            **{f"N{n}": required(ref("A")) for n in range(2_000)},
            "N0": {},
        },
    ],
    ids=["properties", "branches", "required", "chain", "required chain", "star"],
)
def test_large_schemas_load_in_bounded_time(schemas):
    began = time.process_time()
    made = load(schemas)
    assert time.process_time() - began < 10
    assert fast_engine(made.document).is_valid(None) in (True, False)


def test_a_chain_beyond_the_bound_is_refused():
    chain = {f"N{n}": ref(f"N{n + 1}") for n in range(MAX_CHAIN + 1)}
    assert "too long" in refusal({"A": ref("N0"), **chain, f"N{MAX_CHAIN + 1}": {}})


def test_schemas_nested_a_thousand_deep_are_refused_by_name():
    deep: object = {}
    for _ in range(1_000):
        deep = {"allOf": [deep]}
    made = Dialect(parse_document(b"openapi: 3.1.0", Path("x.yaml")), {"openapi": "3.1.0"})
    with pytest.raises(SchemaError, match="nested too deep"):
        made.schema(deep, "#/x", "request")


@pytest.mark.parametrize(("levels", "opening", "closing"), [(195, '{"items":', "}"), (97, '{"allOf":[', "]}")])
def test_the_deepest_document_that_is_read_is_converted(levels, opening, closing):
    text = '{"openapi": "3.1.0", "node": ' + opening * levels + '{"type": "string"}' + closing * levels + "}"
    document = parse_document(text.encode(), Path("api.json"))
    made = Dialect(document, document.tree).schema(document.tree["node"], "#/node", "request")
    assert made.document == document.tree["node"]


names = st.sampled_from("ABCDE")
graphs = st.dictionaries(names, st.lists(names, max_size=3), min_size=1)


@given(graphs)
def test_a_standing_cycle_is_found_exactly_where_there_is_one(graph):
    graph = {name: graph.get(name, []) for name in "ABCDE"}
    defs = {name: {"allOf": [{"$ref": f"#/$defs/{below}"} for below in belows]} for name, belows in graph.items()}
    reach = {name: set(belows) for name, belows in graph.items()}
    for _ in reach:
        reach = {name: belows.union(*(reach[below] for below in belows)) for name, belows in reach.items()}
    cycle = standing_cycle(defs, ())
    assert bool(cycle) == any(name in belows for name, belows in reach.items())
    assert all(below in graph[name] for name, below in itertools.pairwise(cycle))
    assert not cycle or cycle[0] == cycle[-1]


@given(graphs)
def test_required_graphs_are_inhabited_exactly_where_no_cycle_is_reached(graph):
    graph = {name: graph.get(name, []) for name in "ABCDE"}
    defs = {
        name: {
            "type": "object",
            "required": belows,
            "properties": {below: {"$ref": f"#/$defs/{below}"} for below in belows},
        }
        for name, belows in graph.items()
    }
    ends = set()
    for _ in graph:
        ends |= {name for name, belows in graph.items() if ends.issuperset(belows)}
    assert set(uninhabited(defs, graph, ())) == set(graph) - ends


@given(
    st.dictionaries(st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), st.integers(-3, 3))
)
def test_a_number_in_the_bounds_means_no_contradiction(node):
    engine = fast_engine({"type": "number", **node})
    if any(engine.is_valid(number / 2) for number in range(-10, 10)):
        assert list(contradictions(node)) == []
    else:
        assert list(contradictions(node)) != []


@given(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.just([])
    | st.just({}),
    st.sampled_from(["array", "boolean", "integer", "null", "number", "object", "string"]),
)
def test_types_are_judged_as_the_engine_does(value, name):
    assert has_type(value, [name]) == fast_engine({"type": name}).is_valid(value)
