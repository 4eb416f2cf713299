"""Checks of a project: they find what they are made for, are silent elsewhere, and are refused where they can't be used."""

import io
import json
import os
import subprocess
import sys
import textwrap
import traceback
from pathlib import Path

import pytest
from support.command_line import deployment, invoke, mock
from threadmock.contracts import CheckedExchange, Problem, check, replay, verify
from threadmock.contracts.checks import checks, own_checks
from threadmock.contracts.checks.own_checks import load_checks
from threadmock.contracts.settings import UsageError
from threadmock.specs.wire.messages import Response

ONE = {"operations": ["POST /threads"], "max_examples": 3, "max_requests": 40, "seed": 1}
OPTIONS = ["--operations", "POST /threads", "--max-examples", "3", "--max-requests", "40", "--seed", "1"]
FAULT = "other-media-type"
MEDIA = """
    from collections.abc import Iterator

    from threadmock.contracts import CheckedExchange, Problem, check


    def only_accepted(exchange: CheckedExchange) -> str:
        return "" if exchange.accepted else "the request was refused"


    @check(name="plain_json", asserts="every success is plain JSON", source="our style guide, 3.1", applies=only_accepted)
    def plain_json(exchange: CheckedExchange) -> Iterator[str | Problem]:
        kind = exchange.response.headers.get("content-type", "") if exchange.response else ""
        if kind.partition(";")[0] != "application/json":
            yield Problem(f"content type {kind!r}", expected="application/json", where="content-type")


    @check(name="no_teapot", asserts="no answer is 418", source="our style guide, 1")
    def no_teapot(exchange):
        return "status 418" if exchange.status == 418 else None


    @check(name="assumed_json", asserts="every answer holds JSON", source="a guess", evidence="assumed")
    def assumed_json(exchange):
        return [] if exchange.json is not None else ["no JSON"]
"""


@pytest.fixture
def media(tmp_path):
    path = tmp_path / "own_media.py"
    path.write_text(textwrap.dedent(MEDIA))
    return path


def module(tmp_path, text, name="own.py"):
    path = tmp_path / name
    path.write_text(textwrap.dedent(text))
    return path


def test_a_planted_fault_is_found_by_the_check_that_is_made_for_it(media):
    report = verify("langsmith", checks_from=[media], checks=["plain_json", "no_teapot"], faults=[FAULT], **ONE)
    assert report.exit_status == 1
    (finding,) = report.findings
    assert (finding.check, finding.severity, finding.where) == ("plain_json", "failure", "content-type")
    assert (finding.expected, finding.source) == ("application/json", "our style guide, 3.1")
    (operation,) = report.operations
    assert operation.verdicts == {"plain_json": "FAIL", "no_teapot": "pass"}


def test_it_is_silent_where_all_is_well_and_asked_like_every_other_check(media):
    report = verify("langsmith", checks_from=[media], **ONE)
    assert (report.exit_status, report.findings) == (0, ())
    (operation,) = report.operations
    assert operation.verdicts.keys() > {"plain_json", "no_teapot", "assumed_json", "echo", "repeat"}
    assert {operation.verdicts[name] for name in ("plain_json", "no_teapot", "assumed_json", "echo")} == {"pass"}
    tally = report.to_json()["operations"][0]["checks"]["plain_json"]
    assert tally["passed"] > 10
    assert tally["not_applicable"]["the request was refused"] >= 1


def empty_at_threads(environ, start):
    """An API that answers a create with nothing, and knows no other path."""
    there = environ["PATH_INFO"] == "/threads"
    start("200 OK" if there else "404 Not Found", [("content-type", "application/json")])
    return [] if there else [b'{"detail": "Not Found"}']


def test_what_rests_on_an_assumption_never_fails(media):
    with deployment(empty_at_threads) as url:
        report = verify("langsmith", url, checks_from=[media], checks=["assumed_json"], **ONE)
    assert {finding.severity for finding in report.findings} == {"unconfirmed"}
    assert {(finding.check, finding.got, finding.expected) for finding in report.findings} == {
        ("assumed_json", "no JSON", "every answer holds JSON")
    }


def test_its_finding_is_sent_again_and_judged_by_it(media, tmp_path):
    options = {"checks_from": [media], "checks": ["plain_json"], "faults": [FAULT], "report": tmp_path / "out"}
    report = verify("langsmith", **options, **ONE)
    saved = next((tmp_path / "out" / "findings").glob("plain_json-*.json"))
    assert {finding.repeated for finding in report.findings} == {"yes"}
    assert replay(saved, checks_from=[media]).outcome == "holds"
    with deployment(mock("langsmith", auth="off")) as url:
        there = replay(saved, url, checks_from=[media])
        unknown = [replay(saved, url), replay(saved)]
    assert (there.outcome, "plain_json has nothing to say" in there.reason) == ("gone", True)
    assert {each.outcome for each in unknown} == {"undecided"}
    assert all(
        "plain_json is a check of your own, which is not loaded: add --checks-from" in each.reason for each in unknown
    )


@pytest.mark.parametrize(("faults", "status"), [([FAULT], 1), ([], 0)], ids=["as it was", "repaired"])
def test_the_test_that_is_written_for_it_fails_as_long_as_the_header_is_wrong(media, tmp_path, faults, status):
    verify("langsmith", checks_from=[media], checks=["plain_json"], faults=[FAULT], report=tmp_path / "out", **ONE)
    (test,) = (tmp_path / "out" / "findings").glob("test_plain_json_*.py")
    with deployment(mock("langsmith", *faults, auth="off")) as url:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:langsmith_plugin", test.name],
            capture_output=True, text=True, check=False, cwd=test.parent, env=os.environ | {"TARGET": url}, timeout=60,
        )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr


def test_a_check_that_breaks_at_replay_leaves_it_undecided(media, tmp_path):
    verify("langsmith", checks_from=[media], checks=["plain_json"], faults=[FAULT], report=tmp_path / "out", **ONE)
    saved = next((tmp_path / "out" / "findings").glob("plain_json-*.json"))
    broken = module(tmp_path, BREAKS.replace("breaks", "plain_json"))
    outcome = replay(saved, checks_from=[broken])
    assert (outcome.outcome, "plain_json raised KeyError: 'no such member'" in outcome.reason) == ("undecided", True)


# --- the doors


def test_the_command_line_lists_asks_and_chooses_them(media, tmp_path):
    status, text = invoke("checks", "--checks-from", str(media))
    assert status == 0
    assert "Checks of your own:" in text
    assert "  no_teapot  [wrong shape]\n    no answer is 418\n    from: our style guide, 1 (documented)" in text
    more = ["--checks-from", str(media), "--checks", "plain_json", "--fault", FAULT, "--report", str(tmp_path / "out")]
    status, text = invoke("verify", "langsmith", *OPTIONS, *more)
    assert status == 1
    assert "FAIL plain_json" in text
    written = json.loads((tmp_path / "out" / "report.json").read_text())
    assert {finding["check"] for finding in written["findings"]} == {"plain_json"}
    saved = str(tmp_path / "out" / written["findings"][0]["file"])
    assert invoke("replay", saved, "--checks-from", str(media))[0] == 1
    assert invoke("verify", "langsmith", *OPTIONS, "--checks", "plain_json")[0] == 2


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
@pytest.mark.parametrize("named", [True, False], ids=["module", "path"])
def test_pytest_asks_them_too(media, tmp_path, workers, named):
    kept = {name: v for name, v in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    where = "own_media" if named else "./own_media.py"
    options = [option.replace("--", "--contract-") for option in OPTIONS]
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:langsmith_plugin", "--pyargs", "threadmock.contracts", *workers,
            "--contract-provider", "langsmith", *options, "--contract-checks-from", where, "--contract-fault", FAULT,
            "--contract-checks", "plain_json", "-k", "coverage",
        ],
        capture_output=True, text=True, check=False, cwd=tmp_path, env=kept | {"PYTHONPATH": str(tmp_path)}, timeout=300,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAIL plain_json" in done.stdout


# --- what can't be used

BREAKS = """
    from threadmock.contracts import check

    @check(name="breaks", asserts="it works", source="this test")
    def breaks(exchange):
        {}["no such member"]
"""


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (BREAKS, "A check of your own failed: breaks raised KeyError: 'no such member' ({path}, line 6)"),
        (
            BREAKS.replace('{}["no such member"]', "return 418"),
            "A check of your own failed: breaks raised TypeError: ",
        ),
        (
            BREAKS.replace('{}["no such member"]', "yield 418"),
            "A check of your own failed: breaks raised TypeError: a check yields texts and problems, not 418",
        ),
        (
            BREAKS.replace('source="this test"', 'source="this test", applies=lambda exchange: True'),
            "A check of your own failed: breaks says that it applies by True, which is no text",
        ),
    ],
    ids=["raises", "returns", "yields", "applies"],
)
def test_a_check_that_breaks_is_reported_as_such(tmp_path, text, error):
    path = module(tmp_path, text)
    report = verify("langsmith", checks_from=[path], **ONE)
    assert report.exit_status == 2
    crashes = report.to_json()["crashes"]
    assert error.format(path=path) in crashes[0]
    assert "a check of your own can't be used" in str(report)
    assert "please report this" not in str(report)


def test_a_check_that_breaks_stops_no_other_one(tmp_path):
    report = verify("langsmith", checks_from=[module(tmp_path, BREAKS)], faults=["missing-member"], **ONE)
    assert report.exit_status == 1
    assert {finding.check for finding in report.failures} == {"schema"}
    assert len(report.to_json()["crashes"]) > 3
    (operation,) = report.operations
    assert operation.verdicts["echo"] == "pass"
    assert operation.exchanges > 30


def test_what_a_broken_check_shows_of_a_secret_is_masked(tmp_path):
    path = module(
        tmp_path, BREAKS.replace('{}["no such member"]', 'raise ValueError(exchange.request.headers["x-api-key"])')
    )
    with deployment(mock("langsmith", auth="off")) as url:
        report = verify("langsmith", url, checks_from=[path], headers={"X-Api-Key": "a-secret-of-mine"}, **ONE)
    assert "breaks raised ValueError" in str(report)
    assert "a-secret-of-mine" not in str(report) + json.dumps(report.to_json())


UNUSABLE = [
    ("", "There is no check in {path}."),
    ("x = 1 +\n", "{path}, line 1: {path} can't be imported: SyntaxError: invalid syntax"),
    ("x = 1\nname_that_is_not_there\n", "{path}, line 2: {path} can't be imported: NameError: "),
    ("import no_such_module_anywhere\n", "{path}, line 1: {path} can't be imported: ModuleNotFoundError: "),
    (BREAKS.replace('"breaks"', '"echo"'), "{path}: threadmock has a check 'echo' already. Choose another name."),
    (BREAKS.replace('"breaks"', '"taken"'), "{path}: threadmock has a check 'taken' already."),
    (BREAKS + BREAKS.replace("def breaks", "def other"), "The name of the check 'breaks' in {path} is taken."),
    (BREAKS.replace('"breaks"', '"Not A Name"'), "{path}, line 4: {path} can't be imported: ValueError: "),
    (
        BREAKS.replace('@check(name="breaks", asserts="it works", source="this test")', "@check"),
        "{path}, line 4: {path} can't be imported: TypeError: write `@check(name=…, asserts=…, source=…)`",
    ),
    (BREAKS.replace('"it works"', '" "'), "{path}, line 4: {path} can't be imported: ValueError: "),
]


@pytest.mark.parametrize(("text", "error"), UNUSABLE)
def test_a_module_that_can_not_be_used_is_a_usage_error_with_the_place(tmp_path, text, error):
    path = module(tmp_path, text)
    with pytest.raises(UsageError) as raised:
        verify("langsmith", checks_from=[path], **ONE)
    assert str(raised.value).startswith(error.format(path=path))
    status, shown = invoke("checks", "--checks-from", str(path))
    assert (status, error.format(path=path) in shown) == (2, True)


@pytest.mark.parametrize("name", ["no_such_module_anywhere", "json.no_such_module", "no/such/file.py", "./none.py"])
def test_a_module_that_is_not_there_is_a_usage_error(name):
    with pytest.raises(
        UsageError, match=r"There is no (module|file) .* Name a module that can be imported, or the path"
    ):
        load_checks([name], ())


@pytest.mark.parametrize("name", ["", " ", "."])
def test_a_text_that_names_no_module_is_a_usage_error_of_the_option(name):
    with pytest.raises(UsageError) as error:
        load_checks([name], ())
    assert str(error.value).startswith(f"checks_from names no module: {name!r}. Name a module")


def test_the_file_is_offered_where_it_is_named_like_a_module(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module(tmp_path, BREAKS, "no_such_module_but_a_file.py")
    with pytest.raises(
        UsageError, match=r"no_such_module_but_a_file'\. Did you mean 'no_such_module_but_a_file\.py'\?"
    ):
        load_checks(["no_such_module_but_a_file"], ())


def test_the_place_of_an_error_is_never_ours_even_where_our_folder_is_reached_by_a_link(tmp_path, monkeypatch):
    path = module(tmp_path, BREAKS.replace('"breaks"', '"Not A Name"'))
    (tmp_path / "elsewhere").symlink_to(Path(own_checks.__file__).parents[1])
    linked = str(tmp_path / "elsewhere" / "checks" / "own_checks.py")
    frames = [traceback.FrameSummary(str(path), 4, "own"), traceback.FrameSummary(linked, 9, "check")]
    monkeypatch.setattr(own_checks.traceback, "extract_tb", lambda _: frames)
    assert own_checks._place(ValueError()) == f"{path}, line 4"


def test_a_broken_check_is_reported_once_and_its_operation_is_not_counted_as_tested(tmp_path):
    path = module(tmp_path, BREAKS)
    stream = io.StringIO()
    report = verify("langsmith", checks_from=[path], stream=stream, **ONE)
    count = len(report.to_json()["crashes"])
    line = f"    check breaks raised KeyError: 'no such member' ({path}, line 6), in {count} phases"
    assert count > 3
    assert str(report).splitlines().count(line) == 1
    assert str(report).count("raised KeyError") == 1
    assert "0 of 1 operations tested" in str(report)
    assert "no finding, A check" not in stream.getvalue()


def test_a_module_that_is_named_twice_is_loaded_once_and_one_of_another_counts(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    module(tmp_path, BREAKS, "own_base.py")
    module(tmp_path, "from own_base import breaks\n", "own_more.py")
    assert [each.name for each in load_checks(["own_base", "own_more", "own_base"], ())] == ["breaks"]


def test_a_check_can_be_called_with_any_object_of_that_form():
    @check(name="no_teapot", asserts="no answer is 418", source="our style guide")
    def no_teapot(exchange: CheckedExchange) -> Problem | None:
        return Problem("status 418") if exchange.status == 418 else None

    class Fake:
        status = 418

    assert no_teapot(Fake()) == Problem("status 418")
    Fake.status = 200
    assert no_teapot(Fake()) is None
    assert "no_teapot" not in checks
    assert Response(418, {}, b"").status == 418
