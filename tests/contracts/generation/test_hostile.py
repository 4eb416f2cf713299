"""Hostile requests: they reach every place, can be sent, and break nothing of ours."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadmock.contracts.cases.body_places import places
from threadmock.contracts.generation.hostile_requests import has_places, hostile_cases
from threadmock.contracts.generation.hostile_values import LASTING, json_values
from threadmock.contracts.replays.substitution import MOST_LEVELS, parsed
from threadmock.contracts.transport.base import sendable
from threadmock.contracts.transport.urls import request_target
from threadmock.specs.loader import builtin_names, load
from threadmock.specs.operations.parameters import is_read

OPERATIONS = [operation for name in builtin_names() for operation in load(name).operations if has_places(operation)]


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_the_first_turn_reaches_every_place_and_every_request_can_be_sent(operation):
    found = list(hostile_cases(operation, random.Random(1)))
    parameters = {f"{p.location} {p.name}" for p in operation.parameters if is_read(p) and p.location != "cookie"}
    # places where a schema branches stand there once for each branch
    turn = {hostile.place for hostile in found[: 2 * len({hostile.place for hostile in found})]}
    assert parameters <= turn
    for hostile in found:
        sendable(hostile.case.request)
        assert request_target(hostile.case.request.path, hostile.case.request.query).isascii()
        assert hostile.case.intent == "hostile"


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_members_at_any_depth_are_hostile_once_in_a_while(operation):
    reached = {hostile.place for hostile in hostile_cases(operation, random.Random(1))}
    run, key = operation.rule.run, operation.rule.key
    delay = "/".join(run.delay.steps) if run and run.delay else ""
    for place in places(operation):
        own = bool(key and key.source and place.steps[:1] == key.source.steps[:1])
        if place.level and not own and place.pointer != f"/{delay}":
            assert place.pointer in reached


@given(st.integers(0, 2**32), st.sampled_from(OPERATIONS))
def test_what_a_server_may_store_and_not_show_is_written_last(seed, operation):
    lasting = [hostile.lasting for hostile in hostile_cases(operation, random.Random(seed))]
    assert operation.method == "GET" or lasting == sorted(lasting)


@pytest.mark.parametrize("kind", ["string", "number", "integer", "boolean", "object", "array", "any", "enum"])
def test_values_are_bytes_that_a_lenient_reader_takes(kind):
    for value in json_values([kind]):
        if "9" * 5000 not in value.text:
            json.loads(value.text)
    assert not LASTING & {value.family for value in json_values([kind], lasting=False)}


def test_bytes_in_a_path_that_are_no_utf_8_are_sent_as_they_are():
    assert request_target("/a/\udcff\x00", "") == "/a/%FF%00"


@given(st.integers(1, 3000))
def test_a_body_too_deep_to_be_walked_over_counts_as_no_json(levels):
    found = parsed(b"[" * levels + b"]" * levels)
    assert (found is None) == (levels > MOST_LEVELS)


def test_a_key_under_which_a_thing_is_put_is_never_hostile():
    """It would stay where it was made: nothing could name it."""
    put = next(each for each in load("langsmith").operations if each.slug == "put_item")
    places = {hostile.place for hostile in hostile_cases(put, random.Random(1))}
    assert "/key" not in places
    assert {"/namespace", "/value", "/ttl"} <= places
