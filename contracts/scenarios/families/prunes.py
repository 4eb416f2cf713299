"""Several things removed by one request: what was named is gone, what was not is there, and the count is true."""

from collections.abc import Iterator, Mapping
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.case import base_value
from threadmock.contracts.cases.families import lists, makers, parents, reads
from threadmock.contracts.cases.list_pages import paging_of
from threadmock.contracts.cases.references import body_schema, schema_at
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.asking import ask_missing, evidence_of, keys_of, prerequisites_of
from threadmock.contracts.scenarios.families.life_cycle import still_there
from threadmock.contracts.scenarios.lookups import look_for
from threadmock.contracts.scenarios.pages import ask_page, items_of, key_in, listed
from threadmock.contracts.scenarios.scenario import ask, marked
from threadmock.contracts.target.answers import CreatedThing
from threadmock.specs.behaviour.rule import Pruning
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.members import dotted
from threadmock.specs.schemas.validation import checker

KEEP = "keep_latest"


def prunes(contract: Contract, operation: Operation) -> str:
    """Prunes, by keys in the body, of things that can be made and looked for."""
    rule = operation.rule
    if rule.action != "prune" or rule.prune is None:
        return "the operation prunes nothing"
    keys = rule.prune.keys
    if keys.place != "body" or len(keys.steps) != 1 or not isinstance(base_value(operation), dict):
        return "no valid JSON body with keys is known"
    if not makers(contract, rule.resource):
        return f"nothing makes a {rule.resource} that could be pruned"
    return "" if _shown_by(contract, rule.resource) else f"nothing shows whether a {rule.resource} is there"


def keeps(contract: Contract, operation: Operation) -> str:
    """Prunes that can be asked to leave the newest thing below, where such things can be made and listed."""
    reason, rule = prunes(contract, operation), operation.rule
    if reason or rule.prune is None:
        return reason
    schema = body_schema(operation)
    strategy = rule.prune.strategy
    body = {**base_value(operation), strategy.steps[0]: KEEP} if strategy and len(strategy.steps) == 1 else None
    if body is None or schema is None or not rule.prune.keeps or not checker(schema).accepted(body):
        return "the operation can't be asked to keep something"
    if not makers(contract, rule.prune.keeps, [rule.resource]):
        return f"nothing makes a {rule.prune.keeps} below a {rule.resource}"
    return "" if _list_below(contract, rule.prune.keeps, rule.resource) else f"nothing lists a {rule.prune.keeps}"


def _shown_by(contract: Contract, resource: str) -> Operation | None:
    strict = (read for read in reads(contract, resource) if read.rule.missing == "refuse")
    return next(strict, None) or next(iter(lists(contract, resource)), None)


def _list_below(contract: Contract, resource: str, parent: str) -> Operation | None:
    found = lists(contract, resource)
    return next((each for each in found if parents(each) == (parent,) and not listed(contract, each)), None)


def run_prune(context: Context, operation: Operation) -> Iterator[Finding]:
    """Prune two of three things, then one of them again: two are gone, the third is there, the counts are true."""
    rule, maker = operation.rule.prune, makers(context.contract, operation.rule.resource)[0]
    if rule is None:
        return
    things = [
        prerequisites_of(context).make(operation.rule.resource, {}, marked(maker, f"number {n}")) for n in (1, 2, 3)
    ]
    if not all(_is_shown(context, operation, thing) for thing in things):
        context.comparisons.lack(f"nothing shows each {operation.rule.resource} that was just made")
        return
    pruned, kept = things[:2], things[2]
    got = ask(context, case_about(operation, {}, "two of three things", value=_naming(operation, rule, pruned)))
    if not got.accepted:
        return
    got.compared()
    yield from _judge_count(got, rule, 2)
    for thing in pruned:
        yield from _still(context, operation, thing)
    if not _is_there(context, operation, kept):
        yield _about(got, rule, "a thing that was not named is there afterwards", "it is gone, too")
    again = ask_missing(
        context, case_about(operation, {}, "what was pruned", value=_naming(operation, rule, pruned[:1]))
    )
    yield from _judge_count(again, rule, 0)


def _is_shown(context: Context, operation: Operation, thing: CreatedThing) -> bool:
    """Whether a thing is seen: where it is not, silence says nothing afterwards."""
    shown_by = _shown_by(context.contract, operation.rule.resource)
    if shown_by is None:
        return False
    if shown_by.rule.action == "read":
        return ask(context, case_about(shown_by, keys_of(thing), "what is to be pruned")).accepted
    return look_for(context, shown_by, thing).item is not None


def _naming(operation: Operation, rule: Pruning, things: list[CreatedThing]) -> dict[str, Any]:
    """The smallest body that names these things. The keys are of one type, whatever their schema's sample is."""
    return {**base_value(operation), rule.keys.steps[0]: [thing.key for thing in things]}


def _still(context: Context, operation: Operation, thing: CreatedThing) -> Iterator[Finding]:
    shown_by = _shown_by(context.contract, thing.resource)
    if shown_by is None:
        return
    if shown_by.rule.action == "read":
        case = case_about(shown_by, keys_of(thing), "what was pruned")
        yield from still_there("prune", ask_missing(context, case), operation)
        return
    found = look_for(context, shown_by, thing)
    if found.item is not None and found.reading is not None:
        yield found.reading.find(
            "prune",
            f"a list without it: {operation} was accepted before",
            "the list holds what was pruned",
            source=f"rule {operation.pointer}/x-behaviour/prune",
            evidence=evidence_of(operation, shown_by),
            exchanges=4,
        )


def _is_there(context: Context, operation: Operation, thing: CreatedThing) -> bool:
    """Whether a thing is there, as far as anybody can say."""
    shown_by = _shown_by(context.contract, operation.rule.resource)
    if shown_by is None:
        return True
    if shown_by.rule.action == "read":
        got = ask_missing(context, case_about(shown_by, keys_of(thing), "what is to be there"))
        return not 400 <= got.status < 500 or got.status == 429
    return not look_for(context, shown_by, thing).absent


def _judge_count(got: Reading, rule: Pruning, expected: int) -> Iterator[Finding]:
    count = _count_of(got)
    if got.accepted and count is not None and count != expected:
        yield _about(got, rule, f"a count of {expected}: so many of them were there", f"a count of {count}")


def _count_of(got: Reading) -> int | None:
    reply = got.rule.reply
    members = reply.members if reply else ()
    name = next((name for name, setting in members if setting.kind == "tally" and setting.value == "done"), None)
    found = got.value if reply and reply.kind == "tally" else dotted(got.value, name) if name else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _about(got: Reading, rule: Pruning, expected: str, what: str, check: str = "prune") -> Finding:
    evidence: Evidence = weakest(evidence_of(got.operation), rule.evidence)
    source = f"rule {got.operation.pointer}/x-behaviour/prune"
    return got.find(check, expected, what, source=source, evidence=evidence, exchanges=4)


def run_keep_latest(context: Context, operation: Operation) -> Iterator[Finding]:
    """Prune a thing down to the newest of three things below it: both are there, and the two older ones are not."""
    rule, prerequisites, resource = operation.rule.prune, prerequisites_of(context), operation.rule.resource
    if rule is None or rule.strategy is None:
        return
    listing = _list_below(context.contract, rule.keeps, resource)
    thing = prerequisites.make(resource, {}, prerequisites.demands(resource))
    inside = [prerequisites.make(rule.keeps, {resource: thing.key}) for _ in range(3)]
    before = _keys_below(context, listing, keys_of(thing)) if listing is not None else None
    if before is None or not {str(each.key) for each in inside} <= set(before):
        context.comparisons.lack(f"no list shows each {rule.keeps} that was just made")
        return
    body = {**_naming(operation, rule, [thing]), rule.strategy.steps[0]: KEEP}
    got = ask(context, case_about(operation, {}, f"a thing with three below it, {KEEP}", value=body))
    if not got.accepted or listing is None:
        return
    yield from _judge_kept(context, got, thing)
    left = _keys_below(context, listing, keys_of(thing))
    newest = str(inside[-1].key)
    if left is not None:
        got.compared()
    if left is not None and newest not in left:
        yield _about(got, rule, f"the newest {rule.keeps} stays: {KEEP}", "it is gone", "keep_latest")
    if left is not None and {str(each.key) for each in inside[:-1]} & set(left):
        yield _about(got, rule, f"the newest {rule.keeps} alone stays: {KEEP}", "older ones stay, too", "keep_latest")


def _judge_kept(context: Context, got: Reading, thing: CreatedThing) -> Iterator[Finding]:
    if got.rule.prune and not _is_there(context, got.operation, thing):
        yield _about(got, got.rule.prune, f"the {thing.resource} itself stays: {KEEP}", "it is gone", "keep_latest")


def _keys_below(context: Context, listing: Operation, keys: Mapping[str, Any]) -> list[str] | None:
    way = paging_of(listing)
    limit = way.most if way.limit and schema_at(listing, way.limit) else None
    reading = ask_page(context, way, keys, "what is left below", limit=limit)
    return [str(key_in(way, item)) for item in items_of(reading)] if reading.accepted else None
