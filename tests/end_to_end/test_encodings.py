"""Consoles and files of another encoding: every command ends as it would in UTF-8, and files are UTF-8."""

import json
import subprocess
import sys

import pytest
from support.server_processes import environment

TITLE = "日本語 → ✅ 🙂 é"
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": TITLE, "version": "→1"},
    "paths": {
        "/notes": {
            "post": {
                "summary": TITLE,
                "tags": [TITLE],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"type": "object", "properties": {"題": {"type": "string"}}}}
                    }
                },
                "responses": {
                    "201": {
                        "description": TITLE,
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["id"],
                                    "properties": {"id": {"type": "string"}, "題": {"type": "string"}},
                                }
                            }
                        },
                    }
                },
            }
        },
    },
}


def run(*arguments, cwd):
    """A command on a console of cp1252, where every file that is opened without its encoding is an error."""
    code = "import sys; sys.argv[0] = 'threadmock'; from threadmock.contracts.cli.main import main; main()"
    narrow = {
        "PYTHONIOENCODING": "cp1252",
        "PYTHONWARNDEFAULTENCODING": "1",
        "PYTHONWARNINGS": "error::EncodingWarning",
    }
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env=environment() | narrow,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).decode("cp1252", "surrogateescape")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "api.json").write_text(json.dumps(DOCUMENT, ensure_ascii=False), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [("explain", "api.json"), ("verify", "api.json", "--dry-run"), ("checks",), ("explain", "--words")],
    ids="-".join,
)
def test_a_console_that_lacks_characters_gets_them_spelled_out(folder, arguments):
    status, text = run(*arguments, cwd=folder)
    assert (status, "Please report" in text) == (0, False), text
    if arguments[0] == "explain" and arguments[1] == "api.json":
        assert "\\u65e5\\u672c\\u8a9e \\u2192 \\u2705 \\U0001f642 é" in text


def test_a_report_and_its_replay_are_utf_8_on_any_console(folder):
    options = [
        "--fault",
        "other-status",
        "--report",
        "out",
        "--max-examples",
        "2",
        "--max-requests",
        "25",
        "--seed",
        "1",
    ]
    status, text = run("verify", "api.json", *options, cwd=folder)
    assert status == 1, text
    report = json.loads((folder / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["findings"]
    for path in (each for each in (folder / "out").rglob("*") if each.is_file()):
        path.read_text(encoding="utf-8")
    saved = next((folder / "out").glob("findings/*.json"))
    status, text = run("replay", str(saved), cwd=folder)
    assert status in (0, 1), text


def test_an_overlay_is_utf_8_in_a_file_and_in_a_pipe(folder):
    status, text = run("init", "api.json", cwd=folder)
    assert status == 0, text
    made = (folder / "api.overlay.yaml").read_text(encoding="utf-8")
    assert TITLE in made
    status, text = run("init", "api.json", "-o", "-", cwd=folder)
    assert (status, text.encode("cp1252", "surrogateescape").decode()) == (0, made)


def test_an_error_about_a_text_that_the_console_lacks_is_no_fault_of_ours(folder):
    status, text = run("explain", "題.json", cwd=folder)
    assert (status, "\\u984c.json" in text) == (2, True), text


def test_serving_greets_on_a_console_that_lacks_the_title(folder, serving):
    server = serving("--port", "0", str(folder / "api.json"), env={"PYTHONIOENCODING": "cp1252"})
    assert any("\\u65e5\\u672c\\u8a9e" in line for line in server.greeting())
    assert server.send("POST", "/notes", '{"題": "→"}'.encode(), {"content-type": "application/json"}).status == 201
