"""Who may call from a browser: loopback names, CORS, preflights, foreign hosts."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clients import Client
from threadmock.mockserver.pipeline.origins import AllowedOrigins
from threadmock.specs.wire.hosts import is_local

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:3000",
        "LOCALHOST",
        "app.localhost",
        "app.localhost:80",
        "127.0.0.1",
        "127.0.0.1:4040",
        "127.8.9.10",
        "[::1]",
        "[::1]:4040",
    ],
)
def test_names_of_this_machine_are_loopback(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "example.com",
        "localhost.evil.com",
        "evil-localhost",
        "127.0.0.1.nip.io",
        "127.0.0.1.evil.com:80",
        "evil.com#localhost",
        "evil.com?localhost",
        "localhost#.evil.com",
        "localhost/.evil.com",
        "localhost\\.evil.com",
        "user@localhost",
        "localhost@evil.com",
        "127.1",
        "0177.0.0.1",
        "2130706433",
        "0x7f.0.0.1",
        "127.0.0.01",
        "0.0.0.0",
        "[::]",
        "[::ffff:8.8.8.8]",
        "::1",
        "[::1",
        "[localhost]",
        "192.168.0.1",
        "10.0.0.1:80",
        "localhost:",
        "localhost:80:80",
        "localhost:x",
        "localhost:999999",
        " localhost",
        "localhost ",
        "local\thost",
        "localhost\r\nx: y",
        "localhost, evil.com",
        "lоcalhost",
        "①②⑦.0.0.1",
        "a" * 100_000,
    ],
    ids=lambda host: repr(host[:40]),
)
def test_names_that_only_look_like_it_are_not(host: str) -> None:
    assert not is_local(host)


@given(st.text())
def test_no_text_is_a_failure_and_only_plain_names_pass(host: str) -> None:
    if is_local(host):
        assert host.isascii()
        assert "localhost" in host.lower() or "127." in host or "::" in host or "0:0:" in host


@pytest.mark.parametrize(
    ("origin", "allowed", "may"),
    [
        ("http://localhost:3000", (), True),
        ("https://localhost", (), True),
        ("http://127.0.0.1:5173", (), True),
        ("http://[::1]:5173", (), True),
        ("http://app.localhost", (), True),
        ("http://evil.example", (), False),
        ("null", (), False),
        ("localhost", (), False),
        ("file://", (), False),
        ("file://localhost", (), False),
        ("chrome-extension://localhost", (), False),
        ("http://localhost/", (), False),
        ("http://localhost:3000/path", (), False),
        ("http://localhost.evil.example", (), False),
        ("http://evil.example#http://localhost", (), False),
        ("HTTP://localhost", (), False),
        ("https://app.example", ("https://app.example",), True),
        ("http://app.example", ("https://app.example",), False),
        ("https://app.example:8443", ("https://app.example",), False),
        ("https://app.example.evil", ("https://app.example",), False),
        ("null", ("null",), True),
        ("null", ("*",), False),
        ("*", ("*",), False),
        ("https://any.example", ("*",), True),
        ("https://a\r\nb", ("*",), False),
    ],
)
def test_which_pages_may_call(origin: str, allowed: tuple[str, ...], may: bool) -> None:
    assert AllowedOrigins(frozenset(allowed)).allow(origin) is may


def test_an_answer_to_a_loopback_page_may_be_read_with_credentials(client: Any) -> None:
    told = client("langsmith").post("/threads", {}, headers={"origin": "http://localhost:3000"})
    assert told.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert told.headers["access-control-allow-credentials"] == "true"
    assert told.headers["vary"] == "Origin"
    assert "location" in told.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "sent",
    [
        {"path": "/threads", "json": {"thread_id": "bad"}},
        {"path": "/threads", "json": {}, "headers": {"prefer": "code=409"}},
        {"path": "/threads", "json": {}, "headers": {"prefer": "code=403"}},
        {"path": "/threads", "json": {}, "headers": {"prefer": "code=421"}},
        {"path": "/nowhere", "json": {}},
        {"path": "/_mock/reset"},
        {"path": "/_mock/nowhere"},
        {"path": "/langsmith/openapi.json"},
    ],
    ids=str,
)
def test_a_loopback_page_may_read_refusals_too(client: Any, sent: dict[str, Any]) -> None:
    headers = {"origin": "http://localhost:3000", **sent.get("headers", {})}
    made: Client = client("langsmith")
    told = made.send("POST", sent["path"], headers=headers, **({"json": sent["json"]} if "json" in sent else {}))
    assert told.status >= 400
    assert told.headers["access-control-allow-origin"] == "http://localhost:3000"


def test_a_caller_without_an_origin_gets_no_such_headers(client: Any) -> None:
    told = client("langsmith").post("/threads", {})
    assert not [name for name in told.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path", ["/threads", "/langsmith/threads", "/nowhere", "/_mock/health", "/_mock/reset", "/langsmith/openapi.json"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_page_of_a_foreign_origin_is_refused_everywhere_can_read_why_and_changes_nothing(
    client: Any, path: str, method: str
) -> None:
    asked = client("langsmith")
    asked.post("/threads", {})
    headers = {**JSON, "origin": "https://evil.example", "x-threadmock-control": "1"}
    told = asked.send(method, path, headers=headers, body=b"{}")
    assert told.status == 403
    assert told.headers["access-control-allow-origin"] == "https://evil.example"
    assert told.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in told.headers
    assert told.json()["detail"].endswith("Start it with --allow-origin https://evil.example.")
    assert asked.get("/_mock/things").json()["count"] == 1


@pytest.mark.parametrize("path", ["/threads", "/langsmith/threads", "/nowhere", "/langsmith/openapi.json"])
def test_a_preflight_of_a_foreign_origin_is_granted_without_credentials_so_that_the_refusal_can_be_read(
    client: Any, path: str
) -> None:
    asked = client("langsmith")
    wishes = {"access_control_request_headers": "content-type", "access_control_request_private_network": "true"}
    told = preflight(asked, path, origin="https://evil.example", **wishes)
    assert (told.status, told.body) == (204, b"")
    assert told.headers["access-control-allow-origin"] == "https://evil.example"
    assert told.headers["access-control-allow-headers"] == "content-type"
    assert "DELETE" in told.headers["access-control-allow-methods"]
    assert told.headers["access-control-max-age"] == "0"
    assert "Origin" in told.headers["vary"]
    assert "access-control-allow-credentials" not in told.headers
    assert "access-control-allow-private-network" not in told.headers
    assert asked.get("/_mock/things").json()["count"] == 0


@pytest.mark.parametrize("path", ["/_mock/reset", "/_mock/health", "/_mock/nowhere", "/_mock/events"])
def test_no_preflight_of_a_foreign_origin_is_granted_to_the_control_interface(client: Any, path: str) -> None:
    told = preflight(client("langsmith"), path, origin="https://evil.example")
    assert told.status == 403
    assert "access-control-allow-methods" not in told.headers


@pytest.mark.parametrize("origin", ["https://\xe9.example", "https://a\tb", "x" * 301])
def test_an_origin_that_is_none_is_refused_and_not_repeated_in_a_header(client: Any, origin: str) -> None:
    told = client("langsmith").post("/threads", {}, headers={"origin": origin})
    assert told.status == 403
    assert "access-control-allow-origin" not in told.headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.nip.io:4040", "localhost.evil.com"])
@pytest.mark.parametrize("path", ["/threads", "/_mock/health", "/_mock/things", "/nowhere", "/langsmith/openapi.json"])
def test_a_foreign_host_is_refused_so_that_no_rebound_name_gets_in(client: Any, host: str, path: str) -> None:
    told = client("langsmith").send(
        "POST" if path == "/threads" else "GET", path, headers={**JSON, "host": host}, body=b"{}"
    )
    assert told.status == 421
    assert told.headers["content-type"] == "application/problem+json"


def test_any_host_is_taken_where_others_are_to_be_served(client: Any) -> None:
    told = client("langsmith", guard_host=False).post("/threads", {}, headers={"host": "mock.example"})
    assert told.status == 200


def preflight(asked: Client, path: str, **headers: str) -> Any:
    sent = {"origin": "http://localhost:3000", "access-control-request-method": "POST"}
    return asked.send("OPTIONS", path, headers={**sent, **{name.replace("_", "-"): v for name, v in headers.items()}})


def test_a_preflight_grants_the_methods_of_the_path_and_the_headers_that_were_asked_for(client: Any) -> None:
    told = preflight(client("langsmith"), "/threads", access_control_request_headers="content-type, x-api-key")
    assert (told.status, told.body) == (204, b"")
    assert told.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert told.headers["access-control-allow-credentials"] == "true"
    assert told.headers["access-control-allow-methods"] == "OPTIONS, POST"
    assert told.headers["access-control-allow-headers"] == "content-type, x-api-key"
    assert int(told.headers["access-control-max-age"]) > 0
    assert "access-control-allow-private-network" not in told.headers
    assert "Origin" in told.headers["vary"]


def test_a_preflight_needs_no_credentials(client: Any) -> None:
    assert preflight(client("seekrflow"), "/v1/threads", access_control_request_headers="authorization").status == 204


def test_a_preflight_for_a_private_network_is_granted_to_whom_it_may(client: Any) -> None:
    asked = client("langsmith", origins=frozenset({"https://app.example"}))
    told = preflight(asked, "/threads", origin="https://app.example", access_control_request_private_network="true")
    assert told.headers["access-control-allow-private-network"] == "true"
    refused = preflight(asked, "/threads", origin="https://evil.example", access_control_request_private_network="true")
    assert "access-control-allow-private-network" not in refused.headers


@pytest.mark.parametrize("asked_for", ["a\r\nset-cookie: x", "é", "x" * 3000, "a;b", "a<b>"])
def test_header_names_that_are_none_are_not_granted(client: Any, asked_for: str) -> None:
    told = preflight(client("langsmith"), "/threads", access_control_request_headers=asked_for)
    assert "access-control-allow-headers" not in told.headers


def test_the_control_interface_answers_preflights_too(client: Any) -> None:
    told = preflight(client("langsmith"), "/_mock/reset", access_control_request_headers="x-threadmock-control")
    assert told.status == 204
    assert told.headers["access-control-allow-headers"] == "x-threadmock-control"
    assert "POST" in told.headers["access-control-allow-methods"]


def test_options_without_an_origin_tells_the_methods(client: Any) -> None:
    told = client("langsmith").send("OPTIONS", "/threads")
    assert (told.status, told.headers["allow"]) == (204, "OPTIONS, POST")


@pytest.mark.parametrize(("status", "readable"), [(500, False), (502, True), (503, True), (504, True), (404, True)])
def test_only_a_500_tells_browsers_nothing_where_the_provider_s_failures_do_not(
    client: Callable[..., Client], status: int, readable: bool
) -> None:
    asked = client("langsmith", layer="observed")
    asked.post("/_mock/next", {"operation": "POST /threads", "status": status}, headers={"x-threadmock-control": "1"})
    told = asked.post("/threads", {}, headers={"origin": "http://localhost:5173"})
    assert (told.status, "access-control-allow-origin" in told.headers) == (status, readable)
