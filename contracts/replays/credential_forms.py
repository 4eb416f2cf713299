"""How each request authenticated, without storing the secret; and how another server's credentials are used alike."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from threadmock.contracts.transport.credentials import PUBLIC, alter
from threadmock.contracts.transport.redaction import Masking

if TYPE_CHECKING:
    from threadmock.contracts.target.exchange import Exchange


def _cased(value: str) -> str:
    head, blank, token = value.rpartition(" ")
    return head + blank + token.swapcase()


_forms: Mapping[str, Callable[[str], str]] = {
    "good": lambda value: value,
    "wrong": alter,
    "longer": lambda value: value + "x",
    "shorter": lambda value: value[:-1],
    "other case": _cased,
    "other scheme": lambda value: "Token " + value.rpartition(" ")[2],
}
"""How a credential may have been made of the good one."""


def credential_forms(
    exchange: "Exchange", good: Mapping[str, str], masking: Masking
) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """The headers that are no credential, and of every other how its value was made, or what it is if no secret.

    good: header name to the good value, where one is known. A credential in the query is named like `?api_key`.
    """
    own, dressed = exchange.case.request, exchange.request
    headers, credentials = {}, {}
    for name, value in dressed.headers.items():
        added = own.headers.get(name) != value
        if not added and (name not in good or masking(value) == value == masking.header(name, value)):
            headers[name] = value
        elif name in PUBLIC:
            headers[name] = masking(value)
        else:
            credentials[name] = _form_of(value, good.get(name), masking)
    if dressed.query != own.query and dressed.query.startswith(own.query):
        for piece in filter(None, dressed.query[len(own.query) :].split("&")):
            name, _, value = piece.partition("=")
            credentials[f"?{name}"] = _form_of(value, good.get(f"?{name}"), masking)
    return headers, credentials


def _form_of(value: str, good: str | None, masking: Masking) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if good:
        made["how"] = next((how for how, way in _forms.items() if way(good) == value), "")
    if masking(value) == value:
        made["value"] = value
    return made if made.get("how") or "value" in made else {"how": "unknown"}


def good_credentials(exchange: "Exchange") -> dict[str, str]:
    """The good credentials that an exchange carried: header name, or `?name` in the query, to the value."""
    case = exchange.case
    if case.credentials != "good":
        return {}
    own, dressed = case.request, exchange.request
    found = {n: v for n, v in dressed.headers.items() if n not in own.headers and n not in PUBLIC}
    added = dressed.query[len(own.query) :] if dressed.query.startswith(own.query) else ""
    return found | _pairs(added)


def _pairs(query: str) -> dict[str, str]:
    return {f"?{name}": value for name, _, value in (piece.partition("=") for piece in query.split("&")) if name}


def credentials_of_forms(
    credentials: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]
) -> tuple[dict[str, str], str, str]:
    """Headers and query to add for these credentials, and the name of the first that is lacking ("" for none).

    given: lower-case name to good value, of this server. What is not given is as it was, where that was no secret.
    """
    headers, query, lacking = {}, [], ""
    for name, form in credentials.items():
        good = given.get(name.lstrip("?").lower())
        if good is not None and form.get("how") in _forms:
            value = _forms[form["how"]](good)
        elif "value" in form:
            value = form["value"]
        else:
            lacking = lacking or name.lstrip("?")
            continue
        if name.startswith("?"):
            query.append(f"{name[1:]}={value}")
        else:
            headers[name] = value
    return headers, "&".join(query), lacking
