"""The beginning of a JSON text is read as the longest part of it that is a value once all that is open is closed."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from threadmock.mockserver.rules.partial_json import read_partial_json
from threadmock.specs.wire.strictjson import JsonError, parse_json

TEXTS = st.text(st.sampled_from('ab"\\{}[]:, \n\x01é😀'), max_size=5)
SCALARS = st.none() | st.booleans() | st.integers(-99, 99) | st.sampled_from([1.5, -2e30, 1e-7]) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda each: st.lists(each, max_size=3) | st.dictionaries(TEXTS, each, max_size=3), max_leaves=6
)


def closed(text: str) -> str | None:
    """A text with what closes all that is open in it; None where it closes what is not."""
    opened: list[str] = []
    quoted = escaped = False
    for sign in text:
        if quoted:
            quoted = escaped or sign != '"'
            escaped = sign == "\\" and not escaped
        elif sign == '"':
            quoted = True
        elif sign in "{[":
            opened.append("}" if sign == "{" else "]")
        elif sign in "}]" and (not opened or opened.pop() != sign):
            return None
    return text + '"' * quoted + "".join(reversed(opened))


def longest(text: str) -> Any:
    """The value of the longest part that closes, tried one by one."""
    for end in range(len(text), 0, -1):
        try:
            return parse_json((closed(text[:end]) or "").encode())
        except (JsonError, UnicodeEncodeError):
            continue
    return None


@given(VALUES, st.data(), st.booleans())
def test_any_part_of_a_text_is_read_as_far_as_it_is_a_value(value: Any, data: st.DataObject, plain: bool) -> None:
    text = json.dumps({"value": value}, ensure_ascii=plain)
    begin = data.draw(st.integers(0, len(text) - 1))
    part = text[begin : data.draw(st.integers(begin + 1, len(text)))]
    assert json.dumps(read_partial_json(part)) == json.dumps(longest(part) if part.strip() else {})


def test_a_long_part_that_is_no_value_is_read_in_one_go() -> None:
    assert read_partial_json("x" * 1_000_000 + '"}') is None
    assert read_partial_json('{"' + "k" * 1_000_000) == {}
