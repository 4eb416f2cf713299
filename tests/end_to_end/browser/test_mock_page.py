"""The page at /_mock/ in a real browser: what it shows, what it changes, and that nothing stored becomes a part of it."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.paths import ROOT
from support.processes import Serving, start

pytestmark = [pytest.mark.browser, pytest.mark.slow]
IMAGES = ROOT / "docs" / "images"
PICTURES = ("page-overview", "page-requests", "page-threads", "page-steering", "page-threads-dark")
LARGEST = 120_000
WRITES = "THREADMOCK_SCREENSHOTS"
STARTED = {
    "mock": ("langsmith", "scale", "--data", "typical", "--clock", "2026-01-31T09:00:00Z"),
    "long": ("langsmith", "--data", "long"),
    "extreme": ("langsmith", "--data", "extreme"),
}


@pytest.fixture(scope="module")
def mocks() -> Iterator[dict[str, Serving]]:
    """Three mocks, started at once."""
    started = {name: start(*options, "--port", "0", "--seed", "7", "--quiet") for name, options in STARTED.items()}
    try:
        for each in started.values():
            each.wait_until_listening()
        yield started
    finally:
        for each in started.values():
            each.end()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures go: into the documentation where a variable asks for it."""
    return IMAGES if os.environ.get(WRITES) else tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def saw(mocks: dict[str, Serving], driver: Path, browser: str, pictures: Path) -> Any:
    """What a person saw who used all of the page."""
    script = driver / "mock_page.mjs"
    script.write_text(Path(__file__).with_name("mock_page.mjs").read_text(encoding="utf-8"), encoding="utf-8")
    urls = [part for name, each in mocks.items() for part in (f"--{name}", each.url)]
    command = ("node", script.name, *urls, "--chromium", browser, "--pictures", str(pictures))
    ended = subprocess.run(command, cwd=driver, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr
    print(json.loads(ended.stdout)["steps"])
    return json.loads(ended.stdout)


def test_nothing_fails_nothing_foreign_is_loaded_and_nothing_stored_runs(saw: Any) -> None:
    # the only error of the console are refusals that the walk asks for
    expected = "Failed to load resource: the server responded with a status of 400 (Bad Request)"
    assert [each for each in saw["faults"] if each != expected] == [], saw["steps"]
    assert len(saw["faults"]) == 1
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
    assert saw["given"] == {"status": 503, "body": {"busy": True}}
    assert "POST /nowhere" in saw["refused"]


def test_a_reset_asks_before_it_forgets(saw: Any) -> None:
    assert "Reset the mock?" in saw["asked"]
    assert saw["kept"] is True
    assert "seed 7" in saw["reset"]


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
