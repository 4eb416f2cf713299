"""report.html in a real browser: nothing is loaded, nothing that a target said runs, and what it offers works."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.hostile_reports import SAID, hostile_document
from threadmock.contracts.reporting.html_report import html_report

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return hostile_document()


@pytest.fixture(scope="module")
def saw(document: dict[str, Any], driver: Path, browser: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a person saw who opened the page of a hostile report and used all of it."""
    folder = tmp_path_factory.mktemp("report")
    page = folder / "report.html"
    page.write_text(html_report(document, folder), encoding="ascii")
    script = driver / "report.mjs"
    script.write_text(Path(__file__).with_name("report.mjs").read_text(encoding="utf-8"), encoding="utf-8")
    command = ("node", script.name, "--page", str(page), "--chromium", browser, "--pictures", str(folder))
    ended = subprocess.run(command, cwd=driver, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_nothing_is_loaded_and_nothing_that_a_target_said_runs_or_becomes_a_part_of_the_page(saw: Any) -> None:
    assert (saw["asked"], saw["faults"], saw["dialogs"], saw["pwned"]) == ([], [], [], False)
    assert (saw["scripts"], saw["images"]) == (2, 0)
    assert saw["findings"] == len(SAID)


def test_the_filter_shows_what_is_of_an_operation_a_check_a_kind_or_holds_words(saw: Any, document: Any) -> None:
    found = document["findings"]
    assert sum(saw["options"]["operation"].values()) == len(found)
    for check, count in saw["options"]["check"].items():
        assert count == sum(each["check"] == check for each in found)
    assert saw["options"]["kind"]["FAIL"] == sum(each["severity"] == "failure" for each in found)
    assert saw["options"]["kind"]["wrong shape"] == sum(each["weight"] == "shape" for each in found)
    assert saw["needle"] == {"shown": 1, "said": f"1 of {len(found)} shown"}
    assert saw["nothing"]["shown"] == 0


def test_what_is_copied_is_what_was_sent_and_what_came_to_the_letter(saw: Any, document: Any) -> None:
    # a clipboard holds no half of a surrogate pair, no NUL, and one kind of line end
    def held(text: str) -> str:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text.split("\0")[0].replace("\r\n", "\n")

    copied = {held(text) for text in saw["copied"]}
    for each in document["findings"]:
        for text in (each["case"]["answer"], each["command"]):
            assert held(text) in copied, each["case"]["label"]


def test_the_page_is_used_by_keys_alone_on_a_phone_in_the_light_and_in_the_dark(saw: Any) -> None:
    assert (saw["open"], saw["closed"], saw["opened_by_key"]) == (len(SAID), 0, 1)
    assert saw["focused"] in ("BUTTON", "SUMMARY")
    assert saw["light"] == "rgb(255, 255, 255)"
    assert saw["dark"] != saw["light"]
    assert saw["narrow"] <= 360, saw["widest"]
