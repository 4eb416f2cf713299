"""The same request written otherwise, and credentials written wrongly."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from threadmock.contracts.cases.case import Case, base_value, json_media
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.checks.situation import doubt, excused
from threadmock.contracts.scenarios.scenario import ask, has_base, make_case, marked, usable
from threadmock.specs.contract import Contract, Operation, Security
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import ABSENT
from threadmock.specs.wire.media_types import covers
from threadmock.specs.wire.messages import Request, is_json


def wire_applies(_: Contract, operation: Operation) -> str:
    """Operations with a JSON body."""
    return "" if json_media(operation) and has_base(operation) else "no valid JSON body is known"


def _writings(request: Request, value: Any, answer: str) -> Iterator[tuple[str, Request]]:
    """The same request in other writing: what it is called, and the request. answer: its media type, if no JSON."""
    yield "indented", replace(request, body=json.dumps(value, indent=4).encode())
    yield (
        "with other line ends",
        replace(request, body=json.dumps(value, indent=1).replace("\n", "\r\n").encode() + b"\r\n"),
    )
    yield "with escapes", replace(request, body=_escaped(value))
    yield "members in reverse", replace(request, body=json.dumps(dict(reversed(value.items()))).encode())
    media = request.headers.get("content-type", "application/json")
    # A patch is written in a type of its own that no answer has (RFC 7396, RFC 6902).
    accepted = answer or (media if "patch" not in media else "application/json")
    for name, headers in (
        ("a charset in quotes", {"content-type": f'{media}; charset="utf-8"'}),
        ("any answer accepted", {"accept": "*/*"}),
        (f"{'JSON' if not answer else accepted} accepted only", {"accept": accepted}),
        (f"{'JSON' if not answer else accepted} preferred", {"accept": f"{accepted};q=0.9, */*;q=0.1"}),
        ("a parameter of the media type", {"content-type": f"{media}; version=1"}),
        ("another agent", {"user-agent": "Mozilla/5.0 (threadmock)", "accept-language": "de, *;q=0.5"}),
        ("XML preferred", {"accept": "application/xml"}),
        ("a long header", {"x-unlisted": "x" * 6000}),
        ("headers that nobody documents", {"x-request-id": "1", "x-unlisted": "a, b", "cookie": "unlisted=1"}),
    ):
        yield name, replace(request, headers={**request.headers, **headers})
    query = "&".join(filter(None, (request.query, "unlisted=1&flag")))
    yield "a query that nobody documents", replace(request, query=query)


def _escaped(value: Any) -> bytes:
    """The JSON with each letter of its texts as an escape."""
    plain = json.dumps(value, ensure_ascii=False)
    made, inside, skip = [], False, False
    for character in plain:
        if skip:
            skip = False
        elif character == '"':
            inside = not inside
        elif character == "\\":
            skip = True
        elif inside and character.isalpha() and ord(character) < 0x10000:
            made.append(f"\\u{ord(character):04x}")
            continue
        made.append(character)
    return "".join(made).encode()


def _other_requests(plain: Case) -> Iterator[Case]:
    """Requests outside the operation: other paths, and bodies that are no JSON under other media types."""
    request = plain.request
    for path in (request.path + "/", request.path + "/unlisted", "/" + request.path, request.path.upper()):
        note = "any answer that is no 5xx"
        yield replace(plain, request=replace(request, path=path), intent="method", label=f"path {path}", note=note)
    known = plain.operation.body.content if plain.operation.body else {}
    for media, body in (("application/xml", b"<title>text</title>"), ("text/plain", b"title: text")):
        if any(covers(each, media) for each in known):
            continue
        sent = replace(request, headers={**request.headers, "content-type": media}, body=body)
        yield replace(plain, request=sent, intent="media_type", label=f"no JSON, sent as {media}", value=ABSENT)


def run_writings(context: Context, operation: Operation) -> Iterator[Finding]:
    """A request that is accepted is accepted in every writing that means the same."""
    value = usable(context, operation, marked(operation, "ä €")) or base_value(operation)
    plain = make_case(operation, value, "a plain request")
    first = ask(context, plain)
    if not first.accepted:
        return
    if not operation.rule.traits.destroys and isinstance(first.case.value, dict):
        # With the keys of what was created for it: written otherwise, a placeholder would not be known again.
        value = first.case.value
        plain = replace(plain, request=first.case.request, value=value, standing=first.case.standing)
    for other in _other_requests(plain):
        ask(context, other)
    for name, request in _writings(plain.request, value, _answer_media(operation)):
        case = replace(plain, request=request, label=f"the plain request, {name}")
        got = ask(context, case, without=("valid_accepted", "documented_status"))
        if got.accepted:
            got.compared()
        if 300 <= got.status < 500 and got.status != 429 and not (doubt(got) or excused(got)):
            yield got.find(
                "writings",
                f"status {operation.success}, as for the same request in plain writing",
                f"status {got.status} for the same request, {name}",
                source="RFC 8259, 2 and 7; RFC 9110, 8.3 and 12",
                exchanges=2,
            )


def _answer_media(operation: Operation) -> str:
    """The media type of the response, where none of the documented ones is JSON; else ""."""
    reply = operation.reply(operation.success)
    kinds = list(reply.content) if reply else []
    return "" if not kinds or any(map(is_json, kinds)) else kinds[0]


def credentials_applies(_: Contract, operation: Operation) -> str:
    """Operations that ask for a credential in a header."""
    if not operation.security or () in operation.security:
        return "no credentials are documented"
    if any(all(scheme.kind == "mutualTLS" for scheme in together) for together in operation.security):
        return "a client certificate is enough, and is shown below HTTP"
    return "" if any(_header_of(scheme) for scheme in _schemes(operation)) else "no credential travels in a header"


def _schemes(operation: Operation) -> list[Security]:
    return [scheme for together in operation.security for scheme in together]


def _header_of(scheme: Security) -> str:
    if scheme.kind == "apiKey":
        return scheme.name.lower() if scheme.location == "header" else ""
    return "authorization" if scheme.kind in ("http", "oauth2", "openIdConnect") else ""


def _broken(scheme: Security, good: str) -> Iterator[tuple[str, str, Evidence]]:
    """Header values that are no credential: what it is called, the value, and the evidence that it is refused."""
    bearer = scheme.kind != "apiKey" and scheme.scheme != "basic"
    in_doubt: Evidence = "documented" if bearer else "assumed"
    yield "an empty value", "", "documented"
    if _header_of(scheme) == "authorization":
        yield "a scheme without a token", "Basic" if scheme.scheme == "basic" else "Bearer", in_doubt
        yield "a scheme and blanks", "Bearer  ", in_doubt
    if bearer:
        yield "another scheme", "Basic dXNlcjpwYXNzd29yZA==", "documented"
    if good:
        head, blank, token = good.rpartition(" ")
        yield "the good one and one letter more", good + "x", "documented"
        if token.swapcase() != token:
            yield "the good one in other case", f"{head}{blank}{token.swapcase()}", "documented"
        if len(token) > 4:
            yield "the good one without its last letter", good[:-1], "documented"
        if bearer and head:
            yield "the good token under another scheme", f"Token{blank}{token}", "documented"


def run_broken_credentials(context: Context, operation: Operation) -> Iterator[Finding]:
    """Credentials that are written wrongly are none: 401 or 403."""
    value = base_value(operation)
    accepted = ask(context, make_case(operation, value, "good credentials"))
    for scheme in filter(_header_of, _schemes(operation)):
        name = _header_of(scheme)
        good = accepted.request.headers.get(name, "") if accepted.exchange.wrong_credentials_known else ""
        for what, text, evidence in _broken(scheme, good if accepted.accepted else ""):
            case = make_case(operation, value, f"credentials: {what}", intent="credentials", credentials="absent")
            case = replace(case, request=replace(case.request, headers={**case.request.headers, name: text}))
            got = ask(context, case, without=("credentials",))
            yield from _judge_broken(got, what, weakest(evidence, scheme.evidence))


def _judge_broken(got: Reading, what: str, evidence: Evidence) -> Iterator[Finding]:
    if got.status in (401, 403):
        got.compared()
    if got.response is None or got.status in (401, 403, 429) or got.status >= 500:
        return
    got.compared()
    yield got.find(
        "broken_credentials",
        f"401 or 403: {what} is no credential",
        f"status {got.status} for {what}",
        where="credentials",
        source=f"{got.operation.pointer}/security",
        evidence="assumed" if 400 <= got.status < 500 else evidence,
    )
