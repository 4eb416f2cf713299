"""Checks of one exchange: a registry of small functions, and `judge`, which asks all that apply.

    answers             a response came
    no_server_error     no 5xx, no stack trace
    redirects           no response leads to another host
    other_methods       HEAD, OPTIONS and other methods do no harm
    prompt              no particular input takes seconds
    documented_status   the status is documented, or earned
    media_type, strict_json, schema, headers      the form of the response
    valid_accepted, invalid_refused, malformed_refused, media_type_refused, credentials      who gets in
    framing, event_names, event_payload, stream_order, ids      a stream of events
    echo, defaults, settings, shown_on_request, server_set, new_key, time      what a made thing holds

One cause, one finding: each check says where it does not apply, and what follows from another finding is such a place.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from threadmock.contracts.cases.named_things import named_things
from threadmock.contracts.checks import acceptance, content, moments, redirects, reply, storing, streaming, survival
from threadmock.contracts.checks.check import Check, CheckFailed
from threadmock.contracts.checks.checked_exchange import Problem, problems
from threadmock.contracts.checks.context import Context, Verdict
from threadmock.contracts.checks.reading import Reading
from threadmock.contracts.checks.situation import content_trouble
from threadmock.specs.members import ABSENT
from threadmock.specs.wire.strictjson import dump_json

if TYPE_CHECKING:
    from threadmock.contracts.checks.finding import Finding
    from threadmock.contracts.target.exchange import Exchange

__all__ = ["Check", "Context", "Reading", "Verdict", "checks", "judge", "judge_reading"]

_ALL = (
    Check(
        "answers",
        "every request gets an answer that HTTP can carry, in time",
        "RFC 9110",
        survival.always,
        survival.check_answers,
        weight="status",
        headline="a request got no answer",
    ),
    Check(
        "no_server_error",
        "no request gets a 5xx or a stack trace",
        "RFC 9110, 15.6",
        survival.server_error_applies,
        survival.check_no_server_error,
        weight="status",
        headline="a request breaks the server",
    ),
    Check(
        "other_methods",
        "a method that is not documented neither crashes the target nor creates anything",
        "RFC 9110, 15.5.6",
        survival.method_applies,
        survival.check_other_methods,
        weight="status",
        headline="a method that is not documented does harm",
    ),
    Check(
        "prompt",
        "no particular input slows the answer to seconds",
        "measured against a plain request, three times",
        survival.prompt_applies,
        survival.check_prompt,
        weight="style",
        headline="one input makes the answer slow",
    ),
    Check(
        "redirects",
        "no answer sends its reader to another host or out of TLS; no redirect is followed",
        "RFC 9110, 15.4 and 17.9",
        redirects.redirect_applies,
        redirects.check_redirect,
        weight="status",
        headline="an answer sends its reader to another host",
    ),
    Check(
        "documented_status",
        "the status is documented, or the request earned it",
        "the document's responses",
        reply.status_applies,
        reply.check_documented_status,
        weight="status",
        headline="a status came that is not documented",
    ),
    Check(
        "media_type",
        "the content type of the answer is documented for its status, and JSON is in UTF-8",
        "the document's responses; RFC 8259, 8.1",
        reply.content_applies,
        reply.check_media_type,
        weight="shape",
        headline="the content type is not the documented one",
    ),
    Check(
        "strict_json",
        "the answer is strict JSON: no NaN, no duplicate keys, no byte order mark",
        "RFC 8259",
        reply.content_applies,
        reply.check_strict_json,
        weight="shape",
        headline="the answer is no strict JSON",
    ),
    Check(
        "schema",
        "the answer fits the documented schema, formats asserted",
        "the document's schemas",
        reply.content_applies,
        reply.check_schema,
        weight="shape",
        headline="the answer does not fit its schema",
    ),
    Check(
        "headers",
        "the declared headers are there and fit their schemas",
        "the document's responses",
        reply.header_applies,
        reply.check_headers,
        weight="shape",
        headline="a declared header is missing or wrong",
    ),
    Check(
        "valid_accepted",
        "a valid request gets the documented success",
        "the document's schemas and responses",
        acceptance.valid_applies,
        acceptance.check_valid_accepted,
        weight="status",
        headline="a valid request is refused",
    ),
    Check(
        "invalid_refused",
        "a request that two validators refuse gets a documented error, or any 4xx where none is documented",
        "the document's schemas and responses",
        acceptance.invalid_applies,
        acceptance.check_invalid_refused,
        weight="status",
        headline="an invalid request is accepted",
    ),
    Check(
        "malformed_refused",
        "a body that is no JSON is refused; NaN, duplicate keys and the like are assumed to be",
        "RFC 8259",
        acceptance.malformed_applies,
        acceptance.check_malformed_refused,
        weight="status",
        headline="a body that is no JSON is accepted",
    ),
    Check(
        "media_type_refused",
        "a body of an undocumented media type is refused",
        "the document's request body; assumed where the body holds JSON all the same",
        acceptance.media_type_applies,
        acceptance.check_media_type_refused,
        weight="status",
        headline="a body of another media type is accepted",
    ),
    Check(
        "credentials",
        "absent and wrong credentials get 401 or 403",
        "the document's security schemes",
        acceptance.credentials_applies,
        acceptance.check_credentials,
        weight="data",
        headline="who has no good credentials is not refused",
    ),
    Check(
        "echo",
        "what answer and request share, with agreeing schemas, holds what was sent",
        "the document's schemas",
        content.echo_applies,
        content.check_echo,
        weight="data",
        headline="data come back changed",
    ),
    Check(
        "defaults",
        "a member that was left out holds its documented default",
        "`default` in the request's schema",
        content.defaults_applies,
        content.check_defaults,
        weight="state",
        headline="a documented default is not applied",
    ),
    Check(
        "settings",
        "each member that the operation's rule sets holds what the rule says",
        "the operation's rule, with its evidence",
        content.settings_applies,
        content.check_settings,
        weight="state",
        headline="a member does not hold what the rule says",
    ),
    Check(
        "shown_on_request",
        "a member that is shown on request only is there then, and else not",
        "the operation's rule, with its evidence",
        content.shown_applies,
        content.check_shown,
        weight="shape",
        headline="a member is shown unasked, or missing though asked for",
    ),
    Check(
        "server_set",
        "what the server sets is not taken from the client",
        "the request's schema, which lacks the member",
        content.server_set_applies,
        content.check_server_set,
        weight="state",
        headline="a client sets what only the server sets",
    ),
    Check(
        "new_key",
        "a thing just made has a key of its own: neither empty nor met before",
        "the meaning of a key",
        content.key_applies,
        content.check_new_key,
        weight="data",
        headline="a new thing has no key of its own",
    ),
    Check(
        "time",
        "a thing just made was made now, and changed no earlier than made",
        "the meaning of the members' names",
        moments.time_applies,
        moments.check_time,
        weight="state",
        headline="the times of a new thing are wrong",
    ),
    Check(
        "framing",
        "a stream of events is framed as such: known fields, UTF-8, an empty line after each event",
        "WHATWG HTML, 9.2",
        streaming.stream_applies,
        streaming.check_framing,
        weight="shape",
        headline="a stream is not framed as events",
    ),
    Check(
        "event_names",
        "every event has a name that its format has, for what was asked to be seen",
        "the agent's formats, with their evidence",
        streaming.event_applies,
        streaming.check_event_names,
        weight="shape",
        headline="an event has a name that its format lacks",
    ),
    Check(
        "event_payload",
        "the data of every event are JSON where the format says so, and fit the event's schema",
        "the agent's formats, with their evidence",
        streaming.event_applies,
        streaming.check_event_payload,
        weight="shape",
        headline="the data of an event do not fit its schema",
    ),
    Check(
        "stream_order",
        "the event that reports the start of a run comes first, the one that reports its end last",
        "the agent's formats, with their evidence",
        streaming.order_applies,
        streaming.check_stream_order,
        weight="shape",
        headline="the events of a stream come in a wrong order",
    ),
    Check(
        "ids",
        "events have ids exactly where the format says so, each greater than the one before",
        "the agent's formats, with their evidence; WHATWG HTML, 9.2",
        streaming.event_applies,
        streaming.check_ids,
        weight="shape",
        headline="the ids of events are missing or out of order",
    ),
)
checks: Mapping[str, Check] = {check.name: check for check in _ALL}


def judge(context: Context, exchange: "Exchange") -> Verdict:
    """Ask every check about one exchange. Reports all findings; blocks only where a slow response is measured again."""
    return judge_reading(Reading(context, exchange))


def judge_reading(reading: Reading) -> Verdict:
    """As `judge`, for who needs the reading too."""
    findings: list[Finding] = []
    passed: list[str] = []
    not_applicable: dict[str, str] = {}
    broken: list[str] = []
    for check in (*checks.values(), *reading.context.own_checks):
        try:
            reason = check.applies(reading)
            found = [] if reason else [_finding(reading, check, each) for each in problems(check.run(reading))]
        except CheckFailed as error:
            broken.append(str(error))
            continue
        if reason:
            not_applicable[check.name] = reason
            continue
        findings.extend(found)
        if not found:
            passed.append(check.name)
    _remember(reading)
    return Verdict(tuple(findings), tuple(passed), not_applicable, tuple(broken))


def _finding(reading: Reading, check: Check, problem: Problem) -> "Finding":
    """A problem as a finding; what it does not say is as the check says."""
    full = replace(
        problem,
        expected=problem.expected or check.asserts,
        source=problem.source or check.source,
        evidence=problem.evidence or check.evidence,
    )
    return reading.finding(check.name, full)


def _remember(reading: Reading) -> None:
    """Keep what later exchanges may rely on: keys that were met, what is known to exist, the first times."""
    memory = reading.context.memory
    if reading.may_exist is False and reading.chosen_key is not ABSENT:
        memory["fresh"].discard(reading.chosen_key)
    if reading.accepted and reading.case.intent == "valid":
        memory.setdefault("accepted", set()).add(reading.wording)
    if content_trouble(reading):
        return
    content.shown_before(reading).update(name for name, value in reading.made.items() if value is not None)
    memory.setdefault("paths", set()).add(reading.request.path)
    memory.setdefault("sent_values", set()).update(content.inner_values(reading))
    memory.setdefault("named", set()).update(named_things(reading.case, reading.request))
    if reading.rule.key is not None and reading.rule.key.member in reading.made:
        memory.setdefault("keys", set()).add(dump_json(reading.made[reading.rule.key.member]))
    if (
        "first_made" not in memory
        and storing.makes(reading)
        and not reading.may_exist
        and moments.read_moments(reading)
    ):
        memory["first_made"] = reading
    memory["since_oldest"] = memory.get("since_oldest", 0) + ("oldest" in memory)
    if "oldest" not in memory and reading.policy is not None and reading.policy.reply == "refusal" and reading.made:
        memory["oldest"] = reading
    if reading.rule.requires:
        known = memory.setdefault("references", set())
        known.update((str(r.source), str(reading.look_up(r.source))) for r in reading.rule.requires)
