"""The page at /_mock/: its files and their headers, the way of a browser to it, who is refused, and what it never does."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from support.clients import Client, make_gateway
from support.paths import DATA, ROOT

PAGE = ROOT / "mockserver" / "page"
SOURCES = sorted(path for path in PAGE.iterdir() if path.suffix in (".js", ".html"))
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser|srcdoc")
ABSOLUTE = re.compile(
    r"""(?:src|href|action)="(?:/|https?:)|(?:get|ask|fetch|URL)\((?:"[A-Z]+", )?["'`]/|https?://(?!www\.w3\.org)"""
)


@pytest.fixture
def page(door: str) -> Client:
    return Client(make_gateway("langsmith"), door)


def test_every_file_has_its_type_and_headers_that_let_nothing_foreign_in(page: Client) -> None:
    kinds = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
    for path in PAGE.iterdir():
        told = page.get(f"/_mock/page/{path.name}")
        assert (told.status, told.body) == (200, path.read_bytes()), path.name
        assert told.headers["content-type"].partition(";")[0] == kinds[path.suffix]
        assert told.headers["x-content-type-options"] == "nosniff"
        assert told.headers["cache-control"] == "no-cache"
        policy = told.headers["content-security-policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy


def test_the_page_is_at_the_root_of_the_interface_and_the_viewer_beside_it(page: Client) -> None:
    assert page.get("/_mock/").body == (PAGE / "index.html").read_bytes()
    told = page.get("/_mock/reference/langsmith")
    assert told.body == (PAGE / "reference.html").read_bytes()
    assert "unsafe" not in told.headers["content-security-policy"]
    for name, kind in (("swagger-ui-bundle.js", "text/javascript"), ("swagger-ui.css", "text/css")):
        told = page.get(f"/_mock/page/{name}")
        assert told.status == 200
        assert told.headers["content-type"].startswith(kind)
        assert len(told.body) > 100_000


def test_a_file_that_the_browser_has_is_not_sent_again(page: Client) -> None:
    first = page.get("/_mock/page/page.css")
    again = page.get("/_mock/page/page.css", headers={"if-none-match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert page.get("/_mock/page/page.css", headers={"if-none-match": '"other"'}).status == 200


@pytest.mark.parametrize(
    "name", ["nothing.js", "..", "../world.py", "%2e%2e", ".css", "swagger-ui.js", "index.css", "a\0.js"]
)
def test_what_is_no_file_of_the_page_is_not_found(page: Client, name: str) -> None:
    told = page.get(f"/_mock/page/{name}")
    assert told.status == 404
    assert told.headers["content-type"] == "application/problem+json"


def test_a_browser_is_led_from_the_root_to_the_page_and_a_client_is_not(page: Client) -> None:
    told = page.get("/", headers=BROWSER)
    assert (told.status, told.headers["location"]) == (302, "./_mock/")
    assert page.get("/_mock", headers=BROWSER).headers["location"] == "./_mock/"
    for accept in ({}, {"accept": "*/*"}, {"accept": "application/json"}):
        told = page.get("/", headers=accept)
        assert (told.status, told.headers["content-type"]) == (404, "application/problem+json")
    assert page.send("POST", "/", headers=BROWSER).status == 404
    assert [each.request.method for each in page.gateway.world.journal.entries] == ["GET", "GET", "GET", "POST"]


def test_a_document_with_a_route_for_the_root_keeps_it(tmp_path: Any, client: Callable[..., Client]) -> None:
    document = tmp_path / "plain.yaml"
    document.write_text(
        "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n  /:\n    get:\n      responses: {'200': "
        "{description: Here., content: {application/json: {schema: {const: here}}}}}\n"
    )
    told = client(document).get("/", headers=BROWSER)
    assert (told.status, told.json()) == (200, "here")


@pytest.mark.parametrize("path", ["/_mock/", "/_mock", "/_mock/page/page.js", "/_mock/reference/langsmith", "/"])
def test_strangers_are_refused_as_by_all_of_the_interface(page: Client, path: str) -> None:
    assert page.get(path, headers={"origin": "https://evil.example", **BROWSER}).status == 403
    assert page.get(path, headers={"host": "evil.example", **BROWSER}).status == 421
    assert page.get(path, headers={"origin": "http://localhost:3000", **BROWSER}).status in (200, 302)


def test_a_refusal_is_a_page_for_a_browser_and_a_problem_document_for_a_client(page: Client) -> None:
    told = page.get("/_mock/", headers={"host": "evil.example<b>", **BROWSER})
    assert (told.status, told.headers["content-type"]) == (421, "text/html; charset=utf-8")
    assert b"<h1" in told.body
    assert b"evil.example&lt;b&gt;" in told.body
    assert b"<b>" not in told.body
    assert told.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.get("/_mock/", headers={"host": "evil.example"}).headers["content-type"] == "application/problem+json"


def test_what_is_served_is_told_as_at_the_start(client: Callable[..., Client]) -> None:
    asked = client(DATA / "things.yaml", "langsmith")
    told = asked.get("/_mock/served", headers={"host": "localhost:4040"}).json()
    assert told["base"] == "http://localhost:4040"
    first, second = told["providers"]
    assert (first["name"], first["client"]) == ("things", "")
    assert second["base_url"] == "http://localhost:4040/langsmith"
    assert second["client"] == 'get_client(url="http://localhost:4040/langsmith")'
    assert second["curl"].startswith("curl -s http://localhost:4040/langsmith/threads ")


def test_a_token_that_is_asked_for_is_not_told(client: Callable[..., Client]) -> None:
    asked = client("lighton", auth="the-secret")
    told = asked.get("/_mock/served")
    assert b"the-secret" not in told.body
    assert "YOUR-TOKEN" in told.json()["providers"][0]["curl"]
    assert "dev-token" in client("lighton").get("/_mock/served").json()["providers"][0]["curl"]


# What the sources never do


@pytest.mark.parametrize("path", SOURCES, ids=[path.name for path in SOURCES])
def test_nothing_stored_becomes_markup_and_every_address_is_relative(path: Any) -> None:
    text = path.read_text(encoding="utf-8")
    assert MARKUP.findall(text) == []
    assert ABSOLUTE.findall(text) == []
    assert len(text.splitlines()) < 400
    if path.suffix == ".html":
        assert re.findall(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", text) == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MARKUP, "place.innerHTML = text"),
        (MARKUP, "eval(text)"),
        (ABSOLUTE, '<script src="/x.js">'),
        (ABSOLUTE, 'get("/_mock/health")'),
        (ABSOLUTE, 'ask("POST", "/_mock/next")'),
        (ABSOLUTE, "https://cdn.example/x.js"),
    ],
)
def test_what_is_looked_for_is_found(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.findall(text)
