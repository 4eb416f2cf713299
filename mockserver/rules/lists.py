"""Which things a list holds, and in which order: filters and sorting, compiled once for each operation."""

import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from threadmock.mockserver.rules.order import DIRECTIONS, sort_things, sorter
from threadmock.mockserver.rules.recipes import Members, compile_members
from threadmock.mockserver.rules.scope import Scope
from threadmock.mockserver.rules.sources import Maker, fetch
from threadmock.mockserver.state.store import Thing
from threadmock.specs.behaviour.rule import Filter, Listing
from threadmock.specs.behaviour.setting import Source
from threadmock.specs.contract import Operation
from threadmock.specs.members import ABSENT, dig, nodes, steps_of
from threadmock.specs.schemas.declared import properties
from threadmock.specs.schemas.formats import read_date_time
from threadmock.specs.wire.strictjson import dump_json

Judge = Callable[[Thing], bool]
UNLIMITED = 1 << 60
_EVERYTHING = ("all", "any", "ALL", "ANY", "*")
_DATE = len("2026-03-01")


@dataclass(frozen=True, eq=False)
class Lister:
    """A `Listing`, compiled. See there. way: the direction of an order that a request asks for without one, or ""."""

    items: str | None
    oldest: bool
    by: tuple[str, ...]
    sort: Maker | None
    direction: Maker | None
    way: str
    limit: Maker
    page: Maker | None
    page_from: int
    offset: Maker
    default_limit: int
    after: Maker | None
    before: Maker | None
    after_name: str
    before_name: str
    page_name: str
    offset_name: str
    from_end: bool
    total: str | None
    next: str
    previous: str
    pagination: tuple[str, str] | None
    filters: tuple[tuple[Maker, Filter, tuple[str, ...]], ...]
    select: Maker | None
    extract: Maker | None
    everywhere: bool
    any_case: bool
    refuses_nothing: bool
    distinct: tuple[str, ...]
    depth: Maker | None
    item: Members

    def is_plain(self, scope: Scope) -> bool:
        """Whether the newest come first, in the order of making, from no cursor."""
        words = (self.sort, self.direction, self.after, self.before, *(read for read, _, _ in self.filters))
        return not (self.by or self.oldest) and all(not word or word(scope) in (ABSENT, None) for word in words)


def compile_listing(rule: Listing, operation: Operation) -> Lister:
    """The lister of a rule. Where the rule names no default limit, the document's own counts."""
    limit = rule.limit or Source("query", ("limit",))
    default = documented_default(operation, limit) if rule.default_limit is None else rule.default_limit
    return Lister(
        items=rule.items,
        oldest=rule.order == "oldest",
        by=steps_of(rule.by),
        sort=fetch(rule.sort) if rule.sort else None,
        direction=fetch(rule.direction) if rule.direction else None,
        way=_documented_way(operation, rule.direction) or ("asc" if operation.rule.inferred else ""),
        limit=fetch(limit),
        page=fetch(rule.page) if rule.page else None,
        page_from=rule.page_from,
        offset=fetch(rule.offset or Source("query", ("offset",))),
        default_limit=default if isinstance(default, int) else UNLIMITED,
        after=fetch(rule.after) if rule.after else None,
        before=fetch(rule.before) if rule.before else None,
        after_name=rule.after.steps[-1] if rule.after else "",
        before_name=rule.before.steps[-1] if rule.before else "",
        page_name=rule.page.steps[-1] if rule.page else "",
        offset_name=rule.offset.steps[-1] if rule.offset else "",
        from_end=rule.from_end,
        total=rule.total,
        next=rule.next,
        previous=rule.previous,
        pagination=(rule.pagination.next, rule.pagination.total) if rule.pagination else None,
        filters=tuple((_filter_source(operation, each), each, steps_of(each.member)) for each in rule.filters),
        select=fetch(rule.select) if rule.select else None,
        extract=fetch(rule.extract) if rule.extract else None,
        everywhere=rule.everywhere,
        any_case=rule.any_case,
        refuses_nothing=rule.nothing == "refused",
        distinct=steps_of(rule.distinct),
        depth=fetch(rule.depth) if rule.depth else None,
        item=compile_members(rule.item),
    )


def _filter_source(operation: Operation, rule: Filter) -> Maker:
    """The reader of a filter's value. A word that a parameter lists for all there is asks for no filter."""
    read = fetch(rule.source)
    if rule.how != "equal" or rule.source.place != "query":
        return read
    declared = next((each for each in operation.parameters_in("query") if each.name == rule.source.steps[0]), None)
    listed = declared.schema.document.get("enum", ()) if declared else ()
    everything = [word for word in listed if word in _EVERYTHING]
    default = declared.schema.document.get("default", ABSENT) if declared and everything else ABSENT
    if not everything:
        return read

    def make(scope: Scope) -> Any:
        value = read(scope)
        value = default if value is ABSENT else value
        return ABSENT if value in everything else value

    return make


def _documented_way(operation: Operation, source: Source | None) -> str:
    """The direction where a request names none and asks for an order; "" where the document does not say."""
    default = documented_default(operation, source) if source else None
    return DIRECTIONS.get(str(default).lower(), "")


def documented_default(operation: Operation, source: Source) -> Any:
    """The default that a document gives to a parameter or a member of the body; None where it gives none."""
    if source.place == "body":
        media = next(iter(operation.body.content.values()), None) if operation.body else None
        node = properties(media.schema).get(source.steps[0]) if media else None
        return node.get("default") if isinstance(node, Mapping) else None
    for parameter in operation.parameters_in(source.place):  # type: ignore[arg-type]
        if parameter.name == source.steps[0]:
            return parameter.schema.document.get("default")
    return None


def whole_number(scope: Scope, read: Maker, otherwise: int) -> int:
    """A limit or an offset from the request; never below 0."""
    value = read(scope)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return max(0, value) if isinstance(value, int) and not isinstance(value, bool) else otherwise


def passing(scope: Scope, lister: Lister, until: Collection[Source] = ()) -> list[Thing]:
    """The things of the shelf that every filter lets through, in the order of making.

    until: filters from the first of these sources on are not asked.
    """
    store = scope.store
    if lister.everywhere:
        things = list(store.everywhere(*scope.shelf[:2], inside=scope.shelf))
    else:
        things = store.list(scope.shelf)
    for read, rule, steps in takewhile(lambda each: each[1].source not in until, lister.filters):
        wanted = read(scope)
        if wanted is not ABSENT and wanted is not None:
            judge = _JUDGES[rule.how](wanted, steps)
            things = [thing for thing in things if judge(thing)]
    return things


def in_order(scope: Scope, lister: Lister, things: list[Thing]) -> list[Thing]:
    """The things sorted as the request or the rule says; equal ones stay in the order of making, or its reverse."""
    sort = lister.sort(scope) if lister.sort else ABSENT
    direction = lister.direction(scope) if lister.direction else ABSENT
    if isinstance(sort, list):
        sort = ",".join(map(str, sort)) if sort else ABSENT
    is_asked = sort not in (ABSENT, None)
    if is_asked and direction in (ABSENT, None):
        direction = "asc" if lister.direction is None else lister.way or direction
    if isinstance(direction, str):
        direction = DIRECTIONS.get(direction.lower(), direction)
    if is_asked:
        return sort_things(things, str(sort), oldest=direction == "asc", any_case=lister.any_case)
    oldest = direction == "asc" if direction in ("asc", "desc") else lister.oldest
    if lister.by:
        things = sorted(things, key=sorter(lister.by, any_case=lister.any_case))
    return things if oldest else things[::-1]


def contains(thing: Any, wanted: Any) -> bool:
    """JSON containment: each wanted member is there and contains what is wanted of it; lists hold each item."""
    if isinstance(wanted, Mapping):
        return isinstance(thing, Mapping) and all(n in thing and contains(thing[n], v) for n, v in wanted.items())
    if isinstance(wanted, list):
        return isinstance(thing, list) and _holds_all(thing, wanted)
    return _plain(thing) == _plain(wanted)


def _holds_all(things: list[Any], wanted: list[Any]) -> bool:
    """Whether each wanted item is among the things. Plain ones are looked up: lists of thousands are met."""
    plain = {_plain(item) for item in things if not isinstance(item, list | Mapping)}
    others = [item for item in things if isinstance(item, list | Mapping)]
    return all(
        any(contains(item, each) for item in others) if isinstance(each, list | Mapping) else _plain(each) in plain
        for each in wanted
    )


def _plain(value: Any) -> tuple[bool, Any]:
    """A scalar as something that equals its like only: true is no 1, though 1 is 1.0."""
    return isinstance(value, bool), value


def _equal(wanted: Any, steps: tuple[str, ...]) -> Judge:
    return lambda thing: bool(dig(thing, steps) == wanted)


def _among(wanted: Any, steps: tuple[str, ...]) -> Judge:
    if not isinstance(wanted, list):
        return _equal(wanted, steps)
    texts = {str(value).lower() for value in wanted}

    def judge(thing: Thing) -> bool:
        found = dig(thing, steps)
        return any(str(each).lower() in texts for each in (found if isinstance(found, list) else [found]))

    return judge


def _contains(wanted: Any, steps: tuple[str, ...]) -> Judge:
    one = not isinstance(wanted, list | Mapping)

    def judge(thing: Thing) -> bool:
        found = dig(thing, steps)
        if one and isinstance(found, list):
            return contains(found, [wanted]) or all(_bears(found, each) for each in str(wanted).split(","))
        return contains(found, wanted)

    return judge


def _bears(found: list[Any], text: str) -> bool:
    """Whether an item of a list is a text, or an object that has it as a value, such as its name."""
    values = [value for each in found for value in (each.values() if isinstance(each, Mapping) else [each])]
    return text.strip() in [value for value in values if isinstance(value, str)]


def _search(wanted: Any, steps: tuple[str, ...]) -> Judge:
    text = str(wanted).casefold()

    def judge(thing: Thing) -> bool:
        found = dig(thing, steps)
        if not isinstance(found, list | Mapping):
            return text in str(found).casefold()
        return any(text in each.casefold() for each in nodes(found) if isinstance(each, str))

    return judge


def _compared(holds: Callable[[Any, Any], bool]) -> Callable[[Any, tuple[str, ...]], Judge]:
    """A filter by more and less; what can't be compared is left out."""

    def build(wanted: Any, steps: tuple[str, ...]) -> Judge:
        rank, bound = comparable(wanted)

        def judge(thing: Thing) -> bool:
            own, value = comparable(dig(thing, steps))
            return own == rank and holds(value, bound)

        return judge

    return build


def comparable(value: Any) -> tuple[int, Any]:
    """A kind, and a value that compares with others of that kind: numbers, moments (also of a date), texts."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (0, value)
    if not isinstance(value, str):
        return (3, False)
    try:
        return (1, read_date_time(f"{value}T00:00:00Z" if len(value) == _DATE else value))
    except ValueError:
        return (2, value)


def _hides(wanted: Any, steps: tuple[str, ...]) -> Judge:
    if wanted not in (False, "false"):
        return lambda _: True
    return lambda thing: dig(thing, steps) in (ABSENT, None, False)


def _at_end(*, begins: bool) -> Callable[[Any, tuple[str, ...]], Judge]:
    """A filter by the first or the last items of a list."""

    def build(wanted: Any, steps: tuple[str, ...]) -> Judge:
        asked = wanted if isinstance(wanted, list) else [wanted]

        def judge(thing: Thing) -> bool:
            found = dig(thing, steps)
            if not isinstance(found, list) or len(found) < len(asked):
                return False
            part = found[: len(asked)] if begins else found[len(found) - len(asked) :]
            return all(each in ("*", own) for each, own in zip(asked, part, strict=True))

        return judge

    return build


def _meets(value: Any, wanted: Any) -> bool:
    """Whether a value is what is wanted, or meets all of an object of comparisons."""
    if not isinstance(wanted, Mapping):
        return _plain(value) == _plain(wanted) if not isinstance(wanted, list) else bool(value == wanted)
    if any(str(name).startswith("$") for name in wanted):
        return all(name in _COMPARISONS and _COMPARISONS[name](value, bound) for name, bound in wanted.items())
    return isinstance(value, Mapping) and all(_meets(value.get(name), inner) for name, inner in wanted.items())


def _numbers(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(value: Any, bound: Any) -> bool:
        try:
            return holds(float(value), float(bound))
        except (TypeError, ValueError, OverflowError):
            return False

    return compare


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$eq": operator.eq,
    "$ne": operator.ne,
    "$gt": _numbers(operator.gt),
    "$gte": _numbers(operator.ge),
    "$lt": _numbers(operator.lt),
    "$lte": _numbers(operator.le),
}


def _compares(wanted: Any, steps: tuple[str, ...]) -> Judge:
    def judge(thing: Thing) -> bool:
        found = dig(thing, steps)
        return isinstance(found, Mapping) and _meets(found, wanted)

    return judge


def different(scope: Scope, lister: Lister, things: list[Thing]) -> list[Any]:
    """The values that a member of the things has, each once, in ascending order; lists cut off where that was asked."""
    depth = lister.depth(scope) if lister.depth else ABSENT
    cut = depth if isinstance(depth, int) and not isinstance(depth, bool) else None
    values = [value for thing in things if (value := dig(thing, lister.distinct)) is not ABSENT]
    found = [value[:cut] if isinstance(value, list) else value for value in values]
    once = {dump_json(value): value for value in found}
    return sorted(once.values(), key=lambda value: list(map(str, value if isinstance(value, list) else [value])))


_JUDGES: Mapping[str, Callable[[Any, tuple[str, ...]], Judge]] = {
    "equal": _equal,
    "among": _among,
    "contains": _contains,
    "search": _search,
    "hides": _hides,
    "at_least": _compared(operator.ge),
    "at_most": _compared(operator.le),
    "above": _compared(operator.gt),
    "below": _compared(operator.lt),
    "begins": _at_end(begins=True),
    "ends": _at_end(begins=False),
    "compares": _compares,
}
