"""Cases about everything but the body's value: bytes, content types, parameters, credentials, methods, forms."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from threadmock.contracts.cases.branch_evidence import choice_evidence
from threadmock.contracts.cases.case import FORMS, Case, Intent, build_request, encode_body, json_media
from threadmock.contracts.cases.encoding import BOUNDARY, read_back, text_of
from threadmock.contracts.cases.references import plain_text, references, unknown_key
from threadmock.contracts.cases.samples import parameter_value
from threadmock.contracts.cases.shapes import shapes
from threadmock.contracts.cases.value_pools import TEXTS, long_text
from threadmock.contracts.generation.boundaries import limits
from threadmock.contracts.generation.coverage_basis import CoverageBasis, needed_elsewhere, rekeyed, verdict
from threadmock.contracts.generation.malformed import WRONG_MEDIA_TYPES, malformed_bodies, plain_label, twice
from threadmock.specs.contract import Parameter
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import ABSENT
from threadmock.specs.operations.parameters import is_read, read_parameter
from threadmock.specs.operations.requests import read_body
from threadmock.specs.schemas.validation import checker
from threadmock.specs.wire.messages import Request

METHODS = ("HEAD", "OPTIONS", "GET", "PUT", "PATCH", "DELETE", "TRACE", "POST")
_PATH_TEXTS = (
    "mixed case", "inner blanks", "emoji", "markup", "leading zeros", "percent and plus", "accents and scripts",
    "combining, decomposed", "the word null", "quotes and semicolons",
)  # fmt: skip
_FORM_TEXTS: tuple[str, ...] = (
    "mixed case", "leading blank", "trailing blank", "emoji", "markup", "percent and plus", "combining, decomposed",
    "accents and scripts", "backslashes",
)  # fmt: skip
_SPOILT: tuple[Any, ...] = ({}, {"x_unknown": 1}, [], "text", 1)
"""Bodies of which most schemas refuse one."""
_QUERY_TEXTS = ("", "abc", "-1", "0", "1.5", "1e400", "99999999999999999999", "true", "null", " ", "a b", "ä", "[]")


def _case(
    grounds: CoverageBasis, request: Request, intent: Intent, label: str, evidence: Evidence = "documented", **more: Any
) -> Case:
    return Case(grounds.operation, request, intent, label, "coverage", evidence=evidence, **more)


def raw_request(grounds: CoverageBasis, body: bytes, content_type: str | None = None) -> Request:
    """The plain request with these bytes. content_type: None for the documented JSON one, "" for none."""
    media = json_media(grounds.operation)
    plain = build_request(grounds.operation)
    wanted = (media.media_type if media else "application/json") if content_type is None else content_type
    return replace(plain, headers={**plain.headers, "content-type": wanted} if wanted else plain.headers, body=body)


def made_by_path(grounds: CoverageBasis) -> Iterator[Case]:
    """A PUT of a key that nothing has: it makes a thing, and may say so by a status of its own."""
    operation, source = grounds.operation, next((n.source for n in references(grounds.operation) if n.own), None)
    if operation.rule.missing != "create" or source is None or source.place != "path" or grounds.base is ABSENT:
        return
    key = unknown_key(operation, source, secrets.randbits(62))
    if key is not None:
        request = build_request(operation, grounds.base, path_values={source.steps[0]: text_of(key)})
        yield _case(grounds, request, "valid", f"{source} that nothing has", value=grounds.base)


def malformed(grounds: CoverageBasis) -> Iterator[Case]:
    """Bodies that are no strict JSON. An empty one only where a body is required."""
    body = grounds.operation.body
    if body is None or json_media(grounds.operation) is None:
        return
    if body.required:
        yield _case(grounds, raw_request(grounds, b""), "malformed", "malformed: empty body")
        yield _case(grounds, raw_request(grounds, b"", ""), "malformed", "malformed: no body, no content type")
    for bad in malformed_bodies(grounds.filled_body):
        yield _case(grounds, raw_request(grounds, bad.body), "malformed", f"malformed: {bad.label}", bad.evidence)
    if "duplicate_keys" not in {leniency.what for leniency in grounds.operation.rule.lenient}:
        yield from _duplicates(grounds)


def _duplicates(grounds: CoverageBasis) -> Iterator[Case]:
    value = grounds.base or grounds.full
    if not isinstance(value, dict) or not value:
        return
    name = next(iter(value))
    other = f"other {value[name]}" if isinstance(value[name], str) else value[name]
    data = twice(value, name, other)
    yield _case(
        grounds, raw_request(grounds, data), "malformed", f"malformed: {name} twice", "assumed", where=f"/{name}"
    )
    inner = (
        next((k for k, v in grounds.full.items() if isinstance(v, dict)), None)
        if isinstance(grounds.full, dict)
        else None
    )
    if inner:
        data = b'{"%b":{"a":1,"a":2}%b' % (inner.encode(), b"," if grounds.base else b"")
        rest = encode_body(grounds.operation, {k: v for k, v in grounds.base.items() if k != inner})[1][1:]
        yield _case(
            grounds, raw_request(grounds, data + rest), "malformed", f"malformed: a member of {inner} twice", "assumed"
        )


def accepted_types(grounds: CoverageBasis) -> Iterator[Case]:
    """Each documented media type of the success, asked for by `Accept`: the answer is judged by that type's schema."""
    operation = grounds.operation
    reply = operation.reply(operation.success)
    several = reply.content.values() if reply and operation.rule.run is None else ()
    for media in several if len(several) > 1 else ():
        value = rekeyed(grounds, grounds.base)
        request = build_request(operation, value, headers={"accept": media.content_type})
        yield _case(grounds, request, "valid", f"accept {media.content_type}", "assumed", value=value)


def media_types(grounds: CoverageBasis) -> Iterator[Case]:
    """The JSON body under content types that are not documented, and under other spellings of the documented one."""
    media = json_media(grounds.operation)
    if media is None or grounds.base is ABSENT or grounds.operation.body is None:
        return
    for label, sent in (
        ("with a charset", f"{media.media_type}; charset=utf-8"),
        ("in upper case", media.media_type.upper()),
        ("with a charset, no blank", f"{media.media_type};charset=UTF-8"),
    ):
        value = rekeyed(grounds, grounds.base)
        data = encode_body(grounds.operation, value)[1]
        yield _case(grounds, raw_request(grounds, data, sent), "valid", f"content type {label}", value=value)
    lenient = {leniency.what for leniency in grounds.operation.rule.lenient}
    if "media_type" in lenient:
        return
    documented, data = grounds.operation.body.content, encode_body(grounds.operation, grounds.base)[1]
    strange = raw_request(grounds, data, f"{media.media_type}; charset=x-unheard-of")
    note = "any answer that is no 5xx: JSON has no charset (RFC 8259, 11)"
    yield _case(grounds, strange, "method", "sent in a charset that nobody has", "assumed", note=note)
    for sent in WRONG_MEDIA_TYPES:
        label = plain_label(sent)
        if "plain_text" in lenient and label == "text/plain":
            continue
        if not {label, label.split("/")[0] + "/*", "*/*"} & documented.keys():
            yield _case(grounds, raw_request(grounds, data, sent), "media_type", f"sent as {label}", "assumed")


def credentials(grounds: CoverageBasis) -> Iterator[Case]:
    """Without the credentials that the document asks for, and with wrong ones."""
    alternatives = grounds.operation.security
    if not alternatives or () in alternatives:
        return
    if any(all(scheme.kind == "mutualTLS" for scheme in schemes) for schemes in alternatives):
        return  # a certificate is shown below HTTP: who comes so far has one, or none is asked for
    evidence = weakest(*(scheme.evidence for schemes in alternatives for scheme in schemes))
    bodies = [("", grounds.base)]
    if grounds.full != grounds.base:
        bodies.append((", maximal body", grounds.full))
    for label, sample in bodies:
        body = rekeyed(grounds, sample)
        request = build_request(grounds.operation, body)
        yield _case(
            grounds, request, "credentials", f"no credentials{label}", evidence, value=body, credentials="absent"
        )
        yield _case(
            grounds, request, "credentials", f"wrong credentials{label}", evidence, value=body, credentials="wrong"
        )
    yield from _other_ways_unauthenticated(grounds, evidence)
    yield from _invalid_unauthenticated(grounds, evidence)


def _invalid_unauthenticated(grounds: CoverageBasis, evidence: Evidence) -> Iterator[Case]:
    """Invalid, and without credentials: a stranger is not told what is wrong with a request."""
    spoilt = next((each for each in _SPOILT if verdict(grounds, each) == "invalid"), None) if grounds.judge else None
    if spoilt is not None:
        request = build_request(grounds.operation, spoilt)
        label = "no credentials, invalid body"
        yield _case(grounds, request, "credentials", label, evidence, value=spoilt, credentials="absent")
    for parameter in grounds.operation.parameters_in("query"):
        found = (_judged(grounds, parameter, text, "") for text in ("abc", "-1")) if is_read(parameter) else ()
        case = next((each for each in found if each and each.intent == "invalid"), None)
        if case:
            label = f"no credentials, invalid query {parameter.name}"
            yield replace(case, intent="credentials", credentials="absent", label=label, evidence=evidence)
            return


def _other_ways_unauthenticated(grounds: CoverageBasis, evidence: Evidence) -> Iterator[Case]:
    """Without credentials, but as each documented form, and with every header and query parameter there is."""
    operation = grounds.operation
    if operation.body and not operation.body.required:
        yield _case(
            grounds, build_request(operation), "credentials", "no credentials, no body", evidence, credentials="absent"
        )
    for media_type in FORMS:
        if operation.body and media_type in operation.body.content:
            case = form_case(grounds, media_type, formable(grounds, grounds.full), "maximal body")
            if case:
                label = f"no credentials, {case.label}"
                yield replace(case, intent="credentials", credentials="absent", label=label, evidence=evidence)
    known = [p for p in operation.parameters if p.location in ("query", "header") and is_read(p)]
    named = [p for p in known if parameter_value(p) is not None]
    for parameter in named:
        body = rekeyed(grounds, grounds.base)
        request = _with(grounds, parameter, plain_text(operation, parameter))
        label = f"no credentials, with {parameter.location} {parameter.name}"
        yield _case(grounds, request, "credentials", label, evidence, value=body, credentials="absent")


def methods(grounds: CoverageBasis) -> Iterator[Case]:
    """Methods that are not documented on this path: whatever is answered, nothing may crash."""
    plain = build_request(grounds.operation)
    for method in METHODS:
        if method in grounds.methods:
            continue
        request = replace(plain, method=method)
        value: Any = ABSENT
        if method in ("PUT", "PATCH", "POST"):
            value = {}
            request = replace(raw_request(grounds, b"{}", "application/json"), method=method)
        note = "any answer that is no 5xx (501 apart)"
        yield _case(grounds, request, "method", f"method {method}", "assumed", value=value, note=note)


def parameters(grounds: CoverageBasis) -> Iterator[Case]:
    """Each query, header and path parameter: there, missing where required, and texts that its schema refuses."""
    for parameter in filter(is_read, grounds.operation.parameters):
        if parameter.location == "path":
            yield from _path_texts(grounds, parameter)
        elif parameter.location in ("query", "header"):
            yield from _named_texts(grounds, parameter)


def _with(grounds: CoverageBasis, parameter: Parameter, text: str) -> Request:
    operation, body = grounds.operation, rekeyed(grounds, grounds.base)
    if parameter.location == "query":
        return build_request(operation, body, query={parameter.name: text})
    if parameter.location == "header":
        return build_request(operation, body, headers={parameter.name: text})
    linked = [member for member, name in grounds.linked.items() if name == parameter.name]
    if isinstance(body, dict):
        body = {**body, **{member: text for member in linked if member in body}}
    return build_request(operation, body, path_values={parameter.name: text})


def _judged(grounds: CoverageBasis, parameter: Parameter, text: str, label: str) -> Case | None:
    request = _with(grounds, parameter, text)
    _, value = read_parameter(parameter, request, {parameter.name: read_back(parameter, text)})
    judge = checker(parameter.schema)
    name = f"{parameter.location} {parameter.name}"
    body: Any = ABSENT
    if grounds.base is not ABSENT:
        body = read_body(grounds.operation, request).value
    if judge.accepted(value):
        needed: Evidence = "assumed" if parameter.name in needed_elsewhere(grounds.operation) else "documented"
        evidence = weakest(needed, choice_evidence(parameter.schema, value))
        return _case(grounds, request, "valid", f"{name} {label}", evidence, value=body, where=f"/{parameter.name}")
    if judge.refused(value):
        return _case(grounds, request, "invalid", f"{name} {label}", value=body, where=f"/{parameter.name}")
    return None


def _path_texts(grounds: CoverageBasis, parameter: Parameter) -> Iterator[Case]:
    for label in _PATH_TEXTS:
        case = _judged(grounds, parameter, TEXTS[label].replace("/", "-"), f"text: {label}")
        if case:
            yield case
    for text in ("abc", "1.5", "-1", "0", long_text(300), long_text(1000)):
        case = _judged(grounds, parameter, text, f"= {text[:20]}" if len(text) < 20 else f"of {len(text)} characters")
        if case and (case.intent == "invalid" or len(text) > 20):
            yield case


def _named_texts(grounds: CoverageBasis, parameter: Parameter) -> Iterator[Case]:
    sample = plain_text(grounds.operation, parameter)
    if parameter_value(parameter) is not None:
        case = _judged(grounds, parameter, sample, "plain")
        if case:
            yield case
    if parameter.required:
        request = _with(grounds, parameter, sample)
        bare = {name: value for name, value in request.headers.items() if name != parameter.name.lower()}
        query = "&".join(p for p in request.query.split("&") if not p.startswith(quote(parameter.name) + "="))
        yield _case(
            grounds, replace(request, headers=bare, query=query), "invalid",
            f"missing: {parameter.location} {parameter.name}",
            value=grounds.base, where=f"/{parameter.name}",
        )  # fmt: skip
    texts = (
        _QUERY_TEXTS if parameter.location == "query" else ("x" * 300, "MiXeD, with a comma", "\xe9t\xe9", "0", "a=b;c")
    )
    for text in texts:
        case = _judged(grounds, parameter, text, f"= {text[:20]!a}")
        if case:
            yield case
    yield from _at_limits(grounds, parameter)


def _at_limits(grounds: CoverageBasis, parameter: Parameter) -> Iterator[Case]:
    """A parameter's value at and next to every limit that its schema names, where a text can carry it."""
    for branch in shapes(parameter.schema).root():
        for probe in limits(branch):
            text = probe.value if isinstance(probe.value, str) else text_of(probe.value)
            if isinstance(probe.value, list) or (parameter.location == "header" and not _carried(text)):
                continue
            case = _judged(grounds, parameter, text, probe.label)
            if case:
                yield replace(case, evidence=weakest(case.evidence, probe.evidence))


def _carried(text: str) -> bool:
    return bool(text) and text == text.strip() and text.isascii() and text.isprintable()


def forms(grounds: CoverageBasis) -> Iterator[Case]:
    """The body as each documented form: values whose text says their type."""
    operation = grounds.operation
    for media_type in FORMS:
        if operation.body is None or media_type not in operation.body.content:
            continue
        for label, value in _form_values(grounds, _FORM_TEXTS if media_type == FORMS[0] else _FORM_TEXTS[:4]):
            case = form_case(grounds, media_type, value, label)
            if case:
                yield case
        for name in untyped(grounds):
            case = form_case(grounds, media_type, {name: "plain text"}, f"only {name}")
            if case:
                yield replace(case, evidence="assumed")
        if media_type == FORMS[1]:
            _, data = encode_body(operation, formable(grounds, grounds.full), media_type)
            request = raw_request(grounds, data, media_type)
            yield _case(grounds, request, "malformed", "multipart: no boundary named", "assumed")
            request = raw_request(grounds, data[: len(data) // 2], f"{media_type}; boundary={BOUNDARY}")
            yield _case(grounds, request, "malformed", "multipart: truncated", "assumed")


def _form_values(grounds: CoverageBasis, texts: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    full = formable(grounds, grounds.full)
    yield "maximal body", full
    yield from ((f"only {name}", {name: value}) for name, value in full.items())
    for name, value in full.items():
        if isinstance(value, bool):
            yield from ((f"{name}={word}", {name: word}) for word in ("true", "false", "maybe"))
        elif isinstance(value, str):
            yield from ((f"{name} text: {label}", {name: TEXTS[label]}) for label in texts)
            yield from ((f"{name} has {size:,} characters", {name: long_text(size)}) for size in (255, 256, 1_100))
        elif isinstance(value, int):
            yield f"{name} = abc", {name: "abc"}
            yield f"{name} = 1.5", {name: "1.5"}


def untyped(grounds: CoverageBasis) -> list[str]:
    """Members of any type: what a form's text means for them, each server decides."""
    return [str(place.steps[0]) for place in grounds.places if place.level == 1 and "any" in place.kinds()]


def formable(grounds: CoverageBasis, value: Any) -> dict[str, Any]:
    """The members that a form can carry without loss: texts that are not empty, numbers, booleans."""
    if not isinstance(value, dict):
        return {}
    anything = untyped(grounds)
    return {k: v for k, v in value.items() if v != "" and k not in anything and isinstance(v, str | int | float)}


def form_case(grounds: CoverageBasis, media_type: str, value: dict[str, Any], label: str) -> Case | None:
    """A form with these members, judged as a server reads it; None where the validators differ."""
    request = build_request(grounds.operation, {**formable(grounds, grounds.base), **value}, media_type=media_type)
    reading = read_body(grounds.operation, request)
    name = "form" if media_type == FORMS[0] else "multipart"
    if reading.trouble == "invalid" and grounds.judge and grounds.judge.refused(reading.value):
        return _case(grounds, request, "invalid", f"{name}: {label}", value=reading.value, form=True)
    if reading.trouble or (grounds.judge and not grounds.judge.accepted(reading.value)):
        return None
    return _case(grounds, request, "valid", f"{name}: {label}", value=reading.value, form=True)
