"""Which numbers a format can't hold, wherever they stand in a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadmock.contracts.cases.number_widths import find_wide_number
from threadmock.specs.schemas.schema import Schema


def schema(node: dict) -> Schema:
    return Schema({**node, "$defs": {"Count": {"type": "integer", "format": "int32"}}}, "", "request")


PLACES = [
    (lambda node: node, lambda number: number),
    (lambda node: {"properties": {"a": node}}, lambda number: {"a": number, "b": 10**30}),
    (lambda node: {"type": "array", "items": node}, lambda number: [1, number]),
    (lambda node: {"additionalProperties": node}, lambda number: {"any": number}),
    (lambda node: {"anyOf": [{"type": "null"}, {"properties": {"a": node}}]}, lambda number: {"a": number}),
]


@given(st.integers(-(2**70), 2**70), st.sampled_from([("int32", 31), ("int64", 63)]), st.sampled_from(PLACES))
def test_a_number_is_wide_where_its_format_has_too_few_bits(number, form, place):
    name, bits = form
    node, value = place
    said = find_wide_number(schema(node({"type": "integer", "format": name})), value(number))
    assert said == ("" if -(2**bits) <= number < 2**bits else f"{number} is no {name}")


@pytest.mark.parametrize(
    ("value", "said"), [(2**31, "2147483648 is no int32"), (2**31 - 1, ""), (True, ""), ("2147483648", "")]
)
def test_a_format_is_found_through_a_reference(value, said):
    assert find_wide_number(schema({"$ref": "#/$defs/Count"}), value) == said


def test_without_a_format_no_number_is_wide():
    assert find_wide_number(schema({"type": "integer"}), 10**40) == ""
