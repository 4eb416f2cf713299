"""What a response holds: its JSON, the thing that was made, the items of a list, a key, a short text for people."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from threadmock.contracts.cases.families import answered_key, shown_parents
from threadmock.contracts.cases.request_values import value_in
from threadmock.contracts.target.exchange import Exchange
from threadmock.specs.behaviour.rule import Listing
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.members import ABSENT, dotted
from threadmock.specs.operations.replies import answer_of
from threadmock.specs.schemas.formats import is_date_time, read_date_time
from threadmock.specs.text import one_line, shorten

CREATED = re.compile(r"created(_?(at|on|time))?", re.IGNORECASE)
"""Names of the member that says when a thing was made."""
_LEVELS = 3


def json_of(exchange: Exchange) -> Any:
    """The value of a response, of JSON or of XML by its schema; None where it holds none."""
    found = answer_of(exchange.case.operation, exchange.response)
    return None if found is ABSENT else found


def holds_nothing(exchange: Exchange) -> bool:
    """Whether a success answers with nothing: without a body, or with null."""
    response = exchange.response
    if response is None or not 200 <= response.status < 300 or not isinstance(response.body, bytes):
        return False
    return response.body.strip() in (b"", b"null")


def items_in(listing: Listing | None, answer: Any) -> list[Any] | None:
    """The items of a list's answer; None where it holds none. listing: what the rule says of the list."""
    found = answer if listing is None or listing.items is None else dotted(answer, listing.items)
    return found if isinstance(found, list) else None


def made_at(thing: Any) -> datetime | None:
    """When a thing was made, by what is shown of it; None where that is not said."""
    for name, value in thing.items() if isinstance(thing, Mapping) else ():
        if CREATED.fullmatch(str(name)) and isinstance(value, str) and is_date_time(value):
            return read_date_time(value)
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


@dataclass(frozen=True, eq=False)
class CreatedThing:
    """One thing that was created. key: as returned. parents: resource to key. shown: the object of the response."""

    resource: str
    key: Any
    parents: Mapping[str, Any]
    shown: Mapping[str, Any]
    sent: Mapping[str, Any]
    maker: Operation

    @property
    def key_was_sent(self) -> bool:
        """Whether the request named the key."""
        source = self.maker.rule.key.source if self.maker.rule.key else None
        return source is not None and (source.place != "body" or source.steps[0] in self.sent)


def read_thing(contract: Contract, exchange: Exchange, parents: Mapping[str, Any]) -> CreatedThing | None:
    """The thing that an exchange made; None where it made none, or its key is not in the response."""
    operation, response = exchange.case.operation, exchange.response
    rule = operation.rule
    if response is None or not 200 <= response.status < 300 or rule.key is None:
        return None
    answer = json_of(exchange)
    key = find_key(answer, answered_key(operation) or rule.key.member)
    if key is None and rule.key.source is not None:
        chosen = value_in(exchange.case, rule.key.source)
        key = None if chosen is ABSENT else chosen
    if isinstance(key, bool) or not isinstance(key, str | int):
        return None
    sent = exchange.case.value if isinstance(exchange.case.value, dict) else {}
    parents = {**parents, **shown_parents(contract, rule.resource, answer)}
    return CreatedThing(rule.resource, key, parents, answer if isinstance(answer, dict) else {}, sent, operation)
