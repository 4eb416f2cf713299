"""A span of time that no date can hold may be refused; one of a day may not."""

import datetime
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadmock.contracts.cases.case import Case, build_request
from threadmock.contracts.cases.spans import LONGEST_MINUTES
from threadmock.contracts.checks import Context, judge
from threadmock.contracts.target.exchange import Exchange
from threadmock.specs.loader import load
from threadmock.specs.wire.messages import Response

NOW = datetime.datetime(2026, 5, 4, 3, 2, 1, tzinfo=datetime.UTC)
CONTRACT = load("langsmith")
CREATE = next(o for o in CONTRACT.operations if (o.method, o.path) == ("POST", "/threads"))
SPANS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)


def severities(body: dict[str, Any]) -> list[str]:
    """What the checks say where a valid create with this body is refused."""
    context = Context(CONTRACT, lambda case: pytest.fail("nothing is sent here"), lambda *_: None, random.Random(0), {})
    request = build_request(CREATE, body)
    case = Case(CREATE, request, "valid", "test", "coverage", body)
    response = Response(422, {"content-type": "application/json"}, json.dumps({"detail": "no"}).encode())
    found = judge(context, Exchange(case, request, response, "", 0.01, NOW, NOW)).findings
    return [finding.severity for finding in found if finding.check == "valid_accepted"]


@given(SPANS)
def test_only_a_span_that_a_date_can_hold_has_to_be_taken(minutes: float) -> None:
    sure = 0 < minutes <= LONGEST_MINUTES
    assert severities({"ttl": {"ttl": minutes}}) == ["failure" if sure else "unconfirmed"]


@given(SPANS)
def test_a_number_elsewhere_is_no_span(number: float) -> None:
    sure = abs(number) <= 2**53
    assert severities({"metadata": {"ttl": number}}) == ["failure" if sure else "unconfirmed"]
