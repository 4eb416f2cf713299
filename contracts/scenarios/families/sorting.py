"""Lists in an order that the request chooses: by a member, up or down."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from threadmock.contracts.cases.families import makers
from threadmock.contracts.cases.list_pages import ListPaging, paging_of
from threadmock.contracts.cases.references import references, schema_at
from threadmock.contracts.cases.shapes import shapes
from threadmock.contracts.checks import Context, Reading
from threadmock.contracts.checks.finding import Finding
from threadmock.contracts.scenarios.asking import evidence_of, keys_of, prerequisites_of
from threadmock.contracts.scenarios.families.lists import fresh_parents
from threadmock.contracts.scenarios.families.selected_members import item_schema
from threadmock.contracts.scenarios.pages import ask_page, items_of, key_in, listed, ours_alone
from threadmock.contracts.scenarios.scenario import marked
from threadmock.contracts.target.answers import CREATED, CreatedThing
from threadmock.specs.contract import Contract, Operation
from threadmock.specs.evidence import weakest
from threadmock.specs.schemas.declared import properties
from threadmock.specs.schemas.formats import read_date_time
from threadmock.specs.schemas.schema import Schema

if TYPE_CHECKING:
    from threadmock.specs.behaviour.setting import Source

MARKS = ("second", "third", "first")
MOST_MEMBERS = 3


def sorts(contract: Contract, operation: Operation) -> str:
    """Lists that can be ordered by a member, chosen by the request, of things that can be made."""
    reason = listed(contract, operation)
    return reason or ("" if _members(contract, operation) else "the order can't be chosen by a member that differs")


def _members(contract: Contract, operation: Operation) -> list[str]:
    """Members that the request may name and in which new things differ."""
    listing = operation.rule.listing
    sort, direction = (listing.sort, listing.direction) if listing else (None, None)
    schema = schema_at(operation, sort) if sort and len(sort.steps) == 1 else None
    if schema is None or direction is None or schema_at(operation, direction) is None:
        return []
    words = [str(w) for b in shapes(schema).root() if b.kind == "enum" for w in b.keywords["enum"] if w is not None]
    maker = makers(contract, operation.rule.resource, [name.resource for name in references(operation)])[0]
    shown, key = properties(item_schema(operation)), operation.rule.key.member if operation.rule.key else ""
    settable = {name for name, value in marked(maker, "x").items() if value == f"{name} x"}
    candidates = words or sorted(settable)
    return [
        name for name in candidates if name in shown and (name in settable or name == key or CREATED.fullmatch(name))
    ]


def run_order_by(context: Context, operation: Operation) -> Iterator[Finding]:
    """Ask for several orders: the things come sorted by what they show in that member, up and down."""
    resource, prerequisites = operation.rule.resource, prerequisites_of(context)
    within = fresh_parents(context, operation)
    maker = makers(context.contract, resource, within)[0]
    things = [prerequisites.make(resource, within, marked(maker, mark)) for mark in MARKS]
    for member in _members(context.contract, operation)[:MOST_MEMBERS]:
        for word in ("asc", "desc"):  # what is sent is spelled as the document has it
            yield from _judge(context, operation, things, member, word)


def _judge(
    context: Context, operation: Operation, things: list[CreatedThing], member: str, word: str
) -> Iterator[Finding]:
    listing, way = operation.rule.listing, _through(operation, things)
    if listing is None or listing.sort is None or listing.direction is None:
        return
    spelled = spelled_as(schema_at(operation, listing.direction), word)
    at: dict[Source, Any] = {**way.fixed, listing.sort: member, listing.direction: spelled}
    way = replace(way, fixed=at)
    reading = ask_page(context, way, keys_of(things[0]), f"by {member}, {word}", limit=way.most)
    ours = {str(thing.key) for thing in things}
    items = [i for i in items_of(reading) if isinstance(i, Mapping) and str(key_in(way, i)) in ours and member in i]
    values = [_comparable(item[member]) for item in items]
    if len(values) < 2 or len({type(value) for value in values}) != 1 or values[0] is None:
        context.comparisons.lack(f"fewer than two of the new things show {member} on the first page")
        return
    reading.compared()
    if values != sorted(values, reverse=word == "desc"):
        yield _about(reading, member, word)


def spelled_as(schema: Schema | None, word: str) -> Any:
    """The word for a direction as the document lists it: `ASC`, `ascending`, `1`; as it is where it lists none."""
    listed = [w for b in shapes(schema).root() if b.kind == "enum" for w in b.keywords["enum"]] if schema else []
    known = {"asc": ("asc", "ascending", "1"), "desc": ("desc", "descending", "-1")}[word]
    return next((each for each in listed if str(each).lower() in known), word)


def _through(operation: Operation, things: list[CreatedThing]) -> ListPaging:
    way = paging_of(operation)
    return ours_alone(way, things) or way


def _comparable(value: Any) -> Any:
    """A moment where it is one, else the value: texts of ours are plain, so that every collation agrees on them."""
    if isinstance(value, str) and value[:1].isdigit():
        try:
            return read_date_time(value)
        except ValueError:
            return value
    return value if isinstance(value, str | int | float) else None


def _about(reading: Reading, member: str, word: str) -> Finding:
    listing = reading.rule.listing
    return reading.find(
        "order_by",
        f"things in the order of {member}, {word}",
        "another order",
        where=f"/{member}",
        source=f"rule {reading.operation.pointer}/x-behaviour/list/sort",
        evidence=weakest(evidence_of(reading.operation), listing.evidence if listing else "assumed"),
        exchanges=4,
    )
