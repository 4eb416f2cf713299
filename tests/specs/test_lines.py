"""The line of every node, told from numbers alone, is the one that a reading of every node finds."""

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from support.schema_values import JUNK
from threadmock.specs.documents.document import parse_document
from threadmock.specs.documents.lines import Lines, lines_of_json
from threadmock.specs.documents.yaml_text import lines_of, parse_yaml_with_lines


class Writer(yaml.SafeDumper):
    """Puts texts in quotes that are numbers of YAML 1.2 and none of 1.1: as a key such a number is refused."""


Writer.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z|0o[0-7]+\Z", re.ASCII),
    list("-+.0123456789"),
)
TREES = st.dictionaries(st.text(max_size=6), JUNK, max_size=5)


@given(TREES, st.sampled_from([None, 0, 1, 4]))
def test_the_lines_of_json_are_those_of_the_same_text_as_yaml(tree, indent):
    text = json.dumps(tree, indent=indent)
    lines, slow = Lines(tree, text, 3, None), lines_of(text, first_line=3)
    assert {pointer: lines.at(pointer) for pointer in slow} == slow


@example({"0E0": None, "1e5": {"0o7": [1.5, "1E3"]}}, False)
@given(TREES, st.booleans())
def test_the_lines_of_yaml_are_told_while_it_is_read(tree, flow):
    text = yaml.dump(tree, Dumper=Writer, default_flow_style=flow, allow_unicode=True)
    read, order = parse_yaml_with_lines(text, "x")
    slow = lines_of(text)
    lines = Lines(read, text, 1, order)
    assert {pointer: lines.at(pointer) for pointer in slow} == slow
    assert order is not None


ALIASES = {
    "an alias of a list": "a: &a [1, 2]\nb: *a\nc: 1\n",
    "an alias of a text": "a: &a x\nb: *a\nc: 1\n",
    "a merge": "a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\nc: 1\n",
    "a merge of nothing": "b:\n  <<: {}\nc: 1\n",
}


@pytest.mark.parametrize("text", ALIASES.values(), ids=ALIASES)
def test_what_aliases_stand_for_shifts_no_line(text):
    read, order = parse_yaml_with_lines(text, "x")
    assert Lines(read, text, 1, order).at("/c") == text.count("\n")


def test_a_text_that_only_begins_like_json_has_its_lines_too():
    text = "{openapi: 3.1.0, # a comment: [with, marks]\n a: [1,\n 2], b:\n 3}"
    document = parse_document(text.encode(), Path("x.yaml"))
    assert [document.where(f"#/{at}").rpartition(" ")[2] for at in ("a", "a/1", "b")] == ["2)", "3)", "3)"]


def test_marks_inside_of_texts_are_no_nodes():
    assert list(lines_of_json('{"a\\"{": "[\\\\", "b":\n"\\n,{",\n"c": [true,\n-1.5e3]}', 1)) == [1, 1, 1, 3, 3, 4]
