"""A copy: a thing of its own that shows what the original shows, with what lies in it, and that goes its own way."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.families import lists, makers, parents
from threadmock.contracts.cases.list_pages import paging_of
from threadmock.contracts.cases.references import references
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.echo import same
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.asking import CLIENT_ERRORS, ask_missing, evidence_of, keys_of, prerequisites_of
from threadmock.contracts.scenarios.families.life_cycle import deletes
from threadmock.contracts.scenarios.families.updates import changed_members, changes, reader
from threadmock.contracts.scenarios.pages import ask_page, items_of, listed
from threadmock.contracts.scenarios.scenario import ask, marked
from threadmock.contracts.target.answers import CreatedThing, read_thing
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import weakest
from threadmock.specs.schemas.text_formats import MOMENTS

INSIDE = 2


@dataclass(frozen=True, eq=False)
class Pair:
    """An original with its copy, and the read that shows both. inside: lists of what lies in them, by resource."""

    operation: Operation
    read: Operation
    original: CreatedThing
    copied: CreatedThing
    before: Mapping[str, Any]
    got: Reading
    inside: Mapping[str, Operation] = field(default_factory=dict)

    def find(self, expected: str, what: str, *others: Operation) -> Finding:
        """A finding about the copy."""
        evidence = weakest(evidence_of(self.operation, self.read), evidence_of(*others))
        source = f"rule {self.operation.pointer}/x-behaviour"
        return self.got.find("copy", expected, what, source=source, evidence=evidence, exchanges=4)


def copied(contract: Contract, operation: Operation) -> str:
    """Copies of a thing that can be made, and read by its key."""
    if operation.rule.action != "copy" or not any(name.own for name in references(operation)):
        return "the operation copies nothing that is named by its key"
    if not makers(contract, operation.rule.resource, parents(operation)):
        return f"nothing makes a {operation.rule.resource} that could be copied"
    return "" if reader(contract, operation) else f"nothing reads a {operation.rule.resource}"


def run_copy(context: Context, operation: Operation) -> Iterator[Finding]:
    """Copy a thing with something in it: equal, a key of its own; then change and delete the original."""
    pair = _make_pair(context, operation)
    if pair is None:
        return
    if str(pair.original.key) == str(pair.copied.key):
        yield pair.find("a key of its own for the copy", "the key of the original")
        return
    yield from _equal(context, pair)
    contents = {child: _contents(context, pair, child, pair.copied) for child in pair.inside}
    for child, mine in contents.items():
        theirs = _contents(context, pair, child, pair.original)
        if mine is None or theirs is None or not (mine or theirs):
            context.comparisons.lack(f"the list of each {child} shows nothing that was put there")
            continue
        pair.got.compared()
        if mine != theirs:
            yield pair.find(f"each {child} of the original in the copy", "other things in it", pair.inside[child])
            return
    yield from _independent(context, pair, contents)


def _make_pair(context: Context, operation: Operation) -> Pair | None:
    contract, prerequisites, resource = context.contract, prerequisites_of(context), operation.rule.resource
    read, maker = reader(contract, operation), makers(contract, resource, parents(operation))[0]
    inside = {child: each for child in operation.rule.copies if (each := _list_of(contract, child, resource))}
    members = marked(maker, "to be copied") | (prerequisites_of(context).demands(resource) if inside else {})
    original = prerequisites.make(resource, {}, members)
    for child in inside:
        for _ in range(INSIDE):
            prerequisites.make(child, {resource: original.key})
    before = ask(context, case_about(read, keys_of(original), "the original")) if read else None
    got = ask(context, case_about(operation, keys_of(original), "a thing with something in it"))
    made = read_thing(got.exchange, original.parents)
    if read is None or made is None or before is None or not before.made or not got.made:
        return None
    return Pair(operation, read, original, made, before.made, got, inside)


def _list_of(contract: Contract, child: str, resource: str) -> Operation | None:
    if not makers(contract, child, [resource]):
        return None
    return next((e for e in lists(contract, child) if parents(e) == (resource,) and not listed(contract, e)), None)


def _shown(context: Context, pair: Pair, label: str) -> Reading:
    return ask_missing(context, case_about(pair.read, keys_of(pair.copied), label))


def _equal(context: Context, pair: Pair) -> Iterator[Finding]:
    """Members that the client gave to the original, but for those that the rule makes anew."""
    shown = _shown(context, pair, "the copy")
    if shown.status in CLIENT_ERRORS:
        yield pair.find("a copy that can be read", f"status {shown.status} for the key that the copy was given")
        return
    anew = {name.partition(".")[0] for name in pair.operation.rule.set}
    key = pair.operation.rule.key
    for name in pair.original.sent.keys() - anew - ({key.member} if key else set()):
        first = pair.before.get(name)
        if shown.made and name in pair.before:
            shown.compared()
        if shown.made and name in pair.before and not same(first, shown.made.get(name), MOMENTS):
            yield pair.find(f"{name} as in the original", f"{name} holds another value in the copy")


def _contents(context: Context, pair: Pair, child: str, thing: CreatedThing) -> Counter[str] | None:
    """What lies in a thing, without what the rule makes anew: what the clients gave, how often. None: nobody says."""
    listing = pair.inside[child]
    way = paging_of(listing)
    limit = way.most if way.limit else None
    reading = ask_page(context, way, keys_of(thing), f"each {child} of it", limit=limit)
    maker = makers(context.contract, child, [pair.operation.rule.resource])[0]
    anew = {name.partition(".")[0] for name in pair.operation.rule.copies[child]}
    given = set(_given(maker)) - anew
    if not reading.accepted:
        return None
    items = [item for item in items_of(reading) if isinstance(item, dict)]
    return Counter(json.dumps({n: v for n, v in item.items() if n in given}, sort_keys=True) for item in items)


def _given(maker: Operation) -> Iterator[str]:
    yield from (marked(maker, "x") or {})
    yield from (name for name, setting in maker.rule.set.items() if setting.kind in ("from", "merged"))


def _independent(context: Context, pair: Pair, contents: Mapping[str, Counter[str] | None]) -> Iterator[Finding]:
    """Add to, change and delete the original: the copy stays as it was."""
    contract, prerequisites, resource = context.contract, prerequisites_of(context), pair.operation.rule.resource
    for child in pair.inside:
        prerequisites.make(child, {resource: pair.original.key})
    done = ["more was put into"] if pair.inside else []
    first = _shown(context, pair, "the copy, before the original changes")
    updates = (o for o in contract.operations if o.rule.resource == resource and not changes(contract, o))
    update = next((o for o in updates if changed_members(contract, o, "x")), None)
    if update is not None:
        body = changed_members(contract, update, "changed in the original")
        ask(context, case_about(update, keys_of(pair.original), "the original changes", value=body))
        done.append("something changed in")
    for end in deletes(contract, resource)[:1]:
        ask(context, case_about(end, keys_of(pair.original), "the original ends"))
        done.append("nothing is left of")
    then = f"after {', then '.join(done)} the original"
    shown = _shown(context, pair, f"the copy, {then}")
    if shown.status in CLIENT_ERRORS:
        yield pair.find("a copy that stays", f"it is gone {then}")
        return
    for name in pair.original.sent:
        if name in first.made and shown.made:
            shown.compared()
        if first.made and shown.made and not same(first.made.get(name), shown.made.get(name), MOMENTS):
            yield pair.find(f"{name} of the copy as it was", f"{name}: another value {then}")
    for child, before in contents.items():
        if before is not None and _contents(context, pair, child, pair.copied) != before:
            yield pair.find(f"each {child} of the copy as it was", f"other things in it {then}", pair.inside[child])
