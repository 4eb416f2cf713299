"""The same request again: it works again, makes a new thing, of the same shape; also many at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from threadmock.contracts.cases.case import Case, base_value, key_member
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.echo import type_name
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.checks.inference import unsure_refusal
from threadmock.contracts.checks.situation import excused
from threadmock.contracts.scenarios.scenario import (
    ask,
    key_of,
    keyed,
    make_case,
    marked,
    new_key,
    note_taken,
    record,
    usable,
)
from threadmock.specs.contract import Operation
from threadmock.specs.wire.strictjson import dump_json

TIMES = 4
MANY_IDS = 20
_TOGETHER = 30.0
"""Seconds that one waits for the others: far more than threads take to begin."""
AT_ONCE = 8


def run_repeat(context: Context, operation: Operation) -> Iterator[Finding]:
    """One request, several times: each time a success, and a response of one shape.

    A key that the request has to choose is another one each time.
    """
    case = make_case(operation, usable(context, operation, marked(operation, "repeated")), "the same request again")
    first = ask(context, case)
    if not first.made:
        return
    for _ in range(TIMES - 1):
        again = ask(context, case, without=("valid_accepted",))
        if again.made:
            again.compared()
        if 400 <= again.status < 500 and again.status != 429:
            if excused(again):
                context.comparisons.lack("the rule says that such a request is refused the second time")
                return
            reason = unsure_refusal(operation, again.status)
            yield again.find(
                "repeat",
                f"status {first.status}, as before: no key was chosen, so that nothing can be taken",
                f"status {again.status} for a request that worked before" + (f" ({reason})" if reason else ""),
                evidence="assumed" if reason else "documented",
                exchanges=2,
            )
        elif again.made and shape(again.made) != shape(first.made):
            yield again.find(
                "repeat",
                "an answer of the same shape: one request, one set of members with one type each",
                f"members of another shape: {', '.join(sorted(_other_shape(first.made, again.made)))}",
                exchanges=2,
            )


def shape(made: Any) -> dict[str, str]:
    """Member to JSON type."""
    return {name: type_name(value) for name, value in made.items()}


def _other_shape(first: Any, second: Any) -> set[str]:
    ours, theirs = shape(first), shape(second)
    return {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}


def run_ids_distinct(context: Context, operation: Operation) -> Iterator[Finding]:
    """Many creates, many keys: also where all requests are alike."""
    known: set[bytes] = set()
    for number in range(MANY_IDS):
        value = (
            base_value(operation) if number % 2 else usable(context, operation, marked(operation, f"number {number}"))
        )
        made = ask(context, make_case(operation, value, "one of many"), without=("new_key",))
        key = key_of(made)
        if key is None:
            continue
        if known:
            made.compared()
        if dump_json(key) in known:
            yield _same_key("ids_distinct", made, number + 1)
            return
        known.add(dump_json(key))


def _same_key(check: str, reading: Reading, exchanges: int) -> Finding:
    return reading.find(
        check,
        "a key of its own for each thing",
        "a key that another thing has",
        where=f"/{reading.rule.key.member if reading.rule.key else ''}",
        source="the meaning of a key",
        exchanges=exchanges,
    )


def send_at_once(context: Context, cases: list[Case]) -> list[Reading]:
    """Send all of them at the same moment. What got no response is left out: a target may bound its connections."""
    barrier = threading.Barrier(len(cases))

    def send(case: Case) -> Reading | None:
        try:
            barrier.wait(_TOGETHER)
        except threading.BrokenBarrierError:  # somebody stopped the run before all were there
            return None
        return Reading(context, context.send(case))

    with ThreadPoolExecutor(len(cases)) as pool:
        try:
            readings = [reading for reading in pool.map(send, cases) if reading is not None]
        except BaseException:
            barrier.abort()
            raise
    return [reading for reading in readings if reading.response is not None]


def refused_otherwise(readings: list[Reading], status: int) -> str:
    """Why nothing is known of a race: all were refused, and not because of the key; "" where something is known."""
    others = [reading.status for reading in readings if reading.status != status]
    return (
        f"all of them were refused, such as with {others[0]}"
        if len(others) == len(readings) and not any(200 <= each < 300 for each in others)
        else ""
    )


def run_at_once(context: Context, operation: Operation) -> Iterator[Finding]:
    """Several creates at one moment: keys stay distinct."""
    bodies = [usable(context, operation, marked(operation, f"at once, {n}")) for n in range(AT_ONCE)]
    cases = [keyed(context, make_case(operation, body, "several at once")) for body in bodies]
    known: set[bytes] = set()
    for reading in send_at_once(context, cases):
        record(reading, without=("new_key", "prompt"))
        key = key_of(reading)
        if key is None:
            continue
        if known:
            reading.compared()
        if dump_json(key) in known:
            yield _same_key("at_once", reading, AT_ONCE)
        known.add(dump_json(key))


def run_one_winner(context: Context, operation: Operation) -> Iterator[Finding]:
    """Several creates of one key at one moment: one of them makes the thing, all others are refused."""
    taken, member = operation.rule.taken, key_member(operation) or ""
    if taken is None:
        return
    policy = taken.policy(taken.default)
    key = new_key(context, operation)
    value = {**base_value(operation), member: key}
    readings = send_at_once(context, [make_case(operation, value, "one key at once") for _ in range(AT_ONCE)])
    readings.sort(key=lambda reading: not reading.accepted)
    for reading in readings:
        record(reading, without=("valid_accepted", "documented_status", "prompt"))
        note_taken(context, key)
    if len(readings) < AT_ONCE or any(reading.status >= 500 or reading.status == 429 for reading in readings):
        return
    winners = [reading for reading in readings if reading.accepted]
    if policy.reply != "refusal":
        context.comparisons.lack("a key that is taken is not refused")
        return
    if lost := refused_otherwise(readings, policy.status):
        context.comparisons.lack(lost)
        return
    readings[0].compared()
    if len(winners) != 1:
        yield readings[0].find(
            "one_winner",
            f"one success among {AT_ONCE} requests for one key at one moment, {policy.status} for all others",
            f"{'no' if not winners else 'several'} successes at one moment",
            where=f"/{member}",
            source=f"rule {operation.pointer}/x-behaviour/taken/{policy.name}",
            evidence=policy.evidence,
            exchanges=AT_ONCE,
        )
