"""The checks of one exchange: each is tripped by its own trouble, and by that alone; excuses are heard."""

import datetime
import json
import random
from typing import Any

import pytest
from support.reference_servers.servers import SERVERS, Clock
from support.suite_loop import Run
from threadmock.contracts.cases.case import Case, base_value, build_request
from threadmock.contracts.cases.fresh_keys import fresh_key
from threadmock.contracts.checks import Context, checks, judge
from threadmock.contracts.scenarios import RUN_SCENARIOS as RUNS
from threadmock.contracts.scenarios import scenarios
from threadmock.contracts.scenarios.families.table import FAMILY
from threadmock.contracts.target.exchange import Exchange
from threadmock.specs.loader import load
from threadmock.specs.wire.messages import Response

NOW = datetime.datetime(2026, 5, 4, 3, 2, 1, tzinfo=datetime.UTC)
STAMP = NOW.isoformat()
JSON = {"content-type": "application/json"}
THREADS: dict[str, dict[str, Any]] = {
    "scale": {"id": "1", "title": "title-text", "application_variant_id": "application-variant-id-text", "account_id": "account_id-text", "created_by_user_id": "u", "created_by_identity_type": "user", "created_at": STAMP, "updated_at": STAMP},
    "ishvana": {"thread_id": "1", "title": "title-text", "project_id": "my-project", "created_at": STAMP, "message_count": 0},
    "seekrflow": {"id": "1", "created_at": STAMP},
    "lighton": {"id": "0f8fad5b-d9cb-469f-a165-70867728950e", "name": "", "status": "s", "ml_model": None, "ml_model_name": None, "agent_id": 1, "agent_name": None, "creation_source": "api", "is_read": True, "created_at": STAMP, "updated_at": STAMP, "is_ephemeral": False, "is_archived": False, "tool_parameters": None},
    "langsmith": {"thread_id": "0f8fad5b-d9cb-469f-a165-70867728950e", "created_at": STAMP, "updated_at": STAMP, "metadata": {}, "status": "idle"},
}  # fmt: skip


def context_of(provider: str, **memory: Any) -> Context:
    def never(case: Case) -> Exchange:
        raise AssertionError("nothing is sent here")

    return Context(load(provider), never, lambda *_: None, random.Random(0), memory)


def verdict(
    provider: str,
    status: int = 0,
    answer: Any = None,
    *,
    headers: Any = JSON,
    raw: bytes | None = None,
    memory: Any = None,
    **case: Any,
):
    """What the checks say of one made-up exchange. Without an answer: the documented success."""
    context = context_of(provider, **(memory or {}))
    operation = context.contract.operations[0]
    value = case.pop("value", base_value(operation))
    more = {name: case.pop(name) for name in ("problem", "elapsed", "wrong_credentials_known") if name in case}
    request = case.pop("request", None) or build_request(operation, value)
    made = Case(operation, request, case.pop("intent", "valid"), "test", "coverage", value, **case)
    body = raw if raw is not None else json.dumps(THREADS[provider] if answer is None else answer).encode()
    response = None if more.get("problem") else Response(status or operation.success, headers, body)
    exchange = Exchange(made, request, response, more.pop("problem", ""), more.pop("elapsed", 0.01), NOW, NOW, **more)
    return judge(context, exchange)


def found(*args: Any, **more: Any) -> dict[str, str]:
    return {finding.check: finding.severity for finding in verdict(*args, **more).findings}


def changed(provider: str, **members: Any) -> dict[str, Any]:
    return {k: v for k, v in {**THREADS[provider], **members}.items() if v is not ...}


@pytest.mark.parametrize("provider", THREADS)
def test_a_plain_success_has_no_finding(provider: str):
    assert not found(provider)


@pytest.mark.parametrize("provider", THREADS)
def test_every_check_has_passed_found_or_a_reason(provider: str):
    said = verdict(provider)
    assert {*said.passed, *(f.check for f in said.findings), *said.not_applicable} == set(checks)
    assert all(said.not_applicable.values())


def test_checks_and_scenarios_share_no_name():
    assert not checks.keys() & scenarios.keys()
    assert all(name == check.name for name, check in checks.items())


TRIPS: list[tuple[str, dict[str, Any]]] = [
    ("answers", {"provider": "scale", "problem": "the connection was closed"}),
    ("no_server_error", {"provider": "scale", "status": 500, "raw": b"oops"}),
    ("no_server_error", {"provider": "scale", "status": 500, "raw": b"oops", "intent": "malformed", "evidence": "assumed"}),
    ("no_server_error", {"provider": "lighton", "status": 400, "intent": "invalid", "raw": b"Traceback (most recent call last):"}),
    ("other_methods", {"provider": "scale", "status": 500, "intent": "method", "evidence": "assumed"}),
    ("redirects", {"provider": "scale", "status": 302, "raw": b"", "headers": {"location": "http://else.example/a"}}),
    ("redirects", {"provider": "scale", "headers": {"refresh": "0; url=http://169.254.169.254/"}}),
    ("documented_status", {"provider": "scale", "status": 201}),
    ("documented_status", {"provider": "scale", "status": 302, "raw": b""}),
    ("documented_status", {"provider": "scale", "status": 400, "intent": "invalid", "raw": b"{}"}),
    ("documented_status", {"provider": "langsmith", "status": 418, "intent": "malformed", "raw": b"{}"}),
    ("media_type", {"provider": "scale", "headers": {"content-type": "text/html"}}),
    ("media_type", {"provider": "scale", "headers": {}}),
    ("media_type", {"provider": "scale", "headers": {"content-type": "application/json; charset=latin-1"}}),
    ("strict_json", {"provider": "seekrflow", "raw": b'{"id":"1","id":"1"}'}),
    ("strict_json", {"provider": "seekrflow", "raw": b"\xef\xbb\xbf{}"}),
    ("strict_json", {"provider": "seekrflow", "raw": b'{"id":NaN}'}),
    ("schema", {"provider": "seekrflow", "answer": {"id": "1"}}),
    ("schema", {"provider": "seekrflow", "answer": changed("seekrflow", status="open")}),
    ("schema", {"provider": "seekrflow", "answer": changed("seekrflow", created_at="2026-05-04T03:02:01")}),
    ("schema", {"provider": "scale", "status": 422, "intent": "invalid", "answer": {"detail": "no"}}),
    ("schema", {"provider": "scale", "status": 422, "intent": "invalid", "answer": {"error": "no"}}),
    ("valid_accepted", {"provider": "scale", "status": 422, "answer": {"detail": []}}),
    ("valid_accepted", {"provider": "langsmith", "status": 404, "answer": {"detail": "no"}}),
    ("invalid_refused", {"provider": "scale", "intent": "invalid"}),
    ("invalid_refused", {"provider": "langsmith", "intent": "invalid", "status": 409, "answer": {"detail": "x"}}),
    ("malformed_refused", {"provider": "scale", "intent": "malformed"}),
    ("credentials", {"provider": "lighton", "intent": "credentials", "credentials": "absent"}),
    ("credentials", {"provider": "lighton", "intent": "credentials", "credentials": "wrong", "wrong_credentials_known": True}),
    ("echo", {"provider": "scale", "answer": changed("scale", title="Title-Text")}),
    ("echo", {"provider": "scale", "answer": changed("scale", application_variant_id="another")}),
    ("echo", {"provider": "langsmith", "value": {"metadata": {"a": [1, None]}}, "answer": changed("langsmith", metadata={"a": [1]})}),
    ("echo", {"provider": "seekrflow", "value": {"meta_data": {"a": 1}}, "memory": {"shown": {load("seekrflow").operations[0].slug: {"meta_data"}}}}),
    ("defaults", {"provider": "ishvana", "answer": changed("ishvana", project_id="default")}),
    ("defaults", {"provider": "lighton", "answer": changed("lighton", is_ephemeral=True)}),
    ("settings", {"provider": "scale", "answer": changed("scale", archived_at=STAMP)}),
    ("settings", {"provider": "ishvana", "value": {"title": "title-text", "initial_message": "hello"}}),
    ("shown_on_request", {"provider": "langsmith", "answer": changed("langsmith", ttl={"strategy": "delete"})}),
    ("server_set", {"provider": "langsmith", "value": {"values": {"a": "forged value"}}, "answer": changed("langsmith", values={"a": "forged value"})}),
    ("server_set", {"provider": "scale", "value": {**base_value(load("scale").operations[0]), "id": "forged id"}, "answer": changed("scale", id="forged id")}),
    ("new_key", {"provider": "scale", "answer": changed("scale", id=" ")}),
    ("new_key", {"provider": "scale", "memory": {"keys": {b'"1"'}}}),
    ("time", {"provider": "scale", "answer": changed("scale", updated_at="2026-05-04T03:01:01Z")}),
    ("time", {"provider": "seekrflow", "answer": changed("seekrflow", created_at="2026-05-04T04:02:01Z")}),
    ("time", {"provider": "seekrflow", "answer": changed("seekrflow", created_at="1970-01-01T00:00:00Z")}),
    ("time", {"provider": "seekrflow", "headers": {**JSON, "date": "Mon, 04 May 2026 03:14:01 GMT"}}),
]  # fmt: skip


@pytest.mark.parametrize(("check", "exchange"), TRIPS, ids=[f"{check}-{n}" for n, (check, _) in enumerate(TRIPS)])
def test_one_trouble_is_one_failure_of_its_own_check(check: str, exchange: dict[str, Any]):
    exchange = dict(exchange)
    assert found(exchange.pop("provider"), **exchange) == {check: "failure"}


UNCONFIRMED: list[tuple[str, dict[str, Any]]] = [
    ("malformed_refused", {"provider": "lighton", "intent": "malformed", "request": build_request(load("lighton").operations[0], {"a": 1}).__class__("POST", "/api/v3/threads", "", JSON, b'{"a":NaN}')}),
    ("documented_status", {"provider": "scale", "status": 400, "intent": "malformed", "raw": b"no"}),
    ("media_type_refused", {"provider": "scale", "intent": "media_type", "evidence": "assumed"}),
    ("credentials", {"provider": "lighton", "intent": "credentials", "credentials": "absent", "status": 400, "raw": b"{}"}),
    ("settings", {"provider": "langsmith", "answer": changed("langsmith", status="busy")}),  # observed, in the documented layer
    ("echo", {"provider": "seekrflow", "value": {"meta_data": {"a": 1}}}),  # an optional member that was never shown
    ("echo", {"provider": "seekrflow", "value": {"meta_data": {"a": 1}}, "answer": changed("seekrflow", meta_data={"a": 1, "b": 2})}),  # more, in an open object
    ("valid_accepted", {"provider": "seekrflow", "status": 422, "value": {"meta_data": {"a": "\0"}}, "answer": {"detail": []}}),
    ("valid_accepted", {"provider": "seekrflow", "status": 422, "value": {"meta_data": {"a": 2**70}}, "answer": {"detail": []}}),
    ("valid_accepted", {"provider": "langsmith", "status": 409, "value": {"thread_id": fresh_key()}, "answer": {"detail": "x"}}),
    ("echo", {"provider": "seekrflow", "value": {"meta_data": {"a": "\0"}}, "answer": changed("seekrflow", meta_data={"a": ""})}),
    ("echo", {"provider": "seekrflow", "value": {"meta_data": {"a": 2**60 + 1}}, "answer": changed("seekrflow", meta_data={"a": 2**60})}),
    ("echo", {"provider": "lighton", "value": {"name": ""}, "answer": changed("lighton", name="New conversation")}),
    ("other_methods", {"provider": "scale", "intent": "method", "evidence": "assumed", "request": build_request(load("scale").operations[0], {}).__class__("PUT", "/v4/applications/x/threads", "", JSON, b"{}")}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("check", "exchange"), UNCONFIRMED, ids=[f"{check}-{n}" for n, (check, _) in enumerate(UNCONFIRMED)]
)
def test_what_is_only_assumed_is_unconfirmed(check: str, exchange: dict[str, Any]):
    exchange = dict(exchange)
    assert found(exchange.pop("provider"), **exchange) == {check: "unconfirmed"}


SILENT: list[dict[str, Any]] = [
    {"provider": "scale", "status": 429, "raw": b"slow down"},
    {"provider": "scale", "status": 503, "raw": b"away", "headers": {"retry-after": "1"}},
    {"provider": "scale", "status": 415, "intent": "media_type", "raw": b"no", "request": build_request(load("scale").operations[0], {}, headers={"content-type": "text/plain"})},
    {"provider": "scale", "status": 422, "intent": "invalid", "answer": {"detail": [{"loc": [], "msg": "", "type": "", "input": 1, "ctx": {}}]}},
    {"provider": "lighton", "status": 418, "intent": "invalid", "raw": b"no", "headers": {}},
    {"provider": "lighton", "status": 403, "intent": "credentials", "credentials": "absent", "raw": b"no", "headers": {}},
    {"provider": "lighton", "intent": "credentials", "credentials": "wrong"},
    {"provider": "scale", "status": 405, "intent": "method", "raw": b"", "headers": {}},
    {"provider": "scale", "status": 501, "intent": "method", "raw": b"", "headers": {}},
    {"provider": "scale", "answer": changed("scale", thread_metadata={}, extra=[1], updated_at="2026-05-04T05:02:01.5+02:00")},
    {"provider": "seekrflow", "value": {"meta_data": None}, "answer": changed("seekrflow", meta_data={})},
    {"provider": "seekrflow", "value": {"meta_data": {}}},
    {"provider": "ishvana", "value": {"title": "title-text", "created_at": "2001-01-01T00:00:00Z"}, "answer": changed("ishvana", created_at="2001-01-01T00:00:00Z")},
    {"provider": "ishvana", "value": {"title": "title-text", "initial_message": ""}},
    {"provider": "ishvana", "value": {"title": "title-text", "tags": None}, "answer": changed("ishvana", tags=[])},
    {"provider": "ishvana", "value": {"title": "title-text", "projectId": "p"}, "answer": changed("ishvana", project_id="p")},
    {"provider": "langsmith", "value": {"thread_id": "0F8FAD5B-D9CB-469F-A165-70867728950E"}},
    {"provider": "langsmith", "value": {"ttl": {"ttl": 5}}},
    {"provider": "langsmith", "value": {"status": "busy"}},
    {"provider": "langsmith", "value": {"thread_id": "0f8fad5b-d9cb-469f-a165-70867728950e", "if_exists": "do_nothing", "metadata": {"a": 1}}, "answer": changed("langsmith", metadata={"b": 2}, created_at="2020-01-01T00:00:00Z")},
]  # fmt: skip


@pytest.mark.parametrize("exchange", SILENT, ids=range(len(SILENT)))
def test_what_is_fair_is_not_found(exchange: dict[str, Any]):
    exchange = dict(exchange)
    said = [
        f
        for f in verdict(exchange.pop("provider"), **exchange).findings
        if (f.check, f.severity) != ("server_set", "unconfirmed")
    ]
    assert not said


def test_a_401_for_an_invalid_request_is_fair_until_a_valid_one_was_accepted():
    refusal = {"status": 401, "intent": "invalid", "raw": b"no", "headers": {}}
    path = build_request(load("langsmith").operations[0], {}).path
    assert found("langsmith", **refusal) == {}
    assert found("langsmith", **refusal, memory={"paths": {path}}) == {"documented_status": "failure"}


def test_a_reference_that_was_accepted_once_is_known():
    refusal = {"status": 404, "value": {"agent_id": 5}, "raw": b"{}"}
    assert found("lighton", **refusal, memory={"references": {("body.agent_id", "5")}}) == {"valid_accepted": "failure"}


def test_a_404_is_right_where_a_request_names_what_nobody_made():
    refusal = {"status": 404, "raw": b"{}"}
    assert found("lighton", **refusal, value={"agent_id": 5}) == {}
    assert found("scale", **refusal) == {}
    assert found("seekrflow", **refusal, value={"meta_data": {"deep": [{"file_ids": ["a"]}]}}) == {}
    operation = load("seekrflow").operations[0]
    asked = build_request(operation, {}, query={"project_id": "p-1"})
    assert found("seekrflow", **refusal, value={}, request=asked) == {}
    named = {"named": {("application_variant_id", "application-variant-id-text"), ("account_id", "account_id-text")}}
    assert found("scale", **refusal, memory=named) == {"valid_accepted": "failure"}
    assert found("seekrflow", **refusal, value={"meta_data": {"name": "a"}}) == {"valid_accepted": "failure"}


def test_a_key_that_is_known_to_be_taken_may_be_refused_in_the_documented_shape_only():
    key = fresh_key()
    asked = {"status": 409, "value": {"thread_id": key}, "memory": {"taken": {key}}}
    assert found("langsmith", **asked, answer={"detail": "taken"}) == {}
    assert found("langsmith", **asked, answer={"error": "taken"}) == {"schema": "failure"}


def test_a_slow_answer_is_measured_again_before_it_is_found():
    sent: list[str] = []

    def app(seconds: float):
        def send(case: Case) -> Exchange:
            sent.append(case.label)
            slow = seconds if case.label == "test" else 0.01
            return Exchange(case, case.request, Response(200, JSON, b"{}"), "", slow, NOW, NOW)

        return send

    contract = load("scale")
    operation = contract.operations[0]
    case = Case(
        operation, build_request(operation, base_value(operation)), "valid", "test", "coverage", base_value(operation)
    )
    for again, expected in ((3.0, True), (0.1, False)):
        context = Context(contract, app(again), lambda *_: None, random.Random(0))
        exchange = Exchange(
            case, case.request, Response(200, JSON, json.dumps(THREADS["scale"]).encode()), "", 3.0, NOW, NOW
        )
        assert ("prompt" in {f.check for f in judge(context, exchange).findings}) == expected
    assert sent.count("test") == 4


def test_how_long_an_agent_takes_is_not_compared_with_more_runs():
    contract = load("langsmith")
    operation = next(each for each in contract.operations if str(each) == "POST /runs/wait")
    case = Case(operation, build_request(operation, base_value(operation)), "valid", "test", "coverage", None)

    def send(_: Case) -> Exchange:
        raise AssertionError("another run was started")

    context = Context(contract, send, lambda *_: None, random.Random(0))
    verdict = judge(context, Exchange(case, case.request, Response(200, JSON, b"{}"), "", 9.0, NOW, NOW))
    assert "agent" in verdict.not_applicable["prompt"]


def test_headers_that_are_declared_are_asked_for():
    said = verdict("scale")
    assert said.not_applicable["headers"] == "no header is declared"


@pytest.mark.parametrize("provider", THREADS)
def test_a_finding_says_what_where_and_why(provider: str):
    for finding in verdict(provider, raw=b"{}").findings:
        assert finding.expected
        assert finding.got
        assert finding.source
        assert finding.case.curl


def test_the_reference_servers_pass_every_check_that_applies():
    passed = set()
    for provider, make in SERVERS.items():
        clock = Clock()
        run = Run(provider, make(clock), clock)
        assert not run.all_failures()
        passed |= run.passed
    # the reference servers create, and do no more
    others = {"readable", *(scenario.name for scenario in (*FAMILY, *RUNS))}
    streams = {name for name, check in checks.items() if check.run.__module__.endswith(".streaming")}
    assert len(streams) == 5
    undocumented = {
        "cors",
        "final_slash",
        "kept",
        "unknown_route",
    }  # no page tells these manners, so no rule declares them
    assert (checks.keys() | scenarios.keys()) - passed - others - streams - undocumented == {"headers"}


def observed(place: str, value: Any, answer: Any) -> dict[str, tuple[str, str]]:
    """What the checks say where a server that was observed answers a request so: check to place and severity."""

    def never(case: Case) -> Exchange:
        raise AssertionError("nothing is sent here")

    context = Context(load("langsmith", layer="observed"), never, lambda *_: None, random.Random(0))
    operation = next(each for each in context.contract.operations if str(each) == place)
    case = Case(operation, build_request(operation, value), "valid", "test", "coverage", value)
    response = Response(200, JSON, json.dumps(answer).encode())
    said = judge(context, Exchange(case, case.request, response, "", 0.01, NOW, NOW))
    return {finding.check: (finding.where, finding.severity) for finding in said.findings}


@pytest.mark.parametrize("seconds", [0.5, 1, 2, 29])
def test_a_run_that_is_to_begin_later_may_be_created_then(seconds: float):
    def said(created: float, **body: Any) -> Any:
        moment = (NOW + datetime.timedelta(seconds=created)).isoformat(timespec="milliseconds")
        run = {"created_at": moment, "updated_at": NOW.isoformat(timespec="milliseconds")}
        return observed("POST /threads/{thread_id}/runs", {"assistant_id": "agent", **body}, run).get("time")

    assert said(seconds, after_seconds=seconds) is None
    assert said(seconds) == said(seconds + 1, after_seconds=seconds) == ("/updated_at", "failure")


def test_a_run_that_should_have_begun_before_may_be_created_then_and_no_other():
    def said(created: float, **body: Any) -> Any:
        moment = (NOW + datetime.timedelta(seconds=created)).isoformat(timespec="milliseconds")
        return observed(
            "POST /threads/{thread_id}/runs", {"assistant_id": "agent", **body}, {"created_at": moment}
        ).get("time")

    assert said(-86400, after_seconds=-86400) is None
    assert (
        said(-86400) == said(-86400, after_seconds=-60) == said(-86400, after_seconds=60) == ("/created_at", "failure")
    )


def test_a_text_that_stands_for_another_one_is_what_the_rule_makes_of_it():
    def said(sent: str, got: str) -> set[str]:
        found = observed("POST /assistants", {"graph_id": "agent", "name": sent}, {"graph_id": "agent", "name": got})
        return {check for check, (where, _) in found.items() if where == "/name"}

    assert said("", "Untitled") == said("a", "a") == set()
    assert said("", "") == {"settings"}
    assert said("a", "Untitled") == {"echo"}
