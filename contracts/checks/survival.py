"""Whether a target lives through a request: it answers, in time, and without an error of its own."""

from collections.abc import Iterator
from statistics import median

from threadmock.contracts.cases.case import base_value, case_with_body, chosen_key, key_member, redraw
from threadmock.contracts.checks.checked_exchange import Problem
from threadmock.contracts.checks.reading import Reading
from threadmock.contracts.checks.situation import beyond_json, neutral, refused_by_rule
from threadmock.contracts.target.exchange import Exchange
from threadmock.contracts.target.run_budget import delays

SLOW = 2.0
TIMES_SLOWER = 20
_TRACEBACKS = (b"Traceback (most recent call last)", b"\tat java.", b"goroutine 1 [running]")


def always(reading: Reading) -> str:
    """Every exchange, but where it is not known whether the request arrived."""
    return reading.exchange.inconclusive


def check_answers(reading: Reading) -> Iterator[Problem]:
    """A response came that HTTP can carry."""
    if reading.response is None:
        yield reading.problem(
            "an answer to every request",
            f"none: {reading.exchange.problem}",
            source="RFC 9110",
            unconditional=True,
        )


def server_error_applies(reading: Reading) -> str:
    """Only a response to the operation's own method."""
    if reading.response is None:
        return "no answer came"
    if reading.case.intent == "method":
        return "another check asks this of other methods"
    return neutral(reading) or refused_by_rule(reading)


def prompt_applies(reading: Reading) -> str:
    """Any response, whatever the method; a slow one where plain requests are accepted, so that there is a measure.

    How long a run takes is the agent's affair.
    """
    if reading.response is None:
        return "no answer came"
    if reason := neutral(reading):
        return reason
    if any(seconds > 0 for seconds in delays(reading.case)):
        return "the request asks for a run that begins later"
    if reading.rule.run is not None and reading.accepted and reading.exchange.elapsed >= SLOW:
        # to compare would start more runs
        return "an agent takes the time that it takes"
    return (
        ""
        if reading.exchange.elapsed < SLOW or plain_seconds(reading) is not None
        else ("no plain request is accepted whose time could be compared")
    )


def plain_seconds(reading: Reading) -> float | None:
    """How long plain requests take, measured when it is first asked for; None where they are not accepted."""
    known: dict[Exchange, float | None] = reading.context.memory.setdefault("plain_seconds", {})
    if reading.exchange not in known:
        plain = [_measure_plain(reading) for _ in range(3)]
        accepted = [e.elapsed for e in plain if e.response is not None and 200 <= e.response.status < 300]
        known.clear()
        known[reading.exchange] = median(accepted) if len(accepted) == len(plain) else None
    return known[reading.exchange]


def check_no_server_error(reading: Reading) -> Iterator[Problem]:
    """No 5xx, and no inside of the server in the response."""
    if reading.status >= 500:
        documented = str(reading.status) in reading.operation.replies
        yield reading.problem(
            "no request makes the server fail",
            f"status {reading.status}",
            source="RFC 9110, 15.6",
            evidence="assumed" if documented or beyond_json(reading) else "documented",
            unconditional=True,
        )
    elif any(mark in reading.content for mark in _TRACEBACKS):
        expected = "an answer without the inside of the server"
        yield reading.problem(expected, "a stack trace in the body", unconditional=True)


def method_applies(reading: Reading) -> str:
    """Only methods that the operation does not document."""
    if reading.case.intent != "method":
        return "only asked of other methods"
    return neutral(reading)


def check_other_methods(reading: Reading) -> Iterator[Problem]:
    """A method that is not documented neither crashes the target nor creates anything."""
    if reading.response is None:
        return
    method = reading.request.method
    if reading.status >= 500 and reading.status != 501:
        yield reading.problem(
            f"{method} is refused (405) or answered, without an error of the server's own",
            f"status {reading.status} to {method}",
            where=method,
            source="RFC 9110, 15.6",
            unconditional=True,
        )
    elif (
        reading.accepted and method not in ("GET", "HEAD", "OPTIONS", reading.operation.method) and _looks_made(reading)
    ):
        yield reading.problem(
            f"{method} is not documented on this path",
            f"status {reading.status} to {method}, with what a create answers",
            where=method,
            evidence="assumed",
        )


def _looks_made(reading: Reading) -> bool:
    key = reading.rule.key
    return bool(key and reading.rule.action == "create" and key.member in reading.made)


def check_prompt(reading: Reading) -> Iterator[Problem]:
    """No particular input slows the response to seconds. A slow response is measured again, against a plain request."""
    elapsed = reading.exchange.elapsed
    if elapsed < SLOW or (plain := plain_seconds(reading)) is None:
        return
    again = [_measure_again(reading) for _ in range(2)]
    slowest = min(elapsed, *again)
    if slowest >= SLOW and slowest > TIMES_SLOWER * plain:
        yield reading.problem(
            "an answer as fast as to other requests",
            "an answer that took seconds, three times out of three",
            source="an answer comes in time whatever the input",
            exchanges=6,
            unconditional=True,
        )


def _measure_plain(reading: Reading) -> Exchange:
    value = base_value(reading.operation)
    return reading.context.send(case_with_body(reading.operation, value, "a plain request, to compare"))


def _measure_again(reading: Reading) -> float:
    case = reading.case
    member = key_member(reading.operation)
    if member and isinstance(case.value, dict) and member in case.value and not case.form and case.intent == "valid":
        case = redraw(case, **{member: chosen_key(reading.operation)})
    return reading.context.send(case).elapsed
