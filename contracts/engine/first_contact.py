"""First contact: a few plain requests that show whether the target is the one that is meant, and lets us in."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Literal
from urllib.parse import urlsplit

from threadmock.contracts.cases.case import Case, base_value, case_with_body
from threadmock.contracts.cases.references import references, undescribed
from threadmock.contracts.target.answers import json_of
from threadmock.contracts.target.exchange import Exchange
from threadmock.contracts.target.guard import writes
from threadmock.contracts.target.target import Target
from threadmock.contracts.target.unknown_route import DENIED, NO_METHOD, NOT_FOUND, UnknownRoute, is_foreign, said
from threadmock.contracts.transport.errors import NotSent, WrongTarget
from threadmock.specs.contract import Contract, Operation, first_json
from threadmock.specs.errors import SchemaError
from threadmock.specs.schemas.validation import checker
from threadmock.specs.text import one_line

MOST_PROBES = 6
ENOUGH = 3
"""So many refusals of valid requests say that the credentials are wrong; so many foreign answers, the target."""
Word = Literal["ours", "served", "denied", "foreign", "unsaid"]


@dataclass(frozen=True)
class _Probe:
    """A plain request.

    named: it names a thing that is not there, so that a refusal says nothing. open: it holds no state, and may need no
    credentials, so that an answer says nothing of who is let in.
    """

    case: Case
    named: bool = False
    open: bool = False


def check_first_contact(contract: Contract, operations: Iterable[Operation], target: Target) -> None:
    """WrongTarget where the first requests show that the target is another one, or lets nobody in.

    operations: those that are asked. One answer of the API's own ends it, so that a right target gets one request
    more, and none that writes where one that reads is answered.
    """
    route = UnknownRoute(contract, target)
    words: list[tuple[Word, Exchange]] = []
    telling: list[_Probe] = []
    waiting = _probes(contract, tuple(operations))
    while waiting and not _is_decided(words):
        probe = waiting.pop(0)
        try:
            exchange = target.exchange(probe.case)
        except NotSent:
            continue
        word = _word(probe, exchange, route)
        if word == "ours":
            return
        words.append((word, exchange))
        telling += [probe] if word in ("denied", "foreign") else []
        # where there are few operations, the same request has to be answered so as often
        waiting = waiting or list(telling)
    _judge(contract, target, words)


def _is_decided(words: list[tuple[Word, Exchange]]) -> bool:
    found = [word for word, _ in words]
    return max(found.count("denied"), found.count("foreign")) >= ENOUGH or len(found) >= MOST_PROBES


def _judge(contract: Contract, target: Target, words: list[tuple[Word, Exchange]]) -> None:
    """WrongTarget where what came leaves no other explanation."""
    denied = [exchange for word, exchange in words if word == "denied"]
    foreign = [exchange for word, exchange in words if word == "foreign"]
    served = any(word == "served" for word, _ in words)
    if len(denied) >= ENOUGH:
        how = "" if target.given else ": none were given"
        text = (
            f"{target.name} lets nobody in: {_listed(denied)}. Check the credentials{how} (--header-env), and the URL."
        )
        raise WrongTarget(target.masking(text))
    if foreign and not served and len(foreign) + len(denied) >= min(len(words), 2):
        raise WrongTarget(
            target.masking(
                f"{target.name} does not answer as {contract.name} does: {_listed(foreign)}, as on a path that nobody"
                f" has. Check the host and the base path of the URL: the document's paths begin with"
                f" {_beginning(contract)}{_hint(contract, target)}."
            )
        )


def _listed(exchanges: list[Exchange]) -> str:
    return one_line("; ".join(dict.fromkeys(map(said, exchanges))))


def _beginning(contract: Contract) -> str:
    return contract.operations[0].path.partition("{")[0].rstrip("/") or "/"


def _hint(contract: Contract, target: Target) -> str:
    """What is likely to be wrong with the base path."""
    base = urlsplit(target.base_url).path.rstrip("/")
    first = "/" + _beginning(contract).strip("/").partition("/")[0]
    if base and (base == first or base.endswith(first)):
        return f", and {first} stands in the URL, too"
    for server in contract.servers:
        path = urlsplit(server.url).path.rstrip("/")
        if path and not base.endswith(path):
            return f" behind {path}, which the URL does not have"
    return ""


def _word(probe: _Probe, exchange: Exchange, route: UnknownRoute) -> Word:
    """What an answer says of the target."""
    response = exchange.response
    if response is None or exchange.nothing_said:
        return "unsaid"
    if response.status in DENIED:
        return "unsaid" if probe.named and response.status != DENIED[0] else "denied"
    own: Word = "served" if probe.open else "ours"
    if 200 <= response.status < 300:
        return own if _is_own_success(exchange, route) else "foreign"
    if route.same(exchange):
        # of what is not there a right server may say the same as of a path that nobody has
        return "unsaid" if probe.named and response.status == NOT_FOUND else "foreign"
    strange = response.status >= 500 or response.status < 400 or response.status in NO_METHOD
    return "unsaid" if strange or is_foreign(exchange.case.operation, response) else own


def _is_own_success(exchange: Exchange, route: UnknownRoute) -> bool:
    """Whether a success may be the API's own: what its document has, or at least not what all paths are answered."""
    operation, response = exchange.case.operation, exchange.response
    reply = operation.reply(response.status) if response else None
    if response is None or (reply and reply.content and json_of(exchange) is None and is_foreign(operation, response)):
        return False
    return _fits(exchange) or not route.same(exchange)


def _fits(exchange: Exchange) -> bool:
    """Whether a success is what its schema has."""
    reply = exchange.case.operation.reply(exchange.response.status) if exchange.response else None
    media = first_json(reply.content) if reply else None
    return media is not None and media.schema is not None and checker(media.schema).accepted(json_of(exchange))


def _probes(contract: Contract, operations: tuple[Operation, ...]) -> list[_Probe]:
    """A few plain requests of different kinds: reads of what needs no key first, then creates and reads by key."""
    others = [operation for operation in contract.operations if operation not in operations]
    reading: list[_Probe] = []
    making: list[_Probe] = []
    by_key: list[_Probe] = []
    fixed: list[_Probe] = []
    for operation in (*operations, *others):
        case = _plain(operation)
        if case is None:
            continue
        strict = any(name.strict for name in references(operation))
        if writes(operation):
            if operation.rule.traits.makes and not (strict or operation in others):
                making.append(_Probe(case))
        elif operation.rule.action == "fixed":
            fixed.append(_Probe(case, open=True))
        elif operation.rule.run is None:
            (by_key if references(operation) else reading).append(_Probe(case, named=bool(references(operation))))
    mixed = [each for each in chain(*zip_longest(reading[:2], making[:2])) if each is not None]
    return [*mixed[:2], *fixed[:1], *mixed[2:], *by_key[:2]]


def _plain(operation: Operation) -> Case | None:
    """The smallest valid request; None where none is known, or where it may start a run."""
    if operation.rule.traits.starts_run or operation.rule.traits.follows_run or undescribed(operation):
        return None
    try:
        return case_with_body(operation, base_value(operation), "first contact", "coverage")
    except SchemaError:
        return None
