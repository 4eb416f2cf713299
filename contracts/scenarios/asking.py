"""How scenarios of whole families ask: one operation about certain things, and what a response says of one of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from threadmock.contracts.cases.case import Case
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.content import evidence_of_absence
from threadmock.contracts.checks.echo import contrast, same
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.target.answers import CREATED, CreatedThing
from threadmock.contracts.target.prerequisites import Prerequisites
from threadmock.contracts.transport.errors import NotSent
from threadmock.specs.contract import Operation
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.schemas.text_formats import MOMENTS, Forms

_THEN_AND_NOW = ("was", "is")
_SENT_AND_NOW = ("was sent as", "is")
CLIENT_ERRORS = range(400, 500)


def prerequisites_of(context: Context) -> Prerequisites:
    """Where things are created. NotSent where nothing can be."""
    if context.prerequisites is None:
        raise NotSent("nothing can be made here")
    return context.prerequisites


def keys_of(thing: CreatedThing) -> dict[str, Any]:
    """The keys of a thing and of its parents: resource to key."""
    return {**thing.parents, thing.resource: thing.key}


def ask_missing(context: Context, case: Case) -> Reading:
    """Ask about something that is thought not to be there: a refusal is what is expected."""
    return ask(context, replace(case, standing="unknown"))


def evidence_of(*operations: Operation) -> Evidence:
    """On what it rests that these operations are about one resource: their rules, keys and parents."""
    found: list[Evidence] = []
    for operation in operations:
        rule = operation.rule
        found.append(rule.evidence)
        found += [part.evidence for part in (rule.key, rule.within) if part is not None]
    return weakest(*found)


@dataclass(frozen=True)
class Departure:
    """One member that an answer shows otherwise than it should. what: a clause that begins with its name."""

    member: str
    what: str
    evidence: Evidence = "documented"


def differing(sent: Mapping[str, Any], before: Mapping[str, Any], after: Reading) -> Iterator[Departure]:
    """Members that the client gave, and the times of making, that another response about the thing shows otherwise.

    before: an earlier response. Members that the later response does not declare, and hidden ones, are passed over.
    """
    hidden = {shown.member for shown in after.rule.shown}
    for name, first in before.items():
        kept = name in sent or CREATED.fullmatch(name)
        if not kept or name in hidden or (after.made_members and name not in after.made_members):
            continue
        if name not in after.made:
            if first not in (None, {}, [], ""):
                yield Departure(name, f"{name} is missing", evidence_of_absence(after, name))
            continue
        after.compared()
        if not same(_but_empty(first, sent.get(name), after.made[name]), after.made[name], _forms(after, name)):
            yield Departure(name, f"{name} holds another value ({contrast(first, after.made[name], _THEN_AND_NOW)})")


def unkept(thing: CreatedThing, after: Reading) -> Iterator[Departure]:
    """Plain members that were sent, that the create did not show, and that another response shows otherwise."""
    hidden = {shown.member for shown in after.rule.shown} | thing.maker.rule.set.keys()
    hidden |= {thing.maker.rule.key.member} if thing.maker.rule.key else set()
    for name, value in thing.sent.items():
        got = after.made.get(name)
        told = name in hidden or name in thing.shown
        if told or isinstance(value, dict | list | None) or type(got) is not type(value):
            continue
        after.compared()
        if not same(value, got, _forms(after, name)):
            yield Departure(name, f"{name} holds another value ({contrast(value, got, _SENT_AND_NOW)})", "assumed")


def _forms(reading: Reading, name: str) -> Forms:
    """What texts denote; those of a time of making are moments, whatever the schema says."""
    return MOMENTS if CREATED.fullmatch(name) else reading.forms(name)


def _but_empty(first: Any, sent: Any, later: Any) -> Any:
    """An object without its empty members that a later response leaves out, unless the client gave them."""
    if not isinstance(first, dict) or not isinstance(later, dict):
        return first
    given = sent if isinstance(sent, dict) else {}
    return {n: v for n, v in first.items() if n in later or n in given or v not in (None, {}, [], "")}


def alike(sent: Mapping[str, Any], before: Mapping[str, Any], item: Mapping[str, Any]) -> Iterator[str]:
    """As `differing`, for an item of a list: only what it shows counts."""
    for name, first in before.items():
        if (name in sent or CREATED.fullmatch(name)) and name in item and not same(first, item[name], MOMENTS):
            yield f"{name} holds another value ({contrast(first, item[name], _THEN_AND_NOW)})"
