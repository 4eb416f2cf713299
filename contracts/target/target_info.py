"""Who answers at a target: printed before anything is written there, so that nobody tests the wrong machine."""

from collections.abc import Iterator
from typing import Any

from threadmock.contracts.cases.case import build_request
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.errors import NotSent, TransportError, Unreachable
from threadmock.contracts.transport.sockets import addresses
from threadmock.contracts.transport.urls import read_target
from threadmock.specs.contract import Contract
from threadmock.specs.operations.path_templates import names_in
from threadmock.specs.text import one_line, printable, shorten
from threadmock.specs.wire.messages import Request, Response
from threadmock.specs.wire.strictjson import JsonError, parse_json

SECONDS = 5.0
_DOCUMENT = "/openapi.json"
_TELLING = ("title", "name", "service", "product", "version", "build", "revision", "environment", "env", "region")


def identity(contract: Contract, target: Target, url: str) -> Iterator[str]:
    """What can be learned without credentials and without writing: address, server, title, what it says of itself."""
    base = read_target(url)
    found = dict.fromkeys(str(address[4][0]) for address in addresses(base.host, base.port))
    place = "this machine" if target.local else "NOT this machine"
    asked = [_ask(target, Request("GET", _DOCUMENT, headers={"accept": "application/json"}))]
    asked += [
        _ask(target, build_request(operation)) for operation in contract.operations if _describes_deployment(operation)
    ][:1]
    servers = dict.fromkeys(answer.headers.get("server", "") for answer in asked if answer)
    server = next(filter(None, servers), "not named")
    parts = [f"{', '.join(found)}, {place}", f"server {shorten(one_line(server), 80)}"]
    document = _json(asked[0])
    info = document.get("info") if isinstance(document, dict) else None
    for what, value in (("document", info), ("says", _json(asked[1]) if len(asked) > 1 else None)):
        if words := _words(value):
            parts.append(f"{what} {words}")
    yield printable(target.masking(f"Target: {base.text} ({'; '.join(parts)})"))


def _describes_deployment(operation: Any) -> bool:
    """Whether an operation says what the deployment is: it reads, needs nothing, and has no state."""
    plain = operation.method == "GET" and operation.rule.action == "fixed" and not names_in(operation.path)
    return plain and "info" in operation.path.rpartition("/")[2]


def _ask(target: Target, request: Request) -> Response | None:
    try:
        return target.transport.send(request, deadline=SECONDS)
    except Unreachable:
        raise
    except (TransportError, NotSent):
        return None


def _json(response: Response | None) -> Any:
    if response is None or response.status != 200 or not isinstance(response.body, bytes):
        return None
    try:
        return parse_json(response.body, duplicate_keys="last")
    except JsonError:
        return None


def _words(value: Any) -> str:
    members = value if isinstance(value, dict) else {}
    said = [members[name] for name in _TELLING if isinstance(members.get(name), str | int)]
    return " ".join(shorten(one_line(str(each)), 60) for each in said)
