"""What a provider does beside its operations, and refusals by condition: the same through every door, and asked about."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support.clients import DOORS, Client, make_gateway
from threadmock.contracts.engine.run import prepare
from threadmock.contracts.options import Settings
from threadmock.mockserver.pipeline.gateway import Gateway
from threadmock.specs.behaviour.conditions import agrees, asks_of_store
from threadmock.specs.members import spread
from threadmock.specs.wire.messages import Request, Response

PAGE = "http://localhost:3000"
NOBODY = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


@pytest.fixture(params=[(door, prefix) for door in DOORS for prefix in ("", "/langsmith")], ids="".join)
def agent(request: pytest.FixtureRequest) -> Client:
    """An agent server in the observed layer, by each door, at the root and below its prefix."""
    return Client(make_gateway("langsmith", layer="observed"), *request.param)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH"])
def test_a_final_slash_leads_on_for_every_method(agent: Client, method: str) -> None:
    told = agent.send(method, f"/threads/{NOBODY}/", query="include=ttl")
    assert (told.status, told.body) == (307, b"")
    assert told.headers["location"].endswith(f"/threads/{NOBODY}?include=ttl")
    assert told.headers["location"].startswith("http://")


@pytest.mark.parametrize("path", ["/threads//", "/nothing/", "/"])
def test_other_slashes_lead_nowhere(agent: Client, path: str) -> None:
    assert agent.get(path).status == 404


def test_unknown_paths_and_methods_are_refused_in_the_providers_own_words(agent: Client) -> None:
    told = agent.get("/no/such/path")
    assert (told.status, told.json()) == (404, {"detail": "Not Found"})
    told = agent.send("PUT", "/threads")
    assert (told.status, told.json(), told.headers["allow"]) == (405, {"detail": "Method Not Allowed"}, "POST")
    assert agent.send("OPTIONS", "/threads").status == 405
    assert agent.send("HEAD", "/ok").status == 200


def test_the_documented_layer_says_that_the_mock_has_no_such_path() -> None:
    agent = Client(make_gateway("langsmith"))
    assert agent.get("/no/such/path").json()["source"] == "threadmock"
    assert agent.send("PUT", "/threads").json()["source"] == "threadmock"
    assert agent.get("/threads/").status == 404


def test_an_unknown_path_at_the_root_of_several_providers_belongs_to_nobody() -> None:
    several = Client(make_gateway("langsmith", "lighton", layer="observed"))
    assert several.get("/no/such/path").json()["source"] == "threadmock"
    assert several.get("/langsmith/no/such/path").json() == {"detail": "Not Found"}


def test_browsers_are_told_what_the_provider_tells_them(agent: Client) -> None:
    asked = {"origin": PAGE, "access-control-request-method": "POST", "access-control-request-headers": "x-mine"}
    told = agent.send("OPTIONS", "/threads", headers=asked)
    assert (told.status, told.body) == (200, b"OK")
    assert told.headers["access-control-allow-origin"] == "*"
    assert told.headers["access-control-max-age"] == "600"
    assert told.headers["access-control-allow-headers"] == "x-mine"
    told = agent.post("/threads/search", {}, headers={"origin": PAGE})
    assert told.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in told.headers
    assert told.headers["access-control-expose-headers"] == "x-pagination-total, x-pagination-next, content-location"
    agent.post("/threads", {})
    told = agent.post("/threads/search", {"values": {"a": 1}}, headers={"origin": PAGE})
    assert (told.status, told.body, told.headers["content-type"]) == (
        500,
        b"Internal Server Error",
        "text/plain; charset=utf-8",
    )
    assert "access-control-allow-origin" not in told.headers


def test_foreign_pages_stay_out_whatever_the_provider_says(agent: Client) -> None:
    assert agent.get("/ok", headers={"origin": "https://elsewhere.example"}).status == 403


def test_ill_formed_ids_have_words_of_their_own_and_other_faults_have_not(agent: Client) -> None:
    told = agent.post("/threads/search", {"ids": ["nope"]})
    assert (told.status, told.json()) == (400, {"detail": "Invalid thread ID nope"})
    assert agent.post("/threads/search", {"ids": ["nope"], "limit": 0}).status == 422
    assert agent.post("/threads/search", {"ids": "nope"}).status == 422
    told = agent.post("/threads/nope/copy")
    assert (told.status, told.json()) == (400, {"detail": "badly formed hexadecimal UUID string"})
    assert agent.get("/threads/nope").status == 422


def test_a_thread_without_values_is_met_only_where_the_filters_before_let_it_through(agent: Client) -> None:
    one = agent.post("/threads", {"metadata": {"graph_id": "agent", "tag": 1}}).json()["thread_id"]
    agent.post(f"/threads/{one}/state", {"values": {"a": 1}})
    agent.post("/threads", {"metadata": {"tag": 2}})
    found = agent.post("/threads/search", {"metadata": {"tag": 1}, "values": {"a": 1}})
    assert [each["thread_id"] for each in found.json()] == [one]
    assert agent.post("/threads/search", {"metadata": {"tag": 2}, "values": {"a": 1}}).status == 500
    assert agent.post("/threads/search", {"values": {"a": 1}}).status == 500


def test_storage_counts_what_is_there() -> None:
    agent = Client(make_gateway("langsmith"))
    thread = agent.post("/threads", {}).json()["thread_id"]
    empty = agent.get(f"/threads/{thread}/storage").json()
    assert (empty["checkpoints"], empty["total_bytes"]) == ({"count": 0, "bytes": 0}, 0)
    for number in range(3):
        agent.post(f"/threads/{thread}/state", {"values": {"n": number}})
    agent.post(f"/threads/{agent.post('/threads', {}).json()['thread_id']}/state", {"values": {}})
    told = agent.get(f"/threads/{thread}/storage").json()
    assert told["checkpoints"]["count"] == 3
    assert told["checkpoints"]["bytes"] == told["total_bytes"] > 300


@pytest.mark.parametrize(
    ("found", "wanted", "there", "agreed"),
    [
        (None, {"present": False}, False, True),
        (None, {"present": False}, True, True),
        (0, {"present": True}, True, True),
        ([], {"type": "array"}, True, True),
        ({}, {"type": "array"}, True, False),
        (True, {"type": "number"}, True, False),
        (True, {"type": "boolean"}, True, True),
        (None, {"type": "object"}, False, False),
        (1, {"type": "no such type"}, True, False),
        ([], [], True, True),
        (None, None, True, True),
        (None, None, False, False),
        (1, True, True, False),
        (1.0, 1, True, True),
        ({"a": 1}, {"a": 1}, True, True),
    ],
)
def test_a_value_is_what_a_condition_wants(found: Any, wanted: Any, there: bool, agreed: bool) -> None:
    assert agrees(found, wanted, there=there) is agreed


def test_items_are_found_through_arrays_on_the_way() -> None:
    body = {"a": [{"b": [1, 2]}, {"b": 3}, {}, None, {"b": []}]}
    assert spread(body, ("a", "b")) == [1, 2, 3]
    assert spread(body, ("z",)) == []
    assert spread(None, ("a",)) == []
    assert [asks_of_store(each) for each in ({"unknown": "a.b"}, {"present": True}, "x")] == [("a.b",), (), ()]
    assert asks_of_store({"unknown": ["a.b", "a.c"]}) == ("a.b", "a.c")


def found_on(change: Callable[[Request, Response], Response], *phases: str) -> set[str]:
    """The scenarios that find something on the mock, observed, behind something that changes its answers."""
    run = prepare(Settings("langsmith", layer="observed", operations=("POST /threads",), seed=4))
    inner = Gateway.handle

    def handle(gateway: Gateway, request: Request, found: Any = None) -> Response:
        return change(request, inner(gateway, request, found))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Gateway, "handle", handle)
        outcomes = [run.perform(slug, phase) for slug, phase in list(run.items()) if phase in phases]
    run.target.close()
    assert len(outcomes) == len(phases)
    return {finding.check for outcome in outcomes for finding, _ in outcome.findings if finding.check in phases}


def changing(of: int, **change: Any) -> Callable[[Request, Response], Response]:
    """Answers of one status, changed."""
    return lambda _, response: replace(response, **change) if response.status == of else response


@pytest.mark.parametrize(
    ("phase", "change"),
    [
        ("final_slash", changing(307, status=308)),
        ("final_slash", changing(307, headers={"location": "/threads"})),
        ("unknown_route", changing(404, body=b'{"detail": "anything", "more": 1}')),
        ("cors", changing(200, headers={"access-control-allow-origin": "*", "access-control-expose-headers": "*"})),
        ("kept", changing(201, body=b'{"detail": "in other words"}')),
    ],
)
def test_a_server_that_does_it_in_its_own_way_raises_no_alarm(phase: str, change: Any) -> None:
    assert found_on(change, phase) == set()


@pytest.mark.parametrize(
    ("phase", "change"),
    [
        ("final_slash", changing(307, status=404)),
        ("final_slash", changing(307, headers={"location": "/elsewhere"})),
        ("final_slash", changing(307, headers={"location": "http://["})),
        ("unknown_route", changing(404, status=400)),
        ("unknown_route", changing(404, body=b'{"message": "another form"}')),
        ("cors", changing(200, headers={"access-control-allow-origin": "https://one.example"})),
        ("cors", changing(200, headers={})),
        ("kept", lambda request, response: replace(response, status=404) if request.method == "GET" else response),
    ],
)
def test_a_server_that_does_otherwise_is_found(phase: str, change: Any) -> None:
    assert found_on(change, phase) == {phase}
