"""What rests on a rule that nobody declared is unconfirmed; what the document itself says fails as ever."""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.documents import JSON, document_of
from threadmock.contracts.cases.case import case_with_body
from threadmock.contracts.checks import Context, judge
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.checks.inference import HOLD_WITHOUT_RULE, INFERRED
from threadmock.contracts.engine.run import known_checks
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.wsgi import WsgiTransport
from threadmock.specs.loader import load

TEXT = {"type": "string"}
NOTE = {"type": "object", "required": ["id", "title"], "properties": {"id": TEXT, "title": TEXT, "count": TEXT}}
BODY = {"required": True, "content": {JSON: {"schema": {"type": "object", "properties": {"title": TEXT}}}}}
DECLARED = {"action": "create", "resource": "note", "key": {"field": "id", "otherwise": "opaque"}}
MADE = {"id": "n-1", "title": "one"}


def judged(
    folder: Path,
    status: str,
    answer: Any,
    *,
    declared: bool = False,
    documented: str = "",
    more_rule: Any = None,
    body: bytes = b"",
) -> list[Finding]:
    """What is found where a valid create is answered so. documented: further statuses of the document. body: other bytes."""
    replies = {"201": {"description": "", "content": {JSON: {"schema": NOTE}}}}
    more = {each: {"description": ""} for each in documented.split()}
    rule = {"x-behaviour": {**DECLARED, **(more_rule or {})}} if declared else {}
    tree = document_of({"/notes": {"post": {"requestBody": BODY, "responses": {**replies, **more}, **rule}}})
    path = folder / "notes.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    contract = load(str(path))

    def app(_: Any, start_response: Any) -> list[bytes]:
        start_response(status, [("content-type", JSON)])
        return [json.dumps(answer).encode()]

    target = Target(WsgiTransport(app), "a scripted target")
    context = Context(contract, target.exchange, lambda *_: None, random.Random(1))
    case = case_with_body(contract.operations[0], {"title": "one"}, "a note")
    if body:
        case = replace(case, request=replace(case.request, body=body), intent="malformed")
    return list(judge(context, target.exchange(case)).findings)


@pytest.mark.parametrize(("declared", "severity"), [(False, "unconfirmed"), (True, "failure")])
def test_what_only_the_rule_says_fails_where_somebody_declared_it(tmp_path, declared, severity):
    (found,) = judged(tmp_path, "201 Created", {**MADE, "title": "ONE"}, declared=declared)
    assert (found.check, found.severity) == ("echo", severity)
    assert (INFERRED in found.source) is not declared


@pytest.mark.parametrize("answer", [{"id": "n-1"}, {"id": 7, "title": "one"}])
def test_an_answer_that_breaks_its_schema_fails_whoever_made_the_rule(tmp_path, answer):
    (found,) = judged(tmp_path, "201 Created", answer)
    assert (found.check, found.severity) == ("schema", "failure")
    assert INFERRED not in found.source


@pytest.mark.parametrize("status", [402, 403, 404, 409, 410, 412, 423, 424, 428])
def test_a_documented_refusal_for_what_is_stored_is_unconfirmed_and_an_undocumented_one_fails(tmp_path, status):
    line = f"{status} Refused"
    assert {each.severity for each in judged(tmp_path, line, {}, documented=str(status))} == {"unconfirmed"}
    assert "failure" in {each.severity for each in judged(tmp_path, line, {})}


@pytest.mark.parametrize("status", [400, 415, 422])
def test_a_valid_request_that_is_called_invalid_fails(tmp_path, status):
    (found,) = judged(tmp_path, f"{status} Refused", {}, documented=str(status))
    assert (found.check, found.severity) == ("valid_accepted", "failure")


@pytest.mark.parametrize("status", [404, 409, 410, 412])
def test_a_documented_refusal_that_no_rule_explains_is_unconfirmed_and_one_that_a_rule_explains_fails(tmp_path, status):
    def severities(**more: Any) -> set[str]:
        found = judged(tmp_path, f"{status} Refused", {}, declared=True, documented=f"400 {status}", **more)
        return {each.severity for each in found if each.check == "valid_accepted"}

    assert severities() == {"unconfirmed"}
    when = {"refuse": [{"when": {"body.title": "another"}, "status": status}]}
    assert severities(more_rule=when) == {"failure"}


BEYOND = {
    "NaN": b'{"title":NaN}',
    "infinity": b'{"title":-Infinity}',
    "a number beyond a double": b'{"title":1e999}',
    "half a pair": b'{"title":"\\ud800"}',
}


@pytest.mark.parametrize("declared", [False, True])
@pytest.mark.parametrize("what", [*BEYOND, "JSON", "a text"])
def test_a_crash_on_what_readers_of_json_differ_about_is_unconfirmed_and_any_other_fails(tmp_path, what, declared):
    body = BEYOND.get(what, {"JSON": b'{"title":"one"}', "a text": b"{title}"}.get(what, b""))
    found = judged(tmp_path, "500 Failed", {}, declared=declared, body=body)
    severity = {each.severity for each in found if each.check == "no_server_error"}
    assert severity == {"unconfirmed" if what in BEYOND else "failure"}


def test_every_check_that_holds_without_a_rule_is_one():
    assert set(known_checks()) >= HOLD_WITHOUT_RULE
