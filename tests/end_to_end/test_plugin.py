"""The pytest plugin: the suite under pytest's own command, and no trace of us where nobody asks for it."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from support.reports import read_report

QUICKER = ["-p", "no:langsmith_plugin"]  # of a client library; it takes as long to load as all of pytest
PYTEST = [sys.executable, "-m", "pytest", *QUICKER]
BARE = [str(Path(sys.executable).parent / "pytest"), *QUICKER]
SMALL = ["--contract-max-requests=40", "--contract-max-examples=5", "--contract-seed=3"]
ONE = "--contract-operations=POST /threads"
SUITE = ["--pyargs", "threadmock.contracts", "-p", "no:cacheprovider"]


def run(command, *arguments, cwd, **environment):
    env = {name: v for name, v in os.environ.items() if not name.startswith(("PYTEST", "COV"))} | environment
    return subprocess.run(
        [*command, *arguments], cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def project(tmp_path):
    """A project with packages of our names, tests of its own, and warnings as errors."""
    files = {
        "contracts/__init__.py": "OWN = 'of the project'\n",
        "contracts/plugin.py": "OWN = True\n",
        "contracts/suite/__init__.py": "",
        "specs/__init__.py": "OWN = 'of the project'\n",
        "mockserver/__init__.py": "OWN = 'of the project'\n",
        "pytest.ini": "[pytest]\nfilterwarnings = error\npythonpath = .\n",
        "tests/test_own.py": """
            import sys

            def test_own_packages_are_the_projects():
                import contracts, contracts.plugin, contracts.suite, mockserver, specs
                assert contracts.OWN == specs.OWN == mockserver.OWN == "of the project"
                assert contracts.plugin.OWN

            def test_nothing_of_threadmock_is_loaded():
                loaded = {name for name in sys.modules if name.startswith("threadmock.")}
                print("LOADED", sorted(loaded))
                table = "threadmock.contracts.options"  # which imports nothing but the standard library
                assert loaded <= {"threadmock.contracts", "threadmock.contracts.plugin", table}
        """,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return tmp_path


@pytest.mark.parametrize("command", [PYTEST, BARE], ids=["python -m pytest", "pytest"])
def test_a_project_that_does_not_ask_for_us_notices_nothing(project, command):
    done = run(command, cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    assert "contract suite" not in done.stdout


@pytest.mark.parametrize("command", [PYTEST, BARE], ids=["python -m pytest", "pytest"])
@pytest.mark.parametrize("own_first", [True, False])
def test_the_suite_runs_beside_tests_of_a_project_with_packages_of_our_names(project, command, own_first):
    own = ["tests/test_own.py::test_own_packages_are_the_projects"]
    # --pyargs counts for the whole line: a file's path is still a path
    arguments = [*own, "threadmock.contracts"] if own_first else ["threadmock.contracts", *own]
    done = run(command, "--pyargs", *arguments, "--contract-provider=langsmith", ONE, *SMALL, cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b[1-9][0-9]{1,2} passed", done.stdout)
    assert "on the mock in this process: 1 of 1 operations tested" in done.stdout


def test_items_are_named_by_operation_and_phase_and_are_safe_on_every_file_system(tmp_path):
    for provider in ("scale", "langsmith"):
        done = run(PYTEST, *SUITE, f"--contract-provider={provider}", "--collect-only", "-q", cwd=tmp_path)
        ids = re.findall(r"::test_contract\[(.*)\]", done.stdout)
        assert {item.rpartition("-")[2] for item in ids} >= {"coverage", "repeat", "exploration"}
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", item) for item in ids)


def test_scenarios_of_runs_come_first_then_what_is_apart_then_all_of_one_operation_before_the_next(tmp_path):
    done = run(PYTEST, *SUITE, "--contract-provider=langsmith", "--collect-only", "-q", cwd=tmp_path)
    phases = [item.rpartition("-")[2] for item in re.findall(r"::test_contract\[(.*)\]", done.stdout)]
    apart = {"readable", "hostile_values"}
    assert phases[-1] in apart
    first = phases.index(next(phase for phase in phases if phase in apart))
    runs, rest = phases[:first], phases[first:]
    assert "stream_state" in runs
    assert {"coverage", "exploration"}.isdisjoint(runs)
    main = [phase for phase in rest if phase not in apart]
    assert (main[0], main[-1]) == ("coverage", "exploration")
    assert set(runs).isdisjoint(set(main) - {"unknown_agent"})
    between = rest[rest.index("coverage") : len(rest) - rest[::-1].index("exploration")]
    assert apart.isdisjoint(between)


def test_an_item_fails_with_all_its_findings_and_the_run_goes_on(tmp_path):
    done = run(
        PYTEST, *SUITE, "--contract-provider=langsmith", "--contract-fault=other-status", ONE, *SMALL, cwd=tmp_path
    )
    assert done.returncode == 1
    failed, passed = (int(re.search(rf"(\d+) {word}", done.stdout)[1]) for word in ("failed", "passed"))
    assert failed > 1
    assert failed + passed >= 10
    assert "FAIL documented_status" in done.stdout
    assert "Traceback" not in done.stdout


def test_findings_travel_from_other_processes(tmp_path):
    report = tmp_path / "report"
    asked = [
        "--contract-provider=seekrflow",
        "--contract-fault=open-door",
        "--contract-operations=POST /v1/threads",
        f"--contract-report={report}",
        "--contract-seed=3",
    ]
    done = run(PYTEST, *SUITE, *asked, "-n", "2", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAIL credentials" in done.stdout
    written = read_report(report / "report.json")
    assert written["seed"] == 3
    assert {finding["check"] for finding in written["findings"]} >= {"credentials"}
    assert 100 < written["exchanges"] <= 500 * len(written["operations"])
    checks = written["operations"][0]["checks"]
    assert checks["repeat"]["verdict"] == "pass"
    assert checks["credentials"]["verdict"] == "FAIL"


def test_a_random_seed_is_one_for_all_processes_and_told(tmp_path):
    few = [*SMALL[:2], "--contract-checks=answers,repeat"]
    create = "--contract-operations=POST /v1/threads"
    done = run(PYTEST, *SUITE, "--contract-provider=seekrflow", create, "-n", "2", *few, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"seed \d+", done.stdout)


def test_equal_seeds_give_equal_findings(tmp_path):
    found = []
    for name in ("one", "other"):
        asked = [
            "--contract-provider=lighton",
            "--contract-fault=truncate",
            "--contract-operations=POST /api/v3/threads",
            f"--contract-report={tmp_path / name}",
            "--contract-seed=5",
        ]
        run(PYTEST, *SUITE, *asked, cwd=tmp_path)
        written = read_report(tmp_path / name / "report.json")
        found.append([(f["check"], f["place"], f["case"]["body"], f["count"]) for f in written["findings"]])
    assert found[0]
    assert found[0] == found[1]


usage = {
    "unknown provider": (["--contract-provider=langsmit"], "Did you mean 'langsmith'?"),
    "unknown check": (["--contract-provider=langsmith", "--contract-checks=eco"], "Did you mean 'echo'?"),
    "unknown operation": (
        ["--contract-provider=langsmith", "--contract-operations=POST /thread"],
        "Did you mean 'POST /threads'?",
    ),
    "bad target": (["--contract-provider=langsmith", "--contract-target=localhost"], "http or https"),
    "bad number": (
        ["--contract-provider=langsmith", "--contract-max-requests=0"],
        "--contract-max-requests must be 1 or more",
    ),
}


@pytest.mark.parametrize(("arguments", "text"), usage.values(), ids=usage)
def test_what_can_not_be_meant_is_a_usage_error_with_a_way_out(tmp_path, arguments, text):
    done = run(PYTEST, *SUITE, *arguments, cwd=tmp_path)
    assert done.returncode == 4
    assert text in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_the_suite_without_a_provider_says_what_is_missing(tmp_path):
    done = run(PYTEST, *SUITE, cwd=tmp_path)
    assert done.returncode != 0
    assert "--contract-provider" in done.stdout
    assert "Traceback" not in done.stdout


def test_an_unreachable_target_ends_the_run_with_status_3(tmp_path):
    done = run(PYTEST, *SUITE, "--contract-provider=langsmith", "--contract-target=http://127.0.0.1:9", cwd=tmp_path)
    assert done.returncode == 3
    assert "unreachable" in done.stdout + done.stderr


def test_our_options_are_in_the_help_of_pytest_and_each_says_something(tmp_path):
    done = run(PYTEST, "--help", cwd=tmp_path)
    assert "threadmock: contract suite" in done.stdout
    for option in ("provider", "target", "as", "checks", "header-env", "allow-writes", "report", "seed"):
        assert f"--contract-{option}" in done.stdout


chosen = {
    "contract": lambda phase: True,
    "contract_scenario": lambda phase: phase not in {"coverage", "exploration"},
    "contract_coverage or contract_exploration": lambda phase: phase in {"coverage", "exploration"},
    "contract(phase='repeat')": lambda phase: phase == "repeat",
    "contract(kind='scenario') and not contract(phase='taken')": lambda phase: (
        phase not in {"coverage", "exploration", "taken"}
    ),
}


@pytest.mark.parametrize(("expression", "wanted"), chosen.items(), ids=chosen)
def test_markers_choose_items(tmp_path, expression, wanted):
    asked = ["--contract-provider=langsmith", ONE, "--collect-only", "-q", "--strict-markers"]
    every = re.findall(r"-(\w+)\]", run(PYTEST, *SUITE, *asked, cwd=tmp_path).stdout)
    found = re.findall(r"-(\w+)\]", run(PYTEST, *SUITE, *asked, "-m", expression, cwd=tmp_path).stdout)
    assert found
    assert found == [phase for phase in every if wanted(phase)]


def test_all_processes_of_a_run_share_one_folder_which_is_gone_afterwards(tmp_path):
    (tmp_path / "conftest.py").write_text(
        textwrap.dedent("""
            from pathlib import Path

            import pytest
            from threadmock.contracts import plugin

            @pytest.fixture(autouse=True)
            def told(request):
                folder = Path(request.config.workerinput[plugin._SHARED])
                with open("folders", "a") as file:
                    file.write(f"{folder} {folder.is_dir()}\\n")
        """)
    )
    (tmp_path / "test_own.py").write_text(
        "import pytest\n\n@pytest.mark.parametrize('n', range(6))\ndef test_it(n): ...\n"
    )
    done = run(PYTEST, "--contract-provider=langsmith", "-n", "2", "test_own.py", cwd=tmp_path)
    lines = set((tmp_path / "folders").read_text().splitlines())
    assert len(lines) == 1, done.stdout
    folder, _, there = lines.pop().rpartition(" ")
    assert there == "True"
    assert not Path(folder).exists()
