"""Two engines, one verdict; and violations that say where, why and on what evidence."""

import gc
import math
import time
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.documents import schema_of, taking
from support.reading import reference_valid
from support.schema_values import JUNK, shipped_schemas
from threadmock.specs.schemas import validation
from threadmock.specs.schemas.patterns import searches
from threadmock.specs.schemas.validation import MAX_VIOLATIONS, Checker, Violation, checker, fast_engine

SHIPPED = shipped_schemas()


def violations(document: dict, value: object, pointer: str = "#/x") -> list[Violation]:
    return Checker(schema_of(document, pointer)).violations(value)


def only(document: dict, value: object) -> Violation:
    (found,) = violations(document, value)
    return found


@given(JUNK, st.sampled_from(sorted(SHIPPED)))
def test_every_violation_points_into_the_value_or_at_the_member_that_it_lacks(value, name):
    for violation in checker(SHIPPED[name]).violations(value):
        node = value
        for index, step in enumerate(violation.location):
            last = index == len(violation.location) - 1
            assert isinstance(node, dict if isinstance(step, str) else list)
            if last and isinstance(node, dict) and step not in node:
                assert violation.keyword in ("required", "dependentRequired")
                break
            node = node[step]
        assert violation.message
        assert violation.schema_pointer.startswith("#/")


@given(st.dictionaries(st.sampled_from(["0", "007", "a/b", "a~b", "é", "1e3", "-1"]), st.integers(), min_size=1))
def test_a_member_of_any_name_is_pointed_at_by_its_own_name(value):
    document = {"additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}}}
    wrapped = {name: {name: child} for name, child in value.items()}
    found = [violation.location for violation in violations(document, wrapped)]
    assert sorted(found) == sorted((name, name) for name in value)


def test_a_pointer_is_escaped_as_rfc_6901_asks():
    violation = Violation("body", "type", ("a/b", "c~d", 0, ""), "wrong")
    assert violation.pointer == "/a~1b/c~0d/0/"


def test_a_missing_member_is_the_end_of_the_location():
    violation = only({"properties": {"a": {"required": ["b"]}}}, {"a": {}})
    assert (violation.location, violation.keyword) == (("a", "b"), "required")


def test_the_one_member_too_many_is_the_end_of_the_location():
    closed = {"additionalProperties": False, "properties": {"a": {}}}
    assert only(closed, {"a": 1, "b": 2}).location == ("b",)
    assert only(closed, {"b": 1, "c": 2}).location == ()


def test_violations_are_bounded_and_come_fast_for_a_long_list():
    document = {"properties": {"a": {"items": {"type": "string"}}}}
    assert len(violations(document, {"a": list(range(1000))})) == MAX_VIOLATIONS
    started = time.process_time()
    (first,) = violations(document, {"a": list(range(1_000_000))})
    assert time.process_time() - started < 3
    assert (first.location, first.keyword) == (("a", 0), "type")


THING = {
    "$defs": {
        "Thing": {
            "type": "object",
            "properties": {"n": {"anyOf": [{"$ref": "#/$defs/Count"}, {"type": "null"}]}},
            "required": ["q"],
        },
        "Count": {"type": "integer", "minimum": 1, "x-evidence": "observed"},
        "a/b": {"type": "string"},
    }
}


def test_a_violation_below_references_points_at_the_keyword_in_the_vendors_document():
    violation = only({**THING, "$ref": "#/$defs/Thing"}, {"q": 1, "n": 0})
    assert violation.schema_pointer == "#/components/schemas/Count/minimum"
    assert violation.location == ("n",)
    assert violation.evidence == "observed"


def test_a_violation_beside_references_points_into_the_schema_itself():
    assert only({"properties": {"a": {"type": "string"}}}, {"a": 1}).schema_pointer == "#/x/properties/a/type"


def test_a_definition_with_a_slash_in_its_name_is_followed_and_pointed_at():
    violation = only({**THING, "properties": {"a": {"$ref": "#/$defs/a~1b"}}}, {"a": 1})
    assert violation.schema_pointer == "#/components/schemas/a~1b/type"


def test_a_definition_from_elsewhere_is_pointed_at_where_it_stands():
    schema = schema_of({**THING, "$ref": "#/$defs/Count"})
    elsewhere = type(schema)(schema.document, schema.pointer, "request", {"Count": "#/paths/~1a/get/schema"})
    (violation,) = Checker(elsewhere).violations(0)
    assert violation.schema_pointer == "#/paths/~1a/get/schema/minimum"


UNIONS = {
    "null or a thing, a wrong member": (
        [{"$ref": "#/$defs/Thing"}, {"type": "null"}],
        {"q": 1, "n": 0},
        ("n",),
        "minimum",
    ),
    "null or a thing, a missing member": ([{"$ref": "#/$defs/Thing"}, {"type": "null"}], {}, ("q",), "required"),
    "null or a thing, neither": ([{"$ref": "#/$defs/Thing"}, {"type": "null"}], 5, (), "anyOf"),
    "a format or null": ([{"type": "string", "format": "uuid"}, {"type": "null"}], "x", (), "format"),
    "a nested union": ([{"anyOf": [{"$ref": "#/$defs/Thing"}]}, {"type": "null"}], {}, ("q",), "required"),
    "two that both may be meant": ([{"required": ["a"]}, {"required": ["b"]}], {}, (), "anyOf"),
    "told apart by a constant": (
        [
            {"properties": {"kind": {"const": "a"}, "n": {"type": "string"}}},
            {"properties": {"kind": {"const": "b"}, "n": {"type": "boolean"}}},
        ],
        {"kind": "b", "n": 1},
        ("n",),
        "type",
    ),
    "a member too many": (
        [{"type": "object", "additionalProperties": False, "properties": {"a": {}}}, {"type": "null"}],
        {"b": 1},
        ("b",),
        "additionalProperties",
    ),
}


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
@pytest.mark.parametrize(("branches", "value", "location", "reason"), UNIONS.values(), ids=UNIONS)
def test_of_a_union_the_branch_that_was_meant_says_what_is_wrong(keyword, branches, value, location, reason):
    violation = only({**THING, keyword: branches}, value)
    assert violation.location == location
    assert violation.keyword == (keyword if reason == "anyOf" else reason)


EVIDENCE = {
    "no mark": ({"type": "string"}, "documented"),
    "a mark on the node": ({"type": "string", "x-evidence": "assumed"}, "assumed"),
    "a mark on the keyword": ({"type": "string", "x-evidence": {"type": "observed"}}, "observed"),
    "a mark on another keyword": ({"type": "string", "x-evidence": {"minLength": "assumed"}}, "documented"),
    "a mark around": ({"allOf": [{"type": "string"}], "x-evidence": "assumed"}, "assumed"),
    "a mark on the keyword around": ({"allOf": [{"type": "string"}], "x-evidence": {"allOf": "assumed"}}, "assumed"),
    "the weakest of two": (
        {"allOf": [{"type": "string", "x-evidence": "assumed"}], "x-evidence": "observed"},
        "assumed",
    ),
    "behind a reference": ({"$ref": "#/$defs/S"}, "observed"),
    "beside a reference": ({"$ref": "#/$defs/S", "x-evidence": "assumed"}, "assumed"),
    "on the reference": ({"$ref": "#/$defs/S", "x-evidence": {"$ref": "assumed"}}, "assumed"),
    "a word that is none": ({"type": "string", "x-evidence": "sure"}, "documented"),
}


@pytest.mark.parametrize(("node", "evidence"), EVIDENCE.values(), ids=EVIDENCE)
@pytest.mark.parametrize("name", ["a", "0", "x-evidence"])
def test_a_refusal_has_the_weakest_evidence_that_it_rests_on(node, evidence, name):
    document = {"properties": {name: node}, "$defs": {"S": {"type": "string", "x-evidence": "observed"}}}
    assert only(document, {name: 1}).evidence == evidence


def test_a_marked_requirement_is_told_from_an_unmarked_type():
    document = {
        "required": ["a"],
        "properties": {"b": {"type": "string"}},
        "x-evidence": {"required": "assumed"},
    }
    found = {violation.keyword: violation.evidence for violation in violations(document, {"b": 1})}
    assert found == {"required": "assumed", "type": "documented"}


NO_VERDICT = {
    "half of a surrogate pair": ({"type": "string"}, "\ud800"),
    "an integer that no float holds": ({"multipleOf": 0.5}, 10**400 + 1),
}


@pytest.mark.parametrize(("document", "value"), NO_VERDICT.values(), ids=NO_VERDICT)
def test_a_value_that_an_engine_cannot_judge_is_no_case(document, value):
    judge = Checker(schema_of(document))
    assert not judge.accepted(value)
    assert not judge.refused(value)


def test_a_value_too_deep_for_the_reference_engine_is_no_case():
    judge = Checker(schema_of({"$ref": "#/$defs/N", "$defs": {"N": {"items": {"$ref": "#/$defs/N"}, "maxItems": 1}}}))
    value: list = [[], []]
    for _ in range(400):
        value = [value]
    assert not reference_valid(judge, value)
    assert not judge.refused(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_number_satisfies_no_minimum_in_the_fast_engine(value):
    assert not Checker(schema_of({"type": "number", "minimum": 0})).accepted(value)


@pytest.mark.parametrize("digits", [4000, 400, 20])
def test_integers_of_any_length_are_judged_exactly(digits):
    judge = Checker(schema_of({"type": "integer", "maximum": 2**53}))
    assert judge.refused(10**digits - 1)
    assert judge.accepted(2**53)
    assert judge.refused(2**53 + 1)
    assert judge.violations(10**digits - 1)[0].keyword == "maximum"


EVIL = [
    "^(?=a)(a+)+$",
    r"^(a+)\1+$",
    "^(a+)+$",
    "^(a|a)*$",
    "^(a|aa)+$",
    "a*a*a*a*a*b",
    "(a*)*b",
    "^([a-zA-Z0-9]+)*@",
    ".*.*.*=.*",
    "^(.*a){12}$",
]


@pytest.mark.parametrize("pattern", EVIL)
@pytest.mark.parametrize("text", ["a" * 40 + "!", "a" * 5000 + "!"], ids=["short", "long"])
def test_a_catastrophic_pattern_is_judged_at_once_by_both_engines(pattern, text):
    judge = Checker(schema_of({"pattern": pattern}))
    started = time.process_time()
    assert judge.accepted(text) or judge.refused(text)
    assert time.process_time() - started < 1


def test_a_plain_pattern_is_quadratic_for_nobody():
    started = time.process_time()
    assert Checker(schema_of({"pattern": "a+b"})).refused("a" * 100_000)
    assert time.process_time() - started < 1


@given(
    st.sampled_from(
        ["^a$", "^[a-z]+$", "a{2,3}", "^(ab)*$", r"^\w+-\w+$", "x|y", r"[)*+]", r"\)\*", "^(a+)+$", "^.?$"]
    ),
    st.text("abxy-)*+", max_size=12),
)
def test_a_pattern_means_the_same_whichever_engine_is_chosen(pattern, text):
    assert searches(pattern, text) is fast_engine({"pattern": pattern}).is_valid(text)


@given(
    st.sampled_from(
        [r"^(?!.*--)[a-z-]+$", r"(?=.*b)a", r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$", r"^(?<a>ab?)$", r"^\p{Ll}+$"]
    ),
    st.text("ab-+.0xä", max_size=12),
)
def test_a_pattern_that_the_linear_engine_cannot_read_means_the_same_to_both(pattern, text):
    assert searches(pattern, text) is fast_engine({"pattern": pattern}).is_valid(text)


def test_the_engines_may_differ_on_a_pattern_and_then_there_is_no_case():
    judge = Checker(schema_of({"pattern": "^a$"}))
    assert reference_valid(judge, "a\n")
    assert not judge.valid("a\n")
    assert not judge.accepted("a\n")
    assert not judge.refused("a\n")


def test_a_checker_is_made_once_for_a_schema_and_goes_with_it():
    schema = schema_of({"type": "string"})
    assert checker(schema) is checker(schema)
    gone = weakref.ref(schema)
    made = weakref.ref(checker(schema))
    del schema
    gc.collect()
    assert gone() is None
    assert made() is None


def test_of_large_schemas_no_more_are_compiled_at_one_time_than_the_bound_allows(monkeypatch):
    monkeypatch.setattr(validation, "MOST_COMPILED", 15_000)
    document = {"properties": {f"m{at}": {"maxLength": 3} for at in range(3000)}}
    judges = [Checker(schema_of(document)) for _ in range(4)]
    for judge in judges:
        assert judge.valid({"m1": "abc"})
        assert not judge.valid({"m1": "abcd"})
    assert [judge.compiled is not None for judge in judges] == [False, False, True, True]
    judges[2].valid({})
    assert [each.message for each in judges[0].violations({"m7": "abcd"})] == ['"abcd" is longer than 3 characters']
    assert [judge.compiled is not None for judge in judges] == [True, False, True, False]


def test_a_small_schema_stays_compiled(monkeypatch):
    monkeypatch.setattr(validation, "MOST_COMPILED", 0)
    judge = Checker(schema_of({"type": "string"}))
    assert judge.valid("a")
    assert judge.compiled is not None


def test_the_reference_engine_is_not_built_before_it_is_asked(monkeypatch):
    monkeypatch.setattr("threadmock.specs.schemas.validation._Reference", None)
    operation = taking({"type": "object", "required": ["a"]})
    judge = checker(operation.body.content["application/json"].schema)
    assert judge.valid({"a": 1})
    assert judge.violations({})


def test_nothing_is_fetched_for_a_remote_reference():
    with pytest.raises(ValueError, match="example"):
        fast_engine({"$ref": "https://example.com/schema.json"})
