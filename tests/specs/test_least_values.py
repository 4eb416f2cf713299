"""Which schemas no value fits, or only one that is too large, is known while loading; and nobody is accused falsely."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.documents import JSON, read
from threadmock.specs.documents.document import parse_document
from threadmock.specs.schemas.dialect import Dialect
from threadmock.specs.schemas.least_values import LeastValues
from threadmock.specs.schemas.lengths import lengths
from threadmock.specs.schemas.misfits import unfit
from threadmock.specs.schemas.patterns import fast_engine, searches

TEXT: dict[str, Any] = {"type": "string"}
COMPONENTS: dict[str, Any] = {
    "Never": {"not": {}},
    "Text": TEXT,
    "Closed": {"type": "object", "required": ["a"], "properties": {"a": TEXT}, "additionalProperties": False},
    **{f"Deep{n}": {"type": "object", "required": ["a"], "properties": {"a": {"$ref": f"#/components/schemas/Deep{n + 1}"}}} for n in range(60)},
    "Deep60": TEXT,
    **{f"Wide{n}": {"type": "array", "minItems": 2, "items": {"$ref": f"#/components/schemas/Wide{n + 1}"}} for n in range(30)},
    "Wide30": TEXT,
}  # fmt: skip


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def why(schema: Any, *, required: bool = True) -> str:
    """Why no value is made, of an object with that member."""
    whole = {"type": "object", "required": ["x"] if required else [], "properties": {"x": schema}}
    tree = {"openapi": "3.1.0", "components": {"schemas": COMPONENTS}, "x": whole}
    document = parse_document(json.dumps(tree, indent=1).encode(), Path("api.json"))
    dialect = Dialect(document, document.tree)
    return dialect.why_unmade(dialect.schema(whole, "#/x", "response"))


IMPOSSIBLE: dict[str, tuple[Any, str]] = {
    "false": (False, "#/x/properties/x (line"),
    "not": ({"not": {}}, "#/x/properties/x/not"),
    "a reference": (ref("Never"), "#/components/schemas/Never/not (line"),
    "every branch": ({"anyOf": [False, ref("Never")]}, "#/x/properties/x/anyOf/0"),
    "two types": ({"allOf": [TEXT, {"type": "integer"}]}, "different types"),
    "two types by reference": ({**ref("Text"), "type": ["integer", "null"]}, "different types"),
    "bounds of two parts": ({"allOf": [{**TEXT, "minLength": 5}, {"maxLength": 2}]}, "`minLength` 5 is above"),
    "two lists": ({"allOf": [{"enum": ["a"]}, {"enum": ["b"]}]}, "no value in common"),
    "closed parts": ({"allOf": [ref("Closed"), {"type": "object", "required": ["b"]}]}, "requires 'b'"),
    "members of two parts": (
        {
            "allOf": [
                {"type": "object", "required": ["a"], "properties": {"a": TEXT}},
                {"properties": {"a": {"type": "null"}}},
            ]
        },
        "different things of 'a'",
    ),
    "an item": ({"type": "array", "minItems": 1, "items": False}, "#/x/properties/x/items"),
    "a place of a tuple": ({"type": "array", "prefixItems": [TEXT], "items": False, "minItems": 2}, "x/items"),
    "what is contained": ({"type": "array", "contains": ref("Never")}, "Never/not"),
    "a member of a member": ({"type": "object", "required": ["y"], "properties": {"y": False}}, "x/properties/y"),
    "sixty levels": (ref("Deep0"), "62 levels"),
    "two to the thirtieth parts": (ref("Wide0"), "parts or more"),
}


@pytest.mark.parametrize(("schema", "told"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_no_value_fits_is_told_with_its_place_where_it_is_required(schema: Any, told: str) -> None:
    assert told in why(schema)
    assert why(schema).startswith("api.json#/")
    assert why(schema, required=False) == ""


POSSIBLE: dict[str, Any] = {
    "one branch": {"anyOf": [False, TEXT]},
    "an empty list": {"type": "array", "items": ref("Never")},
    "closed by itself": ref("Closed"),
    "a closed part with all of it": {"allOf": [ref("Closed"), {"type": "object", "required": ["a"]}]},
    "numbers": {"allOf": [{"type": "number"}, {"type": "integer"}]},
    "no object": {"allOf": [{"additionalProperties": False}, {"required": ["a"]}]},
    "forty levels": ref("Deep20"),
    "two thousand parts": ref("Wide20"),
    "one level of many": {"oneOf": [ref("Deep0"), TEXT]},
}


@pytest.mark.parametrize("schema", POSSIBLE.values(), ids=POSSIBLE)
def test_what_some_value_fits_is_not_accused(schema: Any) -> None:
    assert why(schema) == ""


def test_an_operation_without_an_answer_says_so_and_the_others_do_not() -> None:
    def giving(schema: Any) -> Any:
        return {"get": {"responses": {"200": {"description": "", "content": {JSON: {"schema": schema}}}}}}

    (bad, items, good), said = read(
        {"/a": giving(ref("Never")), "/b": giving({"type": "array", "items": ref("Never")}), "/c": giving(TEXT)},
        components={"schemas": COMPONENTS},
    )
    assert "#/components/schemas/Never/not (line" in bad.unanswerable
    assert [items.unanswerable, good.unanswerable] == ["", ""]
    assert [each for each in said if each.endswith("so GET /a has no answer that fits, and the mock's only comes near")]


SCALARS = st.none() | st.booleans() | st.integers(-3, 4) | st.sampled_from([0.5, 1.5]) | st.text("ab1", max_size=4)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abx"), inner, max_size=3), max_leaves=6
)  # fmt: skip
TYPES = ["null", "boolean", "integer", "number", "string", "object", "array"]
SMALL = st.integers(0, 3)
WORDS: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(TYPES) | st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True),
    "enum": st.lists(SCALARS, min_size=1, max_size=3),
    "const": SCALARS,
    "minLength": SMALL,
    "maxLength": SMALL,
    "pattern": st.sampled_from(["^a+$", "b", "^(a|b)1$", "^$"]),
    "minimum": st.integers(-2, 3) | st.just(0.5),
    "maximum": st.integers(-2, 3) | st.just(0.5),
    "exclusiveMinimum": st.integers(-2, 3),
    "exclusiveMaximum": st.integers(-2, 3),
    "multipleOf": st.integers(1, 3),
    "minItems": SMALL,
    "maxItems": SMALL,
    "uniqueItems": st.booleans(),
    "minProperties": SMALL,
    "maxProperties": SMALL,
    "required": st.lists(st.sampled_from("abx"), max_size=2, unique=True),
    "dependentRequired": st.dictionaries(st.sampled_from("abx"), st.lists(st.sampled_from("abx"), unique=True)),
}
CLOSING = st.sampled_from([True, False])


def _around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    few = st.lists(inner, min_size=1, max_size=2)
    members = st.dictionaries(st.sampled_from("abx"), inner, max_size=2)
    words = {
        **WORDS,
        "properties": members,
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "x$"]), inner, max_size=1),
        "additionalProperties": CLOSING,
        "unevaluatedProperties": CLOSING,
        "propertyNames": inner,
        "items": inner,
        "prefixItems": few,
        "contains": inner,
        "allOf": few,
        "anyOf": few,
        "oneOf": few,
        "not": inner,
    }
    return st.lists(st.sampled_from(sorted(words)), max_size=4, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({word: words[word] for word in chosen})
    )


SCHEMAS = st.recursive(CLOSING | st.fixed_dictionaries({}, optional=WORDS), _around, max_leaves=5)  # type: ignore[arg-type]


def parts(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(parts, inner))


@given(SCHEMAS, st.lists(VALUES, min_size=3, max_size=12))
@settings(max_examples=60)
def test_a_value_that_fits_clears_its_schema_and_is_no_smaller_than_the_least(schema: Any, values: list[Any]) -> None:
    judge = fast_engine({"allOf": [schema]})
    fitting = [value for value in values if judge.is_valid(value)]
    assume(fitting)
    least = LeastValues().of(schema)
    assert not least.is_none
    assert least.parts <= min(map(parts, fitting))
    assert not isinstance(schema, dict) or unfit(schema) is None


@given(
    st.sampled_from(["^a+$", "b", "^(a|b)1$", "^$", "^a|b$", "(^a$|^bb$)", "^[ab]{2,3}$", "a?", "^(?=a).*$"]),
    st.text("ab1", max_size=5),
)
def test_the_lengths_of_a_pattern_hold_for_each_text_that_it_finds(pattern: str, text: str) -> None:
    assume(searches(pattern, text))
    least, most = lengths(pattern)
    assert least <= len(text) <= most
