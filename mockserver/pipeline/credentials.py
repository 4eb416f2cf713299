"""Credentials: whether a request carries what its operation asks for."""

import hmac

from threadmock.mockserver.rules.outcome import Refused
from threadmock.specs.contract import Operation, Security
from threadmock.specs.operations.parameters import parse_query
from threadmock.specs.schemas.validation import Violation
from threadmock.specs.wire.messages import Request, header_of


def check_credentials(operation: Operation, request: Request, auth: str) -> Refused | None:
    """The refusal of a request whose credentials are absent or, in exact mode, wrong.

    auth: "off", "present" (any credential), or the one token that is accepted.
    """
    if auth == "off" or not operation.security:
        return None
    for alternative in operation.security:
        if all(_holds(scheme, request, auth) for scheme in alternative):
            return None
    scheme = next((scheme for scheme in operation.security[0] if scheme.kind != "mutualTLS"), None)
    if scheme is None:
        return None
    name = carrier(scheme)
    state = "are absent" if read_credential(scheme, request) is None else "are not the ones that this server takes"
    reason = f"The credentials in the {name} {state}"
    return Refused("denied", reason, (Violation("header", "denied", (name,), reason),))


def challenge(operation: Operation) -> dict[str, str]:
    """The WWW-Authenticate header that goes with a 401 (RFC 9110, 11.6.1), for HTTP schemes."""
    schemes = {s.scheme for alternative in operation.security for s in alternative if s.kind == "http"}
    return {"www-authenticate": ", ".join(sorted(name.capitalize() for name in schemes))} if schemes else {}


def carrier(scheme: Security) -> str:
    """Where a scheme's credential is sent, in words."""
    if scheme.kind == "apiKey":
        return f"{scheme.location} {scheme.name}"
    return "header Authorization"


def _holds(scheme: Security, request: Request, auth: str) -> bool:
    if scheme.kind == "mutualTLS":
        return True  # a certificate is shown to the server of TLS, and none of it reaches a mock
    credential = read_credential(scheme, request)
    if not credential:
        return False
    if auth == "present":
        return True
    return hmac.compare_digest(credential.encode(), auth.encode())


def read_credential(scheme: Security, request: Request) -> str | None:
    """The credential that a request carries for a scheme, without its scheme word; None where there is none."""
    if scheme.kind == "apiKey":
        return _without_scheme(_read_key(scheme, request))
    value = request.headers.get("authorization", "")
    word, _, rest = value.strip().partition(" ")
    expected = scheme.scheme or "bearer"
    return rest.strip() or None if word.lower() == expected else None


def _read_key(scheme: Security, request: Request) -> str | None:
    if scheme.location == "header":
        return header_of(request, scheme.name)
    if scheme.location == "query":
        return next((value for name, value in parse_query(request.query) if name == scheme.name), None)
    pairs = (pair.strip().partition("=") for pair in request.headers.get("cookie", "").split(";"))
    return next((value for name, _, value in pairs if name == scheme.name), None)


def _without_scheme(value: str | None) -> str | None:
    """A key with or without a leading `Bearer `; clients send both."""
    if value is None:
        return None
    word, _, rest = value.strip().partition(" ")
    if word.lower() == "bearer":
        return rest.strip() or None
    return value.strip() or None
