"""A form is asked for what its own schema says, where no JSON is taken."""

from typing import Any
from urllib.parse import parse_qsl

import pytest
from support.documents import operation
from threadmock.contracts.cases.case import Case
from threadmock.contracts.generation.coverage_basis import prepare
from threadmock.contracts.generation.form_cases import only_forms

FORM = "application/x-www-form-urlencoded"
MEMBERS = {
    "amount": {"type": "integer", "minimum": 50},
    "kind": {"type": "string", "enum": ["plain", "odd"]},
    "text": {"type": "string", "maxLength": 8},
    "exact": {"type": "boolean"},
    "more": {"type": "object", "additionalProperties": {"type": "string"}},
}


def cases(*media: str) -> list[Case]:
    schema = {"type": "object", "required": ["amount"], "properties": MEMBERS}
    body: dict[str, Any] = {"required": True, "content": {name: {"schema": schema} for name in media}}
    return list(only_forms(prepare(operation({"requestBody": body, "responses": {"200": {"description": ""}}}))))


def sent(intent: str) -> set[tuple[tuple[str, str], ...]]:
    return {tuple(parse_qsl(case.request.body.decode())) for case in cases(FORM) if case.intent == intent}


def test_valid_forms_have_each_member_and_brackets() -> None:
    valid = sent("valid")
    assert (("amount", "50"),) in valid
    assert any(dict(pairs).keys() >= {"amount", "kind", "text", "exact"} for pairs in valid)
    assert (("amount", "50"), ("more[mark]", "a text")) in valid
    assert (("amount", "50"), ("kind", "odd")) in valid


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        (("amount", "abc"),),
        (("amount", "1.5"),),
        (("amount", "49"),),
        (("amount", "50"), ("kind", "no_such_value")),
        (("amount", "50"), ("exact", "maybe")),
    ],
)
def test_invalid_forms_lack_a_member_or_hold_a_text_of_none(wrong: tuple[tuple[str, str], ...]) -> None:
    assert wrong in sent("invalid")
    assert wrong not in sent("valid")


def test_a_text_that_is_too_long_is_invalid_and_the_longest_one_is_valid() -> None:
    lengths = {intent: {len(dict(pairs).get("text", "")) for pairs in sent(intent)} for intent in ("valid", "invalid")}
    assert {7, 8} <= lengths["valid"]
    assert 9 in lengths["invalid"]
    assert max(lengths["valid"]) == 8


def test_where_json_is_taken_its_own_cases_ask() -> None:
    assert cases(FORM, "application/json") == []
    assert {case.form for case in cases(FORM, "multipart/form-data")} == {True}
