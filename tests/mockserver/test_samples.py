"""Texts for patterns, plausible values by name and format, and what the document itself shows."""

import json
import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clients import Client, SteadyClock, make_gateway
from threadmock.mockserver.rules.generation import generate, sample
from threadmock.mockserver.samples.named_values import Sources, formatted_text, named_number, named_text
from threadmock.mockserver.samples.pattern_texts import text_for
from threadmock.mockserver.state.clock import Clock
from threadmock.mockserver.state.ids import Ids
from threadmock.specs.schemas.folding import both
from threadmock.specs.schemas.pattern_syntax import UnreadPattern, parse_pattern
from threadmock.specs.schemas.patterns import is_readable, searches
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker

PATTERNS = [
    r"^(0|[1-9][0-9]*)$",
    r"^[A-Z]{2}\d{4}$",
    r"^\p{L}+$",
    r"^\p{Lu}\p{Ll}{3,8}( \p{Lu}\p{Ll}+)*$",
    r"^\P{L}{3}$",
    r"^\p{Script=Greek}+$",
    r"^(?<year>\d{4})-(?<month>\d{2})$",
    r"^(?=.*[A-Z])(?=.*\d)(?=.*[!@#]).{8,}$",
    r"^(?=abc).*$",
    r"^(?!0)\d{5}$",
    r"^.{2,}(?<=\.pdf)$",
    r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$",
    r"^(a+)+$",
    r"""^(["']).*\1$""",
    r"\bfoo\b",
    r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$",
    r"^#(?:[0-9a-fA-F]{3}){1,2}$",
    r"^\u{1F600}\u0041\x42\t?$",
    r"^[^\x00-\x7F]+$",
    r"^[\u4e00-\u9fa5]{2,4}$",
    r"^[\w.-]+[a-]$",
    r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=)$",
    r"[\s\S]{3}",
    r"^(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$",
    r"^a{,3}$|^b{2}$",
    r"^$",
    "",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("seed", range(5))
def test_a_text_for_a_pattern_is_one_that_the_judging_engine_finds_it_in(pattern: str, seed: int) -> None:
    made = text_for(pattern, random.Random(seed))
    assert made is not None
    assert searches(pattern, made)
    assert made == text_for(pattern, random.Random(seed))


@pytest.mark.parametrize(
    ("pattern", "least", "most"),
    [
        (r"^a*b*$", 57, 57),
        (r"^[A-Z]+(-[A-Z]+)*$", 40, 45),
        (r"^x", 5, 9),
        (r"x$", 5, 9),
        (r"\bfoo\b", 10, 12),
        (r"^(a+)+$", 30, 30),
        (r"^\d+$", 0, 3),
        (r"^(?:ab|c)*$", 7, 7),
    ],
)
def test_a_text_for_a_pattern_has_a_length_within_the_bounds(pattern: str, least: int, most: int) -> None:
    made = text_for(pattern, random.Random(3), least, most)
    assert made is not None
    assert least <= len(made) <= most
    assert searches(pattern, made)


@pytest.mark.parametrize(
    ("pattern", "least", "most"), [(r"^[a-z]{3}$", 5, None), (r"^a(?!a)a$", 0, None), (r"^a{9}$", 0, 3)]
)
def test_a_pattern_that_no_text_fits_has_none(pattern: str, least: int, most: int | None) -> None:
    assert text_for(pattern, random.Random(3), least, most) is None


ATOMS = st.sampled_from(["a", "b-", ".", r"\d", r"\w", "[a-f]", "[^a-c]", r"\.", r"\s", r"[\d_]", "é", r"\p{L}"])
TREES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        inner.map(lambda part: f"({part})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "+?"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        ),
    ),
    max_leaves=6,
)


@given(TREES, st.integers(0, 99), st.booleans())
def test_any_pattern_of_these_forms_has_a_text(tree: str, seed: int, anchored: bool) -> None:
    pattern = f"^{tree}$" if anchored else tree
    made = text_for(pattern, random.Random(seed))
    assert made is not None
    assert searches(pattern, made)


@given(st.text(alphabet="()[]{}?*+\\|^$<>=!:,-ab1pukx.", max_size=12))
def test_no_pattern_that_the_engine_reads_is_a_failure(pattern: str) -> None:
    try:
        parse_pattern(pattern)
    except UnreadPattern:
        return
    made = text_for(pattern, random.Random(1)) if is_readable(pattern) else None
    assert made is None or searches(pattern, made)


def sources(seed: int = 7) -> Sources:
    return Sources(Ids(seed), Clock(SteadyClock()))


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("email", r"[a-z]+\.[a-z]+@example\.com"),
        ("contactEmail", r"[a-z]+\.[a-z]+@example\.com"),
        ("full_name", r"[A-Z]\w+ [A-Z]\w+"),
        ("homepage-url", r"https://example\.com/[a-z]+"),
        ("created_at", r"\d{4}-\d\d-\d\dT.*"),
        ("dueDate", r"\d{4}-\d\d-\d\d"),
        ("unit_price", r"\d+\.\d\d"),
        ("billingAddressCity", r"[A-Z][a-z]+"),
        ("countryCode", r"[A-Z]{2}"),
        ("phone", r"\+1202555\d{4}"),
    ],
)
def test_a_member_s_name_says_what_it_plausibly_holds(name: str, form: str) -> None:
    made = named_text(name, sources())
    assert made is not None
    assert re.fullmatch(form, made)


def test_a_name_that_tells_nothing_has_no_value_of_its_own() -> None:
    assert named_text("frobnicator", sources()) is None
    assert named_number("frobnicator", sources()) is None
    assert formatted_text("frobnicator", sources()) is None


def made(document: dict[str, Any], given: dict[str, Any] | None = None, seed: int = 7) -> Any:
    wanted = Schema(document, "#/x", "response")
    value = sample(wanted, Ids(seed), Clock(SteadyClock()), given)
    assert checker(wanted).valid(value)
    return value


TEXT = {"type": "string"}
PERSON = {
    "type": "object",
    "properties": {"email": TEXT, "age": {"type": "integer", "maximum": 200}, "tags": {"type": "array", "items": TEXT}},
}


def test_a_sample_has_optional_members_and_a_generated_value_only_those_that_must_be_there() -> None:
    assert set(made(PERSON)) == {"email", "age", "tags"}
    assert len(made(PERSON)["tags"]) == 1
    assert generate(Schema(PERSON, "#/x", "response"), Ids(7), Clock(SteadyClock())) == {}


def test_what_the_document_shows_comes_first_where_it_is_valid() -> None:
    shown = {**PERSON, "examples": [{"age": "old"}, {"age": 33}]}
    assert made(shown) == {"age": 33}
    assert made({"type": "object", "properties": {"a": {**TEXT, "examples": ["shown"]}}}) == {"a": "shown"}
    assert made({"type": "object", "properties": {"a": {"type": "integer", "examples": ["shown"]}}}) == {"a": 0}


def test_an_enum_begins_with_its_default_or_its_first_member() -> None:
    assert made({"enum": ["b", "a"], "default": "a"}) == "a"
    assert made({"enum": ["b", "a"]}) == "b"
    assert made({"enum": ["b", "a"], "default": "c"}) == "b"


def test_a_sample_of_what_contains_itself_ends() -> None:
    node = {
        "type": "object",
        "properties": {
            "v": TEXT,
            "next": {"$ref": "#/$defs/N"},
            "all": {"type": "array", "items": {"$ref": "#/$defs/N"}},
        },
    }
    assert made({"$ref": "#/$defs/N", "$defs": {"N": node}}).keys() == {"v"}


def test_a_sample_of_schemas_that_all_reach_each_other_stays_small() -> None:
    names = [f"S{at}" for at in range(30)]
    web = {
        name: {"type": "object", "properties": {each: {"$ref": f"#/$defs/{each}"} for each in names}} for name in names
    }
    assert len(str(made({"$ref": "#/$defs/S0", "$defs": web}))) < 20_000


def test_optional_members_that_can_not_all_stand_together_are_left_out() -> None:
    either = {
        "type": "object",
        "properties": {"a": TEXT, "b": TEXT},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
    }
    assert len(made(either)) == 1
    assert made({"type": "object", "properties": {"a": TEXT, "b": TEXT}, "dependentRequired": {"a": ["b"]}}).keys() == {
        "a",
        "b",
    }


def test_members_that_a_direction_does_not_have_are_no_part_of_a_sample() -> None:
    members = {"a": TEXT, "secret": {**TEXT, "writeOnly": True}, "old": {**TEXT, "deprecated": True}}
    assert made({"type": "object", "properties": members}).keys() == {"a"}


@pytest.mark.parametrize(
    "document",
    [
        {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "uniqueItems": True},
        {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
        {"type": "array", "contains": {"type": "integer"}, "minContains": 2},
        {"type": "array", "prefixItems": [TEXT, {"type": "integer"}], "items": False},
        {"type": "object", "minProperties": 4, "properties": {"a": TEXT}},
        {"type": "object", "minProperties": 2, "patternProperties": {"^x-[a-z]+$": {"type": "integer"}}, "additionalProperties": False},
        {"type": "object", "minProperties": 2, "propertyNames": {"pattern": "^[a-z]{2}$"}},
        {"type": "integer", "not": {"const": 0}},
        {"type": "integer", "multipleOf": 0.5, "minimum": 0.3},
        {"type": "string", "format": "email", "maxLength": 8},
        {"type": "string", "format": "uri", "minLength": 60},
        {"type": "string", "pattern": "^[a-z]+$", "minLength": 20, "maxLength": 20},
        {"allOf": [{"type": "string", "pattern": "^[a-z]+$"}, {"type": "string", "minLength": 20}]},
        {"type": "object", "properties": {"k": {"enum": ["a", "b"]}, "x": TEXT}, "required": ["k"], "if": {"properties": {"k": {"const": "a"}}}, "then": {"required": ["x"]}, "else": {"required": ["y"]}},
        {"$ref": "#/$defs/A", "required": ["b"], "$defs": {"A": {"type": "object", "properties": {"b": {"type": "integer"}}}}},
        {"type": ["null", "array"], "items": {"anyOf": [{"type": "null"}, {"type": "string", "pattern": "^q{3}$"}]}, "minItems": 1},
    ],
    ids=str,
)  # fmt: skip
def test_a_sample_of_an_odd_schema_is_valid(document: dict[str, Any]) -> None:
    made(document)


def test_what_is_given_stands_in_the_sample_and_chooses_among_alternatives() -> None:
    cat = {
        "type": "object",
        "required": ["kind", "lives"],
        "properties": {"kind": {"enum": ["cat"]}, "lives": {"type": "integer"}},
    }
    dog = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": ["dog"]}, "bark": {"type": "boolean"}},
    }
    pets = {"oneOf": [cat, dog]}
    assert made(pets, {"kind": "dog"}) == {"kind": "dog", "bark": False}
    assert made(pets, {"kind": "cat", "lives": 3}) == {"kind": "cat", "lives": 3}
    assert made(pets, {"kind": "unicorn"})["kind"] == "cat"
    assert made(PERSON, {"email": "a@b.c", "age": "old"}).items() >= {"email": "a@b.c"}.items()


def test_two_nodes_for_one_value_are_one_that_asks_for_both() -> None:
    assert both({"minimum": 1, "type": "number"}, {"minimum": 2, "type": "integer"}) == {
        "minimum": 2,
        "type": "integer",
    }
    assert both({"enum": [1, 2]}, {"enum": [2, 3]}) == {"enum": [2]}
    assert both({"multipleOf": 4}, {"multipleOf": 6}) == {"multipleOf": 12}
    assert both(False, {"type": "string"}) is False


def pets(tmp_path: Any) -> Client:
    def ref(name: str) -> dict[str, str]:
        return {"$ref": f"#/components/schemas/{name}"}

    def extending(base: str, **members: Any) -> dict[str, Any]:
        return {"allOf": [ref(base), {"type": "object", "required": list(members), "properties": members}]}

    told = {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat", "dog": "#/components/schemas/Dog"}}
    pet = {
        "type": "object",
        "required": ["id", "kind"],
        "properties": {"id": {"type": "integer", "readOnly": True}, "kind": TEXT},
    }
    schemas = {
        "Pet": {**pet, "discriminator": told},
        "Cat": extending("Pet", lives={"type": "integer"}),
        "Dog": extending("Pet", tricks={"type": "array", "items": TEXT, "minItems": 1}),
    }
    content = {"content": {"application/json": {"schema": ref("Pet")}}}
    one = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    paths = {
        "/pets": {
            "post": {"requestBody": {"required": True, **content}, "responses": {"201": {"description": "", **content}}}
        },
        "/pets/{id}": {"get": {"parameters": [one], "responses": {"200": {"description": "", **content}}}},
        "/pet": {"get": {"responses": {"200": {"description": "", **content}}}},
    }
    tree = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }
    path = tmp_path / "document.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    return Client(make_gateway(str(path)))


def test_a_reply_is_of_the_schema_that_its_discriminator_names(tmp_path: Any) -> None:
    client = pets(tmp_path)
    assert client.get("/pet").json().keys() == {"id", "kind", "lives"}
    made = client.post("/pets", {"kind": "dog", "tricks": ["sit"]})
    assert (made.status, made.json()) == (201, {"id": 1, "kind": "dog", "tricks": ["sit"]})
    assert client.get("/pets/1").json() == made.json()
    for refused in ({"kind": "unicorn", "lives": 1, "tricks": ["sit"]}, {"kind": "cat", "tricks": ["sit"]}):
        assert client.post("/pets", refused).status == 400
