"""Path templates: one module knows how a parameter is written in a path."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.paths import ROOT
from threadmock.specs.operations.path_templates import (
    SLASH,
    expression,
    filled,
    literal,
    name_of,
    names_in,
    renamed,
    shape,
    values_in,
)

TEMPLATE = "/a/{b}/x-{c-d}.json"
SEGMENTS = st.text(st.characters(exclude_characters="/{}"), min_size=1, max_size=6)
NAMES = st.from_regex(r"[a-z_-]{1,4}", fullmatch=True)


def test_names_and_what_is_left_without_them():
    assert names_in(TEMPLATE) == ("b", "c-d")
    assert names_in("/plain") == ()
    assert literal(TEMPLATE) == "/a//x-.json"
    assert shape(TEMPLATE) == "/a/{}/x-{}.json"


@pytest.mark.parametrize(("segment", "name"), [("{b}", "b"), ("x{b}", ""), ("{b}{c}", ""), ("b", ""), ("{}", "")])
def test_a_segment_may_be_one_parameter(segment, name):
    assert name_of(segment) == name


def test_a_path_is_filled_and_a_name_without_a_value_stands_for_itself():
    assert filled(TEMPLATE, {"b": "1 2", "more": "x"}) == "/a/1 2/x-c-d.json"
    assert renamed(TEMPLATE, lambda name: f"<{name}>") == "/a/<b>/x-<c-d>.json"


def test_a_slash_in_a_value_stays_in_its_segment():
    path = filled(TEMPLATE, {"b": "1/2/", "c-d": "/"})
    assert path == f"/a/1{SLASH}2{SLASH}/x-{SLASH}.json"
    assert values_in(TEMPLATE, path) == {"b": "1/2/", "c-d": "/"}
    assert values_in(TEMPLATE, path.replace(SLASH, "/")) == {}


READ = [
    ("/a/1/x-2.json", {}, {"b": "1", "c-d": "2"}),
    ("/a/1/x-2.json/", {}, {}),
    ("/a/1/x-2.json/", {"behind": "/?"}, {"b": "1", "c-d": "2"}),
    ("/a/1/x-2xjson", {}, {}),
    ("/a//x-2.json", {}, {}),
    ("/a/1/2/x-2.json", {}, {}),
    ("/a/1\n/x-2.json", {}, {"b": "1\n", "c-d": "2"}),
    ("//a/1/x-2.json/more", {"before": "/*?", "behind": "(?:/.*)?"}, {"b": "1", "c-d": "2"}),
]


@pytest.mark.parametrize(("path", "around", "values"), READ)
def test_a_path_is_read_segment_by_segment(path, around, values):
    assert values_in(TEMPLATE, path, **around) == values
    assert (expression(TEMPLATE, **around).fullmatch(path) is not None) is bool(values)


@given(st.lists(st.tuples(NAMES, SEGMENTS), min_size=1, max_size=4, unique_by=lambda pair: pair[0]))
def test_what_fills_a_path_is_read_out_of_it_again(pairs):
    template = "".join(f"/part/{{{name}}}" for name, _ in pairs)
    assert names_in(template) == tuple(name for name, _ in pairs)
    path = filled(template, dict(pairs))
    assert values_in(template, path) == values_in(template, path + "//more", behind="(?:/.*)?") == dict(pairs)


PARAMETER = re.compile(r"\\\{.{0,12}\[\^")


def test_no_other_module_has_an_expression_for_a_parameter_of_a_path():
    holders = [
        path.relative_to(ROOT).as_posix()
        for package in ("specs", "mockserver", "contracts")
        for path in sorted((ROOT / package).rglob("*.py"))
        if PARAMETER.search(path.read_text(encoding="utf-8"))
    ]
    assert holders == ["specs/operations/path_templates.py"]


@pytest.mark.parametrize("text", [r'r"\{([^{}/]+)\}"', r'r"\{([^{}]+)\}"', r'r"\{[^}]+\}"', r'r"\{(?P<name>[^}]*)\}"'])
def test_such_an_expression_would_be_seen(text):
    assert PARAMETER.search(f"X = re.compile({text})")
