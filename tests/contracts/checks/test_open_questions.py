"""What a document leaves open or contradicts itself in fails nobody; what it says beside that does."""

import datetime
import json
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadmock.contracts.cases.case import Case, base_value, build_request
from threadmock.contracts.checks import Context, Reading, judge
from threadmock.contracts.checks.acceptance import readings_of
from threadmock.contracts.checks.echo import differences, same
from threadmock.contracts.checks.survival import SLOW
from threadmock.contracts.generation.coverage import examples
from threadmock.contracts.target.exchange import Exchange
from threadmock.specs.loader import load
from threadmock.specs.schemas.formats import write_date_time
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.text_formats import Forms, forms_of
from threadmock.specs.wire.messages import Response

NOW = datetime.datetime(2026, 5, 4, 3, 2, 1, tzinfo=datetime.UTC)
JSON = {"content-type": "application/json"}
ITEM = {
    "type": "object",
    "required": ["id", "title"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "state": {"type": "string", "enum": ["a", "b"], "default": "none"},
    },
}


def contract_of(tmp_path, replies, parameters=(), example=None, rule=None):
    content = {"schema": ITEM} | ({"example": example} if example is not None else {})
    operation = {
        "operationId": "make",
        "parameters": list(parameters),
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": replies,
        **({"x-behaviour": rule} if rule else {}),
    }
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/items": {"post": operation}}}
    path = tmp_path / "items.json"
    path.write_text(json.dumps(document))
    return load(str(path))


def reply(schema=ITEM):
    return {"description": "made", "content": {"application/json": {"schema": schema}}}


def found(contract, status, answer, *, query="", where="", intent="valid", elapsed=0.01, plain=0.01, plain_status=201):
    """Check name to severity, of one made-up exchange."""

    def send(case):
        return Exchange(case, case.request, Response(plain_status, JSON, b"{}"), "", plain, NOW, NOW)

    operation = contract.operations[0]
    context = Context(contract, send, lambda *_: None, random.Random(0), {})
    value = base_value(operation)
    request = replace(build_request(operation, value), query=query)
    case = Case(operation, request, intent, "test", "coverage", value, where=where)
    body = b"" if answer is None else json.dumps(answer).encode()
    verdict = judge(
        context, Exchange(case, request, Response(status, JSON if body else {}, body), "", elapsed, NOW, NOW)
    )
    return {f.check: f.severity for f in verdict.findings}, verdict


def test_members_left_out_where_some_were_asked_for_are_unconfirmed(tmp_path):
    select = {"name": "select", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
    contract = contract_of(tmp_path, {"201": reply()}, [select])
    assert found(contract, 201, {"id": "id-text"}, query="select=id")[0] == {"schema": "unconfirmed"}
    assert found(contract, 201, {"id": "id-text"})[0]["schema"] == "failure"
    assert found(contract, 201, {"id": 1, "title": "title-text"}, query="select=id")[0]["schema"] == "failure"


def test_a_status_without_a_body_that_has_one_in_the_document_fails_nobody(tmp_path):
    contract = contract_of(tmp_path, {"204": reply()})
    made = {"id": "id-text", "title": "title-text"}
    assert found(contract, 204, None)[0] == {}
    assert found(contract, 200, made)[0].get("documented_status") == "unconfirmed"
    assert (
        found(contract_of(tmp_path, {"204": {"description": "made"}}), 200, made)[0]["documented_status"] == "failure"
    )


def test_a_document_without_a_status_for_wrong_requests_leaves_it_open(tmp_path):
    silent = contract_of(tmp_path, {"201": reply(), "401": {"description": "who"}, "403": {"description": "no"}})
    assert found(silent, 400, {"e": 1}, intent="invalid")[0]["documented_status"] == "unconfirmed"
    assert found(silent, 422, {"e": 1}, intent="invalid")[0]["documented_status"] == "unconfirmed"
    assert found(silent, 418, {"e": 1}, intent="invalid")[0]["documented_status"] == "failure"
    named = contract_of(tmp_path, {"201": reply(), "422": {"description": "wrong"}})
    assert found(named, 400, {"e": 1}, intent="invalid")[0]["documented_status"] == "failure"


def test_a_document_of_errors_alone_leaves_success_open(tmp_path):
    made = {"id": "id-text", "title": "title-text"}
    errors = contract_of(tmp_path, {"404": {"description": "none"}})
    assert found(errors, 200, made)[0]["documented_status"] == "unconfirmed"
    assert found(contract_of(tmp_path, {"201": reply()}), 200, made)[0]["documented_status"] == "failure"


def test_branches_that_are_alike_take_nothing_and_fail_nobody(tmp_path):
    alike = {"oneOf": [ITEM, {**ITEM, "description": "the same"}]}
    apart = {"oneOf": [ITEM, {"type": "object", "required": ["other"], "properties": {"other": {"type": "string"}}}]}
    base = {"id": "id-text", "title": "title-text"}
    assert found(contract_of(tmp_path, {"201": reply(alike)}), 201, base)[0]["schema"] == "unconfirmed"
    assert found(contract_of(tmp_path, {"201": reply(apart)}), 201, {**base, "other": "x"})[0]["schema"] == "failure"
    assert "schema" not in found(contract_of(tmp_path, {"201": reply(apart)}), 201, base)[0]


def test_a_default_that_its_own_schema_refuses_fails_nobody(tmp_path):
    contract = contract_of(tmp_path, {"201": reply()})
    base = {"id": "id-text", "title": "title-text"}
    assert "failure" not in found(contract, 201, {**base, "state": "none"})[0].values()
    assert "failure" not in found(contract, 201, {**base, "state": "a"})[0].values()
    assert found(contract, 201, {**base, "state": "else"})[0]["schema"] == "failure"


def test_an_example_that_its_own_schema_refuses_is_no_case(tmp_path):
    contract = contract_of(tmp_path, {"201": reply()}, example={"title": 5})
    assert list(examples(contract.operations[0])) == []
    contract = contract_of(tmp_path, {"201": reply()}, example={"id": "1", "title": "t"})
    assert [case.evidence for case in examples(contract.operations[0])] == ["documented"]


QUERIES = {
    "flag": {"type": "boolean"},
    "n": {"type": "integer", "minimum": 0},
    "x": {"type": "number"},
}


@pytest.mark.parametrize(
    ("query", "severity"),
    [
        *((query, "unconfirmed") for query in ("flag=0", "flag=1", "flag=yes", "flag=on", "flag=", "n=%2B1")),
        *((query, "unconfirmed") for query in ("n=1.0", "n=%201", "n=1_000", "n=", "n=%20", "x=1_0", "x=%2B.5")),
        *(
            (query, "failure")
            for query in ("flag=maybe", "flag=2", "n=many", "n=1.5", "n=-1", "n=0x10", "x=one", "n=1%202")
        ),
    ],
)
def test_how_a_query_spells_a_value_is_the_framework_s(tmp_path, query, severity):
    parameters = [{"name": name, "in": "query", "schema": schema} for name, schema in QUERIES.items()]
    contract = contract_of(tmp_path, {"201": reply()}, parameters)
    made = {"id": "id-text", "title": "title-text"}
    got, _ = found(contract, 201, made, query=query, where=f"/{query.partition('=')[0]}", intent="invalid")
    assert got["invalid_refused"] == severity


@given(st.text(max_size=12))
def test_any_text_of_a_query_is_read_without_an_error(text):
    assert len(list(readings_of(text))) <= 2


def test_what_rests_on_the_observed_layer_is_unconfirmed_in_the_documented_one(tmp_path):
    declared = {"action": "create", "resource": "item", "key": {"field": "id", "otherwise": "opaque"}}
    contract = contract_of(tmp_path, {"201": reply()}, rule=declared)
    for layer, severity in (("documented", "unconfirmed"), ("observed", "failure")):
        told = replace(contract, layer=layer)
        operation = told.operations[0]
        case = Case(operation, build_request(operation, {}), "valid", "test", "coverage", {})
        exchange = Exchange(case, case.request, Response(201, JSON, b"{}"), "", 0.01, NOW, NOW)
        reading = Reading(Context(told, lambda _, got=exchange: got, lambda *_: None, random.Random(0)), exchange)
        assert reading.find("echo", "one", "other", evidence="observed").severity == severity
        assert reading.find("echo", "one", "other", evidence="documented").severity == "failure"


def test_a_slow_answer_is_compared_with_accepted_requests_only(tmp_path):
    contract = contract_of(tmp_path, {"201": reply()})
    made = {"id": "id-text", "title": "title-text"}
    slow = SLOW + 3
    assert found(contract, 201, made, elapsed=slow, plain=0.001)[0] == {}  # it was quick when it was measured again
    _, verdict = found(contract, 201, made, elapsed=slow, plain=0.001, plain_status=422)
    assert "accepted" in verdict.not_applicable["prompt"]


MOMENT = {"type": "string", "format": "date-time"}
TOLD = {"type": "string", "description": "When it was made, an ISO 8601 timestamp."}
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
SCHEMAS = {
    "plain": MOMENT,
    "or null": {"anyOf": [MOMENT, {"type": "null"}]},
    "referred": {"$ref": "#/$defs/moment"},
    "told": TOLD,
}


@pytest.mark.parametrize("node", SCHEMAS.values(), ids=SCHEMAS)
@pytest.mark.parametrize("deep", [False, True])
@given(
    moment=st.integers(10**15, 10**17).map(lambda n: EPOCH + datetime.timedelta(microseconds=n)),
    apart=st.integers(1, 10**9),
)
def test_moments_are_equal_by_what_they_denote(node, deep, moment, apart):
    whole = {
        "type": "object",
        "properties": {"list": {"type": "array", "items": {"type": "object", "properties": {"at": node}}}},
    }
    properties = {"value": whole if deep else node}
    schema = Schema({"type": "object", "properties": properties, "$defs": {"moment": MOMENT}}, "#", "response")
    forms = forms_of("value", schema)

    def wrap(text):
        return {"list": [{"at": text}]} if deep else text

    sent = write_date_time(moment)
    for other in (
        sent.replace("+00:00", "Z"),
        sent.replace("+00:00", "000Z"),
        moment.astimezone(datetime.timezone(datetime.timedelta(hours=5))).isoformat(),
    ):
        assert same(wrap(sent), wrap(other), forms)
    later = write_date_time(moment + datetime.timedelta(microseconds=apart + 1))
    assert not same(wrap(sent), wrap(later), forms)
    assert not same(wrap(sent), wrap(sent.replace("+00:00", "Z")), Forms())


def test_a_fraction_that_is_cut_is_a_loss_and_a_shifted_moment_is_none():
    forms = Forms(anywhere=frozenset({"date-time"}))
    cut = next(differences("2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.123Z", forms))
    shifted = next(differences("2026-01-02T03:04:05.123456Z", "2026-01-02T04:04:05.123Z", forms))
    assert (cut.loss, shifted.loss) == (True, False)
