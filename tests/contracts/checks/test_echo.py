"""Comparison of what was sent with what came back."""

import copy
import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from threadmock.contracts.checks.echo import differences, same

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


@given(VALUES)
def test_a_value_is_the_same_as_itself_after_a_round_of_json(value: Any):
    assert same(value, json.loads(json.dumps(value)))


@given(VALUES, VALUES)
def test_two_values_are_the_same_exactly_if_their_canonical_json_is(first: Any, second: Any):
    def canonical(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: canonical(v) for k, v in value.items()}
        if isinstance(value, list):
            return [canonical(v) for v in value]
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value

    ours, theirs = (json.dumps(canonical(value), sort_keys=True).replace("-0.0", "0.0") for value in (first, second))
    assert same(first, second) == (ours == theirs)


@given(VALUES, st.data())
def test_a_change_anywhere_is_found_where_it_was_made(value: Any, data: st.DataObject):
    places = list(_places(value, ()))
    assume(places)
    place = data.draw(st.sampled_from(places))
    changed = copy.deepcopy(value)
    holder = changed
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = {"quite": "another value"}
    assume(not same(value, changed))
    assert all(difference.steps[: len(place)] == place for difference in differences(value, changed))


def _places(value: Any, steps: tuple[Any, ...]):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in items:
        yield (*steps, step)
        yield from _places(inner, (*steps, step))


@pytest.mark.parametrize(
    ("sent", "got", "form"),
    [
        ("0F8FAD5B-D9CB-469F-A165-70867728950E", "0f8fad5b-d9cb-469f-a165-70867728950e", "uuid"),
        ("2026-01-02T03:04:05Z", "2026-01-02T05:04:05+02:00", "date-time"),
        ("2026-01-02T03:04:05.1234567Z", "2026-01-02T03:04:05.123456+00:00", "date-time"),
        (1, 1.0, ""),
        (-0.0, 0, ""),
    ],
)
def test_what_denotes_the_same_is_the_same(sent: Any, got: Any, form: str):
    assert same(sent, got, form)


@pytest.mark.parametrize(
    ("sent", "got", "form", "what"),
    [
        (1, True, "", "a number came back as a boolean"),
        (1, "1", "", "a number came back as a text"),
        ("e\u0301", "\xe9", "", "another text came back"),
        (" a ", "a", "", "without the blanks"),
        ("Abc", "abc", "", "letter case"),
        ("abcdef", "abc", "", "cut short"),
        ("0F8FAD5B-D9CB-469F-A165-70867728950E", "0f8fad5b-d9cb-469f-a165-70867728950e", "", "letter case"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:06Z", "date-time", "another text"),
        ({"a": None}, {}, "", "is missing"),
        ({}, {"a": None}, "", "was not sent"),
        ([1, 2], [2, 1], "", "another number"),
        ([1, 2], [1], "", "shorter"),
        (True, False, "", "the other boolean"),
        (0.1, 0.10000001, "", "another number"),
    ],
)
def test_a_difference_says_what_happened(sent: Any, got: Any, form: str, what: str):
    [difference] = list(differences(sent, got, form))[:1]
    assert what in difference.what
    assert not difference.loss


@pytest.mark.parametrize(
    ("sent", "got"),
    [
        (2**53 + 1, 2**53),
        (10**30, 1e30),
        (10**400, 2**63 - 1),
        (10**20, str(10**20)),
        ("a\0b", "ab"),
        ("a\0b", "a\ufffdb"),
        ("a\0b", "a"),
        ({"a\0": 1}, {"a": 1}),
    ],
)
def test_what_json_lets_an_implementation_lose_is_a_loss(sent: Any, got: Any):
    assert all(difference.loss for difference in differences(sent, got))
    assert not same(sent, got)


@pytest.mark.parametrize(("sent", "got"), [(2**53 + 1, 5), (12, 13), ("a\0b", "c"), (1.5, 1)])
def test_what_goes_beyond_that_is_none(sent: Any, got: Any):
    assert not any(difference.loss for difference in differences(sent, got))
