"""What a response holds: its JSON, a key, a short text for people."""

from collections.abc import Mapping
from typing import Any

from threadmock.contracts.target.exchange import Exchange
from threadmock.specs.members import dotted
from threadmock.specs.text import one_line, shorten
from threadmock.specs.wire.strictjson import JsonError, parse_json

_LEVELS = 3


def json_of(exchange: Exchange) -> Any:
    """The JSON of a response; None where it holds none."""
    body = exchange.response.body if exchange.response else None
    try:
        return parse_json(body, duplicate_keys="last") if isinstance(body, bytes) else None
    except JsonError:
        return None


def find_key(answer: Any, member: str) -> Any:
    """The value of a key's member in a response: where it says, else not far inside; of several things the last."""
    found = dotted(answer, member)
    waiting, name = [(answer, 0)], member.rpartition(".")[2]
    while found is None and waiting:
        node, level = waiting.pop(0)
        inner = list(node.values()) if isinstance(node, Mapping) else node[::-1] if isinstance(node, list) else []
        found = node.get(name) if isinstance(node, Mapping) else None
        waiting += [(each, level + 1) for each in inner] if level < _LEVELS else []
    return found


def describe_response(exchange: Exchange) -> str:
    """What came, in a few words."""
    if exchange.response is None:
        return f"by nothing: {exchange.problem}"
    body = exchange.response.body
    text = exchange.masking.data(body).decode("utf-8", "replace") if isinstance(body, bytes) else ""
    return f"{exchange.response.status} {shorten(one_line(text), 200)}".strip()
