"""The lines of shell of a finding show it again, although clean-up has removed what it was about."""

import shutil
import subprocess
from pathlib import Path

import pytest
from support.command_line import deployment, mock
from threadmock.contracts import verify
from threadmock.contracts.checks.curl import curl
from threadmock.contracts.checks.finding import CaseRecord, Finding
from threadmock.contracts.reporting.commands import replay_command, shell_lines

needs_shell = pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="no bash or no curl")
FEW = {"seed": 1, "max_examples": 3, "max_requests": 60}


def typed(lines, url, port):
    """What a shell prints that is given these lines, on the server at that URL."""
    text = "\n".join(line.replace(f"127.0.0.1:{port}", url.removeprefix("http://")) for line in lines)
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_shell
@pytest.mark.parametrize(
    ("provider", "operation", "fault", "check", "shown"),
    [
        ("seekrflow", "GET /v1/threads/{thread_id}", "missing-member", "schema", "200"),
        ("langsmith", "GET /threads/{thread_id}", "missing-member", "schema", "200"),
        ("seekrflow", "GET /v1/threads/{thread_id}/messages/{message_id}", "missing-member", "schema", "200"),
    ],
)
def test_what_a_request_names_is_created_first_and_the_request_then_finds_it(provider, operation, fault, check, shown):
    with deployment(mock(provider, fault, auth="off")) as url:
        report = verify(provider, url, operations=[operation], checks=[check], **FEW)
        found = next(each for each in report.to_json()["findings"] if each["case"]["intent"] == "valid")
        assert found["creates"], found["command"]
        text = typed([*found["creates"], found["command"]], url, url.rpartition(":")[2])
    assert text.startswith(f"HTTP/1.1 {shown}")
    assert found["case"]["status"] == int(shown)


@needs_shell
def test_lines_work_on_the_mock_that_the_summary_names():
    report = verify(
        "seekrflow", operations=["GET /v1/threads/{thread_id}"], checks=["schema"], faults=["missing-member"], **FEW
    )
    found = next(each for each in report.to_json()["findings"] if each["case"]["intent"] == "valid")
    with deployment(mock("seekrflow", "missing-member")) as url:
        assert typed([*found["creates"], found["command"]], url, "4040").startswith("HTTP/1.1 200")


def test_a_list_is_asked_after_what_it_should_hold_was_created():
    report = verify("seekrflow", operations=["GET /v1/threads"], checks=["order"], faults=["wrong-order"], **FEW)
    (found,) = report.to_json()["findings"]
    assert 2 <= len(found["creates"]) <= 4
    assert all("-X POST" in line for line in found["creates"])


@needs_shell
def test_a_value_becomes_a_variable_wherever_it_stands_and_all_else_is_quoted():
    line = curl("GET", "http://h/a/x-1?b=x-1", {"a": "it's x-1"}, b'{"c": "x-1 $HOME"}', {"x-1": "ID"})
    done = subprocess.run(
        ["bash", "-c", f"curl() {{ printf '%s\\n' \"$@\"; }}; ID='a b'; {line}"],
        capture_output=True,
        text=True,
        check=True,
    )
    words = done.stdout.splitlines()
    assert "http://h/a/a b?b=a b" in words
    assert "a: it's a b" in words
    assert '{"c": "a b $HOME"}' in words


def test_a_finding_without_a_story_has_its_request_alone():
    record = CaseRecord("a case", "valid", "coverage", "GET", "http://h/a", curl="curl x")
    lines = shell_lines(Finding("echo", "a", "failure", "documented", "", "", "", "", record))
    assert (lines.creates, lines.request) == ((), "curl x")


def test_the_line_of_a_replay_names_the_file_and_the_target():
    assert replay_command(Path("my out/a.json"), None) == "threadmock replay 'my out/a.json'"
    assert replay_command(Path("a.json"), "http://h") == "threadmock replay a.json --target http://h"
