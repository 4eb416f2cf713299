"""Overlays: what the specification says of update and remove, and a refusal for what would silently do nothing."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadmock.specs.documents import overlay
from threadmock.specs.documents.document import Document, parse_document
from threadmock.specs.errors import OverlayError

TREE = {
    "openapi": "3.1.0",
    "tags": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
    "paths": {
        "/threads": {"post": {"operationId": "create", "parameters": [{"name": "p"}]}},
        "/it's": {"get": {"operationId": "odd"}},
    },
}

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=15,
)
trees = st.dictionaries(names, values, max_size=4)


def overlay_of(*actions: object, **members: object) -> Document:
    tree = {"overlay": "1.0.0", "info": {"title": "x", "version": "1"}, "actions": list(actions), **members}
    return parse_document(json.dumps(tree, indent=1).encode(), Path("change.yaml"))


def applied(tree: dict, *actions: object) -> dict:
    before = copy.deepcopy(tree)
    made = overlay.apply(tree, [overlay_of(*actions)])
    assert tree == before
    return made


def refusal(*actions: object, **members: object) -> str:
    with pytest.raises(OverlayError) as caught:
        overlay.apply(TREE, [overlay_of(*actions, **members)])
    return str(caught.value)


def merged(below: object, above: object) -> object:
    """The specification's merge, said as plainly as possible."""
    if isinstance(below, dict) and isinstance(above, dict):
        made = dict(below)
        for name, value in above.items():
            made[name] = merged(below[name], value) if name in below else value
        return made
    if isinstance(below, list) and isinstance(above, list):
        return below + above
    return above


@given(trees)
def test_an_empty_update_changes_nothing(tree):
    assert applied(tree, {"target": "$", "update": {}}) == tree


@given(trees, trees)
def test_an_update_merges_as_the_specification_says(tree, update):
    made = applied(tree, {"target": "$", "update": update})
    assert json.dumps(made, sort_keys=True) == json.dumps(merged(tree, update), sort_keys=True)


@given(trees, trees, trees)
def test_overlays_apply_in_order(tree, first, second):
    one = overlay_of({"target": "$", "update": first})
    two = overlay_of({"target": "$", "update": second})
    assert overlay.apply(tree, [one, two]) == overlay.apply(overlay.apply(tree, [one]), [two])


@given(trees, st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5), values)
def test_what_is_added_and_removed_again_leaves_no_trace(tree, name, value):
    tree = {"here": tree}
    tree["here"].pop(name, None)
    made = applied(
        tree, {"target": "$.here", "update": {name: value}}, {"target": f"$.here[{json.dumps(name)}]", "remove": True}
    )
    assert made == tree


def test_the_result_shares_nothing_with_what_went_in():
    change = overlay_of({"target": "$.paths.*.*", "update": {"x-list": [1]}})
    made = overlay.apply(TREE, [change])
    made["paths"]["/threads"]["post"]["x-list"].append(2)
    made["tags"][0]["name"] = "changed"
    assert made["paths"]["/it's"]["get"]["x-list"] == [1]
    assert change.tree["actions"][0]["update"] == {"x-list": [1]}
    assert TREE["tags"][0] == {"name": "a"}


def test_an_array_target_gets_the_update_appended():
    assert applied(TREE, {"target": "$.tags", "update": {"name": "d"}})["tags"][-1] == {"name": "d"}


def test_quotes_in_a_path_are_no_obstacle():
    made = applied(TREE, {"target": '$.paths["/it\'s"].get', "update": {"x": 1}})
    assert made["paths"]["/it's"]["get"] == {"operationId": "odd", "x": 1}


def test_several_items_of_one_array_are_removed_together():
    assert applied(TREE, {"target": "$.tags[0,2]", "remove": True})["tags"] == [{"name": "b"}]
    assert applied(TREE, {"target": "$.tags[?@.name != 'c']", "remove": True})["tags"] == [{"name": "c"}]


def test_a_target_inside_another_target_can_be_removed_with_it():
    assert applied({"a": {"a": {"b": 1}}}, {"target": "$..a", "remove": True}) == {}


def test_later_actions_see_what_earlier_ones_did():
    made = applied(TREE, {"target": "$", "update": {"x": {}}}, {"target": "$.x", "update": {"y": 1}})
    assert made["x"] == {"y": 1}


def test_remove_wins_over_an_update_beside_it():
    assert "tags" not in applied(TREE, {"target": "$.tags", "update": {"x": 1}, "remove": True})


@pytest.mark.parametrize(
    ("action", "says"),
    [
        ({"target": "$.nothing", "update": {}}, "matches nothing"),
        ({"target": "$.nothing", "remove": True}, "matches nothing"),
        ({"target": "$.paths['/thread'].post", "update": {}}, "Did you mean '/threads'?"),
        ({"target": "$.openapi", "update": {}}, "neither an object nor an array"),
        ({"target": "$.paths", "update": [1]}, "the update is none"),
        ({"target": "$.paths", "update": None}, "the update is none"),
        ({"target": "$", "remove": True}, "whole document"),
        ({"target": "paths", "update": {}}, "no RFC 9535 JSONPath"),
        ({"target": "$.paths[", "update": {}}, "no RFC 9535 JSONPath"),
        ({"target": "$[?" + "(" * 3000 + "@.a" + ")" * 3000 + "]", "update": {}}, "nested too deep"),
        ({"update": {}}, "no `target`"),
        ({"target": "$"}, "neither updates nor removes"),
        ({"target": "$", "remove": False}, "neither updates nor removes"),
        ({"target": "$", "remove": "yes"}, "true or false"),
        ({"target": "$", "updates": {}}, "Did you mean 'update'?"),
        ("text", "must be an object"),
    ],
)
def test_an_action_that_cannot_be_applied_is_named(action, says):
    message = refusal({"target": "$", "update": {}}, action)
    assert message.startswith("change.yaml#/actions/1 (line ")
    assert says in message


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"overlay": "2.0.0"}, "`overlay: 2.0.0`"),
        ({"overlay": 1.0}, "`overlay: 1.0`"),
        ({"info": {}}, "`title` and a `version`"),
        ({"actions": []}, "at least one action"),
        ({"actions": {}}, "at least one action"),
        ({"action": []}, "Did you mean 'actions'?"),
    ],
)
def test_an_overlay_that_is_none_is_named(members, says):
    message = refusal(**{"actions": [{"target": "$", "update": {}}], **members})
    assert message.startswith("change.yaml#")
    assert says in message


def test_version_1_1_and_vendor_members_are_taken():
    change = overlay_of({"target": "$", "update": {}, "x-why": "because"}, overlay="1.1.0", **{"x-more": 1})
    assert overlay.apply(TREE, [change]) == TREE


def test_an_openapi_document_is_no_overlay():
    with pytest.raises(OverlayError, match="no `overlay` member"):
        overlay.apply(TREE, [parse_document(b"openapi: 3.1.0", Path("x.yaml"))])


def test_growth_is_bounded(monkeypatch):
    wide = {"target": "$..*", "update": {"a": {}, "b": {}, "c": {}, "d": {}, "e": {}, "f": {}}}
    monkeypatch.setattr(overlay, "MAX_NODES", 5000)
    with pytest.raises(OverlayError, match="nodes"):
        overlay.apply({"x": {}, "y": {}}, [overlay_of(*[wide] * 20)])
    deep = {"target": "$" + ".a" * 150, "update": json.loads('{"a":' * 150 + "1" + "}" * 150)}
    with pytest.raises(OverlayError, match="deeper"):
        overlay.apply(json.loads('{"a":' * 150 + "{}" + "}" * 150), [overlay_of(deep)])
