"""verify and replay as functions: what they give, what they refuse, and that they leave the session around them alone."""

import io
import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import threadmock.contracts
from support.command_line import deployment, invoke, mock
from threadmock.contracts import Finding, Interrupted, Report, Unreachable, replay, verify
from threadmock.contracts.api import ReplayOptions, VerifyOptions
from threadmock.contracts.options import LAYERS, OPTIONS, Settings
from threadmock.contracts.settings import UsageError, read_settings
from threadmock.specs import loader
from threadmock.specs.errors import SpecError, UnknownName
from threadmock.specs.loader import load

CREATE = "POST /threads"
ONE = {"operations": [CREATE], "max_examples": 5, "max_requests": 60, "seed": 1}
ROOT = Path(__file__).parents[2]


def test_the_mock_conforms_and_nothing_is_printed(capfd):
    report = verify("langsmith", **ONE)
    assert isinstance(report, Report)
    assert (report.exit_status, report.findings, report.failures) == (0, (), ())
    (operation,) = report.operations
    assert (operation.method, operation.path, operation.untested) == ("POST", "/threads", "")
    assert operation.exchanges > 20
    assert operation.verdicts["answers"] == operation.verdicts["echo"] == "pass"
    assert {"not selected"} == {
        each.reason for each in report.not_tested if each.operation == "search_threads_threads_search_post"
    }
    assert f"{report}".splitlines()[-1].startswith(
        "langsmith (documented) on the mock in this process: 1 of 1 operations"
    )
    assert capfd.readouterr() == ("", "")


def test_a_fault_is_found_and_the_report_is_the_same_document_as_the_file(tmp_path):
    report = verify("langsmith", faults=["missing-member"], report=tmp_path, **ONE)
    assert report.exit_status == 1
    assert {finding.check for finding in report.failures} == {"schema"}
    assert all(isinstance(finding, Finding) for finding in report.findings)
    written = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report.to_json() == written
    assert [finding.got for finding in report.findings] == [each["got"] for each in written["findings"]]
    assert "FAIL schema" in str(report)


def test_what_is_changed_in_the_document_of_a_report_does_not_change_the_report():
    report = verify("langsmith", pytest_arguments=["-k", "coverage"], **ONE)
    report.to_json()["operations"].clear()
    assert report.to_json()["operations"]


def test_the_progress_goes_to_the_stream_and_nowhere_else(capfd, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")  # as wide as a report's text is
    plain, verbose = io.StringIO(), io.StringIO()
    report = verify("langsmith", stream=plain, pytest_arguments=["-k", "coverage or exploration"], **ONE)
    assert plain.getvalue().startswith("POST /threads ")
    assert str(report) in plain.getvalue()
    verify("langsmith", stream=verbose, pytest_arguments=["-v", "-k", "coverage or exploration"], **ONE)
    phases = [line.split()[1] for line in verbose.getvalue().splitlines() if line.startswith("create_thread")]
    assert phases == ["coverage", "exploration"]
    assert capfd.readouterr() == ("", "")


def test_a_deployment_is_asked_and_what_was_created_there_is_removed():
    with deployment(mock("langsmith", auth="off")) as url:
        report = verify("langsmith", url, **ONE)
    assert (report.exit_status, report.findings) == (0, ()), str(report)
    assert report.to_json()["target"] == url
    assert "0 left behind" in str(report)


def test_nobody_at_the_target_is_an_exception(tmp_path):
    with pytest.raises(Unreachable):
        verify("langsmith", "http://127.0.0.1:9", report=tmp_path / "report", **ONE)
    assert not (tmp_path / "report").exists() or not list((tmp_path / "report").iterdir())


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"max_example": 3}, "There is no option 'max_example'. Did you mean 'max_examples'?"),
        ({"dry_run": True}, "There is no option 'dry_run'."),
        ({"max_examples": "3"}, "max_examples can't be '3'. Give a value of type int."),
        ({"max_examples": True}, "max_examples can't be True."),
        ({"max_examples": 0}, "max_examples must be 1 or more."),
        ({"allow_writes": "no"}, "allow_writes can't be 'no'. Give a value of type bool."),
        ({"operations": [3]}, "operations can't be 3."),
        ({"operations": ["POST /thread"]}, "There is no operation 'POST /thread'. Did you mean 'POST /threads'?"),
        ({"operations": ""}, "operations names no operation. Name one, or leave it out for all."),
        ({"operations": [""]}, "operations names no operation."),
        ({"operations": [",", " "]}, "operations names no operation."),
        ({"checks": [""]}, "checks names no check. Name one, or leave it out."),
        ({"exclude_checks": ","}, "exclude_checks names no check."),
        ({"checks": ["ecko"]}, "There is no check 'ecko'. Did you mean 'echo'?"),
        ({"faults": ["truncat"]}, "There is no fault 'truncat'."),
        ({"headers": {"X-A": "b"}}, "headers is for a deployment. Add target='URL'."),
        ({"layer": "imagined"}, "There is no layer 'imagined'."),
    ],
)
def test_an_option_that_can_not_be_is_a_usage_error_that_names_it(options, text):
    with pytest.raises(SpecError) as error:
        verify("langsmith", **options)
    assert str(error.value).startswith(text)


def test_arguments_that_pytest_does_not_take_are_a_usage_error(capfd):
    with pytest.raises(UsageError, match=r"--no-such-option \(unrecognized arguments: --no-such-option\)"):
        verify("langsmith", pytest_arguments=["--no-such-option"], **ONE)
    with pytest.raises(UsageError, match=r"Plugins that are installed take part only where they are named: -p NAME"):
        verify("langsmith", pytest_arguments=["--no-such-option"], **ONE)
    with pytest.raises(UsageError, match="Wrong expression passed to '-k'"):
        verify("langsmith", pytest_arguments=["-k", "a ("], **ONE)
    assert capfd.readouterr() == ("", "")


def test_a_plugin_that_is_installed_takes_part_only_where_it_is_named(tmp_path, monkeypatch):
    about = tmp_path / "foreign-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[pytest11]\nforeign = foreign_plugin\n")
    (tmp_path / "foreign_plugin.py").write_text("def pytest_collection_modifyitems(items): del items[1:]\n")
    monkeypatch.syspath_prepend(tmp_path)
    few = {"operations": [CREATE], "max_requests": 8, "max_examples": 1, "seed": 1}

    every = verify("langsmith", **few)
    assert "foreign_plugin" not in sys.modules
    one = verify("langsmith", pytest_arguments=["-p", "foreign"], **few)
    assert sys.modules.pop("foreign_plugin")
    assert 0 < one.to_json()["exchanges"] < every.to_json()["exchanges"]


def test_the_process_around_it_is_not_searched_for_garbage(monkeypatch):
    searched = []
    monkeypatch.setattr("gc.collect", lambda *_: searched.append(1))
    verify("langsmith", operations=[CREATE], max_requests=8, max_examples=1, seed=1)
    assert not searched


def test_arguments_that_choose_nothing_are_a_usage_error(tmp_path):
    with pytest.raises(UsageError) as error:
        verify("langsmith", pytest_arguments=["-k", "zzz"], report=tmp_path / "report", **ONE)
    assert str(error.value) == "pytest chose no item of the suite with: -k zzz."
    assert not (tmp_path / "report" / "report.json").exists()
    status, text = invoke("verify", "langsmith", "--operations", CREATE, "--", "-k", "zzz")
    assert (status, "pytest chose no item of the suite with: -k zzz." in text) == (2, True)


def test_what_a_check_prints_to_standard_error_still_goes_there(tmp_path, capfd):
    text = """
        import sys
        from threadmock.contracts import check

        @check(name="loud", asserts="it is heard", source="this test")
        def loud(exchange):
            print("printed by a check", file=sys.stderr)
    """
    (tmp_path / "loud.py").write_text(textwrap.dedent(text))
    verify("langsmith", checks_from=[tmp_path / "loud.py"], pytest_arguments=["-k", "coverage", "-s"], **ONE)
    assert "printed by a check" in capfd.readouterr().err


def test_a_contract_that_was_loaded_is_verified_as_it_is_and_its_findings_are_sent_again(tmp_path, data):
    contract = load(data / "notebooks")
    report = verify(contract, faults=["missing-member"], checks=["schema"], report=tmp_path, max_examples=5, seed=1)
    assert report.exit_status == 1
    saved = next((tmp_path / "findings").glob("schema-*.json"))
    assert replay(saved).outcome == "holds"
    with pytest.raises(UsageError, match="has its layer and overlays"):
        verify(contract, layer="observed")


def test_a_path_is_never_the_name_of_a_provider(tmp_path):
    with pytest.raises(SpecError) as error:
        verify(tmp_path / "langsmith")
    assert str(tmp_path / "langsmith") in str(error.value)


def test_ctrl_c_ends_the_run_with_what_was_found_until_then(tmp_path):
    (tmp_path / "stops.py").write_text(
        textwrap.dedent("""
            from threadmock.contracts import check

            @check(name="stops", asserts="nobody interrupts", source="this test")
            def stops(exchange):
                raise KeyboardInterrupt
        """)
    )
    with pytest.raises(Interrupted) as stop:
        verify("langsmith", checks_from=[tmp_path / "stops.py"], **ONE)
    assert isinstance(stop.value, KeyboardInterrupt)
    assert stop.value.report.exit_status == 130
    assert stop.value.report.operations


def test_a_target_that_is_not_this_machine_is_refused_with_the_first_operations_that_would_write():
    with pytest.raises(SpecError) as error:
        verify("seekrflow", "https://198.51.100.7")
    first = "POST /v1/threads, DELETE /v1/threads/{thread_id}, POST /v1/threads/{thread_id}/messages and 6 more"
    assert str(error.value).startswith(f"https://198.51.100.7 is not this machine, and {first} would write to it. Add ")


def test_a_ledger_that_is_not_there_is_named_as_such(tmp_path):
    status, text = invoke("cleanup", str(tmp_path / "missing"))
    assert (status, text) == (2, f"Error: {tmp_path / 'missing'}: There is no such ledger. Check the path.\n")


# --- within a session of pytest


def run_pytest(folder, *arguments):
    kept = {name: v for name, v in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:langsmith_plugin", *arguments],
        capture_output=True, text=True, check=False, cwd=folder, env=kept | {"PYTEST_ADDOPTS": "--strict-markers"}, timeout=300,
    )  # fmt: skip


OWN_TESTS = """
    import os
    import warnings

    import pytest
    from threadmock.contracts import verify

    SMALL = {"operations": ["POST /threads"], "max_examples": 3, "max_requests": 40, "seed": 1}


    @pytest.fixture
    def report():
        yield verify("langsmith", **SMALL)
        assert verify("langsmith", faults=["missing-member"], **SMALL).exit_status == 1


    @pytest.mark.parametrize("number", range(2))
    def test_it_conforms(report, number, monkeypatch):
        assert os.environ["PYTEST_CURRENT_TEST"].endswith("(call)")
        assert os.environ["PYTEST_ADDOPTS"] == "--strict-markers"
        assert report.exit_status == 0, str(report)
        print("seen by the session around")


    def test_it_fails_as_any_test(capsys):
        print("captured")
        report = verify("langsmith", faults=["missing-member"], **SMALL)
        assert capsys.readouterr().out == "captured\\n"
        assert not report.failures, str(report)
"""


@pytest.mark.parametrize("more", [(), ("-n", "2"), ("-s",)], ids=["plain", "xdist", "uncaptured"])
def test_a_test_of_a_project_calls_it(tmp_path, more):
    (tmp_path / "test_own.py").write_text(textwrap.dedent(OWN_TESTS))
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\nmarkers = own\n")
    done = run_pytest(tmp_path, *more)
    assert "1 failed, 2 passed" in done.stdout, done.stdout + done.stderr
    assert "FAIL schema" in done.stdout
    assert done.stderr == ""
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__", ".hypothesis"} == {"test_own.py", "pytest.ini"}


# --- replay


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    verify("langsmith", faults=["missing-member"], checks=["schema"], report=folder, **ONE)
    return next((folder / "findings").glob("schema-*.json"))


def test_a_saved_finding_holds_where_it_was_found_and_is_gone_where_it_is_not(saved, capfd):
    found = replay(saved)
    assert (found.outcome, found.exit_status, found.check, found.notes) == ("holds", 1, "schema", ())
    assert str(found) == f"HOLDS: {found.reason}"
    with deployment(mock("langsmith", auth="off")) as url:
        stream = io.StringIO()
        gone = replay(saved, url, times=2, stream=stream)
    assert (gone.outcome, gone.exit_status) == ("gone", 0)
    assert any("0 left behind" in note for note in gone.notes)
    assert stream.getvalue().splitlines()[-1] == str(gone)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("options", "keyword", "flag"),
    [
        ({"target": "https://198.51.100.7"}, "Add allow_writes=True if", "Add --allow-writes if"),
        ({"target": "https://198.51.100.7"}, "others with operations.", "others with --operations."),
        ({"headers": ["X-A: b"]}, "headers is for a deployment. Add target='URL'.", "--header is for a"),
        (
            {"headers": ["X"], "target": "http://127.0.0.1:9"},
            "Write headers=['Name: value'].",
            "--header 'Name: value'.",
        ),
        ({"faults": ["trim"], "target": "http://127.0.0.1:9"}, "Leave out faults or target.", "--fault or --target."),
        ({"checks_from": "."}, "checks_from names no module", "--checks-from names no module"),
    ],
)
def test_an_error_names_keywords_in_python_and_flags_on_the_command_line(options, keyword, flag):
    with pytest.raises(UsageError) as error:
        verify("langsmith", **options)
    assert keyword in str(error.value)
    assert flag in error.value.in_flags()
    assert flag.replace("--", "--contract-") in error.value.in_flags("--contract-")
    flags = {option.name: option.flag for option in OPTIONS}
    given = [
        part for name, value in options.items() for part in (flags[name], value if isinstance(value, str) else value[0])
    ]
    status, text = invoke("verify", "langsmith", *given)
    assert (status, flag in text) == (2, True), text


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"times": 0}, "times can't be 0."),
        ({"headers": ["no colon"], "target": "http://127.0.0.1:9"}, "no colon"),
        ({"max_examples": 3}, "There is no option 'max_examples'."),
    ],
)
def test_a_replay_that_can_not_be_done_as_asked_is_a_usage_error(saved, options, text):
    with pytest.raises(SpecError) as error:
        replay(saved, **options)
    assert text in str(error.value)


def test_a_file_that_is_no_finding_is_a_usage_error(tmp_path):
    (tmp_path / "it.json").write_text("{}")
    with pytest.raises(UsageError, match="no saved finding"):
        replay(tmp_path / "it.json")


# --- one table of options


def test_every_option_of_a_run_is_an_option_of_verify_and_none_is_listed_twice():
    names = [option.name for option in OPTIONS]
    assert len(names) == len(set(names)) == len({option.flag for option in OPTIONS})
    assert VerifyOptions.__annotations__.keys() == {option.name for option in OPTIONS if not option.interface} - {
        "target"
    }
    assert ReplayOptions.__annotations__.items() <= VerifyOptions.__annotations__.items()
    assert {option.interface for option in OPTIONS} == {"", "command line"}
    assert LAYERS == loader.LAYERS


VALUES = {str: "x", int: 3, float: 2.0, bool: True, Path: Path("a").absolute()}


def test_settings_survive_the_way_to_another_process():
    given = {
        each.name: (VALUES[each.kind],) if each.repeatable else VALUES[each.kind]
        for each in OPTIONS
        if each.name != "faults"
    }
    settings = read_settings({"provider": "langsmith", **given, "layer": "observed"})
    plain = json.loads(json.dumps(settings.plain()))
    assert read_settings(plain) == settings
    assert settings != Settings("langsmith")
    with pytest.raises(UnknownName, match="'more'"):
        read_settings({**plain, "more": 1})


# --- what importing costs, and what a type checker sees


def test_importing_the_package_loads_nothing_and_each_name_is_found():
    code = "import sys, threadmock.contracts as c; print(sorted(m for m in sys.modules if m.startswith('threadmock.'))); [getattr(c, n) for n in c.__all__]; c.no_such_name"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "['threadmock.contracts']\n"
    assert done.stderr.rstrip().endswith(
        "AttributeError: module 'threadmock.contracts' has no attribute 'no_such_name'"
    )
    assert set(threadmock.contracts.__all__) <= set(dir(threadmock.contracts))


TYPED = """
    from collections.abc import Iterator

    from threadmock.contracts import CheckedExchange, Finding, Problem, Report, check, replay, verify


    @check(name="polite", asserts="every answer is polite", source="our style guide")
    def polite(exchange: CheckedExchange) -> Iterator[str | Problem]:
        if exchange.status == 418 and exchange.operation.method == "POST":
            yield "status 418"
            yield Problem("status 418", where="status")


    def failures(url: str | None) -> tuple[Finding, ...]:
        report: Report = verify("api.yaml", url, max_examples=3, headers={"X-A": "b"}, checks_from=["own.py"])
        outcome: str = replay("finding.json", times=3).outcome
        return report.failures if outcome else report.findings


    reveal_type(verify)
"""
WRONG = {
    "max_example": 'verify("api.yaml", max_example=3)',
    "arg-type": 'verify("api.yaml", 3)',
    "attr-defined": 'verify("api.yaml").nothing',
    "call-arg": '@check(name="x")\ndef f(exchange: CheckedExchange) -> None: ...',
}


@pytest.mark.slow
def test_a_project_in_strict_mypy_uses_the_names_as_they_are_typed(tmp_path):
    (tmp_path / "threadmock").mkdir()
    for package in ("specs", "mockserver", "contracts"):
        (tmp_path / "threadmock" / package).symlink_to(ROOT / package)
    (tmp_path / "right.py").write_text(textwrap.dedent(TYPED))
    wrong = "\n".join(["from threadmock.contracts import CheckedExchange, check, verify", *WRONG.values(), ""])
    (tmp_path / "wrong.py").write_text(wrong)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--namespace-packages", "--explicit-package-bases", "--cache-dir", tmp_path / "cache", "right.py", "wrong.py"],
        capture_output=True, text=True, check=False, cwd=tmp_path, env=os.environ | {"MYPYPATH": str(tmp_path)},
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert not [line for line in lines if not line.startswith("wrong.py")], done.stdout
    assert re.search(
        r"right.py:\d+: note: Revealed type is .*TypedDict.*-> threadmock.contracts.reporting.report.Report",
        done.stdout,
    )
    assert all(any(word in line for line in lines) for word in WRONG), done.stdout
