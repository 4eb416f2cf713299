"""A thing from its making to its end: what a read says of it, and what is left when it is gone."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.families import below, lists, makers, of_action, parents, reads
from threadmock.contracts.cases.references import references
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.asking import (
    CLIENT_ERRORS,
    ask_missing,
    differing,
    evidence_of,
    keys_of,
    prerequisites_of,
    unkept,
)
from threadmock.contracts.scenarios.lookups import look_for
from threadmock.contracts.scenarios.scenario import ask, marked
from threadmock.contracts.target.answers import CreatedThing
from threadmock.contracts.target.prerequisites import NotCreated
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import weakest
from threadmock.specs.operations.replies import answer_members


def plain_reader(contract: Contract, operation: Operation) -> str:
    """Reads of one thing, whole, by the key that its maker gave it."""
    if operation.rule.action != "read" or operation.rule.reply is not None:
        return "the operation does not read one thing, whole"
    if operation not in reads(contract, operation.rule.resource):
        return f"nothing makes a {operation.rule.resource} that can be read by its key"
    if not makers(contract, operation.rule.resource, parents(operation)):
        return f"nothing makes a {operation.rule.resource} below the parents that its path names"
    return ""


def ends(contract: Contract, operation: Operation) -> str:
    """Deletes of one thing that can be made."""
    if operation.rule.action != "delete" or not any(name.own for name in references(operation)):
        return "the operation does not delete one thing by its key"
    made = makers(contract, operation.rule.resource, parents(operation))
    return "" if made else f"nothing makes a {operation.rule.resource}"


def ends_once(contract: Contract, operation: Operation) -> str:
    """As `ends`, of deletes that refuse what is not there."""
    if operation.rule.missing == "empty":
        return "what is not there can be deleted, too"
    return ends(contract, operation)


def living(contract: Contract, operation: Operation) -> str:
    """Reads of things that can be deleted, too."""
    reason = plain_reader(contract, operation)
    if not reason and operation.rule.missing == "empty":
        return "what is not there is answered like what is"
    return reason or ("" if deletes(contract, operation.rule.resource) else "nothing deletes it")


def deletes(contract: Contract, resource: str) -> list[Operation]:
    """Operations that delete one thing of a resource by its key."""
    return [d for d in of_action(contract, resource, "delete") if any(name.own for name in references(d))]


def new_thing(
    context: Context, operation: Operation, mark: str, members: Mapping[str, Any] | None = None
) -> CreatedThing:
    """A new thing of the operation's resource, with texts of its own in what it takes, and these members. NotSent."""
    prerequisites = prerequisites_of(context)
    maker = makers(context.contract, operation.rule.resource, parents(operation))[0]
    return prerequisites.make(operation.rule.resource, {}, {**marked(maker, mark), **(members or {})})


def run_read_your_writes(context: Context, operation: Operation) -> Iterator[Finding]:
    """Make two things and read both: each response shows what was given to it."""
    maker = makers(context.contract, operation.rule.resource, parents(operation))[0]
    # What the create takes and does not show, the read may.
    more = {name: node for name, node in answer_members(operation).items() if name not in answer_members(maker)}
    things = [
        new_thing(context, operation, f"to be read, {n}", marked(maker, f"To Be Read, {n}", more) if more else {})
        for n in (1, 2)
    ]
    # Of keys that the document lists both may have the same: then there is one thing, as it was made last.
    for thing in things if things[0].key != things[1].key else things[1:]:
        got = ask(context, case_about(operation, keys_of(thing), "a thing just made"))
        for what in (*differing(thing.sent, thing.shown, got), *unkept(thing, got)) if got.made else ():
            yield got.find(
                "read_your_writes",
                f"what {thing.maker} answered when it was made",
                what.what,
                where=f"/{what.member}",
                source=f"rule {got.operation.pointer}/x-behaviour",
                evidence=weakest(what.evidence, evidence_of(got.operation, thing.maker)),
                exchanges=3,
            )


def run_life_cycle(context: Context, operation: Operation) -> Iterator[Finding]:
    """Make, read, delete; make another; the first stays gone."""
    prerequisites, contract, resource = prerequisites_of(context), context.contract, operation.rule.resource
    first = new_thing(context, operation, "a life")
    before = ask(context, case_about(operation, keys_of(first), "before its end"))
    if not before.accepted:
        return
    end = deletes(contract, resource)[0]
    if not ask(context, case_about(end, keys_of(first), "its end")).accepted:
        return
    another = prerequisites.make(resource, {n: k for n, k in first.parents.items() if n in parents(first.maker)})
    if another.key_was_sent and another.key == first.key:
        context.comparisons.lack(f"of the few keys that a {resource} may have this is the only one that was free")
        return
    again = ask_missing(context, case_about(operation, keys_of(first), "after its end, and another was made"))
    yield from still_there("life_cycle", again, end)
    for listing in lists(contract, resource)[:2]:
        found = look_for(context, listing, first)
        if found.item is not None:
            yield _listed("life_cycle", found.reading, end)
    other = ask(context, case_about(operation, keys_of(another), "the one that was made after"))
    if other.made and first.key == another.key:
        yield other.find(
            "life_cycle",
            "a key of its own for each thing",
            "the key of one that was deleted",
            evidence=evidence_of(operation, another.maker),
            exchanges=5,
        )


def still_there(check: str, again: Reading, end: Operation, *, strict: bool = True) -> Iterator[Finding]:
    """A finding where something that is gone is answered with a success. It was there before."""
    if again.response is not None and again.status < 500 and again.status != 429:
        again.compared()
    if again.accepted:
        yield again.find(
            check,
            f"a refusal: {end} was accepted before",
            f"status {again.status} for what was deleted",
            source=f"rule {end.pointer}/x-behaviour",
            evidence=evidence_of(end, again.operation) if strict else "assumed",
            exchanges=4,
        )


def _listed(check: str, reading: Reading | None, end: Operation) -> Finding:
    if reading is None:
        raise ValueError("a list without an answer holds nothing")
    return reading.find(
        check,
        f"a list without it: {end} was accepted before",
        "the list holds what was deleted",
        source=f"rule {end.pointer}/x-behaviour",
        evidence=evidence_of(end, reading.operation),
        exchanges=4,
    )


def run_gone_after_delete(context: Context, operation: Operation) -> Iterator[Finding]:
    """Delete a thing, with something in it: no read, list or update knows it, nor what was in it."""
    contract, resource = context.contract, operation.rule.resource
    thing = new_thing(context, operation, "to be deleted", prerequisites_of(context).demands(resource))
    inside = list(_put_in(context, thing, below(contract, resource)[:2]))
    known, within = list(_shown_before(context, operation, thing)), list(_questions(context, operation, inside))
    if not ask(context, case_about(operation, keys_of(thing), "a thing just made")).accepted:
        return
    for other in known:
        if other.rule.action != "list":
            case = case_about(other, keys_of(thing), "what was deleted")
            yield from still_there("gone_after_delete", ask_missing(context, case), operation)
            continue
        found = look_for(context, other, thing)
        if found.item is not None:
            yield _listed("gone_after_delete", found.reading, operation)
        elif found.absent and found.reading is not None:
            found.reading.compared()
    for child, other, sure in within:
        case = case_about(other, keys_of(child), "what was in something that was deleted")
        yield from still_there("gone_after_delete", ask_missing(context, case), operation, strict=sure)


def _shown_before(context: Context, operation: Operation, thing: CreatedThing) -> Iterator[Operation]:
    """Reads, updates and lists that know a thing before it is deleted: of others, silence afterwards says nothing."""
    contract, resource = context.contract, operation.rule.resource
    for other in of_action(contract, resource, "read", "update"):
        if any(name.own for name in references(other)) and other.rule.missing == "refuse":
            if ask(context, case_about(other, keys_of(thing), "before it is deleted")).accepted:
                yield other
            else:
                context.comparisons.lack(f"{other} does not know what was just made")
    for listing in lists(contract, resource)[:2]:
        if look_for(context, listing, thing).item is not None:
            yield listing
        else:
            context.comparisons.lack(f"{listing} does not show what was just made")


def _put_in(context: Context, thing: CreatedThing, resources: Iterable[str]) -> Iterator[CreatedThing]:
    """Things below a thing, as far as they can be made: a target may serve a part of what the document has."""
    for resource in resources:
        try:
            yield prerequisites_of(context).make(resource, {thing.resource: thing.key})
        except NotCreated as reason:
            context.comparisons.lack(str(reason))


def _questions(
    context: Context, operation: Operation, inside: list[CreatedThing]
) -> Iterator[tuple[CreatedThing, Operation, bool]]:
    """How what lies in a thing is asked for, where that is answered now; whether the request names the thing, too."""
    for child in inside:
        for other in (*reads(context.contract, child.resource), *lists(context.contract, child.resource)):
            parent = next((name for name in references(other) if name.resource == operation.rule.resource), None)
            if other.rule.action == "list" and (parent is None or not parent.strict):
                continue
            if ask(context, case_about(other, keys_of(child), "before what it lies in is deleted")).accepted:
                yield child, other, parent is not None


def run_delete_twice(context: Context, operation: Operation) -> Iterator[Finding]:
    """Delete a thing twice: the second time nothing is there."""
    thing = new_thing(context, operation, "to be deleted twice")
    if not ask(context, case_about(operation, keys_of(thing), "the first time")).accepted:
        return
    again = ask_missing(context, case_about(operation, keys_of(thing), "the second time"))
    refusal = operation.rule.refusals.get("unknown")
    expected = refusal.status if refusal else 404
    documented = operation.reply(expected) is not None and str(expected) in operation.replies
    if again.response is None or again.status >= 500 or again.status in (429, expected):
        if again.status == expected:
            again.compared()
        return
    evidence = weakest(evidence_of(operation), refusal.evidence if refusal else "assumed")
    yield again.find(
        "delete_twice",
        f"status {expected}: it was deleted before",
        f"status {again.status} for a second delete",
        source=f"{operation.pointer}/responses/{expected}",
        evidence=evidence if documented and again.status not in CLIENT_ERRORS else "assumed",
        exchanges=3,
    )
