"""Whole families: every documented operation is a route, and things that end by themselves end on time."""

import datetime
import re
from typing import Any

import pytest
from support.clients import START, Client, make_gateway
from threadmock.mockserver.agents.streams import Stream
from threadmock.mockserver.server.app import create_app
from threadmock.specs.loader import LAYERS, builtin_names, load
from threadmock.specs.wire.messages import Request

KEY = {"authorization": "Bearer k"}
FAMILIES = [pytest.param(name, layer, id=f"{name}-{layer}") for name in builtin_names() for layer in LAYERS]


@pytest.mark.parametrize(("name", "layer"), FAMILIES)
def test_the_routes_that_are_served_are_the_operations_that_are_documented(name: str, layer: str) -> None:
    contract = load(name, layer=layer)
    app = create_app(make_gateway(contract))
    served = {
        (method, re.sub(r"<[^>]+>", "{}", rule.rule.removeprefix(f"/{name}")))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(f"{name}:")
        for method in rule.methods or ()
    }
    documented = {
        (method.upper(), re.sub(r"\{[^}]+\}", "{}", path))
        for path, item in contract.document["paths"].items()
        for method in item
        if method in ("get", "put", "post", "patch", "delete")
    }
    assert served - {(m, p) for m, p in served if m in ("HEAD", "OPTIONS")} == documented
    assert len(documented) == len(contract.operations) >= 9


@pytest.mark.parametrize(("name", "layer"), FAMILIES)
def test_no_operation_answers_that_it_is_no_route_or_that_its_own_reply_is_broken(name: str, layer: str) -> None:
    contract = load(name, layer=layer)
    gateway = make_gateway(contract)
    for operation in contract.operations:
        path = re.sub(r"\{[^}]+\}", "6ba7b810-9dad-41d1-80b4-00c04fd430c8", operation.path)
        headers = {"authorization": "Bearer k", "x-api-key": "k"}
        told = gateway.handle(Request(operation.method, f"/{name}{path}", "", headers))
        assert told.status < 500, (str(operation), told)
        if isinstance(told.body, Stream):  # the stream of a thread need not end
            body = b"".join(told.body.take())
            told.body.close()
        else:
            body = told.body
        assert b"urn:threadmock:problem:unknown" not in body


class Stopped:
    """A time that moves only when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime.datetime:
        return self.now

    def pass_minutes(self, minutes: float) -> None:
        self.now += datetime.timedelta(minutes=minutes)


def state(asked: Client, thread: str, text: str) -> None:
    assert asked.post(f"/threads/{thread}/state", {"values": {"text": text}}).status == 200


def make(asked: Client, **members: Any) -> str:
    return str(asked.post("/threads", members).json()["thread_id"])


def test_a_thread_ends_when_its_time_is_over_and_not_before() -> None:
    clock = Stopped()
    asked = Client(make_gateway("langsmith", now=clock))
    mortal, other = make(asked, ttl={"strategy": "delete", "ttl": 10}), make(asked)
    state(asked, mortal, "a")
    clock.pass_minutes(9.9)
    assert asked.get(f"/threads/{mortal}").status == 200
    clock.pass_minutes(0.2)
    assert asked.get(f"/threads/{mortal}").status == 404
    assert asked.get(f"/threads/{mortal}/history").status == 404
    assert asked.get(f"/threads/{other}").status == 200
    assert asked.post("/threads", {"thread_id": mortal}).status == 200


def test_keep_latest_leaves_the_thread_and_its_newest_state() -> None:
    clock = Stopped()
    asked = Client(make_gateway("langsmith", now=clock))
    thread = make(asked, ttl={"strategy": "keep_latest", "ttl": 1})
    for text in ("a", "b", "c"):
        state(asked, thread, text)
    clock.pass_minutes(2)
    assert asked.get(f"/threads/{thread}").status == 200
    [kept] = asked.get(f"/threads/{thread}/history").json()
    assert kept["values"] == {"text": "c"}


def test_a_later_time_takes_the_place_of_an_earlier_one() -> None:
    clock = Stopped()
    asked = Client(make_gateway("langsmith", now=clock))
    thread = make(asked, ttl={"ttl": 1})
    assert asked.send("PATCH", f"/threads/{thread}", json={"ttl": {"ttl": 100}}).status == 200
    clock.pass_minutes(50)
    assert asked.get(f"/threads/{thread}").status == 200
    clock.pass_minutes(60)
    assert asked.get(f"/threads/{thread}").status == 404


def test_nothing_ends_in_the_observed_layer() -> None:
    clock = Stopped()
    asked = Client(make_gateway("langsmith", layer="observed", now=clock))
    thread = make(asked, ttl={"ttl": 1})
    clock.pass_minutes(100)
    assert asked.get(f"/threads/{thread}").status == 200


def test_a_refusal_that_hangs_on_what_is_stored_tells_its_own_reason() -> None:
    asked = Client(make_gateway("langsmith", layer="observed"))
    thread = make(asked)
    told = asked.post(f"/threads/{thread}/state", {"values": {"a": 1}})
    assert (told.status, told.json()) == (400, {"detail": "The thread has no graph yet"})
    paradigm = Client(make_gateway("lighton"))
    made = paradigm.post("/api/v3/threads", {}, headers=KEY).json()["id"]
    told = paradigm.send("PATCH", f"/api/v3/threads/{made}", query="anonymize=true", json={}, headers=KEY)
    assert (told.status, told.json()) == (400, {"detail": "Only an ephemeral thread can be anonymised"})


def test_a_copy_of_what_is_no_id_is_refused_as_it_was_seen() -> None:
    asked = Client(make_gateway("langsmith", layer="observed"))
    assert asked.send("POST", "/threads/nope/copy").status == 400
    assert Client(make_gateway("langsmith")).send("POST", "/threads/nope/copy").status == 422
