"""Members by dotted names: one walk, and what its forms do with arrays, nulls and what is not there."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.schema_values import JUNK
from threadmock.specs.members import ABSENT, dig, dotted, gather, put, spread, steps_of

THING = {"a": {"b": None, "c": [{"d": 1}, {"d": [2, 3]}, {"e": 4}, 5]}, "": 6}

FOUND = [
    # steps, dig, dotted, gather, spread
    ("a.b", None, None, None, [None]),
    ("a.x", ABSENT, None, ABSENT, []),
    ("a.b.c", ABSENT, None, ABSENT, []),
    ("a.c.d", ABSENT, None, [1, [2, 3]], [1, 2, 3]),
    ("a.c", THING["a"]["c"], THING["a"]["c"], THING["a"]["c"], THING["a"]["c"]),
    ("x.c", ABSENT, None, ABSENT, []),
]


@pytest.mark.parametrize(("path", "one", "or_none", "through", "flat"), FOUND, ids=[path for path, *_ in FOUND])
def test_each_walk_finds_what_it_says(path, one, or_none, through, flat):
    steps = steps_of(path)
    assert (dig(THING, steps), dotted(THING, path), gather(THING, steps), spread(THING, steps)) == (
        one,
        or_none,
        through,
        flat,
    )


def test_a_dot_is_the_whole_and_an_empty_path_is_the_member_without_a_name():
    assert steps_of(".") == steps_of("") == ()
    assert dig(THING, ()) is gather(THING, ()) is THING
    assert dotted(THING, "") == 6


@given(JUNK, st.lists(st.text(max_size=2), max_size=3).map(tuple))
def test_without_arrays_on_the_way_all_walks_agree(value, steps):
    found = dig(value, steps)
    if found is ABSENT:
        return
    assert dotted({"top": value}, ".".join(("top", *steps))) == found or any("." in step for step in steps)
    assert gather(value, steps) is found or isinstance(value, list)
    if steps:
        assert spread(value, steps) == (found if isinstance(found, list) else [found])


@given(JUNK, st.lists(st.text(max_size=2), min_size=1, max_size=3).map(tuple), JUNK)
def test_what_is_put_is_found_and_what_lay_there_is_not_changed(before, steps, value):
    thing = before if isinstance(before, dict) else {"": before}
    kept = copy.deepcopy(thing)
    made = dict(thing)
    put(made, steps, value)
    assert dig(made, steps) is value
    assert thing == kept or repr(thing) == repr(kept)
