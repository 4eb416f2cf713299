"""Strict JSON: what goes out comes back, and whatever bytes come in either parse or say why not."""

import inspect
import json
import math
import sys
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from threadmock.specs.wire import strictjson
from threadmock.specs.wire.strictjson import (
    MAX_DEPTH,
    MAX_DIGITS,
    JsonError,
    depth_of,
    dump_json,
    has_surrogate,
    parse_json,
)

KINDS = {"syntax", "encoding", "nan", "duplicate_keys", "depth", "surrogate", "number"}
texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**300, 10**310)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=15
)
# Bytes that look like JSON reach further than bytes at random.
pieces = st.sampled_from(
    [
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b"\\",
        b"\\u",
        b"d800",
        b"a",
        b"1",
        b"-",
        b"e9",
        b".",
        b"NaN",
        b"true",
        b"null",
        b" ",
        b"\n",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b'"a":',
        b"Infinity",
        b'"\\ud83d"',
    ]
)
bytes_at_random = st.binary(max_size=60) | st.lists(pieces, max_size=20).map(b"".join)


def kind_of(data: bytes) -> str:
    with pytest.raises(JsonError) as caught:
        parse_json(data)
    assert str(caught.value)
    return caught.value.kind


def nested(depth: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    return opening * depth + closing * depth


@given(values)
def test_what_is_dumped_is_parsed_to_the_same_value(value):
    parsed = parse_json(dump_json(value))
    assert parsed == value
    # == takes 1, 1.0 and True for one; their JSON does not.
    assert dump_json(parsed) == dump_json(value)


@given(bytes_at_random)
@example(b"")
@example(b'{"a":1,"a":')
@example(b'"\\ud800\\u0000"')
def test_any_bytes_parse_or_say_in_one_word_why_not(data):
    try:
        value = parse_json(data)
    except JsonError as error:
        assert error.kind in KINDS
        return
    assert json.loads(data) == value
    assert depth_of(value) <= MAX_DEPTH
    assert parse_json(dump_json(value)) == value


@given(bytes_at_random)
def test_last_wins_takes_more_only_where_a_key_stands_twice(data):
    try:
        strict = parse_json(data)
    except JsonError as error:
        if error.kind != "duplicate_keys":
            return
        try:
            assert parse_json(data, duplicate_keys="last") == json.loads(data)
        except JsonError as other:
            assert other.kind == "surrogate"
    else:
        assert parse_json(data, duplicate_keys="last") == strict


REFUSED = {
    "nothing": (b"", "syntax"),
    "blanks": (b" \n", "syntax"),
    "trailing comma": (b"[1,]", "syntax"),
    "a comment": (b"[1] // one", "syntax"),
    "two documents": (b"{}{}", "syntax"),
    "single quotes": (b"{'a':1}", "syntax"),
    "a leading zero": (b"01", "syntax"),
    "a raw NUL": (b'"\x00"', "syntax"),
    "a raw line break in a text": (b'"a\nb"', "syntax"),
    "a hexadecimal number": (b"0x10", "syntax"),
    "a leading plus": (b"+1", "syntax"),
    "invalid UTF-8": (b'"\xff"', "encoding"),
    "an overlong form": (b'"\xc0\xaf"', "encoding"),
    "an encoded surrogate": (b'"\xed\xa0\x80"', "encoding"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "encoding"),
    "UTF-16 with a mark": ("{}".encode("utf-16"), "encoding"),
    "UTF-16 without a mark": ('{"a":1}'.encode("utf-16-le"), "syntax"),
    "UTF-32": ("{}".encode("utf-32"), "encoding"),
    "NaN": (b'{"a":NaN}', "nan"),
    "Infinity": (b"[Infinity]", "nan"),
    "minus Infinity": (b"-Infinity", "nan"),
    "beyond the range": (b"1e999", "nan"),
    "beyond the range below": (b"-1E400", "nan"),
    "400 digits and a fraction": (b"1" * 400 + b".5", "nan"),
    "a key twice": (b'{"a":1,"a":1}', "duplicate_keys"),
    "a key twice, deep": (b'[{"a":{"b":1,"c":2,"b":1}}]', "duplicate_keys"),
    "a key twice, once escaped": (b'{"a":1,"\\u0061":2}', "duplicate_keys"),
    "half a pair": (b'"\\ud800"', "surrogate"),
    "half a pair as a key": (b'{"\\udfff":1}', "surrogate"),
    "a pair the wrong way round": (b'"\\ude00\\ud83d"', "surrogate"),
    "5,000 digits": (b"9" * 5000, "number"),
    "5,000 digits below zero": (b"-" + b"9" * 5000, "number"),
    "one level too deep": (nested(MAX_DEPTH + 1), "depth"),
    "one level too deep, objects": (nested(MAX_DEPTH + 1, b'{"a":', b"1}"), "depth"),
    "too deep and never closed": (b"[" * 2000, "depth"),
    "too deep and mixed": (b'[{"a":' * 60, "depth"),
}
TAKEN = {
    "an escaped NUL": (b'"\\u0000"', "\0"),
    "an escaped pair": (b'"\\ud83d\\ude00"', "\U0001f600"),
    "beyond 2^53": (b"9007199254740993", 2**53 + 1),
    "2^63": (b"9223372036854775808", 2**63),
    "minus zero": (b"-0.0", 0.0),
    "too small for a float": (b"1e-999", 0.0),
    "an empty key": (b'{"":1}', {"": 1}),
    "keys that differ by case": (b'{"a":1,"A":2}', {"a": 1, "A": 2}),
    "__proto__": (b'{"__proto__":{"x":1}}', {"__proto__": {"x": 1}}),
    "U+2028": ('"\u2028"'.encode(), "\u2028"),
    "U+FFFE": ('"\ufffe"'.encode(), "\ufffe"),
    "a mark inside a text": ('"\ufeff"'.encode(), "\ufeff"),
    "blanks around": (b"\r\n\t 1 \n", 1),
    "the longest integer": (b"9" * MAX_DIGITS, int("9" * MAX_DIGITS)),
    "the longest negative integer": (b"-" + b"9" * MAX_DIGITS, -int("9" * MAX_DIGITS)),
    "brackets in a text": (b'"' + b"[{" * 500 + b'"', "[{" * 500),
    "brackets after an escaped quote": (b'["\\"' + b"[" * 500 + b'"]', ['"' + "[" * 500]),
    "brackets after an escaped backslash": (b'["\\\\",' + b"[]," * 300 + b"1]", ["\\", *[[]] * 300, 1]),
}


@pytest.mark.parametrize(("data", "kind"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_strict_json_is_refused_by_its_kind(data, kind):
    assert kind_of(data) == kind


@pytest.mark.parametrize(("data", "value"), TAKEN.values(), ids=TAKEN)
def test_what_only_looks_odd_is_taken_as_it_is(data, value):
    assert parse_json(data) == value


def test_no_kind_of_refusal_goes_untested():
    assert {kind for _, kind in REFUSED.values()} == KINDS


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["arrays", "objects"])
def test_the_deepest_value_that_is_allowed_is_taken(opening, closing):
    value = parse_json(opening * MAX_DEPTH + (b"1" if closing == b"}" else b"") + closing * MAX_DEPTH)
    assert depth_of(value) == MAX_DEPTH
    assert parse_json(dump_json(value)) == value


HOSTILE = {
    "100,000 deep": b"[" * 100_000,
    "5,000,000 deep": b"[" * 5_000_000,
    "a text that never ends, full of quotes": b'"' + b'\\"' * 500_000 + b"[" * 101,
    "many texts that never end": b'["\\' * 300_000,
    "a backslash at the very end": b'"' + b"[" * 200 + b"\\",
    "closing brackets first": b"]" * 200_000 + b"[" * 200_000,
    "a million short texts": b"[" + b'"[",' * 1_000_000 + b"1]",
    "a fraction of a million digits": b"0." + b"9" * 1_000_000,
    "an integer of a million digits": b"9" * 1_000_000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bytes_are_judged_in_linear_time(data):
    started = time.process_time()
    try:
        parse_json(data)
    except JsonError as error:
        assert error.kind in KINDS
    assert time.process_time() - started < 3


def test_a_low_recursion_limit_makes_a_depth_error_and_no_crash():
    deep = nested(MAX_DEPTH)

    def at_the_edge(left: int) -> str:
        if left:
            return at_the_edge(left - 1)
        try:
            parse_json(deep)
        except JsonError as error:
            return error.kind
        return "taken"

    before = sys.getrecursionlimit()
    frames = len(inspect.stack(0))
    sys.setrecursionlimit(frames + 260)
    try:
        verdict = at_the_edge(180)
    finally:
        sys.setrecursionlimit(before)
    assert verdict in ("depth", "taken")


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, [-math.inf], {"a": math.nan}, "\ud800", {"\udfff": 1}], ids=ascii
)
def test_nothing_that_is_no_json_is_ever_written(value):
    with pytest.raises(ValueError, match=r"Out of range|surrogates"):
        dump_json(value)


@given(values)
def test_depth_is_the_number_of_containers_on_the_longest_way_down(value):
    def plain(node):
        children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else None
        return 0 if children is None else 1 + max(map(plain, children), default=0)

    assert depth_of(value) == plain(value)


def test_depth_is_measured_without_recursion():
    value: list = []
    for _ in range(50_000):
        value = [value]
    assert depth_of(value) == 50_001


@pytest.mark.parametrize(
    ("value", "found"),
    [("\ud800", True), ({"\udc00": 1}, True), ([[["a\udfffb"]]], True), ("\U0001f600", False), ([math.nan], False)],
    ids=ascii,
)
def test_a_lone_surrogate_is_found_anywhere(value, found):
    assert has_surrogate(value) is found


def test_the_module_promises_the_kinds_that_it_raises():
    assert set(strictjson.Kind.__args__) == KINDS
