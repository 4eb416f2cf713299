"""What a target answers on a path that nobody has, and whether another answer is the same."""

import difflib
import json
import re
import secrets
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from threadmock.contracts.cases.case import Case
from threadmock.contracts.target.answers import describe_response
from threadmock.contracts.target.exchange import Exchange
from threadmock.contracts.target.target import Target
from threadmock.contracts.transport.errors import Forbidden
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.wire.messages import Request, Response, is_json, media_type
from threadmock.specs.wire.strictjson import JsonError, parse_json

DENIED = (401, 403)
NOT_FOUND = 404
MOSTLY = 0.8
PROBLEM = "application/problem+json"
_PATH = "PATH"
NO_METHOD = (405, 501)
"""RFC 9110, 15.5.6 and 15.6.2: the method is not known there, or nowhere."""
_VARYING = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[0-9:.,+Zz-]*"
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{6,}\b"
)
"""Moments, request ids and the like: they differ from answer to answer."""


@dataclass(frozen=True)
class _Answer:
    """What of a response is the same for all paths that nobody has. problem: which one it is, by RFC 9457, 3.1.1."""

    status: int
    kind: str
    text: str
    problem: str = ""


class UnknownRoute:
    """The answers of a target on a path that nobody has, one for each method, asked for when they are needed."""

    def __init__(self, contract: Contract, target: Target) -> None:
        self._target = target
        depth = max((operation.path.count("/") for operation in contract.operations), default=1) + 1
        # "~" is in no key: the guard lets such a path through on this machine
        self._path = f"/no~such~{secrets.token_hex(4)}" + "/~" * depth
        self._answers: dict[str, _Answer | None] = {}

    def same(self, exchange: Exchange) -> bool:
        """Whether a response is what this target answers on a path that nobody has. False where that is not known."""
        response = exchange.response
        if response is None:
            return False
        given = _answer(exchange.request, response)
        return any(_alike(given, nowhere) for nowhere in self._nowhere(exchange.case))

    def _nowhere(self, case: Case) -> list[_Answer]:
        methods = dict.fromkeys(("GET", case.request.method))
        found = [self._ask(case, method) for method in methods]
        return [answer for answer in found if answer is not None]

    def _ask(self, case: Case, method: str) -> _Answer | None:
        if method not in self._answers:
            plain = case.request if case.request.method == method else replace(case.request, body=b"")
            headers = {name: text for name, text in plain.headers.items() if plain.body or name != "content-type"}
            request = replace(plain, method=method, path=self._path, query="", headers=headers)
            try:
                response = self._target.ask_nowhere(case.operation, request)
            except Forbidden:
                response = None
            self._answers[method] = _answer(request, response) if response else None
        return self._answers[method]


def is_foreign(operation: Operation, response: Response) -> bool:
    """Whether a response is of a form that an operation's document does not have: a page, where it has JSON."""
    reply = operation.reply(response.status)
    kind = media_type(response.headers.get("content-type"))
    documented = {media_type(name) for name in reply.content} if reply else set()
    if not documented and response.status >= 300:
        success = operation.reply(operation.success)
        documented = {media_type(name) for name in success.content} if success else set()
    if not response.body or not documented or kind in documented:
        return False
    return not (is_json(kind) or any(_covers(name, kind) for name in documented))


def said(exchange: Exchange) -> str:
    """What was asked, and what came, on one line."""
    kind = media_type(exchange.response.headers.get("content-type")) if exchange.response else ""
    where = exchange.response.headers.get("location", "") if exchange.response else ""
    more = f" to {where}" if where else f" {kind}" if kind and not is_json(kind) else ""
    text = describe_response(exchange).partition(" ")
    return f"{exchange.case.operation} was answered {text[0]}{more} {text[2][:100]}".strip()


def _covers(documented: str, kind: str) -> bool:
    return documented == "*/*" or (documented.endswith("/*") and kind.startswith(documented[:-1]))


def _answer(request: Request, response: Response) -> _Answer:
    kind = media_type(response.headers.get("content-type"))
    if 300 <= response.status < 400:
        return _Answer(response.status, "", urlsplit(_plain(request, response.headers.get("location", ""))).path)
    # of pages that are HTML everything may differ: names, moments, scripts
    body = response.body if isinstance(response.body, bytes) and kind != "text/html" else b""
    text = body.decode("utf-8", "replace")
    return _Answer(response.status, kind, _plain(request, text), _problem(kind, body))


def _problem(kind: str, body: bytes) -> str:
    try:
        value = parse_json(body, duplicate_keys="last") if kind == PROBLEM else None
    except JsonError:
        return ""
    found = value.get("type") if isinstance(value, dict) else None
    return found if isinstance(found, str) and found != "about:blank" else ""


def _alike(one: _Answer, other: _Answer) -> bool:
    """Whether two answers are the same; of two that repeat the path that was asked, whether most of their text is."""
    if (one.status, one.kind) != (other.status, other.kind):
        return False
    if one.text == other.text or (one.problem and one.problem == other.problem):
        return True
    repeats = _PATH in one.text and _PATH in other.text
    return repeats and difflib.SequenceMatcher(None, one.text, other.text).ratio() >= MOSTLY


def _plain(request: Request, text: str) -> str:
    """A text without what it repeats of its request, and without what differs from answer to answer."""
    for path in dict.fromkeys(
        (request.path, quote(request.path), quote(request.path, safe=""), json.dumps(request.path)[1:-1])
    ):
        text = text.replace(path, _PATH)
    text = re.sub(rf"\b{re.escape(request.method)}\b", "METHOD", text)
    return _VARYING.sub("#", text)
