"""Reports: text for a terminal, JSON and JUnit for machines; one table, whatever else is told."""

import dataclasses
import json
import re
import xml.etree.ElementTree as ET
from importlib.resources import files
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError
from threadmock.contracts.checks import checks
from threadmock.contracts.checks.finding import CaseRecord, Finding
from threadmock.contracts.engine.causes import Cause
from threadmock.contracts.engine.outcome import Outcome, Tally, read_outcome
from threadmock.contracts.engine.run import Run
from threadmock.contracts.engine.summary import Summary
from threadmock.contracts.options import Settings
from threadmock.contracts.reporting.coverage_table import cell, short_title
from threadmock.contracts.reporting.finding_text import describe, names_of
from threadmock.contracts.reporting.json_report import as_json
from threadmock.contracts.reporting.junit_report import junit
from threadmock.contracts.reporting.progress import Progress, progress
from threadmock.contracts.reporting.report_folder import write_report
from threadmock.contracts.reporting.text_report import SCREEN, lines
from threadmock.contracts.scenarios import scenarios
from threadmock.contracts.settings import UsageError
from threadmock.contracts.target.ledger import Created
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.redaction import Masking
from threadmock.specs.loader import load

CONTRACT = load("langsmith")
SLUG = CONTRACT.operations[0].slug
RECORD = CaseRecord("a case", "valid", "coverage", "POST", "http://127.0.0.1:4040/threads", status=500, curl="curl x")
NAMES = names_of({**checks, **scenarios}, CONTRACT)
FINDING = Finding("echo", SLUG, "failure", "documented", "/title", "one", "another", "#/paths", RECORD)


def summary(*findings, accepted=1, target=None, report=None, created=(), masking=None, **more):
    """A summary of one operation with these findings."""
    settings = Settings("langsmith", target=target, seed=7, report=report)
    place = Target(SimpleNamespace(close=lambda: None), target or "the mock", masking=masking or Masking())
    made = Summary(Run(settings, CONTRACT, CONTRACT.operations, frozenset({"echo", "time", "taken", "headers"}), place))
    outcome = Outcome(SLUG, "coverage", exchanges=4, accepted=accepted, sent_valid=2, refusal="401 no", **more)
    for finding in findings:
        outcome.note(finding)
        tally = outcome.tally(finding.check)
        tally.failed, tally.unconfirmed = (
            tally.failed + (finding.severity == "failure"),
            tally.unconfirmed + (finding.severity != "failure"),
        )
    outcome.tally("time").passed = 3
    outcome.tally("headers").not_applicable = {"no header is declared": 9, "never": 1}
    outcome.created = dict.fromkeys(Created(SLUG, identifier) for identifier in created)
    made.gather(outcome)
    return made


def text_of(made, *how):
    return "\n".join(lines(made, *how))


def described(finding, count=1):
    return "\n".join(describe(Cause(finding, count), NAMES))


def test_the_long_table_has_a_row_for_every_check_that_counts_and_says_why_one_does_not_apply():
    text = text_of(summary(FINDING), 1)
    for row in (
        "  echo     FAIL         1",
        "  time     pass         3",
        "  headers  n/a          no header is declared; never",
    ):
        assert row in text
    assert "  taken    n/a          there was no occasion" in text


def test_a_check_that_could_not_be_asked_tells_the_reason_of_the_scenario():
    contract = load("scale")
    run = Run(Settings("scale"), contract, contract.operations, frozenset({"taken"}), Target(SimpleNamespace(), "here"))
    made = Summary(run)
    operation = contract.operations[0]
    made.gather(Outcome(operation.slug, "coverage", accepted=1, inapplicable=run.inapplicable(operation)))
    assert "taken  n/a          the client can't choose a key" in text_of(made, 1)


@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_a_cell_shows_the_worst_and_counts_the_rest(passed, failed, unconfirmed):
    text = cell(Tally(passed, failed, unconfirmed))
    expected = "FAIL" if failed else "unconfirmed" if unconfirmed else "pass" if passed else "n/a"
    assert text.startswith(expected)
    assert (f"{passed} pass" in text) == bool(passed and expected != "pass")


def test_one_item_is_one_line_of_progress():
    outcome = Outcome("create", "coverage", exchanges=1234, seconds=2.5, ended="the time is over\x1b")
    outcome.note(FINDING)
    assert progress(outcome).split() == [
        "create",
        "coverage",
        "1,234",
        "exchanges",
        "2.5",
        "s",
        "1",
        "finding,",
        "the",
        "time",
        "is",
        "over\\x1b",
    ]


@given(st.text(), st.text(), st.text())
def test_what_a_target_says_can_not_steer_the_terminal_or_add_lines(got, answer, where):
    record = dataclasses.replace(RECORD, answer=answer, body=got, body_size=len(got))
    text = described(dataclasses.replace(FINDING, got=got, where=where, case=record))
    assert not any((ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 for c in text)
    assert "      weight    data lost or crossed, met once; documented: #/paths" in text.splitlines()


def test_long_bodies_are_short_in_print_and_whole_in_json():
    record = dataclasses.replace(RECORD, body="x" * 30_000, body_size=30_000)
    made = summary(dataclasses.replace(FINDING, case=record))
    assert len(text_of(made)) < 5_000
    assert "30,000 bytes" in text_of(made)
    assert as_json(made, 1)["findings"][0]["case"]["body"] == "x" * 30_000


def test_an_unanswered_request_and_one_without_a_body_are_told_as_such():
    text = described(
        dataclasses.replace(FINDING, case=dataclasses.replace(RECORD, status=None, problem="it was reset")), 2
    )
    assert "answer    none: it was reset" in text
    assert "without a body" in text
    assert "met 2 times" in text


statuses = {
    "conforms": (summary(), 0, 0),
    "a failure": (summary(FINDING), 1, 1),
    "unconfirmed only": (summary(dataclasses.replace(FINDING, severity="unconfirmed")), 0, 0),
    "never accepted": (summary(accepted=0), 0, 1),
    "gone": (summary(gone="it is gone"), 1, 3),
    "gone after a failure": (summary(FINDING, gone="it is gone"), 1, 1),
    "nothing collected": (summary(), 5, 4),
    "interrupted": (summary(), 2, 130),
}


@pytest.mark.parametrize(("made", "pytest_status", "status"), statuses.values(), ids=statuses)
def test_the_exit_status_follows_from_what_was_found(made, pytest_status, status):
    assert made.status(pytest_status) == status


def test_a_crash_of_the_suite_is_our_own_fault_unless_there_are_findings():
    made = summary()
    made.crashes.append("it broke")
    assert made.status(1) == 4
    assert "please report" in text_of(made)
    assert "it broke" in text_of(made)


def test_an_operation_that_was_never_reached_is_named_with_the_reason_and_a_hint():
    text = text_of(summary(accepted=0))
    assert f"NOT TESTED {SLUG}: none of 2 valid requests was accepted; one was answered 401 no" in text
    assert "--header" in text


def test_what_is_said_of_the_clean_up_is_told():
    told = summary(target="http://127.0.0.1:1", created=["t-1"])
    told.cleaned = ["Clean-up: 1 things removed, 0 left behind."]
    assert "Clean-up: 1 things removed" in text_of(told)


def test_failures_come_before_what_is_unconfirmed():
    weak = dataclasses.replace(FINDING, severity="unconfirmed", check="time")
    text = text_of(summary(weak, FINDING))
    assert text.index("FAIL echo: ") < text.index("unconfirmed time: ")


@given(st.text())
def test_junit_is_xml_whatever_a_target_says(said):
    weak = dataclasses.replace(FINDING, severity="unconfirmed", got=said)
    root = ET.fromstring(junit(summary(dataclasses.replace(FINDING, got=said), weak)))
    suite = root.find("testsuite")
    assert suite.get("failures") == "1"
    assert suite.get("skipped") == "0"
    assert int(suite.get("tests")) == len(suite.findall("testcase"))


def test_both_files_are_written_below_folders_that_are_made_and_hold_no_secret(tmp_path):
    folder = tmp_path / "a" / "b"
    masking = Masking(("t0p-s3cret",))
    finding = dataclasses.replace(FINDING, got="it says t0p-s3cret").masked(masking)
    made = summary(finding, report=folder, created=["t0p-s3cret"], masking=masking, gone="t0p-s3cret")
    write_report(made, 1)
    for name in ("report.json", "junit.xml"):
        assert "t0p-s3cret" not in (folder / name).read_text()
    written = json.loads((folder / "report.json").read_text())
    assert written["created"] == [{"operation": SLUG, "id": "***"}]
    assert written["operations"][0]["checks"]["echo"]["verdict"] == "FAIL"


def test_a_report_that_can_not_be_written_is_a_usage_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"Name another folder with report\."):
        write_report(summary(report=tmp_path / "file" / "below"), 0)


SCHEMA = json.loads((files("threadmock.contracts.reporting") / "report.schema.json").read_text())
runs = {
    "nothing found": (summary(), 0),
    "a finding": (summary(FINDING), 1),
    "unconfirmed, created, on a target": (
        summary(dataclasses.replace(FINDING, severity="unconfirmed"), target="http://127.0.0.1:1", created=["t-1"]),
        0,
    ),
    "gone": (summary(gone="it is gone"), 3),
    "limited": (summary(limited="nothing makes it", accepted=0), 1),
    "no answer": (summary(dataclasses.replace(FINDING, case=dataclasses.replace(RECORD, status=None))), 1),
}


@pytest.mark.parametrize(("made", "status"), runs.values(), ids=runs)
def test_every_report_is_as_its_schema_says(made, status):
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(as_json(made, status))))


def test_the_schema_has_no_member_that_a_report_lacks():
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate({**as_json(summary(), 0), "more": 1})


def test_statuses_are_counted_by_operation_and_check_and_those_never_seen_are_named():
    made = summary()
    outcome = Outcome("another", "scenario")
    outcome.note_response(SLUG, 200, ["time"], ["echo"])
    outcome.note_response(SLUG, 200, ["time"], [])
    outcome.note_response(SLUG, 418, [], [])
    made.gather(read_outcome(outcome.dump()))
    told = as_json(made, 0)["operations"][0]["statuses"]
    assert told["200"] == {
        "documented": True,
        "exchanges": 2,
        "checks": {"echo": {"passed": 0, "found": 1}, "time": {"passed": 2, "found": 0}},
    }
    assert told["409"] == {"documented": True, "exchanges": 0, "checks": {}}
    assert told["418"]["documented"] is False
    assert "statuses: 200 (2); never seen: 409, 422; not documented: 418 (1)" in text_of(made, 1)


def test_what_was_not_asked_is_listed_with_its_reason():
    made = summary()
    told = {(each["operation"], each["check"]): each["reason"] for each in as_json(made, 0)["not_tested"]}
    assert told[SLUG, "headers"] == "no header is declared; never"
    assert told[CONTRACT.operations[1].slug, ""] == "its items were not part of this run"
    assert {operation for operation, _ in told} == {operation.slug for operation in CONTRACT.operations}


def many_operations(*findings):
    """A summary of all operations of a provider, each of which passed something."""
    made = summary(*findings)
    for number, operation in enumerate(CONTRACT.operations[1:], 1):
        outcome = Outcome(operation.slug, "coverage", accepted=1)
        outcome.tally("time").passed = number
        outcome.tally("headers").not_applicable = {f"reason {number}": 1}
        made.gather(outcome)
    return made


def test_of_many_operations_each_has_its_row_and_the_summary_fits_a_screen():
    text = text_of(many_operations())
    assert len(text.splitlines()) < SCREEN
    assert all(len(line) <= 100 for line in text.splitlines()[:-1])
    for operation in CONTRACT.operations:
        assert f"{operation.method} {re.sub('{[^}]*}', '{}', operation.path)}" in text
    assert "n/a" not in text


def test_what_was_not_tested_is_told_where_more_is_asked_for():
    text = text_of(many_operations(), 1)
    assert "Not tested, by reason:" in text
    assert re.search(r"… and \d+ more; --report DIR writes all of them", text)


def test_the_summary_says_how_often_each_check_compared_something_and_which_never_did():
    text = text_of(summary(FINDING))
    assert "Compared: echo 1, time 3" in text
    assert "Never compared: headers, taken" in text


def test_a_finding_that_needs_the_room_leaves_one_row_for_all_clean_operations():
    finding = dataclasses.replace(FINDING, got="x" * 5000, expected="y" * 5000)
    more = [dataclasses.replace(finding, check=check) for check in ("time", "taken")]
    text = text_of(many_operations(finding, *more))
    assert f"{len(CONTRACT.operations) - 1} other operations" in text
    assert "GET /threads" not in text


def test_quiet_tells_of_findings_alone():
    text = text_of(summary(FINDING), -1)
    assert "FAIL echo: POST /threads" in text
    assert "Compared" not in text
    assert "checks that" not in text


@given(st.integers(40, 200))
def test_no_line_is_wider_than_the_terminal_but_those_that_are_to_be_copied(width):
    for line in text_of(many_operations(dataclasses.replace(FINDING, got="word " * 300)), 0, width).splitlines()[:-2]:
        assert len(line) <= max(width, 46) or line.split()[0] in ("curl", "replay", "first", "then")


def test_the_same_fault_of_several_operations_is_told_once_with_their_names():
    other = CONTRACT.operations[1]
    made = many_operations(FINDING)
    outcome = Outcome(other.slug, "coverage", accepted=1)
    outcome.note(dataclasses.replace(FINDING, operation=other.slug))
    made.gather(outcome)
    text = text_of(made)
    assert text.count("FAIL ") == 1
    assert f"also at   {other}" in text
    assert "2 findings" in text


def test_what_weighs_most_comes_first():
    shape = dataclasses.replace(FINDING, check="headers")
    state = dataclasses.replace(FINDING, check="time")
    made = summary(shape, state, FINDING)
    assert [cause.finding.check for cause in made.causes] == ["echo", "time", "headers"]


def test_progress_is_a_line_for_each_operation_once_all_its_items_have_ended():
    contract = load("scale")
    run = Run(Settings("scale"), contract, contract.operations[:2], frozenset(), Target(SimpleNamespace(), "here"))
    items, told = list(run.items()), []
    shown = Progress(run, 0, 100)
    for slug, phase in items[:-1]:
        told += list(shown.add(Outcome(slug, phase, exchanges=2, ended="the time is over")))
    assert len(told) == 1
    assert told[0].startswith("POST /v4/applications/{}/threads ")
    assert "2 phases" in told[0]
    assert "no finding, the time is over" in told[0]
    rest = list(shown.rest())
    assert len(rest) == 1
    assert rest[0].startswith(short_title(contract.operations[1]))
    assert list(Progress(run, -1, 100).add(Outcome(*items[0]))) == []


commands = [
    "::error file=a::x",
    "  ::warning::x",
    "a\n::add-mask::x",
    "x ##[group]y",
    "##vso[task.setvariable]z",
    "\x1b[31mred",
]


@pytest.mark.parametrize("said", commands)
def test_nothing_that_a_target_says_commands_the_service_that_reads_the_log(said):
    made = summary(dataclasses.replace(FINDING, got=said, where=said), gone=said, limited=said)
    made.crashes.append(said)
    for line in text_of(made).splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
        assert "##vso[" not in line
        assert "\x1b" not in line


def test_junit_has_the_counts_and_the_order_that_its_readers_expect():
    weak = dataclasses.replace(FINDING, severity="unconfirmed", check="time")
    root = ET.fromstring(junit(summary(FINDING, dataclasses.replace(FINDING, got="<b>a second</b> \x1b"), weak)))
    suites = root.findall("testsuite")
    assert len(suites) == len(CONTRACT.operations)
    for suite in suites:
        cases_ = suite.findall("testcase")
        for name, tag in (("failures", "failure"), ("skipped", "skipped"), ("errors", "error")):
            assert int(suite.get(name)) == sum(case.find(tag) is not None for case in cases_)
        assert int(suite.get("tests")) == len(cases_)
        assert all(len(case.findall("failure") + case.findall("skipped")) <= 1 for case in cases_)
        assert [child.tag for child in suite] == sorted(child.tag for child in suite)
        assert float(suite.get("time")) >= 0
        assert suite.get("timestamp")
    for name in ("tests", "failures", "errors", "skipped"):
        assert int(root.get(name)) == sum(int(suite.get(name)) for suite in suites)
    assert "(and 1 more)" in root.find(".//failure").get("message")


def test_a_curl_line_that_nobody_could_read_is_left_to_the_report():
    record = dataclasses.replace(RECORD, curl="curl " + "x" * 5000)
    text = described(dataclasses.replace(FINDING, case=record))
    assert "--report DIR" in text
    assert "xxx" not in text
