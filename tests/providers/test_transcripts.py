"""The hand-written conversations, through both doors of the mock: the same bytes, and what the provider's pages say."""

import json
import re
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
import threadmock.specs
import yaml
from support.clients import DOORS, Client, Told, form, make_gateway, multipart
from threadmock.specs.loader import LAYERS, builtin_names, load
from threadmock.specs.operations.replies import check_response
from threadmock.specs.operations.routing import Router
from threadmock.specs.wire.messages import Request, Response

PROVIDERS = Path(threadmock.specs.__file__).parent / "providers"
NOWHERE = object()


def conversations() -> list[Any]:
    found = []
    for path in sorted(PROVIDERS.glob("*/transcripts/*.yaml")):
        transcript = yaml.safe_load(path.read_text(encoding="utf-8"))
        provider = path.parent.parent.name
        found.extend(
            pytest.param(provider, layer, transcript, id=f"{provider}-{path.stem}-{layer}")
            for layer in transcript.get("layers", LAYERS)
        )
    return found


def as_sent(send: dict[str, Any]) -> dict[str, Any]:
    """What `Client.send` is to be told."""
    headers = {name.lower(): str(value) for name, value in send.get("headers", {}).items()}
    body = b""
    if "json" in send:
        body = json.dumps(send["json"], ensure_ascii=False).encode()
        headers.setdefault("content-type", "application/json")
    elif "form" in send or "multipart" in send:
        kind, body = form(send["form"]) if "form" in send else multipart(send["multipart"])
        headers.setdefault("content-type", kind)
    elif "body" in send:
        body = send["body"].encode()
    return {
        "method": send["method"],
        "path": urllib.parse.unquote(send["path"]),
        "query": urllib.parse.urlencode(send.get("query", {})),
        "headers": headers,
        "body": body,
    }


def at(value: Any, pointer: str) -> Any:
    """The value that a JSON pointer names, or NOWHERE."""
    for step in [s.replace("~1", "/").replace("~0", "~") for s in pointer.split("/")[1:]]:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return NOWHERE
    return value


def equal(one: Any, other: Any) -> bool:
    """Equality as JSON: true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


def hold(expect: dict[str, Any], told: Told, before: list[Told]) -> None:
    """Every word of an expectation."""
    assert told.status == expect["status"], told.body
    for name, value in expect.get("headers", {}).items():
        assert told.headers.get(name.lower()) == value
    body = told.json() if told.headers.get("content-type") == "application/json" else None
    for name, value in expect.get("json", {}).items():
        assert equal(body.get(name, NOWHERE), value), (name, body)
    for pointer, value in expect.get("at", {}).items():
        assert equal(at(body, pointer), value), (pointer, body)
    for pointer, pattern in expect.get("matches", {}).items():
        found = at(body, pointer)
        assert isinstance(found, str), (pointer, body)
        assert re.search(pattern, found), (pointer, found)
    for pointer in expect.get("absent", []):
        assert at(body, pointer) is NOWHERE, (pointer, body)
    for word, wanted in (("same", True), ("differs", False)):
        for pointer, place in expect.get(word, {}).items():
            number, _, there = place.partition(":")
            other = at(before[int(number)].json(), there)
            assert other is not NOWHERE
            assert equal(at(body, pointer), other) is wanted, (word, pointer, body)


@pytest.mark.parametrize(("provider", "layer", "transcript"), conversations())
def test_a_conversation_goes_as_the_pages_say_with_the_same_bytes_through_every_door(
    provider: str, layer: str, transcript: dict[str, Any]
) -> None:
    contract = load(provider, layer=layer)
    doors = [Client(make_gateway(contract), door, prefix) for door in DOORS for prefix in ("", f"/{provider}")]
    before: list[Told] = []
    for exchange in transcript["exchanges"]:
        sent = as_sent(exchange["send"])
        answers = [door.send(**sent) for door in doors]
        told = answers[0]
        assert all(other == told for other in answers[1:])
        hold(exchange["expect"], told, before)
        before.append(told)
        operation = Router(contract.operations).find(sent["method"], sent["path"]).operation
        if operation and operation.reply(told.status) and exchange["expect"].get("schema", True):
            request = Request(sent["method"], sent["path"], sent["query"], sent["headers"], sent["body"])
            assert check_response(operation, request, Response(told.status, told.headers, told.body)) == []


@pytest.mark.parametrize("provider", builtin_names())
def test_every_provider_has_conversations_of_a_success_and_of_a_refusal(provider: str) -> None:
    statuses = {
        exchange["expect"]["status"] // 100
        for path in PROVIDERS.glob(f"{provider}/transcripts/*.yaml")
        for exchange in yaml.safe_load(path.read_text(encoding="utf-8"))["exchanges"]
    }
    assert {2, 4} <= statuses
