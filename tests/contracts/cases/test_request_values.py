"""The value at a place of a request: the suite reads it as the mock does."""

from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from support.documents import operation
from support.schema_values import JUNK
from threadmock.contracts.cases.case import Case
from threadmock.contracts.cases.request_values import members_of, path_values, value_at, value_in
from threadmock.mockserver.rules.sources import fetch
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.members import ABSENT
from threadmock.specs.operations.parameters import check_parameters
from threadmock.specs.operations.requests import read_body
from threadmock.specs.operations.routing import Router
from threadmock.specs.wire.messages import Request
from threadmock.specs.wire.strictjson import JsonError, dump_json

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def made(**rule):
    parameters = [
        {"name": "thing_id", "in": "path", "required": True, "schema": TEXT},
        {"name": "thing_id", "in": "query", "schema": NUMBER},
        {"name": "after", "in": "query", "schema": TEXT},
        {"name": "limit", "in": "query", "schema": NUMBER},
        {"name": "exact", "in": "query", "schema": {"type": "boolean"}},
        {"name": "ids", "in": "query", "schema": {"type": "array", "items": NUMBER}},
        {"name": "words", "in": "query", "explode": False, "schema": {"type": "array", "items": TEXT}},
        {"name": "Last-Event-ID", "in": "header", "schema": NUMBER},
    ]
    node = {
        "parameters": parameters,
        "requestBody": {"content": {"application/json": {"schema": {"properties": {"if_exists": {}, "a": {}}}}}},
        "x-behaviour": {"action": "fixed", **rule},
    }
    return operation(node, path="/things/{thing_id}/parts")


OPERATION = made()
BOTH = made(spelling={"accepts_both": True})
ROUTER = Router([OPERATION])
MEMBERS = ("a", "b", "if_exists", "ifExists")
PLACES = {
    "path": ["thing_id", "other"],
    "query": ["thing_id", "after", "limit", "exact", "ids", "words", "free"],
    "header": ["last-event-id", "Last-Event-ID", "x-more"],
}
SOURCES = st.one_of(
    *(
        st.builds(Source, st.just(place), st.sampled_from([(name,) for name in names]))
        for place, names in PLACES.items()
    ),
    st.builds(Source, st.just("body"), st.lists(st.sampled_from(MEMBERS), min_size=1, max_size=3).map(tuple)),
)
SEVERAL = st.builds(
    lambda first, others: Source(first.place, first.steps, tuple(others)), SOURCES, st.lists(SOURCES, max_size=2)
)
BODIES = st.one_of(
    st.dictionaries(
        st.sampled_from(MEMBERS),
        st.recursive(
            st.text(max_size=3) | st.integers() | st.none(),
            lambda inner: st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=3),
            max_leaves=4,
        ),
        max_size=4,
    ),
    JUNK,
)
QUERIES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["after", "free"]), st.text(max_size=4)),
        st.tuples(st.sampled_from(["limit", "ids", "thing_id"]), st.integers().map(str)),
        st.tuples(st.just("exact"), st.sampled_from(["true", "FALSE"])),
        st.tuples(st.just("words"), st.text("ab,", max_size=5)),
    ),
    max_size=5,
)
HEADERS = st.dictionaries(st.sampled_from(["last-event-id", "x-more"]), st.sampled_from(["5", "-1", "0"]))
SEGMENTS = st.text(st.characters(exclude_characters="/"), min_size=1, max_size=5)


def mocks_value(asked, request, source):
    """What the mock makes of a place of a valid request; nothing where the request is none."""
    values = ROUTER.find(request.method, request.path).values
    parameters, violations = check_parameters(asked, request, values)
    reading = read_body(asked, request)
    assume(not violations and not reading.trouble)
    body = reading.value if isinstance(reading.value, dict) else {}
    return fetch(source)(SimpleNamespace(body=body, path_values=values, parameters=parameters, request=request))


def same(one, other):
    return one is other if ABSENT in (one, other) else repr(one) == repr(other)


@given(st.sampled_from([OPERATION, BOTH]), SEGMENTS, QUERIES, HEADERS, BODIES, SEVERAL)
@example(OPERATION, "x", [], {}, {}, Source("query", ("thing_id",)))
@example(OPERATION, "x", [("free", "1"), ("free", "2")], {}, {}, Source("query", ("free",)))
@example(BOTH, "x", [], {}, {"ifExists": {"a": 1}}, Source("body", ("if_exists", "a")))
def test_both_readers_find_the_same_in_any_valid_request(asked, segment, query, headers, body, source):
    try:
        data = dump_json(body)
    except (JsonError, ValueError):
        assume(False)
    sent = {"content-type": "application/json", **headers}
    request = Request("POST", f"/things/{segment}/parts", urlencode(query), sent, data)
    expected = mocks_value(asked, request, source)
    case = Case(asked, request, "valid", "any", "exploration", body)
    assert same(value_in(case, source), expected), (value_in(case, source), expected)


REQUEST = Request(
    "POST",
    "/things/x/parts",
    "limit=5&limit=6&exact=true&ids=1&ids=2&words=a,b&free=1&free=2",
    {"last-event-id": "5-1"},
)
FOUND = {
    "header.last-event-id": "5-1",
    "header.Last-Event-ID": "5-1",
    "path.thing_id": "x",
    "query.limit": 6,
    "query.exact": True,
    "query.ids": [1, 2],
    "query.words": ["a", "b"],
    "query.free": "2",
    "body.a.b": None,
    "body.a": {"b": None},
    "body.a.b.c": ABSENT,
    "body.more": ABSENT,
    "query.after": ABSENT,
    "path.more": ABSENT,
    "item.a": ABSENT,
}


def source_of(text):
    place, *steps = text.split(".")
    return Source(place, tuple(steps))


@pytest.mark.parametrize(("place", "value"), FOUND.items())
def test_a_place_holds_what_the_request_says(place, value):
    assert value_at(OPERATION, REQUEST, {"a": {"b": None}}, source_of(place)) == value


@pytest.mark.parametrize(
    ("places", "value"),
    [
        (["body.a", "query.limit"], 6),
        (["query.after", "body.a.b", "path.thing_id"], "x"),
        (["body.a", "body.b"], ABSENT),
    ],
)
def test_of_several_places_the_first_text_or_number_counts(places, value):
    first, *others = map(source_of, places)
    several = Source(first.place, first.steps, tuple(others))
    assert value_at(OPERATION, REQUEST, {"a": {"b": None}}, several) == value


@pytest.mark.parametrize("path", ["/things/x/parts", "//things/x/parts", "/things/x/parts/", "/things/x/parts/more/1"])
def test_a_path_with_something_around_it_still_names_its_thing(path):
    assert path_values(OPERATION, Request("POST", path)) == {"thing_id": "x"}


def test_another_path_names_nothing():
    assert path_values(OPERATION, Request("POST", "/THINGS/X/PARTS")) == {}


def test_members_in_the_other_spelling_are_found_where_both_are_taken():
    value = {"ifExists": "x"}
    assert [members_of(Case(o, REQUEST, "valid", "any", "scenario", value)) for o in (OPERATION, BOTH)] == [
        {"ifExists": "x"},
        {"if_exists": "x"},
    ]
    assert members_of(Case(BOTH, REQUEST, "valid", "any", "scenario", [1])) == {}
