"""Credentials: put where an operation's security schemes look for them, left out, or altered."""

import base64
import binascii
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from threadmock.specs.contract import Operation, Security
from threadmock.specs.wire.messages import Request

Choice = Literal["good", "absent", "wrong"]
_ALTERED = 4
PUBLIC = frozenset(
    {
        "accept",
        "accept-charset",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "content-type",
        "origin",
        "prefer",
        "referer",
        "traceparent",
        "user-agent",
        "x-request-id",
    }
)
"""Header names whose values are never secret; every other value that a user gives is masked."""


@dataclass(frozen=True)
class CredentialSlot:
    """Where one scheme's credential travels. name: lower case for a header. value: None where none is known."""

    location: Literal["header", "query", "cookie"]
    name: str
    value: str | None


@dataclass(frozen=True)
class RequestCredentials:
    """What one choice of credentials adds to every request of an operation."""

    headers: Mapping[str, str]
    cookies: str = ""
    query: str = ""

    def apply(self, request: Request, *, keep_own: bool) -> Request:
        """The request with the credentials. keep_own: where both name a header, the request's own counts."""
        if not (self.headers or self.cookies or self.query):
            return request
        headers = {**self.headers, **request.headers} if keep_own else {**request.headers, **self.headers}
        if self.cookies:
            headers["cookie"] = "; ".join(filter(None, (headers.get("cookie"), self.cookies)))
        query = "&".join(filter(None, (request.query, self.query)))
        return replace(request, headers=headers, query=query)


def credential_slots(operation: Operation, given: Mapping[str, str]) -> list[CredentialSlot]:
    """Where the operation's schemes look, with what the user gave for them. given: lower-case header name to value.

    A key that travels in the query or in a cookie is given like a header of its name, or inside a Cookie header.
    """
    found = (credential_slot(scheme, given) for alternative in operation.security for scheme in alternative)
    return list(dict.fromkeys(place for place in found if place is not None))


def credential_slot(scheme: Security, given: Mapping[str, str]) -> CredentialSlot | None:
    """The place of one scheme; None for a client certificate."""
    if scheme.kind == "mutualTLS":
        return None
    if scheme.kind != "apiKey" or scheme.location == "header":
        name = scheme.name.lower() if scheme.kind == "apiKey" else "authorization"
        return CredentialSlot("header", name, given.get(name))
    value = given.get(scheme.name.lower())
    if scheme.location == "query":
        return CredentialSlot("query", scheme.name, value)
    return CredentialSlot("cookie", scheme.name, value if value is not None else cookies(given).get(scheme.name))


def cookies(headers: Mapping[str, str]) -> dict[str, str]:
    """Name to value of the Cookie header."""
    pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";"))
    return {name: value for name, _, value in pairs if name}


def credentials_for(operation: Operation, given: Mapping[str, str], choice: Choice) -> RequestCredentials:
    """What that choice adds to the operation's requests. Headers that no scheme names go along always."""
    found = credential_slots(operation, given)
    elsewhere = {place.name.lower() for place in found if place.location != "header"}
    named = {place.name for place in found if place.location == "header"}
    headers = {name: value for name, value in given.items() if name not in named | elsewhere | {"cookie"}}
    jar = {
        name: v
        for name, v in cookies(given).items()
        if not any(p.location == "cookie" and p.name == name for p in found)
    }
    query: list[tuple[str, str]] = []
    for place in found if choice != "absent" else ():
        value = place.value if choice == "good" or place.value is None else alter(place.value)
        if value is None:
            continue
        if place.location == "header":
            headers[place.name] = value
        elif place.location == "cookie":
            jar[place.name] = value
        else:
            query.append((place.name, value))
    return RequestCredentials(
        headers, "; ".join(f"{name}={value}" for name, value in jar.items()), urllib.parse.urlencode(query)
    )


def has_good_credential(operation: Operation, given: Mapping[str, str]) -> bool:
    """Whether a good credential is known, so that a wrong one can be made of it."""
    return any(place.value for place in credential_slots(operation, given))


def alter(value: str) -> str:
    """A credential of the same form that is wrong: its last characters are others, its scheme is kept."""
    scheme, blank, rest = value.rpartition(" ")
    if scheme.strip().lower() == "basic":
        try:
            user, colon, password = base64.b64decode(rest, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            pass
        else:
            wrong = f"{user}{colon}{_other(password) or 'x'}"
            return scheme + blank + base64.b64encode(wrong.encode()).decode()
    return scheme + blank + (_other(rest) or "x")


def _other(text: str) -> str:
    kept = text[:-_ALTERED] if len(text) > _ALTERED else ""
    return kept + "".join(_turn(character) for character in text[len(kept) :])


def _turn(character: str) -> str:
    for first, size in (("0", 10), ("a", 26), ("A", 26)):
        offset = ord(character) - ord(first)
        if 0 <= offset < size:
            # half way round: never the same, and for base64 never only in bits that no one reads
            return chr(ord(first) + (offset + size // 2) % size)
    return "x"


def invented(operation: Operation, token: str) -> dict[str, str]:
    """Headers that hold a made-up credential for each scheme: what the mock in process accepts.

    One header holds one credential: of schemes that share it, that of the first.
    """
    made: dict[str, str] = {}
    for scheme in (scheme for alternative in operation.security for scheme in alternative):
        if scheme.kind == "apiKey":
            made[scheme.name.lower()] = token
        elif scheme.kind != "mutualTLS":
            made.setdefault("authorization", f"{(scheme.scheme or 'bearer').capitalize()} {token}")
    return made
