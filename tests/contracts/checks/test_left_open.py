"""What documents of runs leave open: a server may choose, and is not found wrong."""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from threadmock.contracts.cases.case import Case, base_value, build_request, case_with_body
from threadmock.contracts.checks import Context, Reading, judge_reading
from threadmock.contracts.checks.situation import refused_by_rule
from threadmock.contracts.generation.coverage import coverage
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.wsgi import WsgiTransport
from threadmock.specs.loader import load

TURN = b'{"id": "1", "thread": "2", "status": "running", "messages": [], "created_at": "2026-01-01T00:00:00Z"}'
EVENTS = b'data: {"type": "turn", "turn": %s}\n\n' % TURN


def found(provider: str, path: str, status: str, kind: str, body: bytes, **members: Any) -> list[str]:
    """Checks that find something where a valid POST with these members is answered so."""
    contract = load(provider)
    operation = next(each for each in contract.operations if (each.method, each.path) == ("POST", path))

    def app(environ, start_response):
        start_response(status, [("content-type", kind)])
        return [body]

    target = Target(WsgiTransport(app), "a scripted target")
    case = case_with_body(operation, {**base_value(operation), **members}, "a run")
    context = Context(contract, target.exchange, lambda *_: None, random.Random(1))
    return [finding.check for finding in judge_reading(Reading(context, target.exchange(case))).findings]


@pytest.mark.parametrize(
    ("members", "status", "kind", "body", "wrong"),
    [
        ({"stream": True}, "200 OK", "application/json", TURN, True),
        ({"stream": True}, "200 OK", "text/event-stream", EVENTS, False),
        ({"stream": True, "background": True}, "202 Accepted", "application/json", TURN, False),
        ({"stream": True, "background": True}, "200 OK", "text/event-stream", EVENTS, False),
    ],
)
def test_a_turn_that_is_asked_for_in_two_ways_at_once_is_answered_in_either(
    members: dict[str, Any], status: str, kind: str, body: bytes, wrong: bool
) -> None:
    assert ("framing" in found("lighton", "/api/v3/threads/{id}/turns", status, kind, body, **members)) is wrong


@pytest.mark.parametrize(
    ("events", "wrong"),
    [
        (['{"type": "chunk", "content": "a", "index": 0}', '{"type": "complete"}'], False),
        (['{"type": "chunk", "content": "a", "index": 0}', '{"type": "error", "message": "no model"}'], False),
        (['{"type": "complete"}'], False),
        (['{"type": "chunk", "content": "a", "index": 0}'], True),
        ([], True),
    ],
)
def test_a_stream_that_is_whole_tells_of_an_end_where_every_end_has_an_event(events: list[str], wrong: bool) -> None:
    body = "".join(f"data: {event}\n\n" for event in events).encode()
    told = found("ishvana", "/api/chat/enhanced/stream", "200 OK", "text/event-stream", body)
    assert ("stream_order" in told) is wrong


@pytest.mark.parametrize("status", ["400 Bad Request", "422 Unprocessable Entity"])
@pytest.mark.parametrize("path", ["/runs", "/runs/stream", "/runs/wait"])
def test_an_answer_without_a_thread_may_be_refused_as_any_invalid_request_is(path: str, status: str) -> None:
    refusal = status, "application/json", b'{"detail": "on which thread?"}'
    assert "valid_accepted" not in found("langsmith", path, *refusal, command={"resume": "yes"})
    assert "valid_accepted" in found("langsmith", path, *refusal)


@pytest.mark.parametrize("name", ["wait", "cancel_on_disconnect"])
def test_a_text_that_only_a_real_server_was_seen_to_take_as_a_boolean_is_not_documented(name: str) -> None:
    contract = load("langsmith")
    cases = [
        case
        for operation in contract.operations
        if name in {parameter.name for parameter in operation.parameters}
        for case in coverage(operation)
        if case.intent == "valid" and case.where == f"/{name}"
    ]
    plain = {case.evidence for case in cases if case.request.query in (f"{name}=true", f"{name}=false")}
    others = {case.evidence for case in cases if case.request.query not in (f"{name}=true", f"{name}=false")}
    assert plain == {"documented"}
    assert "documented" not in others
    assert others


@pytest.mark.parametrize("standing", ["there", "unknown"])
@pytest.mark.parametrize(("query", "reason"), [("0" * 70_000, "head is large"), ("1", "")])
def test_a_large_head_is_the_reason_that_is_told_whatever_else_is_doubtful(
    query: str, reason: str, standing: Literal["there", "unknown"]
) -> None:
    contract = load("langsmith")
    operation = next(each for each in contract.operations if each.path.endswith("/state/{checkpoint_id}"))

    def app(environ, start_response):
        start_response("400 Bad Request", [("content-type", "text/plain")])
        return [b"Invalid HTTP request received."]

    target = Target(WsgiTransport(app), "a target that reads no long head")
    request = build_request(operation, path_values={"checkpoint_id": "\xc1"})
    case = Case(operation, replace(request, query=f"subgraphs={query}"), "valid", "drawn", "exploration")
    context = Context(contract, target.exchange, lambda *_: None, random.Random(1))
    verdict = judge_reading(Reading(context, target.exchange(replace(case, standing=standing))))
    told = [finding for finding in verdict.findings if finding.check == "valid_accepted"]
    assert [finding.severity for finding in told] == ["unconfirmed"]
    assert ("head is large" in told[0].got) is bool(reason)


@pytest.mark.parametrize(("body", "left"), [({"offset": 1}, True), ({"metadata": {}}, True), ({"limit": 1}, False)])
def test_a_page_that_may_hold_nothing_may_be_answered_as_if_nothing_were_there(
    body: dict[str, Any], left: bool
) -> None:
    contract = load("langsmith", layer="observed")
    operation = next(each for each in contract.operations if each.path.endswith("/versions"))

    def app(environ, start_response):
        start_response("404 Not Found", [("content-type", "application/json")])
        return [b'{"detail": "none"}']

    target = Target(WsgiTransport(app), "a target without a second page")
    context = Context(contract, target.exchange, lambda *_: None, random.Random(1))
    case = case_with_body(operation, body, "a page")
    assert bool(refused_by_rule(Reading(context, target.exchange(case)))) is left


@pytest.mark.parametrize(
    ("kind", "status", "severity"),
    [
        ("application/json-patch+json", "422 Unprocessable Entity", ""),
        ("application/json-patch+json; charset=utf-8", "409 Conflict", ""),
        ("application/json-patch+json", "415 Unsupported Media Type", "failure"),
        ("application/merge-patch+json", "422 Unprocessable Entity", "failure"),
    ],
)
def test_whether_a_json_patch_can_be_done_is_no_schemas_word(
    kind: str, status: str, severity: str, tmp_path: Path
) -> None:
    problem = {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}
    body = {"required": True, "content": {kind: {"schema": {"type": "array", "items": {"type": "object"}}}}}
    replies = {"200": {"description": ""}} | dict.fromkeys(("409", "415", "422"), problem)
    paths = {"/things": {"patch": {"requestBody": body, "responses": replies, "x-behaviour": {"action": "fixed"}}}}
    path = tmp_path / "api.json"
    path.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}))
    contract = load(path)

    def app(environ, start_response):
        start_response(status, [("content-type", "application/json")])
        return [b"{}"]

    target = Target(WsgiTransport(app), "a target that can't do the patch")
    context = Context(contract, target.exchange, lambda *_: None, random.Random(1))
    case = case_with_body(contract.operations[0], [{"a": "b"}], "a patch")
    verdict = judge_reading(Reading(context, target.exchange(case)))
    told = [(finding.check, finding.severity) for finding in verdict.findings]
    assert told == ([("valid_accepted", severity)] if severity else [])
