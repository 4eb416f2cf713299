"""`serve` for other machines, asked over this machine's own address on its network."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from support.processes import Serving
from threadmock.mockserver.cli import network
from threadmock.mockserver.cli.greeting import greeting
from threadmock.mockserver.mock import create_mock

Start = Callable[..., Serving]
JSON = {"content-type": "application/json"}
TOKEN = "correct-horse"
NAMED = "  on the network at "


def known_addresses() -> set[str]:
    """The addresses of this machine, told by a program of the system; none where there is no such program."""
    program = shutil.which("hostname") if sys.platform == "linux" else None
    told = subprocess.run([program, "-I"], capture_output=True, text=True, check=False) if program else None
    return set(told.stdout.split()) if told and told.returncode == 0 else set()


def over_network(server: Serving) -> Serving:
    """The server, asked by the address that its greeting tells."""
    line = server.greeting()[1]
    if not line.startswith(NAMED):
        assert "No address was found" in line
        assert not {each for each in known_addresses() if "." in each}
        pytest.skip("This machine has no address but loopback")
    server.host = str(urlsplit(line.removeprefix(NAMED).split(", ")[0]).hostname)
    assert server.host in (known_addresses() or {server.host})
    return server


def test_other_machines_use_the_mock_and_not_its_control(serving: Start) -> None:
    server = serving("--host", "0.0.0.0", "--port", "0", "langsmith")
    lines = server.greeting()
    over_network(server)
    assert f"  base URL  {server.url}/langsmith" in lines
    assert f"control at http://127.0.0.1:{server.port}/_mock/health, from this machine alone" in lines[2]
    assert server.send("POST", "/threads", b"{}", JSON).status == 200
    for path in ("/_mock/health", "/_mock/events", "/_mock/exchanges"):
        told = server.send("GET", path, headers={"x-threadmock-control": "1"})
        assert told.status == 403
        assert "--control-token TOKEN" in told.json()["detail"]
    hosts = {"evil.example": 421, socket.gethostname(): 200, "mock": 200, "192.168.1.1:80": 200}
    assert {host: server.send("POST", "/threads", b"{}", {**JSON, "host": host}).status for host in hosts} == hosts
    server.host = "127.0.0.1"
    assert server.send("GET", "/_mock/things").json()["count"] == 4


def test_other_machines_control_it_with_the_token_which_is_told_nowhere(serving: Start) -> None:
    server = over_network(serving("--host", "0.0.0.0", "--port", "0", "langsmith", "--control-token", TOKEN))
    assert server.send("GET", "/_mock/health", headers={"x-threadmock-control": "1"}).status == 403
    token = {"x-threadmock-control": TOKEN}
    assert server.send("GET", "/_mock/health", headers=token).json()["product"] == "threadmock"
    assert server.send("POST", "/threads", b"{}", {**JSON, **token}).status == 200
    exchanges = server.send("GET", "/_mock/exchanges", headers=token)
    assert exchanges.json()["exchanges"][0]["headers"]["x-threadmock-control"] == "***"
    assert server.send("POST", "/_mock/reset", headers=token).json()["forgotten"] == 1
    server.stop()
    assert TOKEN not in "\n".join([*server.lines, *server.log, exchanges.body.decode()])


def test_a_server_on_one_address_of_the_network_begins_and_says_that_its_control_needs_a_token(serving: Start) -> None:
    urls = network.network_urls("0.0.0.0", 0)
    if not urls:
        pytest.skip("This machine has no address but loopback")
    address = str(urlsplit(urls[0]).hostname)
    server = serving("--host", address, "--port", "0", "langsmith")
    assert server.host == address
    assert "--control-token opens it here" in server.greeting()[1]
    assert server.send("POST", "/threads", b"{}", JSON).status == 200
    assert server.send("GET", "/_mock/health").status == 403


def test_a_server_on_all_addresses_of_ipv6_tells_one(serving: Start) -> None:
    if not socket.has_ipv6 or not {each for each in known_addresses() if ":" in each}:
        pytest.skip("This machine has no address of IPv6 but loopback")
    server = serving("--host", "::", "--port", "0", "langsmith")
    [url] = [each for each in server.greeting()[1].removeprefix(NAMED).split(", ") if "[" in each][:1]
    server.host = str(urlsplit(url).hostname)
    assert server.send("POST", "/threads", b"{}", JSON).status == 200
    assert server.send("GET", "/_mock/health").status == 403
    server.host = "::1"
    assert server.send("GET", "/_mock/health").status == 200


def test_a_machine_without_a_network_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "_chosen", lambda _: "127.0.0.1")
    monkeypatch.setattr(network, "_interface_addresses", lambda _: ["127.0.0.1", "::1", "fe80::1", "0.0.0.0"])
    lines = list(greeting(create_mock("langsmith").gateway, "http://[::]:4040"))
    assert lines[:2] == [
        "Listening on http://[::]:4040",
        "  No address was found by which other machines reach this one; see its network settings.",
    ]
    assert "  base URL  http://127.0.0.1:4040/langsmith" in lines


def test_each_address_of_a_machine_is_told_once_and_the_likeliest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "_chosen", {4: "192.168.1.20", 6: "fd00::20"}.get)
    monkeypatch.setattr(network, "_interface_addresses", lambda _: ["172.17.0.1", "192.168.1.20"])
    assert network.network_urls("0.0.0.0", 80) == ["http://192.168.1.20:80", "http://172.17.0.1:80"]
    assert network.network_urls("::", 80)[-1] == "http://[fd00::20]:80"
