"""By which names the mock may be asked, and how they are written on the command line."""

import socket
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from threadmock.mockserver import create_mock
from threadmock.mockserver.cli.network import hosts_of
from threadmock.mockserver.cli.serve import serve
from threadmock.mockserver.pipeline.hosts import AllowedHosts, machine_names, own_names, read_hosts
from threadmock.specs.errors import SpecError

LOOPBACK = AllowedHosts()
OPEN = AllowedHosts(frozenset({"desk", "desk.local", "desk.corp.example"}), beyond_loopback=True)

labels = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,20}", fullmatch=True)
ports = st.just("") | st.integers(0, 65535).map(":{}".format)
addresses = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map("[{}]".format)


@given(labels, labels.filter(lambda label: not label.isdigit()), ports, st.sampled_from(["", "."]))
def test_no_name_with_a_dot_is_taken_that_nobody_named(label: str, top: str, port: str, end: str) -> None:
    host = f"{label}.{top}{end}{port}"
    wanted = f"{label}.{top}".lower()
    if wanted.endswith(".localhost") and not end:
        return
    assert not LOOPBACK.allow(host)
    assert not OPEN.allow(host) or wanted in OPEN.named
    named = AllowedHosts(read_hosts([wanted.upper()]))
    assert named.allow(host) is not bool(end)


@given(addresses, ports)
def test_any_address_is_taken_where_others_are_served_and_on_loopback_its_own(address: str, port: str) -> None:
    assert OPEN.allow(address + port)
    assert LOOPBACK.allow(address + port) is (address.startswith("127.") or address == "[::1]")
    assert AllowedHosts(read_hosts([address])).allow(address + port)


@given(st.text())
def test_no_text_is_a_failure_whether_as_host_or_as_a_name_to_allow(text: str) -> None:
    OPEN.allow(text)
    assert OPEN.reason(text).startswith("Host is ")
    try:
        [name] = read_hosts([text])
    except SpecError as error:
        assert error.where == "--allow-host"
        assert error.fix.startswith("Write ")
    else:
        assert AllowedHosts(frozenset({name})).allow(f"[{name}]" if ":" in name else name)


@pytest.mark.parametrize(
    ("host", "loopback", "beyond"),
    [
        ("localhost:4040", True, True),
        ("mock:4040", False, True),
        ("MOCK", False, True),
        ("desk.local", False, True),
        ("Desk.Corp.Example:80", False, True),
        ("evil.example", False, False),
        ("192.168.0.1.nip.io", False, False),
        ("com.", False, False),
        ("192.168.0.1", False, True),
        ("192.168.0.01", False, False),
        ("user@mock", False, False),
        ("mock/x", False, False),
        ("mock:80:80", False, False),
        ("", False, False),
    ],
)
def test_which_names_are_taken(host: str, loopback: bool, beyond: bool) -> None:
    assert (LOOPBACK.allow(host), OPEN.allow(host)) == (loopback, beyond)


def test_a_container_name_is_refused_on_loopback_unless_it_is_named_and_the_refusal_says_how(client: Any) -> None:
    refused = client("langsmith").post("/threads", {}, headers={"host": "10.0.2.2:4040"})
    assert refused.status == 421
    assert refused.json()["detail"].endswith("listens on loopback only. Start it with --allow-host 10.0.2.2.")
    allowed = client("langsmith", allow_hosts="10.0.2.2")
    assert allowed.post("/threads", {}, headers={"host": "10.0.2.2:4040"}).status == 200
    assert allowed.post("/threads", {}, headers={"host": "10.0.2.3"}).status == 421
    assert allowed.get("/_mock/health", headers={"host": "10.0.2.2"}).status == 200


def test_a_server_for_others_refuses_names_that_are_none_of_its_own(client: Any) -> None:
    asked = client("langsmith", guard_host=OPEN, allow_hosts=["mock.test"])
    for host, status in (("desk.local", 200), ("mock.test", 200), ("10.1.2.3:4040", 200), ("evil.example", 421)):
        told = asked.post("/threads", {}, headers={"host": host})
        assert (host, told.status) == (host, status)
    assert "takes only names of its own. Start it with --allow-host evil.example." in told.json()["detail"]


@pytest.mark.parametrize(
    ("host", "beyond"), [("127.0.0.1", False), ("::1", False), ("localhost", False), ("0.0.0.0", True), ("::", True)]
)
def test_where_a_server_listens_decides_which_names_are_its_own(host: str, beyond: bool) -> None:
    hosts = hosts_of(host, frozenset({"10.0.2.2"}))
    assert hosts.beyond_loopback is beyond
    assert hosts.allow("10.0.2.2")
    name = socket.gethostname().partition(".")[0].lower()
    assert (name in hosts.named, hosts.allow(f"{name}.local")) == (beyond, beyond)


@pytest.mark.parametrize(
    ("name", "full", "own"),
    [
        ("Desk", "desk.corp.example", {"desk", "desk.local", "desk.corp.example"}),
        ("desk.corp.example", "desk.corp.example", {"desk", "desk.local", "desk.corp.example"}),
        ("desk", "desk", {"desk", "desk.local"}),
        ("desk", "evil.example", {"desk", "desk.local"}),
        ("desk", "", {"desk", "desk.local"}),
        ("", "", set()),
        ("my desk", "my desk", set()),
    ],
)
def test_the_names_of_a_machine_are_not_what_a_network_calls_it(name: str, full: str, own: set[str]) -> None:
    assert own_names(name, full) == own


def test_this_machine_has_a_name() -> None:
    assert f"{socket.gethostname().partition('.')[0].lower()}.local" in machine_names()


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ("", "A name of a host is empty. Write a name alone, such as mock.test or 10.0.2.2."),
        (" ", "A name of a host is empty."),
        ("http://mock.test", "Write the name alone: mock.test."),
        ("https://user@Mock.test:80/path/x", "Write the name alone: mock.test."),
        ("mock.test/", "Write the name alone: mock.test."),
        ("mock.test:4040", "Write the name alone: mock.test."),
        ("mock.test:x", "Write a name alone, such as"),
        (" mock.test", "Write the name alone: mock.test."),
        ("*.test", "Write a name alone, such as"),
        ("[FD00:0::1]:80", "Write the name alone: fd00::1."),
        ("a" * 254, "Write a name alone, such as"),
    ],
)
def test_a_name_that_is_none_is_a_usage_error_that_says_what_to_write(given: str, fix: str) -> None:
    done = CliRunner().invoke(serve, ["langsmith", "--allow-host", given])
    assert done.exit_code == 2
    assert "Error: --allow-host: " in done.output
    assert fix in done.output
    with pytest.raises(SpecError) as error:
        create_mock("langsmith", allow_hosts=["fine.test", given])
    assert str(error.value).startswith("allow_hosts: ")
