"""Parts of things: only the members that were asked for, as they are, and values that were asked for by their path."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from threadmock.contracts.cases.about_things import case_about
from threadmock.contracts.cases.families import makers, parents
from threadmock.contracts.cases.list_pages import paging_of
from threadmock.contracts.cases.references import parameter_of, references, schema_at
from threadmock.contracts.cases.shapes import subschema
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.echo import differences, same
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.asking import evidence_of, keys_of, prerequisites_of
from threadmock.contracts.scenarios.families.lists import make_several
from threadmock.contracts.scenarios.lookups import look_for_by
from threadmock.contracts.scenarios.pages import listed, narrowed
from threadmock.contracts.scenarios.scenario import ask, marked
from threadmock.contracts.target.answers import CreatedThing
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Contract, Operation, reply_media
from threadmock.specs.evidence import Evidence, weakest
from threadmock.specs.schemas.declared import properties, required
from threadmock.specs.schemas.schema import Schema
from threadmock.specs.schemas.text_formats import MOMENTS
from threadmock.specs.schemas.validation import checker

EXTRACTED = "extracted"
_NOWHERE = "nothing.of.the.kind"
MOST_SELECTIONS = 2


def selects(contract: Contract, operation: Operation) -> str:
    """Lists and reads that can be asked for some members only, of things that can be made."""
    schema = _choice(operation)
    if schema is None:
        return "the operation can't be asked for some members only"
    if operation.rule.action == "list":
        return listed(contract, operation)
    if operation.rule.action != "read" or operation.rule.reply is not None:
        return "the operation shows no thing, whole"
    made = makers(contract, operation.rule.resource, parents(operation))
    return "" if made else f"nothing makes a {operation.rule.resource}"


def _choice(operation: Operation) -> Schema | None:
    """The schema of the place that names members; None where there is none."""
    source = _source(operation)
    return schema_at(operation, source) if source and len(source.steps) == 1 else None


def _source(operation: Operation) -> Source | None:
    listing = operation.rule.listing
    return listing.select if operation.rule.action == "list" and listing else operation.rule.select


def run_select(context: Context, operation: Operation) -> Iterator[Finding]:
    """Ask for a thing whole, then for some of its members: those are there, as they were, and no others."""
    thing = _thing_of(context, operation)
    source, schema = _source(operation), _choice(operation)
    whole, reading = _show(context, operation, thing, {})
    if source is None or schema is None or whole is None or reading is None:
        context.comparisons.lack("the whole thing was not shown")
        return
    key = operation.rule.key.member if operation.rule.key else ""
    known = [name for name in whole if checker(schema).accepted([name])]
    others = [name for name in known if name != key]
    first = [key] if key in known else []
    for name in others[: MOST_SELECTIONS - 1] + others[-1:]:
        shown, got = _show(context, operation, thing, {source: [*first, name]})
        if shown is not None and got is not None:
            got.compared()
            yield from _judge_select(operation, got, whole, shown, {*first, name})


def _thing_of(context: Context, operation: Operation) -> CreatedThing:
    """A new thing that holds all it can, so that there is something to be left out. NotSent."""
    if operation.rule.action == "list":
        return make_several(context, operation, 1)[0]
    resource, prerequisites = operation.rule.resource, prerequisites_of(context)
    above: dict[str, Any] = {}
    for parent in parents(operation):
        above[parent] = prerequisites.make(parent, above, prerequisites.demands(parent)).key
    return prerequisites.make(
        resource, above, marked(makers(context.contract, resource, above)[0], "to be shown in part")
    )


def _show(
    context: Context, operation: Operation, thing: CreatedThing, at: Mapping[Source, Any]
) -> tuple[Mapping[str, Any] | None, Reading | None]:
    """What the operation shows of a thing, where those places are filled. None where it shows nothing."""
    if operation.rule.action == "list":
        way = narrowed(paging_of(operation), [thing])
        found = look_for_by(context, replace(way, fixed={**way.fixed, **at}), thing)
        return found.item, found.reading
    reading = ask(context, case_about(operation, keys_of(thing), "a thing, or some of its members", at=at))
    return (reading.made or None), reading


def item_schema(operation: Operation) -> Schema | None:
    """The schema of what an operation shows: of an item, where it lists."""
    media = reply_media(operation, operation.success)
    schema = media.schema if media else None
    if schema is None or operation.rule.action != "list" or operation.rule.listing is None:
        return schema
    name = operation.rule.listing.items
    node = schema.resolve(properties(schema).get(name) if name else schema.document)
    return subschema(schema, node["items"]) if isinstance(node, Mapping) and "items" in node else None


def _judge_select(
    operation: Operation, got: Reading, whole: Mapping[str, Any], shown: Mapping[str, Any], asked: set[str]
) -> Iterator[Finding]:
    schema = item_schema(operation)
    needed = required(schema) if schema else frozenset()
    extra = sorted(shown.keys() - asked - needed)
    if extra:
        yield _about(got, "select", "only the members that were asked for", f"{extra[0]}, too", extra[0])
    for name in sorted(asked):
        if name not in shown:
            yield _about(got, "select", f"{name}, which was asked for", f"{name} is missing", name)
        elif not same(whole[name], shown[name], MOMENTS):
            yield _about(got, "select", f"{name} as it is in the whole thing", f"{name} holds another value", name)


def _about(got: Reading, check: str, expected: str, what: str, name: str) -> Finding:
    listing, source = got.rule.listing, _source(got.operation)
    asked = parameter_of(got.operation, source) if source and source.place != "body" else None
    evidence: Evidence = weakest(
        evidence_of(got.operation),
        listing.evidence if listing else "documented",
        asked.evidence if asked else "documented",
    )
    rule = f"rule {got.operation.pointer}/x-behaviour"
    return got.find(check, expected, what, where=f"/{name}", source=rule, evidence=evidence, exchanges=3)


def extracts(contract: Contract, operation: Operation) -> str:
    """Lists that can be asked for values by their path, of things with an object of free members."""
    source = operation.rule.listing.extract if operation.rule.listing else None
    schema = schema_at(operation, source) if source and len(source.steps) == 1 else None
    if schema is None or operation.rule.action != "list":
        return "the operation can't be asked for values by their path"
    reason = listed(contract, operation)
    if reason:
        return reason
    if not checker(schema).accepted({"one": "a.b[0]", "none": _NOWHERE}):
        return "no path is valid"
    maker = makers(contract, operation.rule.resource, [name.resource for name in references(operation)])[0]
    return "" if _objects(maker) else "no object of free members can be made"


def _objects(maker: Operation) -> list[str]:
    """Members that hold free objects where they are marked, as the response shows."""
    made = marked(maker, "x")
    return [name for name, value in made.items() if isinstance(value, dict) and "inner" in value]


def run_extract(context: Context, operation: Operation) -> Iterator[Finding]:
    """Ask for what lies at paths of a thing: each alias holds that value, and null where the path leads nowhere."""
    thing = make_several(context, operation, 1)[0]
    source = operation.rule.listing.extract if operation.rule.listing else None
    if source is None:
        return
    for name in _objects(thing.maker)[:1]:
        value = thing.sent.get(name)
        if not isinstance(value, dict):
            context.comparisons.lack(f"a {operation.rule.resource} with {name} can't be made")
            continue
        paths = {
            "a_text": f"{name}.mark",
            "an_item": f"{name}.inner.list[1]",
            "the_last": f"{name}.inner.list[-1]",
            "nothing": f"{name}.{_NOWHERE}",
            "no_item": f"{name}.inner.list[99]",
        }
        expected = {
            "a_text": value["mark"],
            "an_item": value["inner"]["list"][1],
            "the_last": value["inner"]["list"][-1],
            "nothing": None,
            "no_item": None,
        }
        item, got = _show(context, operation, thing, {source: paths})
        if item is not None and got is not None:
            got.compared()
            difference = next(differences(expected, item.get(EXTRACTED)), None)
            if difference is not None:
                what = f"{difference.what}, at {difference.pointer or 'the whole'} of {EXTRACTED}"
                yield _about(got, "extract", "each alias with the value at its path, null for none", what, EXTRACTED)
