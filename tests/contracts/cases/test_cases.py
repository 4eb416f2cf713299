"""Cases: the request that carries a value, the sample bodies, and forms that read back as what was meant."""

import json
import re
import uuid
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.documents import asking, taking
from threadmock.contracts.cases.case import (
    base_value,
    body_schema,
    build_request,
    case_with_body,
    chosen_key,
    full_value,
    key_member,
    path_values,
    redraw,
    with_own_key,
)
from threadmock.contracts.cases.encoding import MULTIPART, URLENCODED, encode_form
from threadmock.contracts.cases.fresh_keys import fresh_key, is_borrowed, is_invented, spelled
from threadmock.contracts.cases.samples import least, most, parameter_value
from threadmock.specs.contract import Parameter
from threadmock.specs.errors import SchemaError
from threadmock.specs.loader import load
from threadmock.specs.members import ABSENT
from threadmock.specs.operations.requests import read_body
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.strictjson import parse_json

PROVIDERS = ("langsmith", "scale", "lighton", "seekrflow", "ishvana")


def create(name):
    return next(o for o in load(name).operations if o.rule.action == "create")


def with_parameter(operation, location, document, *, required):
    parameter = Parameter("page size", location, required, Schema(document, "#/p", "request"))
    return replace(operation, parameters=(*operation.parameters, parameter))


@pytest.mark.parametrize("name", PROVIDERS)
def test_sample_bodies_are_accepted_by_both_engines_and_the_same_each_time(name):
    operation = create(name)
    judge = checker(body_schema(operation))
    for sample in (base_value, full_value):
        assert judge.accepted(sample(operation))
        assert sample(operation) == sample(operation)


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_smallest_body_loses_nothing_more_without_becoming_invalid(name):
    operation = create(name)
    judge = checker(body_schema(operation))
    base = base_value(operation)
    for member in base:
        assert judge.refused({k: v for k, v in base.items() if k != member})


def test_the_full_body_has_every_member_but_the_key():
    operation = create("langsmith")
    assert set(full_value(operation)) == {"metadata", "if_exists", "ttl", "supersteps"}
    assert key_member(operation) == "thread_id"


def test_the_full_body_has_distinct_texts_and_leaves_out_references_that_nobody_knows():
    scale, lighton = full_value(create("scale")), full_value(create("lighton"))
    texts = [value for value in scale.values() if isinstance(value, str)]
    assert len(set(texts)) == len(texts)
    assert lighton["agent_id"] == 1
    assert "chat_setting_id" not in lighton


def test_a_member_that_repeats_the_path_says_what_the_path_says():
    operation = create("scale")
    value = base_value(operation)
    assert value["application_variant_id"] == path_values(operation)["application_variant_id"]
    assert build_request(operation, value).path == f"/v4/applications/{value['application_variant_id']}/threads"


def test_a_request_carries_json_its_content_type_and_no_credentials():
    request = build_request(create("seekrflow"), {"meta_data": {"ä": "\u2028"}})
    assert request.method == "POST"
    assert request.headers == {"content-type": "application/json"}
    assert parse_json(request.body) == {"meta_data": {"ä": "\u2028"}}


def test_a_request_without_a_body_has_no_content_type():
    request = build_request(create("lighton"), ABSENT)
    assert (request.body, dict(request.headers)) == (b"", {})


def test_given_path_query_and_header_values_are_sent_as_they_are():
    request = build_request(
        create("scale"),
        {},
        path_values={"application_variant_id": "a b ä"},
        query={"q": ["1", 2], "e": "ä &"},
        headers={"X-A": "b"},
    )
    assert request.path == "/v4/applications/a b ä/threads"
    assert parse_qsl(request.query) == [("q", "1"), ("q", "2"), ("e", "ä &")]
    assert request.headers["x-a"] == "b"


@pytest.mark.parametrize("location", ["query", "header"])
def test_required_parameters_are_filled_in(location):
    operation = with_parameter(create("langsmith"), location, {"type": "integer", "minimum": 7}, required=True)
    request = build_request(operation)
    sent = dict(parse_qsl(request.query)) if location == "query" else request.headers
    assert sent["page size"] == "7"


def test_a_body_that_is_no_json_is_a_value_error():
    with pytest.raises(ValueError, match="JSON"):
        build_request(create("langsmith"), {"metadata": {"a": float("nan")}})


def test_fresh_keys_are_uuids_and_never_the_same():
    keys = {fresh_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(str(uuid.UUID(key)) == key for key in keys)


def test_redraw_changes_and_removes_members_and_bytes_alike():
    case = case_with_body(create("langsmith"), {"metadata": {}, "if_exists": "raise"}, "two members")
    changed = redraw(case, if_exists=ABSENT, thread_id="x")
    assert changed.value == {"metadata": {}, "thread_id": "x"} == parse_json(changed.request.body)
    assert case.value == {"metadata": {}, "if_exists": "raise"}


def test_redraw_of_a_case_without_an_object_says_so():
    with pytest.raises(TypeError, match="no JSON object"):
        redraw(case_with_body(create("lighton"), ABSENT, "no body"), name="x")


texts = st.text(min_size=1, max_size=30).filter(lambda text: not set(text) & {"\r", "\n"})
form_values = st.fixed_dictionaries(
    {},
    optional={"name": texts.filter(lambda t: len(t) <= 255), "agent_id": st.integers(), "is_ephemeral": st.booleans()},
)


@pytest.mark.parametrize("media_type", [URLENCODED, MULTIPART])
@settings(max_examples=100, deadline=None, database=None)
@given(value=form_values)
def test_a_form_is_read_back_as_the_value_it_was_made_from(media_type, value):
    operation = create("lighton")
    request = build_request(operation, value, media_type=media_type)
    reading = read_body(operation, request)
    assert reading.value == value if request.body else not value


@settings(max_examples=50, deadline=None, database=None)
@given(st.integers(0, 3))
def test_the_boundary_of_a_multipart_form_is_never_in_its_data(times):
    text = "threadmock-part-boundary" + "x" * times
    content_type, body = encode_form(MULTIPART, {"name": f"--{text}--"})
    boundary = content_type.partition("boundary=")[2]
    assert body.count(b"--" + boundary.encode()) == 2


@pytest.mark.parametrize(
    ("document", "smallest"),
    [
        (
            {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "minimum": 5}, "b": {}}},
            {"a": 5},
        ),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [False, False]),
        ({"enum": ["b", "a"]}, "b"),
        ({"type": "string", "pattern": "^Q{3}$"}, "QQQ"),
        ({"anyOf": [{"type": "null"}, {"type": "string", "maxLength": 3}]}, "val"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 0.5}, 0.5),
    ],
)
def test_the_least_value_of_a_schema_is_small_and_valid(document, smallest):
    assert least(Schema(document, "#/x", "request")) == smallest


def test_the_most_of_a_recursive_schema_ends():
    node = {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/N"}}}}
    schema = Schema({"$ref": "#/$defs/N", "$defs": {"N": node}}, "#/x", "request")
    assert checker(schema).accepted(most(schema))
    assert "kids" in most(schema)


def test_a_schema_that_takes_nothing_is_an_error_that_names_the_place():
    with pytest.raises(SchemaError, match="#/here"):
        least(Schema({"type": "string", "not": {}}, "#/here", "request"))


KEY_SCHEMAS: list[dict[str, object]] = [
    {"type": "integer"},
    {"type": "integer", "maximum": 32767},
    {"type": "string"},
    {"type": "string", "pattern": "^[a-z]+$"},
    {"type": "string", "pattern": "^[A-Z]{8}$"},
    {"type": "string", "pattern": "^[a-z][a-z0-9]*$", "maxLength": 20},
    {"type": "string", "maxLength": 8},
    {"type": "string", "pattern": "^[A-Z][a-z]+$"},
    {"type": "string", "pattern": "^[a-z]{3}-[0-9]{4}$"},
]


@pytest.mark.parametrize("schema", KEY_SCHEMAS, ids=str)
def test_a_key_that_a_client_chooses_has_the_type_of_its_member(schema):
    thing = {"type": "object", "properties": {"id": schema, "name": {"type": "string"}}}
    rule = {"action": "create", "resource": "things", "key": {"field": "id", "from": "body.id"}}
    operation = taking(thing, rule=rule)
    keys = [chosen_key(operation) for _ in range(20)]
    assert all(checker(Schema(schema, "#", "request")).accepted(key) for key in keys)
    assert len(set(keys)) > 15


@pytest.mark.parametrize("schema", KEY_SCHEMAS, ids=str)
def test_a_sample_of_a_key_that_a_client_has_to_choose_is_sent_once(schema):
    rule = {"action": "create", "resource": "things", "key": {"field": "id", "from": "body.id"}}
    thing = {"type": "object", "required": ["id"], "properties": {"id": schema, "name": {"type": "string"}}}
    operation = taking(thing, rule=rule)
    sample = case_with_body(operation, base_value(operation), "a sample")
    sent = [with_own_key(sample) for _ in range(20)]
    assert all(checker(body_schema(operation)).accepted(case.value) for case in sent)
    assert all(json.loads(case.request.body) == case.value for case in sent)
    assert len({case.value["id"] for case in sent} - {sample.value["id"]}) > 15
    for kept in (sent[0], replace(sample, intent="invalid"), case_with_body(operation, {"name": "x"}, "no key")):
        assert with_own_key(kept) is kept


def test_a_key_that_is_one_of_a_few_names_or_that_nobody_has_to_choose_is_left_alone():
    rule = {"action": "create", "resource": "things", "key": {"field": "id", "from": "body.id"}}
    for required, schema in ((["id"], {"enum": ["one", "two"]}), ([], {"type": "string"})):
        thing = {"type": "object", "required": required, "properties": {"id": schema, "name": {"type": "string"}}}
        operation = taking(thing, rule=rule)
        sample = case_with_body(operation, base_value(operation), "a sample")
        assert with_own_key(sample) is sample


def test_a_required_list_of_a_query_is_never_empty():
    for style in ("form", "pipeDelimited"):
        operation = asking(
            {"name": "q", "in": "query", "required": True, "style": style, "schema": {"type": "array", "items": {"type": "string"}}}
        )  # fmt: skip
        assert parameter_value(operation.parameters[0]) != []


@pytest.mark.parametrize(("pattern", "borrowed"), [("^[a-z]+$", False), ("^[a-z]{8}$", True)])
def test_a_key_in_another_spelling_is_known_as_made_up_and_a_short_one_as_perhaps_somebodys(pattern, borrowed):
    key = spelled(fresh_key(), re.compile(pattern).search)
    assert key is not None
    assert (is_invented(key), is_borrowed(key)) == (True, borrowed)
    assert not is_invented(key[::-1])


def test_a_key_that_was_not_made_up_is_not_so_in_another_spelling():
    key = spelled("0189f7e4-7b3a-7c1d-8e2f-0123456789ab", str.isalpha)
    assert key is not None
    assert not is_invented(key)
    assert spelled(fresh_key(), lambda _: False) is None
