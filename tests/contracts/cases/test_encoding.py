"""How a query and a path carry values in the styles of OpenAPI 3.1.0, 4.8.12."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadmock.contracts.cases.encoding import object_pairs, read_back, simple_text, styled
from threadmock.specs.contract import Parameter
from threadmock.specs.schemas.schema import Schema

COLOUR = {"R": 100, "G": 200, "B": 150}


def parameter(style: str, *, explode: bool = False) -> Parameter:
    return Parameter("colour", "query", True, Schema({"type": "object"}, "", "request"), style, explode)


@pytest.mark.parametrize(
    ("style", "explode", "pairs"),
    [
        ("form", True, [("R", "100"), ("G", "200"), ("B", "150")]),
        ("form", False, [("colour", "R,100,G,200,B,150")]),
        ("deepObject", True, [("colour[R]", "100"), ("colour[G]", "200"), ("colour[B]", "150")]),
    ],
)
def test_an_object_in_a_query_is_written_in_its_style(style, explode, pairs):
    assert object_pairs(parameter(style, explode=explode), COLOUR) == pairs


@given(
    st.recursive(
        st.integers() | st.text(max_size=3),
        lambda inner: st.dictionaries(st.text("ab", min_size=1), inner) | st.lists(inner),
    )
)
def test_a_deep_object_names_each_leaf_once(value):
    def leaves(node):
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else None
        return [node] if inner is None else [leaf for each in inner for leaf in leaves(each)]

    pairs = object_pairs(parameter("deepObject", explode=True), {"top": value})
    assert [text for _, text in pairs] == [str(leaf) for leaf in leaves(value)]
    assert all(name.startswith("colour[top]") for name, _ in pairs)


@pytest.mark.parametrize(("style", "text"), [("simple", "5"), ("label", ".5"), ("matrix", ";colour=5")])
def test_a_text_in_a_path_is_written_in_its_style(style, text):
    assert styled(parameter(style), "5") == text


def listed(style: str, kind: str = "array", *, explode: bool) -> Parameter:
    return Parameter("colour", "path", True, Schema({"type": kind}, "", "request"), style, explode)


@given(
    st.sampled_from(["label", "matrix"]),
    st.booleans(),
    st.lists(st.text("ab-_1"), min_size=1, max_size=4) | st.lists(st.integers(), min_size=1, max_size=4),
)
def test_a_list_in_a_path_is_read_back(style, explode, value):
    made = listed(style, explode=explode)
    assert read_back(made, simple_text(value)) == simple_text(value)


def test_an_exploded_list_has_a_mark_for_each_item():
    made = [listed(style, explode=True) for style in ("simple", "label", "matrix")]
    assert [styled(each, "3,4") for each in made] == ["3,4", ".3.4", ";colour=3;colour=4"]
    assert styled(listed("matrix", "string", explode=True), "3,4") == ";colour=3,4"
