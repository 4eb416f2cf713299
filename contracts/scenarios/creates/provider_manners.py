"""Manners of a whole provider: a final slash, paths that it does not have, what it answers browsers."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.case import Case, base_value
from threadmock.contracts.cases.families import makers
from threadmock.contracts.cases.references import references
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.asking import prerequisites_of
from threadmock.contracts.scenarios.scenario import ask
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.errors import SchemaError
from threadmock.specs.evidence import Evidence, weakest

# A page of this machine: mocks and development servers let it in whatever they say of others.
ORIGIN = "http://localhost:3000"
NO_SUCH_PATH = "no-such-path-of-anybody"
_CHECKS = ("valid_accepted", "documented_status", "media_type", "schema", "other_methods", "headers")


def represents_provider(contract: Contract, operation: Operation) -> bool:
    """Whether an operation stands for the whole provider: one of them is enough."""
    return operation is contract.operations[0]


def slashed(contract: Contract, operation: Operation) -> str:
    """Operations whose path leads on from a final slash, and that can be asked plainly.

    Where both paths are the same that is a leniency, which no target needs to have.
    """
    if operation.rule.slashes != "redirect":
        return "nothing says that a final slash leads on"
    traits = operation.rule.traits
    if not (traits.open or traits.rank == 0 or (traits.only_reads and not traits.follows_run)):
        return "the operation changes what is there"
    try:
        base_value(operation)
    except SchemaError:
        return "no valid body is known"
    lacking = [n for n in references(operation) if n.strict and not makers(contract, n.resource)]
    return f"nothing makes a {lacking[0].resource}" if lacking else ""


def run_final_slash(context: Context, operation: Operation) -> Iterator[Finding]:
    """The same request with a final slash: a redirect to the path without it."""
    plain = _plain(context, operation)
    first = ask(context, plain)
    path = plain.request.path
    case = replace(plain, request=replace(plain.request, path=f"{path}/"), label="a final slash", intent="method")
    got = ask(context, case, without=_CHECKS)
    if not first.accepted or got.response is None or got.status >= 500 or got.status == 429:
        return
    got.compared()
    location = got.response.headers.get("location", "")
    if got.status not in (301, 302, 307, 308):
        yield _found(got, "final_slash", "a redirect to the path without the slash", f"status {got.status}")
    elif not unquote(_path_of(location)).endswith(path):
        yield _found(got, "final_slash", f"a Location that ends with {operation.path}", "another one")


def _path_of(location: str) -> str:
    try:
        return urlsplit(location).path
    except ValueError:
        return ""


def _plain(context: Context, operation: Operation) -> Case:
    keys: dict[str, Any] = {}
    for name in references(operation):
        if makers(context.contract, name.resource, keys):
            keys[name.resource] = prerequisites_of(context).get(name.resource, keys).key
    return case_about(operation, keys, "a plain request")


def _found(got: Reading, check: str, expected: str, what: str, evidence: Evidence = "observed") -> Finding:
    """A finding about manners: no OpenAPI document states them, so that they are observed at most."""
    held = weakest("observed", evidence, got.rule.evidence)
    return got.find(check, expected, what, source="x-behaviour of the whole provider", evidence=held)


def pathless(contract: Contract, operation: Operation) -> str:
    """One operation, where it is said how a path is refused that the provider does not have."""
    if "no_route" not in contract.profile.refusals:
        return "nothing says how an unknown path is refused"
    return "" if represents_provider(contract, operation) else f"{contract.operations[0]} stands for the provider"


def run_unknown_route(context: Context, operation: Operation) -> Iterator[Finding]:
    """A path that the provider does not have: the status and the form that it is said to have."""
    refusal = context.contract.profile.refusals["no_route"]
    plain = _plain(context, operation)
    path = f"{plain.request.path.rstrip('/')}/{NO_SUCH_PATH}/{NO_SUCH_PATH}"
    request = replace(plain.request, method="GET", path=path, body=b"", query="")
    got = ask(context, replace(plain, request=request, intent="method", label="no path of anybody"), without=_CHECKS)
    if got.response is None or got.status >= 500 or got.status == 429:
        return
    got.compared()
    if got.status != refusal.status:
        yield _found(got, "unknown_route", f"status {refusal.status}", f"status {got.status}", refusal.evidence)
    elif isinstance(refusal.body, Mapping) and not _has_members(got.value, refusal.body):
        said = ", ".join(refusal.body)
        yield _found(got, "unknown_route", f"a refusal with {said}", "another form", refusal.evidence)


def _has_members(value: Any, body: Mapping[str, Any]) -> bool:
    return isinstance(value, Mapping) and all(name in value for name in body)


def open_to_pages(contract: Contract, operation: Operation) -> str:
    """One operation, where it is said what it answers browsers."""
    if contract.profile.cors is None:
        return "nothing says what browsers are answered"
    return "" if represents_provider(contract, operation) else f"{contract.operations[0]} stands for the provider"


def run_cors(context: Context, operation: Operation) -> Iterator[Finding]:
    """A preflight and a request of a page: both name the origin as is said, and the preflight lets the method in."""
    cors = context.contract.profile.cors
    if cors is None:
        return
    plain = _plain(context, operation)
    asked = {"origin": ORIGIN, "access-control-request-method": operation.method}
    request = replace(plain.request, method="OPTIONS", headers=asked, body=b"", query="")
    got = ask(context, replace(plain, request=request, intent="method", label="a preflight"), without=_CHECKS)
    sent = replace(plain.request, headers={**plain.request.headers, "origin": ORIGIN})
    simple = ask(context, replace(plain, request=sent, label="a request of a page"))
    origin = "*" if cors.origin == "*" else ORIGIN
    for reading, what in ((got, "a preflight"), (simple, "a request of a page")):
        named = _header(reading, "access-control-allow-origin")
        if reading.accepted:
            reading.compared()
        if reading.accepted and named != origin:
            yield _found(reading, "cors", f"{origin} is let in, by {what}", f"{named or 'nobody'}", cors.evidence)
    if got.response is not None and not got.accepted and got.status not in (403, 429):
        yield _found(got, "cors", f"status {cors.preflight[0]} for a preflight", f"status {got.status}", cors.evidence)
    exposed = {name.strip().lower() for name in _header(simple, "access-control-expose-headers").split(",")}
    lacking = [name for name in cors.expose if name.lower() not in exposed and "*" not in exposed]
    if simple.accepted and lacking:
        yield _found(simple, "cors", f"pages may read {lacking[0]}", "it is not exposed", cors.evidence)


def _header(reading: Reading, name: str) -> str:
    return reading.response.headers.get(name, "") if reading.response else ""
