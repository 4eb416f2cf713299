"""Saved findings: each holds where it was found, is gone where it is mended, and needs nothing but its file."""

import ast
import dataclasses
import functools
import json
import re
import sys
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from support.hostile_server import hostile
from support.pytest_apart import run_pytest
from threadmock.contracts.checks.finding import CaseRecord, Finding
from threadmock.contracts.cli.main import run as run_command
from threadmock.contracts.cli.main import threadmock
from threadmock.contracts.engine.run import prepare
from threadmock.contracts.engine.summary import Summary
from threadmock.contracts.options import Settings
from threadmock.contracts.replays.credential_forms import credentials_of_forms
from threadmock.contracts.replays.finding_file import file_stem, read_saved, saved
from threadmock.contracts.replays.pytest_file import written_test
from threadmock.contracts.replays.rejudge import known_contract, rejudged
from threadmock.contracts.replays.replayer import replay
from threadmock.contracts.replays.substitution import Values, leaf_values, names_something, pack, put, unpack
from threadmock.contracts.reporting.report_folder import write_report
from threadmock.contracts.settings import UsageError, shown_in_flags
from threadmock.contracts.target.open_target import mock_target
from threadmock.contracts.target.tags import NAME
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.header_options import secrets_of
from threadmock.contracts.transport.wsgi import WsgiTransport
from threadmock.specs.loader import load

NOTEBOOKS = "tests/data/notebooks"
QUICK = {"pause": lambda _: None}


@functools.cache
def found(provider, fault, check, phase):
    """The saved finding of a check on the mock with that fault, as its file would hold it."""
    settings = Settings(provider, seed=3, report=Path("unused"), faults=(fault,), max_examples=20)
    run = prepare(settings)
    try:
        for slug, each in run.items():
            if each != phase:
                continue
            for finding, _ in run.perform(slug, each).findings:
                if finding.check == check:
                    return json.loads(json.dumps(saved(run.contract, run.settings, finding)))
    finally:
        run.target.close()
    raise AssertionError(f"{check} finds nothing")


def again(finding, *faults, judge=True):
    """The outcome on a fresh mock, of another seed, with these faults."""
    contract = known_contract(finding)
    transport = mock_target(contract, 99, faults=faults).transport
    replayed = replay(finding, transport, {}, **QUICK)
    return rejudged(finding, replayed, contract) if judge else replayed


cases = [
    ("langsmith", "truncate", "echo", "coverage"),
    ("langsmith", "crash-on-emoji", "no_server_error", "coverage"),
    ("langsmith", "accept-invalid", "invalid_refused", "coverage"),
    ("langsmith", "missing-member", "schema", "coverage"),
    ("langsmith", "own-error-shape", "schema", "coverage"),
    ("langsmith", "ignore-conflict", "taken", "taken"),
    ("langsmith", "forget", "survives_many", "survives_many"),
    ("langsmith", "frozen-clock", "clock", "clock"),
    ("langsmith", "reserve-refused", "refused_leaves_nothing", "refused_leaves_nothing"),
    ("langsmith", "read-newest", "read_your_writes", "read_your_writes"),
    ("langsmith", "list-deleted", "gone_after_delete", "gone_after_delete"),
    ("langsmith", "ignore-filters", "filters", "filters"),
    ("langsmith", "off-by-one-page", "paging", "paging"),
    ("langsmith", "no-next-offset", "page_headers", "page_headers"),
    ("langsmith", "prune-all", "prune", "prune"),
    ("langsmith", "copy-bare", "copy", "copy"),
    ("seekrflow", "open-door", "credentials", "coverage"),
    ("lighton", "lost-update", "update_visible", "update_visible"),
    (NOTEBOOKS, "leak", "isolation", "isolation"),
    (NOTEBOOKS, "partial-merge", "merge", "merge"),
]


@pytest.mark.parametrize(
    ("provider", "fault", "check", "phase"), cases, ids=[f"{c[1]}-{c[2]}-{i}" for i, c in enumerate(cases)]
)
def test_a_finding_holds_where_it_was_found_and_is_gone_where_it_is_mended(provider, fault, check, phase):
    finding = found(provider, fault, check, phase)
    assert again(finding, fault).state == "holds"
    assert again(finding).state == "gone"


@pytest.mark.parametrize(("provider", "fault", "check", "phase"), [cases[0], cases[5], cases[9], cases[18]])
def test_the_file_alone_is_enough_where_the_document_is_not_at_hand(provider, fault, check, phase):
    finding = found(provider, fault, check, phase)
    lost = {**finding, "contract": {**finding["contract"], "provider": "no-such-provider"}}
    assert known_contract(lost) is None
    assert known_contract({**finding, "contract": {**finding["contract"], "digest": "another"}}) is None
    assert again(finding, fault, judge=False).state == "holds"
    assert again(finding, judge=False).state == "gone"


class Renaming:
    """An application whose streams of events have one name instead of another."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        chunks = self.app(environ, start_response)
        try:
            for chunk in chunks:
                yield bytes(chunk).replace(b"event: metadata", b"event: beginning")
        finally:
            if hasattr(chunks, "close"):
                chunks.close()


def test_of_a_stream_the_events_are_compared():
    run = prepare(
        Settings("langsmith", seed=3, report=Path("unused"), operations=("POST /threads/{thread_id}/runs/stream",))
    )
    plain = run.target.transport
    run.target.transport = WsgiTransport(Renaming(plain._app))
    # What a run without an input tells hangs on the state that its thread has from earlier requests.
    outcome = run.perform(*next((slug, phase) for slug, phase in run.items() if phase == "tokens"))
    finding = next(f for f, _ in outcome.findings if f.check == "event_names")
    kept = json.loads(json.dumps(saved(run.contract, run.settings, finding)))
    assert kept["steps"][kept["judged"]]["starts_run"]
    for judge in (True, False):
        for transport, state in ((run.target.transport, "holds"), (plain, "gone")):
            replayed = replay(kept, transport, {}, **QUICK)
            assert (rejudged(kept, replayed, run.contract) if judge else replayed).state == state


def test_what_was_made_elsewhere_is_named_by_the_answers_of_here():
    finding = found("langsmith", "read-newest", "read_your_writes", "read_your_writes")
    sources = {value["from"].partition(" ")[2] for value in finding["values"].values()}
    assert "body:/thread_id" in sources
    then = {step["request"]["path"] for step in finding["steps"] if step["puts"]}
    assert not then & {request.path for request in again(finding, "read-newest").requests}


def test_a_setup_that_is_refused_decides_nothing():
    finding = found("langsmith", "read-newest", "read_your_writes", "read_your_writes")
    broken = json.loads(json.dumps(finding))
    broken["steps"][0]["request"]["body"] = {"text": '{"metadata": 1}'}
    outcome = again(broken, "read-newest")
    assert outcome.state == "undecided"
    assert "request 1" in outcome.why


# --- files


RECORD = CaseRecord("a case", "valid", "coverage", "POST", "http://127.0.0.1:4040/threads", status=500, curl="curl x")
FINDING = Finding(
    "echo", "../../etc\\passwd: \x1b x" * 20, "failure", "documented", "/a", "one", "another 17", "#", RECORD
)


def test_files_are_named_by_check_operation_and_cause_alike_in_every_run():
    stem = file_stem(FINDING)
    assert re.fullmatch(r"[A-Za-z0-9_]+-[A-Za-z0-9_]+-[0-9a-f]{10}", stem)
    assert len(stem) < 150
    assert file_stem(dataclasses.replace(FINDING, got="another 18", case=dataclasses.replace(RECORD, body="x"))) == stem
    assert file_stem(dataclasses.replace(FINDING, check="time")) != stem


def test_a_report_holds_a_file_and_a_test_for_each_cause(tmp_path):
    settings = Settings("langsmith", seed=3, report=tmp_path, faults=("truncate",), operations=("POST /threads",))
    run = prepare(settings)
    summary = Summary(run)
    summary.gather(run.perform(run.operations[0].slug, "coverage"))
    write_report(summary, 1)
    written = json.loads((tmp_path / "report.json").read_text())
    files = [finding["file"] for finding in written["findings"]]
    assert files
    assert len(set(files)) == len(files)
    for name in files:
        kept = read_saved(tmp_path / name)
        assert kept["format"] == 1
        assert kept["contract"]["digest"] == run.contract.digest
        assert (kept["contract"]["layer"], kept["verdict"]) == ("documented", "holds")
        assert "curl -sS" in kept["curl"]
    assert len(list((tmp_path / "findings").glob("test_*.py"))) == len(files)
    assert all("story" not in finding for finding in written["findings"])


SECRET = "t0p-s3cret-value"


def test_no_file_holds_a_secret_and_the_header_comes_at_replay(tmp_path):
    contract = load("seekrflow")
    mock = mock_target(contract, 3, faults=("truncate",))
    run = prepare(Settings("seekrflow", seed=3, report=tmp_path, operations=("POST /v1/threads",)))
    given = {"authorization": f"Bearer {SECRET}"}
    app = mock.transport._app

    def open_to_all(environ, start_response):
        if environ.get("HTTP_AUTHORIZATION") == given["authorization"]:
            environ["HTTP_AUTHORIZATION"] = "Bearer threadmock"
        return app(environ, start_response)

    run.target = Target(WsgiTransport(open_to_all), "there", given=given, masking=secrets_of(contract, given))
    summary = Summary(run)
    summary.gather(run.perform(run.operations[0].slug, "coverage"))
    assert summary.causes
    write_report(summary, 1)
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or SECRET not in path.read_text()
    kept = read_saved(next((tmp_path / "findings").glob("echo-*.json")))
    with pytest.raises(UsageError, match=r"Add header_env=\['authorization=VARIABLE'\]\."):
        replay(kept, run.target.transport, {}, **QUICK)
    assert replay(kept, run.target.transport, given, **QUICK).state == "holds"
    assert replay(kept, run.target.transport, {"authorization": "Bearer no"}, **QUICK).state == "undecided"


def test_credentials_are_put_on_as_they_were_worn():
    worn = {"authorization": {"how": "wrong"}, "?key": {"how": "good"}, "x-plain": {"how": "", "value": "yes"}}
    headers, query, lacking = credentials_of_forms(worn, {"authorization": "Bearer abcdefgh", "key": "k1"})
    assert headers["authorization"].startswith("Bearer abcd")
    assert headers["authorization"] != "Bearer abcdefgh"
    assert (headers["x-plain"], query, lacking) == ("yes", "key=k1", "")
    assert credentials_of_forms({"authorization": {"how": "good"}}, {})[2] == "authorization"


# --- the parts


@given(st.binary(max_size=200), st.integers(0, 300))
def test_bytes_are_kept_as_they_are(data, times):
    assert unpack(json.loads(json.dumps(pack(data * times)))) == data * times


OLD, NEW = "6ba7b810-9dad-41d1-80b4-00c04fd430c8", "0e37df36-f698-41e6-8dd4-111111111111"
places = {
    "path": ({"path": f"/threads/{OLD}/runs"}, "path", OLD, NEW, {"path": f"/threads/{NEW}/runs"}),
    "a part of a step": ({"path": f"/threads/{OLD}:x"}, "path", OLD, NEW, {"path": f"/threads/{NEW}:x"}),
    "upper case": ({"path": f"/{OLD.upper()}"}, "path", OLD, NEW, {"path": f"/{NEW.upper()}"}),
    "a short one": ({"path": "/things/7/of/17"}, "path", 7, 8, {"path": "/things/8/of/17"}),
    "query": ({"query": "a=1&c=x%2Fy"}, "query", "x/y", "z&", {"query": "a=1&c=z%26"}),
    "headers": (
        {"headers": {"last-event-id": "17", "x": "170"}},
        "headers",
        "17",
        "18",
        {"headers": {"last-event-id": "18", "x": "170"}},
    ),
    "body": ({"body": f'{{ "id": "{OLD}"}}'.encode()}, "body", OLD, NEW, {"body": f'{{ "id": "{NEW}"}}'.encode()}),
    "no JSON": ({"body": f"\xff{OLD}".encode("latin-1")}, "body", OLD, NEW, {"body": f"\xff{NEW}".encode("latin-1")}),
    "a number": ({"body": b'{"id": 7, "n": [7, 17]}'}, "body", 7, 8, {"body": b'{"id":8,"n":[8,17]}'}),
}


@pytest.mark.parametrize(("request_", "part", "old", "new", "expected"), places.values(), ids=places)
def test_a_value_is_put_where_another_stood(request_, part, old, new, expected):
    assert put(request_, part, old, new) == expected


def test_where_values_stand_in_an_answer():
    answer = {
        "status": 201,
        "headers": {"location": "/threads/t-1"},
        "body": b'{"a": {"id": 5}, "next": "https://h/x?cursor=c%201"}',
    }
    found = leaf_values(answer)
    assert found["body:/a/id"] == 5
    assert found["body:/next?cursor"] == "c 1"
    assert found["header:location#2"] == "t-1"
    stream = {
        "headers": {"content-type": "text/event-stream"},
        "body": b'id: 9\ndata: {"run_id":\r\ndata: "r"}\n\n: beat\n\n',
    }
    assert leaf_values(stream) == {"event 0.id": "9", "event 0:/run_id": "r"}
    assert leaf_values({"status": None, "headers": {}, "body": b"\xff"}) == {}
    assert names_something("body:/thread_id", "x")
    assert not names_something("body:/status", "idle")


def test_a_value_that_is_not_told_any_more_is_missed_by_name():
    values = Values({"v1": {"was": OLD, "from": "0 body:/id"}})
    values.learn(0, {"status": 200, "headers": {}, "body": b"{}"})
    with pytest.raises(LookupError, match="the answer to request 1 lacks body:/id"):
        values.fill({"path": f"/{OLD}"}, [{"value": "v1", "in": "path"}])


# --- the command


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("findings")
    for name, case in {"echo": cases[0], "several": cases[9]}.items():
        (folder / f"{name}.json").write_text(json.dumps(found(*case)))
    return folder


def call(*arguments):
    result = CliRunner().invoke(threadmock, ["replay", *map(str, arguments)], standalone_mode=False)
    if isinstance(result.exception, Exception):
        output = shown_in_flags(result.exception)
        return run_command(lambda: (_ for _ in ()).throw(result.exception)), output
    return result.exit_code or result.return_value or 0, result.output


def test_without_a_target_the_mock_answers_with_the_same_faults(files):
    status, output = call(files / "echo.json")
    assert status == 1, output
    assert output.splitlines()[-1].startswith("HOLDS: ")
    assert "echo: create_thread_threads_post at /metadata" in output


@pytest.mark.parametrize("name", ["echo", "several"])
def test_a_target_decides(files, serving, name):
    faults = [f"--fault={fault}" for fault in ("truncate", "read-newest")]
    broken, mended = serving("langsmith", "--port=0", *faults), serving("langsmith", "--port=0")
    assert call(files / f"{name}.json", "--target", broken.url)[0] == 1
    status, output = call(files / f"{name}.json", "--target", mended.url)
    assert status == 0, output
    assert "GONE: " in output


def threads(url):
    request = urllib.request.Request(f"{url}/threads/count", b"{}", {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_what_never_showed_twice_is_not_called_gone(files, serving, tmp_path):
    once = json.loads((files / "several.json").read_text()) | {"repeated": "no"}
    (tmp_path / "once.json").write_text(json.dumps(once))
    broken, mended = serving("langsmith", "--port=0", "--fault=read-newest"), serving("langsmith", "--port=0")
    assert call(tmp_path / "once.json", "--target", broken.url)[0] == 1
    status, output = call(tmp_path / "once.json", "--target", mended.url)
    assert status == 5
    assert "UNDECIDED: " in output
    assert "right after it was found" in output


def test_what_a_replay_makes_is_removed_again_unless_it_is_to_be_kept(files, serving):
    server = serving("langsmith", "--port=0", "--fault=read-newest")
    status, output = call(files / "several.json", "--target", server.url, "--times", "3")
    assert status == 1
    assert re.search(r"^Clean-up: \d things removed, 0 left behind", output, re.MULTILINE)
    assert output.splitlines()[-1].startswith("HOLDS: ")
    assert threads(server.url) == 0
    status, output = call(files / "several.json", "--target", server.url, "--keep")
    assert re.search(r"things were made and are kept .*threadmock cleanup ", output)
    assert threads(server.url) > 0


def test_what_is_made_stays_where_the_document_is_not_at_hand_and_that_is_said(files, serving, tmp_path):
    server = serving("langsmith", "--port=0", "--fault=read-newest")
    lost = json.loads((files / "several.json").read_text())
    lost["contract"]["provider"] = "no-such-provider"
    (tmp_path / "lost.json").write_text(json.dumps(lost))
    status, output = call(tmp_path / "lost.json", "--target", server.url)
    assert status == 2
    assert "--allow-writes" in output
    assert threads(server.url) == 0
    status, output = call(tmp_path / "lost.json", "--target", server.url, "--allow-writes")
    assert status == 1
    assert "What this makes stays there" in output


def test_a_finding_about_a_key_that_a_client_chose_is_sent_to_a_deployment_with_another_one(serving, tmp_path):
    (tmp_path / "taken.json").write_text(json.dumps(found(*cases[5])))
    broken, mended = serving("langsmith", "--port=0", "--fault=ignore-conflict"), serving("langsmith", "--port=0")
    for server, expected in ((broken, 1), (mended, 0)):
        status, output = call(tmp_path / "taken.json", "--target", server.url)
        assert status == expected, output
        assert threads(server.url) == 0


def test_no_answer_is_not_taken_for_gone(files):
    with hostile(lambda talk: talk.request()) as server:
        status, output = call(files / "echo.json", "--target", server.url)
    assert status == 5
    assert "UNDECIDED: request 1 is not answered now" in output


def test_what_a_replay_makes_carries_the_tag_of_its_own_ledger(files, tmp_path):
    old, ledger = "20260101T000000-0123456789ab", tmp_path / "ledger.jsonl"
    kept = json.loads((files / "several.json").read_text())
    kept["steps"][0]["request"]["body"] = {"text": json.dumps({"metadata": {NAME: old}})}
    (tmp_path / "kept.json").write_text(json.dumps(kept))
    with hostile(lambda talk: talk.request()) as server:
        call(tmp_path / "kept.json", "--target", server.url, "--ledger", ledger)
    told = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert told[0]["run"] != old
    assert told[1]["tagged"]
    assert f'"{NAME}": "{told[0]["run"]}"'.encode() in server.requests[0]


def test_a_finding_that_was_found_with_an_overlay_of_ones_own_is_judged_by_it(tmp_path):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: x, version: '1'}\nactions: [{target: $.info, update: {x-a: 1}}]\n"
    )
    contract = load("langsmith", overlays=(overlay,))
    told_ = {"provider": "langsmith", "layer": "documented", "overlays": [str(overlay)], "digest": contract.digest}
    assert known_contract({"contract": told_}).digest == contract.digest


spoilt = {
    "a time that is none": lambda step: step.update(wait="soon"),
    "no base64": lambda step: step["request"].update(body={"base64": "!"}),
    "no gzip": lambda step: step["request"].update(body={"gzip": "e30="}),
    "a number for a text": lambda step: step["request"].update(body={"text": 5}),
    "a header that is a number": lambda step: step["request"].update(headers={"a": 5}),
    "places that are none": lambda step: step.update(puts=[3]),
    "half of a surrogate pair": lambda step: step["request"].update(body={"text": "\ud800"}),
}


@pytest.mark.parametrize("spoil", spoilt.values(), ids=spoilt)
def test_a_finding_that_was_spoilt_by_hand_is_a_usage_error(files, tmp_path, spoil):
    kept = json.loads((files / "echo.json").read_text())
    spoil(kept["steps"][0])
    (tmp_path / "spoilt.json").write_text(json.dumps(kept))
    status, output = call(tmp_path / "spoilt.json")
    assert status == 2, output
    assert "no finding that can be sent" in output


def test_a_replay_touches_only_what_it_made(files, serving, tmp_path):
    """A file may come from anybody, and name what is somebody else's."""
    server = serving("langsmith", "--port=0")
    request = urllib.request.Request(f"{server.url}/threads", b"{}", {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        other = json.load(answer)["thread_id"]
    nasty = json.loads((files / "echo.json").read_text())
    nasty["steps"][nasty["judged"]]["request"] |= {"method": "DELETE", "path": f"/threads/{other}"}
    (tmp_path / "nasty.json").write_text(json.dumps(nasty))
    status, output = call(tmp_path / "nasty.json", "--target", server.url)
    assert status == 5
    assert "UNDECIDED: request 1 was not sent: path.thread_id names what this run did not make" in output
    assert threads(server.url) == 1


def test_nobody_there_is_3_and_another_way_there_is_5(files, tmp_path):
    assert call(files / "echo.json", "--target", "http://127.0.0.1:9")[0] == 3
    broken = json.loads((files / "several.json").read_text())
    broken["steps"][0]["request"]["body"] = {"text": "{"}
    (tmp_path / "broken.json").write_text(json.dumps(broken))
    # its scenario makes its things anew, and needs none of that
    assert call(tmp_path / "broken.json")[0] == 1
    del broken["item"]
    (tmp_path / "broken.json").write_text(json.dumps(broken))
    status, output = call(tmp_path / "broken.json")
    assert status == 5
    assert re.search("UNDECIDED: .*request 1 ", output)


unusable = {
    "none there": (None, "can't be read"),
    "no JSON": ("{", "can't be read"),
    "another JSON": ("[]", "no format version"),
    "another format": ('{"format": 99}', "reads 1"),
    "half": ('{"format": 1, "finding": {}}', "it lacks contract"),
}


@pytest.mark.parametrize(("text", "told_"), unusable.values(), ids=unusable)
def test_a_file_that_is_no_finding_is_a_usage_error(tmp_path, text, told_):
    if text is not None:
        (tmp_path / "file.json").write_text(text)
    status, output = call(tmp_path / "file.json")
    assert status == 2
    assert told_ in output


def test_a_target_that_is_not_this_machine_is_not_written_to_until_that_is_said(files):
    status, output = call(files / "echo.json", "--target", "http://198.51.100.7")
    assert status == 2
    assert "--allow-writes" in output


# --- the generated test


def pytest_run(path, url):
    return run_pytest(path, "-W", "error", timeout=60, TARGET=url)


@pytest.mark.slow
@pytest.mark.parametrize("case", [cases[0], cases[9]], ids=["one exchange", "several"])
def test_a_generated_test_fails_as_long_as_the_finding_holds(tmp_path, serving, case):
    path = tmp_path / "test_it.py"
    path.write_text(written_test(found(*case), path.name))
    broken, mended = serving("langsmith", "--port=0", f"--fault={case[1]}"), serving("langsmith", "--port=0")
    done = pytest_run(path, broken.url)
    assert done.returncode == 1, done.stdout
    assert "1 failed" in done.stdout
    done = pytest_run(path, mended.url)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    done = pytest_run(path, "http://127.0.0.1:9")
    assert "1 skipped" in done.stdout


def test_a_generated_test_needs_pytest_and_the_standard_library_only():
    tree = ast.parse(written_test(found(*cases[0]), "test_it.py"))
    imported = {
        name.name.split(".")[0] if isinstance(node, ast.Import) else str(node.module).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert imported <= set(sys.stdlib_module_names) | {"pytest"}


@given(st.text(), st.text())
def test_what_a_target_says_is_never_code_in_a_generated_test(said, where):
    finding = found(*cases[0])
    nasty = '"""\nraise SystemExit\n"""\\' + said
    made = {**finding, "where": where, "finding": {**finding["finding"], "got": nasty, "where": nasty, "check": nasty}}
    tree = ast.parse(written_test(made, "test_it.py"))
    calm = ast.parse(written_test(finding, "test_it.py"))
    assert [type(node) for node in tree.body] == [type(node) for node in calm.body]
