"""Who may use the control interface: this machine, and with a token any other."""

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from support.clients import DOORS, Told, call, environ, make_gateway, open_door
from threadmock.mockserver import create_mock
from threadmock.mockserver.cli.greeting import greeting
from threadmock.mockserver.cli.serve import serve
from threadmock.mockserver.server.control_access import address_of, holds_no_secret, is_this_machine, read_token
from threadmock.specs.errors import SpecError

TOKEN = "correct-horse"
REMOTE = "192.168.1.30"
READS = ["/_mock/health", "/_mock/things", "/_mock/exchanges", "/_mock/openapi.json", "/_mock/events", "/_mock/nowhere"]
Ask = Callable[..., Told]


@pytest.fixture(params=DOORS)
def asking(request: pytest.FixtureRequest) -> Callable[..., Ask]:
    """Makes what asks a mock from an address: `ask(address, method, path, **headers)`."""

    def begin(**rest: Any) -> Ask:
        app = open_door(make_gateway("langsmith", guard_host=False, **rest), request.param)

        def ask(address: str | None, method: str, path: str, body: bytes = b"", **headers: str) -> Told:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            made = environ(method, path, headers=sent, body=body)
            return call(app, made if address is None else {**made, "REMOTE_ADDR": address})

        return ask

    return begin


def test_another_machine_is_refused_all_of_it_and_told_of_the_flag(asking: Callable[..., Ask]) -> None:
    ask = asking()
    for method, path in [*(("GET", path) for path in READS), ("POST", "/_mock/reset"), ("GET", "/_mock/page/app.js")]:
        for header in ("1", TOKEN, ""):
            told = ask(REMOTE, method, path, x_threadmock_control=header)
            assert told.status == 403, path
            assert told.headers["content-type"] == "application/problem+json"
            assert "--control-token TOKEN" in told.json()["detail"]
    assert ask(REMOTE, "POST", "/threads", b"{}", content_type="application/json").status == 200
    assert ask(REMOTE, "GET", "/langsmith/openapi.json").status == 200
    assert ask(None, "GET", "/_mock/things").json()["count"] == 1


@pytest.mark.parametrize("before", ["/", "//", "/_s/one/", "/_s/one//"])
def test_another_machine_is_refused_however_many_slashes_are_before_it(asking: Callable[..., Ask], before: str) -> None:
    for rest in ({}, {"control_token": TOKEN}):
        ask = asking(**rest)
        for method, path in [
            *(("GET", path) for path in READS),
            ("POST", "/_mock/reset"),
            ("POST", "/_mock/snapshots"),
        ]:
            assert ask(REMOTE, method, before + path, x_threadmock_control="1").status == 403, path
        assert ask(None, "GET", f"{before}/_mock/health".replace("//_s", "/_s")).status == 200


@pytest.mark.parametrize("address", [None, "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_look_and_change_as_before_also_with_the_token(
    asking: Callable[..., Ask], address: str | None
) -> None:
    for rest in ({}, {"control_token": TOKEN}):
        ask = asking(**rest)
        assert ask(address, "GET", "/_mock/health").status == 200
        assert ask(address, "POST", "/_mock/reset").status == 403
        assert ask(address, "POST", "/_mock/reset", x_threadmock_control="1").status == 200
        assert (ask(address, "POST", "/_mock/reset", x_threadmock_control=TOKEN).status == 200) is bool(rest)


def test_another_machine_may_look_and_change_with_the_token_and_only_so(asking: Callable[..., Ask]) -> None:
    ask = asking(control_token=TOKEN)
    for header, status in ((TOKEN, 200), ("1", 403), ("", 403), (TOKEN[:-1], 403), (TOKEN + "x", 403), ("\xe9", 403)):
        for method, path in (("GET", "/_mock/health"), ("POST", "/_mock/reset"), ("GET", "/_mock/exchanges")):
            told = ask(REMOTE, method, path, x_threadmock_control=header)
            assert (told.status, header) == (status, header)
            assert status == 200 or "X-Threadmock-Control" in told.json()["detail"]
            assert TOKEN not in told.body.decode()


def test_what_is_no_address_is_not_this_machine(asking: Callable[..., Ask]) -> None:
    ask = asking()
    for address in ("", "localhost", "unix", "10.0.0.1", "::ffff:10.0.0.1", "0.0.0.0", "127.0.0.1.evil.example"):
        assert ask(address, "GET", "/_mock/health").status == 403, address


def test_a_header_does_not_say_where_a_client_is(asking: Callable[..., Ask]) -> None:
    forged = {"x_forwarded_for": "127.0.0.1", "forwarded": "for=127.0.0.1", "remote_addr": "127.0.0.1"}
    assert asking()(REMOTE, "GET", "/_mock/health", **forged).status == 403


def test_a_page_that_is_let_in_can_send_the_token(asking: Callable[..., Ask]) -> None:
    page = {"origin": "http://192.168.1.30:3000"}
    wish = {**page, "access_control_request_method": "GET", "access_control_request_headers": "x-threadmock-control"}
    ask = asking(control_token=TOKEN, origins="lan")
    assert ask(REMOTE, "OPTIONS", "/_mock/things", **wish).status == 204
    told = ask(REMOTE, "GET", "/_mock/things", **page, x_threadmock_control=TOKEN)
    assert (told.status, told.headers["access-control-allow-origin"]) == (200, page["origin"])
    told = ask(REMOTE, "GET", "/_mock/things", **page)
    assert (told.status, told.headers["access-control-allow-origin"]) == (403, page["origin"])
    assert asking(origins="lan")(REMOTE, "OPTIONS", "/_mock/things", **wish).status == 403
    foreign = asking(control_token=TOKEN)(REMOTE, "GET", "/_mock/things", **page, x_threadmock_control=TOKEN)
    assert foreign.json()["type"].endswith("foreign-origin")


def test_files_of_the_page_are_open_to_other_machines_where_a_token_is_given(asking: Callable[..., Ask]) -> None:
    shut, opened = asking(), asking(control_token=TOKEN)
    for path in ("/_mock/", "/_mock/page/app.js"):
        assert shut(REMOTE, "GET", path).status == 403
        assert opened(REMOTE, "GET", path).status != 403
        assert opened(REMOTE, "POST", path).status == 403


@pytest.mark.parametrize(
    ("path", "is_open"),
    [
        ("/", True),
        ("/_mock/", True),
        ("/_mock/page/x.css", True),
        ("/_mock/pages", False),
        ("/_mock/page", False),
        ("/_mock/health", False),
        ("/_mock//page/x", False),
    ],
)
def test_which_paths_hold_no_secret(path: str, is_open: bool) -> None:
    assert holds_no_secret(path) is is_open


@given(st.ip_addresses(), st.integers(0, 65535), st.booleans())
def test_a_client_of_the_server_is_read_whichever_way_its_address_is_written(
    address: Any, port: int, bare: bool
) -> None:
    host = f"[{address}]" if address.version == 6 and not bare else str(address)
    assert address_of(f"{host}:{port}") == str(address)
    mapped = getattr(address, "ipv4_mapped", None) or address
    assert is_this_machine(address_of(f"{host}:{port}")) is mapped.is_loopback


@given(st.text())
def test_no_text_is_a_failure_and_whoever_is_no_address_is_elsewhere(text: str) -> None:
    assert is_this_machine(address_of(text)) in (True, False)
    if not any(c in text for c in ".:"):
        assert not is_this_machine(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "The token has 0 characters."),
        ("seven77", "The token has 7 characters."),
        ("with a blank", "a character that no header carries"),
        ("pässword", "a character that no header carries"),
        ("line\nend-of-it", "a character that no header carries"),
    ],
)
def test_a_token_that_is_none_is_a_usage_error_that_does_not_show_it(text: str, what: str) -> None:
    done = CliRunner().invoke(serve, ["langsmith", "--control-token", text])
    assert done.exit_code == 2
    assert "Error: --control-token: The token has " in done.output
    assert what in done.output
    assert "Write at least 8 letters" in done.output
    assert not text or text not in done.output
    with pytest.raises(SpecError) as error:
        create_mock("langsmith", control_token=text)
    assert str(error.value).startswith("control_token: ")


def test_a_token_of_eight_characters_is_one() -> None:
    assert (read_token("!~eight8"), read_token(None)) == ("!~eight8", "")


def test_the_token_is_in_no_log_no_exchange_and_no_greeting() -> None:
    lines: list[str] = []
    gateway = make_gateway("langsmith", control_token=TOKEN, log=lines.append)
    app = open_door(gateway, "served")
    for sent in (TOKEN, "1", "another-token"):
        call(app, environ("POST", "/threads", headers={"x-threadmock-control": sent}, body=b"{}"))
    call(app, environ("POST", "/_mock/reset", headers={"x-threadmock-control": "wrong"}))
    exchanges = call(app, environ("GET", "/_mock/exchanges"))
    assert [each["headers"]["x-threadmock-control"] for each in exchanges.json()["exchanges"]] == ["***", "1", "***"]
    for host in ("127.0.0.1", "0.0.0.0", "192.168.1.20"):
        lines += greeting(gateway, f"http://{host}:4040")
    assert TOKEN not in "\n".join([*lines, exchanges.body.decode(), repr(gateway.access)])
