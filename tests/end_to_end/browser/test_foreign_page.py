"""A page of another origin in a real browser: it can read why it is refused, and nothing is done for it."""

import json
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.environments import beside_libraries
from support.processes import start

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SCRIPT = Path(__file__).with_name("foreign.mjs")


@pytest.fixture
def port() -> int:
    """A port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def visit(browser: str, port: int, *options: str) -> tuple[Any, list[str], int]:
    """What a page at http://app.example saw; the lines of the log about it; how many things there were after it."""
    server = start("langsmith", "--port", "0", *options)
    try:
        server.wait_until_listening()
        server.send(
            "POST",
            "/threads",
            b'{"thread_id": "6ba7b810-9dad-41d1-80b4-00c04fd430c8"}',
            {"content-type": "application/json"},
        )
        with beside_libraries(SCRIPT) as [script]:
            command = ["node", script.name, "--api", server.url, "--name", "app.example", "--port", str(port)]
            ended = subprocess.run(
                [*command, "--chromium", browser],
                cwd=script.parent,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
        assert ended.returncode == 0, ended.stderr
        count = server.send("GET", "/_mock/things").json()["count"]
    finally:
        server.end()
    return json.loads(ended.stdout), [line for line in server.log if "may not call" in line], count


def test_the_page_reads_the_reason_and_nothing_is_done(browser: str, port: int) -> None:
    saw, told, count = visit(browser, port)
    origin = f"http://app.example:{port}"
    reason = f"Pages of '{origin}' may not call this server. Start it with --allow-origin {origin}."
    assert saw["origin"] == origin
    for name in ("created", "deleted", "health"):
        assert (saw[name]["status"], saw[name]["body"]["detail"]) == (403, reason), name
    assert "Failed to fetch" in saw["credentials"]["fault"]
    assert "Failed to fetch" in saw["reset"]["fault"]
    assert (told, count) == ([reason], 1)


def test_the_page_that_is_let_in_reads_what_it_made(browser: str, port: int) -> None:
    saw, told, count = visit(browser, port, "--allow-origin", f"http://app.example:{port}")
    statuses = {saw[name].get("status") for name in ("created", "credentials", "deleted", "health", "reset")}
    assert (statuses, told, count) == ({200}, [], 0)
