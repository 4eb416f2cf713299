"""What a request may touch on a deployment: things that this run made, and names that it made up.

It judges the request that is about to be sent, not what a case says of it, so that no generator and no scenario can get
past it. The places come from the rules: `cases.references`, cursors, keys of prunes and of runs to be stopped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from threadmock.contracts.cases.families import makers
from threadmock.contracts.cases.fresh_keys import is_borrowed, is_invented
from threadmock.contracts.cases.references import cursors, placeholder, references, schema_at
from threadmock.contracts.cases.sent_values import UNREADABLE, texts_of, values_at
from threadmock.contracts.transport.errors import TRESPASS, Forbidden, OwnershipError
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Contract, Operation, json_media
from threadmock.specs.members import nodes
from threadmock.specs.operations.inferred.words import SEARCHES
from threadmock.specs.operations.parameters import parse_query
from threadmock.specs.operations.path_templates import SLASH, names_in, read_within
from threadmock.specs.operations.routing import Router
from threadmock.specs.schemas.declared import properties, types_of
from threadmock.specs.schemas.validation import checker
from threadmock.specs.text import one_line, shorten
from threadmock.specs.wire.messages import Request
from threadmock.specs.wire.strictjson import JsonError, parse_json

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LIKE_AN_ID = re.compile(r"\d{1,18}|[A-Za-z0-9_.:-]{8,}")
_ADDRESS = re.compile(r"(?:https?|wss?|ftp):[/\\\\]{2}(?:[^/?#\\\\\s@]*@)?(\[[^\]]*\]|[^/?#\\\\\s:]*)", re.IGNORECASE)
_NOBODYS = re.compile(r"(?:.*\.)?(?:example|invalid|test|example\.(?:com|net|org))\.?", re.IGNORECASE)
"""Hosts that nobody has, or that are there to be named (RFC 2606)."""
_OVERRIDES = frozenset({"x-http-method-override", "x-http-method", "x-method-override"})
_FINE = 200
_NAMES_KEYS = re.compile(r"(?i)(.*[^a-z])?(ids?|keys?|uuids?)|.*(Ids?|Keys?)")
_STRANGE_NUMBERS = range(10**9, 2 * 10**9)


class Ownership(Protocol):
    """Who knows what this run made."""

    def owns(self, resource: str, value: object) -> bool:
        """Whether a thing of a resource ("" for any) with this key was made by this run."""


@dataclass(frozen=True)
class NamingPlace:
    """A place of a request that names a thing. many: it holds a list of keys."""

    resource: str
    source: Source
    many: bool = False


def writes(operation: Operation) -> bool:
    """Whether a request to the operation may change anything.

    A search by POST changes nothing where a rule says that it is one, and that nothing else comes of it; what is only
    guessed counts as a write, unless the path says it, and a list is the answer.
    """
    rule = operation.rule
    if rule.inferred and _looks_like_a_search(operation):
        return False
    more = (
        rule.makes_more
        or rule.missing == "create"
        or bool(rule.touch)
        or (rule.within is not None and rule.within.create is not None)
    )
    reads = rule.traits.only_reads and not (rule.inferred or more)
    return operation.method not in SAFE_METHODS and not reads


def _looks_like_a_search(operation: Operation) -> bool:
    last = operation.path.rstrip("/").rpartition("/")[2].lower().strip("_:")
    media = json_media(operation, _FINE) if operation.method == "POST" and last in SEARCHES else None
    if media is None or media.schema is None or operation.success != _FINE:
        return False
    answered = (media.schema.document, *properties(media.schema).values())
    return any("array" in types_of(media.schema, node) for node in answered)


def touches(operation: Operation) -> bool:
    """As `writes`, and also where a reader who leaves may end what it reads."""
    return writes(operation) or operation.rule.traits.follows_run


def unowned(contract: Contract, operation: Operation) -> str:
    """Why a write of an operation changes what no run makes; "" where it may be about what a run made.

    That is so of a thing of which there is one (`/settings`, `/me`), unless it lies in a thing that a run can make.
    """
    rule = operation.rule
    one = rule.key is not None and rule.key.source is None and (rule.traits.changes or rule.traits.destroys)
    unnamed = rule.inferred and rule.action == "fixed" and not names_in(operation.path)
    if not (one or (unnamed and operation.method in ("PUT", "PATCH"))) or not writes(operation):
        return ""
    above = [name.resource for name in references(operation) if not name.own]
    if above and makers(contract, above[-1]):
        return ""
    if above:
        return f"what it would change lies in a {above[-1]}, which nothing makes"
    return "what it would change may be there already: its path names none of ours"


def naming_places(operation: Operation) -> Iterator[NamingPlace]:
    """The places of an operation's requests that name things."""
    rule = operation.rule
    named = references(operation)
    for name in named:
        yield NamingPlace(name.resource, name.source)
    # A key that stands where the parent's does is the parent's, unless a thing can be made under it.
    if rule.key and rule.key.source and (rule.traits.makes or rule.key.source not in {n.source for n in named}):
        yield NamingPlace(rule.resource, rule.key.source)
    for source in cursors(operation):
        yield NamingPlace(rule.resource, source)
    if rule.run and rule.run.follows:
        yield NamingPlace("", rule.run.follows)
    yield from bulk(operation)


def bulk(operation: Operation) -> Iterator[NamingPlace]:
    """The places that say which of many things are meant: without them, a request may be about all there are."""
    rule = operation.rule
    if rule.prune:
        yield NamingPlace(rule.resource, rule.prune.keys, many=True)
    if rule.run and rule.run.stopping and rule.run.stopping.keys:
        yield NamingPlace(rule.resource, rule.run.stopping.keys, many=True)


class Guard:
    """Refuses requests that would touch what is not this run's.

    local: the target is this machine; there, texts that no thing can have as its key are sent, too.
    """

    def __init__(
        self, contract: Contract, owned: Ownership, *, local: bool, writable: bool = True, name: str = ""
    ) -> None:
        self._contract = contract
        self._owned = owned
        self._local = local
        self._writable = writable
        self._name = name

    @cached_property
    def _router(self) -> Router:
        return Router(self._contract.operations)

    def check(self, request: Request, *, planned: bool) -> None:
        """Let a request pass, or not.

        planned: scenarios name things on purpose. Forbidden where the request is not to be sent; OwnershipError where a
        scenario names a thing that is somebody else's: that is a fault of ours.
        """
        if override := _OVERRIDES & request.headers.keys():
            raise Forbidden(f"the header {min(override)} may make another method of this one")
        operation = self._router.find(request.method, request.path).operation
        if operation is None:
            self._check_unknown(request)
            return
        if not self._writable and writes(operation):
            raise Forbidden(f"{operation} may write, and writing is not allowed on {self._name}")
        if not touches(operation):
            return
        if reason := self.refusal(operation):
            raise Forbidden(reason)
        if SLASH in request.path:
            other = self._router.find(request.method, read_within(request.path)).operation
            if other not in (None, operation):
                raise Forbidden(f"a server that takes a slash within a key for one between segments has {other} there")
        self._check_addresses(operation, request)
        values = {spot: values_at(operation, request, spot.source) for spot in naming_places(operation)}
        for spot, found in values.items():
            if not (self._is_outside(operation, spot) and found is not UNREADABLE):
                self._check_spot(operation, spot, found, planned=planned)
        for spot in bulk(operation):
            _check_bounded(operation, values[spot])
        if operation.method == "DELETE" and not (tuple(bulk(operation)) or names_in(operation.path)):
            self._check_removal(operation, request)

    def refusal(self, operation: Operation) -> str:
        """Why no request to an operation is sent, whatever it holds; "" where some may be."""
        return unowned(self._contract, operation)

    def _check_removal(self, operation: Operation, request: Request) -> None:
        """A removal whose path names nothing: its body or query has to name something, and only what is this run's."""
        found = [value for name, value in _sent_members(request) if _NAMES_KEYS.fullmatch(name)]
        _check_bounded(operation, found)
        for value in found:
            if not self._is_known("", value):
                raise Forbidden(f"{operation} would remove what this run did not make")

    def _check_addresses(self, operation: Operation, request: Request) -> None:
        """A target may call an address that it is sent, such as a webhook: no real host name is sent."""
        for text in texts_of(request.body) if request.body else ():
            for host in _ADDRESS.findall(text):
                if not _NOBODYS.fullmatch(host):
                    raise Forbidden(f"{operation} would be sent an address that it might call")

    def _check_unknown(self, request: Request) -> None:
        """A request that no document has: nobody knows what it would do."""
        if request.method in SAFE_METHODS:
            return
        if not (self._local and self._writable):
            raise Forbidden(f"an undocumented {request.method} is tried on this machine only")
        for method in self._router.find(request.method, request.path).allowed:
            documented = self._router.find(method, request.path).operation
            if documented and (reason := self.refusal(documented)):
                raise Forbidden(reason)
        for segment in request.path.split("/"):
            literal = any(segment in path.split("/") for path in self._router.paths)
            if _looks_like_id(segment) and not literal and not self._is_known("", segment):
                raise Forbidden(f"an undocumented {request.method} is tried on things of this run only")

    def _is_outside(self, operation: Operation, spot: NamingPlace) -> bool:
        """Whether a place names what lies outside the contract: things may be made below it, and it is not changed."""
        own = spot.resource == operation.rule.resource or not spot.resource
        return not own and not makers(self._contract, spot.resource)

    def _check_spot(self, operation: Operation, spot: NamingPlace, found: list[object], *, planned: bool) -> None:
        if found is UNREADABLE:
            if not self._local:
                raise Forbidden(f"which things a body that is no JSON names in {spot.source} can't be read")
            return
        for value in found:
            if value == "" and spot.resource == operation.rule.resource and operation.rule.missing == "create":
                raise Forbidden(f"{spot.source} is empty: what {operation} makes under it could not be removed")
            if value is None or isinstance(value, bool | dict | float) or value == "":
                continue
            if self._is_known(spot.resource, value) or self._is_placeholder(operation, spot, value):
                continue
            self._refuse(operation, spot, value, planned=planned)

    def _refuse(self, operation: Operation, spot: NamingPlace, value: object, *, planned: bool) -> None:
        schema = None if spot.many or len(spot.source.steps) > 1 else schema_at(operation, spot.source)
        senseless = not _looks_like_id(value) or (schema is not None and not _fits(schema, value, spot.source))
        if senseless or ((isinstance(value, int) or str(value).isdecimal()) and int(str(value)) in _STRANGE_NUMBERS):
            if self._local:
                return
        elif planned:
            raise OwnershipError(
                f"stopped before {operation} was sent: {spot.source} names {shorten(one_line(str(value)), 80)!r},"
                f" {TRESPASS}"
            )
        raise Forbidden(f"{spot.source} names what this run did not make")

    def _is_known(self, resource: str, value: object) -> bool:
        # what was made up in a form of others may happen to be theirs: on this machine only
        invented = is_invented(value) and (self._local or not is_borrowed(value))
        return invented or self._owned.owns(resource, value)

    def _is_placeholder(self, operation: Operation, spot: NamingPlace, value: object) -> bool:
        """Whether the value is our own placeholder, which is the key of nothing."""
        if spot.many or len(spot.source.steps) != 1 or not isinstance(value, str) or len(value) < 8:
            return False
        return value == str(placeholder(operation, spot.source))


def _sent_members(request: Request) -> Iterator[tuple[str, object]]:
    """Members of a JSON body at any depth, and parameters of the query, each item of a list by itself."""
    yield from parse_query(request.query)
    try:
        body = parse_json(request.body) if request.body else None
    except JsonError:
        yield "key", None  # nobody knows what it names
        return
    if isinstance(body, list):
        yield from (("key", item) for item in body)
    for node in nodes(body):
        for name, value in node.items() if isinstance(node, dict) else ():
            yield from ((name, item) for item in (value if isinstance(value, list) else [value]))


def _check_bounded(operation: Operation, found: list[object]) -> None:
    """A request that says by their keys which of many things are meant has to name some, and nothing else.

    A target may take what it can't read for no keys at all, and no keys for all that there is. Forbidden.
    """
    named = [value for value in found if isinstance(value, str | int) and not isinstance(value, bool) and value != ""]
    if found is UNREADABLE or not named or len(named) != len(found):
        raise Forbidden(f"{operation} without plain keys may be about things that this run did not make")


def _looks_like_id(value: object) -> bool:
    return isinstance(value, int) or _LIKE_AN_ID.fullmatch(str(value)) is not None


def _fits(schema: object, value: object, source: Source) -> bool:
    judge = checker(schema)  # type: ignore[arg-type]
    candidates = [value]
    if source.place != "body" and str(value).isdecimal():
        candidates.append(int(str(value)))
    return any(judge.accepted(each) for each in candidates)
