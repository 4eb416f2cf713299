"""Names of nothing: unknown ids, ids that are none, and children of other parents."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.families import makers, parents, reads
from threadmock.contracts.cases.references import Reference, references, schema_at
from threadmock.contracts.cases.shapes import shapes
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.asking import evidence_of, keys_of, prerequisites_of
from threadmock.contracts.scenarios.families.lists import apart, find_foreign_items
from threadmock.contracts.scenarios.scenario import ask
from threadmock.contracts.target.answers import CreatedThing
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import Evidence, weakest

_MALFORMED = ("not-a-uuid", "00000000-0000-0000-0000-00000000000g", "0", "5f0c7a3e-9d1b-4c2a-8e6f-0123456789ab0")
_CHECKS = ("valid_accepted", "documented_status", "invalid_refused")


def names_strictly(contract: Contract, operation: Operation) -> str:
    """Operations that name a thing which must be there."""
    del contract
    return (
        "" if any(name.strict for name in references(operation)) else "the operation names nothing that must be there"
    )


def names_uuid(_: Contract, operation: Operation) -> str:
    """Operations with a UUID in their path."""
    return "" if list(_uuids(operation)) else "no id in the path has the format uuid"


def _uuids(operation: Operation) -> Iterator[Source]:
    for parameter in operation.parameters_in("path"):
        if all(branch.keywords.get("format") == "uuid" for branch in shapes(parameter.schema).root()):
            yield Source("path", (parameter.name,))


def names_child(contract: Contract, operation: Operation) -> str:
    """Operations on a thing below a parent, and lists of such, where both can be made."""
    if operation.rule.action == "list":
        return apart(contract, operation)
    own = [name for name in references(operation) if name.own]
    outer = [name for name in references(operation) if not name.own]
    if not own or not outer or not own[0].strict or not outer[-1].strict:
        return "the operation names no thing below a parent"
    if not makers(contract, outer[-1].resource) or not makers(contract, own[0].resource, parents(operation)):
        return f"nothing makes a {own[0].resource} below a {outer[-1].resource}"
    made = makers(contract, own[0].resource, parents(operation))
    if any(maker.rule.key and maker.rule.key.otherwise == "number_below" for maker in made):
        return "below each parent the keys are the same"
    return ""


def run_unknown_id(context: Context, operation: Operation) -> Iterator[Finding]:
    """A random id in each place that names a thing, the others real: it is refused as unknown."""
    prerequisites = prerequisites_of(context)
    for name in [name for name in references(operation) if name.strict]:
        key = prerequisites.unknown_key(operation, name)
        outer = parents_of(context, operation, name)
        if key is None or outer is None:
            continue
        if makers(context.contract, name.resource, outer):
            # Where nothing is there yet, nothing could be taken for it.
            prerequisites.get(name.resource, outer)
        case = case_about(operation, outer, f"an unknown {name.resource}", at={name.source: key})
        got = ask(context, replace(case, standing="unknown"), without=_CHECKS)
        yield from _refused(got, name)


def parents_of(context: Context, operation: Operation, name: Reference) -> dict[str, Any] | None:
    """Real keys for what stands before a name, outermost first; None where it can't be made."""
    keys: dict[str, Any] = {}
    for other in references(operation):
        if other.source == name.source:
            return keys
        if not makers(context.contract, other.resource, keys):
            return None
        keys[other.resource] = prerequisites_of(context).get(other.resource, keys).key
    return keys


def _refused(got: Reading, name: Reference) -> Iterator[Finding]:
    if got.response is None or got.status >= 500 or got.status == 429:
        return
    got.compared()
    refusal = got.rule.refusals.get("unknown")
    status = refusal.status if refusal else 404
    evidence = evidence_of(got.operation)
    if got.accepted and got.status == status:
        # Some say so within a success.
        return
    if not got.accepted and got.status != status:
        said = refusal is not None and str(status) in got.operation.replies
        evidence = weakest(evidence, refusal.evidence) if refusal and said else "assumed"
    elif not got.accepted:
        return
    yield got.find(
        "unknown_id",
        f"status {status}: there is no such {name.resource}",
        f"status {got.status} for an unknown {name.resource}",
        where=f"/{name.source.steps[0]}",
        source=f"{got.operation.pointer}/responses/{status}",
        evidence=evidence,
    )


def run_malformed_id(context: Context, operation: Operation) -> Iterator[Finding]:
    """A text that is no UUID where the path asks for one: a 4xx, and no success."""
    for source in _uuids(operation):
        for text in _MALFORMED:
            keys = _real(context, operation)
            case = case_about(operation, keys, f"an id that is none: {text}", at={source: text})
            got = ask(context, replace(case, intent="invalid", standing="unknown"), without=_CHECKS)
            if got.response is not None and got.status < 500 and got.status != 429:
                got.compared()
            if got.accepted:
                schema = schema_at(operation, source)
                yield got.find(
                    "malformed_id",
                    "a 4xx: the path has no UUID where the document asks for one",
                    f"status {got.status} for an id that is none",
                    where=f"/{source.steps[0]}",
                    source=schema.pointer if schema else operation.pointer,
                )


def _real(context: Context, operation: Operation) -> dict[str, Any]:
    """Real keys for all that an operation names and that can be made."""
    keys: dict[str, Any] = {}
    for name in references(operation):
        if makers(context.contract, name.resource, keys):
            keys[name.resource] = prerequisites_of(context).get(name.resource, keys).key
    return keys


def run_foreign_child(context: Context, operation: Operation) -> Iterator[Finding]:
    """A thing that lies below one parent is asked for below another one: it is not there, and not in its list."""
    if operation.rule.action == "list":
        yield from find_foreign_items(context, operation)
        return
    prerequisites, resource = prerequisites_of(context), operation.rule.resource
    outer = [name for name in references(operation) if not name.own][-1]
    needed = prerequisites_of(context).demands(outer.resource)
    first, second = (prerequisites.make(outer.resource, {}, needed) for _ in range(2))
    child = prerequisites.make(resource, {outer.resource: first.key})
    for thing in (first, second):
        prerequisites.make(resource, {outer.resource: thing.key})
    if not _is_known(context, operation, child):
        context.comparisons.lack(f"the {resource} is not known below its own {outer.resource} either")
        return
    case = case_about(operation, {**keys_of(child), **keys_of(second)}, f"below another {outer.resource}")
    got = ask(context, replace(case, standing="unknown"), without=_CHECKS)
    within = operation.rule.within
    evidence: Evidence = weakest(evidence_of(operation), within.evidence if within else "assumed")
    if got.response is not None and got.status < 500 and got.status != 429:
        got.compared()
    refusal = got.rule.refusals.get("unknown")
    if got.accepted and not (refusal and got.status == refusal.status):
        yield got.find(
            "foreign_child",
            f"a refusal: the {resource} lies below another {outer.resource}",
            f"status {got.status} for a child of another parent",
            where=f"/{outer.source.steps[0]}",
            source=f"rule {operation.pointer}/x-behaviour/within",
            evidence=evidence,
            exchanges=5,
        )


def _is_known(context: Context, operation: Operation, child: CreatedThing) -> bool:
    """Whether a read knows a child below its own parent: of what is never known, a refusal elsewhere says nothing."""
    found = [read for read in reads(context.contract, child.resource) if read.rule.reply is None]
    read = operation if operation in found else next(iter(found), None)
    return read is None or ask(context, case_about(read, keys_of(child), "below its own parent")).accepted
