"""The form of a response, by the document: status, media type, strict JSON, schema with formats, headers."""

import re
from collections.abc import Collection, Iterator, Mapping

from threadmock.contracts.cases.samples import least
from threadmock.contracts.checks.checked_exchange import Problem
from threadmock.contracts.checks.reading import Reading
from threadmock.contracts.checks.situation import earned, excused, neutral, trouble, unreadable
from threadmock.specs.contract import Reply
from threadmock.specs.documents.pointers import walk
from threadmock.specs.errors import DocumentError, SchemaError
from threadmock.specs.members import ABSENT
from threadmock.specs.operations.parameters import parse_query
from threadmock.specs.operations.replies import find_media
from threadmock.specs.schemas.text_formats import Forms
from threadmock.specs.schemas.validation import Violation
from threadmock.specs.wire.messages import media_type

_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_SELECTING = frozenset({"select", "fields", "$select", "_fields", "only"})
_OF_WRONG_REQUESTS = (400, 422)
_UTF8 = ("utf-8", "utf8", "us-ascii", "ascii")


def error_statuses(reading: Reading) -> tuple[str, ...]:
    """The documented 4xx that may answer an invalid request: all but those that mean something else here."""
    taken = {str(policy.status) for policy in reading.rule.taken.policies} if reading.rule.taken else set()
    other = {str(r.status) for kind, r in reading.rule.refusals.items() if kind in ("taken", "unknown", "denied")}
    meant = {
        str(r.status) for kind, r in reading.rule.refusals.items() if kind in ("invalid", "ill_formed", "malformed")
    }
    known = [s for s in reading.operation.replies if s.startswith("4") or s == "default"]
    return tuple(s for s in known if s in meant or s not in taken | other)


def documents_errors(reading: Reading) -> bool:
    """Whether any 4xx is documented that an invalid request could be answered with."""
    return bool(error_statuses(reading))


def fits_error(reading: Reading) -> bool:
    """Whether the status is one of the documented ones for an invalid request."""
    exact, ranged = str(reading.status), f"{reading.status // 100}XX"
    return any(s in (exact, ranged, "default") for s in error_statuses(reading))


def status_applies(reading: Reading) -> str:
    """Any response of the operation that is neither a failure of the server nor settled by credentials."""
    if reading.response is None:
        return "no answer came"
    if reading.case.intent in ("method", "credentials", "hostile") or reading.case.credentials != "good":
        return "another check asks about this request's status"
    if reading.status >= 500:
        return "the answer is a server error"
    if reading.accepted and reading.case.intent != "valid":
        return "the request was accepted"
    return neutral(reading)


def check_documented_status(reading: Reading) -> Iterator[Problem]:
    """The status is documented, or the request earned it."""
    if reading.reply is not None or earned(reading):
        return
    refusal = 400 <= reading.status < 500
    if refusal and reading.case.intent == "valid":
        return
    if refusal and not documents_errors(reading):
        return
    known = ", ".join(reading.operation.replies) or "none"
    # A body that can't be read is refused before the operation sees it, often by a layer that knows no document.
    # A document that gives a body to a status without one asks for two things at once.
    bodiless = [reply for status, reply in reading.operation.replies.items() if status in ("204", "205")]
    contradicts = reading.accepted and any(_tells_of_a_body(reading, reply) for reply in bodiless)
    unread = reading.status == 400 and unreadable(reading)
    # Documents that name 401, 403 and 404 and no status for a wrong request leave open which one it gets.
    unnamed = reading.status in _OF_WRONG_REQUESTS and not _names_refusal(reading.operation.replies)
    # A document that names errors alone says nothing of success.
    silent = reading.accepted and not any(status < "4" for status in reading.operation.replies)
    lax = contradicts or silent or (refusal and (unread or unnamed or reading.case.intent == "media_type"))
    yield reading.problem(
        f"a documented status: {known}",
        f"status {reading.status}, which is not documented",
        source=f"{reading.operation.pointer}/responses",
        evidence="assumed" if lax else "documented",
    )


def _names_refusal(replies: Collection[str]) -> bool:
    """Whether a document says what a wrong request gets."""
    return any(str(status) in replies for status in _OF_WRONG_REQUESTS)


def form_applies(reading: Reading) -> str:
    """A response with a documented status that is no follow-up of another finding."""
    if reading.case.intent == "valid" and reading.response is not None and reading.status < 500:
        # A valid request that was refused: one finding says so, and the refusal's own form is judged on refusals.
        refused = reading.conflict or bool(excused(reading))
        return neutral(reading) or ("" if reading.accepted != refused else "the request was refused")
    return trouble(reading) or ("" if reading.reply else "the status is not documented")


def content_applies(reading: Reading) -> str:
    """As `form_applies`; an undocumented status has no documented form."""
    return form_applies(reading) or ("" if reading.reply else "the status is not documented")


def header_applies(reading: Reading) -> str:
    """A response whose reply declares headers."""
    reason = content_applies(reading)
    return reason or ("" if reading.reply and reading.reply.headers else "no header is declared")


def _problems(reading: Reading, where: str, expected: str) -> Iterator[Problem]:
    for violation in reading.violations:
        if violation.where == where:
            yield _problem(reading, violation, expected)


def _problem(reading: Reading, violation: Violation, expected: str) -> Problem:
    source = violation.schema_pointer or (reading.reply.pointer if reading.reply else "")
    return reading.problem(
        expected,
        f"{violation.keyword}: {violation.message[:300]}",
        where=violation.pointer,
        source=source,
        evidence="assumed" if _contradicts_itself(reading, violation) else violation.evidence,
        unconditional=True,
    )


def _contradicts_itself(reading: Reading, violation: Violation) -> bool:
    """Whether the document asks elsewhere for what it forbids here, so that nobody can do right by it."""
    if violation.keyword == "no_body":
        return reading.reply is not None and _tells_of_a_body(reading, reading.reply)
    if violation.where != "body":
        return False
    if violation.keyword == "required" and selects(reading):
        return True
    if violation.keyword == "oneOf" and _fits_nobody(reading):
        return True
    forms = Forms(((reading.made_schema, reading.made_schema.document),)) if reading.made_schema else Forms()
    value = reading.value
    for step in violation.location:
        forms = forms.item if isinstance(step, int) else forms.member(str(step))
        try:
            value = value[step]
        except (IndexError, KeyError, TypeError):
            return False
    return any(type(each) is type(value) and each == value for each in forms.said)


def _fits_nobody(reading: Reading) -> bool:
    """Whether no value is known that the reply's schema takes, such as one of branches that are alike."""
    content_type = reading.response.headers.get("content-type") if reading.response else None
    media = find_media(reading.reply, content_type) if reading.reply else None
    if media is None or media.schema is None:
        return False
    try:
        least(media.schema, name="body")
    except SchemaError:
        return True
    return False


def _tells_of_a_body(reading: Reading, reply: Reply) -> bool:
    """Whether the document itself gives a reply a body: of a status that has none, the contract drops it."""
    try:
        node = walk(reading.context.contract.document, reply.pointer, where=str)
    except DocumentError:
        return False
    return isinstance(node, Mapping) and bool(node.get("content"))


def selects(reading: Reading) -> bool:
    """Whether the request asks for some members only, by a rule or by what such a place is commonly called."""
    rule = reading.rule
    known = [source for source in (rule.select, rule.listing.select if rule.listing else None) if source]
    asked = {*reading.sent, *(name for name, _ in parse_query(reading.request.query))}
    return any(reading.look_up(source) is not ABSENT for source in known) or bool(asked & _SELECTING)


def check_media_type(reading: Reading) -> Iterator[Problem]:
    """The content type is documented for the status, and its charset is JSON's."""
    known = ", ".join(reading.reply.content) if reading.reply else ""
    yield from _problems(reading, "media_type", f"a documented media type: {known}")
    sent = reading.response.headers.get("content-type", "") if reading.response else ""
    named = _CHARSET.search(sent)
    charset = named[1].lower() if named else "utf-8"
    if charset not in _UTF8 and "json" in media_type(sent):
        yield reading.problem(
            "JSON in UTF-8",
            f"charset {charset}",
            where="content-type",
            source="RFC 8259, 8.1",
            unconditional=True,
        )


def check_strict_json(reading: Reading) -> Iterator[Problem]:
    """The body is JSON by the letter: UTF-8, no byte order mark, no NaN, no duplicate keys."""
    yield from _problems(reading, "json", "JSON as RFC 8259 has it")


def check_schema(reading: Reading) -> Iterator[Problem]:
    """The body fits the documented schema, formats asserted."""
    yield from _problems(reading, "body", f"a body that the schema of {reading.status} takes")
    if reading.violations or reading.accepted or reading.case.intent != "invalid":
        return
    refusal = reading.rule.refusals.get("invalid")
    said = refusal.body if refusal and refusal.status == reading.status and isinstance(refusal.body, dict) else {}
    for name in said:
        if not name.startswith("$") and isinstance(reading.value, dict) and name not in reading.value:
            yield reading.problem(
                f"a refusal in the documented shape, with {name}",
                f"{name} is missing",
                where=f"/{name}",
                source=f"rule {reading.operation.pointer}/x-behaviour/errors/invalid",
                evidence=refusal.evidence if refusal else "assumed",
                unconditional=True,
            )


def check_headers(reading: Reading) -> Iterator[Problem]:
    """The declared headers are there and fit their schemas."""
    yield from _problems(reading, "header", "the declared headers")
