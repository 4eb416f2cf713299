"""Which pages may call: how origins are written, private addresses, and what a refused one is told."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from support.clients import Client, make_gateway
from threadmock.mockserver import create_mock
from threadmock.mockserver.cli.serve import serve
from threadmock.mockserver.pipeline.hosts import AllowedHosts
from threadmock.mockserver.pipeline.origins import AllowedOrigins, read_origins
from threadmock.specs.errors import SpecError

LAN = read_origins(["lan"])
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")
private_4 = st.sampled_from(PRIVATE).flatmap(lambda network: st.ip_addresses(network=network)).map(str)
private_6 = st.sampled_from(["fc00::/7", "fe80::/10"]).flatmap(lambda network: st.ip_addresses(network=network))
private = private_4 | private_6.map("[{}]".format)
schemes = st.sampled_from(["http", "https"])


@given(schemes, private, st.just("") | st.integers(1, 65535).map(":{}".format))
def test_pages_of_private_addresses_may_call_where_lan_is_allowed_and_only_there(
    scheme: str, host: str, port: str
) -> None:
    origin = f"{scheme}://{host}{port}"
    assert LAN.allow(origin)
    assert not AllowedOrigins().allow(origin)
    assert not LAN.allow(f"{origin}/")
    assert not LAN.allow(f"ftp://{host}{port}")
    assert not LAN.allow(f"{scheme}://{host.strip('[]').replace(':', '-')}.nip.io{port}")


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        ("http://172.15.255.255", False),
        ("http://172.32.0.0", False),
        ("http://192.169.0.1", False),
        ("http://11.0.0.1", False),
        ("http://8.8.8.8", False),
        ("http://192.0.2.1", False),
        ("http://100.64.0.1", False),
        ("http://[2001:db8::1]", False),
        ("http://[::ffff:192.168.0.1]", True),
        ("http://[::ffff:8.8.8.8]", False),
        ("http://[fe80::1%25eth0]", False),
        ("http://desk.local", False),
        ("http://desk", False),
        ("http://localhost:3000", True),
        ("null", False),
        ("lan", False),
        ("http://3232235521", False),
    ],
)
def test_where_a_private_network_ends(origin: str, may: bool) -> None:
    assert LAN.allow(origin) is may


names = st.from_regex(r"[a-z]([a-z0-9-]{0,15}[a-z0-9])?(\.[a-z]([a-z0-9-]{0,8}[a-z0-9])?){0,3}", fullmatch=True)


@given(st.sampled_from(["http", "https", "capacitor", "chrome-extension"]), names | private_4, st.integers(1, 65535))
def test_an_origin_as_browsers_write_it_is_taken_and_allowed(scheme: str, name: str, port: int) -> None:
    default = (scheme, port) in (("http", 80), ("https", 443))
    origin = f"{scheme}://{name}" if default else f"{scheme}://{name}:{port}"
    assert read_origins([origin]).allow(origin)
    for other in (f"{origin}/", f"{origin}/chat?a#b", f" {origin}", origin.upper(), origin.replace("://", "://me@")):
        with pytest.raises(SpecError) as error:
            read_origins([other])
        assert error.value.fix == f"Write {origin}."


@given(st.text())
def test_no_text_is_a_failure_and_what_is_taken_is_one_origin_or_a_word(text: str) -> None:
    try:
        allowed = read_origins([text])
    except SpecError as error:
        assert error.fix.startswith("Write ")
        return
    if text not in ("*", "lan", "null"):
        assert allowed.allow(text)
        parts = urlsplit(text)
        assert parts.scheme
        assert parts.hostname
        assert (parts.path, parts.query, parts.fragment) == ("", "", "")


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ("", "An origin is empty. Write one such as https://app.example, or lan, null or *."),
        ("  ", "An origin is empty."),
        ("https://app.example/", "Write https://app.example."),
        ("https://app.example/chat", "Write https://app.example."),
        ("app.example", "Write https://app.example."),
        ("app.example:8443/", "Write https://app.example:8443."),
        ("localhost:3000", "Write http://localhost:3000."),
        ("192.168.1.5:3000", "Write http://192.168.1.5:3000."),
        ("//app.example", "Write https://app.example."),
        ("HTTPS://App.Example", "Write https://app.example."),
        ("https://app.example:443", "Write https://app.example."),
        ("http://app.example:080", "Write http://app.example."),
        ("https://b\xfccher.example", "Write https://xn--bcher-kva.example."),
        ("http://[FD00:0::1]:80/", "Write http://[fd00::1]."),
        ("file:///home/me/page.html", "Write null."),
        ("LAN", "Write lan."),
        ("Null", "Write null."),
        ("https://*.example", "Write one such as"),
        ("https://", "Write one such as"),
        ("https://app.example:99999", "Write one such as"),
        ("https://app.example:x", "Write one such as"),
        ("http://300.1.1.1", "Write one such as"),
        ("http://[::g]", "Write one such as"),
    ],
)
def test_an_origin_that_no_browser_sends_is_a_usage_error_with_the_right_spelling(given: str, fix: str) -> None:
    done = CliRunner().invoke(serve, ["langsmith", "--allow-origin", given])
    assert done.exit_code == 2
    assert "Error: --allow-origin: " in done.output
    assert fix in done.output
    with pytest.raises(SpecError) as error:
        create_mock("langsmith", origins=["https://fine.example", given])
    assert str(error.value).startswith("origins: ")


def test_a_page_without_an_origin_is_let_in_by_that_name_alone() -> None:
    for allowed, status in (("null", 200), ("*", 403), ("lan", 403)):
        asked = Client(make_gateway("langsmith", origins=allowed))
        assert asked.post("/threads", {}, headers={"origin": "null"}).status == status


def test_a_refused_origin_is_told_once_with_the_flag_that_lets_it_in(door: str) -> None:
    lines: list[str] = []
    asked = Client(make_gateway("langsmith", log=lines.append), door)
    for origin in (
        "https://a.example",
        "https://a.example",
        "http://192.168.7.7:3000",
        "null",
        "https://ok.example`id`",
    ):
        for path in ("/threads", "/_mock/health"):
            asked.get(path, headers={"origin": origin})
    lan = "Pages of 'http://192.168.7.7:3000' may not call this server."
    none = "Pages without an origin, such as those opened from a file, may not call this server."
    assert [line for line in lines if "may not call" in line] == [
        "Pages of 'https://a.example' may not call this server. Start it with --allow-origin https://a.example.",
        f"{lan} Start it with --allow-origin http://192.168.7.7:3000, or lan for all private addresses.",
        f"{none} Start it with --allow-origin null.",
        "Pages of 'https://ok.example`id`' may not call this server. Start it with --allow-origin ORIGIN.",
    ]


def test_an_origin_that_may_call_is_told_of_by_nobody() -> None:
    lines: list[str] = []
    asked = Client(make_gateway("langsmith", log=lines.append, origins="lan"))
    for origin in ("http://localhost:3000", "http://10.1.1.1"):
        told: Any = asked.post("/threads", {}, headers={"origin": origin})
        assert (told.status, told.headers["access-control-allow-credentials"]) == (200, "true")
    assert not [line for line in lines if "may not call" in line]


def test_a_log_is_not_filled_by_strangers() -> None:
    lines: list[str] = []
    asked = Client(make_gateway("langsmith", log=lines.append))
    for number in range(150):
        asked.get("/_mock/health", headers={"origin": f"https://a{number}.example"})
    assert len(lines) == 100


CALLS = [
    ("POST", "/threads", b"{}"),
    ("PATCH", "/threads/{thread}", b'{"metadata": {"a": 1}}'),
    ("DELETE", "/threads/{thread}", b""),
    ("POST", "/threads/{thread}/runs/wait", b'{"assistant_id": "agent"}'),
    ("POST", "/_mock/reset", b""),
    ("PATCH", "/_mock/settings", b'{"speed": 3}'),
    ("POST", "/_mock/next", b'{"operation": "POST /threads", "status": 503}'),
    ("DELETE", "/_mock/exchanges", b""),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS, ids=lambda part: str(part)[:30])
def test_nothing_is_done_for_a_foreign_origin(client: Any, method: str, path: str, body: bytes) -> None:
    asked: Client = client("langsmith")
    thread = asked.post("/threads", {}).json()["thread_id"]
    begun = state(asked)
    headers = {"content-type": "application/json", "x-threadmock-control": "1"}
    for origin, done in (("https://evil.example", False), ("null", False), ("http://localhost:3000", True)):
        sent = {**headers, "origin": origin}
        told = asked.send(method, path.format(thread=thread), headers=sent, body=body)
        assert (told.status == 403, state(asked) == begun) == (not done, not done)


def state(asked: Client) -> Any:
    """What a caller may have changed."""
    world = asked.gateway.world
    things, waiting = asked.get("/_mock/things").json(), asked.get("/_mock/next").json()
    return things, waiting, world.settings, world.journal.forgotten


@pytest.mark.parametrize(
    ("origin", "host", "guarded", "status"),
    [
        ("http://192.0.2.2:4040", "192.0.2.2:4040", True, 200),
        ("https://192.0.2.2:4040", "192.0.2.2:4040", True, 200),
        ("http://192.0.2.2:4041", "192.0.2.2:4040", True, 403),
        ("http://192.0.2.3:4040", "192.0.2.2:4040", True, 403),
        ("ftp://192.0.2.2:4040", "192.0.2.2:4040", True, 403),
        ("http://evil.example:4040", "evil.example:4040", True, 421),
        ("http://evil.example:4040", "evil.example:4040", False, 403),
    ],
)
def test_a_page_of_the_server_itself_may_call_by_a_name_that_is_let_in(
    client: Any, origin: str, host: str, guarded: bool, status: int
) -> None:
    asked = client("langsmith", guard_host=AllowedHosts(beyond_loopback=True) if guarded else False)
    assert asked.post("/threads", {}, headers={"origin": origin, "host": host}).status == status
