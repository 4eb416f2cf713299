"""The page at /_mock/ in a real browser: what it shows, what it changes, and that nothing stored becomes a part of it."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from support.paths import ROOT
from support.processes import Serving, start
from threadmock.mockserver.cli.network import network_urls

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SOURCES = ROOT / "mockserver" / "page"
IMAGES = ROOT / "docs" / "images"
PICTURES = ("page-overview", "page-requests", "page-threads", "page-steering", "page-sessions", "page-threads-dark")
LARGEST = 120_000
WRITES = "THREADMOCK_SCREENSHOTS"
TOKEN = "correct-horse"
SCRIPT = {"name": "watched", "steps": [{"say": "As the file says."}]}
FAR = ("--host", "0.0.0.0")
STARTED = {
    "mock": ("langsmith", "scale", "--data", "typical", "--clock", "2026-01-31T09:00:00Z"),
    "long": ("langsmith", "--data", "long", *FAR),
    "extreme": ("langsmith", "--data", "extreme", *FAR, "--control-token", TOKEN, "--watch", "--script", "script.json"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the script is that a mock watches."""
    made = tmp_path_factory.mktemp("watched")
    (made / "script.json").write_text(json.dumps(SCRIPT), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def mocks(folder: Path) -> Iterator[dict[str, Serving]]:
    """Three mocks, started at once."""
    started = {
        name: start(*options, "--port", "0", "--seed", "7", "--quiet", cwd=folder) for name, options in STARTED.items()
    }
    try:
        for each in started.values():
            each.wait_until_listening()
            each.host = "127.0.0.1"
        yield started
    finally:
        for each in started.values():
            each.end()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures go: into the documentation where a variable asks for it."""
    return IMAGES if os.environ.get(WRITES) else tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def lan() -> str:
    """A host by which this machine is another one; "" where it has no address but loopback."""
    return next((str(urlsplit(url).hostname) for url in network_urls("0.0.0.0", 80)), "")


@pytest.fixture(scope="module")
def saw(mocks: dict[str, Serving], folder: Path, lan: str, driver: Path, browser: str, pictures: Path) -> Any:
    """What a person saw who used all of the page."""
    script = driver / "mock_page.mjs"
    script.write_text(Path(__file__).with_name("mock_page.mjs").read_text(encoding="utf-8"), encoding="utf-8")
    urls = [part for name, each in mocks.items() for part in (f"--{name}", each.url)]
    places = ("--sources", str(SOURCES), "--script", str(folder / "script.json"), "--pictures", str(pictures))
    command = ("node", script.name, *urls, *places, "--lan", lan, "--token", TOKEN, "--chromium", browser)
    ended = subprocess.run(command, cwd=driver, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr
    print(json.loads(ended.stdout)["steps"])
    return json.loads(ended.stdout)


def test_nothing_fails_nothing_foreign_is_loaded_and_nothing_stored_runs(saw: Any) -> None:
    assert saw["faults"] == [], saw["steps"]
    assert (saw["foreign"], saw["dialogs"]) == ([], [])


def test_a_browser_lands_on_the_page_which_shows_what_is_served_with_lines_to_copy(saw: Any, mocks: Any) -> None:
    base = mocks["mock"].url
    assert saw["landed"] == "/_mock/"
    assert saw["served"] == ["LangSmith Deployment (LangGraph Agent Server)", "Scale GP (EGP API V4)"]
    assert saw["copied"][:2] == [f"{base}/langsmith", f'get_client(url="{base}/langsmith")']
    assert saw["copied"][2].startswith(f"curl -s {base}/langsmith/threads -H ")


def test_a_request_appears_as_it_comes_and_shows_what_came_and_why(saw: Any) -> None:
    assert saw["announced"] == "New request: POST /langsmith/threads, 200"
    assert saw["newest"].endswith("/state")
    assert saw["unexpected"] == ["/langsmith/nowhere?x=1"]
    assert saw["stream"] >= 4
    assert "run run" in saw["streamed"]
    assert json.loads(saw["event"])
    for text in ("422", '"metadata": "no object"', '"no object" is not of type "object"', "POST /threads"):
        assert text in saw["details"]


def test_the_filter_shows_what_is_wanted_and_a_pause_holds_the_list_still(saw: Any) -> None:
    assert saw["filtered"] == {
        "text": ["200", "200"],
        "status": ["404", "422"],
        "one status": ["422"],
        "method": ["200", "404"],
        "operation": ["422", "200"],
        "unexpected": ["404"],
    }
    assert saw["paused"] == 5


def test_of_many_requests_the_last_thousand_are_rows(saw: Any) -> None:
    assert 900 < saw["many"] <= 1000


def test_all_is_reached_and_used_by_keys_alone_and_has_a_name(saw: Any) -> None:
    names = [each["name"] for each in saw["walk"]]
    assert names[0] == "Skip to the content"
    assert {"pause", "clear", "keys-open"} <= set(names)
    assert sum("/langsmith/" in name for name in names) == 1  # one row is in the order, arrows lead to the others
    assert [each for each in saw["walk"] if not each["seen"]] == []
    assert saw["arrows"][0] != saw["arrows"][1]
    assert saw["returned"] == saw["arrows"][1]
    assert saw["typed"] == "4/?p"
    assert (saw["keys"], saw["without_keys"]) == (True, True)
    assert saw["roles"] == {"landmarks": 3, "unnamed": []}


def test_settings_are_changed(saw: Any) -> None:
    assert saw["settings"]["script"] == "tool"
    assert saw["settings"]["speed"] == 0
    assert saw["settings"]["latency"] == {"ms": 1}
    assert saw["settings"]["faults"] == ["truncate"]
    assert saw["clock"]["frozen"] is True
    assert saw["clock"]["at"].startswith("2027-03-01T14:00:00")


def test_the_next_answer_is_given_and_what_is_refused_is_told(saw: Any) -> None:
    assert "POST /threads" in saw["waiting"][0]
    assert saw["given"] == {"status": 503, "body": {"busy": True}, "headers": ["5", "a: b"]}


def test_what_is_refused_is_told_at_the_field_that_is_wrong(saw: Any) -> None:
    told = {"next": saw["refused"], **saw["wrong"], "script": saw["session"]["wrong"]}
    words = {
        "next": ("operation", "No operation is named 'POST /nowhere'."),
        "json": ("body", "This is no JSON."),
        "header": ("headers", '"no header" is no header.'),
        "agents": ("agents", "/agents/helper/script: There is no script 'nowhere'."),
        "script": ("source", "/steps/0: A step has one of say,"),
    }
    for name, (field, text) in words.items():
        assert told[name][0] == field, name
        assert told[name][1].startswith(text), name
        assert told[name][2] is True, name  # it has the focus
    assert "line 1" in saw["wrong"]["json"][1]
    assert saw["agents"] == {"helper": {"script": "tool"}}


def test_a_reset_asks_before_it_forgets(saw: Any) -> None:
    assert "Reset the mock?" in saw["asked"]
    assert saw["kept"] is True
    assert "seed 7" in saw["reset"]


def strays(paths: Sequence[str], name: str) -> list[str]:
    """What the page of a session asked that is not about it, but for the list in which it looks whether it is there."""
    return [each for each in paths if not each.partition(" ")[2].startswith(f"/_s/{name}/") and each != LIST]


LIST = "GET /_mock/sessions"


def test_sessions_are_made_listed_and_ended(saw: Any) -> None:
    told = saw["sessions"]
    assert "/_s/NAME/" in told["none"]
    assert told["taken"][0] == "name"
    assert "There is a session 'worker-1'." in told["taken"][1]
    assert told["row"][0] == "worker-1"
    assert int(told["row"][3]) > 10  # things
    assert told["row"][4] == "1"  # requests
    assert told["kept"] == 2
    assert "End session other?" in told["asked"]


def test_the_page_of_a_session_is_about_the_session_alone(saw: Any, mocks: Any) -> None:
    told, base = saw["session"], f"{mocks['mock'].url}/_s/worker-1/langsmith"
    assert told["rows"] == ["/langsmith/of-the-session", "/langsmith/threads"]
    assert told["title"] == "Requests – worker-1 – threadmock"
    assert "worker-1" in told["strip"]
    assert told["lines"][:2] == [base, f'get_client(url="{base}")']
    assert f" {base}/threads " in told["lines"][2]
    assert told["next"] == [1, 0]
    assert told["settings"] == [["mine", "10"], ["echo", "09"]]
    assert told["said"] == ["Hello", "As my script says."]
    assert told["things"][0] == told["things"][1]
    assert len(told["paths"]) > 30
    assert strays(told["paths"], "worker-1") == []


def test_a_page_that_asks_the_server_instead_of_the_session_is_found_out(saw: Any) -> None:
    assert set(strays(saw["session"]["defect"], "worker-1")) == {"GET /_mock/health"}


def test_a_session_that_ended_is_not_made_anew_by_its_page(saw: Any) -> None:
    assert saw["session"]["over"] == ["ended", "over-again"]
    assert saw["session"]["left"] == []
    assert saw["session"]["back"] == ["/_mock/", False]


def test_snapshots_are_taken_restored_carried_as_files_and_removed(saw: Any) -> None:
    told = saw["snapshots"]
    assert "No snapshots yet." in told["none"]
    assert told["restored"] == told["uploaded"] == told["before"]
    assert told["file"][0] == "first.json"
    assert "threadmock_snapshot" in told["file"][1]
    assert "Everything that is stored now is replaced." in told["asked"]
    assert told["names"] == ["my-first-1-"]
    assert "Choose a file first" in told["no_file"]


def test_a_snapshot_that_can_t_be_is_told_as_what_it_is(saw: Any) -> None:
    told = saw["snapshots"]
    assert told["taken"][:2] == [
        "name",
        "A snapshot is named 'first', and it stays. Remove it with DELETE /_mock/snapshots/first, or take another name.",
    ]
    assert told["running"].startswith("1 run is under way")
    assert told["foreign"][0] == "file"
    assert told["foreign"][1].startswith("This is no snapshot of threadmock.")


def test_an_edit_that_can_t_be_read_is_told_until_it_is_mended(saw: Any) -> None:
    told = saw["watched"]
    assert told["quiet"] == [True, False]
    assert "The last edit of a file can't be read" in told["broken"]
    assert "script.json" in told["broken"]
    assert told["mended"] is False


def test_another_machine_is_told_what_to_do_and_has_all_of_the_page_with_the_token(saw: Any, lan: str) -> None:
    if not lan:
        pytest.skip("This machine has no address but loopback")
    told = saw["lan"]
    for path in ("/", "/_mock/"):
        assert told[path][0] == 403
        assert "Start the server with --control-token TOKEN" in told[path][1]
    assert f"http://{lan}" in told["locked"]
    assert "/_mock/#token=TOKEN" in told["locked"]
    assert told["opened"] is True
    assert "token" not in told["address"]
    assert {path for path, _ in told["sent"]} >= {"/_mock/health", "/_mock/events", "/_s/far/_mock/events"}
    assert {token for _, token in told["sent"]} == {TOKEN}
    assert told["session"] == "far"


def test_it_is_light_and_dark_and_fits_a_phone(saw: Any) -> None:
    assert saw["light"] == "rgb(246, 247, 249)"
    assert saw["dark"] != saw["light"]
    assert max(saw["widths"].values()) <= 390, saw["widths"]


def test_the_reference_tries_the_mock_below_its_prefix(saw: Any, mocks: Any) -> None:
    assert saw["tried"].removeprefix("Request URL").startswith(f"{mocks['mock'].url}/langsmith/")
    assert saw["trial"] == ["POST", "/langsmith/threads", 200]


def test_a_token_is_taken_out_of_the_address_and_sent_with_every_request(saw: Any) -> None:
    assert "token" not in saw["token"]["address"]
    assert saw["token"]["sent"]
    assert set(saw["token"]["sent"]) == {"12345678"}


def test_a_copy_is_made_also_where_the_browser_has_no_clipboard_for_pages(saw: Any, mocks: Any) -> None:
    assert saw["pasted"] == f"{mocks['mock'].url}/langsmith"


def test_threads_are_read_as_conversations(saw: Any) -> None:
    assert {"Where is order 1042?", "Weekly report", "Untitled"} <= set(saw["threads"])
    roles = [role for role, _ in saw["messages"]]
    assert roles[0] == "user"
    assert {"user", "assistant", "tool"} <= set(roles)
    assert saw["messages"][0][1]
    assert saw["calls"]
    assert saw["history"] > len(saw["messages"])


def test_a_thread_appears_by_itself_and_is_found_by_words(saw: Any) -> None:
    assert saw["appeared"] == ["Fresh from a client"]


def test_what_is_said_starts_a_run_whose_stream_shows_as_it_comes(saw: Any) -> None:
    assert saw["said"][0] == "Hello from the page"
    assert saw["said"][1]
    assert saw["streaming"] >= 3
    assert saw["new_thread"][0] == "A new one"
    assert len(saw["new_thread"]) == 2


def test_branches_of_the_history_are_branches(saw: Any) -> None:
    assert saw["branches"] == 1
    assert saw["runs"] == "Runs (3)"


def test_what_is_open_and_has_the_focus_stays_so_when_more_comes(saw: Any) -> None:
    assert saw["stays"] == ["SUMMARY", True]


def test_ten_thousand_threads_stay_fluid(saw: Any) -> None:
    assert saw["long"]["whole"] == 10_000
    assert saw["long"]["last"] == "10000"
    assert saw["long"]["most"] < 400
    assert "10,000 threads" in saw["long"]["said"]


def test_stored_markup_is_text(saw: Any) -> None:
    extreme = saw["extreme"]
    shown = "".join(extreme["shown"])
    assert extreme["threads"] == len(extreme["shown"]) > 5
    for text in (
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(document.domain)>",
        "<b onmouseover=alert(1)>x</b>",
    ):
        assert text in shown, text
    assert "<script>alert(1)</script>?x=" in extreme["request"] or "onerror=alert(3)" in extreme["request"]
    assert extreme["parts"] == {"scripts": ["page/page.js"], "made": 0, "polluted": False}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_for_the_documentation_are_made_and_small(saw: Any, pictures: Path, name: str) -> None:
    path = pictures / f"{name}.png"
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size < LARGEST
    assert (IMAGES / path.name).exists(), f"make them with {WRITES}=1"  # the guide shows them
