"""Staging: what a request names is made beforehand, through the contract's own creates, on a budget of its own."""

import json
import random
from dataclasses import replace

import pytest
from support.paths import DATA
from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.case import Case, base_value, build_request, case_with_body
from threadmock.contracts.cases.families import below, makers, reads
from threadmock.contracts.cases.references import as_named, named_key, placeholder, references, undescribed
from threadmock.contracts.cases.request_values import value_in
from threadmock.contracts.engine.run import Run, prepare
from threadmock.contracts.engine.summary import Summary
from threadmock.contracts.options import Settings
from threadmock.contracts.settings import UsageError
from threadmock.contracts.target.answers import find_key
from threadmock.contracts.target.open_target import mock_target
from threadmock.contracts.target.prerequisites import NotCreated, Prerequisites
from threadmock.contracts.transport.errors import BudgetSpent
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.loader import load

NAMESPACE = Source("body", ("namespace",))
NOTEBOOKS = str(DATA / "notebooks")
CONTRACT = load(NOTEBOOKS)
OPERATIONS = {operation.slug: operation for operation in CONTRACT.operations}


def build_case(operation):
    return case_with_body(operation, base_value(operation), "a case")


def asking(operation, **parts):
    return Case(operation, build_request(operation, **parts), "valid", "odd", "coverage")


@pytest.fixture
def sent():
    return []


@pytest.fixture
def stage(sent):
    target = mock_target(CONTRACT, 1)

    def send(case):
        sent.append(case)
        return target.exchange(case)

    yield Prerequisites(CONTRACT, send, random.Random(1))
    target.close()


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("create_notebook", []),
        ("read_notebook", ["notebook"]),
        ("list_pages", ["notebook"]),
        ("replace_page", ["notebook", "page"]),
        ("create_bookmark", ["notebook"]),
        ("delete_bookmark", ["bookmark"]),
        ("search_notebooks", []),
    ],
)
def test_an_operation_names_its_parents_and_then_its_own_thing(slug, expected):
    assert [name.resource for name in references(OPERATIONS[slug])] == expected


def test_families_are_found_by_the_rules_alone():
    assert [operation.slug for operation in makers(CONTRACT, "page", ["notebook"])] == ["create_page"]
    assert [operation.slug for operation in reads(CONTRACT, "bookmark")] == ["read_bookmark"]
    assert below(CONTRACT, "notebook") == ["page", "bookmark", "sitting"]


@pytest.mark.parametrize("slug", ["read_page", "replace_page", "delete_page", "read_bookmark", "create_bookmark"])
def test_a_settled_case_names_things_that_are_there(stage, slug):
    operation = OPERATIONS[slug]
    case = build_case(operation)
    settled = stage.resolve(case)
    assert settled.standing == "there"
    for name in references(operation):
        value = value_in(settled, name.source)
        assert value != placeholder(operation, name.source)
        assert value in {str(thing.key) for thing in stage._things.values() if thing.resource == name.resource}


def test_a_key_in_the_body_is_put_into_value_and_bytes(stage):
    settled = stage.resolve(build_case(OPERATIONS["create_bookmark"]))
    assert json.loads(settled.request.body) == settled.value
    assert settled.value["notebook_id"] != placeholder(OPERATIONS["create_bookmark"], Source("body", ("notebook_id",)))


def test_cases_of_one_operation_share_the_things_they_name(stage, sent):
    for _ in range(5):
        stage.resolve(build_case(OPERATIONS["read_page"]))
    assert [case.operation.slug for case in sent] == ["create_notebook", "create_page"]


def test_what_was_deleted_is_made_anew_and_its_parent_is_not(stage, sent):
    target = mock_target(CONTRACT, 1)
    stage._send = lambda case: (sent.append(case), target.exchange(case))[1]
    for _ in range(3):
        exchange = target.exchange(stage.resolve(build_case(OPERATIONS["delete_page"])))
        assert exchange.response.status == 200
        assert stage.note_effect(exchange)
    assert [case.operation.slug for case in sent] == ["create_notebook", *["create_page"] * 3]
    target.close()


def test_a_case_that_names_something_else_is_unknown_and_is_left_as_it_is(stage, sent):
    case = asking(OPERATIONS["read_bookmark"], path_values={"bookmark_id": "no-such-thing"})
    settled = stage.resolve(case)
    assert (settled.standing, settled.request, sent) == ("unknown", case.request, [])


def test_a_cursor_names_what_nobody_knows(stage):
    operation = OPERATIONS["list_pages"]
    assert stage.resolve(asking(operation)).standing == "there"
    assert stage.resolve(asking(operation, query={"after": "page_0"})).standing == "unknown"


def test_what_could_not_be_made_says_why_and_is_not_tried_for_ever(stage, sent):
    target = mock_target(CONTRACT, 1)
    stage._send = lambda case: (sent.append(case), target.exchange(replace(case, credentials="absent")))[1]
    for _ in range(5):
        with pytest.raises(NotCreated, match="no notebook could be made: POST /notebooks was answered 401"):
            stage.resolve(build_case(OPERATIONS["read_notebook"]))
    assert len(sent) == 2
    target.close()


def test_where_nothing_may_be_sent_any_more_nothing_is_made(stage):
    def spend(_):
        raise BudgetSpent("nothing is left")

    stage._send = spend
    with pytest.raises(BudgetSpent):
        stage.resolve(build_case(OPERATIONS["read_notebook"]))


@pytest.mark.parametrize(
    ("answer", "key"),
    [({"id": 1}, 1), ({"data": {"id": "a"}}, "a"), ([{"id": "a"}, {"id": "b"}], "b"), ({"items": [{"x": 1}]}, None)],
)
def test_a_key_is_found_where_the_answer_holds_it(answer, key):
    assert find_key(answer, "id") == key


def run_of(source, **settings) -> Run:
    return prepare(Settings(source, seed=1, **settings))


def summary_of(run: Run) -> Summary:
    summary = Summary(run)
    for slug, phase in list(run.items()):
        summary.gather(run.perform(slug, phase))
    run.target.close()
    return summary


def test_a_read_that_is_chosen_alone_is_tested_through_the_creates():
    summary = summary_of(run_of(NOTEBOOKS, operations=("read_page",), checks=("valid_accepted", "schema")))
    outcome = summary.outcomes["read_page"]
    assert outcome.accepted > 3
    assert (summary.untested, summary.limited, summary.causes) == ({}, {}, [])
    assert 2 <= outcome.staged < 10


def test_making_things_has_a_bound_of_its_own():
    run = run_of(NOTEBOOKS, operations=("delete_page",), max_requests=20)
    outcome = run.perform("delete_page", "coverage")
    assert outcome.exchanges <= 20
    assert outcome.staged <= 10


STREAMS = {
    "openapi": "3.1.0",
    "info": {"title": "Runs", "version": "1"},
    "paths": {
        "/runs": {
            "post": {
                "operationId": "run",
                "responses": {"200": {"description": "", "content": {"text/event-stream": {"schema": {}}}}},
            }
        },
        "/pens/{pen_id}": {
            "parameters": [{"name": "pen_id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "operationId": "read_pen",
                "responses": {
                    "200": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}},
                    "404": {"description": ""},
                },
                "x-behaviour": {"action": "read", "resource": "pen", "key": {"field": "id", "from": "path.pen_id"}},
            },
        },
    },
}


@pytest.fixture
def runs(tmp_path):
    path = tmp_path / "runs.json"
    path.write_text(json.dumps(STREAMS))
    return str(path)


def test_what_nothing_makes_is_asked_about_unknown_ids_only_and_that_is_said(runs):
    summary = summary_of(run_of(runs))
    assert summary.limited == {"read_pen": "nothing makes a pen"}
    assert summary.untested == {}
    assert summary.causes == []
    assert summary.status(0) == 0


def test_streams_of_which_no_rule_tells_are_left_out(runs):
    run = run_of(runs)
    assert [operation.slug for operation in run.left_out] == ["run"]
    assert {slug for slug, _ in run.items()} == {"read_pen"}
    assert (
        undescribed(run.operation("run"))
        == run.left_out[run.operation("run")]
        == "no rule says which events they answer with"
    )
    run.target.close()
    with pytest.raises(UsageError, match="Nothing is left to be tested"):
        run_of(runs, operations=("run",))


@pytest.mark.parametrize("layer", ["documented", "observed"])
def test_a_thing_in_a_parent_that_nothing_makes_is_named_where_it_was_made(layer):
    """A namespace: one request has it as a list, another as a text with dots, a third need not have it."""
    contract = load("langsmith", layer=layer)
    operations = {operation.slug: operation for operation in contract.operations}
    target = mock_target(contract, 1)
    stage = Prerequisites(contract, target.exchange, random.Random(1))
    shown = target.exchange(stage.resolve(build_case(operations["get_item"])))
    item = json.loads(shown.response.content)
    assert (item["namespace"], shown.case.standing) == (["namespace-text"], "there")
    deleting = stage.resolve(build_case(operations["delete_item"]))
    assert deleting.value == {"key": item["key"], "namespace": ["namespace-text"]}
    thing = stage.make("item")
    deep = dict(thing.parents) | {"namespace": "a.b"}
    assert value_in(case_about(operations["put_item"], {**deep, "item": thing.key}, "a case"), NAMESPACE) == ["a", "b"]
    target.close()


def test_a_list_of_labels_is_one_key_and_the_items_of_a_list_of_runs_are_several():
    contract = load("langsmith", layer="observed")
    operations = {operation.slug: operation for operation in contract.operations}
    put = operations["put_item"]
    assert named_key(put, NAMESPACE, ["a", "b"]) == "a.b"
    assert as_named(put, NAMESPACE, "a.b") == ["a", "b"]
    assert as_named(operations["get_item"], Source("query", ("namespace",)), "a.b") == "a.b"
    assert named_key(operations["run_batch_stateless_runs_post"], Source("body", ("thread_id",)), ["a", "b"]) == "a"
    assert named_key(put, NAMESPACE, []) is None
