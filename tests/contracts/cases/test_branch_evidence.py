"""What a valid value's acceptance rests on, where a branch of a union is only assumed."""

import pytest
from threadmock.contracts.cases.branch_evidence import choice_evidence
from threadmock.contracts.generation.coverage import coverage
from threadmock.specs.loader import load
from threadmock.specs.schemas.schema import Schema

UNION = {
    "type": "object",
    "properties": {
        "text": {
            "anyOf": [{"type": "string", "x-evidence": "observed"}, {"type": "null", "x-evidence": "assumed"}],
        },
        "any": {"anyOf": [{"type": "integer", "x-evidence": "assumed"}, {"type": "number"}]},
        "plain": {"type": "string"},
    },
}


@pytest.mark.parametrize(
    ("value", "evidence"),
    [
        ({}, "documented"),
        ({"plain": "x"}, "documented"),
        ({"text": "x"}, "observed"),
        ({"text": None}, "assumed"),
        ({"text": None, "plain": "x"}, "assumed"),
        ({"any": 1}, "documented"),
        ([], "documented"),
    ],
)
def test_evidence_is_that_of_the_branch_that_the_value_needs(value: object, evidence: str) -> None:
    assert choice_evidence(Schema(UNION, "#", "request"), value) == evidence


def test_the_parts_of_a_composed_schema_count() -> None:
    composed = {"allOf": [UNION, {"type": "object"}]}
    assert choice_evidence(Schema(composed, "#", "request"), {"text": None}) == "assumed"
    assert choice_evidence(Schema(composed, "#", "request"), {"plain": "x"}) == "documented"


def test_null_that_is_only_assumed_to_be_taken_makes_no_failure() -> None:
    cases = {case.label: case for case in coverage(load("ishvana").operations[0])}
    assert {cases[f"{name} is null"].evidence for name in ("project_id", "initial_message", "tags")} == {"assumed"}
    assert cases["title is null"].intent == "invalid"
