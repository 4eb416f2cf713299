"""Whether the right requests are taken: valid ones accepted, invalid, unreadable and unauthenticated ones refused."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from threadmock.contracts.checks.checked_exchange import Problem
from threadmock.contracts.checks.reading import Reading
from threadmock.contracts.checks.reply import documents_errors, error_statuses, fits_error
from threadmock.contracts.checks.situation import (
    doubt,
    earned,
    excused,
    malformed_assumed,
    neutral,
    unreadable,
)
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import nodes
from threadmock.specs.operations.parameters import parse_query, value_of
from threadmock.specs.schemas.validation import checker
from threadmock.specs.text import one_line, shorten

_MESSAGES = ("detail", "message", "msg", "error", "title", "code", "type", "reason", "description")
_LEVELS, _MOST_WORDS, _LONGEST = 4, 4, 160
_LEAST = 4
_WORD = re.compile(r"[A-Za-z_ -]+")
_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "t": True, "y": True} | {
    "0": False, "false": False, "no": False, "off": False, "f": False, "n": False
}  # fmt: skip
_NUMBER = re.compile(r"[+-]?(\d[\d_]{0,17}([.,]\d{0,17})?|\.\d{1,17})(e[+-]?\d{1,2})?", re.ASCII)
_FORMLESS = ("application/x-www-form-urlencoded", "multipart/form-data")


def _asked(reading: Reading, intent: str) -> str:
    if reading.case.intent != intent or (intent != "credentials" and reading.case.credentials != "good"):
        return f"only asked of {intent.replace('_', ' ')} requests"
    if reading.response is None:
        return "no answer came"
    return "the answer is a server error" if reading.status >= 500 else neutral(reading)


def valid_applies(reading: Reading) -> str:
    """Valid requests with good credentials."""
    return _asked(reading, "valid") or ("the key is taken" if reading.conflict else "") or excused(reading)


def invalid_applies(reading: Reading) -> str:
    """Requests that the schema refuses."""
    reason = _asked(reading, "invalid")
    return reason or _lenient_key(reading)


def malformed_applies(reading: Reading) -> str:
    """Requests whose body can't be read."""
    reason = _asked(reading, "malformed")
    if not reason and reading.malformed_kind in {item.what for item in reading.rule.lenient}:
        return f"the provider is known to accept it: {reading.malformed_kind}"
    return reason


def media_type_applies(reading: Reading) -> str:
    """Requests whose body is of another media type than documented."""
    reason = _asked(reading, "media_type")
    if not reason and "media_type" in {item.what for item in reading.rule.lenient}:
        return "the provider is known to accept any media type"
    return reason


def credentials_applies(reading: Reading) -> str:
    """Requests without credentials, or with wrong ones where that can be known."""
    if not reading.operation.security:
        return "no credentials are documented"
    if reading.case.credentials == "good":
        return "only asked of requests without good credentials"
    if reading.case.credentials == "wrong" and not reading.exchange.wrong_credentials_known:
        return "no good credentials were given, so none are known to be wrong"
    if reading.response is None:
        return "no answer came"
    return "the answer is a server error" if reading.status >= 500 else neutral(reading)


def _lenient_key(reading: Reading) -> str:
    known = {item.what for item in reading.rule.lenient}
    key = reading.rule.key.member if reading.rule.key else ""
    if key and reading.case.where == f"/{key}" and isinstance(reading.chosen_key, str):
        if "empty_key" in known and reading.chosen_key == "":
            return "the provider is known to accept an empty key"
        if "uuid_forms" in known:
            return "the provider is known to accept other forms of a key"
    return ""


def check_valid_accepted(reading: Reading) -> Iterator[Problem]:
    """A valid request gets the documented success."""
    if not 400 <= reading.status < 500:
        return
    reason = doubt(reading)
    yield reading.problem(
        f"status {reading.operation.success}: the request is valid" + (f", although {reason}" if reason else ""),
        f"status {reading.status} for a valid request"
        + (f" ({reason})" if reason else "")
        + (f": {words}" if (words := refusal_words(reading.json, sent_texts(reading))) else ""),
        where=reading.case.where,
        source=f"{reading.operation.pointer}/responses/{reading.operation.success}",
        evidence="assumed" if reason else "documented",
    )


def check_refused_member(reading: Reading, member: str) -> Problem:
    """A create that was refused with an optional member, and accepted without it."""
    reason = doubt(reading)
    return reading.problem(
        f"status {reading.operation.success}: the request is valid, with {member}",
        f"status {reading.status} for a create with {member}, which is accepted without it",
        where=f"/{member}",
        source=f"{reading.operation.pointer}/responses/{reading.operation.success}",
        evidence="assumed" if reason else "documented",
        exchanges=2,
    )


def sent_texts(reading: Reading) -> Iterator[str]:
    """Texts that a request holds and that a refusal would not say of itself: with more than letters, and not short."""
    values = [*reading.path_values.values(), *(text for _, text in parse_query(reading.request.query))]
    for node in nodes([values, reading.case.value]):
        names = node if isinstance(node, dict) else ()
        for text in (node, *names):
            if isinstance(text, str) and len(text) >= _LEAST and not _WORD.fullmatch(text):
                yield text


def refusal_words(answer: Any, sent: Iterable[str] = ()) -> str:
    """What a refusal says of its reason: the texts of its messages, not far inside, without what clients sent.

    sent: texts of the request, which are left out where a message repeats them.
    """
    found: list[str] = []
    waiting: list[tuple[Any, int]] = [(answer, 0)]
    while waiting and len(found) < _MOST_WORDS:
        node, level = waiting.pop(0)
        inner: Iterable[Any] = node if isinstance(node, list) else ()
        if isinstance(node, dict):
            found += [node[name] for name in _MESSAGES if isinstance(node.get(name), str) and node[name]]
            inner = node.values()
        if level < _LEVELS:
            waiting += [(each, level + 1) for each in inner if isinstance(each, dict | list)]
    said = "; ".join(dict.fromkeys(found))
    for text in sorted({text for text in sent if text in said}, key=len, reverse=True):
        said = said.replace(text, "…")
    return shorten(one_line(said), _LONGEST)


def _refusal_source(reading: Reading) -> str:
    schema = reading.asked_schema
    return f"{schema.pointer}" if schema and reading.operation.body else reading.operation.pointer


def check_invalid_refused(reading: Reading) -> Iterator[Problem]:
    """A request that the schema refuses gets a documented error, or any 4xx where none is documented."""
    if reading.accepted:
        yield reading.problem(
            reading.case.note or "a 4xx: the request breaks the documented schema",
            f"status {reading.status}: it was accepted",
            where=reading.case.where,
            source=_refusal_source(reading),
            evidence="assumed" if _is_spelling(reading) else "documented",
        )
    elif reading.reply is not None and documents_errors(reading) and not (fits_error(reading) or earned(reading)):
        known = ", ".join(error_statuses(reading))
        yield reading.problem(
            f"the error documented for an invalid request: {known}",
            f"status {reading.status}, which is documented for something else",
            where=reading.case.where,
            source=f"{reading.operation.pointer}/responses",
            evidence="assumed" if reading.rule.inferred else "documented",
        )


def _is_spelling(reading: Reading) -> bool:
    """Whether all that is wrong is how a path or a query writes a boolean, a number or nothing: frameworks differ."""
    sent = {"query": parse_query(reading.request.query), "path": list(reading.path_values.items())}
    for parameter in (*reading.operation.parameters_in("path"), *reading.operation.parameters_in("query")):
        if f"/{parameter.name}" == reading.case.where:
            texts = [text for name, text in sent[parameter.location] if name == parameter.name]
            judge = checker(parameter.schema)
            wrong = [text for text in texts if not judge.accepted(value_of(parameter, [text]))]
            return bool(wrong) and all(
                any(map(judge.accepted, readings_of(text))) or not text.strip() for text in wrong
            )
    return False


def readings_of(text: str) -> Iterator[Any]:
    """The booleans, numbers and nulls that frameworks read a text of a query as."""
    word = text.strip().casefold()
    if word in _BOOLEANS:
        yield _BOOLEANS[word]
    if word in ("null", "none", "nil", "undefined"):
        yield None
    if _NUMBER.fullmatch(word):
        number = float(word.replace("_", "").replace(",", "."))
        yield int(number) if number.is_integer() else number


def check_malformed_refused(reading: Reading) -> Iterator[Problem]:
    """A body that can't be read is refused. What many parsers let pass is only assumed to be."""
    if reading.accepted:
        evidence: Evidence = "assumed" if malformed_assumed(reading) else "documented"
        yield reading.problem(
            reading.case.note or "a 4xx: the body is no JSON",
            f"status {reading.status}: it was accepted",
            source="RFC 8259; " + _refusal_source(reading),
            evidence=evidence,
        )


def check_media_type_refused(reading: Reading) -> Iterator[Problem]:
    """A body of a media type that is not documented is refused; where it holds no JSON either, surely."""
    if reading.accepted:
        required = reading.operation.body is not None and reading.operation.body.required
        sure = unreadable(reading) and required and not malformed_assumed(reading) and _documents_no_form(reading)
        documents = ", ".join(reading.operation.body.content) if reading.operation.body else "none"
        yield reading.problem(
            f"a 4xx: the documented media types are {documents}",
            f"status {reading.status}: it was accepted",
            where="content-type",
            source=f"{reading.operation.pointer}/requestBody/content",
            evidence="documented" if sure else "assumed",
        )


def _documents_no_form(reading: Reading) -> bool:
    sent = reading.request.headers.get("content-type", "")
    return not any(form in sent for form in _FORMLESS)


def check_credentials(reading: Reading) -> Iterator[Problem]:
    """Without good credentials the response is 401 or 403."""
    if reading.status in (401, 403):
        return
    schemes = [scheme for together in reading.operation.security for scheme in together]
    evidence = weakest(*(scheme.evidence for scheme in schemes))
    kind = reading.case.credentials
    yield reading.problem(
        f"401 or 403: the credentials are {kind}",
        f"status {reading.status} with {kind} credentials",
        where="credentials",
        source=f"{reading.operation.pointer}/security",
        evidence=_which_refusal(reading) if 400 <= reading.status < 500 else evidence,
    )


def _which_refusal(reading: Reading) -> Evidence:
    """On what it rests that a refusal is 401 or 403 and no other 4xx."""
    denied = reading.rule.refusals.get("denied")
    return denied.evidence if denied and denied.status in (401, 403) else "assumed"
