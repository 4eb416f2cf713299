"""The command line: verbs, exit statuses, and no traceback, whatever is typed."""

import base64
import html
import json
import re
import socket
import subprocess
import sys
import urllib.parse
import xml.etree.ElementTree as ET

import pytest
from click.testing import CliRunner
from support.command_line import command, deployment, invoke, mock
from support.hostile_server import hostile
from support.reports import read_report
from threadmock.contracts.checks import checks
from threadmock.contracts.cli.explain import explanation
from threadmock.contracts.cli.main import run, verbs
from threadmock.contracts.scenarios import scenarios
from threadmock.contracts.transport.header_options import read_headers
from threadmock.specs.errors import SpecError
from threadmock.specs.loader import builtin_names, load

SMALL = ["--max-requests", "60", "--max-examples", "10", "--seed", "1"]
ONE = ["--operations", "POST /threads"]
CANARY = "c4n4ry/+s3cr3t&t0ken=="


def test_the_version_is_that_of_the_distribution():
    status, text = invoke("--version")
    assert status == 0
    assert re.fullmatch(r"threadmock \d+\.\d+\.\d+\n", text)


@pytest.mark.parametrize("arguments", [(), *((verb,) for verb in verbs)], ids=lambda a: "-".join(a) or "group")
def test_every_verb_has_help(arguments):
    status, text = invoke(*arguments, "--help")
    assert status == 0
    assert "Usage: threadmock" in text
    if not arguments:
        assert all(verb in text for verb in verbs)


def test_an_unknown_verb_is_a_usage_error_that_offers_the_nearest():
    status, text = invoke("verfy")
    assert status == 2
    assert "Did you mean 'verify'?" in text


def test_serving_loads_neither_pytest_nor_hypothesis():
    code = (
        "import sys; from threadmock.contracts.cli.main import threadmock; c = threadmock.get_command(None, 'serve');"
        " print([n for n in sys.modules if n.split('.')[0] in ('pytest', '_pytest', 'hypothesis', 'hypothesis_jsonschema')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_telling_the_version_loads_no_verb():
    code = (
        "import sys; from threadmock.contracts.cli.main import run, threadmock;"
        " run(lambda: threadmock.main(['--version'], standalone_mode=False));"
        " print([n for n in sys.modules if n.split('.')[0] in ('pytest', 'hypothesis', 'flask', 'jsonschema')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("verb", ["verify", "explain"])
@pytest.mark.parametrize("source", ["langsmit", "missing/file.yaml", "broken.yaml", "."])
def test_an_unusable_document_is_status_2_with_a_reason(verb, source, tmp_path):
    (tmp_path / "broken.yaml").write_text("openapi: [3.1\n")
    done = command(verb, source, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")


usage = {
    "no provider": ([], "PROVIDER"),
    "unknown option": (["langsmith", "--frob"], "--frob"),
    "unknown layer": (["langsmith", "--as", "wished"], "observed"),
    "unknown check": (["langsmith", "--checks", "answers,eco"], "Did you mean 'echo'?"),
    "unknown excluded check": (["langsmith", "--exclude-checks", "eco"], "Did you mean 'echo'?"),
    "no check left": (["langsmith", "--checks", "echo", "--exclude-checks", "echo"], "No check is left"),
    "unknown operation": (["langsmith", "--operations", "create_thred"], "Did you mean"),
    "unknown fault": (["langsmith", "--fault", "no-anser"], "Did you mean 'no-answer'?"),
    "fault on a deployment": (["langsmith", "--fault", "no-answer", "--target", "http://127.0.0.1:9"], "--fault"),
    "header for the mock": (["langsmith", "--header", "x-a: s3cr3t-value"], "--target"),
    "header without a colon": (
        ["langsmith", "--target", "http://127.0.0.1:9", "--header", "s3cr3t-value"],
        "'Name: value'",
    ),
    "unset variable": (
        ["langsmith", "--target", "http://127.0.0.1:9", "--header-env", "x-a=NOT_SET_ANYWHERE"],
        "NOT_SET",
    ),
    "user in the target": (["langsmith", "--target", "http://u:s3cr3t-value@127.0.0.1"], "--header"),
    "target that is no URL": (["langsmith", "--target", "localhost:8000"], "http or https"),
    "negative time": (["langsmith", "--max-time", "-1"], "--max-time"),
    "no requests": (["langsmith", "--max-requests", "0"], "--max-requests"),
    "missing overlay": (["langsmith", "--overlay", "missing.yaml"], "missing.yaml"),
    "missing CA file": (["langsmith", "--target", "https://127.0.0.1:9", "--ca-file", "missing.pem"], "CA file"),
    "report that is a file": (["langsmith", "--report", "a-file"], "--report"),
    "bad pytest option": (["langsmith", "--", "--frobnicate"], "--frobnicate"),
}


@pytest.mark.parametrize(("arguments", "text"), usage.values(), ids=usage)
def test_what_can_not_be_meant_is_status_2_with_a_way_out(arguments, text, tmp_path):
    (tmp_path / "a-file").write_text("")
    done = command("verify", *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert text in done.stderr
    assert "s3cr3t" not in done.stdout + done.stderr


def test_a_target_elsewhere_is_refused_before_a_byte_is_sent_without_leave(tmp_path):
    done = command("verify", "langsmith", "--target", "http://192.0.2.1:9", cwd=tmp_path)
    assert done.returncode == 2
    assert "--allow-writes" in done.stderr


def test_an_unreachable_target_is_status_3(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for target in (url, "http://nowhere.invalid"):
        done = command("verify", "langsmith", "--target", target, "--allow-writes", cwd=tmp_path)
        assert done.returncode == 3
        assert "unreachable" in done.stderr


def test_a_fault_of_ours_is_status_4_and_asks_for_a_report():
    def broken():
        raise ZeroDivisionError("oh no")

    with CliRunner().isolation() as streams:
        assert run(broken) == 4
        said = streams[1].getvalue().decode()
    assert "oh no" in said
    assert "report" in said


def test_a_spec_error_is_status_2_and_an_interrupt_130():
    def refused():
        raise SpecError("It is broken.", fix="Mend it.")

    def stopped():
        raise KeyboardInterrupt

    with CliRunner().isolation() as streams:
        assert run(refused) == 2
        assert streams[1].getvalue().decode() == "Error: It is broken. Mend it.\n"
        assert run(stopped) == 130


def test_arguments_of_pytest_that_choose_nothing_are_a_usage_error(tmp_path):
    done = command("verify", "langsmith", *ONE, *SMALL, "--", "-k", "nothing-of-that-name", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "Error: pytest chose no item of the suite with: -k nothing-of-that-name.\n"


@pytest.mark.parametrize("provider", builtin_names())
def test_the_mock_in_process_conforms_and_the_folder_is_left_alone(provider, tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --frobnicate\n")
    (tmp_path / "conftest.py").write_text("raise SystemExit('read')\n")
    create = ["--operations", str(load(provider).operations[0])]
    done = command(
        "verify", provider, *create, *SMALL, cwd=tmp_path, PYTEST_ADDOPTS="--frobnicate", PYTEST_PLUGINS="missing"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 operations tested" in done.stdout
    assert "0 findings" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"pytest.ini", "conftest.py"}


def test_a_finding_is_told_with_all_that_is_needed_to_see_it_again(tmp_path):
    done = command("verify", "langsmith", "--fault", "other-status", *ONE, *SMALL, cwd=tmp_path)
    assert done.returncode == 1
    for word in ("FAIL documented_status", "expected  ", "got  ", "request  ", "answer  ", "curl -sS", "seed 1"):
        assert word in done.stdout
    assert re.search(r"^POST /threads +\d+ phases +\d+ exchanges", done.stdout, re.MULTILINE)
    assert "threadmock serve langsmith --seed 1 --fault other-status" in done.stdout


def test_only_chosen_checks_count(tmp_path):
    arguments = ["verify", "langsmith", "--fault", "other-status", *ONE, *SMALL]
    assert command(*arguments, "--checks", "echo,strict_json", cwd=tmp_path).returncode == 0
    assert command(*arguments, "--checks", "documented_status,echo", cwd=tmp_path).returncode == 1


def test_a_deployment_that_conforms_is_status_0_and_what_was_made_is_listed(tmp_path):
    with deployment(mock("langsmith")) as url:
        done = command("verify", "langsmith", "--target", url, *ONE, *SMALL, "--report", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Clean-up: \d+ things removed, 0 left behind", done.stdout)
    written = read_report(tmp_path / "out/report.json")
    assert written["target"] == url
    assert len(written["created"]) > 5
    ledger = next((tmp_path / "out").glob("ledger-*"))
    removed = [json.loads(line).get("removed") for line in ledger.read_text().splitlines()]
    assert {item["id"] for item in written["created"]} <= set(removed)


def test_operations_are_appended_to_the_path_of_the_target(tmp_path):
    with deployment(mock("langsmith")) as url:
        assert (
            command("verify", "langsmith", "--target", url + "/langsmith/", *ONE, *SMALL, cwd=tmp_path).returncode == 0
        )
        done = command("verify", "langsmith", "--target", url + "/elsewhere", *ONE, *SMALL, cwd=tmp_path)
    assert done.returncode == 3
    assert "base path" in done.stderr


def test_a_target_that_lets_nobody_in_ends_the_run(tmp_path):
    with deployment(mock("lighton", auth="some-token")) as url:
        done = command("verify", "lighton", "--target", url, *SMALL, "--checks", "no_server_error", cwd=tmp_path)
    assert done.returncode == 3
    assert "lets nobody in" in done.stderr
    assert "was answered 401" in done.stderr
    assert "--header" in done.stderr


def test_a_deployment_that_dies_is_told_from_one_that_was_never_there(tmp_path):
    def once(talk):
        if talk.request() and talk.number < 3:
            talk.send(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

    with hostile(once) as server:
        done = command("verify", "langsmith", "--target", server.url, *ONE, *SMALL, cwd=tmp_path)
    assert done.returncode == 1


def reflecting(environ, start_response):
    """A deployment that leaks what it was sent, everywhere that it can."""
    token = environ.get("HTTP_AUTHORIZATION", "") + environ.get("HTTP_COOKIE", "")
    if "~" in environ["PATH_INFO"]:  # a path that nobody has: it is no server that says the same of everything
        start_response("404 Not Found", [("Content-Type", "text/plain"), ("X-Token", token)])
        return [token.encode()]
    body = json.dumps({"id": token, "detail": f"\x1b[31mwho is {token}?", token: [token]}).encode()
    start_response("200 OK", [("Content-Type", "application/json; x=" + token.replace("\n", "")), ("X-Token", token)])
    return [body]


def spellings_of(secret):
    quoted = urllib.parse.quote(secret, safe="")
    return {
        secret,
        quoted,
        quoted.lower(),
        html.escape(secret),
        base64.b64encode(secret.encode()).decode().rstrip("="),
        secret.encode().hex(),
    }


@pytest.mark.parametrize(
    ("provider", "given"),
    [("seekrflow", "--header-env"), ("lighton", "--header"), ("seekrflow", "--header-command")],
)
def test_a_secret_appears_in_no_artefact(provider, given, tmp_path):
    secret = {
        "--header-env": ["--header-env", "Authorization=CANARY"],
        "--header": ["--header", f"Authorization: Bearer {CANARY}"],
        "--header-command": ["--header-command", "Authorization=printenv CANARY"],
    }[given]
    asked = ["verify", provider, "--header", f"Cookie: session={CANARY}", *secret, *SMALL, "--report", "out"]
    with deployment(reflecting) as url:
        done = command(
            *asked, "--target", url, "--", "--junitxml=own.xml", "-v", cwd=tmp_path, CANARY=f"Bearer {CANARY}"
        )
        plan = command(*asked, "--target", url, "--dry-run", cwd=tmp_path, CANARY=f"Bearer {CANARY}")
        kept = next((tmp_path / "out").glob("ledger-*"))
        again = command("cleanup", str(kept), *secret, cwd=tmp_path, CANARY=f"Bearer {CANARY}")
    assert done.returncode == 1, done.stdout + done.stderr
    assert plan.returncode == 0
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    beside = {path.name for path in files if path.parent.name != "findings" and path.suffix != ".jsonl"}
    assert beside == {"report.html", "report.json", "junit.xml", "own.xml"}
    assert len(files) > len(beside) + 1
    said = [text for each in (done, plan, again) for text in (each.stdout, each.stderr)]
    for text in (*said, *(path.read_text() for path in files)):
        assert not [spelling for spelling in spellings_of(CANARY) if spelling in text]
        assert CANARY[:-4] not in text
        assert "\x1b" not in text
    assert "***" in (tmp_path / "out/report.json").read_text()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("Authorization=printenv NOTHING_LIKE_IT", "ended with status 1"),
        ("Authorization=no-such-command-anywhere", "can't be run"),
        ("Authorization=sh -c 'echo c4n4ry >&2; echo c4n4ry; exit 3'", "ended with status 3"),
        ("Authorization=true", "wrote nothing"),
        ("Authorization='", "can't be read"),
        ("Authorization", "has no '='"),
    ],
)
def test_a_command_that_gives_no_credential_is_a_usage_error_and_shows_nothing(given, said):
    status, text = invoke("verify", "langsmith", "--target", "http://127.0.0.1:1", "--header-command", given)
    assert status == 2
    assert said in text
    assert "c4n4ry" not in text


def test_a_command_runs_without_a_shell_and_not_for_ever():
    assert read_headers([], [], commands=["A=echo $HOME; id"]) == {"a": "$HOME; id"}
    with pytest.raises(SpecError, match="took longer"):
        read_headers([], [], commands=["A=sleep 30"], seconds=0.1)


def test_a_report_is_valid_for_machines(tmp_path):
    done = command("verify", "ishvana", "--fault", "accept-invalid", *SMALL, "--report", "deep/er/out", cwd=tmp_path)
    assert done.returncode == 1
    written = read_report(tmp_path / "deep/er/out/report.json")
    assert (written["schema_version"], written["exit_status"], written["seed"]) == (3, 1, 1)
    assert written["contract"]["name"] == "ishvana"
    assert len(written["contract"]["digest"]) == 64
    finding = next(f for f in written["findings"] if f["severity"] == "failure")
    assert {"check", "expected", "got", "source", "evidence", "case", "count"} <= finding.keys()
    suites = ET.parse(tmp_path / "deep/er/out/junit.xml").getroot()
    cases = suites.findall("./testsuite/testcase")
    # only what was asked: what was not asked has no item that a reader would have to skip
    asked = {name for name, check in written["checks"].items() if check["compared"]}
    named = {case.get("name") for case in cases if case.find("skipped") is None}
    assert named - {"a valid request was accepted"} == asked
    failed = [case for case in cases if case.find("failure") is not None]
    assert {case.get("name") for case in failed} == {
        f["check"] for f in written["findings"] if f["severity"] == "failure"
    }
    assert sum(int(suite.get("failures")) for suite in suites.iter("testsuite")) == len(failed)


def test_the_module_verifies_like_the_verb(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "threadmock.contracts", "langsmith", *ONE, *SMALL],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 operations tested" in done.stdout


def test_the_time_of_a_run_is_kept(tmp_path):
    done = command("verify", "langsmith", *ONE, "--max-time", "0.000001", cwd=tmp_path)
    assert done.returncode == 1
    assert "NOT TESTED" in done.stdout
    assert "--max-time" in done.stdout


def test_every_check_and_scenario_is_listed_with_what_it_asserts_and_why():
    status, text = invoke("checks")
    assert status == 0
    flat = " ".join(text.split())
    for check in (*checks.values(), *scenarios.values()):
        assert f"\n  {check.name}" in text
        assert " ".join(check.asserts.split()) in flat
        assert " ".join(check.source.split()) in flat


@pytest.mark.parametrize("layer", ["documented", "observed"])
def test_explaining_without_a_name_explains_every_built_in_provider(layer):
    status, text = invoke("explain", "--as", layer)
    assert status == 0
    for name in builtin_names():
        assert f"\n{name}: " in "\n" + text
        for operation in load(name, layer=layer).operations:
            assert str(operation) in text


@pytest.mark.parametrize("name", builtin_names())
def test_every_part_of_a_rule_is_explained_with_its_evidence(name):
    contract = load(name, layer="observed")
    text = "\n".join(explanation(contract))
    for operation in contract.operations:
        rule = operation.rule
        for member, setting in rule.set.items():
            assert re.search(rf"^ +{setting.evidence} +set +{re.escape(member)}: ", text, re.MULTILINE)
        for kind, refusal in rule.refusals.items():
            assert re.search(rf"^ +{refusal.evidence} +refuses +{kind}: {refusal.status}", text, re.MULTILINE)
        for policy in rule.taken.policies if rule.taken else ():
            assert re.search(rf"^ +{policy.evidence} +taken .*{policy.name}.*: {policy.status}", text, re.MULTILINE)


def test_a_rule_that_nobody_declared_is_said_to_be_inferred(tmp_path):
    (tmp_path / "own.json").write_text(
        json.dumps(
            {
                "openapi": "3.1.0",
                "info": {"title": "own\x1b[2J", "version": "1"},
                "paths": {"/things": {"post": {"x-evidence": "assumed", "responses": {"201": {"description": ""}}}}},
            }
        )
    )
    status, text = invoke("explain", str(tmp_path / "own.json"))
    assert status == 0
    assert "inferred" in text
    assert "\x1b" not in text
    assert re.search(r"assumed +/paths/~1things/post", text)
