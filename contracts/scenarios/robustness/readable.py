"""What was accepted can be shown: a thing that an odd request made, or changed, is read and listed afterwards.

Servers take null, an odd text or a large number, and fail whenever they show it: then every list fails, for everybody.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.body_places import BodyPlace, places
from threadmock.contracts.cases.case import Case, base_value, key_member, linked_members, referring_members
from threadmock.contracts.cases.families import lists, makers, parents, reads
from threadmock.contracts.cases.references import references
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.checks.situation import refused_by_rule
from threadmock.contracts.generation.hostile_values import json_values
from threadmock.contracts.scenarios.asking import evidence_of, keys_of, prerequisites_of
from threadmock.contracts.scenarios.families.life_cycle import deletes
from threadmock.contracts.scenarios.scenario import ask, has_base, new_key
from threadmock.contracts.target.answers import CreatedThing, read_thing
from threadmock.contracts.transport.errors import BudgetSpent, NotSent
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.text import one_line
from threadmock.specs.wire.strictjson import JsonError, dump_json, parse_json

MOST_ODD = 6
MOST_LEVELS = 3
MOST_SHOWING = 3
MOST = 36
_JUDGED_HERE = ("no_server_error",)


def keeps(contract: Contract, operation: Operation) -> str:
    """Operations that make or change a thing by a JSON body, where the thing can be read or listed."""
    traits = operation.rule.traits
    if not (traits.makes or traits.changes) or traits.starts_run or operation.rule.key is None:
        return "the operation neither makes nor changes a thing that has a key"
    if not has_base(operation):
        return "no valid JSON body is known"
    if not makers(contract, operation.rule.resource, parents(operation)):
        return f"nothing makes a {operation.rule.resource}"
    return "" if _showing(contract, operation) else f"nothing reads or lists a {operation.rule.resource}"


def _showing(contract: Contract, operation: Operation) -> list[Operation]:
    resource = operation.rule.resource
    known = {*parents(operation), resource}
    found = [*lists(contract, resource)[:2], *reads(contract, resource)[:1]]
    return [each for each in found if {name.resource for name in references(each) if name.strict} <= known][
        :MOST_SHOWING
    ]


@dataclass(frozen=True)
class _OddBody:
    """A body with one odd member. what: the member and its value, for people."""

    value: Any
    what: str
    where: str


def run_readable(context: Context, operation: Operation) -> Iterator[Finding]:
    """Make a plain thing; what shows it is asked again after each odd request that was accepted, or failed."""
    got, plain = _send(context, operation, _OddBody(base_value(operation), "a plain body", ""))
    if got is None or not got.accepted or plain is None:
        return
    showing = [each for each in _showing(context.contract, operation) if _show(context, each, plain).accepted]
    for odd in itertools.islice(_odd_bodies(operation), MOST_ODD) if showing else ():
        got, thing = _send(context, operation, odd)
        if got is None or 300 <= got.status < 500:
            context.comparisons.lack("no odd request was accepted")
            continue
        got.compared()
        # Of a thing that nobody knows the key of, the lists may tell.
        asked = showing if thing else [each for each in showing if each.rule.action == "list"]
        failed = _first_failing(context, asked, thing or plain)
        if failed is None:
            continue
        yield failed.find(
            "readable",
            f"an answer to {failed.operation} as before: {operation} was answered {got.status}",
            f"status {failed.status} since {operation} took {odd.what}",
            where=odd.where,
            source="RFC 9110, 15.6",
            evidence=evidence_of(operation, failed.operation),
            exchanges=3,
            unconditional=True,
        )
        if not _healed(context, failed, thing):
            return


def _first_failing(context: Context, asked: list[Operation], thing: CreatedThing) -> Reading | None:
    answers = (_show(context, each, thing) for each in asked)
    return next((got for got in answers if got.status >= 500 and not refused_by_rule(got)), None)


def _odd_bodies(operation: Operation) -> Iterator[_OddBody]:
    """Each optional member as null, then a few values for each member that servers can take and not show."""
    kept = {key_member(operation), *linked_members(operation), *referring_members(operation)}
    found = [place for place in places(operation) if 1 <= place.level <= MOST_LEVELS and place.steps[0] not in kept]
    members = [place for place in found if isinstance(place.steps[-1], str)]
    yield from (_odd(place, None) for place in members if not place.required)
    turns = itertools.chain.from_iterable(itertools.zip_longest(*map(_few, found)))
    yield from (odd for odd in turns if odd is not None)


def _few(place: BodyPlace) -> Iterator[_OddBody]:
    for value in itertools.islice(json_values(place.kinds(), lasting=False), 3):
        try:
            read = parse_json(value.text.encode())
        except JsonError:
            continue
        if read is not None:
            yield _odd(place, read)


def _odd(place: BodyPlace, value: Any) -> _OddBody:
    return _OddBody(place.put(value), f"{place.title} = {one_line(dump_json(value).decode()[:40])}", place.pointer)


def _send(context: Context, operation: Operation, odd: _OddBody) -> tuple[Reading | None, CreatedThing | None]:
    """Send an odd body: the exchange, None where it was not sent; and the thing that it is about, where it is known."""
    label = f"{odd.what}, to be shown afterwards"
    if not operation.rule.traits.makes:
        made = prerequisites_of(context).make(operation.rule.resource, {})
        about = case_about(operation, keys_of(made), label, value=odd.value)
        return _ask(context, replace(about, intent="hostile", where=odd.where)), made
    case, around = prerequisites_of(context).request(operation, {})
    key = key_member(operation)
    body = {**odd.value, key: new_key(context, operation)} if key and isinstance(odd.value, dict) else odd.value
    request = replace(case.request, body=dump_json(body))
    case = replace(case, value=body, request=request, intent="hostile", label=label, where=odd.where)
    got = _ask(context, case)
    return got, read_thing(got.exchange, around) if got else None


def _ask(context: Context, case: Case) -> Reading | None:
    try:
        return ask(context, case, without=_JUDGED_HERE)
    except BudgetSpent:
        raise
    except NotSent:
        return None


def _show(context: Context, operation: Operation, thing: CreatedThing) -> Reading:
    return ask(context, case_about(operation, keys_of(thing), "shown afterwards"), without=_JUDGED_HERE)


def _healed(context: Context, failed: Reading, thing: CreatedThing | None) -> bool:
    """Delete the thing; whether what failed is answered again."""
    if thing is None:
        return False
    for end in deletes(context.contract, thing.resource)[:1]:
        ask(context, case_about(end, keys_of(thing), "removed, because it can't be shown"), without=_JUDGED_HERE)
    again = prerequisites_of(context).make(thing.resource, {})
    return _show(context, failed.operation, again).status < 500
