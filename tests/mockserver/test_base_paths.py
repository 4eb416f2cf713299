"""Base paths of `servers`: served below them as well as without; and schemes that a mock does not see."""

import json
from typing import Any

import pytest
from support.clients import Client, make_gateway
from threadmock.mockserver.cli.greeting import greeting
from threadmock.specs.operations.base_paths import base_paths

PATHS = {"/things": {"get": {"responses": {"200": {"description": ""}}}}}


def client_of(tmp_path: Any, paths: dict[str, Any] = PATHS, **members: Any) -> Client:
    tree = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths, **members}
    path = tmp_path / "document.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    return Client(make_gateway(str(path), auth="present"))


@pytest.mark.parametrize(
    ("server", "bases"),
    [
        ({"url": "https://api.example.org/v1"}, ("/v1",)),
        ({"url": "https://api.example.org/v1/"}, ("/v1",)),
        ({"url": "/a/b"}, ("/a/b",)),
        ({"url": "v2"}, ("/v2",)),
        ({"url": "../v2"}, ("/v2",)),
        ({"url": "https://api.example.org"}, ()),
        ({"url": "/"}, ()),
        ({"url": "https://{host}/{base}", "variables": {"host": {"default": "h"}, "base": {"default": "v1", "enum": ["v1", "v2x"]}}}, ("/v2x", "/v1")),
        ({"url": "https://h/{missing}/x"}, ("/x",)),
        ({"url": "https://[broken/v1"}, ()),
        ({"url": 7}, ()),
    ],
)  # fmt: skip
def test_the_base_path_of_a_server_is_that_of_its_url(server: dict[str, Any], bases: tuple[str, ...]) -> None:
    assert base_paths({"servers": [server]}) == bases


def test_servers_of_paths_and_operations_count_too() -> None:
    node = {"servers": [{"url": "/files"}], "get": {"servers": [{"url": "/v9/files"}]}, "parameters": []}
    assert base_paths({"servers": [{"url": "/v1"}], "paths": {"/x": node, "/y": None}}) == (
        "/v9/files",
        "/files",
        "/v1",
    )
    assert base_paths({"servers": "none", "paths": []}) == ()


def test_a_document_is_served_below_its_base_path_as_well_as_without(tmp_path: Any) -> None:
    client = client_of(tmp_path, servers=[{"url": "https://api.example.org/v1"}])
    paths = ("/things", "/v1/things", "/document/things", "/document/v1/things", "/v2/things", "/v1", "/v1things")
    assert [client.get(path).status for path in paths] == [200, 200, 200, 200, 404, 404, 404]
    assert client.send("DELETE", "/v1/things").status == 405
    assert client.send("HEAD", "/v1/things").status == 200
    told = list(greeting(client.gateway, "http://127.0.0.1:4010"))
    assert "  also      below http://127.0.0.1:4010/document/v1" in told


def test_a_path_that_begins_like_the_base_path_is_its_own(tmp_path: Any) -> None:
    made = {"200": {"description": "", "content": {"text/plain": {"example": "own"}}}}
    paths = {**PATHS, "/v1/things": {"get": {"responses": made}}}
    client = client_of(tmp_path, paths, servers=[{"url": "/v1"}])
    assert (client.get("/v1/things").body, client.get("/v1/v1/things").body) == (b"own", b"own")


def test_an_operation_of_mutual_tls_is_served_and_other_schemes_beside_it_are_asked_for(tmp_path: Any) -> None:
    schemes = {"tls": {"type": "mutualTLS"}, "key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    node = {"responses": {"200": {"description": ""}, "401": {"description": ""}}}
    paths = {
        "/alone": {"get": {**node, "security": [{"tls": []}]}},
        "/both": {"get": {**node, "security": [{"tls": [], "key": []}]}},
    }
    client = client_of(tmp_path, paths, components={"securitySchemes": schemes})
    assert [client.get(path).status for path in ("/alone", "/both")] == [200, 401]
    refused = json.loads(client.get("/both").body)
    assert "X-Key" in refused["detail"]
    assert client.get("/both", headers={"x-key": "k"}).status == 200
