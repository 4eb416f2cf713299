"""What real servers were seen to do, and what is therefore no finding."""

import random
from types import SimpleNamespace
from typing import Any

import pytest
from support.hostile_server import hostile
from threadmock.contracts.cases.case import Case, build_request
from threadmock.contracts.checks import Context, judge
from threadmock.contracts.checks.streaming import check_ids
from threadmock.contracts.checks.streams import read_stream
from threadmock.contracts.engine.run import prepare
from threadmock.contracts.options import Settings
from threadmock.contracts.scenarios.asking import differing
from threadmock.contracts.scenarios.runs.resume import _after
from threadmock.contracts.transport.http import HttpTransport
from threadmock.contracts.transport.urls import read_target
from threadmock.specs.behaviour.agent import Format
from threadmock.specs.behaviour.conditions import agrees
from threadmock.specs.schemas.text_formats import NO_FORMS
from threadmock.specs.wire.messages import Request

TWINS = b"id: 5-0\ndata: 1\n\nid: 5-0\ndata: 2\n\nid: 6-0\ndata: 3\n\n"


def reading(made: dict[str, Any]) -> Any:
    rule = SimpleNamespace(shown=())
    around = {"context": SimpleNamespace(memory={}), "operation": SimpleNamespace(slug="read"), "made_schema": None}
    asked = {"compared": lambda: None, "forms": lambda _: NO_FORMS}
    return SimpleNamespace(rule=rule, made=made, made_members={}, **around, **asked)


@pytest.mark.parametrize(
    ("sent", "before", "after", "expected"),
    [
        ({"at": {}}, {"at": {"id": "1", "space": ""}}, {"at": {"id": "1"}}, []),
        ({"at": {}}, {"at": {"id": "1", "space": None, "more": [], "most": {}}}, {"at": {"id": "1"}}, []),
        ({"at": {"space": ""}}, {"at": {"id": "1", "space": ""}}, {"at": {"id": "1"}}, ["at holds another value"]),
        ({"at": {}}, {"at": {"id": "1", "space": "x"}}, {"at": {"id": "1"}}, ["at holds another value"]),
        ({"at": {}}, {"at": {"id": "1", "space": ""}}, {"at": {"id": "1", "space": "x"}}, ["at holds another value"]),
        ({"at": {}}, {"at": {"id": "1", "space": ""}}, {"at": "1"}, ["at holds another value"]),
    ],
)
def test_an_empty_member_that_the_server_made_may_be_left_out_later(sent, before, after, expected):
    assert [each.what.partition(" (")[0] for each in differing(sent, before, reading(after))] == expected


@pytest.mark.parametrize(("length", "connections"), [(b"", 2), (b"content-length: 5\r\n", 1)])
def test_after_a_head_without_a_length_the_next_request_goes_on_a_connection_of_its_own(length, connections):
    def script(talk: Any) -> None:
        while talk.request():
            talk.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n" + length + b"\r\n")

    with hostile(script) as server:
        carrier = HttpTransport(read_target(server.url))
        for _ in range(2):
            assert carrier.send(Request("HEAD", "/threads"), deadline=2).status == 200
        carrier.close()
        assert server.connections == connections


@pytest.mark.parametrize("twins", [False, True])
def test_two_events_may_share_an_id_only_where_the_format_says_so(twins: bool):
    form = Format("events", (), ids="milliseconds", twins=twins)
    stream = read_stream(TWINS, form, None, scope="run")
    told: list[str] = []

    def problem(expected: str, got: str, **_: Any) -> str:
        told.append(got)
        return got

    list(check_ids(SimpleNamespace(stream=stream, problem=problem, operation=None, rule=None)))  # type: ignore[arg-type]
    assert told == ([] if twins else ["the same id twice"])


def test_who_goes_on_after_a_twin_misses_the_other_one():
    events = list(read_stream(TWINS, Format("events", ()), None).events)
    assert [told.value for told in _after(events, 0, twins=True)] == [3]
    assert [told.value for told in _after(events, 0, twins=False)] == [2, 3]


@pytest.mark.parametrize(
    ("value", "filled"), [({}, False), ([], False), ("", False), (None, False), ({"a": 1}, True), (0, True)]
)
def test_nothing_empty_is_filled(value, filled):
    assert agrees(value, {"filled": True}, there=True) is filled
    assert agrees(value, {"filled": False}, there=True) is not filled
    assert not agrees(value, {"filled": True}, there=False)


@pytest.mark.parametrize("check", ["unknown_id", "foreign_child"])
@pytest.mark.parametrize("operation", ["join_run_http_threads__thread_id__runs__run_id__join_get"])
def test_what_is_unknown_may_be_said_within_a_success_where_the_rule_says_so(check: str, operation: str):
    run = prepare(Settings("langsmith", layer="observed", operations=(operation,), seed=7))
    outcome = run.perform(operation, check)
    assert outcome.exchanges
    assert not outcome.causes


def test_what_one_run_of_several_is_refused_for_is_looked_for_in_each():
    run = prepare(Settings("langsmith", layer="observed", operations=("run_batch_stateless_runs_post",), seed=7))
    operation = run.operations[0]
    settled = {"assistant_id": "agent"}
    resumed = {**settled, "command": {"resume": "yes"}}
    both = {**settled, "config": {"configurable": {"a": 1}}, "context": {"b": 2}}
    for items, status in (([settled, resumed], 400), ([both, settled], 400), ([settled], 200)):
        case = Case(operation, build_request(operation, items), "valid", "several", "coverage", items)
        exchange = run.target.exchange(case)
        assert exchange.response is not None
        assert exchange.response.status == status
        context = Context(run.contract, run.target.exchange, lambda *_: None, random.Random(1), {})
        assert not [found for found in judge(context, exchange).findings if found.check == "valid_accepted"]
