"""Every complaint says what, where and what to do, and offers the nearest name that exists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadmock.specs import errors
from threadmock.specs.errors import SpecError, UnknownName, nearest

KINDS = [errors.DocumentError, errors.OverlayError, errors.SchemaError, errors.RuleError]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_reads_as_place_then_fault_then_remedy(kind):
    error = kind("It is broken.", where="api.yaml#/paths", fix="Mend it.")
    assert isinstance(error, SpecError)
    assert str(error) == "api.yaml#/paths: It is broken. Mend it."
    assert (error.what, error.where, error.fix) == ("It is broken.", "api.yaml#/paths", "Mend it.")


def test_an_error_without_a_place_or_a_remedy_has_no_empty_frame_for_them():
    assert str(SpecError("It is broken.")) == "It is broken."
    assert str(SpecError("It is broken.", fix="Mend it.")) == "It is broken. Mend it."


def test_an_unknown_name_offers_the_nearest_one():
    assert (
        str(UnknownName("check", "staus", ["status", "schema"])) == "There is no check 'staus'. Did you mean 'status'?"
    )


def test_an_unknown_name_that_is_near_none_lists_all_of_them_sorted():
    assert str(UnknownName("layer", "zzz", ("b", "a"), where="here")) == "here: There is no layer 'zzz'. Known: a, b."


def test_of_many_names_the_nearest_few_are_listed_and_where_all_are():
    known = [f"name-{number}" for number in range(100)]
    text = str(UnknownName("fault", "zzz", known, listed="threadmock checks"))
    assert text.startswith("There is no fault 'zzz'. Known are 100, among them name-")
    assert text.endswith(" All: threadmock checks.")
    assert text.count("name-") == 5
    assert "threadmock checks" not in str(UnknownName("layer", "zzz", ("b", "a"), listed="threadmock checks"))
    assert str(UnknownName("fault", "name-1x", known, listed="threadmock checks")).endswith("Did you mean 'name-1'?")


def test_where_nothing_is_known_nothing_is_offered():
    assert str(UnknownName("fault", "x", ())) == "There is no fault 'x'."


@given(st.text(), st.lists(st.text(min_size=1)))
def test_an_offer_is_always_something_that_exists(name, known):
    offered = nearest(name, iter(known))
    assert bool(offered) is bool(known)
    assert not known or any(f"{each!r}" in offered or each in offered for each in known)


@given(st.lists(st.text(min_size=1), min_size=1))
def test_a_known_name_is_its_own_nearest(known):
    assert nearest(known[0], known) == f"Did you mean {known[0]!r}?"
