"""A key that is no text is an invalid request like any other: judging it must not fail."""

import random

import pytest
from threadmock.contracts.cases.case import case_with_body
from threadmock.contracts.checks import Context, judge
from threadmock.contracts.target.open_target import mock_target
from threadmock.specs.loader import load


@pytest.mark.parametrize("key", [[], ["a"], {}, {"a": []}, None, 1, 1.5, True], ids=repr)
def test_a_key_of_any_type_is_judged(key: object) -> None:
    contract = load("langsmith")
    target = mock_target(contract, 1)
    memory = {"fresh": {"a"}, "taken": {"b"}}
    context = Context(contract, target.exchange, lambda _exchange, _verdict: None, random.Random(1), memory)
    operation = contract.operations[0]
    case = case_with_body(operation, {"thread_id": key, "if_exists": "raise"}, "an odd key", intent="invalid")
    verdict = judge(context, target.exchange(case))
    assert verdict.findings == ()
    assert "invalid_refused" in verdict.passed
