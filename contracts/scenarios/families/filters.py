"""Filters really filter: what matches is there, what does not is not."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.case import base_value, body_media, plain_value
from threadmock.contracts.cases.families import makers, of_action
from threadmock.contracts.cases.list_pages import paging_of
from threadmock.contracts.cases.references import references, schema_at
from threadmock.contracts.cases.shapes import shapes
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.asking import evidence_of, keys_of, prerequisites_of
from threadmock.contracts.scenarios.families.lists import fresh_parents
from threadmock.contracts.scenarios.lookups import look_for_by
from threadmock.contracts.scenarios.pages import listed
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.target.answers import CreatedThing
from threadmock.specs.behaviour.rule import Filter
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.errors import SchemaError
from threadmock.specs.evidence import weakest
from threadmock.specs.members import dotted, put
from threadmock.specs.schemas.validation import checker


@dataclass(frozen=True)
class Trial:
    """A filter with what to send: members of a thing that matches and of one that does not; the filter's value.

    by_key: the value names the thing that matches, so that it is known only then. by: what leaves the value in a thing,
    where no create takes it.
    """

    rule: Filter
    matching: Mapping[str, Any]
    other: Mapping[str, Any]
    value: Any
    by_key: bool = False
    by: Operation | None = None


def filtered(contract: Contract, operation: Operation) -> str:
    """Lists and counts with filters on members that a create can set."""
    if operation.rule.action == "list":
        reason = listed(contract, operation)
    else:
        reason = "" if operation.rule.action == "count" and operation.rule.listing else "the operation lists nothing"
    if reason:
        return reason
    within = [name.resource for name in references(operation)]
    if not makers(contract, operation.rule.resource, within):
        return f"nothing makes a {operation.rule.resource}"
    return "" if next(trials(contract, operation), None) else "no filter is on a member that can be set"


def trials(contract: Contract, operation: Operation) -> Iterator[Trial]:
    """The filters of an operation that can be tried, each with values."""
    listing, key = operation.rule.listing, operation.rule.key
    within = [name.resource for name in references(operation)]
    found = makers(contract, operation.rule.resource, within)
    for rule in listing.filters if listing and found else ():
        schema = schema_at(operation, rule.source) if len(rule.source.steps) == 1 else None
        if schema is None:
            continue
        if key and rule.member == key.member and rule.how in ("among", "equal"):
            yield Trial(rule, {}, {}, None, by_key=True)
            continue
        made = _hiding(found[0], rule) if rule.how == "hides" else _marking(operation, found[0], rule)
        made = made or _acted(contract, operation, rule)
        if made:
            yield made


def _acted(contract: Contract, operation: Operation, rule: Filter) -> Trial | None:
    """A filter by what an act leaves in a thing, such as `returned` where `POST …/return` sets it."""
    schema = schema_at(operation, rule.source)
    for act in of_action(contract, operation.rule.resource, "update") if rule.how == "equal" and schema else ():
        left = act.rule.set.get(rule.member)
        known = left is not None and left.kind == "value" and left.when is None and left.value is not None
        if left is None or not known or not any(name.own for name in references(act)):
            continue
        if schema and checker(schema).accepted(left.value):
            return Trial(rule, {}, {}, left.value, by=act)
    return None


def _marking(operation: Operation, maker: Operation, rule: Filter) -> Trial | None:
    """Texts, objects or words of an enumeration that both the create and the filter take."""
    schema = schema_at(operation, rule.source)
    mark, steps = uuid.uuid4().hex, tuple(rule.member.split("."))
    pairs: list[tuple[Any, Any, Any]] = []
    if rule.how == "contains":
        pairs = [
            ({"mark": mark}, {"mark": f"not {mark}"}, {"mark": mark}),
            ([mark[:20]], [f"not {mark}"[:20]], mark[:20]),
        ]
    elif rule.how == "search":
        pairs = [(f"about {mark} and more", "about nothing", mark)]
    else:
        pairs = [(mark[:20], f"not {mark}"[:20], mark[:20]), *_words(maker, steps)]
    for mine, other, value in pairs:
        wanted = [value] if rule.how == "among" and schema and checker(schema).accepted([value]) else value
        if schema and checker(schema).accepted(wanted) and _fits(maker, steps, mine) and _fits(maker, steps, other):
            if isinstance(wanted, dict | list) and rule.source.place != "body":
                continue
            return Trial(rule, _nested(steps, mine), _nested(steps, other), wanted)
    return None


def _words(maker: Operation, steps: tuple[str, ...]) -> Iterator[tuple[Any, Any, Any]]:
    media = body_media(maker)
    schema = media.schema if media else None
    node = shapes(schema).members().get(steps[0]) if schema and len(steps) == 1 else None
    for branch in shapes(schema).branches(node) if schema and node is not None else ():
        if branch.kind == "enum" and len(branch.keywords["enum"]) > 1:
            first, second = branch.keywords["enum"][:2]
            yield second, first, second


def _hiding(maker: Operation, rule: Filter) -> Trial | None:
    """A thing with the member that hides it, and one without."""
    steps = tuple(rule.member.split("."))
    value = next((v for v in ("2026-01-02T03:04:05Z", True) if _fits(maker, steps, v)), None)
    return Trial(rule, {}, _nested(steps, value), value=False) if value is not None else None


def _nested(steps: tuple[str, ...], value: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    put(made, steps, value)
    return made


def _fits(maker: Operation, steps: tuple[str, ...], value: Any) -> bool:
    """Whether a create takes the value in this member, and keeps it there."""
    base, media = plain_value(maker), body_media(maker)
    schema = media.schema if media else None
    if not isinstance(base, dict) or schema is None or steps[0] not in shapes(schema).members():
        return False
    setting = maker.rule.set.get(steps[0])
    if setting is not None and not any(s.place == "body" and s.steps == steps[:1] for s in setting.sources):
        return False
    return checker(schema).accepted({**base, **_nested(steps, value)})


def run_filters(context: Context, operation: Operation) -> Iterator[Finding]:
    """For each filter: of two new things, the one that matches is there and the other is not."""
    for trial in (*trials(context.contract, operation), *_archives(context, operation)):
        prerequisites, resource = prerequisites_of(context), operation.rule.resource
        within = fresh_parents(context, operation)
        # The other first: what a create takes may be tried with its members, and a second match is no count of one.
        other, match = (prerequisites.make(resource, within, members) for members in (trial.other, trial.matching))
        if lacking := [name for m, t in ((match, trial.matching), (other, trial.other)) for name in _lacking(m, t)]:
            context.comparisons.lack(f"a {resource} with {lacking[0]} can't be made")
            continue
        if trial.rule.how == "hides" and not trial.other and not _archive(context, operation, trial, other):
            continue
        if trial.by and not _act(context, trial.by, trial, match, other):
            continue
        value = trial.value
        if trial.by_key:
            schema = schema_at(operation, trial.rule.source)
            value = [match.key] if schema and checker(schema).accepted([match.key]) else match.key
        judge = _judge_count if operation.rule.action == "count" else _judge_list
        yield from judge(context, operation, replace(trial, value=value), match, other)


def _act(context: Context, act: Operation, trial: Trial, match: CreatedThing, other: CreatedThing) -> bool:
    """Whether the act was done to the one thing, and the other does not have the value already."""
    if dotted(other.shown, trial.rule.member) in (None, trial.value):
        return False
    return ask(context, case_about(act, keys_of(match), "to be found by the filter")).accepted


def _lacking(thing: CreatedThing, members: Mapping[str, Any]) -> list[str]:
    """Members that the thing was to be made with and was not, because they were refused."""
    return [name for name in members if name not in thing.sent]


def _archives(context: Context, operation: Operation) -> Iterator[Trial]:
    """Filters that hide what an update sets, where no create sets it."""
    listing = operation.rule.listing
    for rule in listing.filters if listing else ():
        tried = makers(context.contract, operation.rule.resource)
        if rule.how == "hides" and tried and _hiding(tried[0], rule) is None and _archiver(context, operation, rule):
            yield Trial(rule, {}, {}, value=False)


def _archiver(context: Context, operation: Operation, rule: Filter) -> tuple[Operation, Any] | None:
    for update in of_action(context.contract, operation.rule.resource, "update"):
        for value in ("2026-01-02T03:04:05Z", True):
            if any(name.own for name in references(update)) and _fits_update(update, rule.member, value):
                return update, value
    return None


def _fits_update(update: Operation, member: str, value: Any) -> bool:
    try:
        return _fits(update, tuple(member.split(".")), value)
    except SchemaError:
        return False


def _archive(context: Context, operation: Operation, trial: Trial, thing: CreatedThing) -> bool:
    found = _archiver(context, operation, trial.rule)
    if found is None:
        return False
    update, value = found
    body = {**base_value(update), **_nested(tuple(trial.rule.member.split(".")), value)}
    return ask(context, case_about(update, keys_of(thing), "to be hidden", value=body)).accepted


def _judge_list(
    context: Context, operation: Operation, trial: Trial, match: CreatedThing, other: CreatedThing
) -> Iterator[Finding]:
    way = replace(paging_of(operation), fixed={trial.rule.source: trial.value})
    found = look_for_by(context, way, match)
    if found.unseen or found.reading is None or not (found.item or found.whole):
        context.comparisons.lack(found.unseen or "what matches is not on the first pages")
        return
    found.reading.compared()
    if found.item is None and found.whole:
        yield _finding(found.reading, trial, "what matches is in the list", "the list lacks what matches")
    wrong = look_for_by(context, way, other)
    if wrong.item is not None and wrong.reading is not None:
        yield _finding(
            wrong.reading, trial, "what does not match is not in the list", "the list holds what does not match"
        )


def _judge_count(
    context: Context, operation: Operation, trial: Trial, match: CreatedThing, _: CreatedThing
) -> Iterator[Finding]:
    case = case_about(operation, keys_of(match), "a count of one", at={trial.rule.source: trial.value})
    reading = ask(context, case)
    count = reading.value if not isinstance(reading.value, Mapping) else dotted(reading.value, "count")
    if not reading.accepted or not isinstance(count, int) or isinstance(count, bool):
        context.comparisons.lack("the answer holds no count")
        return
    reading.compared()
    if count != 1:
        yield _finding(reading, trial, "a count of one: one thing matches", "another count")


def _finding(reading: Reading, trial: Trial, expected: str, got: str) -> Finding:
    rule = trial.rule
    return reading.find(
        "filters",
        f"{expected}: {rule.source} {rule.how} {rule.member}",
        f"{got}, by {rule.source}",
        where=f"/{'/'.join(rule.source.steps)}",
        source=f"rule {reading.operation.pointer}/x-behaviour/list/filters",
        evidence=weakest(evidence_of(reading.operation), rule.evidence),
        exchanges=4,
    )
